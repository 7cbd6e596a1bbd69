/*-------------------------------------------------------------------------
 *
 * source.c
 *	  The query of a data set, and its rows as they come.
 *
 * The query runs through SPI with a receiver of ours: nothing is collected,
 * parallel plans are allowed, the user can cancel at every row (R32).  It is
 * read-only twice over: the statement by its tree, and whatever functions it
 * calls by the transaction's own mark, which also stops nextval (F54).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "tcop/dest.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/plancache.h"

#include "compat.h"
#include "dataset/source.h"

typedef enum ValueKind
{
	VALUE_TEXT,					/* stored as it is read */
	VALUE_JSONB,
	VALUE_OTHER					/* through its output function */
} ValueKind;

typedef struct Value
{
	int			attribute;		/* from 1; 0: no such column */
	ValueKind	kind;
	FmgrInfo	output;
	StringInfoData json;
} Value;

typedef struct Receiver
{
	DestReceiver dest;			/* must be first */
	HftSourceShape shape;
	HftSourceReceive receive;
	void	   *arg;
	int64		number;
	MemoryContext row;			/* reset for each */
	Value		values[HFT_SOURCE_COLUMNS];
} Receiver;

/* ---- the query ---- */

pg_noreturn static void
refuse_query(const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("the query of a data set must be a single SELECT"),
			 errdetail("%s", detail),
			 errhint("SELECT, VALUES, TABLE and WITH ... SELECT are fine; it runs read-only.")));
}

static CachedPlanSource *
plan_source(SPIPlanPtr plan)
{
	return (CachedPlanSource *) linitial(SPI_plan_get_plan_sources(plan));
}

static void
check_query(SPIPlanPtr plan)
{
	List	   *sources = SPI_plan_get_plan_sources(plan);
	CachedPlanSource *source;
	Query	   *query;

	if (list_length(sources) != 1)
		refuse_query(sources == NIL ? "It is empty." :
					 "It has more than one statement.");
	source = linitial(sources);
	/* a rule can turn one statement into many, but not a SELECT */
	if (list_length(source->query_list) != 1)
		refuse_query("It does not return rows.");
	query = linitial_node(Query, source->query_list);
	if (query->commandType != CMD_SELECT || source->resultDesc == NULL)
		refuse_query("It is another statement.");
	if (query->hasModifyingCTE)
		refuse_query("It changes data in WITH.");
	if (query->rowMarks != NIL)
		refuse_query("It locks rows.");
}

SPIPlanPtr
hft_source_prepare(const char *query)
{
	MemoryContext caller = CurrentMemoryContext;
	SPIPlanPtr	plan = SPI_prepare_cursor(query, 0, NULL,
										  CURSOR_OPT_PARALLEL_OK);

	/* SPI leaves us in its own context */
	MemoryContextSwitchTo(caller);
	if (plan == NULL)
		refuse_query(psprintf("It cannot be prepared: %s.",
							  SPI_result_code_string(SPI_result)));
	check_query(plan);
	return plan;
}

TupleDesc
hft_source_columns(SPIPlanPtr plan)
{
	return plan_source(plan)->resultDesc;
}

/* ---- values ---- */

/* The datum's text; in the server's encoding. */
static HftText
value_text(Value *value, Datum datum)
{
	HftText		text;

	if (value->kind == VALUE_TEXT)
	{
		struct varlena *packed = PG_DETOAST_DATUM_PACKED(datum);

		text.data = VARDATA_ANY(packed);
		text.length = VARSIZE_ANY_EXHDR(packed);
	}
	else if (value->kind == VALUE_JSONB)
	{
		Jsonb	   *jsonb = DatumGetJsonbP(datum);

		resetStringInfo(&value->json);
		text.data = JsonbToCString(&value->json, &jsonb->root,
								   VARSIZE(jsonb));
		text.length = value->json.len;
	}
	else
	{
		text.data = OutputFunctionCall(&value->output, datum);
		text.length = strlen(text.data);
	}
	return text;
}

/* SQL_ASCII promises nothing: what comes of it is verified where it is used */
static HftText
to_utf8(HftText text)
{
	int			encoding = GetDatabaseEncoding();
	char	   *converted;

	if (encoding == PG_UTF8 || encoding == PG_SQL_ASCII || text.length == 0)
		return text;
	converted = pg_server_to_any(text.data, (int) text.length, PG_UTF8);
	if (converted != text.data)
	{
		text.data = converted;
		text.length = strlen(converted);
	}
	return text;
}

