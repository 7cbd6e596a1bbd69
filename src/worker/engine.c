/*-------------------------------------------------------------------------
 *
 * engine.c
 *	  Drives every task of a worker: the loop body of its life.
 *
 * One pass: cancelled transfers are given up, finished ones recorded, hungry
 * ones fed, measured files advanced by one slice, and what is due started
 * while there is room.  What is due is known from the agenda, which is read
 * from the rows when somebody says that there is something, and kept up by
 * what the steps of the tasks record.  No transaction is open when the pass
 * ends (P1).
 *
 * Memory: the engine's context lives as long as the worker; each task has a
 * context of its own and an arena for the current request.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "pgstat.h"
#include "portability/instr_time.h"
#include "storage/latch.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "base/settings.h"
#include "base/sql.h"
#include "compat.h"
#include "worker/agenda.h"
#include "worker/engine.h"
#include "worker/fault.h"
#include "worker/retry.h"
#include "worker/step.h"
#include "worker/subject.h"
#include "worker/worker.h"

#define TASK_LIMIT 1024			/* hard bound of hft.max_requests */
#define LATER_MS 1000			/* until a locked row is tried again */
#define GATHER_MS 20			/* what falls due meanwhile starts together */
#define LOOK_SHARE 10			/* looks take at most this part of the time */

struct HftEngine
{
	MemoryContext context;
	HftSteps	steps;
	uint32		wait_event;
	HftTask    *tasks[TASK_LIMIT];
	int			ntasks;
	int			nlater;			/* of them, with an answer to be recorded */
	HftAgenda  *agenda;
	bool		look;			/* the agenda is to be read again */
	TimestampTz turned_at;		/* hft_now() of the last pass */
	instr_time	looked_at;
	double		look_pause_ms;	/* not before this since looked_at */
	bool		installed;
};

static const HftSubject *const subjects[] = {
	&hft_job_subject,
	&hft_deployment_subject,
	&hft_import_subject,
	&hft_refresh_subject,
};

