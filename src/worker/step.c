/*-------------------------------------------------------------------------
 *
 * step.c
 *	  The steps of tasks: each in a transaction, and safe from each other.
 *
 * No transaction is open when a step ends (P1).  Cancel and shutdown pass
 * through all of this: CHECK_FOR_INTERRUPTS ends the process by FATAL, which
 * no PG_TRY sees.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <time.h>

#include "access/xact.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "base/errors.h"
#include "base/secret.h"
#include "provider/signer.h"
#include "worker/exchange.h"
#include "worker/fault.h"
#include "worker/step.h"
#include "worker/worker.h"

#define PAUSE_MS 5000			/* when nothing can be recorded (F09) */
#define TELL_MS 300000			/* between two complaints in the log */
#define SHARED_MAX 64			/* steps in a transaction */

/* A step of a task: something that may raise. */
typedef HftTurn (*StepFunction) (HftSteps *steps, HftTask *task);

/* ---- errors */

/* Keep the latest error for hft.worker. */
static void
remember_error(HftSteps *steps, const char *whose, int64 id,
			   const char *problem)
{
	steps->status.errors++;
	snprintf(steps->status.last_error, sizeof(steps->status.last_error),
			 "%s " INT64_FORMAT ": %s", whose, id, problem);
}

void
hft_steps_pause(HftSteps *steps)
{
	steps->pause_until =
		TimestampTzPlusMilliseconds(GetCurrentTimestamp(), PAUSE_MS);
}

/* A clock that was set back must not make it long (F70). */
bool
hft_steps_paused(HftSteps *steps)
{
	TimestampTz now = GetCurrentTimestamp();

	if (steps->pause_until > TimestampTzPlusMilliseconds(now, PAUSE_MS))
		steps->pause_until = now;
	return steps->pause_until > now;
}

/* Somebody else's transaction is in the way, for as long as he likes. */
static bool
is_locked(const ErrorData *error)
{
	return error->sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE ||
		error->sqlerrcode == ERRCODE_T_R_DEADLOCK_DETECTED;
}

/* In a catch: end the transaction and return what was raised. */
static ErrorData *
take_error(MemoryContext context)
{
	ErrorData  *error;

	MemoryContextSwitchTo(context);
	error = CopyErrorData();
	FlushErrorState();
	AbortCurrentTransaction();
	MemoryContextSwitchTo(context);
	return error;
}

/*
 * Record, in a fresh transaction, that a step of "task" raised "error".  When
 * even that fails, leave the database alone for a while (F09).
 */
static void
blame(HftSteps *steps, HftTask *task, const ErrorData *error)
{
	char	   *problem = hft_redact(error->detail == NULL ? error->message :
									 psprintf("%s: %s", error->message,
											  error->detail), 1024);
	const char *sqlstate = unpack_sql_state(error->sqlerrcode);

	remember_error(steps, task->subject->name, task->id, problem);
	PG_TRY();
	{
		if (hft_worker_begin())
		{
			task->subject->blame(task, pstrdup(sqlstate), problem);
			hft_worker_commit(true);
		}
	}
	PG_CATCH();
	{
		if (!is_locked(take_error(task->context)))
			hft_steps_pause(steps);
	}
	PG_END_TRY();
}

/* Run one step so that whatever it raises ends the task and nothing else. */
static HftTurn
run_alone(HftSteps *steps, HftTask *task, StepFunction step)
{
	MemoryContext old = MemoryContextSwitchTo(task->context);
	volatile HftTurn turn = HFT_TURN_LATER;

	PG_TRY();
	{
		turn = step(steps, task);
	}
	PG_CATCH();
	{
		ErrorData  *error = take_error(task->context);

		if (!is_locked(error))
		{
			blame(steps, task, error);
			turn = HFT_TURN_RELEASE;
		}
	}
	PG_END_TRY();
	MemoryContextSwitchTo(old);
	return turn;
}

/* Nobody's row says it, so the log does, now and then. */
static void
complain(const char *problem)
{
	static TimestampTz told = 0;
	TimestampTz now = GetCurrentTimestamp();

	if (told <= now && !TimestampDifferenceExceeds(told, now, TELL_MS))
		return;
	told = now;
	ereport(LOG,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("hft: a look at the jobs failed: %s", problem),
			 errhint("It is tried again every few seconds.")));
}

bool
hft_step_guarded(HftSteps *steps, void (*work) (void *arg), void *arg)
{
	MemoryContext old = CurrentMemoryContext;
	volatile bool done = false;

	PG_TRY();
	{
		work(arg);
		done = true;
	}
	PG_CATCH();
	{
		ErrorData  *error = take_error(old);
		char	   *problem = hft_redact(error->message, 256);

		remember_error(steps, "look", 0, problem);
		complain(problem);
	}
	PG_END_TRY();
	return done;
}

/* ---- many steps in one transaction */

