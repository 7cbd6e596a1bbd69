/*-------------------------------------------------------------------------
 *
 * reading.h
 *	  An example that somebody holds in his hands, in any shape we read.
 *
 * Include postgres.h first.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_READING_H
#define HFT_READING_H

#include "lib/stringinfo.h"
#include "utils/jsonb.h"

#include "example/example.h"
#include "example/reader.h"
#include "example/writer.h"

/* Used again from call to call; released with the context it was made in. */
typedef struct HftReading
{
	HftReader	reader;
	HftExample	example;
	HftBuffer	canonical;		/* its line */
	/* private */
	HftBuffer	read;
	StringInfoData json;
	MemoryContextCallback cleanup;
} HftReading;

/* In the current memory context. */
extern HftReading *hft_reading_make(void);

/* Fill in example and canonical; ERROR 22P02 when it cannot become one. */
extern void hft_reading_take(HftReading *reading, Jsonb *value);

/*
 * The writer of a format, or of the format a platform of that name takes;
 * ERROR 22023 when there is none.
 */
extern const HftWriter *hft_format_get(const char *name);

#endif							/* HFT_READING_H */
