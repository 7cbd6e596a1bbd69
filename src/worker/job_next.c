/*-------------------------------------------------------------------------
 *
 * job_next.c
 *	  What a job does next: a table of states.
 *
 * Each entry looks at the row and either prepares one request, changes the
 * row locally, or lets the job rest until it is due.  Money is spent in one
 * place only, next_creating(): an attempt is recorded in the transaction
 * that ends before the request leaves (R27).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/errors.h"
#include "base/settings.h"
#include "base/sql.h"
#include "worker/fault.h"
#include "worker/job_internal.h"
#include "worker/retry.h"
#include "worker/stall.h"

#define OTHER_UPLOAD_MS 1000	/* another job sends the same file */
#define CREDENTIAL_LOOK_MS 30000	/* has the key file changed? */
#define MIN_LOOKS 2				/* before an effect counts as absent (R30) */

/*
 * Build the request of an operation.  A missing operation parks the job; an
 * outcome that the adapter knows without asking is applied at once.
 */
static HftTurn
prepare(HftTask *task, HftOp op, const char *cursor)
{
	HftJob	   *job = task_job(task);

	task->call.job = &job->facts;
	task->call.file = job->file ? &job->file->facts : NULL;
	switch (hft_task_prepare(task, op, cursor))
	{
		case HFT_PREPARED:
			return HFT_TURN_SEND;
		case HFT_PREPARED_KNOWN:
			return hft_job_apply(task, NULL);
		case HFT_PREPARED_MISSING:
			break;
	}
	return hft_job_park(task, "refused", task->outcome.message,
						task->outcome.hint);
}

/* As prepare(), with the outbox entry that makes the effect traceable. */
static HftTurn
prepare_effect(HftTask *task, HftOp op, const char *cursor,
			   const HftAttempt *attempt)
{
	HftTurn		turn = prepare(task, op, cursor);

	if (turn == HFT_TURN_SEND)
	{
		HftScope	scope;

		hft_scope_enter(&scope);
		task->attempt = hft_attempt_intend(attempt, &task->request);
		hft_scope_leave(&scope);
	}
	return turn;
}

static HftTurn
move_to(HftTask *task, HftJobState state)
{
	HftJobChange change;

	hft_job_change(task_job(task), &change);
	change.state = state;
	change.failures = 0;
	task->lasting = true;
	return hft_job_finish_turn(task, &change, true);
}

/* Nothing changes but the time of the next look; an error stays told. */
static HftTurn
rest(HftTask *task, int64 due_ms)
{
	HftJobChange change;

	hft_job_change(task_job(task), &change);
	change.keep_error = true;
	change.due_ms = due_ms;
	return hft_job_finish_turn(task, &change, false);
}

static bool
cancel_is_wanted(const HftJob *job)
{
	return job->wanted != NULL && strcmp(job->wanted, "cancel") == 0;
}

static HftTurn
next_pending(HftTask *task)
{
	return move_to(task, HFT_JOB_UPLOADING);
}

/* The first file that is not at the provider yet; NULL: all are. */
static HftJobFile *
file_to_send(HftJob *job)
{
	if (job->training.facts.remote_id == NULL)
		return &job->training;
	if (job->validation.id != 0 && job->validation.facts.remote_id == NULL)
		return &job->validation;
	return NULL;
}

/*
 * A file whose upload was begun and not finished may be there already: look
 * before sending it again (K05-K08), once per life of the task.
 */
static HftTurn
send_file(HftTask *task)
{
	HftJob	   *job = task_job(task);
	HftJobFile *file = job->file;
	HftAttempt	attempt = {0};
	bool		may_be_there = strcmp(file->state, "uploading") == 0;
	char	   *cursor;

	if (may_be_there &&
		task->server->provider->operations[HFT_OP_FIND_FILE].request != NULL)
		return prepare(task, HFT_OP_FIND_FILE,
					   hft_cursor_get(file->remote, "find_file"));
	cursor = hft_cursor_get(file->remote, "upload");
	if (cursor != NULL)
		return prepare(task, HFT_OP_UPLOAD, cursor);
	attempt.job_id = job->id;
	attempt.file_id = file->id;
	attempt.kind = "upload";
	attempt.token = file->token;
	return prepare_effect(task, HFT_OP_UPLOAD, NULL, &attempt);
}

static void
open_feed(HftTask *task)
{
	const HftJobFile *file = task_job(task)->file;
	MemoryContext old;

	if (task->feed != NULL)
		return;
	old = MemoryContextSwitchTo(task->context);
	task->feed = hft_feed_open(file->version, file->facts.split,
							   file->facts.format);
	MemoryContextSwitchTo(old);
}

