/*-------------------------------------------------------------------------
 *
 * outcome.h
 *	  What an answer meant, in our own words.
 *
 * An adapter turns a provider's answer into one HftOutcome.  Absent numbers
 * are HFT_UNKNOWN (or NAN), absent texts NULL: unknown is never zero (P10).
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_OUTCOME_H
#define HFT_OUTCOME_H

#include <stdbool.h>
#include <stdint.h>

#include "provider/found.h"

typedef enum HftProgress
{
	HFT_DONE,					/* the operation is complete */
	HFT_MORE,					/* save the cursor, ask for the next request */
	HFT_WAIT,					/* not there yet: ask again after wait_ms */
	HFT_FAILED					/* see error */
} HftProgress;

typedef enum HftErrorClass
{
	HFT_ERROR_NONE,
	HFT_ERROR_TRANSIENT,		/* 5xx, 408, overload: retry with backoff */
	HFT_ERROR_RATE_LIMITED,		/* 429: retry after retry_after_ms */
	HFT_ERROR_CREDENTIAL,		/* 401/403 for the key: park the server's jobs */
	HFT_ERROR_LIMIT,			/* 402, quota, billing, daily maximum */
	HFT_ERROR_REFUSED,			/* 4xx about this request: permanent */
	HFT_ERROR_LOST,				/* 404 for a thing we know */
	HFT_ERROR_NOT_PROVIDER,		/* HTML or another stranger answered */
	HFT_ERROR_BAD_ANSWER,		/* invalid, too large or incomplete JSON */
	HFT_ERROR_MEMORY			/* arena exhausted */
} HftErrorClass;

typedef struct HftOutcome
{
	HftProgress progress;
	int64_t		wait_ms;		/* HFT_WAIT: ask again after; 0: as usual */
	const char *cursor;			/* JSON object to save, or NULL: unchanged */

	/* error */
	HftErrorClass error;
	bool		proof_not_done; /* documented rejection: no effect (R29) */
	const char *code;			/* the provider's code */
	const char *message;		/* the provider's words, to be redacted */
	const char *hint;			/* ours: what the user can do */
	int64_t		retry_after_ms; /* HFT_UNKNOWN: not said */

	/* job, file, deployment */
	const char *remote_id;
	const char *remote_state;	/* the provider's word */
	HftRemoteState state;
	const char *tuned_model;
	const char *effective;		/* JSON: hyperparameters the provider chose */
	const char *info;			/* JSON: anything else worth keeping */
	int64_t		trained_tokens;
	int64_t		amount_nano;	/* billed or quoted, nano-dollars */
	int64_t		hourly_nano;	/* deployments: price while it stands */
	int64_t		units;			/* deployments: machines paid for by our price
								 * list, when the platform tells no price */
	const char *price_options;	/* and as what they are listed there, JSON */
	int64_t		steps_done;
	int64_t		steps_total;
	int64_t		finish_ms;		/* estimated or real end, Unix ms */
	int64_t		bad_line;		/* training file line refused (F42), 1-based */
	int64_t		expires_ms;		/* files */
	const char *retires_on;		/* models: YYYY-MM-DD */

	/* chat */
	const char *text;
	int64_t		input_tokens;
	int64_t		cached_tokens;
	int64_t		output_tokens;

	/* listings and histories: arrays in the arena */
	HftMetric  *metrics;
	int			nmetrics;
	HftEvent   *events;
	int			nevents;
	HftCheckpoint *checkpoints;
	int			ncheckpoints;
	HftFound   *found;
	int			nfound;
} HftOutcome;

/* All unknown, progress HFT_DONE. */
extern void hft_outcome_init(HftOutcome *outcome);

#endif							/* HFT_OUTCOME_H */
