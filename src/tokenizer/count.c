/*-------------------------------------------------------------------------
 *
 * count.c
 *	  Counting: pieces of a text to numbers of tokens.
 *
 * Most pieces of any text have been seen before, so each process remembers
 * the counts of pieces of up to 15 bytes.  An entry of that memory is 16
 * bytes: the piece, padded with zeros, and in the last byte its length (low
 * half) and its number of tokens (high half).  Four entries are a cache
 * line; a piece belongs into one line, or into that line's neighbour.
 *
 *-------------------------------------------------------------------------
 */
#include <stdlib.h>
#include <string.h>

#include "tokenizer/internal.h"

#define CACHE_LINES		(1u << 14)
#define LINE_ENTRIES	4
#define SHORT_PIECE		15

typedef struct CacheEntry
{
	uint64_t	low;
	uint64_t	high;			/* its last byte: count << 4 | length */
} CacheEntry;

struct HftCache
{
	CacheEntry	line[CACHE_LINES][LINE_ENTRIES];
};

#define COUNT_SHIFT		60
#define KEY_MASK		((UINT64_C(1) << COUNT_SHIFT) - 1)

HftCache *
hft_cache_create(void)
{
	return calloc(1, sizeof(HftCache));
}

void
hft_cache_free(HftCache *cache)
{
	free(cache);
}

static inline CacheEntry
make_key(const uint8_t *piece, size_t len)
{
	CacheEntry	key = {0, 0};

	memcpy(&key, piece, len);
	key.high |= (uint64_t) len << 56;
	return key;
}

static inline uint32_t
hash_key(CacheEntry key)
{
	uint64_t	h = key.low * UINT64_C(0x9E3779B97F4A7C15) +
		key.high * UINT64_C(0xC2B2AE3D27D4EB4F);

	return h >> 32;
}

/* Number of tokens remembered in a line for the key, 0 if none. */
static inline int
probe_line(const CacheEntry *line, CacheEntry key)
{
	int			i;

	for (i = 0; i < LINE_ENTRIES; i++)
		if (line[i].low == key.low && (line[i].high & KEY_MASK) == key.high)
			return line[i].high >> COUNT_SHIFT;
	return 0;
}

/* Remember a count; when both lines are full an older entry gives way. */
static void
store_count(HftCache *cache, CacheEntry key, uint32_t hash, int count)
{
	CacheEntry *slot = NULL;
	int			i;

	for (i = 0; i < 2 * LINE_ENTRIES && slot == NULL; i++)
	{
		CacheEntry *entry = &cache->line[(hash ^ (i / LINE_ENTRIES)) %
										 CACHE_LINES][i % LINE_ENTRIES];

		if (entry->high == 0)
			slot = entry;
	}
	if (slot == NULL)
		slot = &cache->line[hash % CACHE_LINES][hash >> 30];
	slot->low = key.low;
	slot->high = key.high | (uint64_t) count << COUNT_SHIFT;
}

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
	HftCache   *cache = enc->cache;
	CacheEntry	key = make_key(piece, len);
	uint32_t	hash = hash_key(key);
	int64_t		count;

	count = probe_line(cache->line[hash % CACHE_LINES], key);
	if (count == 0)
		count = probe_line(cache->line[(hash ^ 1) % CACHE_LINES], key);
	if (count == 0)
	{
		count = count_whole(enc, piece, len);
		if (count > 0)
			store_count(cache, key, hash, count);
	}
	return count;
}

static int64_t
count_piece(HftEncoding *enc, const uint8_t *piece, size_t len)
{
	int64_t		total = 0;

	if (len <= SHORT_PIECE)
		return count_short(enc, piece, len);
	while (len > 0)
	{
		size_t		part = hft_cut_next(&enc->vocab, piece, len);
		int64_t		count;

		if (part <= SHORT_PIECE)
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
	const uint8_t *next;
	int			i;

	next = hft_split_batch(&enc->vocab, (const uint8_t *) scan->text +
						   scan->done, end, batch);
	for (i = 0; i < batch->n; i++)
	{
		int64_t		count = count_piece(enc, batch->base + batch->start[i],
										batch->start[i + 1] -
										batch->start[i]);

		if (count < 0)
			return false;
		scan->tokens += count;
	}
	scan->done = next - (const uint8_t *) scan->text;
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
