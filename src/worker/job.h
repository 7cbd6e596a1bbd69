/*-------------------------------------------------------------------------
 *
 * job.h
 *	  A job's row in memory, and its states.
 *
 * Include postgres.h first; all need a transaction and open their own scope.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_JOB_H
#define HFT_JOB_H

#include "datatype/timestamp.h"
#include "base/sql.h"
#include "provider/provider.h"

typedef enum HftJobState
{
	HFT_JOB_PENDING,
	HFT_JOB_UPLOADING,
	HFT_JOB_PREPARING,
	HFT_JOB_CREATING,
	HFT_JOB_QUEUED,
	HFT_JOB_RUNNING,
	HFT_JOB_PAUSED,
	HFT_JOB_SUCCEEDED,
	HFT_JOB_FAILED,
	HFT_JOB_CANCELLED,
	HFT_JOB_NEEDS_ATTENTION
} HftJobState;

typedef struct HftJobFile
{
	int64		id;				/* 0: no such file */
	HftFileFacts facts;
	char	   *token;
	char	   *state;			/* new, uploading, processing, ready... */
	char	   *remote;			/* cursors by operation, JSON */
	int64		version;
	bool		exclusive;		/* of this job alone */
	int64		uploader;		/* job that drives the upload; 0: none */
	bool		claimed;		/* this task drives it */
	bool		checked;		/* this task saw it accepted */
	int64		shown_bytes;	/* sent, as the row says */
} HftJobFile;

typedef struct HftJob
{
	int64		id;
	Oid			owner;
	char	   *server;
	HftJobState state;
	HftJobState resume_state;
	char	   *reason;
	char	   *wanted;			/* cancel, pause, resume or NULL */
	char	   *remote;			/* cursors by operation, JSON */
	int			failures;
	int64		epoch;			/* as claimed */
	TimestampTz due;			/* as last recorded */
	MemoryContext context;		/* of the row and its task */
	bool		is_here;		/* submitted in this cluster and database */
	HftJobFacts facts;
	HftJobFile	training;
	HftJobFile	validation;

	/* the open create attempt; 0: none */
	int64		attempt;
	bool		attempt_sent;
	int			attempt_looks;
	int64		attempt_age_ms;

	/* what the platform last said, besides the facts */
	bool		has_error;		/* one stands */
	char	   *effective;		/* JSON */
	int64		steps_done;
	int64		steps_total;
	int64		finish_ms;

	/* see stall.h; HFT_UNKNOWN: not yet */
	int64		age_ms;			/* since it was created at the platform */
	int64		still_ms;		/* since it got further than ever before */
	bool		stalled;		/* which was told */

	HftRemoteState final;		/* terminal remote state not yet ours */
	HftJobFile *file;			/* what this turn is about */
	bool		polled;			/* this task has read the status */
	bool		history_read;	/* nothing more will be told about its end */
	bool		cancel_sent;	/* and accepted */
	HftFound   *oldest;			/* best match of a search under way */
	char	   *find_cursor;	/* its next page */
} HftJob;

extern const char *hft_job_state_name(HftJobState state);

/*
 * Those of the jobs that are live, claimed for this worker's epoch, each in
 * its own context; jobs that somebody else holds locked are left out.
 */
extern int	hft_jobs_load(HftJob **jobs, const int64 *ids, int count);
extern HftStatement hft_jobs_live;

/* Add a message of ours to the job's events. */
extern void hft_job_note(int64 job_id, const char *level, const char *text);

#endif							/* HFT_JOB_H */
