/*-------------------------------------------------------------------------
 *
 * bill.c
 *	  The ledger: what trainings and answers cost.
 *
 * Money is multiplied in numeric, by SQL, from the row that hft.find_price()
 * chooses.  An unknown price or count gives an amount of NULL, never of 0
 * (P10).  A training is booked once: a second call fills in what was unknown
 * and changes nothing else, so a step repeated after a crash is harmless.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "base/sql.h"
#include "worker/bill.h"
#include "worker/server.h"
#include "worker/worker.h"

/* The platform of a server; "" once the server is gone. */
static const char *
provider_of(const char *server_name)
{
	HftServer  *server = hft_server_load(server_name, true);

	return server != NULL ? server->provider->name : "";
}

static char *
server_of_job(int64 job_id)
{
	static HftStatement find = {
		"SELECT server FROM hft.job WHERE id = $1", 1, {INT8OID}
	};
	Datum		value = Int64GetDatum(job_id);

	if (hft_statement_run(&find, &value, NULL, 1) == 0)
		elog(ERROR, "job " INT64_FORMAT " does not exist", job_id);
	return hft_row_text(0, 1);
}

/*
 * $1 job, $2 provider, $3 tokens, $4 billed nano-dollars (null: unknown).
 * What was imported was paid when it ended, at the price of that day.
 */
static HftStatement book_training = {
	"INSERT INTO hft.cost AS c"
	" (at, owner, server, job_id, kind, model, quantity, unit, amount, source)"
	" SELECT t.at, j.owner, j.server, j.id, 'training', j.base_model, $3, 'tokens',"
	"  trim_scale(round(coalesce($4 / 1000000000.0, greatest("
	"   p.amount * $3 / 1000000, CASE WHEN p.amount * $3 > 0"
	"   THEN m.amount END)), 9)),"
	"  CASE WHEN $4 IS NOT NULL THEN 'provider'"
	"   WHEN p.amount * $3 IS NOT NULL THEN 'price:' || p.id"
	"   ELSE 'unknown' END"
	" FROM hft.job j"
	" CROSS JOIN LATERAL (SELECT CASE WHEN j.imported"
	"  THEN least(j.finish_estimate, now()) ELSE now() END) t (at)"
	" LEFT JOIN LATERAL hft.find_price($2, j.base_model, j.method,"
	"  'train_1m_tokens', t.at,"
	"  j.hyperparameters || j.options) p ON true"
	" LEFT JOIN LATERAL hft.find_price($2, j.base_model, j.method,"
	"  'train_minimum', t.at,"
	"  j.hyperparameters || j.options) m ON true"
	" WHERE j.id = $1"
	" ON CONFLICT (job_id) WHERE kind = 'training' DO UPDATE"
	" SET quantity = coalesce(c.quantity, excluded.quantity),"
	"  amount = excluded.amount, source = excluded.source"
	" WHERE c.amount IS NULL",
	4, {INT8OID, TEXTOID, INT8OID, INT8OID}
};

static HftStatement copy_to_job = {
	"UPDATE hft.job j SET trained_tokens = c.quantity,"
	" billed_amount = c.amount, revision = j.revision + 1"
	" FROM hft.cost c"
	" WHERE j.id = $1 AND c.job_id = j.id AND c.kind = 'training'"
	" AND (j.trained_tokens IS DISTINCT FROM c.quantity"
	"  OR j.billed_amount IS DISTINCT FROM c.amount)",
	1, {INT8OID}
};

void
hft_bill_training(int64 job_id, int64 trained_tokens, int64 amount_nano)
{
	Datum		values[4];
	char		nulls[4] = {' ', ' ', ' ', ' '};

	values[0] = Int64GetDatum(job_id);
	values[1] = CStringGetTextDatum(provider_of(server_of_job(job_id)));
	values[2] = Int64GetDatum(trained_tokens);
	values[3] = Int64GetDatum(amount_nano);
	if (trained_tokens == HFT_UNKNOWN)
		nulls[2] = 'n';
	if (amount_nano == HFT_UNKNOWN)
		nulls[3] = 'n';
	hft_statement_run(&book_training, values, nulls, 0);
	hft_statement_run(&copy_to_job, values, NULL, 0);
}

/*
 * $1 owner, $2 server, $3 kind, $4 model as called, $5 provider, $6 model
 * whose price applies, $7 input, $8 cached, $9 output tokens.  Where the
 * platform has no price of its own for cached tokens they cost as input.
 */
