/*-------------------------------------------------------------------------
 *
 * submit.c
 *	  hft.submit_job: a row that becomes a job at the platform on COMMIT.
 *
 * Submitting writes the job, and rows for files that are not at the platform
 * yet, in the caller's transaction: a rollback means no job and no cost.  The
 * row carries the system identifier and the database, so that a copy of the
 * database does not pay a second time (R42).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "tcop/utility.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "base/errors.h"
#include "base/sql.h"
#include "example/writer.h"
#include "worker/submit.h"
#include "worker/wakeup.h"

#define FILENAME_DATASET_BYTES 40
#define FILENAME_DIGEST_BYTES 16
#define FILENAME_MARK_BYTES 6

/* Arguments, in the order of the SQL declaration. */
enum
{
	ARG_DATASET, ARG_SERVER, ARG_MODEL, ARG_NAME, ARG_VERSION, ARG_SUFFIX,
	ARG_HYPERPARAMETERS, ARG_OPTIONS, ARG_FORCE
};

static char *
text_argument(FunctionCallInfo fcinfo, int n)
{
	if (PG_ARGISNULL(n))
		return NULL;
	return text_to_cstring(PG_GETARG_TEXT_PP(n));
}

static char *
required_argument(FunctionCallInfo fcinfo, int n, const char *name)
{
	char	   *value = text_argument(fcinfo, n);

	if (value == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("argument \"%s\" must not be null", name)));
	return value;
}

char *
hft_object_argument(FunctionCallInfo fcinfo, int n, const char *name)
{
	Jsonb	   *value;

	if (PG_ARGISNULL(n))
		return pstrdup("{}");
	value = PG_GETARG_JSONB_P(n);
	if (!JB_ROOT_IS_OBJECT(value))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"%s\" must be a JSON object", name)));
	return JsonbToCString(NULL, &value->root, VARSIZE(value));
}

HftSubmission *
hft_submission_read(FunctionCallInfo fcinfo)
{
	HftSubmission *submission = palloc0(sizeof(HftSubmission));

	submission->dataset = required_argument(fcinfo, ARG_DATASET, "dataset");
	submission->server_name = required_argument(fcinfo, ARG_SERVER, "server");
	submission->model = required_argument(fcinfo, ARG_MODEL, "model");
	submission->name = text_argument(fcinfo, ARG_NAME);
	submission->suffix = text_argument(fcinfo, ARG_SUFFIX);
	submission->hyperparameters =
		hft_object_argument(fcinfo, ARG_HYPERPARAMETERS, "hyperparameters");
	submission->options = hft_object_argument(fcinfo, ARG_OPTIONS, "options");
	submission->force = !PG_ARGISNULL(ARG_FORCE) && PG_GETARG_BOOL(ARG_FORCE);
	submission->owner = GetUserId();
	if (!PG_ARGISNULL(ARG_VERSION))
	{
		submission->version = PG_GETARG_INT32(ARG_VERSION);
		if (submission->version < 1)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("versions are numbered from 1")));
	}
	return submission;
}

/* May the copy of this split not be shared with other jobs? */
static bool
is_exclusive(const HftSubmission *submission, const char *split)
{
	return submission->server->provider->file_per_job &&
		strcmp(split, "train") == 0;
}

/* "-0123456789ab": tells copies of the same content apart. */
static char *
make_mark(void)
{
	unsigned char bytes[FILENAME_MARK_BYTES];
	StringInfoData mark;

	if (!pg_strong_random(bytes, sizeof(bytes)))
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not get random bytes for the name of a file")));
	initStringInfo(&mark);
	appendStringInfoChar(&mark, '-');
	for (size_t i = 0; i < sizeof(bytes); i++)
		appendStringInfo(&mark, "%02x", bytes[i]);
	return mark.data;
}

/*
 * Name of a file at the platform.  It is the only mark that some platforms
 * keep, so it tells the content: "hft-triage-train-0123456789abcdef.jsonl".
 * A copy for one job has a mark of its own behind that, or the search for a
 * lost upload could find the copy of another job.
 */
