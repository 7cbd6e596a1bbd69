/*-------------------------------------------------------------------------
 *
 * states.c
 *	  A platform's words for states, as data.
 *
 *-------------------------------------------------------------------------
 */
#include "provider/states.h"

#include <stddef.h>
#include <strings.h>

/* "word" may be NULL: what is not said is not known. */
HftRemoteState
hft_state_lookup(const HftStateWord *words, const char *word)
{
	for (; word != NULL && words->word != NULL; words++)
	{
		if (strcasecmp(words->word, word) == 0)
			return words->state;
	}
	return HFT_REMOTE_UNKNOWN;
}
