/*-------------------------------------------------------------------------
 *
 * bedrock_metrics.h
 *	  Losses out of the CSV files that a job leaves in the bucket.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_BEDROCK_METRICS_H
#define HFT_BEDROCK_METRICS_H

#include "provider/bedrock.h"
#include "provider/s3.h"

/* A piece of a file; "header" is its first line, NULL at its beginning. */
typedef struct HftSheetPiece
{
	const char *uri;
	const char *text;
	size_t		length;
	const char *header;			/* set by the first piece */
} HftSheetPiece;

/* Is it, by its name, a file of metrics?  Folders differ by model. */
extern bool hft_bedrock_is_metrics(const char *key);

/*
 * Metrics of the piece's whole lines, of all of it when it is the last.
 * Returns the bytes that were read.
 */
extern size_t hft_bedrock_read_metrics(const HftCall *call,
									   HftSheetPiece *piece, bool is_last,
									   HftOutcome *outcome);

#endif							/* HFT_BEDROCK_METRICS_H */
