/*-------------------------------------------------------------------------
 *
 * token_models.c
 *	  Which row of hft.model_encoding applies to a model.
 *
 * Shipped rows are a table of the code (tokenizer/model.c), of which those in
 * the catalog are a copy to look at.  Being tried first, they mean the same
 * whatever an administrator adds.  Of added rows the oldest that matches
 * applies, and none can be altered: adding one never changes an answer that
 * was given, it makes an answer out of an error.  That is why functions of
 * tokens may be IMMUTABLE; deleting a row is like dropping a function that
 * an index uses.
 *
 * A backend keeps the added rows until it hears of a change, so looking a
 * model up runs no query.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "commands/extension.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "base/sql.h"
#include "compat.h"
#include "dataset/tokens.h"
#include "tokenizer/compile.h"

#define TABLE	"model_encoding"

/* Columns as 20_tokens.sql has them. */
enum
{
	COLUMN_ID = 1,
	COLUMN_PATTERN,
	COLUMN_ENCODING,
	COLUMN_CHAT,
	COLUMN_IMAGES,
	COLUMN_EXACT,
	COLUMN_SHIPPED,
	COLUMN_SOURCE
};

typedef struct AddedModel
{
	int64		id;
	HftTokenModel model;
} AddedModel;

/* The rows that were added, in the order of their ids. */
static struct
{
	MemoryContext context;
	AddedModel *models;
	int			n;
	Oid			relation;
	bool		valid;
	bool		changed;		/* while they were read */
}			added;

uint64		hft_token_generation;

/* ---- reading them ---- */

static void
forget_added(Datum arg, Oid relation)
{
	if (OidIsValid(relation) && relation != added.relation)
		return;
	added.changed = true;
	if (added.valid)
		hft_token_generation++;
	added.valid = false;
}

static Oid
find_table(void)
{
	if (!OidIsValid(hft_owner()))
		return InvalidOid;
	return get_relname_relid(TABLE, get_namespace_oid("hft", false));
}

static char *
text_column(Relation relation, HeapTuple tuple, int column)
{
	bool		isnull;
	Datum		value = heap_getattr(tuple, column,
									 RelationGetDescr(relation), &isnull);

	return isnull ? pstrdup("") : TextDatumGetCString(value);
}

static bool
bool_column(Relation relation, HeapTuple tuple, int column)
{
	bool		isnull;
	Datum		value = heap_getattr(tuple, column,
									 RelationGetDescr(relation), &isnull);

	return !isnull && DatumGetBool(value);
}

/* In the current memory context. */
static bool
read_model(Relation relation, HeapTuple tuple, AddedModel *to)
{
	bool		isnull;

	to->id = DatumGetInt64(heap_getattr(tuple, COLUMN_ID,
										RelationGetDescr(relation),
										&isnull));
	to->model.pattern = text_column(relation, tuple, COLUMN_PATTERN);
	to->model.encoding = text_column(relation, tuple, COLUMN_ENCODING);
	to->model.exact = bool_column(relation, tuple, COLUMN_EXACT);
	to->model.source = text_column(relation, tuple, COLUMN_SOURCE);
	return !bool_column(relation, tuple, COLUMN_SHIPPED) &&
		hft_chat_rule_find(text_column(relation, tuple, COLUMN_CHAT),
						   &to->model.chat) &&
		hft_image_rule_find(text_column(relation, tuple, COLUMN_IMAGES),
							&to->model.images);
}

static int
compare_added(const void *a, const void *b)
{
	int64		x = ((const AddedModel *) a)->id;
	int64		y = ((const AddedModel *) b)->id;

	return (x > y) - (x < y);
}

/*
 * As catalogs are read: with a snapshot of now, not that of the statement,
 * since nothing would tell a later statement to look again.
 */
static void
scan_added(Relation relation)
{
	SysScanDesc scan = systable_beginscan(relation, InvalidOid, false, NULL,
										  0, NULL);
	int			room = 16;
	HeapTuple	tuple;

	added.n = 0;
	added.models = palloc(room * sizeof(AddedModel));
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		if (added.n == room)
		{
			room *= 2;
			added.models = repalloc(added.models, room * sizeof(AddedModel));
		}
		if (read_model(relation, tuple, &added.models[added.n]))
			added.n++;
	}
	systable_endscan(scan);
	qsort(added.models, added.n, sizeof(AddedModel), compare_added);
}

