/*-------------------------------------------------------------------------
 *
 * bulk.c
 *	  Rows into one of our tables, a batch at a time.
 *
 * Does what COPY does: whole pages under one lock and one WAL record, a ring
 * of buffers of its own, then the index entries of the batch.  The batch ends
 * at a number of rows or of bytes, whatever comes first.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/heapam.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/index.h"
#include "catalog/namespace.h"
#include "executor/executor.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "dataset/bulk.h"

#define BATCH_ROWS 1000
#define BATCH_BYTES (256 * 1024)

struct HftBulk
{
	Relation	relation;
	EState	   *estate;
	ResultRelInfo *result;
	BulkInsertState insert;
	CommandId	cid;
	MemoryContext batch;		/* the tuples that wait */
	int			nwaiting;
	Size		bytes;
	int			nslots;			/* made so far */
	TupleTableSlot *slots[BATCH_ROWS];
};

HftBulk *
hft_bulk_begin(const char *table)
{
	HftBulk    *bulk = palloc0(sizeof(HftBulk));
	Oid			schema = get_namespace_oid("hft", false);

	bulk->relation = table_open(get_relname_relid(table, schema),
								RowExclusiveLock);
	(void) GetCurrentTransactionId();
	bulk->cid = GetCurrentCommandId(true);
	bulk->estate = CreateExecutorState();
	bulk->result = makeNode(ResultRelInfo);
	InitResultRelInfo(bulk->result, bulk->relation, 1, NULL, 0);
	ExecOpenIndices(bulk->result, false);
	bulk->insert = GetBulkInsertState();
	bulk->batch = AllocSetContextCreate(CurrentMemoryContext, "hft batch",
										ALLOCSET_DEFAULT_SIZES);
	return bulk;
}

TupleDesc
hft_bulk_descriptor(const HftBulk *bulk)
{
	return RelationGetDescr(bulk->relation);
}

/* Our indexes are plain: no predicates, exclusions or deferred checks. */
static void
insert_index_entries(HftBulk *bulk, TupleTableSlot *slot)
{
	for (int i = 0; i < bulk->result->ri_NumIndices; i++)
	{
		Relation	index = bulk->result->ri_IndexRelationDescs[i];
		IndexInfo  *info = bulk->result->ri_IndexRelationInfo[i];
		Datum		values[INDEX_MAX_KEYS];
		bool		nulls[INDEX_MAX_KEYS];

		FormIndexDatum(info, slot, bulk->estate, values, nulls);
		index_insert(index, values, nulls, &slot->tts_tid, bulk->relation,
					 info->ii_Unique ? UNIQUE_CHECK_YES : UNIQUE_CHECK_NO,
					 false, info);
	}
}

static void
flush_batch(HftBulk *bulk)
{
	MemoryContext caller;

	if (bulk->nwaiting == 0)
		return;
	caller = MemoryContextSwitchTo(bulk->batch);
	table_multi_insert(bulk->relation, bulk->slots, bulk->nwaiting,
					   bulk->cid, 0, bulk->insert);
	for (int i = 0; i < bulk->nwaiting; i++)
		insert_index_entries(bulk, bulk->slots[i]);
	MemoryContextSwitchTo(caller);
	for (int i = 0; i < bulk->nwaiting; i++)
		ExecClearTuple(bulk->slots[i]);
	MemoryContextReset(bulk->batch);
	bulk->nwaiting = 0;
	bulk->bytes = 0;
}

static TupleTableSlot *
next_slot(HftBulk *bulk)
{
	if (bulk->nwaiting == bulk->nslots)
	{
		MemoryContext caller =
			MemoryContextSwitchTo(bulk->estate->es_query_cxt);

		bulk->slots[bulk->nslots++] =
			MakeSingleTupleTableSlot(RelationGetDescr(bulk->relation),
									 &TTSOpsHeapTuple);
		MemoryContextSwitchTo(caller);
	}
	return bulk->slots[bulk->nwaiting++];
}

void
hft_bulk_add(HftBulk *bulk, Datum *values, bool *nulls)
{
	MemoryContext caller = MemoryContextSwitchTo(bulk->batch);
	HeapTuple	tuple = heap_form_tuple(RelationGetDescr(bulk->relation),
										values, nulls);

	tuple->t_tableOid = RelationGetRelid(bulk->relation);
	ExecStoreHeapTuple(tuple, next_slot(bulk), false);
	bulk->bytes += tuple->t_len;
	MemoryContextSwitchTo(caller);
	if (bulk->nwaiting == BATCH_ROWS || bulk->bytes >= BATCH_BYTES)
		flush_batch(bulk);
}

void
hft_bulk_end(HftBulk *bulk)
{
	flush_batch(bulk);
	for (int i = 0; i < bulk->nslots; i++)
		ExecDropSingleTupleTableSlot(bulk->slots[i]);
	FreeBulkInsertState(bulk->insert);
	ExecCloseIndices(bulk->result);
	table_close(bulk->relation, NoLock);
	FreeExecutorState(bulk->estate);
	MemoryContextDelete(bulk->batch);
	pfree(bulk);
}
