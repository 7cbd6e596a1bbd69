/*-------------------------------------------------------------------------
 *
 * job_file.c
 *	  The file rows behind an upload, and the subject "job" itself.
 *
 * A copy at a provider is shared by all jobs of its owner that train on the
 * same split; one of them drives the upload, the others wait.  An exclusive
 * copy belongs to one job, which the provider finds by it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "base/errors.h"
#include "base/sql.h"
#include "worker/job_internal.h"
#include "worker/subject.h"
#include "worker/worker.h"

#define SHOW_BYTES (8 * 1024 * 1024)

static Datum
text_or_null(const char *text, char *null)
{
	*null = text ? ' ' : 'n';
	return text ? CStringGetTextDatum(text) : (Datum) 0;
}

/*
 * Become the job that drives this upload.  False while another live job
 * does.  Also reads the row again: the other may have finished it.
 */
bool
hft_file_claim(HftJobFile *file, int64 job_id)
{
	static HftStatement claim = {
		"UPDATE hft.file f SET job_id = $2,"
		" state = CASE WHEN state = 'new' THEN 'uploading' ELSE state END"
		" WHERE f.id = $1 AND (f.job_id IS NULL OR f.job_id = $2"
		"  OR NOT EXISTS (SELECT FROM hft.job j WHERE j.id = f.job_id"
		"   AND j.state = 'uploading'))"
		" RETURNING (SELECT o.state FROM hft.file o WHERE o.id = f.id)",
		2, {INT8OID, INT8OID}
	};
	Datum		values[] = {Int64GetDatum(file->id), Int64GetDatum(job_id)};
	MemoryContext caller = CurrentMemoryContext;
	HftScope	scope;
	bool		claimed;

	if (file->uploader == job_id && strcmp(file->state, "ready") != 0 &&
		file->claimed)
		return true;
	hft_scope_enter(&scope);
	claimed = hft_statement_run(&claim, values, NULL, 0) > 0;
	if (claimed)
	{
		/* as it was before: "uploading" means somebody began to send it */
		file->state = MemoryContextStrdup(caller, hft_row_text(0, 1));
		file->uploader = job_id;
		file->claimed = true;
	}
	hft_scope_leave(&scope);
	return claimed;
}

void
hft_file_measured(HftJobFile *file, int64 bytes, const char *sha256)
{
	static HftStatement measured = {
		"UPDATE hft.file SET bytes = $2, sha256 = $3 WHERE id = $1",
		3, {INT8OID, INT8OID, TEXTOID}
	};
	Datum		values[] = {
		Int64GetDatum(file->id), Int64GetDatum(bytes),
		CStringGetTextDatum(sha256)
	};
	HftScope	scope;

	file->facts.bytes = bytes;
	file->facts.sha256 = pstrdup(sha256);
	hft_scope_enter(&scope);
	(void) hft_statement_run(&measured, values, NULL, 0);
	hft_scope_leave(&scope);
}

/* Save an operation's cursor with the file; NULL removes it. */
void
hft_file_cursor(HftJobFile *file, const char *key, const char *cursor)
{
	static HftStatement save = {
		"UPDATE hft.file SET remote = CASE WHEN $3::text IS NULL"
		" THEN coalesce(remote, '{}') - $2"
		" ELSE jsonb_set(coalesce(remote, '{}'), ARRAY[$2], $3::jsonb) END"
		" WHERE id = $1 RETURNING remote::text",
		3, {INT8OID, TEXTOID, TEXTOID}
	};
	char		nulls[3] = {' ', ' ', ' '};
	Datum		values[] = {
		Int64GetDatum(file->id), CStringGetTextDatum(key),
		text_or_null(cursor, &nulls[2])
	};
	MemoryContext caller = CurrentMemoryContext;
	HftScope	scope;

	hft_scope_enter(&scope);
	if (hft_statement_run(&save, values, nulls, 0) > 0)
		file->remote = MemoryContextStrdup(caller, hft_row_text(0, 1));
	hft_scope_leave(&scope);
}

