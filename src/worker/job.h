/*-------------------------------------------------------------------------
 *
 * job.h
 *	  A job's row in memory, its states, and the one way it is changed.
 *
 * Include postgres.h first; all need a transaction and open their own scope.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_JOB_H
#define HFT_JOB_H

#include "datatype/timestamp.h"
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

	HftRemoteState final;		/* terminal remote state not yet ours */
	HftJobFile *file;			/* what this turn is about */
	bool		polled;			/* this task has read the status */
	bool		history_read;	/* nothing more will be told about its end */
	bool		cancel_sent;	/* and accepted */
	HftFound   *oldest;			/* best match of a search under way */
	char	   *find_cursor;	/* its next page */
} HftJob;

/* One change: hft_job_change(), set what changes, hft_job_record(). */
typedef struct HftJobChange
{
	HftJobState state;
	HftJobState resume_state;
	const char *reason;			/* needs_attention: why */
	int64		due_ms;			/* from now; -1: nothing to do by itself */
	int			failures;
	bool		answered;		/* the provider said something about it */
	bool		fulfilled;		/* what was wanted has been done */
	const char *cursor_key;		/* operation whose cursor changes, or NULL */
	const char *cursor;			/* JSON; NULL: remove it */
	const HftOutcome *outcome;	/* remote facts to copy; may be NULL */
	const char *error_class;	/* NULL: no error stands */
	const char *error_code;
	const char *sqlstate;
	const char *message;
	const char *hint;
	bool		keep_error;		/* the error that stands goes on standing */
	HftRemoteState final;
} HftJobChange;

extern const char *hft_job_state_name(HftJobState state);

/* Jobs due now, claimed for this worker's epoch, each in its own context. */
extern int	hft_jobs_load(HftJob **jobs, int room, const int64 *busy,
						  int nbusy);
extern TimestampTz hft_jobs_next_due(const int64 *busy, int nbusy);
extern void hft_job_change(const HftJob *job, HftJobChange *change);

/*
 * Write it, fenced by epoch and state; false when the row is not ours any
 * more (P2, F63).  Moves phase times, notifies hft_job, and updates *job.
 */
extern bool hft_job_record(HftJob *job, const HftJobChange *change);

/* Is the row still as we believe?  Then it stays so until the commit. */
extern bool hft_job_hold(const HftJob *job);
/* Add a message of ours to the job's events. */
extern void hft_job_note(int64 job_id, const char *level, const char *text);

#endif							/* HFT_JOB_H */
