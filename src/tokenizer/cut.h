/*-------------------------------------------------------------------------
 *
 * cut.h
 *	  Positions in a piece that no token can cross: see cut.c.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_TOKENIZER_CUT_H
#define HFT_TOKENIZER_CUT_H

#include "tokenizer/vocab.h"

/* Pairs of characters that were looked up: may a token hold both? */
#define HFT_CUT_MEMO_BITS	15
typedef struct HftCutMemo
{
	uint64_t	entry[1 << HFT_CUT_MEMO_BITS];
} HftCutMemo;

/* A walk through a piece along the places where it can be cut. */
typedef struct HftCutter
{
	const HftVocab *vocab;
	HftCutMemo *memo;
	const uint8_t *at;			/* between two characters ... */
	const uint8_t *end;
	uint32_t	left;			/* ... the code and length of the first */
	int			nleft;
} HftCutter;

extern bool hft_cut_before(const HftVocab *vocab, const uint8_t *start,
						   const uint8_t *at, const uint8_t *end);
extern void hft_cut_start(HftCutter *cutter, const HftVocab *vocab,
						  HftCutMemo *memo, const uint8_t *piece, size_t len);
extern const uint8_t *hft_cut_next(HftCutter *cutter);
extern uint64_t hft_cut_hash(const uint8_t *left, int nleft,
							 const uint8_t *right, int nright, int kind);

#endif							/* HFT_TOKENIZER_CUT_H */
