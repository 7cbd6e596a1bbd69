/*-------------------------------------------------------------------------
 *
 * classify.h
 *	  What an HTTP status and an error body mean for a job.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_CLASSIFY_H
#define HFT_CLASSIFY_H

#include "provider/answer.h"

/*
 * Fill in error, code, message, hint, retry_after_ms and proof_not_done for
 * an answer that is no success.  "body" is its JSON, NULL when it has none.
 */
extern void hft_classify(const HftCall *call, const HftResponse *response,
						 const json_t *body, const HftErrorRule *rules,
						 HftOutcome *outcome);

#endif							/* HFT_CLASSIFY_H */
