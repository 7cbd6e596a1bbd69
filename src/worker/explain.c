/*-------------------------------------------------------------------------
 *
 * explain.c
 *	  hft.explain_job: what submit_job would do and cost, before it does.
 *
 * Takes submit's own steps of loading and checking, so that it cannot say
 * something else; like submit it seals a version when none is named, and a
 * submit that follows uses the same one.  One function writes one part; an
 * unknown figure is written as unknown.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"

#include "base/settings.h"
#include "base/sql.h"
#include "dataset/tokens.h"
#include "worker/submit.h"
#include "worker/wakeup.h"

static void
put_line(ReturnSetInfo *result, const char *format,...)
			pg_attribute_printf(2, 3);

static void
put_line(ReturnSetInfo *result, const char *format,...)
{
	Datum		value;
	bool		isnull = false;
	va_list		args;
	char		line[2048];

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	value = CStringGetTextDatum(line);
	tuplestore_putvalues(result->setResult, result->setDesc, &value, &isnull);
}

/* 1234567 as "1,234,567"; HFT_UNKNOWN as "unknown". */
static char *
group_digits(int64 number)
{
	char		digits[32];
	StringInfoData grouped;
	int			length;
	int			i;

	if (number < 0)
		return pstrdup("unknown");
	length = snprintf(digits, sizeof(digits), INT64_FORMAT, number);
	initStringInfo(&grouped);
	for (i = 0; i < length; i++)
	{
		if (i > 0 && (length - i) % 3 == 0)
			appendStringInfoChar(&grouped, ',');
		appendStringInfoChar(&grouped, digits[i]);
	}
	return grouped.data;
}

static char *
pretty_bytes(int64 bytes)
{
	Datum		pretty = DirectFunctionCall1(pg_size_pretty,
											 Int64GetDatum(bytes));

	return text_to_cstring(DatumGetTextPP(pretty));
}

/* An amount for people; the exact one is in the job's row. */
static char *
pretty_amount(const char *amount)
{
	double		usd = strtod(amount, NULL);

	return psprintf(usd < 0.1 ? "$%.4f" : "$%.2f", usd);
}

/* "n" or "n to m" */
static char *
make_range(char *low, char *high)
{
	return strcmp(low, high) == 0 ? low : psprintf("%s to %s", low, high);
}

static void
explain_split(ReturnSetInfo *result, const char *title,
			  const HftSplitFacts *facts)
{
	if (facts->rows == 0)
		put_line(result, "  %s: none", title);
	else
		put_line(result,
				 "  %s: %s examples, %s tokens, longest %s, %s",
				 title, group_digits(facts->rows),
				 group_digits(facts->tokens), group_digits(facts->longest),
				 pretty_bytes(facts->bytes));
}

static void
explain_data(ReturnSetInfo *result, const HftSubmission *submission)
{
	put_line(result, "Fine-Tune %s on %s (server \"%s\")",
			 submission->model, submission->server->provider->title,
			 submission->server_name);
	put_line(result, "Data Set: %s, version " INT64_FORMAT ", %s, sealed %s",
			 submission->dataset, submission->version_number,
			 submission->method, submission->sealed_at);
	explain_split(result, "Training", &submission->train);
	explain_split(result, "Validation", &submission->validation);
	put_line(result, "  Findings: %s errors, %s warnings",
			 group_digits(submission->errors),
			 group_digits(submission->warnings));
}

/* Tokens of another vocabulary than the model's are a rough guess only. */
static void
explain_counting(ReturnSetInfo *result, const HftSubmission *submission)
{
	const char *counted = submission->counted_for;
	const HftTokenModel *ours =
	hft_token_model_lookup(counted, strlen(counted));
	const HftTokenModel *theirs =
	hft_token_model_lookup(submission->model, strlen(submission->model));

	if (theirs == NULL)
		put_line(result, "  Counted for %s: the vocabulary of %s is not known",
				 counted, submission->model);
	else if (ours == NULL || strcmp(ours->encoding, theirs->encoding) != 0)
		put_line(result, "  Counted for %s: %s has another vocabulary (%s)",
				 counted, submission->model, theirs->encoding);
}

static void
explain_tokens(ReturnSetInfo *result, const HftSubmission *submission)
{
	const HftBillable *billable = &submission->estimate.billable;

	put_line(result, "Epochs: %s%s", group_digits(billable->epochs),
			 billable->epochs_chosen ? " (as asked)" :
			 billable->epochs >= 0 ? " (the platform's documented default)" :
			 "");
	put_line(result, "Billed Tokens: %s",
			 make_range(group_digits(billable->low_tokens),
						group_digits(billable->high_tokens)));
	if (billable->note != NULL)
		put_line(result, "  %s", billable->note);
	explain_counting(result, submission);
}

