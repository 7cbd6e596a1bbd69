/*-------------------------------------------------------------------------
 *
 * option.c
 *	  Words about the named options of servers and jobs.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "base/errors.h"
#include "worker/option.h"

#define MAX_NAMES 128

static int
collect_names(const HftOptionSpec *specs, const char **names, int n)
{
	for (; specs != NULL && specs->name != NULL && n < MAX_NAMES; specs++)
		names[n++] = specs->name;
	return n;
}

char *
hft_names_join(const char *const *names)
{
	StringInfoData joined;

	initStringInfo(&joined);
	for (; *names != NULL; names++)
		appendStringInfo(&joined, "%s%s", joined.len > 0 ? ", " : "", *names);
	return joined.data;
}

char *
hft_option_hint(const char *name, const char *kind,
				const HftOptionSpec *specs, const HftOptionSpec *more)
{
	const char *names[MAX_NAMES + 1];
	const char *closest;
	int			n;

	n = collect_names(specs, names, 0);
	n = collect_names(more, names, n);
	names[n] = NULL;
	if (n == 0)
		return psprintf("There are no %s here.", kind);
	closest = hft_closest(name, names);
	if (closest != NULL)
		return psprintf("Perhaps you meant \"%s\".", closest);
	return psprintf("Valid %s are: %s.", kind, hft_names_join(names));
}

bool
hft_option_is_bare(const HftOptionSpec *spec)
{
	return spec != NULL &&
		(spec->type == HFT_OPTION_BOOL || spec->type == HFT_OPTION_INT ||
		 spec->type == HFT_OPTION_NUMBER);
}

bool
hft_text_has_control(const char *text)
{
	for (; *text != '\0'; text++)
	{
		unsigned char byte = *text;

		if (byte < 0x20 || byte == 0x7f)
			return true;
	}
	return false;
}