/* All of a file was read: its size and hash are known now. */
static bool
finish_measuring(HftTask *task)
{
	char		sha256[65];
	int64		bytes;

	if (!hft_feed_measure(task->feed, &bytes, sha256))
		return false;
	hft_file_measured(task_job(task)->file, bytes, sha256);
	return true;
}

static HftTurn
next_uploading(HftTask *task)
{
	HftJob	   *job = task_job(task);
	HftJobFile *file = file_to_send(job);

	if (file != job->file)
	{
		hft_feed_close(task->feed);
		task->feed = NULL;
		job->file = file;
	}
	if (file == NULL)
		return move_to(task, HFT_JOB_PREPARING);
	if (strcmp(file->state, "failed") == 0)
		return hft_job_close(task, HFT_JOB_FAILED,
							 "the training file was refused", NULL);
	if (!hft_file_claim(file, job->id))
		return rest(task, OTHER_UPLOAD_MS);
	open_feed(task);
	if (file->facts.bytes == HFT_UNKNOWN && !finish_measuring(task))
		return HFT_TURN_MEASURE;
	return send_file(task);
}

/*
 * The first file not seen accepted yet; NULL: all are.  One that an earlier
 * job sent is looked at again, because it may be gone (F41).
 */
static HftJobFile *
file_to_check(HftJob *job)
{
	if (!job->training.checked)
		return &job->training;
	if (job->validation.id != 0 && !job->validation.checked)
		return &job->validation;
	return NULL;
}

static HftTurn
next_preparing(HftTask *task)
{
	HftJob	   *job = task_job(task);

	job->file = file_to_check(job);
	if (job->file != NULL)
		return prepare(task, HFT_OP_FILE_STATUS,
					   hft_cursor_get(job->file->remote, "file_status"));
	if (task->server->provider->operations[HFT_OP_ESTIMATE].request != NULL)
		return prepare(task, HFT_OP_ESTIMATE, NULL);
	return move_to(task, HFT_JOB_CREATING);
}

/*
 * An effect in doubt: search for it.  Absent after the settle time and
 * enough looks, it may be repeated where that is proved safe: the token
 * deduplicates, or nobody saw the request leave (the worker died around it,
 * K10).  A request that was seen leaving is parked for its owner (P3, R30),
 * unless he wants the job cancelled anyway.
 */
static HftTurn
resolve_doubt(HftTask *task)
{
	HftJob	   *job = task_job(task);
	HftScope	scope;

	if (job->attempt_looks < MIN_LOOKS ||
		job->attempt_age_ms < hft_task_settle_ms(task))
		return prepare(task, HFT_OP_FIND, job->find_cursor);
	if (job->attempt_sent && !cancel_is_wanted(job) &&
		!task->server->provider->create_is_idempotent)
		return hft_job_park(task, "in_doubt",
							"the request to create the job was sent, its answer was lost, and no such job is listed",
							"Look at the platform's own job list; then call hft.retry_job(), which says what it would do, or hft.cancel_job().");
	hft_scope_enter(&scope);
	hft_attempt_settle(job->attempt, HFT_VERDICT_NOT_DONE, NULL, 0,
					   "not found after the settle time");
	hft_scope_leave(&scope);
	if (job->attempt_sent && cancel_is_wanted(job))
		hft_job_note(job->id, "warn",
					 "cancelled while in doubt: the request had been sent, but no such job was listed");
	job->attempt = 0;
	task->lasting = true;
	return HFT_TURN_AGAIN;
}

/*
 * The one place where a training is bought.  The row is held from here to the
 * commit of the intent: a cancel comes before it, and nothing is bought, or
 * after it, and finds the open attempt.
 */
static HftTurn
next_creating(HftTask *task)
{
	HftJob	   *job = task_job(task);
	HftAttempt	attempt = {0};

	hft_fault_point("intend", hft_op_name(HFT_OP_CREATE));
	job->file = NULL;
	if (job->attempt != 0)
		return resolve_doubt(task);
	if (!hft_job_hold(job))
		return HFT_TURN_RELEASE;
	attempt.job_id = job->id;
	attempt.kind = hft_op_name(HFT_OP_CREATE);
	attempt.token = job->facts.token;
	return prepare_effect(task, HFT_OP_CREATE,
						  hft_cursor_get(job->remote, "create"), &attempt);
}

