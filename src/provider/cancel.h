/*-------------------------------------------------------------------------
 *
 * cancel.h
 *	  Cancelling a job that may be over already.
 *
 * Platforms refuse to cancel what is over, with codes nobody documents.  So
 * a refusal counts as done only if the job itself then says that it is over:
 * its state stands, the cancel was too late (F44).
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_CANCEL_H
#define HFT_CANCEL_H

#include "provider/answer.h"

/* The cursor says that we were refused: ask for the job instead. */
extern bool hft_cancel_is_verifying(const HftCall *call);

/* After the answer, a job, was read into the outcome. */
extern void hft_cancel_settle(const HftCall *call,
							  const HftResponse *response,
							  HftOutcome *outcome);

#endif							/* HFT_CANCEL_H */