/*
 * Let the jobs that wait for this file look at once; locked ones look by
 * themselves, a second later.
 */
static void
wake_waiting(int64 file_id)
{
	static HftStatement wake = {
		"UPDATE hft.job SET due_at = least(due_at, $2) WHERE id IN"
		" (SELECT id FROM hft.job WHERE state = 'uploading'"
		"  AND $1 IN (training_file_id, validation_file_id)"
		"  FOR NO KEY UPDATE SKIP LOCKED)",
		2, {INT8OID, TIMESTAMPTZOID}
	};
	Datum		values[] = {
		Int64GetDatum(file_id), TimestampTzGetDatum(hft_now())
	};

	(void) hft_statement_run(&wake, values, NULL, 0);
}

void
hft_file_uploaded(HftJobFile *file, const HftOutcome *outcome)
{
	static HftStatement uploaded = {
		"UPDATE hft.file SET state = 'processing', remote_id = $2,"
		" remote_state = $3, remote = NULL, uploaded_at = $4,"
		" sent_bytes = coalesce(bytes, 0), job_id = NULL"
		" WHERE id = $1",
		4, {INT8OID, TEXTOID, TEXTOID, TIMESTAMPTZOID}
	};
	char		nulls[4] = {' ', ' ', ' ', ' '};
	Datum		values[] = {
		Int64GetDatum(file->id),
		CStringGetTextDatum(outcome->remote_id),
		text_or_null(outcome->remote_state, &nulls[2]),
		TimestampTzGetDatum(hft_now())
	};
	HftScope	scope;

	file->facts.remote_id = pstrdup(outcome->remote_id);
	file->state = "processing";
	file->remote = NULL;
	hft_scope_enter(&scope);
	(void) hft_statement_run(&uploaded, values, nulls, 0);
	wake_waiting(file->id);
	hft_scope_leave(&scope);
}

void
hft_file_ready(const HftJobFile *file, const HftOutcome *outcome)
{
	static HftStatement ready = {
		"UPDATE hft.file SET state = 'ready', remote = NULL,"
		" remote_state = coalesce($2, remote_state),"
		" ready_at = coalesce(ready_at, $3),"
		" expires_at = to_timestamp($4::float8 / 1000.0) WHERE id = $1",
		4, {INT8OID, TEXTOID, TIMESTAMPTZOID, INT8OID}
	};
	char		nulls[4] = {' ', ' ', ' ', ' '};
	Datum		values[] = {
		Int64GetDatum(file->id),
		text_or_null(outcome->remote_state, &nulls[1]),
		TimestampTzGetDatum(hft_now()),
		Int64GetDatum(outcome->expires_ms)
	};
	HftScope	scope;

	if (outcome->expires_ms < 0)
		nulls[3] = 'n';
	hft_scope_enter(&scope);
	(void) hft_statement_run(&ready, values, nulls, 0);
	hft_scope_leave(&scope);
}

/* Deleted by ourselves, as a job's last act. */
void
hft_file_deleted(HftJobFile *file)
{
	static HftStatement deleted = {
		"UPDATE hft.file SET state = 'deleted', deleted_at = $2"
		" WHERE id = $1",
		2, {INT8OID, TIMESTAMPTZOID}
	};
	Datum		values[] = {
		Int64GetDatum(file->id), TimestampTzGetDatum(hft_now())
	};
	HftScope	scope;

	file->facts.remote_id = NULL;
	hft_scope_enter(&scope);
	(void) hft_statement_run(&deleted, values, NULL, 0);
	hft_scope_leave(&scope);
}

/*
 * The provider has deleted a file that it had accepted: the job gets another
 * row for the same content, its own or one that another job made meanwhile.
 * What is exclusive is only ever copied for its own job, so the newest copy
 * is the one.
 */
