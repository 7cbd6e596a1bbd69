/*-------------------------------------------------------------------------
 *
 * job_apply.c
 *	  What an answer changes in a job: a table of operations.
 *
 * Terminal states of the provider are taken over only after the history has
 * been read to its end, so "succeeded" means that losses, checkpoints, the
 * model and the bill are in the tables.  Once taken over they are final (F36).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/pg_prng.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "base/errors.h"
#include "base/settings.h"
#include "base/sql.h"
#include "worker/bill.h"
#include "worker/history.h"
#include "worker/job_internal.h"
#include "worker/retry.h"
#include "worker/stall.h"

#define FILE_POLL_MS 1000		/* while a file is being processed */
#define HISTORY_WAITS 20		/* F43: late results, then go without */

static uint32_t
some_random(void)
{
	return pg_prng_uint32(&pg_global_prng_state);
}

static int64
poll_delay(void)
{
	return hft_poll_delay(hft_poll_interval, some_random());
}

/* Does the change tell an id at the platform that we did not know? */
static bool
brings_remote_id(const HftJob *job, const HftJobChange *change)
{
	const char *new_id = change->outcome ? change->outcome->remote_id : NULL;

	return new_id != NULL && (job->facts.remote_id == NULL ||
							  strcmp(job->facts.remote_id, new_id) != 0);
}

HftTurn
hft_job_finish_turn(HftTask *task, const HftJobChange *change, bool again)
{
	HftJob	   *job = task_job(task);

	if (change->state != job->state)
		task->lasting = true;
	if (brings_remote_id(job, change))
		hft_import_yield(job, change->outcome->remote_id);
	if (!hft_job_record(job, change))
	{
		if (change->outcome != NULL && change->outcome->remote_id != NULL)
			ereport(WARNING,
					(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
					 errmsg("hft: job " INT64_FORMAT " was changed by hand while it was under way",
							job->id),
					 errdetail("Its remote id is \"%s\".",
							   change->outcome->remote_id)));
		return HFT_TURN_RELEASE;
	}
	task->due = job->due;
	return again ? HFT_TURN_AGAIN : HFT_TURN_RELEASE;
}

HftTurn
hft_job_park(HftTask *task, const char *reason, const char *message,
			 const char *hint)
{
	HftJob	   *job = task_job(task);
	HftJobChange change;

	hft_job_change(job, &change);
	if (job->state != HFT_JOB_NEEDS_ATTENTION)
		change.resume_state = job->state;
	change.state = HFT_JOB_NEEDS_ATTENTION;
	change.reason = reason;
	change.due_ms = strcmp(reason, "credential") == 0 ? 30000 : -1;
	change.error_class = reason;
	change.message = hft_redact(message, 2048);
	change.hint = hint;
	change.error_code = hft_redact(task->outcome.code, 256);
	hft_job_note(job->id, "warn", change.message);
	return hft_job_finish_turn(task, &change, false);
}

HftTurn
hft_job_close(HftTask *task, HftJobState state, const char *message,
			  const char *hint)
{
	HftJob	   *job = task_job(task);
	HftJobChange change;

	if (job->file != NULL && job->file->id != 0)
		hft_file_release(job->file);
	hft_job_change(job, &change);
	change.state = state;
	change.due_ms = -1;
	change.fulfilled = true;
	if (message != NULL)
	{
		change.error_class = "refused";
		change.message = hft_redact(message, 2048);
		change.hint = hint;
		change.error_code = hft_redact(task->outcome.code, 256);
		change.sqlstate = "38000";
	}
	return hft_job_finish_turn(task, &change, false);
}

/* Save the cursor of a file's operation and go on, or wait. */
static HftTurn
continue_file(HftTask *task, bool wait)
{
	HftJob	   *job = task_job(task);
	HftJobChange change;

	if (task->outcome.cursor != NULL)
	{
		hft_file_cursor(job->file, hft_op_name(task->op),
						task->outcome.cursor);
		task->lasting = true;
	}
	if (!wait)
		return HFT_TURN_AGAIN;
	hft_job_change(job, &change);
	change.answered = true;
	change.failures = 0;
	change.due_ms = Max(task->outcome.wait_ms, FILE_POLL_MS);
	return hft_job_finish_turn(task, &change, false);
}

static void
settle(HftTask *task, int64 attempt, HftVerdict verdict, int status)
{
	HftScope	scope;

	if (attempt == 0)
		return;
	hft_scope_enter(&scope);
	hft_attempt_settle(attempt, verdict, task->outcome.remote_id, status,
					   NULL);
	hft_scope_leave(&scope);
	task->lasting = true;
}

