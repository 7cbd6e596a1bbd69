/*-------------------------------------------------------------------------
 *
 * engine.h
 *	  Drives every task of a worker: the loop body of its life.
 *
 * Include postgres.h first.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_ENGINE_H
#define HFT_ENGINE_H

#include "datatype/timestamp.h"

typedef struct HftEngine HftEngine;

typedef struct HftEngineStatus
{
	int64		requests;		/* finished since the start */
	int64		errors;
	int			running;		/* tasks under way */
	char		last_error[160];	/* redacted */
} HftEngineStatus;

extern HftEngine *hft_engine_create(void);

/*
 * Finish what has finished, feed what is hungry, start what is due ("look":
 * somebody says there is something).  *next_due is when something falls due.
 * False when the extension is gone: everything under way was closed.
 */
extern bool hft_engine_turn(HftEngine *engine, bool look,
							TimestampTz *next_due);

/* Wait for network, latch, or next_due, at most limit_ms. */
extern void hft_engine_wait(HftEngine *engine, long limit_ms,
							TimestampTz next_due);

extern void hft_engine_status(const HftEngine *engine,
							  HftEngineStatus *status);

#endif							/* HFT_ENGINE_H */