/* Where a task stood, so that its step can be taken once more. */
typedef struct Saved
{
	HftTask		task;
	void	   *row;
} Saved;

static void
save_task(Saved *saved, const HftTask *task)
{
	saved->task = *task;
	saved->row = palloc(task->subject->row_size);
	memcpy(saved->row, task->row, task->subject->row_size);
}

static void
restore_task(const Saved *saved, HftTask *task)
{
	if (task->secret != saved->task.secret)
		hft_secret_free(task->secret);
	/* the reference it holds is counted */
	if (task->account != saved->task.account)
	{
		HftAccount *account = task->account;

		*task = saved->task;
		task->account = account;
	}
	else
		*task = saved->task;
	memcpy(task->row, saved->row, task->subject->row_size);
}

/* Write the rests of all tasks that take one. */
static void
record_rests(HftTask **tasks, HftTurn *turns, int count)
{
	HftTask    *resting[SHARED_MAX];
	int			n = 0;

	for (int i = 0; i < count; i++)
	{
		if (turns[i] != HFT_TURN_REST)
			continue;
		resting[n++] = tasks[i];
		turns[i] = HFT_TURN_RELEASE;
	}
	if (n > 0)
		resting[0]->subject->rest(resting, n);
}

/* What a step does inside its transaction. */
typedef HftTurn (*WorkFunction) (HftTask *task);

static void
work_together(HftTask **tasks, HftTurn *turns, int count, WorkFunction work)
{
	bool		lasting = false;

	if (!hft_worker_begin())
	{
		for (int i = 0; i < count; i++)
			turns[i] = HFT_TURN_RELEASE;
		return;
	}
	for (int i = 0; i < count; i++)
	{
		MemoryContext old = MemoryContextSwitchTo(tasks[i]->context);

		turns[i] = work(tasks[i]);
		lasting |= tasks[i]->lasting;
		MemoryContextSwitchTo(old);
	}
	record_rests(tasks, turns, count);
	hft_worker_commit(lasting);
}

/*
 * All of them, or, when one raises, none: then the tasks stand where they
 * stood, and false is returned.
 */
static bool
run_together(HftTask **tasks, HftTurn *turns, int count, WorkFunction work)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "hft steps",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	Saved	   *saved = palloc(sizeof(Saved) * count);
	volatile bool done = false;

	for (int i = 0; i < count; i++)
		save_task(&saved[i], tasks[i]);
	PG_TRY();
	{
		work_together(tasks, turns, count, work);
		done = true;
	}
	PG_CATCH();
	{
		(void) take_error(context);
		for (int i = 0; i < count; i++)
			restore_task(&saved[i], tasks[i]);
	}
	PG_END_TRY();
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
	return done;
}

/* A step that may be taken together with others. */
typedef struct Sharing
{
	bool		(*may_share) (const HftTask *task);
	WorkFunction work;
	StepFunction alone;
} Sharing;

/*
 * Take the step of every task, together as far as they may share, else, or
 * after an error, each by itself.
 */
static void
run_all(HftSteps *steps, const Sharing *step, HftTask **tasks, HftTurn *turns,
		int count)
{
	for (int done = 0; done < count;)
	{
		int			n = 0;

		while (n < SHARED_MAX && done + n < count &&
			   step->may_share(tasks[done + n]))
			n++;
		if (n > 1 && run_together(tasks + done, turns + done, n, step->work))
		{
			done += n;
			continue;
		}
		for (n = Max(n, 1); n > 0; n--, done++)
			turns[done] = run_alone(steps, tasks[done], step->alone);
	}
}

/* ---- next */

/* Sign and send what next() prepared; the transaction is over. */
static HftTurn
send_request(HftSteps *steps, HftTask *task)
{
	const char *problem = NULL;

	switch (hft_exchange_begin(task, steps->http))
	{
		case HFT_TOKEN_READY:
			break;
		case HFT_TOKEN_FAILED:
			return hft_step_record(steps, task);
		case HFT_TOKEN_ASK:
		case HFT_TOKEN_WAIT:
			return HFT_TURN_SEND;
	}
	if (task->request.auth == HFT_AUTH_SERVER)
	{
		HftCredentials credentials = {
			.secret = task->secret ? task->secret : "",
			.token = task->token.token
		};

		problem = hft_sign_request(&task->server->facts,
								   &task->request, &credentials,
								   (int64_t) time(NULL), task->arena);
	}
	hft_secret_free(task->secret);
	task->secret = NULL;
	if (problem != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("request to server \"%s\" could not be signed",
						task->server->facts.name),
				 errdetail("%s", problem)));
	if (task->request.dataset_length > 0)
		hft_feed_seek(task->feed, task->request.dataset_offset,
					  task->request.dataset_length);
	hft_fault_point("send", hft_op_name(task->op));
	task->transfer = hft_http_start(steps->http, &task->request, task);
	return HFT_TURN_SEND;
}

