/*-------------------------------------------------------------------------
 *
 * count.c
 *	  Counting: pieces of a text to numbers of tokens.
 *
 *-------------------------------------------------------------------------
 */
#include "tokenizer/internal.h"

/* Tokens of a piece that the cache can hold. */
static int64_t
count_short(HftEncoding *enc, const uint8_t *piece, size_t len)
{
	HftCache   *cache = &enc->cache;
	HftCacheEntry key = make_key(piece, len, enc->batch.limit);
	uint32_t	hash = hash_key(key);
	int64_t		count;

	count = find_in_line(&cache->line[hash & cache->mask], key);
	if (count == 0)
		count = find_in_line(&cache->line[(hash ^ 1) & cache->mask], key);
	if (count > 0)
		return count;
	count = 1;
	if (hft_word_find(&enc->vocab, piece, len) == HFT_NO_TOKEN)
		count = hft_merge(&enc->vocab, &enc->space, piece, len);
	if (count > 0)
		hft_cache_store(cache, key, count);
	return count;
}

/* Tokens of a longer piece that is taken as a whole. */
static int64_t
count_whole(HftEncoding *enc, const uint8_t *piece, size_t len)
{
	uint64_t	hash = hft_word_hash(piece, len);
	int64_t		count = hft_long_find(&enc->long_cache, hash, piece, len);

	if (count > 0)
		return count;
	count = 1;
	if (hft_word_find(&enc->vocab, piece, len) == HFT_NO_TOKEN)
		count = hft_merge(&enc->vocab, &enc->space, piece, len);
	if (count > 0)
		hft_long_store(&enc->long_cache, hash, piece, len, count);
	return count;
}

/* Tokens of a part of a piece that no token crosses the ends of. */
static int64_t
count_part(HftEncoding *enc, const uint8_t *part, size_t len)
{
	/* a token that only whole pieces give must not be found in a part */
	if (enc->vocab.header->unreachable != 0)
		return hft_merge(&enc->vocab, &enc->space, part, len);
	if (len <= HFT_CACHED_BYTES)
		return count_short(enc, part, len);
	return count_whole(enc, part, len);
}

/*
 * Tokens of a piece that is too long for the cache.  Where characters beyond
 * ASCII let it be cut, its parts come back in other pieces and are what is
 * worth remembering.
 */
static int64_t
count_long(HftEncoding *enc, const uint8_t *piece, size_t len)
{
	size_t		part;
	int64_t		total = 0;

	if ((piece[0] | piece[1] | piece[len / 2]) < 0x80)
		return count_whole(enc, piece, len);
	part = hft_cut_next(&enc->vocab, &enc->cuts, piece, len);
	if (part == len)
		return count_whole(enc, piece, len);
	while (len > 0)
	{
		int64_t		count = count_part(enc, piece, part);

		if (count < 0)
			return count;
		total += count;
		piece += part;
		len -= part;
		part = hft_cut_next(&enc->vocab, &enc->cuts, piece, len);
	}
	return total;
}

/* Count one batch of pieces of the stretch that ends at "end". */
static int64_t
count_batch(HftTokenScan *scan, const uint8_t *end, void *unused)
{
	HftEncoding *enc = scan->enc;
	HftBatch   *batch = &enc->batch;
	int			i;

	hft_scan_split(scan, end);
	scan->tokens += enc->kernel->probe(&enc->cache, batch);
	for (i = 0; i < batch->nmissing; i++)
	{
		const uint32_t *start = batch->start + batch->missing[i];
		const uint8_t *piece = batch->base + start[0];
		uint32_t	len = start[1] - start[0];
		int64_t		count = len <= HFT_CACHED_BYTES ?
			count_short(enc, piece, len) : count_long(enc, piece, len);

		if (count < 0)
			return count;
		scan->tokens += count;
	}
	return 0;
}

/* An added token is one token. */
static void
count_added(HftTokenScan *scan, const HftVocabExtra *added, void *unused)
{
	scan->tokens++;
}

HftTokenStatus
hft_scan_step(HftTokenScan *scan, size_t bytes)
{
	return hft_scan_advance(scan, bytes, count_batch, count_added, NULL);
}

int64_t
hft_encoding_count(HftEncoding *enc, const char *text, size_t len)
{
	const volatile sig_atomic_t *stop = enc->space.stop;
	HftTokenScan scan;
	HftTokenStatus status = hft_scan_begin(&scan, enc, text, len);

	enc->space.stop = NULL;
	if (status == HFT_TOKEN_OK)
		status = hft_scan_step(&scan, scan.len);
	enc->space.stop = stop;
	return status == HFT_TOKEN_OK ? scan.tokens : -1;
}
