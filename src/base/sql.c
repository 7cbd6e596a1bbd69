/*-------------------------------------------------------------------------
 *
 * sql.c
 *	  Our own catalog statements: as the extension's owner, pinned, planned
 *	  once.
 *
 * A scope is what a SECURITY DEFINER function is to SQL: another user, for a
 * moment.  It is entered only around statements that are fixed in our source,
 * so no text of a user is ever run in it; search_path is pinned all the same,
 * because operators are not qualified (F62), and the formats of values are,
 * because they depend on settings that anybody may change (R43).
 *
 * Memory: inside a scope the current context stays the caller's, so what a
 * caller allocates there, and the results of hft_row_text(), outlive it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/dependency.h"
#include "catalog/namespace.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/inval.h"
#include "utils/syscache.h"

#include "base/sql.h"

static const char *const pinned[][2] = {
	{"search_path", "pg_catalog, pg_temp"},
	/* a policy that would hide rows from us is an error, not fewer rows */
	{"row_security", "off"},
	{"DateStyle", "ISO"},
	{"IntervalStyle", "postgres"},
	{"extra_float_digits", "1"},
	{"bytea_output", "hex"},
};

/* The owner as last found; forgotten when any schema changes. */
static Oid	known_owner = InvalidOid;

/* Do the process's own settings pin everything already? */
static bool process_is_pinned = false;

void
hft_scope_pinned(void)
{
	process_is_pinned = true;
}

static void
forget_owner(Datum arg, int cache, uint32 hash)
{
	known_owner = InvalidOid;
}

/*
 * A schema of that name alone proves nothing: anybody who may create schemas
 * could have planted it (F58).
 */
static Oid
find_owner(void)
{
	Oid			extension = get_extension_oid("hft", true);
	Oid			schema = get_namespace_oid("hft", true);
	Oid			owner = InvalidOid;
	HeapTuple	tuple;

	if (!OidIsValid(extension) || !OidIsValid(schema) ||
		getExtensionOfObject(NamespaceRelationId, schema) != extension)
		return InvalidOid;
	tuple = SearchSysCache1(NAMESPACEOID, ObjectIdGetDatum(schema));
	if (HeapTupleIsValid(tuple))
	{
		owner = ((Form_pg_namespace) GETSTRUCT(tuple))->nspowner;
		ReleaseSysCache(tuple);
	}
	return owner;
}

Oid
hft_owner(void)
{
	static bool watching = false;

	if (!watching)
		CacheRegisterSyscacheCallback(NAMESPACEOID, forget_owner, (Datum) 0);
	watching = true;
	if (!OidIsValid(known_owner))
		known_owner = find_owner();
	return known_owner;
}

void
hft_scope_enter(HftScope *scope)
{
	MemoryContext caller = CurrentMemoryContext;
	Oid			owner = hft_owner();

	if (!OidIsValid(owner))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("extension \"%s\" is not installed in this database",
						"hft")));
	GetUserIdAndSecContext(&scope->user, &scope->security_context);
	SetUserIdAndSecContext(owner,
						   scope->security_context |
						   SECURITY_LOCAL_USERID_CHANGE |
						   SECURITY_RESTRICTED_OPERATION);
	scope->guc_level = NewGUCNestLevel();
	for (int i = 0; i < lengthof(pinned) && !process_is_pinned; i++)
		(void) set_config_option(pinned[i][0], pinned[i][1],
								 PGC_USERSET, PGC_S_SESSION,
								 GUC_ACTION_SAVE, true, 0, false);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	MemoryContextSwitchTo(caller);
}

void
hft_scope_leave(const HftScope *scope)
{
	MemoryContext caller = CurrentMemoryContext;

	if (SPI_finish() != SPI_OK_FINISH)
		elog(ERROR, "could not disconnect from SPI");
	MemoryContextSwitchTo(caller);
	AtEOXact_GUC(false, scope->guc_level);
	SetUserIdAndSecContext(scope->user, scope->security_context);
}

/*
 * The plan is found again by names after a change of the catalog, so it
 * survives DROP EXTENSION and CREATE EXTENSION in the same process.
 */
static void
prepare_statement(HftStatement *statement)
{
	SPIPlanPtr	plan = SPI_prepare(statement->sql, statement->nargs,
								   statement->types);

	if (plan == NULL)
		elog(ERROR, "could not prepare \"%s\": %s", statement->sql,
			 SPI_result_code_string(SPI_result));
	if (SPI_keepplan(plan) != 0)
		elog(ERROR, "could not keep the plan of \"%s\"", statement->sql);
	statement->plan = plan;
}

uint64
hft_statement_run(HftStatement *statement, const Datum *values,
				  const char *nulls, long max_rows)
{
	MemoryContext caller = CurrentMemoryContext;
	int			code;

	if (statement->plan == NULL)
		prepare_statement(statement);
	code = SPI_execute_plan(statement->plan, unconstify(Datum *, values),
							nulls, false, max_rows);
	MemoryContextSwitchTo(caller);
	if (code < 0)
		elog(ERROR, "could not run \"%s\": %s", statement->sql,
			 SPI_result_code_string(code));
	return SPI_processed;
}

Datum
hft_row_datum(uint64 row, int column, bool *isnull)
{
	Assert(row < SPI_processed);
	return SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc,
						 column, isnull);
}

char *
hft_row_text(uint64 row, int column)
{
	Assert(row < SPI_processed);
	return SPI_getvalue(SPI_tuptable->vals[row], SPI_tuptable->tupdesc,
						column);
}

int64
hft_row_int64(uint64 row, int column, int64 if_null)
{
	bool		isnull;
	Datum		value = hft_row_datum(row, column, &isnull);

	if (isnull)
		return if_null;
	switch (SPI_gettypeid(SPI_tuptable->tupdesc, column))
	{
		case INT2OID:
			return DatumGetInt16(value);
		case INT4OID:
			return DatumGetInt32(value);
		case INT8OID:
			return DatumGetInt64(value);
		default:
			elog(ERROR, "column %d is not a whole number", column);
	}
}
