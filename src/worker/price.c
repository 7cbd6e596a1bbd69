/*-------------------------------------------------------------------------
 *
 * price.c
 *	  What a job will cost, before it is submitted.
 *
 * Tokens come from the platform's rule (provider/billing.h), prices from
 * hft.find_price(), the one place that knows which row applies; the money is
 * multiplied in numeric.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "base/sql.h"
#include "worker/price.h"

static HftStatement find_estimate = {
	"SELECT p.amount::text, m.amount::text, p.source, p.valid_from::text,"
	" trim_scale(round(p.amount * $6 / 1000000, 6))::text,"
	" trim_scale(greatest(round(p.amount * $7 / 1000000, 6),"
	"  CASE WHEN p.amount * $7 IS NOT NULL THEN m.amount END))::text"
	" FROM (VALUES ($4::jsonb || $5::jsonb)) o (options)"
	" LEFT JOIN LATERAL hft.find_price($1, $2, $3, 'train_1m_tokens', now(),"
	"  o.options) p ON true"
	" LEFT JOIN LATERAL hft.find_price($1, $2, $3, 'train_minimum', now(),"
	"  o.options) m ON true",
	7, {TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, INT8OID, INT8OID}
};

void
hft_estimate_make(HftEstimate *estimate, const HftProvider *provider,
				  const char *model, const HftBillableFacts *facts)
{
	HftBillable *billable = &estimate->billable;
	Datum		values[7];
	char		nulls[7] = {' ', ' ', ' ', ' ', ' ', ' ', ' '};

	memset(estimate, 0, sizeof(*estimate));
	billable->epochs = HFT_UNKNOWN;
	billable->low_tokens = HFT_UNKNOWN;
	billable->high_tokens = HFT_UNKNOWN;
	if (provider->billable != NULL)
		provider->billable(facts, billable);

	values[0] = CStringGetTextDatum(provider->name);
	values[1] = CStringGetTextDatum(model);
	values[2] = CStringGetTextDatum(facts->method);
	values[3] = CStringGetTextDatum(facts->hyperparameters);
	values[4] = CStringGetTextDatum(facts->options);
	values[5] = Int64GetDatum(billable->low_tokens);
	values[6] = Int64GetDatum(billable->high_tokens);
	if (billable->low_tokens == HFT_UNKNOWN)
		nulls[5] = 'n';
	if (billable->high_tokens == HFT_UNKNOWN)
		nulls[6] = 'n';
	hft_statement_run(&find_estimate, values, nulls, 1);

	estimate->price = hft_row_text(0, 1);
	estimate->minimum = hft_row_text(0, 2);
	estimate->source = hft_row_text(0, 3);
	estimate->since = hft_row_text(0, 4);
	estimate->low = hft_row_text(0, 5);
	estimate->high = hft_row_text(0, 6);
}
