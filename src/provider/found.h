/*-------------------------------------------------------------------------
 *
 * found.h
 *	  Things met in a provider's listings and histories: plain data.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_FOUND_H
#define HFT_FOUND_H

#include <stdint.h>

#define HFT_UNKNOWN ((int64_t) -1)

typedef enum HftRemoteState
{
	HFT_REMOTE_UNKNOWN,			/* word we do not know: keep polling (F35) */
	HFT_REMOTE_QUEUED,			/* validating, pending, queued */
	HFT_REMOTE_RUNNING,
	HFT_REMOTE_PAUSED,
	HFT_REMOTE_SUCCEEDED,
	HFT_REMOTE_FAILED,
	HFT_REMOTE_CANCELLED
} HftRemoteState;

typedef struct HftMetric
{
	int64_t		step;
	const char *name;			/* our canonical name, see provider.h */
	double		value;
	int64_t		at_ms;			/* Unix ms or HFT_UNKNOWN */
} HftMetric;

typedef struct HftEvent
{
	const char *id;				/* the provider's, or a digest we made */
	int64_t		at_ms;
	const char *level;			/* "info", "warn", "error" */
	const char *type;
	const char *message;
	const char *data;			/* JSON or NULL */
} HftEvent;

typedef struct HftCheckpoint
{
	const char *id;
	int64_t		step;
	const char *model;			/* callable or resumable id; may be NULL */
	const char *metrics;		/* JSON object or NULL */
	int64_t		at_ms;
} HftCheckpoint;

/* A job, file, endpoint or model met in a listing. */
typedef struct HftFound
{
	const char *id;
	const char *token;			/* our mark, when it carries one */
	const char *state;			/* the provider's word */
	HftRemoteState remote_state;
	int64_t		at_ms;			/* creation */
	const char *model;			/* base model */
	const char *tuned_model;
	const char *raw;			/* JSON of the whole thing */
} HftFound;

#endif							/* HFT_FOUND_H */
