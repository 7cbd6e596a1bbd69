/*-------------------------------------------------------------------------
 *
 * alias.c
 *	  Names for models over time: promote, rollback, drop_alias, model_id.
 *
 * The history of a name is evidence (which model answered last Tuesday?), so
 * nothing is ever deleted: a change ends the current range and begins the
 * next.  Changes of one name queue on a lock of that name, and a range never
 * begins before the one before it ended, whatever the clock or the start of
 * the transaction says; so ranges cannot overlap.
 *
 * A name belongs to who promoted it first, also after it was dropped: else
 * somebody could take over a name that applications still ask for.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "base/errors.h"
#include "base/sql.h"
#include "model/model.h"
#include "worker/server.h"

PG_FUNCTION_INFO_V1(hft_sql_promote);
PG_FUNCTION_INFO_V1(hft_sql_rollback);
PG_FUNCTION_INFO_V1(hft_sql_drop_alias);
PG_FUNCTION_INFO_V1(hft_sql_model_id);

/* What is known of a name, read under its lock. */
typedef struct HftAlias
{
	const char *name;
	bool		exists;			/* it has, or had, a range */
	Oid			owner;
	int64		range;			/* the current one; 0: the name was dropped */
	int64		origin;			/* the range a rollback counts from */
	int64		model;			/* of the current range */
	TimestampTz moment;			/* when the next range may begin */
} HftAlias;

/* A range about to begin. */
typedef struct AliasRange
{
	int64		model;
	int64		restores;		/* the range it goes back to; 0: none */
	text	   *comment;		/* may be NULL */
} AliasRange;

/*
 * Hold the name until the end of the transaction.  The lock is a tag in
 * hft.alias, not a row: a name that nobody used yet has none.
 */
static void
lock_name(const char *name)
{
	Oid			relation = get_relname_relid("alias",
											 get_namespace_oid("hft", false));

	LockDatabaseObject(relation,
					   hash_bytes((const unsigned char *) name, strlen(name)),
					   0, ExclusiveLock);
}

static void
load_alias(HftAlias *alias, const char *name)
{
	static HftStatement load = {
		"SELECT a.owner::oid, CASE WHEN a.valid_until IS NULL THEN a.id END,"
		" coalesce(a.restores, a.id), a.model_id,"
		" greatest(clock_timestamp(), a.valid_from + interval '1 microsecond',"
		"  a.valid_until)"
		" FROM hft.alias a WHERE a.name = $1 ORDER BY a.id DESC LIMIT 1",
		1, {TEXTOID}
	};
	Datum		values[1] = {CStringGetTextDatum(name)};
	bool		isnull;

	memset(alias, 0, sizeof(*alias));
	alias->name = name;
	alias->moment = GetCurrentTimestamp();
	if (hft_statement_run(&load, values, NULL, 1) == 0)
		return;
	alias->exists = true;
	alias->owner = DatumGetObjectId(hft_row_datum(0, 1, &isnull));
	alias->range = hft_row_int64(0, 2, 0);
	alias->origin = hft_row_int64(0, 3, 0);
	alias->model = hft_row_int64(0, 4, 0);
	alias->moment = DatumGetTimestampTz(hft_row_datum(0, 5, &isnull));
}

/* Lock and load a name for a change by "role"; ERROR 42501 if it may not. */
static void
claim_alias(HftAlias *alias, const char *name, Oid role)
{
	lock_name(name);
	load_alias(alias, name);
	if (alias->exists && !is_member_of_role(role, alias->owner))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied for alias \"%s\"", name),
				 errdetail("It belongs to another role.")));
}

static void
end_range(const HftAlias *alias)
{
	static HftStatement end = {
		"UPDATE hft.alias SET valid_until = $2 WHERE id = $1",
		2, {INT8OID, TIMESTAMPTZOID}
	};
	Datum		values[2] = {
		Int64GetDatum(alias->range), TimestampTzGetDatum(alias->moment)
	};

	if (alias->range != 0)
		(void) hft_statement_run(&end, values, NULL, 0);
}

static void
begin_range(const HftAlias *alias, const AliasRange *range, Oid role)
{
	static HftStatement begin = {
		"INSERT INTO hft.alias (name, owner, model_id, valid_from,"
		" promoted_by, restores, comment)"
		" VALUES ($1, $2::regrole, $3, $4, $5::regrole, $6, $7)",
		7, {TEXTOID, OIDOID, INT8OID, TIMESTAMPTZOID, OIDOID, INT8OID, TEXTOID}
	};
	Datum		values[7] = {
		CStringGetTextDatum(alias->name),
		ObjectIdGetDatum(alias->exists ? alias->owner : role),
		Int64GetDatum(range->model),
		TimestampTzGetDatum(alias->moment),
		ObjectIdGetDatum(role),
		Int64GetDatum(range->restores),
		PointerGetDatum(range->comment)
	};
	char		nulls[8] = "       ";

	nulls[5] = range->restores == 0 ? 'n' : ' ';
	nulls[6] = range->comment == NULL ? 'n' : ' ';
	end_range(alias);
	(void) hft_statement_run(&begin, values, nulls, 0);
}

