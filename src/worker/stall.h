/*-------------------------------------------------------------------------
 *
 * stall.h
 *	  Noticing jobs that hang at the platform, or run out of their time.
 *
 * How far a job ever was is kept with its row: its state, the platform's word
 * for it, steps, and the last step measured.  Only what goes beyond that is
 * progress, so a job that falls back and comes up again, for ever, has none.
 *
 * Include postgres.h first.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_STALL_H
#define HFT_STALL_H

#include "worker/job_change.h"
#include "worker/task.h"

/* What a job's "remote" gets when the change is progress; else NULL. */
extern char *hft_stall_progress(const HftJob *job,
								const HftJobChange *change);

/*
 * The platform was asked about a live job.  When there was no progress for
 * longer than its platform's patience, tell so, once (hft.event,
 * hft.at_risk).
 */
extern void hft_stall_watch(HftTask *task);

/* It goes on: tell that, too, if it was told to hang. */
extern void hft_stall_over(HftJob *job);

/*
 * Wish for the end of a live job whose option deadline_minutes has passed
 * since it was created, once.
 */
extern void hft_stall_deadline(HftTask *task);

#endif							/* HFT_STALL_H */