/* A file reached the provider, now or before. */
static HftTurn
adopt_file(HftTask *task)
{
	HftJob	   *job = task_job(task);

	task->lasting = true;
	hft_file_uploaded(job->file, &task->outcome);
	job->facts.training_file = job->training.facts.remote_id;
	job->facts.validation_file = job->validation.facts.remote_id;
	return HFT_TURN_AGAIN;
}

static HftTurn
apply_upload(HftTask *task, const HftResult *result)
{
	/* each request of an upload is an attempt, and this one was answered */
	settle(task, task->attempt, HFT_VERDICT_CONFIRMED,
		   result ? result->response.status : 0);
	if (task->outcome.progress != HFT_DONE)
		return continue_file(task, task->outcome.progress == HFT_WAIT);
	return adopt_file(task);
}

static HftTurn
apply_find_file(HftTask *task, const HftResult *result)
{
	HftJobFile *file = task_job(task)->file;

	if (task->outcome.nfound > 0)
	{
		task->outcome.remote_id = task->outcome.found[0].id;
		task->outcome.remote_state = task->outcome.found[0].state;
		return adopt_file(task);
	}
	if (task->outcome.progress != HFT_DONE)
		return continue_file(task, task->outcome.progress == HFT_WAIT);
	/* Not there: this task may send it. */
	hft_file_cursor(file, hft_op_name(HFT_OP_FIND_FILE), NULL);
	file->state = "new";
	return HFT_TURN_AGAIN;
}

static HftTurn
apply_file_status(HftTask *task, const HftResult *result)
{
	HftJobFile *file = task_job(task)->file;

	if (task->outcome.progress != HFT_DONE)
		return continue_file(task, task->outcome.progress == HFT_WAIT);
	hft_file_ready(file, &task->outcome);
	file->state = "ready";
	file->checked = true;
	return HFT_TURN_AGAIN;
}

/* The platform's own price, known before anything is bought. */
static HftTurn
apply_estimate(HftTask *task, const HftResult *result)
{
	static HftStatement quote = {
		"UPDATE hft.job SET quoted_amount = trim_scale($2 / 1e9) WHERE id = $1",
		2, {INT8OID, INT8OID}
	};
	HftJob	   *job = task_job(task);
	Datum		values[] = {
		Int64GetDatum(job->id), Int64GetDatum(task->outcome.amount_nano)
	};
	HftJobChange change;
	HftScope	scope;

	hft_scope_enter(&scope);
	if (task->outcome.amount_nano != HFT_UNKNOWN)
		(void) hft_statement_run(&quote, values, NULL, 0);
	hft_scope_leave(&scope);
	hft_job_change(job, &change);
	change.state = HFT_JOB_CREATING;
	change.answered = true;
	change.failures = 0;
	return hft_job_finish_turn(task, &change, true);
}

/* The job exists at the provider: from here on it is only watched. */
static HftTurn
adopt_job(HftTask *task)
{
	HftJob	   *job = task_job(task);
	HftJobChange change;

	hft_job_change(job, &change);
	change.state = HFT_JOB_QUEUED;
	change.outcome = &task->outcome;
	change.answered = true;
	change.failures = 0;
	change.cursor_key = hft_op_name(HFT_OP_CREATE);
	task->lasting = true;
	return hft_job_finish_turn(task, &change, true);
}

static HftTurn
apply_create(HftTask *task, const HftResult *result)
{
	HftJob	   *job = task_job(task);

	if (task->outcome.progress == HFT_DONE && task->outcome.remote_id != NULL)
	{
		settle(task, task->attempt, HFT_VERDICT_CONFIRMED,
			   result ? result->response.status : 0);
		return adopt_job(task);
	}
	/* A success without an id is no proof of anything. */
	if (task->outcome.progress == HFT_DONE)
	{
		task->outcome.progress = HFT_FAILED;
		task->outcome.error = HFT_ERROR_BAD_ANSWER;
		return hft_job_failure(task, result);
	}
	settle(task, task->attempt, HFT_VERDICT_NOT_DONE, 0);
	if (task->outcome.progress == HFT_WAIT)
	{
		HftJobChange change;

		hft_job_change(job, &change);
		change.answered = true;
		change.cursor_key = hft_op_name(HFT_OP_CREATE);
		change.cursor = task->outcome.cursor;
		change.due_ms = Max(task->outcome.wait_ms, FILE_POLL_MS);
		return hft_job_finish_turn(task, &change, false);
	}
	return HFT_TURN_AGAIN;
}

/* Keep the oldest of the jobs that carry our token (F40). */
static void
collect_matches(HftTask *task)
{
	HftJob	   *job = task_job(task);

	for (int i = 0; i < task->outcome.nfound; i++)
	{
		const HftFound *found = &task->outcome.found[i];

		if (job->oldest != NULL)
		{
			hft_job_note(job->id, "error",
						 psprintf("the platform lists two jobs with this job's token: \"%s\" and \"%s\"",
								  job->oldest->id, found->id));
			if (job->oldest->at_ms <= found->at_ms)
				continue;
		}
		else
			job->oldest = palloc0(sizeof(HftFound));
		job->oldest->id = MemoryContextStrdup(task->context, found->id);
		job->oldest->at_ms = found->at_ms;
	}
}