void
hft_file_renew(const HftJobFile *file, int64 job_id)
{
	static HftStatement forget = {
		"UPDATE hft.file SET state = 'deleted', job_id = NULL,"
		" deleted_at = coalesce(deleted_at, $2) WHERE id = $1",
		2, {INT8OID, TIMESTAMPTZOID}
	};
	static HftStatement copy = {
		"INSERT INTO hft.file (owner, server, version_id, split, format,"
		" exclusive, filename, rows, bytes, sha256)"
		" SELECT owner, server, version_id, split, format, exclusive,"
		" filename, rows, bytes, sha256 FROM hft.file WHERE id = $1"
		" ON CONFLICT (server, owner, version_id, split, format)"
		" WHERE state NOT IN ('failed', 'deleted') AND NOT exclusive"
		" DO NOTHING",
		1, {INT8OID}
	};
	static HftStatement use = {
		"UPDATE hft.job j SET"
		" training_file_id = CASE WHEN j.training_file_id = o.id"
		"  THEN n.id ELSE j.training_file_id END,"
		" validation_file_id = CASE WHEN j.validation_file_id = o.id"
		"  THEN n.id ELSE j.validation_file_id END"
		" FROM hft.file o JOIN hft.file n USING"
		"  (server, owner, version_id, split, format, exclusive)"
		" WHERE o.id = $1 AND j.id = $2"
		" AND (NOT n.exclusive OR n.filename = o.filename)"
		" AND n.state NOT IN ('failed', 'deleted')",
		2, {INT8OID, INT8OID}
	};
	Datum		gone[] = {
		Int64GetDatum(file->id), TimestampTzGetDatum(hft_now())
	};
	Datum		used[] = {Int64GetDatum(file->id), Int64GetDatum(job_id)};
	HftScope	scope;

	hft_scope_enter(&scope);
	(void) hft_statement_run(&forget, gone, NULL, 0);
	(void) hft_statement_run(&copy, used, NULL, 0);
	(void) hft_statement_run(&use, used, NULL, 0);
	hft_scope_leave(&scope);
}

void
hft_file_failed(const HftJobFile *file, const char *message)
{
	static HftStatement failed = {
		"UPDATE hft.file SET state = 'failed', error_message = $2, job_id = NULL"
		" WHERE id = $1",
		2, {INT8OID, TEXTOID}
	};
	char		nulls[2] = {' ', ' '};
	Datum		values[] = {
		Int64GetDatum(file->id),
		text_or_null(hft_redact(message, 2048), &nulls[1])
	};
	HftScope	scope;

	hft_scope_enter(&scope);
	(void) hft_statement_run(&failed, values, nulls, 0);
	wake_waiting(file->id);
	hft_scope_leave(&scope);
}

/* The job that drove the upload is over: another may take it. */
void
hft_file_release(const HftJobFile *file)
{
	static HftStatement release = {
		"UPDATE hft.file SET job_id = NULL WHERE id = $1",
		1, {INT8OID}
	};
	Datum		values[] = {Int64GetDatum(file->id)};
	HftScope	scope;

	hft_scope_enter(&scope);
	(void) hft_statement_run(&release, values, NULL, 0);
	wake_waiting(file->id);
	hft_scope_leave(&scope);
}

char *
hft_file_source_key(const HftJobFile *file, int64 line)
{
	static HftStatement find = {
		"SELECT source_key FROM hft.example WHERE version_id = $1"
		" AND split = $2::hft.split AND n = $3",
		3, {INT8OID, TEXTOID, INT8OID}
	};
	Datum		values[] = {
		Int64GetDatum(file->version),
		CStringGetTextDatum(file->facts.split),
		Int64GetDatum(line)
	};
	MemoryContext caller = CurrentMemoryContext;
	HftScope	scope;
	char	   *key = NULL;

	hft_scope_enter(&scope);
	if (hft_statement_run(&find, values, NULL, 0) > 0)
		key = hft_row_text(0, 1);
	if (key != NULL)
		key = MemoryContextStrdup(caller, key);
	hft_scope_leave(&scope);
	return key;
}

