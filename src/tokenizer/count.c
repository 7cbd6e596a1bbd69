/*-------------------------------------------------------------------------
 *
 * count.c
 *	  Counting: pieces of a text to numbers of tokens.
 *
 *-------------------------------------------------------------------------
 */
#include "tokenizer/cache.h"

/* A piece no cut divides: a token as it stands, or what merging gives. */
static int64_t
count_whole(HftEncoding *enc, const uint8_t *piece, size_t len)
{
	if (hft_word_find(&enc->vocab, piece, len) != HFT_NO_TOKEN)
		return 1;
	return hft_merge(&enc->vocab, &enc->space, piece, len);
}

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
	if (count == 0)
	{
		count = count_whole(enc, piece, len);
		if (count > 0)
			hft_cache_store(cache, key, count);
	}
	return count;
}

static int64_t
count_piece(HftEncoding *enc, const uint8_t *piece, size_t len)
{
	int64_t		total = 0;

	if (len <= HFT_CACHED_BYTES)
		return count_short(enc, piece, len);
	while (len > 0)
	{
		size_t		part = hft_cut_next(&enc->vocab, piece, len);
		int64_t		count;

		if (part <= HFT_CACHED_BYTES)
			count = count_short(enc, piece, part);
		else
			count = count_whole(enc, piece, part);
		if (count < 0)
			return -1;
		total += count;
		piece += part;
		len -= part;
	}
	return total;
}

HftTokenStatus
hft_scan_begin(HftTokenScan *scan, HftEncoding *enc, const char *text,
			   size_t len)
{
	memset(scan, 0, sizeof(*scan));
	if (len > HFT_TOKEN_MAX_TEXT)
		return HFT_TOKEN_TOO_LONG;
	scan->enc = enc;
	scan->text = text;
	scan->len = len;
	return hft_rewrite(&enc->vocab, &enc->rewrite, &scan->text, &scan->len);
}

/* Count one batch of pieces of the stretch that ends at "end". */
static bool
count_batch(HftTokenScan *scan, const uint8_t *end)
{
	HftEncoding *enc = scan->enc;
	HftBatch   *batch = &enc->batch;
	const uint8_t *text = (const uint8_t *) scan->text;
	const uint8_t *next;
	int			i;

	batch->limit = text + scan->len;
	next = enc->kernel->split[enc->vocab.header->split]
		(&enc->vocab, text + scan->done, end, batch);
	scan->tokens += enc->kernel->probe(&enc->cache, batch);
	for (i = 0; i < batch->nmissing; i++)
	{
		const uint32_t *start = batch->start + batch->missing[i];
		int64_t		count = count_piece(enc, batch->base + start[0],
										start[1] - start[0]);

		if (count < 0)
			return false;
		scan->tokens += count;
	}
	scan->done = next - text;
	return true;
}

HftTokenStatus
hft_scan_step(HftTokenScan *scan, size_t bytes)
{
	const uint8_t *text = (const uint8_t *) scan->text;
	size_t		left = scan->len - scan->done;
	size_t		goal = scan->done + (bytes < left ? bytes : left);

	while (scan->done < goal)
	{
		const HftVocabExtra *added;
		const uint8_t *stop = text + scan->stop;

		if (scan->done == scan->stop)
			stop = hft_added_find(&scan->enc->vocab, text + scan->done,
								  text + scan->len, &added);
		if (stop > text + scan->done)
		{
			scan->stop = stop - text;
			if (!count_batch(scan, stop))
				return HFT_TOKEN_NO_MEMORY;
			continue;
		}
		scan->tokens++;
		scan->done += added->len;
		scan->stop = scan->done;
	}
	return HFT_TOKEN_OK;
}

int64_t
hft_encoding_count(HftEncoding *enc, const char *text, size_t len)
{
	HftTokenScan scan;

	if (hft_scan_begin(&scan, enc, text, len) != HFT_TOKEN_OK ||
		hft_scan_step(&scan, scan.len) != HFT_TOKEN_OK)
		return -1;
	return scan.tokens;
}