static char *
make_filename(const HftSubmission *submission, const char *split,
			  const HftSplitFacts *facts)
{
	char		name[FILENAME_DATASET_BYTES + 1];
	const char *mark = is_exclusive(submission, split) ? make_mark() : "";
	char	   *c;

	strlcpy(name, submission->dataset, sizeof(name));
	for (c = name; *c != '\0'; c++)
	{
		/* no multibyte character can be cut in half: all become '-' */
		if (strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", *c) == NULL)
			*c = '-';
	}
	return psprintf("hft-%s-%s-%.*s%s.jsonl", name, split,
					FILENAME_DIGEST_BYTES, facts->sha256, mark);
}

/* The live copy of a split at the server that jobs may share, or 0. */
static int64
find_file(const HftSubmission *submission, const char *split)
{
	static HftStatement find = {
		"SELECT id FROM hft.file WHERE server = $1 AND owner = $2"
		" AND version_id = $3 AND split = $4::hft.split AND format = $5"
		" AND state NOT IN ('failed', 'deleted') AND NOT exclusive",
		5, {TEXTOID, REGROLEOID, INT8OID, TEXTOID, TEXTOID}
	};
	Datum		values[5];

	values[0] = CStringGetTextDatum(submission->server_name);
	values[1] = ObjectIdGetDatum(submission->owner);
	values[2] = Int64GetDatum(submission->version_id);
	values[3] = CStringGetTextDatum(split);
	values[4] = CStringGetTextDatum(submission->format);
	if (hft_statement_run(&find, values, NULL, 1) == 0)
		return 0;
	return hft_row_int64(0, 1, 0);
}

/*
 * A new row for a split; 0 when somebody else was faster.  A format that is
 * the canonical form has its size and digest already; another one is
 * measured before the upload.
 */
static int64
insert_file(const HftSubmission *submission, const char *split,
			const HftSplitFacts *facts)
{
	static HftStatement insert = {
		"INSERT INTO hft.file (server, owner, version_id, split, format,"
		" filename, rows, bytes, sha256, exclusive)"
		" VALUES ($1, $2, $3, $4::hft.split, $5, $6, $7, $8, $9, $10)"
		" ON CONFLICT (server, owner, version_id, split, format)"
		" WHERE state NOT IN ('failed', 'deleted') AND NOT exclusive"
		" DO NOTHING RETURNING id",
		10, {TEXTOID, REGROLEOID, INT8OID, TEXTOID, TEXTOID, TEXTOID, INT8OID,
		INT8OID, TEXTOID, BOOLOID}
	};
	const HftWriter *writer = hft_writer_lookup(submission->format);
	Datum		values[10];
	char		nulls[10];

	values[0] = CStringGetTextDatum(submission->server_name);
	values[1] = ObjectIdGetDatum(submission->owner);
	values[2] = Int64GetDatum(submission->version_id);
	values[3] = CStringGetTextDatum(split);
	values[4] = CStringGetTextDatum(submission->format);
	values[5] = CStringGetTextDatum(make_filename(submission, split, facts));
	values[6] = Int64GetDatum(facts->rows);
	values[7] = Int64GetDatum(facts->bytes);
	values[8] = CStringGetTextDatum(facts->sha256);
	values[9] = BoolGetDatum(is_exclusive(submission, split));
	memset(nulls, ' ', sizeof(nulls));
	if (writer == NULL || !writer->identity)
		nulls[7] = nulls[8] = 'n';
	if (hft_statement_run(&insert, values, nulls, 0) == 0)
		return 0;
	return hft_row_int64(0, 1, 0);
}

/*
 * The file of a split, made if there is none; 0 for an empty split.  Nobody
 * deletes file rows, so after a lost race the second look finds the winner's.
 */
static int64
need_file(const HftSubmission *submission, const char *split,
		  const HftSplitFacts *facts)
{
	int64		id;

	if (facts->rows == 0)
		return 0;
	if (is_exclusive(submission, split))
		return insert_file(submission, split, facts);
	id = find_file(submission, split);
	if (id == 0)
		id = insert_file(submission, split, facts);
	if (id == 0)
		id = find_file(submission, split);
	if (id == 0)
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("could not use the file of another transaction"),
				 errhint("Submit again.")));
	return id;
}

/* Values of one row under construction: NULL texts and unknowns are nulls. */
typedef struct JobValues
{
	Datum		values[HFT_SQL_MAX_ARGS];
	char		nulls[HFT_SQL_MAX_ARGS];
	int			n;
} JobValues;

static void
add_datum(JobValues *row, Datum value, bool isnull)
{
	row->values[row->n] = value;
	row->nulls[row->n++] = isnull ? 'n' : ' ';
}

