/*-------------------------------------------------------------------------
 *
 * test_base_closest.c
 *	  The hint names what was meant, and keeps silent when it cannot know.
 *
 *-------------------------------------------------------------------------
 */
#include "base/closest.h"

#include "tap.h"

static const char *const options[] = {"provider", "base_url", "organization",
	"project", "key_file", "api_key", NULL};

int
main(void)
{
	static const char *const none[] = {NULL};
	char		endless[500];

	is_text(hft_closest("providr", options), "provider", "a letter lost");
	is_text(hft_closest("base-url", options), "base_url", "a letter replaced");
	is_text(hft_closest("apikey", options), "api_key", "a letter lost");
	is_text(hft_closest("PROJECT", options), "project", "another case");
	is_text(hft_closest("organisation", options), "organization", "British");
	is_text(hft_closest("porject", options), "project", "letters swapped");
	is_text(hft_closest("xyzzy", options), NULL, "nothing near");
	is_text(hft_closest("", options), NULL, "an empty word");
	is_text(hft_closest("provider", none), NULL, "no choices");
	memset(endless, 'a', sizeof(endless));
	endless[sizeof(endless) - 1] = '\0';
	is_text(hft_closest(endless, options), NULL, "a word without end");
	return tap_done();
}
