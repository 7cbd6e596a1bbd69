/*-------------------------------------------------------------------------
 *
 * option.h
 *	  Words about the named options of servers and jobs.
 *
 * What an option may be is judged by provider/options.h; here is what a
 * person is told about a name that does not exist, and how an SQL/MED option
 * looks in JSON.
 *
 * Include postgres.h first.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_OPTION_H
#define HFT_OPTION_H

#include "provider/provider.h"

/*
 * HINT for a name that is in none of the lists (either may be NULL): the
 * closest known name, else all of them; "kind" is the plural of what they
 * are ("server options").
 */
extern char *hft_option_hint(const char *name, const char *kind,
							 const HftOptionSpec *specs,
							 const HftOptionSpec *more);

/* Does JSON show such an option without quotes? */
extern bool hft_option_is_bare(const HftOptionSpec *spec);

/* Names as "a, b, c"; the list ends with NULL. */
extern char *hft_names_join(const char *const *names);

/* CR, LF or another control character (F76, R26)? */
extern bool hft_text_has_control(const char *text);

#endif							/* HFT_OPTION_H */
