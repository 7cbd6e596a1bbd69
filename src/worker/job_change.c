/*-------------------------------------------------------------------------
 *
 * job_change.c
 *	  The one way a job's row is changed.
 *
 * Every change is fenced by epoch and state (P2), and waits for no lock: an
 * owner's open transaction is as long as he likes, and there is one worker
 * for all jobs.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "commands/async.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "base/sql.h"
#include "worker/job_internal.h"
#include "worker/retry.h"
#include "worker/stall.h"
#include "worker/subject.h"
#include "worker/worker.h"

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
	job->due = hft_row_due(0, 6);
	MemoryContextSwitchTo(old);
}

/* A row of ours, by epoch and state, that nobody holds locked. */
#define FREE_JOB \
	"(SELECT id FROM hft.job WHERE id = $1 AND epoch = $2 AND state = $3" \
	" FOR NO KEY UPDATE SKIP LOCKED)"

/* Was it passed over because it is locked, and not because it changed? */
static void
complain_if_locked(const HftJob *job)
{
	static HftStatement find = {
		"SELECT 1 FROM hft.job WHERE id = $1 AND epoch = $2 AND state = $3",
		3, {INT8OID, INT8OID, TEXTOID}
	};
	Datum		values[] = {
		Int64GetDatum(job->id), Int64GetDatum(job->epoch),
		CStringGetTextDatum(hft_job_state_name(job->state))
	};

	if (hft_statement_run(&find, values, NULL, 0) > 0)
		ereport(ERROR,
				(errcode(ERRCODE_LOCK_NOT_AVAILABLE),
				 errmsg("job " INT64_FORMAT " is locked by another transaction",
						job->id)));
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
		"  || jsonb_build_object('final', nullif($15, 0))"
		"  || coalesce($29::jsonb, '{}')),"
		" moved_at = CASE WHEN $29 IS NULL THEN moved_at ELSE $8 END,"
		" stalled_at = CASE WHEN $29 IS NULL THEN stalled_at END,"
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
		" WHERE id = " FREE_JOB
		" RETURNING remote::text, remote_id, remote_state, tuned_model,"
		" wanted, due_at",
		29, {INT8OID, INT8OID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID,
			TIMESTAMPTZOID, INT8OID, BOOLOID, INT4OID, BOOLOID, TEXTOID,
			TEXTOID, INT4OID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID,
		TEXTOID, TEXTOID, TEXTOID, TEXTOID, INT8OID, INT8OID, INT8OID,
		BOOLOID, TEXTOID}
	};
	const char *progress = hft_stall_progress(job, change);
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
	hft_param_int(&params, Min(change->due_ms, hft_wait_limit_ms()),
				  change->due_ms < 0);
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
	hft_param_text(&params, progress);
	changed = hft_statement_run(&record, params.values, params.nulls, 0);
	if (changed > 0)
		refresh(job, caller);
	else
		complain_if_locked(job);
	if (changed > 0 && change->state != job->state)
		notify(job->id, change->state);
	hft_scope_leave(&scope);
	if (changed == 0)
		return false;
	job->state = change->state;
	job->failures = change->failures;
	job->final = change->final;
	if (progress != NULL)
		hft_stall_over(job);
	if (!change->keep_error)
		job->has_error = change->error_class != NULL;
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
		" WHERE id = " FREE_JOB " AND wanted IS NOT DISTINCT FROM $4",
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
	if (!held)
		complain_if_locked(job);
	hft_scope_leave(&scope);
	return held;
}

static void
add_rested(HftJob **jobs, int count, int64 id, TimestampTz due)
{
	for (int i = 0; i < count; i++)
		if (jobs[i]->id == id)
			jobs[i]->due = due;
}

void
hft_jobs_rest(HftJob **jobs, const int64 *rest_ms, int count)
{
	static HftStatement rest = {
		"UPDATE hft.job j SET checked_at = $5, revision = j.revision + 1,"
		" due_at = $5 + free.ms * interval '1 millisecond'"
		" FROM (SELECT l.id, u.ms FROM unnest($1, $2, $3) AS u(id, state, ms)"
		"  JOIN hft.job l ON l.id = u.id AND l.state = u.state"
		"  AND l.epoch = $4 AND l.wanted IS NULL"
		"  FOR NO KEY UPDATE OF l SKIP LOCKED) AS free"
		" WHERE j.id = free.id RETURNING j.id, j.due_at",
		5, {INT8ARRAYOID, TEXTARRAYOID, INT8ARRAYOID, INT8OID, TIMESTAMPTZOID}
	};
	int64	   *ids = palloc(sizeof(int64) * count);
	Datum	   *states = palloc(sizeof(Datum) * count);
	Datum		values[5];
	uint64		rested;
	HftScope	scope;

	for (int i = 0; i < count; i++)
	{
		ids[i] = jobs[i]->id;
		states[i] = CStringGetTextDatum(hft_job_state_name(jobs[i]->state));
	}
	values[0] = PointerGetDatum(hft_id_array(ids, count));
	values[1] = PointerGetDatum(construct_array(states, count, TEXTOID, -1,
												false, TYPALIGN_INT));
	values[2] = PointerGetDatum(hft_id_array(rest_ms, count));
	values[3] = Int64GetDatum(hft_worker_epoch());
	values[4] = TimestampTzGetDatum(hft_now());
	hft_scope_enter(&scope);
	rested = hft_statement_run(&rest, values, NULL, 0);
	for (uint64 row = 0; row < rested; row++)
		add_rested(jobs, count, hft_row_int64(row, 1, 0), hft_row_due(row, 2));
	hft_scope_leave(&scope);
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
