/*-------------------------------------------------------------------------
 *
 * job_change.h
 *	  The one way a job's row is changed.
 *
 * Include postgres.h first; all need a transaction and open their own scope.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_JOB_CHANGE_H
#define HFT_JOB_CHANGE_H

#include "worker/job.h"

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

extern void hft_job_change(const HftJob *job, HftJobChange *change);

/*
 * Write it, fenced by epoch and state; false when the row is not ours any
 * more (P2, F63).  Moves phase times, notifies hft_job, and updates *job.
 * ERROR 55P03, without waiting, while somebody else holds the row locked.
 */
extern bool hft_job_record(HftJob *job, const HftJobChange *change);

/*
 * Is the row still as we believe?  Then it stays so until the commit.  ERROR
 * 55P03 as above.
 */
extern bool hft_job_hold(const HftJob *job);

/*
 * The platform was asked and said nothing new: look again after so many ms.
 * Sets "due" of those where that could be recorded, which it can not where
 * the row is locked, or was changed meanwhile.
 */
extern void hft_jobs_rest(HftJob **jobs, const int64 *rest_ms, int count);

#endif							/* HFT_JOB_CHANGE_H */