static void
read_added(void)
{
	static bool registered = false;
	Oid			table = find_table();
	MemoryContext caller;
	Relation	relation;

	added.n = 0;
	if (!OidIsValid(table))
		return;
	if (!registered)
		CacheRegisterRelcacheCallback(forget_added, (Datum) 0);
	registered = true;
	if (added.context == NULL)
		added.context = AllocSetContextCreate(TopMemoryContext,
											  "hft models",
											  ALLOCSET_SMALL_SIZES);
	relation = table_open(table, AccessShareLock);
	caller = MemoryContextSwitchTo(added.context);
	added.relation = table;
	do
	{
		MemoryContextReset(added.context);
		added.changed = false;
		scan_added(relation);
	} while (added.changed);
	MemoryContextSwitchTo(caller);
	table_close(relation, AccessShareLock);
	added.valid = !added.changed;
}

/* ---- finding one ---- */

static const HftTokenModel *
find_added(const char *name, size_t len)
{
	if (!added.valid)
		read_added();
	for (int i = 0; i < added.n; i++)
		if (hft_token_pattern_match(added.models[i].model.pattern, name, len))
			return &added.models[i].model;
	return NULL;
}

/* Added rows go with the next change, so callers get copies. */
static HftTokenModel *
copy_model(const HftTokenModel *model)
{
	HftTokenModel *copy = palloc(sizeof(HftTokenModel));

	*copy = *model;
	copy->pattern = pstrdup(model->pattern);
	copy->encoding = pstrdup(model->encoding);
	copy->source = pstrdup(model->source);
	return copy;
}

/* A vocabulary that was loaded can be named without a row of its own. */
static const HftTokenModel *
find_loaded(const char *model, int len)
{
	HftTokenModel loaded = {
		.chat = HFT_CHAT_NONE, .images = HFT_IMAGES_NONE, .exact = true,
		.source = "the name of an encoding"
	};

	loaded.pattern = pnstrdup(model, len);
	loaded.encoding = loaded.pattern;
	if (!hft_encoding_is_loaded(loaded.encoding))
		return NULL;
	return copy_model(&loaded);
}

const HftTokenModel *
hft_token_model_lookup(const char *model, int len)
{
	const HftTokenModel *found = hft_token_model_find(model, len);
	const char *base = model;
	size_t		base_len = len;

	if (found != NULL)
		return found;
	found = find_added(model, len);
	hft_token_base_model(&base, &base_len);
	if (found == NULL && base != model)
		found = find_added(base, base_len);
	if (found != NULL)
		return copy_model(found);
	return find_loaded(model, len);
}

const HftTokenModel *
hft_token_model_get(const char *model, int len)
{
	const HftTokenModel *found = hft_token_model_lookup(model, len);
	const char *nearest;

	if (found != NULL)
		return found;
	nearest = hft_token_model_nearest(model, len);
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("no tokenizer is known for model \"%.*s\"", len, model),
			 nearest != NULL ?
			 errhint("Perhaps you meant \"%s\".", nearest) :
			 errhint("\"SELECT * FROM hft.encodings()\" lists the encodings that can be named instead, and hft.model_encoding takes rows of your own.")));
}

/* ---- the table ---- */

PG_FUNCTION_INFO_V1(hft_sql_shipped_models);
Datum
hft_sql_shipped_models(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	const HftTokenModel *models;
	int			n;

	InitMaterializedSRF(fcinfo, 0);
	models = hft_token_model_list(&n);
	for (int i = 0; i < n; i++)
	{
		Datum		values[7];
		bool		nulls[7] = {false};

		values[0] = Int64GetDatum(i + 1);
		values[1] = CStringGetTextDatum(models[i].pattern);
		values[2] = CStringGetTextDatum(models[i].encoding);
		values[3] = CStringGetTextDatum(hft_chat_rule_name(models[i].chat));
		values[4] =
			CStringGetTextDatum(hft_image_rule_name(models[i].images));
		values[5] = BoolGetDatum(models[i].exact);
		values[6] = CStringGetTextDatum(models[i].source);
		tuplestore_putvalues(result->setResult, result->setDesc, values,
							 nulls);
	}
	return (Datum) 0;
}

