/*-------------------------------------------------------------------------
 *
 * history.c
 *	  Storing what a provider reports: metrics, events, checkpoints, models.
 *
 * A page goes in with one statement over parallel arrays, whatever its size.
 * Numbers that are no numbers (NaN, infinite) are kept for metrics, since a
 * loss that diverged is a fact; times out of range become NULL.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "base/errors.h"
#include "base/sql.h"
#include "worker/history.h"

#define TEXT_LIMIT 2048			/* bytes kept of a message (R25) */
#define DATA_LIMIT 16384

/* A column of a page: grows to an array parameter. */
typedef struct Column
{
	Datum	   *values;
	bool	   *nulls;
	int			count;
} Column;

static void
start_column(Column *column, int size)
{
	column->values = palloc(sizeof(Datum) * (size + 1));
	column->nulls = palloc(sizeof(bool) * (size + 1));
	column->count = 0;
}

static void
put_datum(Column *column, Datum value, bool isnull)
{
	column->values[column->count] = value;
	column->nulls[column->count++] = isnull;
}

static void
put_text(Column *column, const char *text, size_t limit)
{
	char	   *clean = hft_redact(text, limit);

	put_datum(column, clean ? CStringGetTextDatum(clean) : (Datum) 0,
			  clean == NULL);
}

/* Milliseconds since 1970, where that is a time of this age. */
static void
put_time(Column *column, int64 ms)
{
	bool		known = ms >= 0 && ms < INT64CONST(253402300800000);
	int64		since_2000 = ms * 1000 -
	(int64) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * USECS_PER_DAY;

	put_datum(column, TimestampTzGetDatum(known ? since_2000 : 0), !known);
}

static Datum
column_array(const Column *column, Oid type)
{
	int			dims[1] = {column->count};
	int			lower[1] = {1};
	bool		is_text = type == TEXTOID;

	ArrayType  *array = is_text
		? construct_md_array(column->values, column->nulls, 1, dims, lower,
							 type, -1, false, TYPALIGN_INT)
		: construct_md_array(column->values, column->nulls, 1, dims, lower,
							 type, 8, FLOAT8PASSBYVAL, TYPALIGN_DOUBLE);

	return PointerGetDatum(array);
}

static void
store_metrics(int64 job_id, const HftMetric *metrics, int count)
{
	static HftStatement store = {
		"INSERT INTO hft.metric AS m (job_id, step, name, value, at)"
		" SELECT DISTINCT ON (step, name) $1, step, name, value, at"
		" FROM unnest($2, $3, $4, $5) WITH ORDINALITY"
		"  AS page(step, name, value, at, position)"
		" WHERE name IS NOT NULL AND value IS NOT NULL"
		" ORDER BY step, name, position DESC"
		" ON CONFLICT (job_id, name, step) DO UPDATE"
		" SET value = excluded.value, at = coalesce(excluded.at, m.at)"
		" WHERE m.value <> excluded.value",
		5, {INT8OID, INT8ARRAYOID, TEXTARRAYOID, FLOAT8ARRAYOID,
		TIMESTAMPTZARRAYOID}
	};
	Column		step,
				name,
				value,
				at;
	Datum		values[5];

	start_column(&step, count);
	start_column(&name, count);
	start_column(&value, count);
	start_column(&at, count);
	for (int i = 0; i < count; i++)
	{
		put_datum(&step, Int64GetDatum(metrics[i].step), false);
		put_text(&name, metrics[i].name, NAMEDATALEN * 4);
		put_datum(&value, Float8GetDatum(metrics[i].value), false);
		put_time(&at, metrics[i].at_ms);
	}
	values[0] = Int64GetDatum(job_id);
	values[1] = column_array(&step, INT8OID);
	values[2] = column_array(&name, TEXTOID);
	values[3] = column_array(&value, FLOAT8OID);
	values[4] = column_array(&at, TIMESTAMPTZOID);
	(void) hft_statement_run(&store, values, NULL, 0);
}

