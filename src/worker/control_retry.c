/*-------------------------------------------------------------------------
 *
 * control_retry.c
 *	  hft.retry_job, hft.adopt_job, hft.import_jobs, hft.refresh_models.
 *
 * Retrying never pays twice by accident.  A job in doubt is only looked for
 * again; it is created anew after its owner said, with pay_again, that the
 * platform does not have it.  A failed job stays what it is and gets a
 * successor, which takes over its name.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xlog.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "base/sql.h"
#include "worker/control.h"
#include "worker/server.h"
#include "worker/submit.h"
#include "worker/wakeup.h"

static bool
reason_is(const HftControl *control, const char *reason)
{
	return control->reason != NULL && strcmp(control->reason, reason) == 0;
}

/* Run a statement whose only parameter is the job's id. */
static void
run_for_job(HftStatement *statement, const HftControl *control)
{
	Datum		value = Int64GetDatum(control->id);
	HftScope	scope;

	hft_scope_enter(&scope);
	hft_statement_run(statement, &value, NULL, 0);
	hft_scope_leave(&scope);
}

static void
look_again(const HftControl *control)
{
	static HftStatement forget_looks = {
		"UPDATE hft.attempt SET looks = 0 WHERE job_id = $1"
		" AND kind = 'create' AND state IN ('intended', 'in_doubt')",
		1, {INT8OID}
	};

	run_for_job(&forget_looks, control);
	hft_control_note(control, "another look requested");
	ereport(NOTICE,
			(errmsg("job " INT64_FORMAT " is looked for again, not created again",
					control->id),
			 errhint("If the platform does not have it, call hft.retry_job(..., pay_again => true).")));
}

/*
 * The owner's word stands in for the proof that we do not have (R29); it is
 * kept in the outbox.
 */
static void
pay_again(const HftControl *control)
{
	static HftStatement declare = {
		"UPDATE hft.attempt SET state = 'not_done', settled_at = now(),"
		" error_message = 'declared not done by the owner'"
		" WHERE job_id = $1 AND kind = 'create'"
		" AND state IN ('intended', 'in_doubt')",
		1, {INT8OID}
	};

	run_for_job(&declare, control);
	hft_control_note(control, "creation declared not done, another one ordered");
}

static void
retry_parked(const HftControl *control, bool pay)
{
	const char *state = control->resume_state;

	if (pay && !reason_is(control, "in_doubt"))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("job " INT64_FORMAT " is not in doubt", control->id),
				 errhint("Leave pay_again away: it is for jobs that may have been created already.")));
	if (reason_is(control, "moved"))
		hft_control_refuse(control, "retried",
						   "If the original database will not go on with it, call hft.adopt_job().");
	hft_server_check(hft_server_load(control->server, false), control->owner);

	if (reason_is(control, "in_doubt"))
	{
		state = "creating";
		if (pay)
			pay_again(control);
		else
			look_again(control);
	}
	else
		hft_control_note(control, "retry requested");
	hft_control_resume(control, state != NULL ? state : "pending", NULL);
}

/* The request of a job as if its owner made it anew. */
static HftSubmission *
read_request(const HftControl *control)
{
	static HftStatement find = {
		"SELECT d.name, j.server, j.base_model, v.number, j.suffix,"
		" j.hyperparameters::text, j.options::text, j.forced::int"
		" FROM hft.job j JOIN hft.dataset_version v ON v.id = j.version_id"
		" JOIN hft.dataset d ON d.id = v.dataset_id WHERE j.id = $1",
		1, {INT8OID}
	};
	HftSubmission *submission = palloc0(sizeof(HftSubmission));
	Datum		value = Int64GetDatum(control->id);
	HftScope	scope;

	hft_scope_enter(&scope);
	if (hft_statement_run(&find, &value, NULL, 1) == 0)
		hft_control_refuse(control, "retried",
						   "It has no data set here; submit a new job.");
	submission->dataset = hft_row_text(0, 1);
	submission->server_name = hft_row_text(0, 2);
	submission->model = hft_row_text(0, 3);
	submission->version = (int) hft_row_int64(0, 4, 0);
	submission->suffix = hft_row_text(0, 5);
	submission->hyperparameters = hft_row_text(0, 6);
	submission->options = hft_row_text(0, 7);
	submission->force = hft_row_int64(0, 8, 0) != 0;
	hft_scope_leave(&scope);
	submission->name = control->name;
	submission->owner = GetUserId();
	return submission;
}

/* A second call, by somebody whose first answer was lost, must not pay. */
static void
record_successor(const HftControl *control, int64 successor)
{
	static HftStatement record = {
		"UPDATE hft.job SET successor_id = $2 WHERE id = $1",
		2, {INT8OID, INT8OID}
	};
	Datum		values[2];
	HftScope	scope;

	values[0] = Int64GetDatum(control->id);
	values[1] = Int64GetDatum(successor);
	hft_scope_enter(&scope);
	hft_statement_run(&record, values, NULL, 0);
	hft_scope_leave(&scope);
}

