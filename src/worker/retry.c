/*-------------------------------------------------------------------------
 *
 * retry.c
 *	  When to try again: pure decisions, no clock, no tables.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/settings.h"
#include "worker/retry.h"

#define DELAY_FIRST_MS 1000
#define DELAY_MAX_MS (5 * 60 * 1000)
#define LOOK_MAX_MS 30000
#define WAIT_MAX_MS (2 * 60 * 60 * 1000)

static int64_t
doubling(int times, int64_t limit_ms)
{
	if (times < 0)
		times = 0;
	if (times > 20)
		return limit_ms;
	return Min((int64_t) DELAY_FIRST_MS << times, limit_ms);
}

bool
hft_has_passed(int64_t since, int64_t now, int64_t ms)
{
	return now < since || now - since >= ms * 1000;
}

int64_t
hft_wait_limit_ms(void)
{
	return Max(WAIT_MAX_MS, INT64CONST(2000) * hft_settle_time);
}

int64_t
hft_restart_delay(int failures)
{
	return doubling(failures, DELAY_MAX_MS);
}

int64_t
hft_retry_delay(int failures, int64_t retry_after_ms, uint32_t random)
{
	int64_t		delay = doubling(failures, DELAY_MAX_MS);

	delay = delay / 2 + (int64_t) (random % (uint32_t) (delay / 2 + 1));
	return Max(delay, Min(retry_after_ms, HFT_RETRY_AFTER_MAX_MS));
}

int64_t
hft_poll_delay(int64_t interval_ms, uint32_t random)
{
	return interval_ms +
		(int64_t) (random % (uint32_t) (interval_ms / 10 + 1));
}

int64_t
hft_look_delay(int looks, int64_t age_ms, int64_t settle_ms)
{
	int64_t		delay = doubling(looks, LOOK_MAX_MS);

	if (age_ms < settle_ms)
		delay = Min(delay, settle_ms - age_ms);
	return Max(delay, 100);
}
