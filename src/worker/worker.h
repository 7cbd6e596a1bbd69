/*-------------------------------------------------------------------------
 *
 * worker.h
 *	  The process that drives all jobs of one database.
 *
 * Include postgres.h first.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_WORKER_H
#define HFT_WORKER_H

#include "datatype/timestamp.h"

/*
 * Is the worker's lock of the current database held?  The lock, a session
 * advisory lock, is what makes "one worker per database" true even without
 * shared memory.
 */
extern bool hft_worker_holds_lock(void);

/*
 * Begin a transaction of the worker (R10, R11): locks the extension against
 * DROP for its length, or returns false, with no transaction open, when the
 * extension is missing or of a version this library does not know.  The
 * current memory context is the transaction's until hft_worker_commit() gives
 * back the caller's.
 */
extern bool hft_worker_begin(void);

/*
 * Commit.  "lasting" commits wait for WAL as configured (attempts, bills,
 * state changes); others, mere polls, do not (their loss repeats a poll).
 */
extern void hft_worker_commit(bool lasting);

/* Time by which work falls due; the clock tests can shift (R15). */
extern TimestampTz hft_now(void);

/* This worker's number: later workers have higher ones (the fence of P2). */
extern int64 hft_worker_epoch(void);

#endif							/* HFT_WORKER_H */
