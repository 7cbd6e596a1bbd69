/*-------------------------------------------------------------------------
 *
 * options.h
 *	  Checking values against the option tables of a platform.
 *
 * The caller finds the closest name for an unknown one and chooses the
 * SQLSTATE; here are only facts and sentences.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_OPTIONS_H
#define HFT_OPTIONS_H

#include <stdbool.h>

#include "base/arena.h"

typedef enum HftOptionType
{
	HFT_OPTION_TEXT,
	HFT_OPTION_BOOL,
	HFT_OPTION_INT,
	HFT_OPTION_NUMBER,
	HFT_OPTION_URL,
	HFT_OPTION_OBJECT,			/* any JSON object or array */
	HFT_OPTION_INT_OR_AUTO,		/* or the JSON string "auto" (or "max") */
	HFT_OPTION_NUMBER_OR_AUTO
} HftOptionType;

typedef struct HftOptionSpec
{
	const char *name;			/* NULL ends a list */
	HftOptionType type;
	double		min;			/* numbers; texts: length */
	double		max;
	const char *choices;		/* texts: "a|b|c", or NULL */
	bool		superuser_only; /* server options that choose a destination */
	const char *description;
} HftOptionSpec;

/* bounds that a table names for "greater than zero" and "no upper bound" */
#define HFT_POSITIVE 1e-12
#define HFT_NO_MAX 1e300

/* a job option that the engine obeys, on any platform that lists it */
#define HFT_DEADLINE_OPTION "deadline_minutes"
#define HFT_DEADLINE_SPEC \
	{HFT_DEADLINE_OPTION, HFT_OPTION_INT, 1, 525600, NULL, false, \
	"Cancel the job when it is not over so long after it was created"}

/* NULL when the list has no such option. */
extern const HftOptionSpec *hft_option_lookup(const HftOptionSpec *specs,
											  const char *name);

/* NULL when the JSON value fits, else a sentence in the arena. */
extern const char *hft_option_check(HftArena *arena,
									const HftOptionSpec *spec,
									const char *json);

/* The same for an SQL/MED option, whose value is plain text. */
extern const char *hft_option_check_text(HftArena *arena,
										 const HftOptionSpec *spec,
										 const char *text);

/*
 * Every member of a JSON object.  NULL when all fit, else a sentence about
 * the first that does not; *unknown is its name when the list lacks it.
 */
extern const char *hft_options_check(HftArena *arena,
									 const HftOptionSpec *specs,
									 const char *json, const char **unknown);

#endif							/* HFT_OPTIONS_H */