static HftTurn
apply_find(HftTask *task, const HftResult *result)
{
	HftJob	   *job = task_job(task);
	HftJobChange change;
	HftScope	scope;

	collect_matches(task);
	if (task->outcome.progress == HFT_MORE)
	{
		/* A crash forgets the matches, so it must forget the page, too. */
		job->find_cursor = MemoryContextStrdup(task->context,
											   task->outcome.cursor);
		return HFT_TURN_AGAIN;
	}
	job->find_cursor = NULL;
	if (job->oldest != NULL)
	{
		task->outcome.remote_id = job->oldest->id;
		settle(task, job->attempt, HFT_VERDICT_CONFIRMED,
			   result ? result->response.status : 0);
		return adopt_job(task);
	}
	hft_scope_enter(&scope);
	hft_attempt_looked(job->attempt);
	hft_scope_leave(&scope);
	hft_job_change(job, &change);
	change.answered = true;
	change.failures = 0;
	change.due_ms = hft_look_delay(job->attempt_looks, job->attempt_age_ms,
								   hft_task_settle_ms(task));
	return hft_job_finish_turn(task, &change, false);
}

static void
book_training(int64 job_id, const HftOutcome *outcome)
{
	HftScope	scope;

	hft_scope_enter(&scope);
	hft_bill_training(job_id, outcome->trained_tokens, outcome->amount_nano);
	hft_scope_leave(&scope);
}

/* A status that changes nothing is recorded with the end of the poll. */
static bool
is_old_news(const HftTask *task, HftJobState state)
{
	const HftJob *job = task_job(task);

	return state == job->state && !job->has_error && job->failures == 0 &&
		task->outcome.cursor == NULL && task->call.cursor == NULL &&
		hft_job_knows(job, &task->outcome);
}

static HftTurn
apply_status(HftTask *task, const HftResult *result)
{
	static const HftJobState states[] = {
		[HFT_REMOTE_QUEUED] = HFT_JOB_QUEUED,
		[HFT_REMOTE_RUNNING] = HFT_JOB_RUNNING,
		[HFT_REMOTE_PAUSED] = HFT_JOB_PAUSED,
	};
	HftJob	   *job = task_job(task);
	const HftOutcome *outcome = &task->outcome;
	HftJobChange change;
	HftTurn		turn;

	hft_job_change(job, &change);
	change.answered = true;
	change.failures = 0;
	change.outcome = outcome;
	change.cursor_key = hft_op_name(HFT_OP_STATUS);
	change.cursor = outcome->cursor;
	if (outcome->progress == HFT_MORE)
		return hft_job_finish_turn(task, &change, true);
	job->polled = true;
	if (outcome->state >= HFT_REMOTE_SUCCEEDED)
	{
		change.final = outcome->state;
		task->lasting = true;
	}
	else if (outcome->state != HFT_REMOTE_UNKNOWN)
		change.state = states[outcome->state];
	if (change.final == HFT_REMOTE_UNKNOWN && is_old_news(task, change.state))
		return HFT_TURN_AGAIN;
	if (outcome->state == HFT_REMOTE_FAILED)
		hft_job_explain_failure(task, &change);
	turn = hft_job_finish_turn(task, &change, true);
	/* after its end is recorded, which dates the bill */
	if (turn != HFT_TURN_RELEASE &&
		(outcome->state == HFT_REMOTE_SUCCEEDED ||
		 outcome->state == HFT_REMOTE_CANCELLED))
		book_training(job->id, outcome);
	return turn;
}

HftTurn
hft_job_finish(HftTask *task)
{
	static const HftJobState states[] = {
		[HFT_REMOTE_SUCCEEDED] = HFT_JOB_SUCCEEDED,
		[HFT_REMOTE_FAILED] = HFT_JOB_FAILED,
		[HFT_REMOTE_CANCELLED] = HFT_JOB_CANCELLED,
	};
	HftJob	   *job = task_job(task);
	HftJobChange change;

	hft_history_models(job->id);
	if (job->cancel_sent && job->final == HFT_REMOTE_SUCCEEDED)
		hft_job_note(job->id, "warn",
					 "the cancel came too late: the job had succeeded");
	hft_job_change(job, &change);
	change.state = states[job->final];
	change.final = HFT_REMOTE_UNKNOWN;
	change.failures = 0;
	change.keep_error = true;
	change.fulfilled = true;
	change.due_ms = -1;
	return hft_job_finish_turn(task, &change, false);
}

