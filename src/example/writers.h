/*-------------------------------------------------------------------------
 *
 * writers.h
 *	  The writers that the table of formats points to.
 *
 * Pure C.  Private to the formats.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_WRITERS_H
#define HFT_WRITERS_H

#include "base/buffer.h"

/* writer_together.c */
extern const char *hft_write_together(const char *body, size_t length,
									  HftBuffer *line);

/*
 * writer_gemini.c; the second for a conversation that is to be answered,
 * which need not end with the assistant.
 */
extern const char *hft_write_gemini(const char *body, size_t length,
									HftBuffer *line);
extern const char *hft_write_gemini_chat(const char *body, size_t length,
										 HftBuffer *line);

/* writer_bedrock.c */
extern const char *hft_write_bedrock(const char *body, size_t length,
									 HftBuffer *line);
extern const char *hft_write_bedrock_prompt(const char *body, size_t length,
											HftBuffer *line);
extern const char *hft_write_bedrock_claude(const char *body, size_t length,
											HftBuffer *line);

#endif							/* HFT_WRITERS_H */
