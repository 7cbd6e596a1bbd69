/*-------------------------------------------------------------------------
 *
 * export.c
 *	  A split of a version as the lines of a training file.
 *
 * One line a call, read by an index scan that stays open between the calls:
 * nothing is materialised, whatever the size.  Where the format is the
 * canonical one a line is not even copied.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "compat.h"
#include "base/sql.h"
#include "dataset/dataset.h"
#include "dataset/reading.h"
#include "example/draw.h"

PG_FUNCTION_INFO_V1(hft_sql_export_jsonl);

typedef struct Export
{
	const HftWriter *writer;
	HftBuffer	line;			/* unless the writer is the identity */
	Relation	table;
	Relation	index;
	Snapshot	snapshot;
	SysScanDesc scan;
	int			body;			/* attribute number */
	int64		n;
	MemoryContextCallback cleanup;
} Export;

pg_noreturn static void
refuse_line(const HftWriter *writer, const char *what, const char *problem)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
			 errmsg("%s cannot be written in format \"%s\"", what,
					writer->format),
			 errdetail("%s", problem)));
}

/* ---- the scan ---- */

static void
release_line(void *arg)
{
	hft_buffer_free(&((Export *) arg)->line);
}

/* The query ended early or late; an ERROR leaves this to resource owners. */
static void
close_export(Datum arg)
{
	Export	   *export = (Export *) DatumGetPointer(arg);

	if (export->scan == NULL)
		return;
	systable_endscan_ordered(export->scan);
	export->scan = NULL;
	UnregisterSnapshot(export->snapshot);
	index_close(export->index, AccessShareLock);
	table_close(export->table, AccessShareLock);
}

/* OID of the enum value, as column "split" stores it. */
static Oid
split_oid(Oid table, AttrNumber column, const char *split)
{
	Datum		value;

	if (hft_split_lookup(split, strlen(split)) == HFT_SPLIT_COUNT)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown split \"%s\"", split),
				 errhint("Splits are train, validation and test.")));
	value = DirectFunctionCall2(enum_in, CStringGetDatum(split),
								ObjectIdGetDatum(get_atttype(table, column)));
	return DatumGetObjectId(value);
}

/* The functions for catalogs serve any table with an index. */
static void
open_scan(Export *export, int64 version, const char *split)
{
	Oid			schema = get_namespace_oid("hft", false);
	Oid			table = get_relname_relid("example", schema);
	AttrNumber	column = get_attnum(table, "split");
	Oid			value = split_oid(table, column, split);
	ScanKeyData keys[2];

	export->table = table_open(table, AccessShareLock);
	export->index = index_open(get_relname_relid("example_pkey", schema),
							   AccessShareLock);
	export->body = get_attnum(table, "body");
	export->snapshot = RegisterSnapshot(GetActiveSnapshot());
	ScanKeyInit(&keys[0], get_attnum(table, "version_id"),
				BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(version));
	ScanKeyInit(&keys[1], column,
				BTEqualStrategyNumber, F_ENUM_EQ, ObjectIdGetDatum(value));
	export->scan = systable_beginscan_ordered(export->table, export->index,
											  export->snapshot, 2, keys);
}

static Export *
open_export(FunctionCallInfo fcinfo)
{
	char	   *dataset = text_to_cstring(PG_GETARG_TEXT_PP(0));
	char	   *split = text_to_cstring(PG_GETARG_TEXT_PP(1));
	int			number = PG_ARGISNULL(2) ? HFT_LATEST_VERSION :
		PG_GETARG_INT32(2);
	ReturnSetInfo *info = (ReturnSetInfo *) fcinfo->resultinfo;
	Export	   *export = palloc0(sizeof(Export));

	export->writer = hft_format_get(text_to_cstring(PG_GETARG_TEXT_PP(3)));
	hft_buffer_init(&export->line, MaxAllocSize - VARHDRSZ);
	export->cleanup.func = release_line;
	export->cleanup.arg = export;
	MemoryContextRegisterResetCallback(CurrentMemoryContext,
									   &export->cleanup);
	open_scan(export, hft_version_get(dataset, number).id, split);
	RegisterExprContextCallback(info->econtext, close_export,
								PointerGetDatum(export));
	return export;
}

/*
 * The scan may allocate what it needs at its first row (or later), and frees
 * it at its end: it has to live as long as the scan.
 */
static HeapTuple
next_example(Export *export, MemoryContext lasting)
{
	MemoryContext caller = MemoryContextSwitchTo(lasting);
	HeapTuple	tuple = systable_getnext_ordered(export->scan,
												 ForwardScanDirection);

	MemoryContextSwitchTo(caller);
	return tuple;
}

/* The line as the export's writer spells it. */
static Datum
written_line(Export *export, Datum body)
{
	struct varlena *packed = PG_DETOAST_DATUM_PACKED(body);
	const char *problem;

	hft_buffer_reset(&export->line);
	problem = export->writer->write(VARDATA_ANY(packed),
									VARSIZE_ANY_EXHDR(packed), &export->line);
	if (problem != NULL)
		refuse_line(export->writer,
					psprintf("example " INT64_FORMAT, export->n), problem);
	return PointerGetDatum(cstring_to_text_with_len(export->line.data,
											(int) export->line.length));
}

Datum
hft_sql_export_jsonl(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *info = (ReturnSetInfo *) fcinfo->resultinfo;
	FuncCallContext *call;
	Export	   *export;
	HeapTuple	tuple;
	bool		isnull;
	Datum		body;

	for (int i = 0; i < 4; i++)
		if (i != 2 && PG_ARGISNULL(i))
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("dataset, split and format must not be null")));
	if (SRF_IS_FIRSTCALL())
	{
		MemoryContext caller;

		call = SRF_FIRSTCALL_INIT();
		caller = MemoryContextSwitchTo(call->multi_call_memory_ctx);
		call->user_fctx = open_export(fcinfo);
		MemoryContextSwitchTo(caller);
	}
	call = SRF_PERCALL_SETUP();
	export = call->user_fctx;
	tuple = next_example(export, call->multi_call_memory_ctx);
	if (tuple == NULL)
	{
		UnregisterExprContextCallback(info->econtext, close_export,
									  PointerGetDatum(export));
		close_export(PointerGetDatum(export));
		SRF_RETURN_DONE(call);
	}
	export->n++;
	body = heap_getattr(tuple, export->body,
						RelationGetDescr(export->table), &isnull);
	if (!export->writer->identity)
		body = written_line(export, body);
	SRF_RETURN_NEXT(call, body);
}
