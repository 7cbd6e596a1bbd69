/*-------------------------------------------------------------------------
 *
 * bill.h
 *	  Prices, estimates and the ledger.  Amounts in SQL are numeric USD.
 *
 * Include postgres.h first.  Everything runs inside a scope (base/sql.h).
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_BILL_H
#define HFT_BILL_H

#include "provider/outcome.h"

/*
 * Book the bill of a finished training once: trained_tokens as the provider
 * said (HFT_UNKNOWN: nothing is booked but the unknown), amount_nano as it
 * billed, else tokens x price.  Writes hft.cost and the job's trained_tokens
 * and billed_amount.  A second call for the job changes nothing.
 */
extern void hft_bill_training(int64 job_id, int64 trained_tokens,
							  int64 amount_nano);

/* Book one answer of hft.chat or of an evaluation. */
typedef struct HftUsage
{
	const char *server;
	const char *provider;
	const char *model;			/* as called */
	const char *base_model;		/* whose price applies; may be NULL */
	const char *kind;			/* "inference" or "evaluation" */
	Oid			owner;
	int64		input_tokens;
	int64		cached_tokens;
	int64		output_tokens;
} HftUsage;

extern void hft_bill_usage(const HftUsage *usage);

/*
 * Book what a deployment has cost since it was booked last: one row for each
 * deployment and day (UTC), in hours.  An unknown price stays unknown.
 */
extern void hft_bill_hosting(int64 deployment_id);

/*
 * From now on a deployment costs so many machines by the hour as the price
 * list says, under the deployment's options and "options" (JSON).  What is
 * not listed stays as it was.
 */
extern void hft_bill_rate(int64 deployment_id, const char *provider,
						  int64 units, const char *options);

#endif							/* HFT_BILL_H */
