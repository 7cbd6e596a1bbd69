/*-------------------------------------------------------------------------
 *
 * import.c
 *	  The subject "import": adopting the jobs an account already holds.
 *
 * Each page of the provider's listing becomes job rows that are marked
 * imported and due at once; from there on they are jobs like any other, so
 * status, history, checkpoints and model come by the ordinary way.  A job
 * we know, imported or our own, is left alone: running it again changes
 * nothing.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xlog.h"
#include "catalog/pg_type.h"
#include "common/pg_prng.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "base/errors.h"
#include "base/settings.h"
#include "base/sql.h"
#include "worker/ground.h"
#include "worker/import.h"
#include "worker/job_internal.h"
#include "worker/retry.h"
#include "worker/subject.h"
#include "worker/wakeup.h"
#include "worker/worker.h"

int
hft_import_load(HftTask **tasks, const int64 *ids, int count,
				const char *kind, const HftSubject *subject)
{
	static HftStatement load = {
		"SELECT id, owner::oid::bigint, server, (remote->'cursor')::text,"
		" failures, (extract(epoch FROM orphans_since) * 1000)::bigint"
		" FROM hft.import"
		" WHERE id = ANY ($1) AND kind = $2"
		" AND state IN ('pending', 'running')",
		2, {INT8ARRAYOID, TEXTOID}
	};
	Datum		values[] = {
		PointerGetDatum(hft_id_array(ids, count)), CStringGetTextDatum(kind)
	};
	HftScope	scope;
	uint64		rows;

	hft_scope_enter(&scope);
	rows = hft_statement_run(&load, values, NULL, 0);
	for (uint64 row = 0; row < rows; row++)
	{
		MemoryContext context = hft_task_context_create();
		MemoryContext old = MemoryContextSwitchTo(context);
		HftImport  *import = palloc0(sizeof(HftImport));

		import->owner = (Oid) hft_row_int64(row, 2, 0);
		import->server = hft_row_text(row, 3);
		import->cursor = hft_row_text(row, 4);
		import->failures = (int) hft_row_int64(row, 5, 0);
		import->orphans_since = hft_row_int64(row, 6, HFT_UNKNOWN);
		tasks[row] = hft_task_create(subject,
									 hft_row_int64(row, 1, 0), context);
		tasks[row]->row = import;
		MemoryContextSwitchTo(old);
	}
	hft_scope_leave(&scope);
	return (int) rows;
}

static int
load_imports(HftTask **tasks, const int64 *ids, int count)
{
	return hft_import_load(tasks, ids, count, "jobs", &hft_import_subject);
}

static HftStatement live_imports = {
	"SELECT id, due_at FROM hft.import WHERE kind = 'jobs'"
	" AND state IN ('pending', 'running') AND due_at IS NOT NULL", 0
};

void
hft_import_record(HftTask *task, const char *state, const char *cursor,
				  int64 due_ms, const char *message, const char *hint)
{
	static HftStatement update = {
		"UPDATE hft.import SET state = $2,"
		" remote = CASE WHEN $3::text IS NULL THEN remote"
		"  ELSE jsonb_build_object('cursor', $3::jsonb) END,"
		" due_at = $4 + $5 * interval '1 millisecond',"
		" failures = $6,"
		" error_message = CASE WHEN jobs_new > 0 AND orphans_since IS NOT NULL"
		"  THEN coalesce($7, error_message) ELSE $7 END,"
		" error_hint = CASE WHEN jobs_new > 0 AND orphans_since IS NOT NULL"
		"  THEN coalesce($8, error_hint) ELSE $8 END,"
		" finished_at = CASE WHEN $2 IN ('succeeded', 'failed') THEN $4 END,"
		" revision = revision + 1 WHERE id = $1 RETURNING due_at",
		8, {INT8OID, TEXTOID, TEXTOID, TIMESTAMPTZOID, INT8OID, INT4OID,
		TEXTOID, TEXTOID}
	};
	HftParams	params = {.count = 0};
	HftScope	scope;

	hft_scope_enter(&scope);
	hft_param_int(&params, task->id, false);
	hft_param_text(&params, state);
	hft_param_text(&params, cursor);
	hft_param(&params, TimestampTzGetDatum(hft_now()), false);
	hft_param_int(&params, due_ms, due_ms < 0);
	hft_param(&params, Int32GetDatum(hft_task_import(task)->failures), false);
	hft_param_text(&params, hft_redact(message, 2048));
	hft_param_text(&params, hint);
	if (hft_statement_run(&update, params.values, params.nulls, 0) > 0)
		task->due = hft_row_due(0, 1);
	hft_scope_leave(&scope);
	task->lasting = true;
}

HftTurn
hft_import_fail(HftTask *task, const char *message, const char *hint)
{
	hft_import_record(task, "failed", NULL, -1, message, hint);
	return HFT_TURN_RELEASE;
}

HftTurn
hft_import_try_again(HftTask *task, const char *message)
{
	HftImport  *import = hft_task_import(task);
	int64		delay_ms;

	if (import->failures >= hft_retry_limit)
		return hft_import_fail(task, message, task->outcome.hint);
	delay_ms = hft_retry_delay(import->failures++,
							   task->outcome.retry_after_ms,
							   pg_prng_uint32(&pg_global_prng_state));
	hft_import_record(task, "running", NULL, delay_ms, message, task->outcome.hint);
	return HFT_TURN_RELEASE;
}

/* Enter what a page lists; jobs we know are left alone. */
static void
adopt(HftTask *task)
{
	static HftStatement insert = {
		"WITH new AS (INSERT INTO hft.job (owner, server, base_model, method,"
		"  state, remote_id, remote_state, tuned_model, imported,"
		"  submitted_at, due_at, system_identifier, database)"
		" VALUES ($2::oid::regrole, $3, coalesce($5, 'unknown'), 'sft',"
		"  'queued', $4, $6, $7, true,"
		"  coalesce(to_timestamp($8::float8 / 1000.0), $9), $9, $10, $11)"
		" ON CONFLICT (server, remote_id) DO NOTHING RETURNING 1)"
		" UPDATE hft.import SET jobs_seen = jobs_seen + 1,"
		"  jobs_new = jobs_new + (SELECT count(*) FROM new) WHERE id = $1",
		11, {INT8OID, OIDOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID,
		INT8OID, TIMESTAMPTZOID, INT8OID, OIDOID}
	};
	const HftImport *import = hft_task_import(task);
	HftScope	scope;

	hft_scope_enter(&scope);
	for (int i = 0; i < task->outcome.nfound; i++)
	{
		const HftFound *found = &task->outcome.found[i];
		HftParams	params = {.count = 0};

		hft_param_int(&params, task->id, false);
		hft_param(&params, ObjectIdGetDatum(import->owner), false);
		hft_param_text(&params, import->server);
		hft_param_text(&params, found->id);
		hft_param_text(&params, found->model);
		hft_param_text(&params, found->state);
		hft_param_text(&params, found->tuned_model);
		hft_param_int(&params, found->at_ms, found->at_ms < 0);
		hft_param(&params, TimestampTzGetDatum(hft_now()), false);
		hft_param_int(&params, (int64) GetSystemIdentifier(), false);
		hft_param(&params, ObjectIdGetDatum(MyDatabaseId), false);
		(void) hft_statement_run(&insert, params.values, params.nulls, 0);
	}
	hft_scope_leave(&scope);
	hft_wakeup_at_commit();		/* they are due at once */
}