pg_noreturn static void
refuse_change(const char *what)
{
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("%s", what),
			 errdetail("Indexes and generated columns may hold counts made with it."),
			 errhint("Rows of yours can be inserted and deleted; rebuild what was made with a deleted one.")));
}

static void
check_rule(bool found, const char *column, const char *value)
{
	if (!found)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown rule \"%s\" in column \"%s\"", value,
						column),
				 errhint("\"SELECT DISTINCT %s FROM hft.model_encoding\" lists those in use.",
						 column)));
}

static void
check_pattern(const char *pattern)
{
	const HftTokenModel *shipped;
	char	   *lower = pstrdup(pattern);

	for (char *c = lower; *c != '\0'; c++)
		*c = pg_ascii_tolower((unsigned char) *c);
	if (pattern[strspn(pattern, "*")] == '\0' || strcmp(pattern, lower) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid pattern \"%s\"", pattern),
				 errdetail("A pattern is a name in lower case, in which \"*\" stands for anything.")));
	shipped = hft_token_model_find(pattern, strlen(pattern));
	if (shipped != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT),
				 errmsg("pattern \"%s\" is covered by \"%s\"", pattern,
						shipped->pattern),
				 errdetail("Shipped rows are tried first, and mean the same throughout a version.")));
}

static void
check_insert(Relation relation, HeapTuple tuple)
{
	char	   *encoding = text_column(relation, tuple, COLUMN_ENCODING);
	char	   *chat = text_column(relation, tuple, COLUMN_CHAT);
	char	   *images = text_column(relation, tuple, COLUMN_IMAGES);
	HftChatRule chat_rule;
	HftImageRule image_rule;

	if (bool_column(relation, tuple, COLUMN_SHIPPED))
		refuse_change("only the extension adds shipped rows");
	check_pattern(text_column(relation, tuple, COLUMN_PATTERN));
	check_rule(hft_chat_rule_find(chat, &chat_rule), "chat", chat);
	check_rule(hft_image_rule_find(images, &image_rule), "images", images);
	if (!hft_vocab_name_valid(encoding))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("invalid name of an encoding: \"%s\"", encoding)));
}

/* Everything but the source must stay what it is. */
static void
check_update(Relation relation, HeapTuple old, HeapTuple new)
{
	TupleDesc	desc = RelationGetDescr(relation);

	for (int i = COLUMN_ID; i < COLUMN_SOURCE; i++)
	{
		char	   *before = SPI_getvalue(old, desc, i);
		char	   *after = SPI_getvalue(new, desc, i);

		if (before == NULL || after == NULL || strcmp(before, after) != 0)
			refuse_change("a row of hft.model_encoding cannot be altered");
	}
}

/*
 * Before each row, before TRUNCATE, and after each statement; an extension
 * script may do what it likes.
 */
PG_FUNCTION_INFO_V1(hft_sql_guard_model_encoding);
Datum
hft_sql_guard_model_encoding(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;
	HeapTuple	tuple;

	if (!CALLED_AS_TRIGGER(fcinfo))
		elog(ERROR, "not called by a trigger");
	if (TRIGGER_FIRED_AFTER(trigger->tg_event))
	{
		CacheInvalidateRelcache(trigger->tg_relation);
		return PointerGetDatum(NULL);
	}
	tuple = trigger->tg_trigtuple;
	if (TRIGGER_FIRED_BY_UPDATE(trigger->tg_event))
		tuple = trigger->tg_newtuple;
	if (creating_extension)
		return PointerGetDatum(tuple);
	if (TRIGGER_FIRED_BY_TRUNCATE(trigger->tg_event))
		refuse_change("hft.model_encoding cannot be truncated");
	else if (TRIGGER_FIRED_BY_INSERT(trigger->tg_event))
		check_insert(trigger->tg_relation, tuple);
	else if (TRIGGER_FIRED_BY_UPDATE(trigger->tg_event))
		check_update(trigger->tg_relation, trigger->tg_trigtuple, tuple);
	else if (bool_column(trigger->tg_relation, tuple, COLUMN_SHIPPED))
		refuse_change("shipped rows cannot be deleted");
	return PointerGetDatum(tuple);
}
