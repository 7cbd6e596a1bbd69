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
 * Both may raise; the engine then calls blame() in a fresh transaction.
 *
 * Include postgres.h first.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_TASK_H
#define HFT_TASK_H

#include "datatype/timestamp.h"

#include "http/http.h"
#include "provider/provider.h"
#include "worker/feed.h"
#include "worker/server.h"
#include "worker/token.h"

typedef struct HftTask HftTask;

/* what next() and apply() want */
typedef enum HftTurn
{
	HFT_TURN_SEND,				/* task->op is set: build its request */
	HFT_TURN_AGAIN,				/* something changed locally: call next() */
	HFT_TURN_MEASURE,			/* read a slice of task->feed, then next() */
	HFT_TURN_RELEASE			/* rescheduled, parked or over: let go */
} HftTurn;

typedef struct HftSubject
{
	const char *name;			/* "job": for logs and activity */

	/* new tasks for what is due, at most "room", none of "busy" */
	int			(*load) (HftTask **tasks, int room, const int64 *busy,
						 int nbusy);
	/* when the next one falls due; DT_NOEND: never */
	TimestampTz (*next_due) (const int64 *busy, int nbusy);
	HftTurn		(*next) (HftTask *task);
	HftTurn		(*apply) (HftTask *task, const HftResult *result);
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
	MemoryContext context;		/* everything of the task but the arena */
	HftArena   *arena;			/* request and outcome of the current turn */

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

	HftFeed    *feed;			/* data set being sent or measured */
	HftTransfer *transfer;
};

/*
 * A context for a task to be, and the task in it, with its arena; "row" is
 * the caller's to set.
 */
extern MemoryContext hft_task_context_create(void);
extern HftTask *hft_task_create(const HftSubject *subject, int64 id,
								MemoryContext context);

/* Abort what is under way and free everything. */
extern void hft_task_free(HftTask *task);

#endif							/* HFT_TASK_H */
