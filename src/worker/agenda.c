/*-------------------------------------------------------------------------
 *
 * agenda.c
 *	  When which row falls due: what a worker remembers of due_at.
 *
 * A hash table finds a row, a pairing heap of those that are not busy finds
 * the first one due.  About a hundred bytes a live row.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/pairingheap.h"
#include "utils/hsearch.h"
#include "utils/timestamp.h"

#include "worker/agenda.h"

typedef struct RowKey
{
	int64		id;
	int64		kind;			/* no padding: the key is hashed as bytes */
} RowKey;

typedef struct Row
{
	RowKey		key;
	pairingheap_node node;
	TimestampTz due;
	bool		busy;			/* not in the heap */
	uint32		look;			/* the last look that told it */
} Row;

struct HftAgenda
{
	HTAB	   *rows;
	pairingheap *heap;
	uint32		look;
};

/* The heap has its largest at the top: earlier is larger. */
static int
compare_rows(const pairingheap_node *a, const pairingheap_node *b, void *arg)
{
	TimestampTz left = pairingheap_const_container(Row, node, a)->due;
	TimestampTz right = pairingheap_const_container(Row, node, b)->due;

	return left < right ? 1 : left > right ? -1 : 0;
}

HftAgenda *
hft_agenda_create(void)
{
	HftAgenda  *agenda = palloc0(sizeof(HftAgenda));
	HASHCTL		control = {
		.keysize = sizeof(RowKey),
		.entrysize = sizeof(Row),
		.hcxt = CurrentMemoryContext
	};

	agenda->rows = hash_create("hft agenda", 256, &control,
							   HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	agenda->heap = pairingheap_allocate(compare_rows, NULL);
	return agenda;
}

static void
forget(HftAgenda *agenda, Row *row)
{
	if (!row->busy)
		pairingheap_remove(agenda->heap, &row->node);
	hash_search(agenda->rows, &row->key, HASH_REMOVE, NULL);
}

/* Into the heap, in its place. */
static void
schedule(HftAgenda *agenda, Row *row, bool found, TimestampTz due)
{
	if (found && !row->busy)
		pairingheap_remove(agenda->heap, &row->node);
	row->due = due;
	row->busy = false;
	pairingheap_add(agenda->heap, &row->node);
}

void
hft_agenda_put(HftAgenda *agenda, int kind, int64 id, TimestampTz due)
{
	RowKey		key = {id, kind};
	bool		found;
	Row		   *row;

	if (due == DT_NOEND)
	{
		row = hash_search(agenda->rows, &key, HASH_FIND, NULL);
		if (row != NULL)
			forget(agenda, row);
		return;
	}
	row = hash_search(agenda->rows, &key, HASH_ENTER, &found);
	schedule(agenda, row, found, due);
	row->look = agenda->look;
}

void
hft_agenda_look_begin(HftAgenda *agenda)
{
	agenda->look++;
}

void
hft_agenda_look_row(HftAgenda *agenda, int kind, int64 id, TimestampTz due)
{
	RowKey		key = {id, kind};
	bool		found;
	Row		   *row = hash_search(agenda->rows, &key, HASH_ENTER, &found);

	row->look = agenda->look;
	if (!found || (!row->busy && row->due != due))
		schedule(agenda, row, found, due);
}

void
hft_agenda_look_end(HftAgenda *agenda)
{
	HASH_SEQ_STATUS scan;
	Row		   *row;

	hash_seq_init(&scan, agenda->rows);
	while ((row = hash_seq_search(&scan)) != NULL)
		if (row->look != agenda->look && !row->busy)
			forget(agenda, row);
}

TimestampTz
hft_agenda_first(const HftAgenda *agenda)
{
	if (pairingheap_is_empty(agenda->heap))
		return DT_NOEND;
	return pairingheap_container(Row, node,
								 pairingheap_first(agenda->heap))->due;
}

int64
hft_agenda_take(HftAgenda *agenda, TimestampTz now, int *kind)
{
	Row		   *row;

	if (hft_agenda_first(agenda) > now)
		return 0;
	row = pairingheap_container(Row, node,
								pairingheap_remove_first(agenda->heap));
	row->busy = true;
	*kind = (int) row->key.kind;
	return row->key.id;
}

int64
hft_agenda_take_kind(HftAgenda *agenda, TimestampTz now, int kind)
{
	const Row  *row;

	if (hft_agenda_first(agenda) > now)
		return 0;
	row = pairingheap_container(Row, node, pairingheap_first(agenda->heap));
	return row->key.kind == kind ? hft_agenda_take(agenda, now, &kind) : 0;
}
