/*-------------------------------------------------------------------------
 *
 * exchange.h
 *	  What goes out before a task's request, and what came back for it.
 *
 * Include postgres.h first.  No transaction is needed and none is open.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_EXCHANGE_H
#define HFT_EXCHANGE_H

#include "worker/task.h"

/*
 * Get the token that the request is signed with, where it needs one.  ASK:
 * the exchange is task->transfer now.
 */
extern HftTokenStep hft_exchange_begin(HftTask *task, HftHttp *http);

/* The exchange is over; false: the outcome says why there is no token. */
extern bool hft_exchange_finish(HftTask *task, const HftResult *result);

/* Let the adapter read the answer, or say what the network did. */
extern void hft_task_interpret(HftTask *task, const HftResult *result);

#endif							/* HFT_EXCHANGE_H */