static HftText
slot_text(Receiver *receiver, TupleTableSlot *slot, int column)
{
	Value	   *value = &receiver->values[column];
	HftText		nothing = {NULL, 0};

	if (value->attribute == 0 || slot->tts_isnull[value->attribute - 1])
		return nothing;
	return value_text(value, slot->tts_values[value->attribute - 1]);
}

static void
read_key(Receiver *receiver, TupleTableSlot *slot, HftSourceRow *row)
{
	HftText		key = slot_text(receiver, slot, HFT_SOURCE_ID);

	if (key.data == NULL)
		return;
	row->source_key =
		PointerGetDatum(cstring_to_text_with_len(key.data, (int) key.length));
	row->key = pnstrdup(key.data, key.length);
}

static void
read_split(Receiver *receiver, TupleTableSlot *slot, HftSourceRow *row)
{
	HftText		name = slot_text(receiver, slot, HFT_SOURCE_SPLIT);

	row->split = HFT_SPLIT_COUNT;
	if (name.data == NULL)
		return;
	row->split = hft_split_lookup(name.data, name.length);
	if (row->split == HFT_SPLIT_COUNT)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("row " INT64_FORMAT " names the unknown split \"%.*s\"",
						row->number, (int) Min(name.length, 40), name.data),
				 row->key ? errdetail("Its source key is \"%s\".", row->key) : 0,
				 errhint("Splits are train, validation and test; NULL draws one.")));
}

static bool
receive_slot(TupleTableSlot *slot, DestReceiver *self)
{
	Receiver   *receiver = (Receiver *) self;
	HftSourceRow row = {++receiver->number};
	MemoryContext caller;

	CHECK_FOR_INTERRUPTS();
	MemoryContextReset(receiver->row);
	caller = MemoryContextSwitchTo(receiver->row);
	slot_getallattrs(slot);
	for (int i = 0; i < HFT_COLUMN_COUNT; i++)
		row.row.column[i] = to_utf8(slot_text(receiver, slot, i));
	read_key(receiver, slot, &row);
	read_split(receiver, slot, &row);
	receiver->receive(receiver->arg, &row);
	MemoryContextSwitchTo(caller);
	return true;
}

static void
start_receiver(DestReceiver *self, int operation, TupleDesc columns)
{
	Receiver   *receiver = (Receiver *) self;

	for (int i = 0; i < HFT_SOURCE_COLUMNS; i++)
	{
		Value	   *value = &receiver->values[i];
		Oid			type;
		Oid			output;
		bool		varlena;

		value->attribute = receiver->shape.attribute[i];
		if (value->attribute == 0)
			continue;
		type = getBaseType(TupleDescAttr(columns,
										 value->attribute - 1)->atttypid);
		value->kind = type == JSONBOID ? VALUE_JSONB :
			type == TEXTOID || type == VARCHAROID || type == JSONOID ?
			VALUE_TEXT : VALUE_OTHER;
		initStringInfo(&value->json);
		getTypeOutputInfo(type, &output, &varlena);
		fmgr_info(output, &value->output);
	}
}

static void
finish_receiver(DestReceiver *self)
{
}

static void
report_row(void *arg)
{
	Receiver   *receiver = arg;

	if (receiver->number > 0)
		errcontext("query of the data set, row " INT64_FORMAT,
				   receiver->number);
	else
		errcontext("query of the data set");
}

void
hft_source_run(SPIPlanPtr plan, const HftSourceShape *shape,
			   HftSourceReceive receive, void *arg)
{
	Receiver   *receiver = palloc0(sizeof(Receiver));
	SPIExecuteOptions options = {.read_only = true};
	ErrorContextCallback context = {error_context_stack, report_row, receiver};
	MemoryContext caller = CurrentMemoryContext;
	bool		was_read_only = XactReadOnly;
	int			code;

	receiver->dest.receiveSlot = receive_slot;
	receiver->dest.rStartup = start_receiver;
	receiver->dest.rShutdown = finish_receiver;
	receiver->dest.rDestroy = finish_receiver;
	receiver->dest.mydest = DestNone;
	receiver->shape = *shape;
	receiver->receive = receive;
	receiver->arg = arg;
	receiver->row = AllocSetContextCreate(CurrentMemoryContext, "hft row",
										  ALLOCSET_DEFAULT_SIZES);
	options.dest = &receiver->dest;
	error_context_stack = &context;
	XactReadOnly = true;
	code = SPI_execute_plan_extended(plan, &options);
	MemoryContextSwitchTo(caller);
	XactReadOnly = was_read_only;
	error_context_stack = context.previous;
	if (code < 0)
		elog(ERROR, "could not run the query of the data set: %s",
			 SPI_result_code_string(code));
	MemoryContextDelete(receiver->row);
}
