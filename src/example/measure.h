/*-------------------------------------------------------------------------
 *
 * measure.h
 *	  Tokens of an example: all of them, and those that are trained on.
 *
 * Pure C.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_MEASURE_H
#define HFT_MEASURE_H

#include "base/arena.h"
#include "example/example.h"
#include "tokenizer/chat.h"

/* Reusable; memory that a long example needed is released by the next. */
typedef struct HftCounter
{
	HftChatRule rule;
	HftImageRule images;
	HftEncoding *encoding;
	HftArena   *arena;			/* parts, calls and properties of a row */
	HftBuffer	json;			/* a tool's definition */
} HftCounter;

typedef struct HftTokens
{
	int64_t		all;			/* what a platform bills per epoch */
	int64_t		trained;
	int64_t		overhead;		/* the part no message contains */
	bool		exact;			/* false: an image was estimated */
} HftTokens;

/* false when memory ran out; hft_counter_free() is right in both cases */
extern bool hft_counter_init(HftCounter *counter, HftChatRule rule,
							 HftImageRule images, HftEncoding *encoding);
extern void hft_counter_free(HftCounter *counter);

/* false when memory ran out */
extern bool hft_counter_count(HftCounter *counter, const HftExample *example,
							  HftTokens *tokens);

#endif							/* HFT_MEASURE_H */