HftTurn
hft_job_history_done(HftTask *task)
{
	HftJob	   *job = task_job(task);
	HftJobChange change;

	if (job->final != HFT_REMOTE_UNKNOWN)
	{
		job->history_read = true;
		return HFT_TURN_AGAIN;
	}
	hft_stall_watch(task);
	if (job->polled && job->failures == 0 && job->wanted == NULL)
	{
		task->rest_ms = poll_delay();
		return HFT_TURN_REST;
	}
	hft_job_change(job, &change);
	change.keep_error = true;
	change.failures = 0;
	change.due_ms = poll_delay();
	return hft_job_finish_turn(task, &change, false);
}

/* Nothing is stored of such a page, not even where the next one begins. */
static bool
is_empty_page(const HftTask *task)
{
	const HftOutcome *outcome = &task->outcome;

	return outcome->progress == HFT_DONE && outcome->nevents == 0 &&
		outcome->nmetrics == 0 && outcome->ncheckpoints == 0 &&
		hft_job_same_json(task->call.cursor, outcome->cursor) &&
		hft_job_knows(task_job(task), outcome);
}

static HftTurn
apply_history(HftTask *task, const HftResult *result)
{
	HftJob	   *job = task_job(task);
	const HftOutcome *outcome = &task->outcome;
	HftJobChange change;

	if (is_empty_page(task))
		return hft_job_history_done(task);
	hft_history_store(job->id, outcome);
	hft_job_change(job, &change);
	change.keep_error = true;
	change.answered = true;
	change.outcome = outcome;
	if (outcome->cursor != NULL)
	{
		change.cursor_key = hft_op_name(HFT_OP_HISTORY);
		change.cursor = outcome->cursor;
	}
	if (outcome->progress == HFT_WAIT && job->final != HFT_REMOTE_UNKNOWN &&
		job->failures < HISTORY_WAITS)
	{
		change.failures = job->failures + 1;
		change.due_ms = Max(outcome->wait_ms, FILE_POLL_MS);
		return hft_job_finish_turn(task, &change, false);
	}
	if (outcome->progress == HFT_WAIT && job->final != HFT_REMOTE_UNKNOWN)
		hft_job_note(job->id, "warn",
					 "the platform gave no complete history of this job");
	if (hft_job_finish_turn(task, &change, true) == HFT_TURN_RELEASE)
		return HFT_TURN_RELEASE;
	if (outcome->progress == HFT_MORE)
		return HFT_TURN_AGAIN;
	return hft_job_history_done(task);
}

/* Cancel, pause, resume: what was wanted is said; the status tells more. */
static HftTurn
apply_wish(HftTask *task, const HftResult *result)
{
	HftJob	   *job = task_job(task);
	HftJobChange change;

	hft_job_change(job, &change);
	change.answered = true;
	change.failures = 0;
	change.cursor_key = hft_op_name(task->op);
	if (task->outcome.progress == HFT_DONE)
	{
		change.fulfilled = true;
		job->cancel_sent |= task->op == HFT_OP_CANCEL;
	}
	else
	{
		change.cursor = task->outcome.cursor;
		change.due_ms = task->outcome.wait_ms;
	}
	task->lasting = true;
	return hft_job_finish_turn(task, &change,
							   task->outcome.progress != HFT_WAIT);
}

/* The file of a job that is over is gone (K16). */
static HftTurn
apply_delete_file(HftTask *task, const HftResult *result)
{
	hft_file_deleted(task_job(task)->file);
	task->lasting = true;
	return HFT_TURN_AGAIN;
}

typedef HftTurn (*ApplyFunction) (HftTask *task, const HftResult *result);

static const ApplyFunction appliers[HFT_OP_COUNT] = {
	[HFT_OP_FIND_FILE] = apply_find_file,
	[HFT_OP_UPLOAD] = apply_upload,
	[HFT_OP_FILE_STATUS] = apply_file_status,
	[HFT_OP_ESTIMATE] = apply_estimate,
	[HFT_OP_CREATE] = apply_create,
	[HFT_OP_FIND] = apply_find,
	[HFT_OP_STATUS] = apply_status,
	[HFT_OP_HISTORY] = apply_history,
	[HFT_OP_CANCEL] = apply_wish,
	[HFT_OP_PAUSE] = apply_wish,
	[HFT_OP_RESUME] = apply_wish,
	[HFT_OP_DELETE_FILE] = apply_delete_file,
};

/* "result" is NULL when the adapter knew the outcome without asking. */
HftTurn
hft_job_apply(HftTask *task, const HftResult *result)
{
	MemoryContext old = MemoryContextSwitchTo(task->context);
	HftTurn		turn;

	if (task->outcome.progress == HFT_FAILED)
		turn = hft_job_failure(task, result);
	else
		turn = appliers[task->op](task, result);
	MemoryContextSwitchTo(old);
	return turn;
}
