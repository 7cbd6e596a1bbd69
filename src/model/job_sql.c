/*-------------------------------------------------------------------------
 *
 * job_sql.c
 *	  Jobs by name, for the functions that take a job.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "base/errors.h"
#include "base/sql.h"

PG_FUNCTION_INFO_V1(hft_sql_job_id);

/* The visible name most like the one that was not found; or NULL. */
static const char *
closest_job(const char *name, Oid role)
{
	static HftStatement list = {
		"SELECT name FROM hft.job"
		" WHERE name IS NOT NULL AND pg_has_role($1, owner, 'MEMBER')"
		" ORDER BY id DESC LIMIT 10000",
		1, {OIDOID}
	};
	Datum		values[1] = {ObjectIdGetDatum(role)};
	uint64		rows = hft_statement_run(&list, values, NULL, 0);
	const char **names = palloc0(sizeof(char *) * (rows + 1));

	for (uint64 row = 0; row < rows; row++)
		names[row] = hft_row_text(row, 1);
	return hft_closest(name, names);
}

Datum
hft_sql_job_id(PG_FUNCTION_ARGS)
{
	static HftStatement find = {
		"SELECT id FROM hft.job"
		" WHERE name = $1 AND pg_has_role($2, owner, 'MEMBER')",
		2, {TEXTOID, OIDOID}
	};
	char	   *name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	Oid			role = GetUserId();
	Datum		values[2] = {PG_GETARG_DATUM(0), ObjectIdGetDatum(role)};
	HftScope	scope;
	int64		id;

	hft_scope_enter(&scope);
	if (hft_statement_run(&find, values, NULL, 1) == 0)
	{
		const char *closest = closest_job(name, role);

		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("job \"%s\" does not exist", name),
				 closest ? errhint("Perhaps you meant \"%s\".", closest) : 0));
	}
	id = hft_row_int64(0, 1, 0);
	hft_scope_leave(&scope);
	PG_RETURN_INT64(id);
}
