/*-------------------------------------------------------------------------
 *
 * testing.c
 *	  Scopes entered by hand, for tests.
 *
 * Compiled only with -DHFT_TESTING, and not declared in the extension's
 * script: a test creates the function itself, which only a superuser can.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#ifdef HFT_TESTING

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"

#include "base/sql.h"

PG_FUNCTION_INFO_V1(hft_test_scope);

static HftStatement describe = {
	"SELECT pg_catalog.concat_ws(' ', current_user, "
	"pg_catalog.current_setting('search_path'), $1 + 1, "
	"timestamptz '2026-01-02 03:04:05+00' AT TIME ZONE 'UTC', "
	"(SELECT count(*) FROM hft.dataset))",
	1, {INT4OID}
};

static char *
describe_scope(int depth)
{
	HftScope	scope;
	Datum		values[1] = {Int32GetDatum(depth)};
	char	   *text;

	hft_scope_enter(&scope);
	if (depth > 1)
		pfree(describe_scope(depth - 1));
	if (hft_statement_run(&describe, values, NULL, 0) != 1)
		elog(ERROR, "expected one row");
	text = hft_row_text(0, 1);
	if (depth < 0)
		ereport(ERROR,
				(errcode(ERRCODE_RAISE_EXCEPTION),
				 errmsg("raised inside a scope")));
	hft_scope_leave(&scope);
	return text;
}

/* (depth) -> what a statement sees; a negative depth raises inside. */
Datum
hft_test_scope(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(describe_scope(PG_GETARG_INT32(0))));
}

#endif							/* HFT_TESTING */
