/*-------------------------------------------------------------------------
 *
 * long_cache.c
 *	  Counts of the pieces that are too long for a cache line.
 *
 * Rare, but each of them costs as much as hundreds of short ones: long
 * words, indentation, rulers, base64, and runs of scripts that are written
 * without blanks.  One place per hash, the newer piece wins; when the store
 * is full, all are forgotten.
 *
 *-------------------------------------------------------------------------
 */
#include <stdlib.h>

#include "tokenizer/long_cache.h"

#define ENTRIES		(1u << 15)
#define STORE_BYTES (4u * 1024 * 1024)
#define MAX_PIECE	512

typedef struct HftLongEntry
{
	uint32_t	tag;			/* of its hash */
	uint32_t	offset;
	uint32_t	len;			/* 0: free */
	uint32_t	count;
} HftLongEntry;

static inline HftLongEntry *
entry_of(const HftLongCache *cache, uint64_t hash)
{
	return &cache->entry[(hash >> 32) % ENTRIES];
}

uint32_t
hft_long_find(const HftLongCache *cache, uint64_t hash, const uint8_t *piece,
			  size_t len)
{
	const HftLongEntry *entry;

	if (cache->entry == NULL)
		return 0;
	entry = entry_of(cache, hash);
	if (entry->len != len || entry->tag != (uint32_t) hash ||
		memcmp(cache->store + entry->offset, piece, len) != 0)
		return 0;
	return entry->count;
}

/* Remember a count; without memory, or for a giant, nothing happens. */
void
hft_long_store(HftLongCache *cache, uint64_t hash, const uint8_t *piece,
			   size_t len, uint32_t count)
{
	HftLongEntry *entry;

	if (len > MAX_PIECE || (cache->entry == NULL && cache->off))
		return;
	if (cache->entry == NULL)
	{
		cache->entry = calloc(ENTRIES, sizeof(HftLongEntry));
		cache->store = malloc(STORE_BYTES);
		if (cache->entry == NULL || cache->store == NULL)
		{
			hft_long_free(cache);
			return;
		}
	}
	if (len > STORE_BYTES - cache->used)
	{
		memset(cache->entry, 0, ENTRIES * sizeof(HftLongEntry));
		cache->used = 0;
	}
	entry = entry_of(cache, hash);
	entry->tag = (uint32_t) hash;
	entry->offset = cache->used;
	entry->len = len;
	entry->count = count;
	memcpy(cache->store + cache->used, piece, len);
	cache->used += len;
}

void
hft_long_free(HftLongCache *cache)
{
	free(cache->entry);
	free(cache->store);
	memset(cache, 0, sizeof(*cache));
}
