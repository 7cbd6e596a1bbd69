/*-------------------------------------------------------------------------
 *
 * repeats.c
 *	  Which examples of a version are equal.
 *
 * An open hash table of fingerprint and place, 16 bytes an example, at most
 * two thirds full.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "dataset/repeats.h"

#define FIRST_ROOM 1024

typedef struct Entry
{
	uint64		fingerprint;
	uint64		place;			/* n and, in the low bits, split; 0: free */
} Entry;

struct HftRepeats
{
	Entry	   *entries;
	uint64		room;			/* a power of two */
	uint64		used;
	bool		full;
};

static Entry *
make_entries(uint64 room)
{
	return MemoryContextAllocExtended(CurrentMemoryContext,
									  room * sizeof(Entry),
									  MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
}

HftRepeats *
hft_repeats_begin(void)
{
	HftRepeats *repeats = palloc0(sizeof(HftRepeats));

	repeats->room = FIRST_ROOM;
	repeats->entries = make_entries(FIRST_ROOM);
	return repeats;
}

/* The entry of the fingerprint, or the free one where it belongs. */
static Entry *
find_entry(HftRepeats *repeats, uint64 fingerprint)
{
	uint64		i = fingerprint & (repeats->room - 1);

	while (repeats->entries[i].place != 0 &&
		   repeats->entries[i].fingerprint != fingerprint)
		i = (i + 1) & (repeats->room - 1);
	return &repeats->entries[i];
}

static void
grow(HftRepeats *repeats)
{
	MemoryContext caller;
	Entry	   *old = repeats->entries;
	uint64		old_room = repeats->room;

	if (old_room * 2 * sizeof(Entry) > (uint64) maintenance_work_mem * 1024)
	{
		repeats->full = true;
		return;
	}
	caller = MemoryContextSwitchTo(GetMemoryChunkContext(repeats));
	repeats->room = old_room * 2;
	repeats->entries = make_entries(repeats->room);
	MemoryContextSwitchTo(caller);
	for (uint64 i = 0; i < old_room; i++)
		if (old[i].place != 0)
			*find_entry(repeats, old[i].fingerprint) = old[i];
	pfree(old);
}

static uint64
pack_place(HftPlace place)
{
	return (uint64) place.n << 2 | place.split;
}

bool
hft_repeats_add(HftRepeats *repeats, const char *body, size_t length,
				HftPlace place, HftPlace *first)
{
	uint64		fingerprint = hash_bytes_extended((const unsigned char *) body,
												  (int) length, 0);
	Entry	   *entry = find_entry(repeats, fingerprint);

	if (entry->place != 0)
	{
		first->split = entry->place & 3;
		first->n = (int64) (entry->place >> 2);
		if (place.split == HFT_SPLIT_TRAIN && first->split != place.split)
			entry->place = pack_place(place);
		return true;
	}
	if (repeats->full)
		return false;
	entry->fingerprint = fingerprint;
	entry->place = pack_place(place);
	if (++repeats->used * 3 > repeats->room * 2)
		grow(repeats);
	return false;
}

bool
hft_repeats_full(const HftRepeats *repeats)
{
	return repeats->full;
}

void
hft_repeats_end(HftRepeats *repeats)
{
	pfree(repeats->entries);
	pfree(repeats);
}
