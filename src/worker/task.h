/*-------------------------------------------------------------------------
 *
 * task.h
 *	  One thing the worker is busy with, and the kinds of things there are.
 *
 * The engine knows time, network, transactions and errors; a subject (jobs,
 * deployments, imports) knows its rows.  The engine's turn with a task:
 *
 *		next()    in a transaction: what to ask, with the attempt recorded
 *		  commit, sign, send, wait
 *		apply()   in a transaction: record what the answer meant
 *		  commit, and again from next() while the task goes on
 *
 * Both may raise; the engine then calls blame() in a fresh transaction.  Both
 * set task->due to what they recorded.  Steps of several tasks may share a
 * transaction; when it fails, the tasks and their rows in memory are put back
 * (so a row is one flat piece of row_size bytes, whose pointers lead to what
 * is not changed in place), and each step is taken alone.
 *
 * Include postgres.h first.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_TASK_H
#define HFT_TASK_H

#include "datatype/timestamp.h"

#include "base/sql.h"
#include "http/http.h"
#include "provider/provider.h"
#include "worker/account.h"
#include "worker/feed.h"
#include "worker/token.h"

typedef struct HftTask HftTask;

/* what next() and apply() want */
typedef enum HftTurn
{
	HFT_TURN_SEND,				/* task->op is set: build its request */
	HFT_TURN_AGAIN,				/* something changed locally: call next() */
	HFT_TURN_MEASURE,			/* read a slice of task->feed, then next() */
	HFT_TURN_REST,				/* nothing changed: rest() with others, let go */
	HFT_TURN_RELEASE,			/* rescheduled, parked or over: let go */
	HFT_TURN_LATER				/* of a step: its row is locked */
} HftTurn;

typedef struct HftSubject
{
	const char *name;			/* "job": for logs and activity */
	size_t		row_size;		/* 0: its steps never share a transaction */

	/* SELECT id, due_at of all rows that have something to do */
	HftStatement *live;
	/* new tasks for these rows, as far as they are live and can be had */
	int			(*load) (HftTask **tasks, const int64 *ids, int count);
	HftTurn		(*next) (HftTask *task);
	HftTurn		(*apply) (HftTask *task, const HftResult *result);
	/* record for all of them that nothing changed; NULL: it never says so */
	void		(*rest) (HftTask **tasks, int count);
	/* "problem" is what was raised, redacted; "sqlstate" its code */
	void		(*blame) (HftTask *task, const char *sqlstate,
						  const char *problem);
	/* is this transfer to be given up (cancel)?  among "busy" */
	void		(*cancelled) (HftTask **tasks, int ntasks);
	/* a slice of task->feed was read, in its transaction; may be NULL */
	void		(*fed) (HftTask *task);
} HftSubject;

struct HftTask
{
	const HftSubject *subject;
	int64		id;
	void	   *row;			/* the subject's own: HftJob, ... */
	TimestampTz due;			/* of the row, as last recorded */
	MemoryContext context;		/* everything of the task but the arena */
	HftArena   *arena;			/* request and outcome of the current turn */

	HftAccount *account;		/* whose is "server" */
	HftServer  *server;
	char	   *secret;			/* malloc'd; wiped when signed */
	HftTokenUse token;			/* what the secret had to buy first */
	HftOp		op;
	HftCall		call;
	HftRequest	request;
	HftOutcome	outcome;
	int64		attempt;		/* open attempt of this turn; 0: none */
	bool		lasting;		/* this turn's commit must not be lost */
	bool		gave_up;		/* cancelled while under way */
	int64		rest_ms;		/* HFT_TURN_REST: until the next look */
	TimestampTz retry_at;		/* the answer could not be recorded; 0: no */

	HftFeed    *feed;			/* data set being sent or measured */
	HftTransfer *transfer;
	const HftResult *result;	/* of the transfer that is over, or NULL */
};

/*
 * A context for a task to be, and the task in it, with its arena; "row" is
 * the caller's to set.  It ends with the transaction unless it is kept.
 */
extern MemoryContext hft_task_context_create(void);
extern HftTask *hft_task_create(const HftSubject *subject, int64 id,
								MemoryContext context);

extern void hft_task_keep(HftTask *task);

/* A transfer is over, or to be aborted; what the arena holds goes with it. */
extern void hft_task_transfer_free(HftTask *task);

/* Abort what is under way and free everything. */
extern void hft_task_free(HftTask *task);

#endif							/* HFT_TASK_H */