HftEngine *
hft_engine_create(void)
{
	MemoryContext context = AllocSetContextCreate(TopMemoryContext, "hft worker",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	HftEngine  *engine = palloc0(sizeof(HftEngine));

	engine->context = context;
	engine->steps.http = hft_http_create();
	engine->steps.pause_until = DT_NOBEGIN;
	engine->wait_event = hft_wait_event_new("HftWorker");
	engine->agenda = hft_agenda_create();
	engine->look = true;
	engine->installed = true;
	MemoryContextSwitchTo(old);
	return engine;
}

void
hft_engine_status(const HftEngine *engine, HftEngineStatus *status)
{
	*status = engine->steps.status;
	status->running = engine->ntasks;
}

/* ---- tasks */

static int
kind_of(const HftTask *task)
{
	int			kind = 0;

	while (subjects[kind] != task->subject)
		kind++;
	return kind;
}

static void
release(HftEngine *engine, HftTask *task)
{
	for (int i = 0; i < engine->ntasks; i++)
		if (engine->tasks[i] == task)
			engine->tasks[i] = engine->tasks[--engine->ntasks];
	if (task->retry_at != 0)
		engine->nlater--;
	hft_agenda_put(engine->agenda, kind_of(task), task->id, task->due);
	hft_task_free(task);
}

static void
close_everything(HftEngine *engine)
{
	while (engine->ntasks > 0)
		release(engine, engine->tasks[0]);
}

/* Tasks under way that wait for the network, or go on without it. */
static bool
has_room(const HftEngine *engine)
{
	return engine->ntasks < TASK_LIMIT &&
		engine->ntasks - engine->nlater < hft_max_requests;
}

/* Go on with tasks until they wait for the network or are let go. */
static void
advance(HftEngine *engine, HftTask **tasks, int count)
{
	HftTurn    *turns = palloc(sizeof(HftTurn) * (count + 1));

	while (count > 0)
	{
		int			again = 0;

		hft_steps_next(&engine->steps, tasks, turns, count);
		for (int i = 0; i < count; i++)
		{
			if (turns[i] == HFT_TURN_AGAIN)
				tasks[again++] = tasks[i];
			else if (turns[i] == HFT_TURN_RELEASE ||
					 turns[i] == HFT_TURN_LATER)
				release(engine, tasks[i]);
		}
		count = again;
		CHECK_FOR_INTERRUPTS();
	}
	pfree(turns);
}

/*
 * The row is locked by somebody.  What can be asked again is asked again; an
 * answer that cost something is kept, without taking room from others.
 */
static void
try_later(HftEngine *engine, HftTask *task)
{
	if (task->attempt == 0 && task->request.effect == HFT_EFFECT_READ)
	{
		release(engine, task);
		return;
	}
	if (task->retry_at == 0)
		engine->nlater++;
	task->retry_at = TimestampTzPlusMilliseconds(hft_now(), LATER_MS);
}

/* The answers of these tasks were recorded; returns how many go on. */
static int
after_answers(HftEngine *engine, HftTask **tasks, const HftTurn *turns,
			  int count)
{
	int			again = 0;

	for (int i = 0; i < count; i++)
	{
		if (turns[i] == HFT_TURN_SEND)
			continue;			/* it was an exchange, now it is the request */
		if (turns[i] == HFT_TURN_LATER)
		{
			try_later(engine, tasks[i]);
			continue;
		}
		hft_task_transfer_free(tasks[i]);
		if (turns[i] == HFT_TURN_RELEASE)
			release(engine, tasks[i]);
		else
			tasks[again++] = tasks[i];
	}
	return again;
}

/* Record what came back from the network. */
static void
finish_transfers(HftEngine *engine)
{
	HftTask   **tasks = palloc(sizeof(HftTask *) * TASK_LIMIT);
	HftTurn    *turns = palloc(sizeof(HftTurn) * TASK_LIMIT);
	HftTransfer *transfer;
	int			count = 0;

	while (count < TASK_LIMIT &&
		   (transfer = hft_http_finished(engine->steps.http)) != NULL)
		tasks[count++] = hft_transfer_owner(transfer);
	hft_steps_answer(&engine->steps, tasks, turns, count);
	engine->steps.status.requests += count;
	advance(engine, tasks, after_answers(engine, tasks, turns, count));
	pfree(tasks);
	pfree(turns);
}

/* Answers whose rows were locked: perhaps they can be recorded now. */
static void
retry_answers(HftEngine *engine)
{
	TimestampTz now = hft_now();

	for (int i = engine->ntasks - 1; i >= 0; i--)
	{
		HftTask    *task = engine->tasks[i];
		HftTurn		turn;

		if (task->retry_at == 0 || task->retry_at > now)
			continue;
		turn = hft_step_record(&engine->steps, task);
		if (turn != HFT_TURN_LATER)
		{
			task->retry_at = 0;
			engine->nlater--;
		}
		advance(engine, &task, after_answers(engine, &task, &turn, 1));
	}
}

/*
 * Each hungry transfer gets one slice; one that has far to skip before it can
 * go on stays hungry, and must not keep the others waiting.
 */
static void
feed_hungry(HftEngine *engine)
{
	for (int i = hft_http_running(engine->steps.http); i > 0; i--)
	{
		HftTransfer *transfer = hft_http_hungry(engine->steps.http);
		HftTask    *task;

		if (transfer == NULL)
			break;
		task = hft_transfer_owner(transfer);

		if (hft_feed_needs_read(task->feed) &&
			hft_step_slice(&engine->steps, task) == HFT_TURN_RELEASE)
			release(engine, task);
		else
		{
			hft_feed_give(task->feed, task->transfer);
			hft_fault_point("feed", hft_op_name(task->op));
		}
		CHECK_FOR_INTERRUPTS();
	}
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
		turn = hft_step_send(&engine->steps, task);
		advance(engine, &task, after_answers(engine, &task, &turn, 1));
	}
}

/* Neither on the network nor waiting for something. */
static bool
is_measuring(const HftTask *task)
{
	return task->transfer == NULL && !task->token.waiting &&
		task->retry_at == 0;
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
		if (hft_step_slice(&engine->steps, task) == HFT_TURN_RELEASE)
			release(engine, task);
		else
			advance(engine, &task, 1);
	}
}

/* ---- looking at the tables */

/* Give up transfers whose job was cancelled meanwhile (F48). */
static void
look_for_cancelled(void *arg)
{
	HftEngine  *engine = arg;

	if (!hft_worker_begin())
		return;
	for (int i = 0; i < lengthof(subjects); i++)
		subjects[i]->cancelled(engine->tasks, engine->ntasks);
	hft_worker_commit(false);
}

