/*-------------------------------------------------------------------------
 *
 * job.c
 *	  A job's row in memory, and its states.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xlog.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
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
	job->has_error = read_int(&reader, 0) != 0;
	job->effective = read_text(&reader);
	job->steps_done = read_int(&reader, HFT_UNKNOWN);
	job->steps_total = read_int(&reader, HFT_UNKNOWN);
	job->finish_ms = read_int(&reader, HFT_UNKNOWN);
	job->age_ms = read_int(&reader, HFT_UNKNOWN);
	job->still_ms = read_int(&reader, HFT_UNKNOWN);
	job->stalled = read_int(&reader, 0) != 0;
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

static void
add_claimed(HftJob **jobs, int count, int64 id)
{
	for (int i = 0; i < count; i++)
		if (jobs[i]->id == id)
			jobs[i]->epoch = hft_worker_epoch();
}

/*
 * Make this worker the one that may write the loaded jobs (P2).  Those that
 * somebody holds locked keep their epoch, and are not ours.
 */
static void
claim_jobs(HftJob **jobs, int count)
{
	static HftStatement claim = {
		"UPDATE hft.job SET epoch = $2 WHERE id IN"
		" (SELECT id FROM hft.job WHERE id = ANY ($1)"
		"  FOR NO KEY UPDATE SKIP LOCKED) RETURNING id",
		2, {INT8ARRAYOID, INT8OID}
	};
	int64	   *ids = palloc(sizeof(int64) * (count + 1));
	uint64		claimed;
	int			n = 0;
	Datum		values[2];

	for (int i = 0; i < count; i++)
		if (jobs[i]->epoch != hft_worker_epoch())
			ids[n++] = jobs[i]->id;
	if (n == 0)
		return;
	values[0] = PointerGetDatum(hft_id_array(ids, n));
	values[1] = Int64GetDatum(hft_worker_epoch());
	claimed = hft_statement_run(&claim, values, NULL, 0);
	for (uint64 row = 0; row < claimed; row++)
		add_claimed(jobs, count, hft_row_int64(row, 1, 0));
}

/* Keep those that were claimed; returns how many. */
static int
drop_unclaimed(HftJob **jobs, int count)
{
	int			kept = 0;

	for (int i = 0; i < count; i++)
	{
		if (jobs[i]->epoch == hft_worker_epoch())
			jobs[kept++] = jobs[i];
		else
			MemoryContextDelete(jobs[i]->context);
	}
	return kept;
}

int
hft_jobs_load(HftJob **jobs, const int64 *ids, int count)
{
	static HftStatement load = {
		"SELECT j.id, j.owner::oid::bigint, j.server, j.state, j.resume_state,"
		" j.reason, j.wanted, j.remote::text, j.failures, j.epoch,"
		" (j.system_identifier = $2 AND j.database = $3)::int,"
		" (j.remote->>'final')::int,"
		" j.token::text, j.name, j.suffix, j.base_model, j.method,"
		" j.hyperparameters::text, j.options::text, j.remote_id,"
		" j.remote_state, j.tuned_model,"
		" a.id, a.sent::int, a.looks,"
		" (extract(epoch FROM now() - a.intended_at) * 1000)::bigint,"
		" (j.error_class IS NOT NULL)::int, j.effective::text,"
		" j.steps_done, j.steps_total,"
		" (extract(epoch FROM j.finish_estimate) * 1000)::bigint,"
		" (extract(epoch FROM now() - j.queued_at) * 1000)::bigint,"
		" (extract(epoch FROM now() - j.moved_at) * 1000)::bigint,"
		" (j.stalled_at IS NOT NULL)::int, "
		FILE_COLUMNS("t") ", " FILE_COLUMNS("v")
		" FROM hft.job j"
		" LEFT JOIN hft.file t ON t.id = j.training_file_id"
		" LEFT JOIN hft.file v ON v.id = j.validation_file_id"
		" LEFT JOIN hft.attempt a ON a.job_id = j.id AND a.kind = 'create'"
		"  AND a.state IN ('intended', 'in_doubt')"
		" WHERE j.id = ANY ($1)"
		" AND j.state NOT IN ('succeeded', 'failed', 'cancelled')",
		3, {INT8ARRAYOID, INT8OID, OIDOID}
	};
	Datum		values[] = {
		PointerGetDatum(hft_id_array(ids, count)),
		Int64GetDatum((int64) GetSystemIdentifier()),
		ObjectIdGetDatum(MyDatabaseId)
	};
	HftScope	scope;
	int			rows;

	hft_scope_enter(&scope);
	rows = (int) hft_statement_run(&load, values, NULL, 0);
	for (int row = 0; row < rows; row++)
	{
		MemoryContext context = hft_task_context_create();
		MemoryContext old = MemoryContextSwitchTo(context);

		jobs[row] = read_job(row);
		jobs[row]->context = context;
		MemoryContextSwitchTo(old);
	}
	claim_jobs(jobs, rows);
	hft_scope_leave(&scope);
	return drop_unclaimed(jobs, rows);
}

HftStatement hft_jobs_live = {
	"SELECT id, due_at FROM hft.job"
	" WHERE state NOT IN ('succeeded', 'failed', 'cancelled')"
	" AND due_at IS NOT NULL", 0
};

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
