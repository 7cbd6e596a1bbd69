/*-------------------------------------------------------------------------
 *
 * job.c
 *	  A job's row in memory, its states, and the one way it is changed.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xlog.h"
#include "catalog/pg_type.h"
#include "commands/async.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "base/sql.h"
#include "worker/job_internal.h"
#include "worker/subject.h"
#include "worker/worker.h"

static const char *const state_names[] = {
	[HFT_JOB_PENDING] = "pending",
	[HFT_JOB_UPLOADING] = "uploading",
	[HFT_JOB_PREPARING] = "preparing",
	[HFT_JOB_CREATING] = "creating",
	[HFT_JOB_QUEUED] = "queued",
	[HFT_JOB_RUNNING] = "running",
	[HFT_JOB_PAUSED] = "paused",
	[HFT_JOB_SUCCEEDED] = "succeeded",
	[HFT_JOB_FAILED] = "failed",
	[HFT_JOB_CANCELLED] = "cancelled",
	[HFT_JOB_NEEDS_ATTENTION] = "needs_attention",
};

const char *
hft_job_state_name(HftJobState state)
{
	return state_names[state];
}

/* The state of that name; "if_null" for NULL. */
static HftJobState
state_of(const char *name, HftJobState if_null)
{
	if (name == NULL)
		return if_null;
	for (int i = 0; i < lengthof(state_names); i++)
		if (strcmp(state_names[i], name) == 0)
			return (HftJobState) i;
	elog(ERROR, "unknown job state \"%s\"", name);
}

/*
 * Loading.  Columns are read in the order of the select list; a cursor over
 * them keeps list and reader in step.
 */
#define FILE_COLUMNS(f) \
	f ".id, " f ".filename, " f ".split::text, " f ".format, " f ".sha256, " \
	f ".bytes, " f ".rows, " f ".remote_id, " f ".token::text, " \
	f ".state, " f ".remote::text, " f ".version_id, " \
	f ".exclusive::int, " f ".job_id"

typedef struct RowReader
{
	uint64		row;
	int			column;
} RowReader;

static char *
read_text(RowReader *reader)
{
	return hft_row_text(reader->row, ++reader->column);
}

static int64
read_int(RowReader *reader, int64 if_null)
{
	return hft_row_int64(reader->row, ++reader->column, if_null);
}

static void
read_file(RowReader *reader, HftJobFile *file)
{
	file->id = read_int(reader, 0);
	file->facts.filename = read_text(reader);
	file->facts.split = read_text(reader);
	file->facts.format = read_text(reader);
	file->facts.sha256 = read_text(reader);
	file->facts.bytes = read_int(reader, HFT_UNKNOWN);
	file->facts.rows = read_int(reader, 0);
	file->facts.remote_id = read_text(reader);
	file->token = read_text(reader);
	file->state = read_text(reader);
	file->remote = read_text(reader);
	file->version = read_int(reader, 0);
	file->exclusive = read_int(reader, 0) != 0;
	file->uploader = read_int(reader, 0);
}

static HftJob *
read_job(uint64 row)
{
	RowReader	reader = {row, 0};
	HftJob	   *job = palloc0(sizeof(HftJob));
	HftJobFacts *facts = &job->facts;

	job->id = read_int(&reader, 0);
	job->owner = (Oid) read_int(&reader, 0);
	job->server = read_text(&reader);
	job->state = state_of(read_text(&reader), HFT_JOB_PENDING);
	job->resume_state = state_of(read_text(&reader), HFT_JOB_PENDING);
	job->reason = read_text(&reader);
	job->wanted = read_text(&reader);
	job->remote = read_text(&reader);
	job->failures = (int) read_int(&reader, 0);
	job->epoch = read_int(&reader, 0);
	job->is_here = read_int(&reader, 0) != 0;
	job->final = (HftRemoteState) read_int(&reader, HFT_REMOTE_UNKNOWN);
	facts->token = read_text(&reader);
	facts->name = read_text(&reader);
	facts->suffix = read_text(&reader);
	facts->base_model = read_text(&reader);
	facts->method = read_text(&reader);
	facts->hyperparameters = read_text(&reader);
	facts->options = read_text(&reader);
	facts->remote_id = read_text(&reader);
	facts->remote_state = read_text(&reader);
	facts->tuned_model = read_text(&reader);
	job->attempt = read_int(&reader, 0);
	job->attempt_sent = read_int(&reader, 0) != 0;
	job->attempt_looks = (int) read_int(&reader, 0);
	job->attempt_age_ms = read_int(&reader, 0);
	read_file(&reader, &job->training);
	read_file(&reader, &job->validation);
	facts->training_file = job->training.facts.remote_id;
	facts->train_rows = job->training.facts.rows;
	if (job->validation.id != 0)
	{
		facts->validation_file = job->validation.facts.remote_id;
		facts->validation_rows = job->validation.facts.rows;
	}
	return job;
}

