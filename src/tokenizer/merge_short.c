/*-------------------------------------------------------------------------
 *
 * merge_short.c
 *	  Merging pieces of up to 32 bytes, one by one or many side by side.
 *
 * Nothing is moved: a bit says which symbols are left, and "best" holds the
 * rank and the place of the pair that starts at each, so that its minimum is
 * the leftmost pair of lowest rank.  After each merge two pairs must be
 * looked up in a table that no near cache holds; side by side, the pieces
 * wait for their answers together.
 *
 *-------------------------------------------------------------------------
 */
#include "tokenizer/merge_short.h"

#define PLACE_BITS	5			/* rank and place fit 32 bits together */

/* A rank together with its place. */
static inline uint32_t
place_rank(uint32_t rank, int i)
{
	return rank == HFT_NO_TOKEN ? HFT_NO_TOKEN : rank << PLACE_BITS | i;
}

static inline uint32_t
find_placed(const HftVocab *vocab, const uint32_t *symbol, int i, int j)
{
	return place_rank(hft_pair_find(vocab, symbol[i], symbol[j]), i);
}

/* Begin with the n symbols of a piece, which "merging" holds. */
static inline void
start_merging(const HftVocab *vocab, const uint8_t *piece, int n,
			  ShortMerging *merging)
{
	int			i;

	merging->n = n;
	merging->left = n == 32 ? UINT32_MAX : (1u << n) - 1;
	for (i = 0; i + 1 < n; i++)
		merging->best[i] = vocab->header->characters ?
			find_placed(vocab, merging->symbol, i, i + 1) :
			place_rank(vocab->byte_pair[piece[i] << 8 | piece[i + 1]], i);
}

/*
 * Merge the best pair, and say which symbols are now around it: HFT_NOWHERE
 * where there is none.  False when no pair is left.
 */
static inline bool
merge_best(const HftVocab *vocab, ShortMerging *merging)
{
	uint32_t	lowest = HFT_NO_TOKEN;
	uint32_t	above;
	uint32_t	below;
	int			i;

	for (i = 0; i + 1 < merging->n; i++)
		lowest = merging->best[i] < lowest ? merging->best[i] : lowest;
	if (lowest == HFT_NO_TOKEN)
		return false;
	i = lowest & ((1u << PLACE_BITS) - 1);
	merging->symbol[i] = hft_merged_symbol(vocab, lowest >> PLACE_BITS);
	above = merging->left & (~UINT32_C(1) << i);
	merging->left ^= above & -above;	/* the symbol that was merged into i */
	merging->best[__builtin_ctz(above)] = HFT_NO_TOKEN;
	above &= above - 1;
	below = merging->left & ((1u << i) - 1);
	merging->at = i;
	merging->above = above == 0 ? HFT_NOWHERE : __builtin_ctz(above);
	merging->below = below == 0 ? HFT_NOWHERE : 31 - __builtin_clz(below);
	return true;
}

static inline void
fetch_pair(const HftVocab *vocab, const uint32_t *symbol, int i, int j)
{
	if (i != HFT_NOWHERE && j != HFT_NOWHERE)
		__builtin_prefetch(&vocab->pairs[hft_pair_hash(symbol[i], symbol[j])
										 >> vocab->pair_shift]);
}

/* Look up the pairs that the last merge made. */
static inline void
look_around(const HftVocab *vocab, ShortMerging *merging)
{
	int			at = merging->at;

	merging->best[at] = merging->above == HFT_NOWHERE ? HFT_NO_TOKEN :
		find_placed(vocab, merging->symbol, at, merging->above);
	if (merging->below != HFT_NOWHERE)
		merging->best[merging->below] = find_placed(vocab, merging->symbol,
													merging->below, at);
}

/* Merge n symbols of a piece, which become its tokens; their number. */
int
hft_merge_short(const HftVocab *vocab, const uint8_t *piece, int n,
				uint32_t *symbol)
{
	ShortMerging merging;
	uint32_t	left;
	int			to = 0;

	memcpy(merging.symbol, symbol, n * sizeof(symbol[0]));
	start_merging(vocab, piece, n, &merging);
	while (merge_best(vocab, &merging))
		look_around(vocab, &merging);
	for (left = merging.left; left != 0; left &= left - 1)
		symbol[to++] = merging.symbol[__builtin_ctz(left)];
	return to;
}

static void
merge_side_by_side(const HftVocab *vocab, ShortMerging *merging, int n)
{
	uint32_t	live = (UINT32_C(1) << n) - 1;
	uint32_t	left;

	while (live != 0)
	{
		for (left = live; left != 0; left &= left - 1)
		{
			ShortMerging *one = &merging[__builtin_ctz(left)];

			if (!merge_best(vocab, one))
			{
				live ^= left & -left;
				continue;
			}
			fetch_pair(vocab, one->symbol, one->at, one->above);
			fetch_pair(vocab, one->symbol, one->below, one->at);
		}
		for (left = live; left != 0; left &= left - 1)
			look_around(vocab, &merging[__builtin_ctz(left)]);
	}
}

/*
 * Numbers of tokens of up to HFT_MERGE_LANES pieces of at most 32 bytes, of an
 * encoding that merges bytes.
 */
void
hft_merge_many(const HftVocab *vocab, const uint8_t *const *piece,
			   const int *len, int n, int *count)
{
	ShortMerging merging[HFT_MERGE_LANES];
	int			i;
	int			k;

	for (i = 0; i < n; i++)
	{
		for (k = 0; k < len[i]; k++)
			merging[i].symbol[k] = vocab->byte_token[piece[i][k]];
		start_merging(vocab, piece[i], len[i], &merging[i]);
	}
	merge_side_by_side(vocab, merging, n);
	for (i = 0; i < n; i++)
		count[i] = __builtin_popcount(merging[i].left);
}
