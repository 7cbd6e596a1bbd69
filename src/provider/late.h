/*-------------------------------------------------------------------------
 *
 * late.h
 *	  Things a platform shows some time after they are due (F43).
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_LATE_H
#define HFT_LATE_H

#include "provider/answer.h"

/*
 * Something that should be there is not.  A few times: true, and the outcome
 * waits with the cursor "state" (borrowed; it counts the tries).  Then
 * false, with a warning about "what" among the outcome's events: the caller
 * goes on without it, the job succeeded all the same.
 */
extern bool hft_late_wait(HftOutcome *outcome, const HftCall *call,
						  json_t *state, const char *what);

#endif							/* HFT_LATE_H */
