/*-------------------------------------------------------------------------
 *
 * times.h
 *	  The two ways in which platforms write a moment.
 *
 * Pure C, independent of locale and time zone of the process.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_TIMES_H
#define HFT_TIMES_H

#include <stdint.h>

#include "base/arena.h"

/* RFC 3339 to Unix ms; HFT_UNKNOWN when it is none. */
extern int64_t hft_time_rfc3339(const char *text);

/* The day of a moment in Unix s, YYYY-MM-DD; NULL when it is no day. */
extern const char *hft_time_day(HftArena *arena, int64_t seconds);

/* HTTP's date (RFC 9110, IMF-fixdate) to Unix s; HFT_UNKNOWN when none. */
extern int64_t hft_time_http(const char *text);

#endif							/* HFT_TIMES_H */