static void
store_events(int64 job_id, const HftEvent *events, int count)
{
	static HftStatement store = {
		"INSERT INTO hft.event (job_id, event_id, at, level, type, message, data)"
		" SELECT $1, id, at, coalesce(level, 'info'), type,"
		"  coalesce(message, ''), data::jsonb"
		" FROM unnest($2, $3, $4, $5, $6, $7)"
		"  AS page(id, at, level, type, message, data)"
		" WHERE id IS NOT NULL"
		" ON CONFLICT DO NOTHING",
		7, {INT8OID, TEXTARRAYOID, TIMESTAMPTZARRAYOID, TEXTARRAYOID,
		TEXTARRAYOID, TEXTARRAYOID, TEXTARRAYOID}
	};
	Column		id,
				at,
				level,
				type,
				message,
				data;
	Datum		values[7];

	start_column(&id, count);
	start_column(&at, count);
	start_column(&level, count);
	start_column(&type, count);
	start_column(&message, count);
	start_column(&data, count);
	for (int i = 0; i < count; i++)
	{
		const HftEvent *event = &events[i];
		bool		fits = event->data && strlen(event->data) <= DATA_LIMIT;

		put_text(&id, event->id, TEXT_LIMIT);
		put_time(&at, event->at_ms);
		put_text(&level, event->level, NAMEDATALEN);
		put_text(&type, event->type, NAMEDATALEN);
		put_text(&message, event->message, TEXT_LIMIT);
		put_text(&data, fits ? event->data : NULL, DATA_LIMIT);
	}
	values[0] = Int64GetDatum(job_id);
	values[1] = column_array(&id, TEXTOID);
	values[2] = column_array(&at, TIMESTAMPTZOID);
	values[3] = column_array(&level, TEXTOID);
	values[4] = column_array(&type, TEXTOID);
	values[5] = column_array(&message, TEXTOID);
	values[6] = column_array(&data, TEXTOID);
	(void) hft_statement_run(&store, values, NULL, 0);
}

static void
store_checkpoints(int64 job_id, const HftCheckpoint *checkpoints, int count)
{
	static HftStatement store = {
		"INSERT INTO hft.checkpoint AS c"
		" (job_id, checkpoint_id, step, model, metrics, created_at)"
		" SELECT DISTINCT ON (id) $1, id, step, model, metrics::jsonb, at"
		" FROM unnest($2, $3, $4, $5, $6) AS page(id, step, model, metrics, at)"
		" WHERE id IS NOT NULL ORDER BY id"
		" ON CONFLICT (job_id, checkpoint_id) DO UPDATE"
		" SET model = coalesce(excluded.model, c.model),"
		"  metrics = coalesce(excluded.metrics, c.metrics)",
		6, {INT8OID, TEXTARRAYOID, INT8ARRAYOID, TEXTARRAYOID, TEXTARRAYOID,
		TIMESTAMPTZARRAYOID}
	};
	Column		id,
				step,
				model,
				metrics,
				at;
	Datum		values[6];

	start_column(&id, count);
	start_column(&step, count);
	start_column(&model, count);
	start_column(&metrics, count);
	start_column(&at, count);
	for (int i = 0; i < count; i++)
	{
		put_text(&id, checkpoints[i].id, TEXT_LIMIT);
		put_datum(&step, Int64GetDatum(checkpoints[i].step), false);
		put_text(&model, checkpoints[i].model, TEXT_LIMIT);
		put_text(&metrics, checkpoints[i].metrics, DATA_LIMIT);
		put_time(&at, checkpoints[i].at_ms);
	}
	values[0] = Int64GetDatum(job_id);
	values[1] = column_array(&id, TEXTOID);
	values[2] = column_array(&step, INT8OID);
	values[3] = column_array(&model, TEXTOID);
	values[4] = column_array(&metrics, TEXTOID);
	values[5] = column_array(&at, TIMESTAMPTZOID);
	(void) hft_statement_run(&store, values, NULL, 0);
}

void
hft_history_store(int64 job_id, const HftOutcome *outcome)
{
	HftScope	scope;

	if (outcome->nmetrics + outcome->nevents + outcome->ncheckpoints == 0)
		return;
	hft_scope_enter(&scope);
	if (outcome->nmetrics > 0)
		store_metrics(job_id, outcome->metrics, outcome->nmetrics);
	if (outcome->nevents > 0)
		store_events(job_id, outcome->events, outcome->nevents);
	if (outcome->ncheckpoints > 0)
		store_checkpoints(job_id, outcome->checkpoints, outcome->ncheckpoints);
	hft_scope_leave(&scope);
}

void
hft_history_models(int64 job_id)
{
	static HftStatement store = {
		"INSERT INTO hft.model (server, model, kind, owner, job_id, base_model)"
		" SELECT j.server, made.model, made.kind, j.owner, j.id, j.base_model"
		" FROM hft.job j CROSS JOIN LATERAL ("
		"  SELECT j.tuned_model AS model, 'tuned' AS kind"
		"  UNION ALL SELECT c.model, 'checkpoint' FROM hft.checkpoint c"
		"   WHERE c.job_id = j.id AND c.model IS DISTINCT FROM j.tuned_model"
		" ) AS made WHERE j.id = $1 AND made.model IS NOT NULL"
		" ON CONFLICT (server, model) DO NOTHING",
		1, {INT8OID}
	};
	Datum		values[] = {Int64GetDatum(job_id)};
	HftScope	scope;

	hft_scope_enter(&scope);
	(void) hft_statement_run(&store, values, NULL, 0);
	hft_scope_leave(&scope);
}
