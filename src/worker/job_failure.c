/*-------------------------------------------------------------------------
 *
 * job_failure.c
 *	  What a failed request changes in a job.
 *
 * First the outbox: a request that may have had its effect is in doubt,
 * whatever else is wrong (R29).  Then the class of the error decides, by a
 * table: try again later, park for the owner, or end the job.  Polls of a
 * job that runs at the provider are never given up (P12).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/pg_prng.h"
#include "utils/builtins.h"

#include "base/errors.h"
#include "base/settings.h"
#include "base/sql.h"
#include "worker/error_class.h"
#include "worker/job_internal.h"
#include "worker/retry.h"

#define LOST_RECHECK_MS 60000	/* F29: a 404 is looked at twice */

typedef enum Reaction
{
	RETRY,						/* later, with backoff */
	PARK_LIMIT,
	PARK_CREDENTIAL,
	PARK_UNSAFE,				/* the way to the provider is not to be trusted */
	END,
	LOOK_AGAIN					/* a known thing was not found */
} Reaction;

static const Reaction reactions[] = {
	[HFT_ERROR_NONE] = RETRY,
	[HFT_ERROR_TRANSIENT] = RETRY,
	[HFT_ERROR_RATE_LIMITED] = RETRY,
	[HFT_ERROR_CREDENTIAL] = PARK_CREDENTIAL,
	[HFT_ERROR_LIMIT] = PARK_LIMIT,
	[HFT_ERROR_REFUSED] = END,
	[HFT_ERROR_LOST] = LOOK_AGAIN,
	[HFT_ERROR_NOT_PROVIDER] = RETRY,
	[HFT_ERROR_BAD_ANSWER] = RETRY,
	[HFT_ERROR_MEMORY] = RETRY,
};

/* The error of the current outcome, into a change. */
static void
describe_error(HftTask *task, HftJobChange *change)
{
	const HftOutcome *outcome = &task->outcome;

	change->error_class = hft_error_name(outcome->error);
	change->sqlstate =
		pstrdup(unpack_sql_state(hft_error_sqlstate(outcome->error)));
	change->error_code = hft_redact(outcome->code, 256);
	change->message = hft_redact(outcome->message ? outcome->message
								 : "the platform gave no reason", 2048);
	change->hint = outcome->hint;
}

/*
 * A job ended badly at the provider: its words, and the row's source key
 * where they name a line of the training file (F42).
 */
void
hft_job_explain_failure(HftTask *task, HftJobChange *change)
{
	const HftJobFile *file = &task_job(task)->training;
	char	   *key;

	if (task->outcome.error == HFT_ERROR_NONE)
		task->outcome.error = HFT_ERROR_REFUSED;
	describe_error(task, change);
	if (task->outcome.bad_line <= 0 || file->id == 0)
		return;
	key = hft_file_source_key(file, task->outcome.bad_line);
	change->hint = psprintf("Line " INT64_FORMAT " of the training file is the example with source key %s.",
							task->outcome.bad_line,
							key ? quote_literal_cstr(key) : "NULL");
}

/* The outbox entry of this turn, if there is one (R27-R29). */
static void
settle_failure(HftTask *task, const HftResult *result)
{
	HftVerdict	verdict = HFT_VERDICT_IN_DOUBT;
	bool		answered = result != NULL && result->net == HFT_NET_OK;
	HftScope	scope;

	if (task->attempt == 0)
		return;
	if (task->outcome.proof_not_done)
		verdict = answered ? HFT_VERDICT_REFUSED : HFT_VERDICT_NOT_DONE;
	hft_scope_enter(&scope);
	hft_attempt_settle(task->attempt, verdict, NULL,
					   answered ? result->response.status : 0,
					   hft_redact(task->outcome.message, 1024));
	hft_scope_leave(&scope);
	task->lasting = true;
}

