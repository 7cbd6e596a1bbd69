/*-------------------------------------------------------------------------
 *
 * wide_cache.c
 *	  Counts of pieces of 16 to 31 bytes.
 *
 * Few in English, one of fifteen in languages whose letters take two bytes.
 * Two entries share a cache line, the one used last first; a third gives way.
 *
 *-------------------------------------------------------------------------
 */
#include <sys/mman.h>

#include "tokenizer/long_cache.h"

/* 20 MB of ten languages have 40,000 different pieces of this size. */
#define ENTRIES		(1u << 16)

static inline HftWideEntry *
find_line(const HftWideCache *cache, const HftWideEntry *key)
{
	return &cache->entry[hft_wide_hash(key) % ENTRIES & ~1u];
}

int
hft_wide_find(const HftWideCache *cache, const HftWideEntry *key)
{
	HftWideEntry *line;
	HftWideEntry found;

	if (cache->entry == NULL)
		return 0;
	line = find_line(cache, key);
	if (hft_wide_same(&line[0], key))
		return line[0].rest.high >> HFT_COUNT_SHIFT;
	if (!hft_wide_same(&line[1], key))
		return 0;
	found = line[1];
	line[1] = line[0];
	line[0] = found;
	return found.rest.high >> HFT_COUNT_SHIFT;
}

/* Remember a count; without memory nothing happens. */
void
hft_wide_store(HftWideCache *cache, const HftWideEntry *key, int count)
{
	HftWideEntry *line;

	if (cache->entry == NULL && cache->off)
		return;
	if (cache->entry == NULL)
	{
		void	   *entries = mmap(NULL, ENTRIES * sizeof(HftWideEntry),
								   PROT_READ | PROT_WRITE,
								   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (entries == MAP_FAILED)
			return;
		cache->entry = entries;
	}
	line = find_line(cache, key);
	line[1] = line[0];
	line[0] = *key;
	line[0].rest.high |= (uint64_t) count << HFT_COUNT_SHIFT;
}

void
hft_wide_free(HftWideCache *cache)
{
	if (cache->entry != NULL)
		munmap(cache->entry, ENTRIES * sizeof(HftWideEntry));
	cache->entry = NULL;
}