/* Make this worker the one that may write the loaded jobs (P2). */
static void
claim_jobs(HftJob **jobs, int count)
{
	static HftStatement claim = {
		"UPDATE hft.job SET epoch = $2 WHERE id = ANY ($1) AND epoch <> $2",
		2, {INT8ARRAYOID, INT8OID}
	};
	int64		ids[256];
	int			n = 0;
	Datum		values[2];

	for (int i = 0; i < count && n < lengthof(ids); i++)
	{
		if (jobs[i]->epoch == hft_worker_epoch())
			continue;
		ids[n++] = jobs[i]->id;
		jobs[i]->epoch = hft_worker_epoch();
	}
	if (n == 0)
		return;
	values[0] = PointerGetDatum(hft_id_array(ids, n));
	values[1] = Int64GetDatum(hft_worker_epoch());
	(void) hft_statement_run(&claim, values, NULL, 0);
}

int
hft_jobs_load(HftJob **jobs, int room, const int64 *busy, int nbusy)
{
	static HftStatement load = {
		"SELECT j.id, j.owner::oid::bigint, j.server, j.state, j.resume_state,"
		" j.reason, j.wanted, j.remote::text, j.failures, j.epoch,"
		" (j.system_identifier = $4 AND j.database = $5)::int,"
		" (j.remote->>'final')::int,"
		" j.token::text, j.name, j.suffix, j.base_model, j.method,"
		" j.hyperparameters::text, j.options::text, j.remote_id,"
		" j.remote_state, j.tuned_model,"
		" a.id, a.sent::int, a.looks,"
		" (extract(epoch FROM now() - a.intended_at) * 1000)::bigint, "
		FILE_COLUMNS("t") ", " FILE_COLUMNS("v")
		" FROM hft.job j"
		" LEFT JOIN hft.file t ON t.id = j.training_file_id"
		" LEFT JOIN hft.file v ON v.id = j.validation_file_id"
		" LEFT JOIN hft.attempt a ON a.job_id = j.id AND a.kind = 'create'"
		"  AND a.state IN ('intended', 'in_doubt')"
		" WHERE j.state NOT IN ('succeeded', 'failed', 'cancelled')"
		" AND j.due_at <= $1 AND j.id <> ALL ($2)"
		" ORDER BY j.due_at LIMIT $3",
		5, {TIMESTAMPTZOID, INT8ARRAYOID, INT8OID, INT8OID, OIDOID}
	};
	Datum		values[] = {
		TimestampTzGetDatum(hft_now()),
		PointerGetDatum(hft_id_array(busy, nbusy)),
		Int64GetDatum(Min(room, 256)),
		Int64GetDatum((int64) GetSystemIdentifier()),
		ObjectIdGetDatum(MyDatabaseId)
	};
	HftScope	scope;
	uint64		rows;

	hft_scope_enter(&scope);
	rows = hft_statement_run(&load, values, NULL, 0);
	for (uint64 row = 0; row < rows; row++)
	{
		MemoryContext context = hft_task_context_create();
		MemoryContext old = MemoryContextSwitchTo(context);

		jobs[row] = read_job(row);
		jobs[row]->context = context;
		MemoryContextSwitchTo(old);
	}
	claim_jobs(jobs, (int) rows);
	hft_scope_leave(&scope);
	return (int) rows;
}

TimestampTz
hft_jobs_next_due(const int64 *busy, int nbusy)
{
	static HftStatement next = {
		"SELECT min(due_at) FROM hft.job"
		" WHERE state NOT IN ('succeeded', 'failed', 'cancelled')"
		" AND id <> ALL ($1)",
		1, {INT8ARRAYOID}
	};

	return hft_next_due(&next, busy, nbusy);
}

void
hft_job_change(const HftJob *job, HftJobChange *change)
{
	memset(change, 0, sizeof(*change));
	change->state = job->state;
	change->resume_state = job->resume_state;
	change->reason = job->reason;
	change->failures = job->failures;
	change->final = job->final;
	change->due_ms = 0;
}