static void
warn_if_retired(const HftModel *model)
{
	if (model->retired)
		ereport(WARNING,
				(errcode(ERRCODE_WARNING),
				 errmsg("model \"%s\" was retired on %s", model->model,
						model->retires_on),
				 errhint("The view hft.at_risk shows what to train again.")));
}

/*
 * A base model of the server that was named: nobody tuned it, so nothing has
 * recorded it yet.
 */
static HftModel *
adopt_model(const char *name, const char *server, Oid role)
{
	static HftStatement insert = {
		"INSERT INTO hft.model (server, model, kind, base_model)"
		" VALUES ($1, $2, 'base', $2)"
		" ON CONFLICT (server, model) DO NOTHING",
		2, {TEXTOID, TEXTOID}
	};
	Datum		values[2] = {
		CStringGetTextDatum(server), CStringGetTextDatum(name)
	};

	hft_server_check(hft_server_load(server, false), role);
	(void) hft_statement_run(&insert, values, NULL, 0);
	return hft_model_require(name, server, role);
}

Datum
hft_sql_promote(PG_FUNCTION_ARGS)
{
	char	   *name = hft_required_text(fcinfo, 0, "name");
	char	   *reference = hft_required_text(fcinfo, 1, "model");
	char	   *server = PG_ARGISNULL(3) ? NULL
		: text_to_cstring(PG_GETARG_TEXT_PP(3));
	AliasRange	range = {.comment = PG_ARGISNULL(2) ? NULL
		: PG_GETARG_TEXT_PP(2)};
	Oid			role = GetUserId();
	HftScope	scope;
	HftModel   *model;
	HftAlias	alias;

	hft_scope_enter(&scope);
	model = server ? hft_model_find(reference, server, role)
		: hft_model_require(reference, NULL, role);
	if (model == NULL)
		model = adopt_model(reference, server, role);
	claim_alias(&alias, name, role);
	range.model = model->id;
	if (alias.range != 0 && alias.model == model->id)
		ereport(NOTICE,
				(errmsg("alias \"%s\" already names model \"%s\"", name,
						model->model)));
	else
		begin_range(&alias, &range, role);
	warn_if_retired(model);
	hft_scope_leave(&scope);
	PG_RETURN_TEXT_P(cstring_to_text(model->model));
}

/*
 * The range before the current one, as rollbacks count: a rollback undoes the
 * promotion that it finds, so two of them go back two promotions, and what a
 * rollback restored is where the next one starts from.  Fills "range" and
 * returns false when there is nothing before.
 */
static bool
find_previous(const HftAlias *alias, AliasRange *range)
{
	static HftStatement find = {
		"SELECT a.model_id, coalesce(a.restores, a.id)"
		" FROM hft.alias a WHERE a.name = $1 AND a.id < $2"
		" ORDER BY a.id DESC LIMIT 1",
		2, {TEXTOID, INT8OID}
	};
	Datum		values[2] = {
		CStringGetTextDatum(alias->name),
		/* after a drop the last range itself is what to go back to */
		Int64GetDatum(alias->range ? alias->origin : PG_INT64_MAX)
	};

	if (hft_statement_run(&find, values, NULL, 1) == 0)
		return false;
	range->model = hft_row_int64(0, 1, 0);
	range->restores = hft_row_int64(0, 2, 0);
	return true;
}

Datum
hft_sql_rollback(PG_FUNCTION_ARGS)
{
	char	   *name = hft_required_text(fcinfo, 0, "name");
	AliasRange	range = {.comment = PG_ARGISNULL(1) ? NULL
		: PG_GETARG_TEXT_PP(1)};
	Oid			role = GetUserId();
	HftScope	scope;
	HftModel   *model;
	HftAlias	alias;

	hft_scope_enter(&scope);
	claim_alias(&alias, name, role);
	if (!alias.exists)
		hft_alias_raise_unknown(name, role);
	if (!find_previous(&alias, &range))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("alias \"%s\" has no earlier model", name)));
	begin_range(&alias, &range, role);
	model = hft_alias_find(name, 0, role);
	warn_if_retired(model);
	hft_scope_leave(&scope);
	PG_RETURN_TEXT_P(cstring_to_text(model->model));
}

Datum
hft_sql_drop_alias(PG_FUNCTION_ARGS)
{
	char	   *name = hft_required_text(fcinfo, 0, "name");
	Oid			role = GetUserId();
	HftScope	scope;
	HftAlias	alias;

	hft_scope_enter(&scope);
	claim_alias(&alias, name, role);
	if (alias.range == 0)
		hft_alias_raise_unknown(name, role);
	end_range(&alias);
	hft_scope_leave(&scope);
	PG_RETURN_VOID();
}

Datum
hft_sql_model_id(PG_FUNCTION_ARGS)
{
	char	   *name;
	TimestampTz at = PG_ARGISNULL(1) ? 0 : PG_GETARG_TIMESTAMPTZ(1);
	Oid			role = GetUserId();
	HftScope	scope;
	HftModel   *model;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	hft_scope_enter(&scope);
	model = hft_alias_find(name, at, role);
	if (model == NULL && PG_ARGISNULL(1))
		hft_alias_raise_unknown(name, role);
	hft_scope_leave(&scope);
	if (model == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(model->model));
}