/* The job is over and its history cannot be had: go without (F43). */
static HftTurn
give_up_history(HftTask *task)
{
	hft_job_note(task_job(task)->id, "warn",
				 psprintf("the platform gave no complete history of this job: %s",
						  hft_redact(task->outcome.message ?
									 task->outcome.message : "", 1024)));
	return hft_job_history_done(task);
}

static HftTurn
retry_later(HftTask *task)
{
	HftJob	   *job = task_job(task);
	HftJobChange change;

	if (job->failures >= hft_retry_limit && task->op == HFT_OP_HISTORY &&
		job->final != HFT_REMOTE_UNKNOWN)
		return give_up_history(task);
	if (job->failures >= hft_retry_limit && job->facts.remote_id == NULL)
		return hft_job_park(task, "error", task->outcome.message ?
							task->outcome.message : "the job kept failing",
							task->outcome.hint);
	hft_job_change(job, &change);
	change.failures = job->failures + 1;
	describe_error(task, &change);
	/* the status before it may have had nothing new to be recorded */
	change.answered = task->op == HFT_OP_HISTORY && job->polled;
	change.keep_error = job->final != HFT_REMOTE_UNKNOWN;
	change.due_ms = hft_retry_delay(job->failures,
									task->outcome.retry_after_ms,
									pg_prng_uint32(&pg_global_prng_state));
	/* each status between two histories begins the backoff anew */
	if (task->op == HFT_OP_HISTORY)
		change.due_ms = Max(change.due_ms, hft_poll_interval);
	return hft_job_finish_turn(task, &change, false);
}

/*
 * Refused for good.  Before the job exists that is its end; a wish that is
 * refused is noted and dropped; a poll goes on.
 */
static HftTurn
end_or_ignore(HftTask *task)
{
	HftJob	   *job = task_job(task);
	HftJobChange change;

	switch (task->op)
	{
		case HFT_OP_UPLOAD:
		case HFT_OP_FILE_STATUS:
			hft_file_failed(job->file, task->outcome.message);
			job->file = NULL;
			/* FALLTHROUGH */
		case HFT_OP_CREATE:
			hft_job_change(job, &change);
			hft_job_explain_failure(task, &change);
			return hft_job_close(task, HFT_JOB_FAILED, change.message,
								 change.hint);
		case HFT_OP_CANCEL:
		case HFT_OP_PAUSE:
		case HFT_OP_RESUME:
			hft_job_note(job->id, "warn",
						 psprintf("%s refused: %s", hft_op_name(task->op),
								  hft_redact(task->outcome.message ?
											 task->outcome.message : "", 1024)));
			hft_job_change(job, &change);
			change.fulfilled = true;
			change.answered = true;
			return hft_job_finish_turn(task, &change, true);
		case HFT_OP_ESTIMATE:
			/* no quote is no reason not to buy */
			hft_job_change(job, &change);
			change.state = HFT_JOB_CREATING;
			return hft_job_finish_turn(task, &change, true);
		default:
			return retry_later(task);
	}
}

/* Was the file of this turn once accepted by the provider? */
static bool
was_accepted(const HftJobFile *file)
{
	return strcmp(file->state, "ready") == 0 ||
		strcmp(file->state, "deleted") == 0;
}

/* The provider deleted a file that it had accepted: send it again (F41). */
static HftTurn
send_anew(HftTask *task)
{
	HftJob	   *job = task_job(task);
	HftJobChange change;

	hft_file_renew(job->file, job->id);
	hft_job_note(job->id, "info",
				 psprintf("file \"%s\" is gone from the platform and is sent again",
						  job->file->facts.filename));
	hft_job_change(job, &change);
	change.state = HFT_JOB_UPLOADING;
	change.failures = 0;
	return hft_job_finish_turn(task, &change, false);
}

