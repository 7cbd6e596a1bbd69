/*-------------------------------------------------------------------------
 *
 * reader.h
 *	  From other platforms' training-file lines to an example of our shape.
 *
 * Pure C.  The counterpart of writer.h: what a line is in is told from its
 * keys, and it becomes an example as hft_example_build() takes it.  What our
 * shape has no place for stays in the example under the name it came with,
 * where the rules find it.  Only members beside those that make a part what
 * it is go: the status of a tool's result, the signature of a thought.
 *
 * Read are, besides our own shape and what differs from it in nothing but
 * conventions (OpenAI, Together, Fireworks):
 *
 *		gemini		{"contents": [{"role", "parts"}], "systemInstruction", ...}
 *		converse	{"system": [...], "messages": [{"content": [{"text"}]}]}
 *		anthropic	{"system": "...", "messages": [...]}
 *		pair		{"prompt" or "user", "completion" or "assistant", "system"}
 *		input		{"input": "..."}, plain text
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_READER_H
#define HFT_READER_H

#include "example/json.h"

typedef struct HftReadCall HftReadCall;

/* Used again for every line; then allocates nothing. */
typedef struct HftReader
{
	const char *shape;			/* of the line read last, by the names above */
	/* private */
	HftJson		json;
	HftBuffer	text;			/* a JSON value that becomes a string */
	HftReadCall *calls;			/* of the line at hand */
	int			ncalls;
	int			room;
	bool		failed;
} HftReader;

extern void hft_reader_init(HftReader *reader);
extern void hft_reader_free(HftReader *reader);

/* Append the example to "line"; NULL, or a fragment: what is wrong. */
extern const char *hft_reader_read(HftReader *reader, const char *text,
								   size_t length, HftBuffer *line);

#endif							/* HFT_READER_H */