bool
hft_job_reread_state(HftJob *job)
{
	static HftStatement find = {
		"SELECT state FROM hft.job WHERE id = $1"
		" AND state NOT IN ('succeeded', 'failed', 'cancelled')",
		1, {INT8OID}
	};
	Datum		values[] = {Int64GetDatum(job->id)};
	HftScope	scope;
	bool		live;

	hft_scope_enter(&scope);
	live = hft_statement_run(&find, values, NULL, 0) > 0;
	if (live)
		job->state = state_of(hft_row_text(0, 1), job->state);
	hft_scope_leave(&scope);
	return live;
}

/* Tell listeners of channel hft_job. */
static void
notify(int64 job_id, HftJobState state)
{
	char		payload[96];

	snprintf(payload, sizeof(payload),
			 "{\"job\":" INT64_FORMAT ",\"state\":\"%s\"}",
			 job_id, hft_job_state_name(state));
	Async_Notify("hft_job", payload);
}

static void
add_outcome(HftParams *params, const HftOutcome *outcome)
{
	static const HftOutcome nothing = {
		.steps_done = HFT_UNKNOWN, .steps_total = HFT_UNKNOWN,
		.finish_ms = HFT_UNKNOWN, .trained_tokens = HFT_UNKNOWN
	};

	if (outcome == NULL)
		outcome = &nothing;
	hft_param_text(params, outcome->remote_id);
	hft_param_text(params, outcome->remote_state);
	hft_param_text(params, outcome->tuned_model);
	hft_param_text(params, outcome->effective);
	hft_param_int(params, outcome->steps_done, outcome->steps_done < 0);
	hft_param_int(params, outcome->steps_total, outcome->steps_total < 0);
	hft_param_int(params, outcome->finish_ms, outcome->finish_ms < 0);
}

/* Take over what the update returned, so that the task can go on. */
static void
refresh(HftJob *job, MemoryContext context)
{
	MemoryContext old = MemoryContextSwitchTo(context);

	job->remote = hft_row_text(0, 1);
	job->facts.remote_id = hft_row_text(0, 2);
	job->facts.remote_state = hft_row_text(0, 3);
	job->facts.tuned_model = hft_row_text(0, 4);
	job->wanted = hft_row_text(0, 5);
	MemoryContextSwitchTo(old);
}

