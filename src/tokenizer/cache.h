/*-------------------------------------------------------------------------
 *
 * cache.h
 *	  What a process remembers of the pieces it has counted.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_TOKENIZER_CACHE_H
#define HFT_TOKENIZER_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define HFT_CACHED_BYTES	15	/* longest piece a line holds */
#define HFT_LINE_ENTRIES	4

/*
 * A piece of up to 15 bytes and its count: the bytes, padded with zeros, and
 * in the last byte the length (low half) and the count (high half).  Length
 * 0 is free.  As a key, without its count, it is compared as a whole.
 */
typedef struct HftCacheEntry
{
	uint64_t	low;
	uint64_t	high;
} HftCacheEntry;

#define HFT_COUNT_SHIFT		60
#define HFT_COUNT_MAX		15
#define HFT_KEY_MASK		((UINT64_C(1) << HFT_COUNT_SHIFT) - 1)

typedef struct HftCacheLine
{
	HftCacheEntry entry[HFT_LINE_ENTRIES];
} HftCacheLine;

typedef struct HftCache
{
	HftCacheLine *line;			/* at a multiple of 64 bytes */
	uint32_t	mask;			/* number of lines - 1 */
	uint32_t	used;			/* entries */
	uint32_t	max_lines;		/* to grow to */
} HftCache;

/* cache.c */
extern bool hft_cache_create(HftCache *cache);
extern void hft_cache_free(HftCache *cache);
extern void hft_cache_store(HftCache *cache, HftCacheEntry key, int count);

/* Ones over the bytes that belong to a piece of so many. */
static const uint64_t hft_key_masks[HFT_CACHED_BYTES + 1][2] = {
#define LOW(n)	{(UINT64_C(1) << (8 * (n))) - 1, 0}
#define HIGH(n)	{UINT64_MAX, (UINT64_C(1) << (8 * (n))) - 1}
	LOW(0), LOW(1), LOW(2), LOW(3), LOW(4), LOW(5), LOW(6), LOW(7),
	HIGH(0), HIGH(1), HIGH(2), HIGH(3), HIGH(4), HIGH(5), HIGH(6), HIGH(7)
#undef LOW
#undef HIGH
};

/* The key of a piece of at most 15 bytes; reads none at or after "limit". */
static inline HftCacheEntry
make_key(const uint8_t *piece, size_t len, const uint8_t *limit)
{
	HftCacheEntry key = {0, 0};

	if (limit - piece >= sizeof(key))
	{
		memcpy(&key, piece, sizeof(key));
		key.low &= hft_key_masks[len][0];
		key.high &= hft_key_masks[len][1];
	}
	else
		memcpy(&key, piece, len);
	key.high |= (uint64_t) len << 56;
	return key;
}

#define HFT_HASH_LOW	UINT64_C(0x9E3779B97F4A7C15)
#define HFT_HASH_HIGH	UINT64_C(0xC2B2AE3D27D4EB4F)

static inline uint32_t
hash_key(HftCacheEntry key)
{
	uint64_t	h = key.low * HFT_HASH_LOW + key.high * HFT_HASH_HIGH;

	return h >> 32;
}

/* The count a line holds for the key, 0 if it holds none. */
static inline int
find_in_line(const HftCacheLine *line, HftCacheEntry key)
{
	int			i;

	for (i = 0; i < HFT_LINE_ENTRIES; i++)
		if (line->entry[i].low == key.low &&
			(line->entry[i].high & HFT_KEY_MASK) == key.high)
			return line->entry[i].high >> HFT_COUNT_SHIFT;
	return 0;
}

#endif							/* HFT_TOKENIZER_CACHE_H */
