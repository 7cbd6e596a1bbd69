/*-------------------------------------------------------------------------
 *
 * cache.c
 *	  Counts of the short pieces a process has seen.
 *
 * Most pieces of any text have been seen before.  An entry belongs into the
 * line that its hash names, or else into that line's neighbour; a line is
 * one cache line, so that a look costs one access to memory.  The table
 * starts small enough for the first-level cache and grows by four while it
 * fills, up to a limit; then an older entry gives way.
 *
 *-------------------------------------------------------------------------
 */
#include <sys/mman.h>

#include "tokenizer/cache.h"

#define FIRST_LINES		2048u
#define GROWTH			4u
#define HUGE_PAGE		(2u * 1024 * 1024)

/*
 * 20 MB of English prose have 78,000 different short pieces, of ten other
 * languages 141,000; 8 MB hold half a million.
 */
#define MAX_LINES		(8u * 1024 * 1024 / sizeof(HftCacheLine))

/* Anonymous pages: aligned, zero, and given back when freed. */
static HftCacheLine *
map_lines(uint32_t n)
{
	size_t		size = n * sizeof(HftCacheLine);
	void	   *lines = mmap(NULL, size, PROT_READ | PROT_WRITE,
							 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (lines == MAP_FAILED)
		return NULL;
#ifdef MADV_HUGEPAGE
	if (size >= HUGE_PAGE)
		(void) madvise(lines, size, MADV_HUGEPAGE);
#endif
	return lines;
}

bool
hft_cache_create(HftCache *cache)
{
	cache->line = map_lines(FIRST_LINES);
	cache->mask = FIRST_LINES - 1;
	cache->used = 0;
	cache->max_lines = MAX_LINES;
	return cache->line != NULL;
}

void
hft_cache_free(HftCache *cache)
{
	if (cache->line != NULL)
		munmap(cache->line, (cache->mask + UINT64_C(1)) *
			   sizeof(HftCacheLine));
	cache->line = NULL;
}

static HftCacheEntry *
find_free(HftCache *cache, uint32_t hash)
{
	int			i;

	for (i = 0; i < 2 * HFT_LINE_ENTRIES; i++)
	{
		HftCacheLine *line = &cache->line[(hash ^ (i / HFT_LINE_ENTRIES)) &
										  cache->mask];
		HftCacheEntry *entry = &line->entry[i % HFT_LINE_ENTRIES];

		if (entry->high == 0)
			return entry;
	}
	return NULL;
}

/* Put an entry with its count where it belongs. */
static void
place_entry(HftCache *cache, HftCacheEntry entry)
{
	HftCacheEntry key = {entry.low, entry.high & HFT_KEY_MASK};
	uint32_t	hash = hash_key(key);
	HftCacheEntry *slot = find_free(cache, hash);

	if (slot != NULL)
		cache->used++;
	else
		slot = &cache->line[hash & cache->mask].entry[hash >> 30];
	*slot = entry;
}

/* Four times the lines, unless that is too many or memory is short. */
static void
grow_cache(HftCache *cache)
{
	HftCache	grown = *cache;
	uint32_t	lines = cache->mask + 1;
	uint32_t	i;
	int			j;

	if (lines * GROWTH > cache->max_lines)
		return;
	grown.line = map_lines(lines * GROWTH);
	if (grown.line == NULL)
		return;
	grown.mask = lines * GROWTH - 1;
	grown.used = 0;
	for (i = 0; i < lines; i++)
		for (j = 0; j < HFT_LINE_ENTRIES; j++)
			if (cache->line[i].entry[j].high != 0)
				place_entry(&grown, cache->line[i].entry[j]);
	hft_cache_free(cache);
	*cache = grown;
}

void
hft_cache_store(HftCache *cache, HftCacheEntry key, int count)
{
	if (cache->used > (cache->mask + 1) / 2 * HFT_LINE_ENTRIES)
		grow_cache(cache);
	key.high |= (uint64_t) count << HFT_COUNT_SHIFT;
	place_entry(cache, key);
}
