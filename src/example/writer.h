/*-------------------------------------------------------------------------
 *
 * writer.h
 *	  From the canonical example to a platform's training-file line.
 *
 * Pure C.  One writer per format; "identity" formats take the canonical line
 * as it is, so their files have the version's bytes and hash.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_WRITER_H
#define HFT_WRITER_H

#include "base/buffer.h"

typedef struct HftWriter
{
	const char *format;			/* "openai", "together", ... */
	bool		identity;

	/*
	 * Append one line without its newline; NULL when written, else a
	 * sentence that says what the format cannot express.
	 */
	const char *(*write) (const char *body, size_t length, HftBuffer *line);
} HftWriter;

/* NULL when unknown. */
extern const HftWriter *hft_writer_lookup(const char *format);
extern const HftWriter *hft_writer_list(int *n);

#endif							/* HFT_WRITER_H */