bool
hft_job_record(HftJob *job, const HftJobChange *change)
{
	static HftStatement record = {
		"UPDATE hft.job SET state = $4, resume_state = $5, reason = $6,"
		" due_at = CASE WHEN wanted IS DISTINCT FROM $7 AND wanted IS NOT NULL"
		"  THEN $8 ELSE $8 + $9 * interval '1 millisecond' END,"
		" wanted = CASE WHEN $10 AND wanted = $7 THEN NULL ELSE wanted END,"
		" failures = $11,"
		" checked_at = CASE WHEN $12 THEN $8 ELSE checked_at END,"
		" remote = jsonb_strip_nulls(CASE"
		"  WHEN $13::text IS NULL THEN remote"
		"  WHEN $14::text IS NULL THEN remote - $13"
		"  ELSE jsonb_set(remote, ARRAY[$13], $14::jsonb) END"
		"  || jsonb_build_object('final', nullif($15, 0))),"
		" error_class = CASE WHEN $28 THEN error_class ELSE $16 END,"
		" error_code = CASE WHEN $28 THEN error_code ELSE $17 END,"
		" sqlstate = CASE WHEN $28 THEN sqlstate ELSE $18 END,"
		" error_message = CASE WHEN $28 THEN error_message ELSE $19 END,"
		" error_hint = CASE WHEN $28 THEN error_hint ELSE $20 END,"
		" remote_id = coalesce($21, remote_id),"
		" remote_state = coalesce($22, remote_state),"
		" tuned_model = coalesce($23, tuned_model),"
		" effective = coalesce($24::jsonb, effective),"
		" steps_done = coalesce($25, steps_done),"
		" steps_total = coalesce($26, steps_total),"
		" finish_estimate = coalesce("
		"  to_timestamp($27::float8 / 1000.0), finish_estimate),"
		" uploading_at = CASE WHEN $4 = 'uploading' THEN coalesce(uploading_at, $8) ELSE uploading_at END,"
		" preparing_at = CASE WHEN $4 = 'preparing' THEN coalesce(preparing_at, $8) ELSE preparing_at END,"
		" creating_at = CASE WHEN $4 = 'creating' THEN coalesce(creating_at, $8) ELSE creating_at END,"
		" queued_at = CASE WHEN $4 = 'queued' THEN coalesce(queued_at, $8) ELSE queued_at END,"
		" running_at = CASE WHEN $4 = 'running' THEN coalesce(running_at, $8) ELSE running_at END,"
		" finished_at = CASE WHEN $4 IN ('succeeded', 'failed', 'cancelled') THEN coalesce(finished_at, $8) END,"
		" revision = revision + 1"
		" WHERE id = $1 AND epoch = $2 AND state = $3"
		" RETURNING remote::text, remote_id, remote_state, tuned_model, wanted",
		28, {INT8OID, INT8OID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID,
			TIMESTAMPTZOID, INT8OID, BOOLOID, INT4OID, BOOLOID, TEXTOID,
			TEXTOID, INT4OID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID,
		TEXTOID, TEXTOID, TEXTOID, TEXTOID, INT8OID, INT8OID, INT8OID,
		BOOLOID}
	};
	bool		parked = change->state == HFT_JOB_NEEDS_ATTENTION;
	HftParams	params = {.count = 0};
	MemoryContext caller = CurrentMemoryContext;
	HftScope	scope;
	uint64		changed;

	hft_scope_enter(&scope);
	hft_param_int(&params, job->id, false);
	hft_param_int(&params, job->epoch, false);
	hft_param_text(&params, hft_job_state_name(job->state));
	hft_param_text(&params, hft_job_state_name(change->state));
	hft_param_text(&params, parked ?
				   hft_job_state_name(change->resume_state) : NULL);
	hft_param_text(&params, parked ? change->reason : NULL);
	hft_param_text(&params, job->wanted);
	hft_param(&params, TimestampTzGetDatum(hft_now()), false);
	hft_param_int(&params, change->due_ms, change->due_ms < 0);
	hft_param(&params, BoolGetDatum(change->fulfilled), false);
	hft_param(&params, Int32GetDatum(change->failures), false);
	hft_param(&params, BoolGetDatum(change->answered), false);
	hft_param_text(&params, change->cursor_key);
	hft_param_text(&params, change->cursor);
	hft_param(&params, Int32GetDatum((int) change->final), false);
	hft_param_text(&params, change->error_class);
	hft_param_text(&params, change->error_code);
	hft_param_text(&params, change->sqlstate);
	hft_param_text(&params, change->message);
	hft_param_text(&params, change->hint);
	add_outcome(&params, change->outcome);
	hft_param(&params, BoolGetDatum(change->keep_error), false);
	changed = hft_statement_run(&record, params.values, params.nulls, 0);
	if (changed > 0)
		refresh(job, caller);
	if (changed > 0 && change->state != job->state)
		notify(job->id, change->state);
	hft_scope_leave(&scope);
	if (changed == 0)
		return false;
	job->state = change->state;
	job->failures = change->failures;
	job->final = change->final;
	return true;
}

/*
 * Epoch, state and wish: whoever controls the job waits until our commit, and
 * sees what we did.  An update and not only a lock, because older snapshots
 * must notice, too.
 */
bool
hft_job_hold(const HftJob *job)
{
	static HftStatement hold = {
		"UPDATE hft.job SET revision = revision + 1"
		" WHERE id = $1 AND epoch = $2 AND state = $3"
		" AND wanted IS NOT DISTINCT FROM $4",
		4, {INT8OID, INT8OID, TEXTOID, TEXTOID}
	};
	HftParams	params = {.count = 0};
	HftScope	scope;
	bool		held;

	hft_scope_enter(&scope);
	hft_param_int(&params, job->id, false);
	hft_param_int(&params, job->epoch, false);
	hft_param_text(&params, hft_job_state_name(job->state));
	hft_param_text(&params, job->wanted);
	held = hft_statement_run(&hold, params.values, params.nulls, 0) > 0;
	hft_scope_leave(&scope);
	return held;
}

void
hft_job_note(int64 job_id, const char *level, const char *message)
{
	static HftStatement note = {
		"INSERT INTO hft.event (job_id, event_id, at, level, type, message)"
		" VALUES ($1, 'hft:' || gen_random_uuid()::text, $4, $2, 'hft', $3)",
		4, {INT8OID, TEXTOID, TEXTOID, TIMESTAMPTZOID}
	};
	Datum		values[] = {
		Int64GetDatum(job_id),
		CStringGetTextDatum(level),
		CStringGetTextDatum(message),
		TimestampTzGetDatum(hft_now())
	};
	HftScope	scope;

	hft_scope_enter(&scope);
	(void) hft_statement_run(&note, values, NULL, 0);
	hft_scope_leave(&scope);
}
