/*-------------------------------------------------------------------------
 *
 * job_internal.h
 *	  Shared by the files that make up the subject "job".
 *
 * Include postgres.h first.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_JOB_INTERNAL_H
#define HFT_JOB_INTERNAL_H

#include "worker/attempt.h"
#include "worker/ground.h"
#include "worker/job_change.h"
#include "worker/task.h"

#define task_job(task) ((HftJob *) (task)->row)

/* job_next.c: what to do next */
extern HftTurn hft_job_next(HftTask *task);

/* job_apply.c: what an answer changes */
extern HftTurn hft_job_apply(HftTask *task, const HftResult *result);

/* The history of this turn is read: rest, or go on to the job's end. */
extern HftTurn hft_job_history_done(HftTask *task);

/* Nothing is left to be done: the provider's end becomes ours. */
extern HftTurn hft_job_finish(HftTask *task);

/* job_failure.c: what a failed request changes */
extern HftTurn hft_job_failure(HftTask *task, const HftResult *result);
extern void hft_job_explain_failure(HftTask *task, HftJobChange *change);
extern void hft_job_blame(HftTask *task, const char *sqlstate,
						  const char *problem);

/*
 * End this turn with "change": record it and let the task go, or go on with
 * next() when "again".  A row that is not ours any more is let go, too.
 */
extern HftTurn hft_job_finish_turn(HftTask *task, const HftJobChange *change,
								   bool again);

/* Park the job for its owner (needs_attention). */
extern HftTurn hft_job_park(HftTask *task, const char *reason,
							const char *message, const char *hint);

/* The job is over: state, error of the current outcome if it failed. */
extern HftTurn hft_job_close(HftTask *task, HftJobState state,
							 const char *message, const char *hint);

/* job_news.c: does the row say all this already, or the same JSON? */
extern bool hft_job_knows(const HftJob *job, const HftOutcome *outcome);
extern bool hft_job_same_json(const char *known, const char *said);

/* job.c: take over the stored state; false when the job is over, or gone */
extern bool hft_job_reread_state(HftJob *job);

/* job_file.c: the file rows behind an upload */
extern bool hft_file_claim(HftJobFile *file, int64 job_id);
extern void hft_file_measured(HftJobFile *file, int64 bytes,
							  const char *sha256);
extern void hft_file_cursor(HftJobFile *file, const char *key,
							const char *cursor);
extern void hft_file_uploaded(HftJobFile *file, const HftOutcome *outcome);
extern void hft_file_ready(const HftJobFile *file, const HftOutcome *outcome);
extern void hft_file_renew(const HftJobFile *file, int64 job_id);
extern void hft_file_deleted(HftJobFile *file);
extern void hft_file_failed(const HftJobFile *file, const char *message);
extern void hft_file_release(const HftJobFile *file);
extern char *hft_file_source_key(const HftJobFile *file, int64 line);

/*
 * import.c: make way for a job of ours that turns out to be "remote_id",
 * which an import adopted while our answer was lost.
 */
extern void hft_import_yield(const HftJob *job, const char *remote_id);

/* The saved cursor of an operation out of a "remote" object; or NULL. */
extern char *hft_cursor_get(const char *remote, const char *key);

#endif							/* HFT_JOB_INTERNAL_H */
