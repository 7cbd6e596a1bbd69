/*-------------------------------------------------------------------------
 *
 * retry.h
 *	  When to try again: pure decisions, no clock, no tables.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_RETRY_H
#define HFT_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#define HFT_HEALTHY_MS 60000	/* a worker that lived so long was healthy */
#define HFT_RETRY_AFTER_MAX_MS 3600000	/* cap on the provider's wish (F25) */
#define HFT_UNREADABLE_MS 60000 /* until a row that raised is read again */

/*
 * Did so many ms pass between two times in microseconds?  Yes when the clock
 * was set back between them: too early does less harm than too late (F70).
 */
extern bool hft_has_passed(int64_t since, int64_t now, int64_t ms);

/*
 * Times are never written that lie further ahead than this: what is due later
 * was written before the clock was set back (F70).
 */
extern int64_t hft_wait_limit_ms(void);

/* Delay before a failed worker is started again: 1 s doubling to 5 min. */
extern int64_t hft_restart_delay(int failures);

/*
 * Delay before the next try of a failed request, in ms: exponential from 1 s
 * to 5 min with full jitter in its upper half (F23); never less than what
 * the provider asked for (retry_after_ms, -1: nothing), which is capped.
 * "random" is any 32 random bits.
 */
extern int64_t hft_retry_delay(int failures, int64_t retry_after_ms,
							   uint32_t random);

/* The poll interval, plus up to a tenth of it, so that polls spread out. */
extern int64_t hft_poll_delay(int64_t interval_ms, uint32_t random);

/*
 * Look again for a lost effect after so many ms: 1 s, 2 s, 4 s ... up to
 * 30 s, but never past the end of the settle time.
 */
extern int64_t hft_look_delay(int looks, int64_t age_ms, int64_t settle_ms);

#endif							/* HFT_RETRY_H */
