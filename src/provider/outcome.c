/*-------------------------------------------------------------------------
 *
 * outcome.c
 *	  What an answer meant, in our own words.
 *
 *-------------------------------------------------------------------------
 */
#include "provider/outcome.h"

#include <string.h>

/* Zero is a figure and not an absence, so every number is set (P10). */
void
hft_outcome_init(HftOutcome *outcome)
{
	memset(outcome, 0, sizeof(*outcome));
	outcome->progress = HFT_DONE;
	outcome->state = HFT_REMOTE_UNKNOWN;
	outcome->retry_after_ms = HFT_UNKNOWN;
	outcome->trained_tokens = HFT_UNKNOWN;
	outcome->amount_nano = HFT_UNKNOWN;
	outcome->hourly_nano = HFT_UNKNOWN;
	outcome->units = HFT_UNKNOWN;
	outcome->steps_done = HFT_UNKNOWN;
	outcome->steps_total = HFT_UNKNOWN;
	outcome->finish_ms = HFT_UNKNOWN;
	outcome->bad_line = HFT_UNKNOWN;
	outcome->expires_ms = HFT_UNKNOWN;
	outcome->input_tokens = HFT_UNKNOWN;
	outcome->cached_tokens = HFT_UNKNOWN;
	outcome->output_tokens = HFT_UNKNOWN;
}