static int64
submit_successor(const HftControl *control)
{
	static HftStatement give_up_name = {
		"UPDATE hft.job SET name = NULL, revision = revision + 1"
		" WHERE id = $1", 1, {INT8OID}
	};
	HftSubmission *submission;
	int64		id;

	if (control->successor != 0)
		hft_control_refuse(control, "retried",
						   psprintf("It was retried as job " INT64_FORMAT " already.",
									control->successor));
	submission = read_request(control);
	run_for_job(&give_up_name, control);
	hft_submission_load(submission);
	hft_submission_check(submission);
	hft_submission_require(submission);
	id = hft_submission_insert(submission);
	record_successor(control, id);
	hft_control_note(control, psprintf("retried as job " INT64_FORMAT, id));
	return id;
}

PG_FUNCTION_INFO_V1(hft_sql_retry_job);

Datum
hft_sql_retry_job(PG_FUNCTION_ARGS)
{
	HftControl *control = hft_control_lock(hft_job_argument(fcinfo));
	int64		id = control->id;

	if (strcmp(control->state, "needs_attention") == 0)
		retry_parked(control, PG_GETARG_BOOL(1));
	else if (strcmp(control->state, "failed") == 0)
		id = submit_successor(control);
	else
		hft_control_refuse(control, "retried",
						   "Only jobs that failed or need attention can be retried.");
	hft_background_warn();
	PG_RETURN_INT64(id);
}

/*
 * The copy may be older than what the original did with the job: without its
 * own attempt it would create the job a second time.  So one is entered that
 * is in doubt, and the job is looked for before it is created (R30).
 */
static void
doubt_creation(const HftControl *control)
{
	static HftStatement doubt = {
		"INSERT INTO hft.attempt (job_id, kind, token, request_digest, epoch,"
		" state, error_message)"
		" SELECT id, 'create', token, '', 0, 'in_doubt',"
		" 'the original may have created the job' FROM hft.job WHERE id = $1",
		1, {INT8OID}
	};

	if (control->remote_id == NULL && !control->open_create)
		run_for_job(&doubt, control);
}

/*
 * In a copy of a database jobs do not go on by themselves: the original may
 * still run (R42).  Whatever it may have bought is looked for.
 */
PG_FUNCTION_INFO_V1(hft_sql_adopt_job);

Datum
hft_sql_adopt_job(PG_FUNCTION_ARGS)
{
	static HftStatement adopt = {
		"UPDATE hft.job SET system_identifier = $2, database = $3"
		" WHERE id = $1", 3, {INT8OID, INT8OID, OIDOID}
	};
	HftControl *control = hft_control_lock(hft_job_argument(fcinfo));
	Datum		values[3];
	HftScope	scope;

	if (control->is_here)
		hft_control_refuse(control, "adopted", "It was submitted here.");
	values[0] = Int64GetDatum(control->id);
	values[1] = Int64GetDatum((int64) GetSystemIdentifier());
	values[2] = ObjectIdGetDatum(MyDatabaseId);
	hft_scope_enter(&scope);
	hft_statement_run(&adopt, values, NULL, 0);
	hft_scope_leave(&scope);
	doubt_creation(control);
	hft_control_note(control, "adopted from another cluster or database");
	if (reason_is(control, "moved"))
		hft_control_resume(control, control->resume_state != NULL ?
						   control->resume_state : "pending", control->wanted);
	hft_wakeup_at_commit();
	hft_background_warn();
	PG_RETURN_VOID();
}

static int64
insert_import(const HftServer *server, const char *kind)
{
	static HftStatement insert = {
		"INSERT INTO hft.import (owner, server, kind, due_at)"
		" VALUES ($1, $2, $3, now()) RETURNING id",
		3, {REGROLEOID, TEXTOID, TEXTOID}
	};
	Datum		values[3];
	HftScope	scope;
	int64		id;

	values[0] = ObjectIdGetDatum(GetUserId());
	values[1] = CStringGetTextDatum(server->facts.name);
	values[2] = CStringGetTextDatum(kind);
	hft_scope_enter(&scope);
	hft_statement_run(&insert, values, NULL, 0);
	id = hft_row_int64(0, 1, 0);
	hft_scope_leave(&scope);
	return id;
}

/* Ask for work of a kind, which needs the operation. */
static int64
want_import(const char *name, const char *kind, HftOp op)
{
	HftServer  *server = hft_server_load(name, false);
	const HftOperation *operation = &server->provider->operations[op];
	int64		id;

	hft_server_check(server, GetUserId());
	if (operation->request == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("%s tells nothing of its %s",
						server->provider->title, kind),
				 operation->instead ? errhint("%s", operation->instead) : 0));
	id = insert_import(server, kind);
	hft_wakeup_at_commit();
	hft_background_warn();
	return id;
}

PG_FUNCTION_INFO_V1(hft_sql_import_jobs);

Datum
hft_sql_import_jobs(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(want_import(text_to_cstring(PG_GETARG_TEXT_PP(0)),
								"jobs", HFT_OP_LIST));
}

PG_FUNCTION_INFO_V1(hft_sql_refresh_models);

Datum
hft_sql_refresh_models(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(want_import(text_to_cstring(PG_GETARG_TEXT_PP(0)),
								"models", HFT_OP_MODEL_INFO));
}
