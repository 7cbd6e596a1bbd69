/*-------------------------------------------------------------------------
 *
 * merge_short.h
 *	  Merging pieces of up to 32 bytes.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_TOKENIZER_MERGE_SHORT_H
#define HFT_TOKENIZER_MERGE_SHORT_H

#include <string.h>

#include "tokenizer/vocab.h"

#define HFT_SHORT_PIECE		32
#define HFT_MERGE_LANES		16
#define HFT_NOWHERE			(-1)

typedef struct ShortMerging
{
	uint32_t	symbol[HFT_SHORT_PIECE];
	uint32_t	best[HFT_SHORT_PIECE];	/* of the pair that starts there */
	uint32_t	left;			/* bit set of the symbols left */
	int			n;
	int			at;				/* the last merge, and what is around it */
	int			above;
	int			below;
} ShortMerging;

/* The token that merging a pair of this rank gives. */
static inline uint32_t
hft_merged_symbol(const HftVocab *vocab, uint32_t rank)
{
	return vocab->merged != NULL ? vocab->merged[rank] : rank;
}

extern int	hft_merge_short(const HftVocab *vocab, const uint8_t *piece,
							int n, uint32_t *symbol);
extern void hft_merge_many(const HftVocab *vocab,
						   const uint8_t *const *piece, const int *len, int n,
						   int *count);

#endif							/* HFT_TOKENIZER_MERGE_SHORT_H */
