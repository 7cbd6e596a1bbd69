/*-------------------------------------------------------------------------
 *
 * split.h
 *	  The scalar pre-tokenizers: one piece at a time.
 *
 * Each pattern is a function that returns the end of the piece that starts
 * at p, where p < end.  Pieces are never empty.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_TOKENIZER_SPLIT_H
#define HFT_TOKENIZER_SPLIT_H

#include "tokenizer/internal.h"
#include "tokenizer/unicode.h"

typedef struct HftSplitRule
{
	const uint8_t *(*next_piece) (const HftVocab *vocab,
								  const struct HftSplitRule *rule,
								  const uint8_t *p, const uint8_t *end);
	int			digits;			/* of one piece */
	bool		contractions;	/* 's 't 're 've 'm 'll 'd */
	bool		slashes;		/* taken with newlines after punctuation */
} HftSplitRule;

/* split.c */
extern const HftSplitRule *hft_split_rule(HftSplit split);

/* split_deepseek.c */
extern const uint8_t *hft_split_deepseek(const HftVocab *vocab,
										 const HftSplitRule *rule,
										 const uint8_t *p,
										 const uint8_t *end);

/* split_blanks.c */
extern const uint8_t *hft_split_blanks(const HftVocab *vocab,
									   const HftSplitRule *rule,
									   const uint8_t *p, const uint8_t *end);

#endif							/* HFT_TOKENIZER_SPLIT_H */
