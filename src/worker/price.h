/*-------------------------------------------------------------------------
 *
 * price.h
 *	  What a job will cost, before it is submitted.
 *
 * Include postgres.h first.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_PRICE_H
#define HFT_PRICE_H

#include "utils/jsonb.h"

#include "provider/provider.h"

/*
 * Amounts are decimal texts in USD, NULL where unknown: unknown is never
 * free.
 */
typedef struct HftEstimate
{
	HftBillable billable;
	const char *price;			/* of a million tokens */
	const char *minimum;		/* of a job; NULL also when there is none */
	const char *source;			/* of the price; NULL: no row applies */
	const char *since;			/* day the price is valid from */
	const char *low;			/* without the minimum */
	const char *high;			/* with it */
} HftEstimate;

/* Runs inside a scope (base/sql.h). */
extern void hft_estimate_make(HftEstimate *estimate,
							  const HftProvider *provider, const char *model,
							  const HftBillableFacts *facts);

#endif							/* HFT_PRICE_H */
