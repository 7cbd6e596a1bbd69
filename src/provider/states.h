/*-------------------------------------------------------------------------
 *
 * states.h
 *	  A platform's words for states, as data.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_STATES_H
#define HFT_STATES_H

#include "provider/found.h"

typedef struct HftStateWord
{
	const char *word;			/* NULL ends a list */
	HftRemoteState state;
} HftStateWord;

/*
 * Case does not matter.  A word that the list lacks is HFT_REMOTE_UNKNOWN,
 * which keeps the thing polled (F35).
 */
extern HftRemoteState hft_state_lookup(const HftStateWord *words,
									   const char *word);

#endif							/* HFT_STATES_H */
