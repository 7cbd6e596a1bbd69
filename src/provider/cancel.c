/*-------------------------------------------------------------------------
 *
 * cancel.c
 *	  Cancelling a job that may be over already.
 *
 *-------------------------------------------------------------------------
 */
#include "provider/cancel.h"

/* Asked by request and answer alike: both read the same saved cursor. */
bool
hft_cancel_is_verifying(const HftCall *call)
{
	json_t	   *cursor = hft_json_object(call->cursor);
	bool		verifying = hft_pick_bool(cursor, "verify", false);

	json_decref(cursor);
	return verifying;
}

/* The job was looked at after the refusal. */
static void
judge_refusal(const HftCall *call, HftOutcome *outcome)
{
	json_t	   *cursor = hft_json_object(call->cursor);

	outcome->code = "too_late";
	outcome->message = hft_pick_text(call->arena, cursor, "refusal");
	if (outcome->message == NULL)
		outcome->message = "The platform refused to cancel the job.";
	if (outcome->state < HFT_REMOTE_SUCCEEDED)
		hft_outcome_fail(outcome, HFT_ERROR_REFUSED, outcome->message, NULL);
	json_decref(cursor);
}

/*
 * A 409 is read as a refusal, too: it may pass, but not while the job is
 * over, and then it would be repeated for ever.
 */
void
hft_cancel_settle(const HftCall *call, const HftResponse *response,
				  HftOutcome *outcome)
{
	const char *refusal = outcome->message;

	if (hft_cancel_is_verifying(call))
	{
		if (outcome->progress != HFT_FAILED)
			judge_refusal(call, outcome);
	}
	else if (outcome->error == HFT_ERROR_REFUSED || response->status == 409)
	{
		hft_outcome_init(outcome);
		hft_outcome_more(outcome, call,
						 json_pack("{s:b, s:s?}", "verify", 1,
								   "refusal", refusal));
	}
}
