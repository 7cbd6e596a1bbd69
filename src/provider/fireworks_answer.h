/*-------------------------------------------------------------------------
 *
 * fireworks_answer.h
 *	  What the answers of Fireworks have in common: errors, money, status.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_FIREWORKS_ANSWER_H
#define HFT_FIREWORKS_ANSWER_H

#include "provider/answer.h"

extern const HftErrorRule hft_fireworks_rules[];

/* As hft_answer_open(), with the words of google.rpc.Status. */
extern bool hft_fireworks_open(HftAnswer *answer, const HftCall *call,
							   const HftResponse *response,
							   HftOutcome *outcome);

/* The same for answers whose body does not matter. */
extern bool hft_fireworks_succeeded(const HftCall *call,
									const HftResponse *response,
									HftOutcome *outcome);

/* Was this refused because what we planned is there already? */
extern bool hft_fireworks_is_taken(const HftOutcome *outcome);

/* Nano-dollars of a typeMoney; HFT_UNKNOWN for another currency, too. */
extern int64_t hft_fireworks_money(const json_t *object, const char *key);

/* What a resource's own status says went wrong: code, message, bad_line. */
extern void hft_fireworks_read_status(const HftCall *call,
									  const json_t *resource,
									  HftOutcome *outcome);

#endif							/* HFT_FIREWORKS_ANSWER_H */
