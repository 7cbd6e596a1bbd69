/*-------------------------------------------------------------------------
 *
 * merge.c
 *	  Byte-pair merging: from the bytes of a piece to its tokens.
 *
 * Of all adjacent pairs whose concatenation is a token, the one of lowest
 * rank is merged, the leftmost among equals, until none is left.  Where the
 * rank is the token's own, it arises from its parts in one way only, so the
 * table of pairs holds one entry per token; others list their pairs.  Short
 * pieces are searched anew after every merge (merge_short.c); above that the
 * candidates wait in a heap, so that the time is O(n log n) for any input.
 *
 *-------------------------------------------------------------------------
 */
#include <stdlib.h>
#include <string.h>

#include "tokenizer/merge_short.h"
#include "tokenizer/unicode.h"

#define STOP_STEPS	4096		/* between two looks whether to stop */

uint64_t
hft_pair_hash(uint32_t left, uint32_t right)
{
	uint64_t	key = (uint64_t) left << HFT_SYMBOL_BITS | right;

	return key * UINT64_C(0x9E3779B97F4A7C15);
}

/* Rank of the pair of two adjacent tokens, HFT_NO_TOKEN if it is none. */
uint32_t
hft_pair_find(const HftVocab *vocab, uint32_t left, uint32_t right)
{
	uint64_t	key = (uint64_t) left << HFT_SYMBOL_BITS | right;
	size_t		mask = SIZE_MAX >> vocab->pair_shift;
	size_t		i;

	for (i = hft_pair_hash(left, right) >> vocab->pair_shift;
		 vocab->pairs[i] != 0;
		 i = (i + 1) & mask)
		if (vocab->pairs[i] >> HFT_TOKEN_BITS == key)
			return (uint32_t) vocab->pairs[i] & HFT_TOKEN_MASK;
	return HFT_NO_TOKEN;
}

/*
 * The symbols that merging starts from: the bytes of the piece, or its
 * characters, of which those that are no token are taken by their bytes.
 */
static size_t
start_symbols(const HftVocab *vocab, const uint8_t *piece, size_t len,
			  uint32_t *symbol)
{
	const uint8_t *end = piece + len;
	size_t		n = 0;
	uint32_t	code;

	if (!vocab->header->characters)
	{
		for (; piece < end; piece++)
			symbol[n++] = vocab->byte_token[*piece];
		return n;
	}
	while (piece < end)
	{
		int			size = decode_char(piece, end, &code);
		uint32_t	whole = hft_word_find(vocab, piece, size);

		if (whole != HFT_NO_TOKEN && code != HFT_BAD_CHAR)
		{
			symbol[n++] = whole;
			piece += size;
			continue;
		}
		for (; size > 0; size--)
			symbol[n++] = vocab->byte_token[*piece++];
	}
	return n;
}

static bool
space_reserve(HftMergeSpace *space, size_t n)
{
	size_t		room = n > HFT_KEPT_ROOM ? n : n + n / 2;

	if (n <= space->room)
		return true;
	hft_merge_free(space);
	space->symbol = malloc(room * sizeof(uint32_t));
	space->next = malloc(room * sizeof(uint32_t));
	space->prev = malloc(room * sizeof(uint32_t));
	space->heap = malloc(3 * room * sizeof(uint64_t));
	if (space->symbol == NULL || space->next == NULL ||
		space->prev == NULL || space->heap == NULL)
	{
		hft_merge_free(space);
		return false;
	}
	space->room = room;
	return true;
}

void
hft_merge_free(HftMergeSpace *space)
{
	free(space->symbol);
	free(space->next);
	free(space->prev);
	free(space->heap);
	space->symbol = space->next = space->prev = NULL;
	space->heap = NULL;
	space->room = 0;
}

