/*-------------------------------------------------------------------------
 *
 * billing.h
 *	  How many tokens a platform will bill for a job: its published rule.
 *
 * Pure functions over counts, used for the price that is shown before money
 * is spent.  Where the rule leaves room the answer is a range; what it does
 * not tell is HFT_UNKNOWN, never zero (P10).
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_BILLING_H
#define HFT_BILLING_H

#include <stdbool.h>
#include <stdint.h>

typedef struct HftBillableFacts
{
	const char *model;			/* base model */
	const char *method;			/* "sft", "dpo", "rft", "text" */
	const char *hyperparameters;	/* JSON object, requested */
	const char *options;		/* JSON object */
	int64_t		rows;			/* of the training split */
	int64_t		tokens;
	int64_t		validation_tokens;
} HftBillableFacts;

typedef struct HftBillable
{
	int64_t		epochs;			/* HFT_UNKNOWN: the platform decides */
	bool		epochs_chosen;	/* asked for, not the platform's default */
	int64_t		low_tokens;		/* HFT_UNKNOWN: cannot be told */
	int64_t		high_tokens;
	const char *note;			/* why it is a range or unknown; or NULL */
} HftBillable;

typedef void (*HftBillableRule) (const HftBillableFacts *facts,
								 HftBillable *billable);

extern void hft_billable_openai(const HftBillableFacts *facts,
								HftBillable *billable);
extern void hft_billable_together(const HftBillableFacts *facts,
								  HftBillable *billable);

#endif							/* HFT_BILLING_H */