/*
 * Jobs that carry a mark of ours, and whose rows were lost in a promotion
 * (F66).  They are told of and not adopted, because the account may serve
 * other databases, too.
 */
static void
tell_orphans(HftTask *task)
{
	static HftStatement tell = {
		"UPDATE hft.import SET jobs_seen = jobs_seen + 1,"
		" jobs_new = jobs_new + (NOT known)::int,"
		" error_message = CASE WHEN known THEN error_message ELSE"
		"  coalesce(error_message || ', ', $5) || $3 END,"
		" error_hint = CASE WHEN known THEN error_hint ELSE $6 END"
		" FROM (SELECT EXISTS (SELECT FROM hft.job WHERE token::text = $2"
		"  OR (server = $4 AND remote_id = $3)) AS known) AS k WHERE id = $1",
		6, {INT8OID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID}
	};
	const HftImport *import = hft_task_import(task);
	HftScope	scope;

	hft_scope_enter(&scope);
	for (int i = 0; i < task->outcome.nfound; i++)
	{
		const HftFound *found = &task->outcome.found[i];
		HftParams	params = {.count = 0};

		if (found->token == NULL ||
			(found->at_ms >= 0 && found->at_ms < import->orphans_since))
			continue;
		hft_param_int(&params, task->id, false);
		hft_param_text(&params, found->token);
		hft_param_text(&params, hft_redact(found->id, 256));
		hft_param_text(&params, import->server);
		hft_param_text(&params, "the platform has jobs with a mark of hft that no row here knows: ");
		hft_param_text(&params, "Their records may have been lost in a promotion; hft.import_jobs() adopts them.");
		(void) hft_statement_run(&tell, params.values, params.nulls, 0);
	}
	hft_scope_leave(&scope);
}