static void
explain_price(ReturnSetInfo *result, const HftSubmission *submission)
{
	const HftEstimate *estimate = &submission->estimate;

	if (estimate->price != NULL)
		put_line(result, "Price: $%s per 1M tokens%s (%s)", estimate->price,
				 strcmp(estimate->since, "-infinity") == 0 ? "" :
				 psprintf(" since %s", estimate->since), estimate->source);
	else if (estimate->source != NULL)
		put_line(result, "Price: unknown (%s)", estimate->source);
	else
		put_line(result, "Price: unknown (no row of hft.price applies)");
	if (estimate->minimum != NULL)
		put_line(result, "  At least $%s for a job", estimate->minimum);
	if (estimate->low != NULL && estimate->high != NULL)
		put_line(result, "Estimate: %s",
				 make_range(pretty_amount(estimate->low),
							pretty_amount(estimate->high)));
	else if (estimate->low != NULL)
		put_line(result, "Estimate: at least %s",
				 pretty_amount(estimate->low));
	else
		put_line(result, "Estimate: unknown");
}

static void
explain_file(ReturnSetInfo *result, const HftSubmission *submission,
			 const char *split, const HftSplitFacts *facts)
{
	static HftStatement find = {
		"SELECT coalesce(remote_id, 'uploaded by an earlier job')"
		" FROM hft.file WHERE server = $1 AND owner = $2"
		" AND version_id = $3 AND split = $4::hft.split AND format = $5"
		" AND state NOT IN ('failed', 'deleted') AND NOT exclusive",
		5, {TEXTOID, REGROLEOID, INT8OID, TEXTOID, TEXTOID}
	};
	Datum		values[5];

	if (facts->rows == 0)
		return;
	values[0] = CStringGetTextDatum(submission->server_name);
	values[1] = ObjectIdGetDatum(submission->owner);
	values[2] = Int64GetDatum(submission->version_id);
	values[3] = CStringGetTextDatum(split);
	values[4] = CStringGetTextDatum(submission->format);
	if (hft_statement_run(&find, values, NULL, 1) > 0)
		put_line(result, "  Use the %s file that is there (%s)", split,
				 hft_row_text(0, 1));
	else
		put_line(result, "  Upload the %s file (about %s)", split,
				 pretty_bytes(facts->bytes));
}

static void
explain_steps(ReturnSetInfo *result, const HftSubmission *submission)
{
	HftScope	scope;

	put_line(result, "Steps:");
	hft_scope_enter(&scope);
	explain_file(result, submission, "train", &submission->train);
	explain_file(result, submission, "validation", &submission->validation);
	hft_scope_leave(&scope);
	if (submission->server->provider->operations[HFT_OP_ESTIMATE].request)
		put_line(result, "  Ask %s for its own price",
				 submission->server->provider->title);
	put_line(result, "  Create the job, once, then look at it every %g s",
			 hft_poll_interval / 1000.0);
	if (!hft_background_enabled())
		put_line(result, "  But nothing runs work in this database: hft is not in shared_preload_libraries");
}

static void
explain_future(ReturnSetInfo *result, const HftSubmission *submission)
{
	const char *notice = submission->server->provider->closing_notice;

	if (submission->retires_on == NULL)
		put_line(result, "Retirement: not known");
	else if (submission->days_left <= 0)
		put_line(result, "Retirement: the model was shut down on %s",
				 submission->retires_on);
	else
		put_line(result,
				 "Retirement: the model and what is tuned from it go on %s, in "
				 INT64_FORMAT " days",
				 submission->retires_on, submission->days_left);
	if (submission->replacement != NULL)
		put_line(result, "  Replacement: %s", submission->replacement);
	if (notice != NULL)
		put_line(result, "Notice: %s", notice);
}

static void
explain_problems(ReturnSetInfo *result, const HftSubmission *submission)
{
	ListCell   *cell;

	foreach(cell, submission->problems)
	{
		const HftProblem *problem = lfirst(cell);

		put_line(result, "Blocked: %s", problem->message);
		if (problem->detail != NULL)
			put_line(result, "  %s", problem->detail);
		if (problem->hint != NULL)
			put_line(result, "  Hint: %s", problem->hint);
	}
	if (submission->errors > 0 && submission->force)
		put_line(result, "Forced: submitted despite %s findings of severity error",
				 group_digits(submission->errors));
}

PG_FUNCTION_INFO_V1(hft_sql_explain_job);

Datum
hft_sql_explain_job(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	HftSubmission *submission = hft_submission_read(fcinfo);

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	hft_submission_load(submission);
	hft_submission_check(submission);
	explain_data(result, submission);
	explain_tokens(result, submission);
	explain_price(result, submission);
	explain_steps(result, submission);
	explain_future(result, submission);
	explain_problems(result, submission);
	return (Datum) 0;
}