HftTurn
hft_step_send(HftSteps *steps, HftTask *task)
{
	return run_alone(steps, task, send_request);
}

static HftTurn
choose(HftTask *task)
{
	HftTurn		turn;

	task->lasting = false;
	task->attempt = 0;
	turn = task->subject->next(task);
	task->lasting |= task->attempt != 0;
	return turn;
}

static HftTurn
choose_alone(HftSteps *steps, HftTask *task)
{
	HftTurn		turn;

	work_together(&task, &turn, 1, choose);
	return turn;
}

static bool
may_share(const HftTask *task)
{
	return task->subject->row_size > 0;
}

void
hft_steps_next(HftSteps *steps, HftTask **tasks, HftTurn *turns, int count)
{
	static const Sharing choosing = {may_share, choose, choose_alone};

	run_all(steps, &choosing, tasks, turns, count);
	/* a commit that was not waited for is not durable everywhere (F68) */
	CHECK_FOR_INTERRUPTS();
	for (int i = 0; i < count; i++)
		if (turns[i] == HFT_TURN_SEND)
			turns[i] = hft_step_send(steps, tasks[i]);
}

/* ---- answer */

static HftTurn
apply(HftTask *task)
{
	HftTurn		turn;

	task->lasting = task->attempt != 0;
	turn = task->subject->apply(task, task->result);
	hft_fault_point("commit", hft_op_name(task->op));
	return turn;
}

static HftTurn
apply_alone(HftSteps *steps, HftTask *task)
{
	HftTurn		turn;

	if (task->outcome.progress == HFT_FAILED)
		remember_error(steps, task->subject->name, task->id,
					   hft_redact(task->outcome.message ?
								  task->outcome.message : "refused", 256));
	work_together(&task, &turn, 1, apply);
	return turn;
}

HftTurn
hft_step_record(HftSteps *steps, HftTask *task)
{
	return run_alone(steps, task, apply_alone);
}

/* The exchange for a token is over: now the task's own request, or not. */
static HftTurn
take_token(HftSteps *steps, HftTask *task)
{
	const HftResult *result = hft_transfer_result(task->transfer);

	if (!hft_exchange_finish(task, result))
	{
		task->result = result->net == HFT_NET_OK ? NULL : result;
		return HFT_TURN_AGAIN;
	}
	hft_fault_point("token", hft_op_name(task->op));
	hft_transfer_free(task->transfer);
	task->transfer = NULL;
	return send_request(steps, task);
}

/* Let the adapter read the answer; AGAIN: it is to be recorded. */
static HftTurn
interpret(HftSteps *steps, HftTask *task)
{
	if (task->token.asking)
		return take_token(steps, task);
	task->result = hft_transfer_result(task->transfer);
	hft_fault_point("answer", hft_op_name(task->op));
	hft_task_interpret(task, task->result);
	hft_fault_point("record", hft_op_name(task->op));
	return HFT_TURN_AGAIN;
}

/* Only what can be asked once more, and went well. */
static bool
is_plain_poll(const HftTask *task)
{
	return may_share(task) && task->attempt == 0 &&
		task->request.effect == HFT_EFFECT_READ &&
		task->outcome.progress != HFT_FAILED;
}

void
hft_steps_answer(HftSteps *steps, HftTask **tasks, HftTurn *turns, int count)
{
	static const Sharing applying = {is_plain_poll, apply, apply_alone};
	HftTask   **told = palloc(sizeof(HftTask *) * (count + 1));
	HftTurn    *told_turns = palloc(sizeof(HftTurn) * (count + 1));
	int			n = 0;

	for (int i = 0; i < count; i++)
	{
		turns[i] = run_alone(steps, tasks[i], interpret);
		if (turns[i] == HFT_TURN_AGAIN)
			told[n++] = tasks[i];
	}
	run_all(steps, &applying, told, told_turns, n);
	n = 0;
	for (int i = 0; i < count; i++)
		if (turns[i] == HFT_TURN_AGAIN)
			turns[i] = told_turns[n++];
	pfree(told);
	pfree(told_turns);
}

/* ---- feeding */

/* In a transaction of its own (R36). */
static HftTurn
read_slice(HftSteps *steps, HftTask *task)
{
	MemoryContext old;

	if (!hft_worker_begin())
		return HFT_TURN_RELEASE;
	/* a large file has many slices: each takes its memory with it */
	old = MemoryContextSwitchTo(CurTransactionContext);
	hft_feed_read(task->feed);
	if (task->subject->fed != NULL)
		task->subject->fed(task);
	MemoryContextSwitchTo(old);
	hft_worker_commit(false);
	return HFT_TURN_AGAIN;
}

HftTurn
hft_step_slice(HftSteps *steps, HftTask *task)
{
	return run_alone(steps, task, read_slice);
}
