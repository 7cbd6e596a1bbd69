/*-------------------------------------------------------------------------
 *
 * submit_load.c
 *	  The facts a job rests on: server, data set, sealed version, model.
 *
 * A fresh version is sealed outside of any scope, as the caller, because it
 * runs the data set's query (R31).  Everything else is read as the owner of
 * the extension, after it was asked whether the caller may see it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "base/sql.h"
#include "dataset/dataset.h"
#include "worker/submit.h"

static void
read_split(HftSplitFacts *facts, int column)
{
	facts->rows = hft_row_int64(0, column, 0);
	facts->tokens = hft_row_int64(0, column + 1, 0);
	facts->longest = hft_row_int64(0, column + 2, 0);
	facts->bytes = hft_row_int64(0, column + 3, 0);
	facts->sha256 = hft_row_text(0, column + 4);
}

/* "version": of a data set that is the caller's */
static void
describe_version(HftSubmission *submission, int64 version)
{
	static HftStatement find = {
		"SELECT v.id, v.number, v.method, v.model,"
		" to_char(v.created_at, 'YYYY-MM-DD HH24:MI:SS OF'),"
		" v.warnings,"
		" t.rows, t.tokens, t.longest, t.bytes, encode(t.sha256, 'hex'),"
		" e.rows, e.tokens, e.longest, e.bytes, encode(e.sha256, 'hex')"
		" FROM hft.dataset_version v"
		" LEFT JOIN hft.dataset_split t"
		"  ON t.version_id = v.id AND t.split = 'train'"
		" LEFT JOIN hft.dataset_split e"
		"  ON e.version_id = v.id AND e.split = 'validation'"
		" WHERE v.id = $1", 1, {INT8OID}
	};
	Datum		value = Int64GetDatum(version);

	hft_statement_run(&find, &value, NULL, 1);
	submission->version_id = hft_row_int64(0, 1, 0);
	submission->version_number = hft_row_int64(0, 2, 0);
	submission->method = hft_row_text(0, 3);
	submission->counted_for = hft_row_text(0, 4);
	submission->sealed_at = hft_row_text(0, 5);
	submission->warnings = hft_row_int64(0, 6, 0);
	read_split(&submission->train, 7);
	read_split(&submission->validation, 12);
	submission->errors =
		hft_version_errors(submission->version_id, submission->format);
}

/* When the base model is shut down: what the platform told, else our table. */
static void
find_retirement(HftSubmission *submission)
{
	static HftStatement find = {
		"SELECT d.retires_on::text, (d.retires_on - current_date)::int8,"
		" r.replacement"
		" FROM (VALUES (1)) one (x)"
		" LEFT JOIN LATERAL hft.find_retirement($1, $2) r ON true"
		" LEFT JOIN hft.model m ON m.server = $3 AND m.model = $2"
		" CROSS JOIN LATERAL"
		"  (VALUES (coalesce(m.retires_on, r.retires_on))) d (retires_on)",
		3, {TEXTOID, TEXTOID, TEXTOID}
	};
	Datum		values[3];

	values[0] = CStringGetTextDatum(submission->server->provider->name);
	values[1] = CStringGetTextDatum(submission->model);
	values[2] = CStringGetTextDatum(submission->server_name);
	hft_statement_run(&find, values, NULL, 1);
	submission->retires_on = hft_row_text(0, 1);
	submission->days_left = hft_row_int64(0, 2, 0);
	submission->replacement = hft_row_text(0, 3);
}

void
hft_submission_describe(HftSubmission *submission, int64 version)
{
	HftScope	scope;

	submission->format = hft_provider_format(submission->server->provider,
											 submission->model);
	hft_scope_enter(&scope);
	describe_version(submission, version);
	find_retirement(submission);
	hft_scope_leave(&scope);
}

/*
 * No version named means what the query gives now.  The same content is the
 * same version, so that costs a scan of the source but no second copy (R35).
 */
int64
hft_submission_version(const char *dataset, int number)
{
	if (number == HFT_LATEST_VERSION)
		return hft_dataset_snapshot(dataset).id;
	return hft_version_get(dataset, number).id;
}

void
hft_submission_load(HftSubmission *submission)
{
	submission->server = hft_server_load(submission->server_name, false);
	hft_submission_describe(submission,
							hft_submission_version(submission->dataset,
												   submission->version));
}