static HftStatement book_usage = {
	"INSERT INTO hft.cost (owner, server, kind, model, quantity, unit,"
	" input_tokens, cached_tokens, output_tokens, amount, source)"
	" SELECT $1, $2, $3, $4, $7 + $9, 'tokens', $7, $8, $9, u.amount,"
	"  CASE WHEN u.amount IS NULL THEN 'unknown' ELSE 'price:' || i.id END"
	" FROM (VALUES (1)) one (x)"
	" LEFT JOIN LATERAL hft.find_price($5, $6, NULL, 'input_1m_tokens') i"
	"  ON true"
	" LEFT JOIN LATERAL hft.find_price($5, $6, NULL, 'cached_1m_tokens') c"
	"  ON true"
	" LEFT JOIN LATERAL hft.find_price($5, $6, NULL, 'output_1m_tokens') o"
	"  ON true"
	" CROSS JOIN LATERAL (VALUES (trim_scale(round((("
	"  ($7 - coalesce($8, 0)) * i.amount"
	"  + coalesce($8, 0) * CASE WHEN c.id IS NULL THEN i.amount"
	"   WHEN coalesce($8, 0) = 0 THEN 0 ELSE c.amount END"
	"  + $9 * o.amount) / 1000000), 9)))) u (amount)",
	9, {REGROLEOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID,
	INT8OID, INT8OID, INT8OID}
};

void
hft_bill_usage(const HftUsage *usage)
{
	const char *base = usage->base_model ? usage->base_model : usage->model;
	int64		counts[3] = {usage->input_tokens, usage->cached_tokens,
	usage->output_tokens};
	Datum		values[9];
	char		nulls[9];
	int			i;

	memset(nulls, ' ', sizeof(nulls));
	values[0] = ObjectIdGetDatum(usage->owner);
	values[1] = CStringGetTextDatum(usage->server);
	values[2] = CStringGetTextDatum(usage->kind);
	values[3] = CStringGetTextDatum(usage->model);
	values[4] = CStringGetTextDatum(usage->provider);
	values[5] = CStringGetTextDatum(base);
	for (i = 0; i < 3; i++)
	{
		values[6 + i] = Int64GetDatum(counts[i]);
		if (counts[i] == HFT_UNKNOWN)
			nulls[6 + i] = 'n';
	}
	hft_statement_run(&book_usage, values, nulls, 0);
}

/*
 * Hours between two bookings fall into the day of the later one, which is a
 * minute's error at midnight at the worker's pace.
 */
static HftStatement book_hosting = {
	"WITH span AS ("
	"  UPDATE hft.deployment d SET booked_until = $2"
	"  FROM hft.deployment o"
	"  WHERE d.id = $1 AND o.id = d.id AND d.ready_at IS NOT NULL"
	"  RETURNING d.id, d.owner, d.server, d.model, d.price_per_hour,"
	"   d.price_source,"
	"   (extract(epoch FROM $2 - coalesce(o.booked_until, o.ready_at))"
	"    / 3600)::numeric AS hours),"
	" today AS ("
	"  UPDATE hft.cost c SET quantity = c.quantity + s.hours, at = $2,"
	"   amount = trim_scale(round("
	"    c.amount + s.hours * s.price_per_hour, 9))"
	"  FROM span s WHERE c.deployment_id = s.id AND c.kind = 'hosting'"
	"   AND (c.at AT TIME ZONE 'UTC')::date = ($2 AT TIME ZONE 'UTC')::date"
	"  RETURNING c.id)"
	" INSERT INTO hft.cost (at, owner, server, deployment_id, kind, model,"
	"  quantity, unit, amount, source)"
	" SELECT $2, owner, server, id, 'hosting', model, hours, 'hours',"
	"  trim_scale(round(hours * price_per_hour, 9)),"
	"  CASE WHEN price_per_hour IS NULL THEN 'unknown'"
	"   ELSE coalesce(price_source, 'provider') END"
	" FROM span WHERE NOT EXISTS (SELECT FROM today)",
	2, {INT8OID, TIMESTAMPTZOID}
};

void
hft_bill_hosting(int64 deployment_id)
{
	Datum		values[] = {
		Int64GetDatum(deployment_id),
		TimestampTzGetDatum(hft_now())
	};

	(void) hft_statement_run(&book_hosting, values, NULL, 0);
}

static HftStatement set_rate = {
	"UPDATE hft.deployment d SET price_per_hour = $3 * p.amount,"
	" price_source = 'price:' || p.id"
	" FROM hft.deployment o"
	" LEFT JOIN hft.model m ON m.server = o.server AND m.model = o.model"
	" CROSS JOIN LATERAL hft.find_price($2, coalesce(m.base_model, o.model),"
	"  NULL, 'host_hour', now(), o.options || coalesce($4::jsonb, '{}')) p"
	" WHERE d.id = $1 AND o.id = $1 AND p.amount IS NOT NULL",
	4, {INT8OID, TEXTOID, INT8OID, TEXTOID}
};

void
hft_bill_rate(int64 deployment_id, const char *provider, int64 units,
			  const char *options)
{
	char		nulls[4] = {' ', ' ', ' ', options ? ' ' : 'n'};
	Datum		values[] = {
		Int64GetDatum(deployment_id),
		CStringGetTextDatum(provider),
		Int64GetDatum(units),
		options ? CStringGetTextDatum(options) : (Datum) 0
	};

	(void) hft_statement_run(&set_rate, values, nulls, 0);
}