static void
add_text(JobValues *row, const char *text)
{
	add_datum(row, text != NULL ? CStringGetTextDatum(text) : (Datum) 0,
			  text == NULL);
}

static void
add_int64(JobValues *row, int64 value, bool isnull)
{
	add_datum(row, Int64GetDatum(value), isnull);
}

static HftStatement insert_job = {
	"INSERT INTO hft.job (name, owner, server, dataset, version_id,"
	" base_model, method, suffix, hyperparameters, options, forced,"
	" training_file_id, validation_file_id, estimated_tokens,"
	" estimated_low, estimated_high, due_at, system_identifier, database)"
	" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::jsonb, $10::jsonb, $11,"
	" $12, $13, $14, $15::numeric, $16::numeric, now(), $17, $18)"
	" ON CONFLICT (name) DO NOTHING RETURNING id",
	18, {TEXTOID, REGROLEOID, TEXTOID, TEXTOID, INT8OID,
		TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, BOOLOID,
	INT8OID, INT8OID, INT8OID, TEXTOID, TEXTOID, INT8OID, OIDOID}
};

static void
fill_job_row(const HftSubmission *submission, JobValues *row)
{
	const HftEstimate *estimate = &submission->estimate;
	int64		validation;

	row->n = 0;
	add_text(row, submission->name);
	add_datum(row, ObjectIdGetDatum(submission->owner), false);
	add_text(row, submission->server_name);
	add_text(row, submission->dataset);
	add_int64(row, submission->version_id, false);
	add_text(row, submission->model);
	add_text(row, submission->method);
	add_text(row, submission->suffix);
	add_text(row, submission->hyperparameters);
	add_text(row, submission->options);
	add_datum(row, BoolGetDatum(submission->errors > 0), false);
	add_int64(row, need_file(submission, "train", &submission->train), false);
	validation = need_file(submission, "validation", &submission->validation);
	add_int64(row, validation, validation == 0);
	add_int64(row, estimate->billable.high_tokens,
			  estimate->billable.high_tokens == HFT_UNKNOWN);
	add_text(row, estimate->low);
	add_text(row, estimate->high);
	add_int64(row, (int64) GetSystemIdentifier(), false);
	add_datum(row, ObjectIdGetDatum(MyDatabaseId), false);
}

int64
hft_submission_insert(const HftSubmission *submission)
{
	HftScope	scope;
	JobValues	row;
	int64		id;

	PreventCommandIfReadOnly("hft.submit_job()");
	hft_scope_enter(&scope);
	fill_job_row(submission, &row);
	if (hft_statement_run(&insert_job, row.values, row.nulls, 0) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT),
				 errmsg("job \"%s\" already exists", submission->name)));
	id = hft_row_int64(0, 1, 0);
	hft_scope_leave(&scope);
	hft_wakeup_at_commit();
	return id;
}

void
hft_background_warn(void)
{
	static TimestampTz warned = 0;

	/* 100,000 submits in one transaction need one warning (F72) */
	if (hft_background_enabled() ||
		warned == GetCurrentTransactionStartTimestamp())
		return;
	warned = GetCurrentTransactionStartTimestamp();
	ereport(WARNING,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("nothing runs hft's work in this database"),
			 errdetail("What was asked for is stored and waits."),
			 errhint("Add hft to shared_preload_libraries and restart the server, or let an administrator call hft.start_worker().")));
}

static void
warn_of_retirement(const HftSubmission *submission)
{
	if (submission->retires_on == NULL || submission->days_left > 0)
		return;
	ereport(WARNING,
			(errcode(ERRCODE_WARNING),
			 errmsg("model \"%s\" was shut down on %s", submission->model,
					submission->retires_on),
			 errdetail("The platform will probably refuse the job."),
			 submission->replacement != NULL ?
			 errhint("Its replacement is \"%s\".", submission->replacement) :
			 errhint("If that is wrong, insert a row of yours into hft.retirement.")));
}

PG_FUNCTION_INFO_V1(hft_sql_submit_job);

Datum
hft_sql_submit_job(PG_FUNCTION_ARGS)
{
	HftSubmission *submission = hft_submission_read(fcinfo);
	int64		id;

	hft_submission_load(submission);
	hft_submission_check(submission);
	hft_submission_require(submission);
	id = hft_submission_insert(submission);
	warn_of_retirement(submission);
	hft_background_warn();
	PG_RETURN_INT64(id);
}
