/*-------------------------------------------------------------------------
 *
 * token_cache.c
 *	  Tokens of the pieces a process has encoded.
 *
 * Counting keeps four pieces in a cache line; who wants the tokens pays half
 * a line for each.  The newest piece of a line comes first, the third moves
 * to the neighbouring line.  Nothing is there until a text is encoded.
 *
 *-------------------------------------------------------------------------
 */
#include <sys/mman.h>

#include "tokenizer/token_cache.h"

#define SHORT_SIZE	(sizeof(HftShortTokens) << HFT_SHORT_TOKENS_BITS)
#define WIDE_SIZE	(sizeof(HftWideTokens) << HFT_WIDE_TOKENS_BITS)

static inline HftWideTokens *
find_wide(const HftTokenCache *cache, const HftWideEntry *key)
{
	return &cache->wide_entry[hft_wide_hash(key) >>
							  (32 - HFT_WIDE_TOKENS_BITS)];
}

int
hft_wide_tokens_find(const HftTokenCache *cache, const HftWideEntry *key,
					 const uint32_t **symbol)
{
	const HftWideTokens *entry;

	if (cache->wide_entry == NULL)
		return 0;
	entry = find_wide(cache, key);
	if (!hft_wide_same(&entry->key, key))
		return 0;
	*symbol = entry->symbol;
	return entry->key.rest.high >> HFT_COUNT_SHIFT;
}

/* Zeroed memory for both tables; false: there is none, or must be none. */
static bool
make_tables(HftTokenCache *cache)
{
	void	   *tables;

	if (cache->off || cache->short_entry != NULL)
		return !cache->off;
	tables = mmap(NULL, SHORT_SIZE + WIDE_SIZE, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (tables == MAP_FAILED)
		return false;
	cache->short_entry = tables;
	cache->wide_entry = (void *) ((char *) tables + SHORT_SIZE);
	return true;
}

/* Remember tokens; when they are too many, or without memory, don't. */
void
hft_tokens_store(HftTokenCache *cache, HftCacheEntry key,
				 const uint32_t *symbol, int64_t n)
{
	HftShortTokens *line;

	if (n > HFT_SHORT_TOKENS)
	{
		HftWideEntry wide = widen_key(key);

		hft_wide_tokens_store(cache, &wide, symbol, n);
		return;
	}
	if (!make_tables(cache))
		return;
	line = tokens_line(cache, key);
	neighbour_line(cache, line)[1] = line[1];
	line[1] = line[0];
	line[0].key = key;
	line[0].key.high |= (uint64_t) n << HFT_COUNT_SHIFT;
	memcpy(line[0].symbol, symbol, n * sizeof(symbol[0]));
}

void
hft_wide_tokens_store(HftTokenCache *cache, const HftWideEntry *key,
					  const uint32_t *symbol, int64_t n)
{
	HftWideTokens *entry;

	if (n > HFT_WIDE_TOKENS || !make_tables(cache))
		return;
	entry = find_wide(cache, key);
	entry->key = *key;
	entry->key.rest.high |= (uint64_t) n << HFT_COUNT_SHIFT;
	memcpy(entry->symbol, symbol, n * sizeof(symbol[0]));
}

void
hft_tokens_free(HftTokenCache *cache)
{
	if (cache->short_entry != NULL)
		munmap(cache->short_entry, SHORT_SIZE + WIDE_SIZE);
	cache->short_entry = NULL;
	cache->wide_entry = NULL;
}