/*
 * One remote job is one row.  The models go over to the job itself, and the
 * bill goes, because the job gets its own.
 */
void
hft_import_yield(const HftJob *job, const char *remote_id)
{
	static HftStatement yield = {
		"WITH twin AS (SELECT t.id, o.owner FROM hft.job t JOIN hft.job o"
		"  ON o.id = $1 AND o.epoch = $2 AND o.state = $3"
		"  WHERE t.server = o.server AND t.remote_id = $4"
		"  AND t.imported AND t.id <> $1),"
		" models AS (UPDATE hft.model m SET job_id = $1, owner = twin.owner"
		"  FROM twin WHERE m.job_id = twin.id),"
		" bills AS (DELETE FROM hft.cost c USING twin"
		"  WHERE c.job_id = twin.id AND c.kind = 'training')"
		" DELETE FROM hft.job j USING twin WHERE j.id = twin.id",
		4, {INT8OID, INT8OID, TEXTOID, TEXTOID}
	};
	HftParams	params = {.count = 0};
	HftScope	scope;

	hft_scope_enter(&scope);
	hft_param_int(&params, job->id, false);
	hft_param_int(&params, job->epoch, false);
	hft_param_text(&params, hft_job_state_name(job->state));
	hft_param_text(&params, remote_id);
	if (hft_statement_run(&yield, params.values, params.nulls, 0) > 0)
		hft_job_note(job->id, "info",
					 "an import had adopted this job meanwhile; its row was removed");
	hft_scope_leave(&scope);
}

static HftTurn
apply_import(HftTask *task, const HftResult *result)
{
	HftImport  *import = hft_task_import(task);

	switch (task->outcome.progress)
	{
		case HFT_FAILED:
			if (task->outcome.error == HFT_ERROR_CREDENTIAL ||
				task->outcome.error == HFT_ERROR_REFUSED)
				return hft_import_fail(task, task->outcome.message,
									   task->outcome.hint);
			return hft_import_try_again(task, task->outcome.message);
		case HFT_WAIT:
			hft_import_record(task, "running", task->outcome.cursor,
							  Max(task->outcome.wait_ms, 1000), NULL, NULL);
			return HFT_TURN_RELEASE;
		case HFT_MORE:
		case HFT_DONE:
			break;
	}
	if (import->orphans_since != HFT_UNKNOWN)
		tell_orphans(task);
	else
		adopt(task);
	import->failures = 0;
	if (task->outcome.progress == HFT_DONE)
	{
		hft_import_record(task, "succeeded", NULL, -1, NULL, NULL);
		return HFT_TURN_RELEASE;
	}
	import->cursor = MemoryContextStrdup(task->context, task->outcome.cursor);
	hft_import_record(task, "running", import->cursor, 0, NULL, NULL);
	return HFT_TURN_AGAIN;
}

static HftTurn
next_page(HftTask *task)
{
	HftImport  *import = hft_task_import(task);
	HftGround	ground;

	if (!hft_task_ground(task, import->server, import->owner, false, &ground))
		return hft_import_fail(task, ground.message, ground.hint);
	switch (hft_task_prepare(task, HFT_OP_LIST, import->cursor))
	{
		case HFT_PREPARED:
			return HFT_TURN_SEND;
		case HFT_PREPARED_KNOWN:
			return apply_import(task, NULL);
		case HFT_PREPARED_MISSING:
			break;
	}
	return hft_import_fail(task, task->outcome.message, task->outcome.hint);
}

static void
blame_import(HftTask *task, const char *sqlstate, const char *problem)
{
	(void) hft_import_try_again(task, problem);
}

/* A listing is short and harmless: nothing to give up. */
static void
mark_none(HftTask **tasks, int ntasks)
{
}

const HftSubject hft_import_subject = {
	.name = "import",
	.live = &live_imports,
	.load = load_imports,
	.next = next_page,
	.apply = apply_import,
	.blame = blame_import,
	.cancelled = mark_none,
};
