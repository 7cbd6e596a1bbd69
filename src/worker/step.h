/*-------------------------------------------------------------------------
 *
 * step.h
 *	  The steps of tasks: each in a transaction, and safe from each other.
 *
 * What a step raises is charged to its task alone (R9, F08).  Steps of many
 * tasks share a transaction where they may; when it fails, each is taken
 * alone.  A row that somebody holds locked is no failure: its step is taken
 * later, and nobody waits for it.
 *
 * Include postgres.h first.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_STEP_H
#define HFT_STEP_H

#include "worker/engine.h"
#include "worker/task.h"

/* What the steps of one engine share. */
typedef struct HftSteps
{
	HftHttp    *http;
	TimestampTz pause_until;	/* the database itself is in trouble */
	HftEngineStatus status;
} HftSteps;

/*
 * What a step leaves to do: SEND, MEASURE: nothing but to wait; AGAIN: the
 * next step; RELEASE: let go; LATER: the row is locked, take it once more.
 *
 * next: choose a request and send it.  answer: a transfer is over, record
 * what it meant.  "turns" has room for "count".
 */
extern void hft_steps_next(HftSteps *steps, HftTask **tasks, HftTurn *turns,
						   int count);
extern void hft_steps_answer(HftSteps *steps, HftTask **tasks,
							 HftTurn *turns, int count);

/* An answer that is interpreted, but could not be recorded, once more. */
extern HftTurn hft_step_record(HftSteps *steps, HftTask *task);

/* Send the request; it had to wait for a token. */
extern HftTurn hft_step_send(HftSteps *steps, HftTask *task);

/* Read one slice of the task's feed. */
extern HftTurn hft_step_slice(HftSteps *steps, HftTask *task);

/*
 * Something that concerns no task, and may raise: false when it did.  Then
 * the transaction is aborted, and the error is shown in hft.worker.
 */
extern bool hft_step_guarded(HftSteps *steps, void (*work) (void *arg),
							 void *arg);

/* Leave the database alone for a while; is that still so? */
extern void hft_steps_pause(HftSteps *steps);
extern bool hft_steps_paused(HftSteps *steps);

#endif							/* HFT_STEP_H */