char *
hft_cursor_get(const char *remote, const char *key)
{
	Datum		object;
	Datum		value;

	if (remote == NULL)
		return NULL;
	object = DirectFunctionCall1(jsonb_in, CStringGetDatum(remote));
	if (!DatumGetBool(DirectFunctionCall2(jsonb_exists, object,
										  CStringGetTextDatum(key))))
		return NULL;
	value = DirectFunctionCall2(jsonb_object_field_text, object,
								CStringGetTextDatum(key));
	return TextDatumGetCString(value);
}

static int
load_jobs(HftTask **tasks, const int64 *ids, int count)
{
	HftJob	  **jobs = palloc(sizeof(HftJob *) * count);

	count = hft_jobs_load(jobs, ids, count);
	for (int i = 0; i < count; i++)
	{
		tasks[i] = hft_task_create(&hft_job_subject, jobs[i]->id,
								   jobs[i]->context);
		tasks[i]->row = jobs[i];
	}
	return count;
}

static void
rest_jobs(HftTask **tasks, int count)
{
	HftJob	  **jobs = palloc(sizeof(HftJob *) * count);
	int64	   *rest_ms = palloc(sizeof(int64) * count);

	for (int i = 0; i < count; i++)
	{
		jobs[i] = task_job(tasks[i]);
		jobs[i]->due = tasks[i]->due;
		rest_ms[i] = tasks[i]->rest_ms;
	}
	hft_jobs_rest(jobs, rest_ms, count);
	for (int i = 0; i < count; i++)
		tasks[i]->due = jobs[i]->due;
}

/* Show how far an upload is, at most once in SHOW_BYTES (hft.progress). */
static void
show_sent(HftTask *task)
{
	static HftStatement show = {
		"UPDATE hft.file SET sent_bytes = $2 WHERE id ="
		" (SELECT id FROM hft.file WHERE id = $1"
		"  FOR NO KEY UPDATE SKIP LOCKED)",
		2, {INT8OID, INT8OID}
	};
	HftJobFile *file = task_job(task)->file;
	int64		position = hft_feed_position(task->feed);
	Datum		values[2];
	HftScope	scope;

	if (task->transfer == NULL || position < file->shown_bytes + SHOW_BYTES)
		return;
	file->shown_bytes = position;
	values[0] = Int64GetDatum(file->id);
	values[1] = Int64GetDatum(position);
	hft_scope_enter(&scope);
	(void) hft_statement_run(&show, values, NULL, 0);
	hft_scope_leave(&scope);
}

/*
 * Uploads of jobs that were cancelled meanwhile are given up.  A create that
 * is under way is not: its answer says what there is to cancel.
 */
static void
mark_cancelled(HftTask **tasks, int ntasks)
{
	static HftStatement find = {
		"SELECT id FROM hft.job WHERE id = ANY ($1)"
		" AND (wanted = 'cancel' OR state = 'cancelled')",
		1, {INT8ARRAYOID}
	};
	int64	   *ids = palloc(sizeof(int64) * (ntasks + 1));
	Datum		values[1];
	int			count = 0;
	uint64		rows;
	HftScope	scope;

	for (int i = 0; i < ntasks; i++)
		if (tasks[i]->subject == &hft_job_subject &&
			tasks[i]->request.effect != HFT_EFFECT_PAID &&
			task_job(tasks[i])->facts.remote_id == NULL)
			ids[count++] = tasks[i]->id;
	if (count == 0)
		return;
	values[0] = PointerGetDatum(hft_id_array(ids, count));
	hft_scope_enter(&scope);
	rows = hft_statement_run(&find, values, NULL, 0);
	for (uint64 row = 0; row < rows; row++)
		for (int i = 0; i < ntasks; i++)
			if (tasks[i]->subject == &hft_job_subject &&
				tasks[i]->id == hft_row_int64(row, 1, 0))
				tasks[i]->gave_up = true;
	hft_scope_leave(&scope);
}

const HftSubject hft_job_subject = {
	.name = "job",
	.row_size = sizeof(HftJob),
	.live = &hft_jobs_live,
	.load = load_jobs,
	.rest = rest_jobs,
	.next = hft_job_next,
	.apply = hft_job_apply,
	.blame = hft_job_blame,
	.cancelled = mark_cancelled,
	.fed = show_sent,
};
