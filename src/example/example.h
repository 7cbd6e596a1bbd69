/*-------------------------------------------------------------------------
 *
 * example.h
 *	  From a row to a training example in canonical form.
 *
 * Pure C.  The canonical form is one line of compact JSON in OpenAI's chat
 * shape: known keys first and in a fixed order, unknown ones behind them as
 * they came, known members that are null left out (but neither "messages"
 * nor a message's content).  Equal examples give equal bytes.  Building
 * refuses only what cannot become a line at all; whether a platform will take
 * it is for the rules (rule.h).
 *
 * An HftExample is used again for every row and then allocates nothing.  It
 * points into the row's texts and is valid until the next build.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_EXAMPLE_H
#define HFT_EXAMPLE_H

#include "example/parts.h"
#include "example/row.h"

typedef struct HftExample
{
	const HftJsonNode *root;	/* the object the row gave, or NULL */
	const HftJsonNode *top[HFT_TOP_COUNT];	/* NULL: absent */
	HftMessage *messages;
	int			nmessages;
	bool		duplicates;		/* an object had a key twice */
	bool		ascii;			/* set by the caller: escape beyond ASCII */
	/* private */
	HftJson		json;
	HftJson		tools;
	HftJson		weight;
	HftJsonNode made[3];		/* values of columns */
	int			nmade;
	int			room;
} HftExample;

typedef enum HftExampleStatus
{
	HFT_EXAMPLE_OK = 0,
	HFT_EXAMPLE_NULL,			/* a required column is null */
	HFT_EXAMPLE_INVALID,
	HFT_EXAMPLE_ENCODING,
	HFT_EXAMPLE_TOO_LARGE,
	HFT_EXAMPLE_NO_MEMORY
} HftExampleStatus;

typedef struct HftExampleProblem
{
	HftExampleStatus status;
	HftColumn	column;
	const char *text;			/* "invalid JSON": a fragment */
} HftExampleProblem;

extern void hft_example_init(HftExample *example);
extern void hft_example_free(HftExample *example);

/* Append the canonical line, without newline, to "line". */
extern HftExampleProblem hft_example_build(HftExample *example,
										   HftMethod method,
										   const HftRow *row,
										   HftBuffer *line);

/* Read back a canonical line, or any example of that shape. */
extern HftExampleProblem hft_example_read(HftExample *example,
										  const char *text, size_t length);

#endif							/* HFT_EXAMPLE_H */