/* Something we know was not found. */
static HftTurn
look_again(HftTask *task)
{
	HftJob	   *job = task_job(task);
	HftJobChange change;

	if (task->op == HFT_OP_FILE_STATUS && was_accepted(job->file))
		return send_anew(task);
	if (task->op == HFT_OP_HISTORY && job->final != HFT_REMOTE_UNKNOWN)
		return hft_job_history_done(task);
	if (job->facts.remote_id == NULL)
		return end_or_ignore(task);
	if (job->failures > 0)
		return hft_job_park(task, "lost",
							"the platform does not know this job any more",
							"It may have been deleted there, or the key belongs to another project.");
	hft_job_change(job, &change);
	change.failures = job->failures + 1;
	describe_error(task, &change);
	change.due_ms = LOST_RECHECK_MS;
	return hft_job_finish_turn(task, &change, false);
}

/*
 * A paid request without proof of failure: nothing is repeated; the next
 * turn searches for its effect (P3).
 */
static HftTurn
doubt(HftTask *task)
{
	HftJob	   *job = task_job(task);
	HftJobChange change;

	hft_job_change(job, &change);
	describe_error(task, &change);
	change.due_ms = hft_look_delay(0, 0, INT64CONST(1000) * 3600);
	return hft_job_finish_turn(task, &change, false);
}

static HftTurn
park_credential(HftTask *task)
{
	hft_task_reject_credential(task, task_job(task)->owner);
	return hft_job_park(task, "credential",
						task->outcome.message ? task->outcome.message
						: "the credential was rejected",
						HFT_CREDENTIAL_HINT);
}

/* What the job came to does not depend on tidying up after it. */
static HftTurn
leave_file(HftTask *task)
{
	HftJob	   *job = task_job(task);

	hft_job_note(job->id, "warn",
				 psprintf("file \"%s\" stays at the platform: %s",
						  job->file->facts.remote_id,
						  hft_redact(task->outcome.message ?
									 task->outcome.message : "", 1024)));
	return hft_job_finish(task);
}

HftTurn
hft_job_failure(HftTask *task, const HftResult *result)
{
	const HftOutcome *outcome = &task->outcome;
	Reaction	reaction = reactions[outcome->error];

	settle_failure(task, result);
	if (task->op == HFT_OP_DELETE_FILE)
		return leave_file(task);
	if (task->op == HFT_OP_CREATE && task->attempt != 0 &&
		!outcome->proof_not_done)
		return doubt(task);
	if (result != NULL && (result->net == HFT_NET_TLS ||
						   result->net == HFT_NET_FORBIDDEN))
		reaction = PARK_UNSAFE;
	switch (reaction)
	{
		case RETRY:
			return retry_later(task);
		case PARK_LIMIT:
			return hft_job_park(task, "limit", outcome->message ?
								outcome->message : "a limit of the account is reached",
								outcome->hint ? outcome->hint :
								"Raise the limit at the platform, then call hft.retry_job().");
		case PARK_CREDENTIAL:
			return park_credential(task);
		case PARK_UNSAFE:
			return hft_job_park(task, "error", outcome->message,
								outcome->hint);
		case END:
			return end_or_ignore(task);
		case LOOK_AGAIN:
			return look_again(task);
	}
	return retry_later(task);
}

/* A step raised an error of our own making, or of the database's. */
void
hft_job_blame(HftTask *task, const char *sqlstate, const char *problem)
{
	HftJob	   *job = task_job(task);
	HftJobChange change;

	/* what was undone with the transaction had changed ours */
	if (!hft_job_reread_state(job))
		return;
	hft_job_change(job, &change);
	change.error_class = "internal";
	change.sqlstate = sqlstate;
	change.message = problem;
	change.failures = job->failures + 1;
	change.due_ms = hft_retry_delay(job->failures, HFT_UNKNOWN,
									pg_prng_uint32(&pg_global_prng_state));
	if (change.failures > hft_retry_limit)
	{
		if (job->state != HFT_JOB_NEEDS_ATTENTION)
			change.resume_state = job->state;
		change.state = HFT_JOB_NEEDS_ATTENTION;
		change.reason = "error";
		change.due_ms = -1;
		change.hint = "See the server's log, then call hft.retry_job().";
	}
	if (hft_job_record(job, &change))
		task->due = job->due;
}
