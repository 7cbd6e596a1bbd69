/*-------------------------------------------------------------------------
 *
 * control.c
 *	  Finding a job, locking it, and changing it by order of its owner.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xlog.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"

#include "base/errors.h"
#include "base/sql.h"
#include "compat.h"
#include "worker/control.h"
#include "worker/job.h"
#include "worker/wakeup.h"

#define MAX_NAMES 1000			/* searched for a mistyped one */

/* Names of jobs that the caller sees, NULL-terminated. */
static const char **
list_job_names(Oid role)
{
	static HftStatement find_names = {
		"SELECT name FROM hft.job"
		" WHERE name IS NOT NULL AND pg_has_role($1, owner, 'MEMBER')"
		" ORDER BY id DESC", 1, {OIDOID}
	};
	Datum		value = ObjectIdGetDatum(role);
	uint64		rows = hft_statement_run(&find_names, &value, NULL, MAX_NAMES);
	const char **names = palloc0((rows + 1) * sizeof(char *));
	uint64		i;

	for (i = 0; i < rows; i++)
		names[i] = hft_row_text(i, 1);
	return names;
}

int64
hft_job_find(const char *name)
{
	static HftStatement find = {
		"SELECT id FROM hft.job"
		" WHERE name = $1 AND pg_has_role($2, owner, 'MEMBER')",
		2, {TEXTOID, OIDOID}
	};
	Oid			role = GetUserId();
	Datum		values[2];
	const char *closest;
	HftScope	scope;
	int64		id;

	values[0] = CStringGetTextDatum(name);
	values[1] = ObjectIdGetDatum(role);
	hft_scope_enter(&scope);
	if (hft_statement_run(&find, values, NULL, 1) == 0)
	{
		closest = hft_closest(name, list_job_names(role));
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("job \"%s\" does not exist", name),
				 closest != NULL ?
				 errhint("Perhaps you meant \"%s\".", closest) : 0));
	}
	id = hft_row_int64(0, 1, 0);
	hft_scope_leave(&scope);
	return id;
}

int64
hft_job_argument(FunctionCallInfo fcinfo)
{
	if (get_fn_expr_argtype(fcinfo->flinfo, 0) == TEXTOID)
		return hft_job_find(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	return PG_GETARG_INT64(0);
}

PG_FUNCTION_INFO_V1(hft_sql_job_id);

Datum
hft_sql_job_id(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(hft_job_find(text_to_cstring(PG_GETARG_TEXT_PP(0))));
}

static HftControl *
read_control(void)
{
	HftControl *control = palloc0(sizeof(HftControl));

	control->id = hft_row_int64(0, 1, 0);
	control->owner = (Oid) hft_row_int64(0, 2, 0);
	control->name = hft_row_text(0, 3);
	control->server = hft_row_text(0, 4);
	control->state = hft_row_text(0, 5);
	control->reason = hft_row_text(0, 6);
	control->resume_state = hft_row_text(0, 7);
	control->wanted = hft_row_text(0, 8);
	control->remote_id = hft_row_text(0, 9);
	control->open_create = hft_row_int64(0, 10, 0) != 0;
	control->is_here = hft_row_int64(0, 11, 0) != 0;
	control->successor = hft_row_int64(0, 12, 0);
	return control;
}

/*
 * Lock first and read in a second statement, with a snapshot of its own: the
 * worker may have recorded an attempt while we waited.
 */
HftControl *
hft_control_lock(int64 id)
{
	static HftStatement lock = {
		"SELECT 1 FROM hft.job WHERE id = $1 FOR NO KEY UPDATE",
		1, {INT8OID}
	};
	static HftStatement find = {
		"SELECT j.id, j.owner::oid::int8, j.name, j.server, j.state,"
		" j.reason, j.resume_state, j.wanted, j.remote_id,"
		" (EXISTS (SELECT FROM hft.attempt a WHERE a.job_id = j.id"
		"  AND a.kind = 'create' AND a.state IN ('intended', 'in_doubt')))::int,"
		" (j.system_identifier = $2 AND j.database = $3)::int,"
		" (SELECT s.id FROM hft.job s WHERE s.id = j.successor_id"
		"  AND s.state <> 'cancelled')"
		" FROM hft.job j WHERE j.id = $1",
		3, {INT8OID, INT8OID, OIDOID}
	};
	Datum		values[3];
	HftControl *control;
	HftScope	scope;

	values[0] = Int64GetDatum(id);
	values[1] = Int64GetDatum((int64) GetSystemIdentifier());
	values[2] = ObjectIdGetDatum(MyDatabaseId);
	hft_scope_enter(&scope);
	if (hft_statement_run(&lock, values, NULL, 0) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("job " INT64_FORMAT " does not exist", id)));
	hft_statement_run(&find, values, NULL, 0);
	control = read_control();
	hft_scope_leave(&scope);
	if (!is_member_of_role(GetUserId(), control->owner))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("must be owner of job " INT64_FORMAT, id)));
	return control;
}

void
hft_control_refuse(const HftControl *control, const char *what,
				   const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("job " INT64_FORMAT " cannot be %s", control->id, what),
			 control->reason != NULL ?
			 errdetail("Its state is %s (%s).", control->state,
					   control->reason) :
			 errdetail("Its state is %s.", control->state),
			 hint != NULL ? errhint("%s", hint) : 0));
}

void
hft_control_resume(const HftControl *control, const char *state,
				   const char *wanted)
{
	static HftStatement resume = {
		"UPDATE hft.job SET state = $2, wanted = $3, reason = NULL,"
		" resume_state = NULL, error_class = NULL, error_code = NULL,"
		" sqlstate = NULL, error_message = NULL, error_hint = NULL,"
		" failures = 0, due_at = now(), revision = revision + 1"
		" WHERE id = $1", 3, {INT8OID, TEXTOID, TEXTOID}
	};
	Datum		values[3];
	char		nulls[3] = {' ', ' ', ' '};
	HftScope	scope;

	values[0] = Int64GetDatum(control->id);
	values[1] = CStringGetTextDatum(state);
	values[2] = (Datum) 0;
	if (wanted != NULL)
		values[2] = CStringGetTextDatum(wanted);
	else
		nulls[2] = 'n';
	hft_scope_enter(&scope);
	hft_statement_run(&resume, values, nulls, 0);
	hft_scope_leave(&scope);
	hft_wakeup_at_commit();
}

void
hft_control_note(const HftControl *control, const char *what)
{
	HftScope	scope;
	const char *role = GetUserNameFromId(GetUserId(), false);

	hft_scope_enter(&scope);
	hft_job_note(control->id, "info", psprintf("%s by %s", what, role));
	hft_scope_leave(&scope);
}
