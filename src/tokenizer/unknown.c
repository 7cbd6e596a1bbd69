/*-------------------------------------------------------------------------
 *
 * unknown.c
 *	  Counting the short pieces of a batch that the cache does not know.
 *
 * Each of them needs something from tables that no near cache holds.  So all
 * are asked for before the first is looked at: the cache's neighbouring
 * lines and the slots of whole tokens; and what is no token is merged many
 * pieces side by side.
 *
 *-------------------------------------------------------------------------
 */
#include "tokenizer/internal.h"
#include "tokenizer/merge_short.h"

/* Pieces that are waiting to be merged. */
typedef struct Waiting
{
	HftCacheEntry key[HFT_MERGE_LANES];
	const uint8_t *piece[HFT_MERGE_LANES];
	int			len[HFT_MERGE_LANES];
	int			n;
} Waiting;

/* Remember a count, unless the same piece stood in the batch before. */
static void
store_count(HftEncoding *enc, HftCacheEntry key, int count)
{
	HftCache   *cache = &enc->cache;
	uint32_t	hash = hash_key(key);

	if (find_in_line(&cache->line[hash & cache->mask], key) == 0 &&
		find_in_line(&cache->line[(hash ^ 1) & cache->mask], key) == 0)
		hft_cache_store(cache, key, count);
}

/* Merge those that wait; their tokens, or what hft_merge() failed with. */
static int64_t
merge_waiting(HftEncoding *enc, Waiting *waiting)
{
	int			count[HFT_MERGE_LANES];
	int64_t		total = 0;
	int			i;

	if (!enc->vocab.header->characters)
		hft_merge_many(&enc->vocab, waiting->piece, waiting->len, waiting->n,
					   count);
	for (i = 0; i < waiting->n; i++)
	{
		if (enc->vocab.header->characters)
		{
			int64_t		one = hft_merge(&enc->vocab, &enc->space,
										waiting->piece[i], waiting->len[i]);

			if (one < 0)
				return one;
			count[i] = one;
		}
		store_count(enc, waiting->key[i], count[i]);
		total += count[i];
	}
	waiting->n = 0;
	return total;
}

/*
 * Tokens of a piece that its own line does not know: 0 when it must wait to
 * be merged.
 */
static int
look_further(HftEncoding *enc, HftCacheEntry key, uint64_t word_hash,
			 const uint8_t *piece, uint32_t len)
{
	HftCache   *cache = &enc->cache;
	uint32_t	hash = hash_key(key);
	int			count = find_in_line(&cache->line[(hash ^ 1) & cache->mask],
									 key);

	if (count == 0 && hft_word_lookup(&enc->vocab, word_hash, piece,
									  len) != HFT_NO_TOKEN)
	{
		count = 1;
		store_count(enc, key, count);
	}
	return count;
}

int64_t
hft_count_unknown(HftEncoding *enc, HftBatch *batch)
{
	uint64_t	hash[HFT_BATCH_PIECES];
	Waiting		waiting;
	int64_t		total = 0;
	int64_t		merged = 0;
	int			i;

	waiting.n = 0;
	for (i = 0; i < batch->nmissing; i++)
	{
		int			which = batch->missing[i];

		hash[i] = hft_word_hash(batch->base + batch->start[which],
								batch->end[which] - batch->start[which]);
		hft_word_prefetch(&enc->vocab, hash[i]);
	}
	for (i = 0; i < batch->nmissing && merged >= 0; i++)
	{
		int			which = batch->missing[i];
		const uint8_t *piece = batch->base + batch->start[which];
		uint32_t	len = batch->end[which] - batch->start[which];
		HftCacheEntry key = make_key(piece, len, batch->limit);
		int			count = look_further(enc, key, hash[i], piece, len);

		total += count;
		if (count > 0)
			continue;
		waiting.key[waiting.n] = key;
		waiting.piece[waiting.n] = piece;
		waiting.len[waiting.n++] = len;
		if (waiting.n == HFT_MERGE_LANES)
		{
			merged = merge_waiting(enc, &waiting);
			total += merged;
		}
	}
	if (merged >= 0)
	{
		merged = merge_waiting(enc, &waiting);
		total += merged;
	}
	return merged < 0 ? merged : total;
}