static void
drop_cancelled(HftEngine *engine)
{
	if (engine->ntasks == 0 ||
		!hft_step_guarded(&engine->steps, look_for_cancelled, engine))
		return;
	for (int i = engine->ntasks - 1; i >= 0; i--)
		if (engine->tasks[i]->gave_up)
			release(engine, engine->tasks[i]);
}

/* A time beyond what is ever written: the clock was set back (F70). */
static void
read_times(HftEngine *engine, int kind)
{
	TimestampTz now = hft_now();
	TimestampTz latest = TimestampTzPlusMilliseconds(now, hft_wait_limit_ms());
	HftScope	scope;
	uint64		rows;

	hft_scope_enter(&scope);
	rows = hft_statement_run(subjects[kind]->live, NULL, NULL, 0);
	for (uint64 row = 0; row < rows; row++)
	{
		TimestampTz due = hft_row_due(row, 2);

		hft_agenda_look_row(engine->agenda, kind, hft_row_int64(row, 1, 0),
							due > latest ? now : due);
	}
	hft_scope_leave(&scope);
}

/* Read when each live row is due, of all subjects. */
static void
read_agenda(void *arg)
{
	HftEngine  *engine = arg;

	engine->installed = hft_worker_begin();
	if (!engine->installed)
		return;
	hft_agenda_look_begin(engine->agenda);
	for (int i = 0; i < lengthof(subjects); i++)
		read_times(engine, i);
	hft_agenda_look_end(engine->agenda);
	hft_worker_commit(false);
}

/* How long until the next look may be taken. */
static long
look_wait_ms(const HftEngine *engine)
{
	instr_time	now;

	INSTR_TIME_SET_CURRENT(now);
	INSTR_TIME_SUBTRACT(now, engine->looked_at);
	return Max(0, (long) (engine->look_pause_ms -
						  INSTR_TIME_GET_MILLISEC(now)));
}

/*
 * A look reads all live rows.  However often somebody says that there is
 * something, looks take no more than a part of the worker's time.
 */
static void
look_at_tables(HftEngine *engine)
{
	instr_time	start;

	if (!engine->look || look_wait_ms(engine) > 0)
		return;
	engine->look = false;
	INSTR_TIME_SET_CURRENT(start);
	if (!hft_step_guarded(&engine->steps, read_agenda, engine))
	{
		engine->look = true;
		hft_steps_pause(&engine->steps);
	}
	INSTR_TIME_SET_CURRENT(engine->looked_at);
	INSTR_TIME_SUBTRACT(engine->looked_at, start);
	engine->look_pause_ms = LOOK_SHARE *
		INSTR_TIME_GET_MILLISEC(engine->looked_at);
	INSTR_TIME_SET_CURRENT(engine->looked_at);
}

/* ---- starting what is due */

/* Rows taken from the agenda, and the tasks made of them. */
typedef struct Intake
{
	HftEngine  *engine;
	int			kind;
	int64	   *ids;
	int			count;
	HftTask   **tasks;			/* room for count */
	int			loaded;
} Intake;

static void
load_rows(void *arg)
{
	Intake	   *intake = arg;

	intake->engine->installed = hft_worker_begin();
	if (!intake->engine->installed)
		return;
	intake->loaded = subjects[intake->kind]->load(intake->tasks, intake->ids,
												  intake->count);
	for (int i = 0; i < intake->loaded; i++)
		hft_task_keep(intake->tasks[i]);
	hft_worker_commit(false);
}

/* Rows that were not loaded: locked, over, or gone. */
static void
put_back(const Intake *intake, TimestampTz due)
{
	for (int i = 0; i < intake->count; i++)
	{
		bool		loaded = false;

		for (int k = 0; k < intake->loaded; k++)
			loaded |= intake->tasks[k]->id == intake->ids[i];
		if (!loaded)
			hft_agenda_put(intake->engine->agenda, intake->kind,
						   intake->ids[i], due);
	}
}

/*
 * Load them together; if that raises, one by one, so that a row that cannot
 * be read stops no other (P6).
 */
