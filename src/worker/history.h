/*-------------------------------------------------------------------------
 *
 * history.h
 *	  Storing what a provider reports: metrics, events, checkpoints, models.
 *
 * Everything is idempotent: what is reported twice is stored once.  Include
 * postgres.h first; needs a transaction, opens its own scope.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_HISTORY_H
#define HFT_HISTORY_H

#include "provider/outcome.h"

/* Store the arrays of an outcome; texts are redacted here. */
extern void hft_history_store(int64 job_id, const HftOutcome *outcome);

/*
 * Enter the tuned model and the callable checkpoints of a finished job into
 * hft.model.
 */
extern void hft_history_models(int64 job_id);

#endif							/* HFT_HISTORY_H */
