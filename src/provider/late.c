/*-------------------------------------------------------------------------
 *
 * late.c
 *	  Things a platform shows some time after they are due (F43).
 *
 *-------------------------------------------------------------------------
 */
#include "provider/late.h"

#define LATE_TRIES 3
#define LATE_WAIT_MS 10000

/*
 * The warning's id is made from "what" alone: a second run finds it stored
 * already.
 */
bool
hft_late_wait(HftOutcome *outcome, const HftCall *call, json_t *state,
			  const char *what)
{
	int64_t		tries = hft_pick_count(state, "tries");
	HftEvent   *event;

	tries = tries == HFT_UNKNOWN ? 1 : tries + 1;
	if (tries <= LATE_TRIES)
	{
		json_object_set_new(state, "tries", json_integer(tries));
		hft_outcome_wait(outcome, call, json_incref(state), LATE_WAIT_MS);
		return true;
	}
	event = hft_arena_alloc(call->arena, sizeof(HftEvent));
	if (event == NULL)
		return false;
	event->id = hft_arena_printf(call->arena, "hft-missing-%s", what);
	event->at_ms = call->now * 1000;
	event->level = "warn";
	event->type = "message";
	event->message = hft_arena_printf(call->arena,
									  "the platform gives no %s of this job",
									  what);
	outcome->events = event;
	outcome->nevents = 1;
	return false;
}