static void
take_in(Intake *intake)
{
	HftEngine  *engine = intake->engine;
	TimestampTz later = TimestampTzPlusMilliseconds(hft_now(), LATER_MS);

	intake->loaded = 0;
	if (hft_step_guarded(&engine->steps, load_rows, intake))
	{
		put_back(intake, later);
		for (int i = 0; i < intake->loaded; i++)
			engine->tasks[engine->ntasks++] = intake->tasks[i];
		advance(engine, intake->tasks, intake->loaded);
	}
	else if (intake->count == 1)
	{
		intake->loaded = 0;
		later = TimestampTzPlusMilliseconds(later, HFT_UNREADABLE_MS);
		put_back(intake, later);
	}
	else
	{
		for (int i = 0; i < intake->count; i++)
		{
			Intake		single = *intake;

			single.ids = &intake->ids[i];
			single.count = 1;
			take_in(&single);
		}
	}
}

/*
 * Start what is due, while there is room.  Rows that follow each other and
 * are of one kind are loaded together.
 */
static void
start_due(HftEngine *engine)
{
	TimestampTz now = hft_now();
	Intake		intake = {.engine = engine};
	int			kind;
	int64		id;

	intake.ids = palloc(sizeof(int64) * TASK_LIMIT);
	intake.tasks = palloc(sizeof(HftTask *) * TASK_LIMIT);
	while (engine->installed && has_room(engine) &&
		   (id = hft_agenda_take(engine->agenda, now, &kind)) != 0)
	{
		int			room = Min(TASK_LIMIT - engine->ntasks, hft_max_requests -
							   (engine->ntasks - engine->nlater));

		intake.kind = kind;
		intake.count = 0;
		do
			intake.ids[intake.count++] = id;
		while (intake.count < room &&
			   (id = hft_agenda_take_kind(engine->agenda, now, kind)) != 0);
		take_in(&intake);
		CHECK_FOR_INTERRUPTS();
	}
	pfree(intake.ids);
	pfree(intake.tasks);
}

/* ---- the pass */

/* When something is to be done without news from the network. */
static TimestampTz
next_due(HftEngine *engine)
{
	TimestampTz due = DT_NOEND;

	if (hft_steps_paused(&engine->steps))
		return engine->steps.pause_until;
	if (has_room(engine))
		due = hft_agenda_first(engine->agenda);
	if (due != DT_NOEND)
		due = TimestampTzPlusMilliseconds(due, GATHER_MS);
	if (engine->look)
		due = Min(due, TimestampTzPlusMilliseconds(hft_now(),
												   look_wait_ms(engine)));
	for (int i = 0; engine->nlater > 0 && i < engine->ntasks; i++)
		if (engine->tasks[i]->retry_at != 0)
			due = Min(due, engine->tasks[i]->retry_at);
	return due;
}

bool
hft_engine_turn(HftEngine *engine, bool look, TimestampTz *due)
{
	MemoryContext cycle = AllocSetContextCreate(engine->context, "hft cycle",
												ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(cycle);

	pgstat_report_activity(STATE_RUNNING, "hft: driving jobs");
	/* a clock that was set back moves everything away (F70) */
	engine->look |= look || hft_now() < engine->turned_at;
	engine->turned_at = hft_now();
	if (look)
		drop_cancelled(engine);
	finish_transfers(engine);
	feed_hungry(engine);
	if (engine->nlater > 0)
		retry_answers(engine);
	resume_waiting(engine);
	measure(engine);
	if (!hft_steps_paused(&engine->steps))
	{
		look_at_tables(engine);
		start_due(engine);
	}
	if (!engine->installed)
		close_everything(engine);
	*due = next_due(engine);
	pgstat_report_activity(STATE_IDLE, NULL);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(cycle);
	return engine->installed;
}

void
hft_engine_wait(HftEngine *engine, long limit_ms, TimestampTz due)
{
	TimestampTz now = hft_now();
	long		wait_ms = limit_ms;

	if (due <= now)
		wait_ms = 0;
	else if (due != DT_NOEND)
		wait_ms = Min(wait_ms, TimestampDifferenceMilliseconds(now, due));
	for (int i = 0; i < engine->ntasks; i++)
		if (is_measuring(engine->tasks[i]))
			wait_ms = 0;		/* measuring goes on */
	hft_http_wait(engine->steps.http, wait_ms, engine->wait_event);
}