static void
heap_push(uint64_t *heap, size_t *n, uint64_t item)
{
	size_t		i = (*n)++;

	while (i > 0 && item < heap[(i - 1) / 2])
	{
		heap[i] = heap[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	heap[i] = item;
}

static uint64_t
heap_pop(uint64_t *heap, size_t *n)
{
	uint64_t	top = heap[0];
	uint64_t	last = heap[--*n];
	size_t		i = 0;
	size_t		child;

	while ((child = 2 * i + 1) < *n)
	{
		if (child + 1 < *n && heap[child + 1] < heap[child])
			child++;
		if (heap[child] >= last)
			break;
		heap[i] = heap[child];
		i = child;
	}
	heap[i] = last;
	return top;
}

/* Offer the pair that starts at symbol i, if it is one. */
static inline void
offer_pair(const HftVocab *vocab, HftMergeSpace *space, size_t *nheap,
		   uint32_t i, size_t n)
{
	uint32_t	rank;

	if (space->next[i] >= n)
		return;
	rank = hft_pair_find(vocab, space->symbol[i],
						 space->symbol[space->next[i]]);
	if (rank != HFT_NO_TOKEN)
		heap_push(space->heap, nheap, (uint64_t) rank << 32 | i);
}

/*
 * Merge the pair that waits as "item".  Items are not removed when one of
 * their symbols is merged away; they are recognized here, because the pair
 * at their position no longer has their rank.
 */
static size_t
merge_item(const HftVocab *vocab, HftMergeSpace *space, size_t *nheap,
		   uint64_t item, size_t n)
{
	uint32_t	i = (uint32_t) item;
	uint32_t	rank = (uint32_t) (item >> 32);
	uint32_t	j = space->next[i];

	if (space->symbol[i] == HFT_NO_TOKEN || j >= n ||
		hft_pair_find(vocab, space->symbol[i], space->symbol[j]) != rank)
		return 0;
	space->symbol[i] = hft_merged_symbol(vocab, rank);
	space->symbol[j] = HFT_NO_TOKEN;
	space->next[i] = space->next[j];
	if (space->next[i] < n)
		space->prev[space->next[i]] = i;
	offer_pair(vocab, space, nheap, i, n);
	if (i > 0)
		offer_pair(vocab, space, nheap, space->prev[i], n);
	return 1;
}

static inline bool
must_stop(const HftMergeSpace *space, size_t step)
{
	return step % STOP_STEPS == 0 && space->stop != NULL && *space->stop;
}

static int64_t
merge_long(const HftVocab *vocab, HftMergeSpace *space,
		   const uint8_t *piece, size_t len)
{
	size_t		n = start_symbols(vocab, piece, len, space->symbol);
	size_t		nheap = 0;
	size_t		left = n;
	size_t		steps = 0;
	size_t		i;
	size_t		to = 0;

	for (i = 0; i < n; i++)
	{
		space->next[i] = i + 1;
		space->prev[i] = i - 1;
	}
	for (i = 0; i + 1 < n; i++)
	{
		if (must_stop(space, i + 1))
			return HFT_MERGE_STOPPED;
		offer_pair(vocab, space, &nheap, i, n);
	}
	while (nheap > 0)
	{
		if (must_stop(space, ++steps))
			return HFT_MERGE_STOPPED;
		left -= merge_item(vocab, space, &nheap,
						   heap_pop(space->heap, &nheap), n);
	}
	space->steps += steps;
	for (i = 0; i < n; i = space->next[i])
		space->symbol[to++] = space->symbol[i];
	return left;
}

/*
 * Merge a piece.  Returns the number of its tokens, whose indexes are then in
 * space->symbol, or HFT_MERGE_NO_MEMORY or HFT_MERGE_STOPPED.
 */
int64_t
hft_merge(const HftVocab *vocab, HftMergeSpace *space, const uint8_t *piece,
		  size_t len)
{
	if (!space_reserve(space, len > HFT_SHORT_PIECE ? len : HFT_SHORT_PIECE))
		return HFT_MERGE_NO_MEMORY;
	space->steps += len;
	if (len <= HFT_SHORT_PIECE)
		return hft_merge_short(vocab, piece,
							   start_symbols(vocab, piece, len,
											 space->symbol), space->symbol);
	return merge_long(vocab, space, piece, len);
}
