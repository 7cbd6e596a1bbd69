/*-------------------------------------------------------------------------
 *
 * token_cache.h
 *	  What a process remembers of the pieces it has encoded.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_TOKENIZER_TOKEN_CACHE_H
#define HFT_TOKENIZER_TOKEN_CACHE_H

#include "tokenizer/long_cache.h"

/*
 * A piece of up to 15 bytes, its number of tokens as in HftCacheEntry, and
 * the tokens; two to a cache line.
 */
#define HFT_SHORT_TOKENS	4

typedef struct HftShortTokens
{
	HftCacheEntry key;
	uint32_t	symbol[HFT_SHORT_TOKENS];
} HftShortTokens;

/*
 * The same for 16 to 31 bytes, or for more tokens, a cache line each.  The key
 * of a shorter piece is in "head", with a rest that no longer piece has.
 */
#define HFT_WIDE_TOKENS		8

typedef struct HftWideTokens
{
	HftWideEntry key;
	uint32_t	symbol[HFT_WIDE_TOKENS];
} HftWideTokens;

typedef struct HftTokenCache
{
	HftShortTokens *short_entry;	/* both NULL until one is stored */
	HftWideTokens *wide_entry;
	bool		off;			/* store none */
} HftTokenCache;

/* log2 of the number of entries: 8 MB and 4 MB. */
#define HFT_SHORT_TOKENS_BITS	18
#define HFT_WIDE_TOKENS_BITS	16

/* token_cache.c; finding gives the number of tokens, 0 when unknown */
extern int	hft_wide_tokens_find(const HftTokenCache *cache,
								 const HftWideEntry *key,
								 const uint32_t **symbol);
extern void hft_tokens_store(HftTokenCache *cache, HftCacheEntry key,
							 const uint32_t *symbol, int64_t n);
extern void hft_wide_tokens_store(HftTokenCache *cache,
								  const HftWideEntry *key,
								  const uint32_t *symbol, int64_t n);
extern void hft_tokens_free(HftTokenCache *cache);

/* The two entries where a key should be; the next two, where it may be. */
static inline HftShortTokens *
tokens_line(const HftTokenCache *cache, HftCacheEntry key)
{
	return &cache->short_entry[hash_key(key) >>
							   (32 - HFT_SHORT_TOKENS_BITS) & ~1u];
}

static inline HftShortTokens *
neighbour_line(const HftTokenCache *cache, HftShortTokens *line)
{
	return &cache->short_entry[(line - cache->short_entry) ^ 2];
}

static inline int
find_tokens(const HftShortTokens *line, HftCacheEntry key,
			const uint32_t **symbol)
{
	int			i;

	for (i = 0; i < 2; i++)
		if (line[i].key.low == key.low &&
			(line[i].key.high & HFT_KEY_MASK) == key.high)
		{
			*symbol = line[i].symbol;
			return line[i].key.high >> HFT_COUNT_SHIFT;
		}
	return 0;
}

/* The key of a shorter piece among the wide ones. */
static inline HftWideEntry
widen_key(HftCacheEntry key)
{
	return (HftWideEntry) {{key.low, key.high}, {UINT64_MAX, 0}};
}

/* The key of a piece of 16 to HFT_WIDE_BYTES bytes. */
static inline HftWideEntry
make_wide_key(const uint8_t *piece, size_t len, const uint8_t *limit)
{
	HftWideEntry key;

	memcpy(key.head, piece, sizeof(key.head));
	key.rest = make_key(piece + sizeof(key.head), len - sizeof(key.head),
						limit);
	return key;
}

#endif							/* HFT_TOKENIZER_TOKEN_CACHE_H */
