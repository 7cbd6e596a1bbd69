/*-------------------------------------------------------------------------
 *
 * completion.h
 *	  Chat in the shape that OpenAI gave it, which many platforms speak.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_COMPLETION_H
#define HFT_COMPLETION_H

#include "provider/answer.h"

/* POST base/chat/completions with the call's chat; false as a request fn. */
extern bool hft_completion_compose(const HftCall *call, const char *base,
								   HftRequest *request, HftOutcome *outcome);

/* Text and usage of the answer. */
extern void hft_completion_read(const HftCall *call,
								const HftResponse *response,
								const HftErrorRule *rules,
								HftOutcome *outcome);

#endif							/* HFT_COMPLETION_H */
