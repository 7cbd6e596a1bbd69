/*-------------------------------------------------------------------------
 *
 * engine.c
 *	  Drives every task of a worker: the loop body of its life.
 *
 * One pass: cancelled transfers are given up, finished ones recorded, hungry
 * ones fed, measured files advanced by one slice, and what is due started
 * while there is room.  Each step of each task runs in its own transaction
 * and its own PG_TRY; what it raises is charged to that task alone (R9, F08).
 * No transaction is open when the pass ends (P1).
 *
 * Memory: the engine's context lives as long as the worker; each task has a
 * context of its own below it and an arena for the current request.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <time.h>

#include "access/xact.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/latch.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "base/errors.h"
#include "base/settings.h"
#include "base/sql.h"
#include "compat.h"
#include "provider/signer.h"
#include "worker/engine.h"
#include "worker/exchange.h"
#include "worker/fault.h"
#include "worker/subject.h"
#include "worker/worker.h"

#define TASK_LIMIT 1024			/* hard bound of hft.max_requests */
#define ARENA_LIMIT (64 * 1024 * 1024)
#define PAUSE_MS 5000			/* when nothing can be recorded (F09) */

struct HftEngine
{
	MemoryContext context;
	HftHttp    *http;
	uint32		wait_event;
	HftTask    *tasks[TASK_LIMIT];
	int			ntasks;
	TimestampTz due;			/* cached: when something falls due */
	TimestampTz pause_until;	/* the database itself is in trouble */
	HftEngineStatus status;
};

/* Parent of all tasks contexts: the engine of this process. */
static MemoryContext tasks_context = NULL;

static const HftSubject *const subjects[] = {
	&hft_job_subject,
	&hft_deployment_subject,
	&hft_import_subject,
};

