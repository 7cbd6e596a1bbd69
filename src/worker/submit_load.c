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
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"

#include "base/errors.h"
#include "base/sql.h"
#include "compat.h"
#include "dataset/dataset.h"
#include "worker/submit.h"

/* Names of the data sets that the caller sees, NULL-terminated. */
static const char **
list_dataset_names(Oid role)
{
	static HftStatement find_names = {
		"SELECT name FROM hft.dataset"
		" WHERE pg_has_role($1, owner, 'MEMBER')", 1, {OIDOID}
	};
	Datum		value = ObjectIdGetDatum(role);
	uint64		rows = hft_statement_run(&find_names, &value, NULL, 0);
	const char **names = palloc0((rows + 1) * sizeof(char *));
	uint64		i;

	for (i = 0; i < rows; i++)
		names[i] = hft_row_text(i, 1);
	return names;
}

pg_noreturn static void
raise_unknown_dataset(const HftSubmission *submission)
{
	const char *closest =
	hft_closest(submission->dataset, list_dataset_names(submission->owner));

	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("data set \"%s\" does not exist", submission->dataset),
			 closest != NULL ?
			 errhint("Perhaps you meant \"%s\".", closest) :
			 errhint("Create it with hft.create_dataset().")));
}

static void
find_dataset(HftSubmission *submission)
{
	static HftStatement find = {
		"SELECT id, owner::oid::int8 FROM hft.dataset WHERE name = $1",
		1, {TEXTOID}
	};
	Datum		value = CStringGetTextDatum(submission->dataset);
	Oid			owner;

	if (hft_statement_run(&find, &value, NULL, 1) == 0)
		raise_unknown_dataset(submission);
	submission->dataset_id = hft_row_int64(0, 1, 0);
	owner = (Oid) hft_row_int64(0, 2, 0);
	if (!is_member_of_role(submission->owner, owner))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("must be owner of data set \"%s\"",
						submission->dataset)));
}

static void
read_split(HftSplitFacts *facts, int column)
{
	facts->rows = hft_row_int64(0, column, 0);
	facts->tokens = hft_row_int64(0, column + 1, 0);
	facts->longest = hft_row_int64(0, column + 2, 0);
	facts->bytes = hft_row_int64(0, column + 3, 0);
	facts->sha256 = hft_row_text(0, column + 4);
}

pg_noreturn static void
raise_unknown_version(const HftSubmission *submission)
{
	static HftStatement find_last = {
		"SELECT max(number) FROM hft.dataset_version WHERE dataset_id = $1",
		1, {INT8OID}
	};
	Datum		value = Int64GetDatum(submission->dataset_id);
	int64		last;

	hft_statement_run(&find_last, &value, NULL, 1);
	last = hft_row_int64(0, 1, 0);
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("version %d of data set \"%s\" does not exist",
					submission->version, submission->dataset),
			 last > 0 ?
			 errhint("Its newest version is " INT64_FORMAT ".", last) :
			 errhint("It has no version yet; leave the version away to seal one.")));
}

static void
find_version(HftSubmission *submission)
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
		" WHERE v.dataset_id = $1 AND v.number = $2",
		2, {INT8OID, INT4OID}
	};
	Datum		values[2];

	values[0] = Int64GetDatum(submission->dataset_id);
	values[1] = Int32GetDatum(submission->version);
	if (hft_statement_run(&find, values, NULL, 1) == 0)
		raise_unknown_version(submission);
	submission->version_id = hft_row_int64(0, 1, 0);
	submission->version_number = hft_row_int64(0, 2, 0);
	submission->method = hft_row_text(0, 3);
	submission->counted_for = hft_row_text(0, 4);
	submission->sealed_at = hft_row_text(0, 5);
	submission->warnings = hft_row_int64(0, 6, 0);
	read_split(&submission->train, 7);
	read_split(&submission->validation, 12);
	submission->errors =
		hft_version_errors(submission->version_id,
						   submission->server->provider->format);
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
hft_submission_load(HftSubmission *submission)
{
	HftScope	scope;

	submission->server = hft_server_load(submission->server_name, false);
	hft_scope_enter(&scope);
	find_dataset(submission);
	hft_scope_leave(&scope);

	/*
	 * Seal what the query gives now.  The same content is the same version,
	 * so this costs a scan of the source but no second copy (R35).
	 */
	if (submission->version == 0)
		submission->version =
			hft_dataset_snapshot(submission->dataset).number;

	hft_scope_enter(&scope);
	find_version(submission);
	find_retirement(submission);
	hft_scope_leave(&scope);
}