/* What the owner asked for goes before the next poll. */
static bool
wish(const HftJob *job, HftOp *op)
{
	static const struct
	{
		const char *wanted;
		HftOp		op;
	}			wishes[] = {
		{"cancel", HFT_OP_CANCEL},
		{"pause", HFT_OP_PAUSE},
		{"resume", HFT_OP_RESUME},
	};

	for (int i = 0; job->wanted != NULL && i < lengthof(wishes); i++)
	{
		if (strcmp(job->wanted, wishes[i].wanted) != 0)
			continue;
		*op = wishes[i].op;
		return true;
	}
	return false;
}

/* After each status, and until its end once the job is over. */
static HftTurn
read_history(HftTask *task)
{
	if (task->server->provider->operations[HFT_OP_HISTORY].request == NULL)
		return hft_job_history_done(task);
	return prepare(task, HFT_OP_HISTORY,
				   hft_cursor_get(task_job(task)->remote, "history"));
}

/*
 * The job is over and told.  A file that no other job can use is deleted:
 * where files are not shared, the platform's room for them is small.
 */
static HftTurn
next_cleanup(HftTask *task)
{
	HftJob	   *job = task_job(task);
	const HftOperation *operations = task->server->provider->operations;

	if (!job->training.exclusive || job->training.facts.remote_id == NULL ||
		operations[HFT_OP_DELETE_FILE].request == NULL)
		return hft_job_finish(task);
	job->file = &job->training;
	return prepare(task, HFT_OP_DELETE_FILE, NULL);
}

static HftTurn
next_live(HftTask *task)
{
	HftJob	   *job = task_job(task);
	HftOp		op;

	job->file = NULL;
	if (job->history_read)
		return next_cleanup(task);
	if (job->polled || job->final != HFT_REMOTE_UNKNOWN)
		return read_history(task);
	hft_stall_deadline(task);
	if (wish(job, &op))
		return prepare(task, op, hft_cursor_get(job->remote, hft_op_name(op)));
	return prepare(task, HFT_OP_STATUS, hft_cursor_get(job->remote, "status"));
}

/*
 * A rejected credential: resume once it has changed (F27).  A cancel that
 * came while the job was being parked is passed on.
 */
static HftTurn
next_parked(HftTask *task)
{
	HftJob	   *job = task_job(task);

	if (!cancel_is_wanted(job) &&
		(job->reason == NULL || strcmp(job->reason, "credential") != 0))
		return rest(task, -1);
	return move_to(task, job->resume_state);
}

typedef HftTurn (*NextFunction) (HftTask *task);

static const struct
{
	NextFunction next;
	bool		spends;			/* USAGE on the server is checked again */
}			steps[] = {
	[HFT_JOB_PENDING] = {next_pending, true},
	[HFT_JOB_UPLOADING] = {next_uploading, true},
	[HFT_JOB_PREPARING] = {next_preparing, true},
	[HFT_JOB_CREATING] = {next_creating, true},
	[HFT_JOB_QUEUED] = {next_live, false},
	[HFT_JOB_RUNNING] = {next_live, false},
	[HFT_JOB_PAUSED] = {next_live, false},
	[HFT_JOB_NEEDS_ATTENTION] = {next_parked, false},
};

/*
 * What must hold before anything is done for a job: it belongs here (R42),
 * and server, owner, right and credential are in order (R40, F61).
 */
static bool
check_ground(HftTask *task, HftTurn *turn)
{
	HftJob	   *job = task_job(task);
	HftGround	ground;

	if (!job->is_here)
	{
		*turn = hft_job_park(task, "moved",
							 "the job was submitted in another cluster or database",
							 "Call hft.adopt_job() if this one is to go on with it.");
		return false;
	}
	if (hft_task_ground(task, job->server, job->owner,
						steps[job->state].spends, &ground))
		return true;
	if (job->state == HFT_JOB_NEEDS_ATTENTION && ground.credential)
		*turn = rest(task, CREDENTIAL_LOOK_MS);
	else
		*turn = hft_job_park(task,
							 ground.credential ? "credential" : "permission",
							 ground.message, ground.hint);
	return false;
}

/* Cancelled, and the platform does not have it: over without asking. */
static bool
is_unwanted(const HftJob *job)
{
	return cancel_is_wanted(job) && job->facts.remote_id == NULL &&
		job->attempt == 0;
}

HftTurn
hft_job_next(HftTask *task)
{
	MemoryContext old = MemoryContextSwitchTo(task->context);
	HftTurn		turn;

	if (is_unwanted(task_job(task)))
		turn = hft_job_close(task, HFT_JOB_CANCELLED, NULL, NULL);
	else if (check_ground(task, &turn))
		turn = steps[task_job(task)->state].next(task);
	MemoryContextSwitchTo(old);
	return turn;
}
