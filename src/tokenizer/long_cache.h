/*-------------------------------------------------------------------------
 *
 * long_cache.h
 *	  What a process remembers of pieces that are too long for cache.h.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_TOKENIZER_LONG_CACHE_H
#define HFT_TOKENIZER_LONG_CACHE_H

#include "tokenizer/cache.h"

/*
 * As HftCacheEntry for pieces of 16 to 31 bytes, two to a cache line: the
 * first 16 bytes, and as an entry of its own the others.
 */
#define HFT_WIDE_BYTES		31

typedef struct HftWideEntry
{
	uint64_t	head[2];
	HftCacheEntry rest;
} HftWideEntry;

typedef struct HftWideCache
{
	HftWideEntry *entry;		/* NULL until the first is stored */
	bool		off;			/* store none */
} HftWideCache;

/* Pieces that are too long for a line; their bytes lie in the store. */
typedef struct HftLongCache
{
	struct HftLongEntry *entry; /* NULL until the first is stored */
	bool		off;			/* store none */
	uint8_t    *store;
	uint32_t	used;			/* bytes of the store */
} HftLongCache;

/* wide_cache.c: counts of pieces of 16 to 31 bytes; 0 when unknown */
extern int	hft_wide_find(const HftWideCache *cache, const HftWideEntry *key);
extern void hft_wide_store(HftWideCache *cache, const HftWideEntry *key,
						   int count);
extern void hft_wide_free(HftWideCache *cache);

/* long_cache.c: counts of longer pieces; 0 when unknown */
extern uint32_t hft_long_find(const HftLongCache *cache, uint64_t hash,
							  const uint8_t *piece, size_t len);
extern void hft_long_store(HftLongCache *cache, uint64_t hash,
						   const uint8_t *piece, size_t len, uint32_t count);
extern void hft_long_free(HftLongCache *cache);

static inline uint32_t
hft_wide_hash(const HftWideEntry *key)
{
	uint64_t	h = key->head[0] * UINT64_C(0xA0761D6478BD642F) +
		key->head[1] * UINT64_C(0xE7037ED1A0B428DB) +
		key->rest.low * HFT_HASH_LOW + key->rest.high * HFT_HASH_HIGH;

	return h >> 32;
}

/* Is this the entry of the key?  A free one is, but its count is 0. */
static inline bool
hft_wide_same(const HftWideEntry *entry, const HftWideEntry *key)
{
	return entry->head[0] == key->head[0] && entry->head[1] == key->head[1] &&
		entry->rest.low == key->rest.low &&
		(entry->rest.high & HFT_KEY_MASK) == key->rest.high;
}

#endif							/* HFT_TOKENIZER_LONG_CACHE_H */