HftEngine *
hft_engine_create(void)
{
	MemoryContext context = AllocSetContextCreate(TopMemoryContext, "hft worker",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	HftEngine  *engine = palloc0(sizeof(HftEngine));

	engine->context = tasks_context = context;
	engine->http = hft_http_create();
	engine->wait_event = hft_wait_event_new("HftWorker");
	engine->due = DT_NOBEGIN;
	engine->pause_until = DT_NOBEGIN;
	MemoryContextSwitchTo(old);
	return engine;
}

void
hft_engine_status(const HftEngine *engine, HftEngineStatus *status)
{
	*status = engine->status;
	status->running = engine->ntasks;
}

static void
destroy_arena(void *arg)
{
	hft_arena_destroy(arg);
}

MemoryContext
hft_task_context_create(void)
{
	return AllocSetContextCreate(tasks_context, "hft task",
								 ALLOCSET_SMALL_SIZES);
}

HftTask *
hft_task_create(const HftSubject *subject, int64 id, MemoryContext context)
{
	HftTask    *task = MemoryContextAllocZero(context, sizeof(HftTask));
	MemoryContextCallback *cleanup;

	cleanup = MemoryContextAlloc(context, sizeof(*cleanup));
	task->subject = subject;
	task->id = id;
	task->context = context;
	task->arena = hft_arena_create(ARENA_LIMIT);
	if (task->arena == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	cleanup->func = destroy_arena;
	cleanup->arg = task->arena;
	MemoryContextRegisterResetCallback(context, cleanup);
	return task;
}

void
hft_task_free(HftTask *task)
{
	if (task->transfer != NULL)
		hft_transfer_free(task->transfer);
	hft_token_release(&task->token);
	hft_feed_close(task->feed);
	hft_secret_free(task->secret);
	MemoryContextDelete(task->context);
}

static void
release(HftEngine *engine, HftTask *task)
{
	for (int i = 0; i < engine->ntasks; i++)
		if (engine->tasks[i] == task)
			engine->tasks[i] = engine->tasks[--engine->ntasks];
	hft_task_free(task);
	engine->due = DT_NOBEGIN;
}

/* Keep the latest error for hft.worker. */
static void
remember_error(HftEngine *engine, const HftTask *task, const char *problem)
{
	engine->status.errors++;
	snprintf(engine->status.last_error, sizeof(engine->status.last_error),
			 "%s " INT64_FORMAT ": %s", task->subject->name, task->id,
			 problem);
}

/* The database itself is in trouble: leave it alone for a while. */
static void
take_a_break(HftEngine *engine)
{
	engine->pause_until =
		TimestampTzPlusMilliseconds(GetCurrentTimestamp(), PAUSE_MS);
}

/*
 * Record, in a fresh transaction, that a step of "task" raised "error".  When
 * even that fails, leave the database alone for a while (F09).
 */
static void
blame(HftEngine *engine, HftTask *task, const ErrorData *error)
{
	char	   *problem = hft_redact(error->message, 1024);
	const char *sqlstate = unpack_sql_state(error->sqlerrcode);

	remember_error(engine, task, problem);
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
		MemoryContextSwitchTo(task->context);
		FlushErrorState();
		AbortCurrentTransaction();
		take_a_break(engine);
	}
	PG_END_TRY();
}

/* A step of a task: something that may raise. */
typedef HftTurn (*StepFunction) (HftEngine *engine, HftTask *task);

/*
 * Run one step so that whatever it raises ends the task and nothing else.
 * Cancel and shutdown pass through: CHECK_FOR_INTERRUPTS ends the process
 * by FATAL, which no PG_TRY sees.
 */
static HftTurn
run_step(HftEngine *engine, HftTask *task, StepFunction step)
{
	MemoryContext old = MemoryContextSwitchTo(task->context);
	volatile HftTurn turn = HFT_TURN_RELEASE;

	PG_TRY();
	{
		turn = step(engine, task);
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(task->context);
		error = CopyErrorData();
		FlushErrorState();
		AbortCurrentTransaction();
		blame(engine, task, error);
		turn = HFT_TURN_RELEASE;
	}
	PG_END_TRY();
	MemoryContextSwitchTo(old);
	return turn;
}

/* Record what the outcome means; "result" is NULL when nothing was sent. */
static HftTurn
record_outcome(HftEngine *engine, HftTask *task, const HftResult *result)
{
	HftTurn		turn;

	if (task->outcome.progress == HFT_FAILED)
		remember_error(engine, task,
					   hft_redact(task->outcome.message ?
								  task->outcome.message : "refused", 256));
	if (!hft_worker_begin())
		return HFT_TURN_RELEASE;
	task->lasting = task->attempt != 0;
	turn = task->subject->apply(task, result);
	hft_fault_point("commit", hft_op_name(task->op));
	hft_worker_commit(task->lasting);
	return turn;
}

/* Sign and send what next() prepared; the transaction is over. */
static HftTurn
send_request(HftEngine *engine, HftTask *task)
{
	const char *problem = NULL;

	switch (hft_exchange_begin(task, engine->http))
	{
		case HFT_TOKEN_READY:
			break;
		case HFT_TOKEN_FAILED:
			return record_outcome(engine, task, NULL);
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
	task->transfer = hft_http_start(engine->http, &task->request, task);
	return HFT_TURN_SEND;
}

/* Read one slice of a feed in a transaction of its own (R36). */
static HftTurn
read_slice(HftEngine *engine, HftTask *task)
{
	if (!hft_worker_begin())
		return HFT_TURN_RELEASE;
	hft_feed_read(task->feed);
	if (task->subject->fed != NULL)
		task->subject->fed(task);
	hft_worker_commit(false);
	return HFT_TURN_AGAIN;
}

/* One call of next(), with its transaction; then send if it says so. */
static HftTurn
take_turn(HftEngine *engine, HftTask *task)
{
	HftTurn		turn;

	if (!hft_worker_begin())
		return HFT_TURN_RELEASE;
	task->lasting = false;
	task->attempt = 0;
	turn = task->subject->next(task);
	hft_worker_commit(task->lasting || task->attempt != 0);
	if (turn != HFT_TURN_SEND)
		return turn;
	/* a commit that was not waited for is not durable everywhere (F68) */
	CHECK_FOR_INTERRUPTS();
	return send_request(engine, task);
}

/* Go on with a task until it waits for the network or is let go. */
static void
advance(HftEngine *engine, HftTask *task)
{
	HftTurn		turn;

	do
		turn = run_step(engine, task, take_turn);
	while (turn == HFT_TURN_AGAIN);
	if (turn == HFT_TURN_RELEASE)
		release(engine, task);
}

/* A transfer is over: interpret, record, commit. */
static HftTurn
record_answer(HftEngine *engine, HftTask *task)
{
	const HftResult *result = hft_transfer_result(task->transfer);

	hft_fault_point("answer", hft_op_name(task->op));
	hft_task_interpret(task, result);
	hft_fault_point("record", hft_op_name(task->op));
	return record_outcome(engine, task, result);
}

/* The exchange for a token is over: now the task's own request, or not. */
static HftTurn
take_token(HftEngine *engine, HftTask *task)
{
	const HftResult *result = hft_transfer_result(task->transfer);

	if (!hft_exchange_finish(task, result))
		return record_outcome(engine, task, result->net == HFT_NET_OK ?
							  NULL : result);
	hft_fault_point("token", hft_op_name(task->op));
	hft_transfer_free(task->transfer);
	task->transfer = NULL;
	return send_request(engine, task);
}

static void
finish(HftEngine *engine, HftTask *task)
{
	HftTurn		turn = run_step(engine, task, task->token.asking ?
								take_token : record_answer);

	engine->status.requests++;
	if (turn == HFT_TURN_SEND)
		return;					/* it was the exchange, now it is the request */
	if (task->transfer != NULL)
		hft_transfer_free(task->transfer);
	task->transfer = NULL;
	hft_arena_reset(task->arena);
	if (turn == HFT_TURN_RELEASE)
		release(engine, task);
	else
		advance(engine, task);
}

static void
feed(HftEngine *engine, HftTask *task)
{
	if (hft_feed_needs_read(task->feed) &&
		run_step(engine, task, read_slice) == HFT_TURN_RELEASE)
	{
		release(engine, task);
		return;
	}
	hft_feed_give(task->feed, task->transfer);
	hft_fault_point("feed", hft_op_name(task->op));
}

/* Go on with tasks whose token somebody else asked for. */
static void
resume_waiting(HftEngine *engine)
{
	for (int i = engine->ntasks - 1; i >= 0; i--)
	{
		HftTask    *task = engine->tasks[i];
		HftTurn		turn;

		if (!task->token.waiting || hft_token_is_waiting(&task->token))
			continue;
		turn = run_step(engine, task, send_request);
		if (turn == HFT_TURN_RELEASE)
			release(engine, task);
		else if (turn == HFT_TURN_AGAIN)
			advance(engine, task);
	}
}

/* Neither on the network nor waiting for somebody who is. */
static bool
is_measuring(const HftTask *task)
{
	return task->transfer == NULL && !task->token.waiting;
}

/* Tasks that measure have a feed and no transfer: one slice each. */
static void
measure(HftEngine *engine)
{
	for (int i = engine->ntasks - 1; i >= 0; i--)
	{
		HftTask    *task = engine->tasks[i];

		if (!is_measuring(task))
			continue;
		if (run_step(engine, task, read_slice) == HFT_TURN_RELEASE)
			release(engine, task);
		else
			advance(engine, task);
	}
}

/* Give up transfers whose job was cancelled meanwhile (F48). */
static HftTurn
look_for_cancelled(HftEngine *engine, HftTask *unused)
{
	if (!hft_worker_begin())
		return HFT_TURN_RELEASE;
	for (int i = 0; i < lengthof(subjects); i++)
		subjects[i]->cancelled(engine->tasks, engine->ntasks);
	hft_worker_commit(false);
	return HFT_TURN_AGAIN;
}

static void
drop_cancelled(HftEngine *engine)
{
	(void) look_for_cancelled(engine, NULL);
	for (int i = engine->ntasks - 1; i >= 0; i--)
		if (engine->tasks[i]->gave_up)
			release(engine, engine->tasks[i]);
}

static int
busy_ids(const HftEngine *engine, const HftSubject *subject, int64 *ids)
{
	int			count = 0;

	for (int i = 0; i < engine->ntasks; i++)
		if (engine->tasks[i]->subject == subject)
			ids[count++] = engine->tasks[i]->id;
	return count;
}

/* Load what is due; false when the extension is gone. */
static bool
load_due(HftEngine *engine)
{
	int			limit = Min(hft_max_requests, TASK_LIMIT);
	int64	   *ids = palloc(sizeof(int64) * TASK_LIMIT);
	int			before = engine->ntasks;

	if (!hft_worker_begin())
		return false;
	engine->due = DT_NOEND;
	for (int i = 0; i < lengthof(subjects); i++)
	{
		int			nbusy = busy_ids(engine, subjects[i], ids);
		int			room = limit - engine->ntasks;

		if (room > 0)
			engine->ntasks += subjects[i]->load(&engine->tasks[engine->ntasks],
												room, ids, nbusy);
		nbusy = busy_ids(engine, subjects[i], ids);
		engine->due = Min(engine->due, subjects[i]->next_due(ids, nbusy));
	}
	hft_worker_commit(false);
	pfree(ids);
	for (int i = engine->ntasks - 1; i >= before; i--)
		advance(engine, engine->tasks[i]);
	return true;
}

static void
close_everything(HftEngine *engine)
{
	while (engine->ntasks > 0)
		release(engine, engine->tasks[0]);
}

/* Drive what is under way, without looking for more. */
static void
drive(HftEngine *engine)
{
	HftTransfer *transfer;

	while ((transfer = hft_http_finished(engine->http)) != NULL)
	{
		finish(engine, hft_transfer_owner(transfer));
		CHECK_FOR_INTERRUPTS();
	}
	while ((transfer = hft_http_hungry(engine->http)) != NULL)
	{
		feed(engine, hft_transfer_owner(transfer));
		CHECK_FOR_INTERRUPTS();
	}
	resume_waiting(engine);
	measure(engine);
}

bool
hft_engine_turn(HftEngine *engine, bool look, TimestampTz *next_due)
{
	MemoryContext cycle = AllocSetContextCreate(engine->context, "hft cycle",
												ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(cycle);
	bool		installed = true;
	bool		room;

	pgstat_report_activity(STATE_RUNNING, "hft: driving jobs");
	if (look && engine->ntasks > 0)
		drop_cancelled(engine);
	drive(engine);
	room = engine->ntasks < Min(hft_max_requests, TASK_LIMIT);
	if ((look || engine->due <= hft_now()) && room &&
		engine->pause_until <= GetCurrentTimestamp())
		installed = load_due(engine);
	if (!installed)
		close_everything(engine);
	*next_due = room ? engine->due : DT_NOEND;
	pgstat_report_activity(STATE_IDLE, NULL);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(cycle);
	return installed;
}

void
hft_engine_wait(HftEngine *engine, long limit_ms, TimestampTz next_due)
{
	TimestampTz now = hft_now();
	long		wait_ms = limit_ms;

	if (next_due <= now)
		wait_ms = 0;
	else if (next_due != DT_NOEND)
		wait_ms = Min(wait_ms, TimestampDifferenceMilliseconds(now, next_due));
	for (int i = 0; i < engine->ntasks; i++)
		if (is_measuring(engine->tasks[i]))
			wait_ms = 0;		/* measuring goes on */
	hft_http_wait(engine->http, wait_ms, engine->wait_event);
}
