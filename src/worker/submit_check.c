/*-------------------------------------------------------------------------
 *
 * submit_check.c
 *	  What stands against a job, found before anything is written.
 *
 * Every check looks at one thing and adds at most one problem.  What only
 * the platform's adapter can know is asked of it by writing the request that
 * would create the job, without sending it: adapters do no I/O.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "base/errors.h"
#include "base/sql.h"
#include "provider/options.h"
#include "worker/option.h"
#include "worker/submit.h"

#define MAX_NAME_LENGTH 255
#define DRY_RUN_BYTES (1024 * 1024)

static void
add_problem(HftSubmission *submission, int sqlstate, const char *message,
			const char *detail, const char *hint)
{
	HftProblem *problem = palloc(sizeof(HftProblem));

	problem->sqlstate = sqlstate;
	problem->message = message;
	problem->detail = detail;
	problem->hint = hint;
	submission->problems = lappend(submission->problems, problem);
}

static void
check_right(HftSubmission *submission)
{
	if (!OidIsValid(submission->server->oid) ||
		hft_server_allows(submission->server, submission->owner))
		return;
	add_problem(submission, ERRCODE_INSUFFICIENT_PRIVILEGE,
				psprintf("role \"%s\" may not use foreign server \"%s\"",
						 GetUserNameFromId(submission->owner, false),
						 submission->server_name),
				NULL,
				"GRANT USAGE ON FOREIGN SERVER is the right to spend money there.");
}

static void
check_platform(HftSubmission *submission)
{
	const HftProvider *provider = submission->server->provider;
	const HftOperation *create = &provider->operations[HFT_OP_CREATE];

	if (create->request != NULL)
		return;
	add_problem(submission, ERRCODE_FEATURE_NOT_SUPPORTED,
				psprintf("%s does not run fine-tuning jobs", provider->title),
				NULL, create->instead);
}

/* Is "word" one of "a|b|c"? */
static bool
is_listed(const char *list, const char *word)
{
	size_t		length = strlen(word);

	while (*list != '\0')
	{
		size_t		width = strcspn(list, "|");

		if (width == length && strncmp(list, word, length) == 0)
			return true;
		list += width + (list[width] == '|');
	}
	return false;
}

/* "a|b|c" as "a, b, c" */
static char *
list_words(const char *list)
{
	StringInfoData words;

	initStringInfo(&words);
	for (; *list != '\0'; list++)
	{
		if (*list == '|')
			appendStringInfoString(&words, ", ");
		else
			appendStringInfoChar(&words, *list);
	}
	return words.data;
}

static void
check_method(HftSubmission *submission)
{
	const HftProvider *provider = submission->server->provider;

	if (is_listed(provider->methods, submission->method))
		return;
	add_problem(submission, ERRCODE_FEATURE_NOT_SUPPORTED,
				psprintf("%s does not train with method \"%s\"",
						 provider->title, submission->method),
				NULL,
				psprintf("Its methods are: %s.", list_words(provider->methods)));
}

/* Texts that end in requests: of sane length, without line breaks (F76). */
static void
check_text(HftSubmission *submission, const char *what, const char *text)
{
	if (text == NULL)
		return;
	if (*text == '\0' || strlen(text) > MAX_NAME_LENGTH)
		add_problem(submission, ERRCODE_INVALID_PARAMETER_VALUE,
					psprintf("invalid %s", what),
					psprintf("It must have 1 to %d bytes.", MAX_NAME_LENGTH),
					NULL);
	else if (hft_text_has_control(text))
		add_problem(submission, ERRCODE_INVALID_PARAMETER_VALUE,
					psprintf("invalid %s", what),
					"It must not contain line breaks or other control characters.",
					NULL);
}

static void
check_name(HftSubmission *submission)
{
	static HftStatement find_name = {
		"SELECT id FROM hft.job WHERE name = $1", 1, {TEXTOID}
	};
	const char *name = submission->name;
	Datum		value;

	check_text(submission, "job name", name);
	if (name == NULL)
		return;
	if (strspn(name, "0123456789") == strlen(name))
	{
		add_problem(submission, ERRCODE_INVALID_NAME,
					psprintf("invalid job name \"%s\"", name),
					"A name of digits alone would be taken for an id.", NULL);
		return;
	}
	value = CStringGetTextDatum(name);
	if (hft_statement_run(&find_name, &value, NULL, 1) > 0)
		add_problem(submission, ERRCODE_DUPLICATE_OBJECT,
					psprintf("job \"%s\" already exists", name), NULL,
					"Leave the name away, or choose another one.");
}

/*
 * Options of one list, judged by the platform's table.
 */
static void
check_options(HftSubmission *submission, const HftOptionSpec *specs,
			  const char *json, const char *kind)
{
	HftArena   *arena = hft_arena_create(DRY_RUN_BYTES);
	const char *unknown = NULL;
	const char *why = "There is not enough memory to check them.";

	if (arena != NULL)
		why = hft_options_check(arena, specs, json, &unknown);
	if (unknown != NULL)
		add_problem(submission, ERRCODE_FDW_INVALID_OPTION_NAME,
					psprintf("unknown %s \"%s\" for %s", kind, unknown,
							 submission->server->provider->title),
					NULL,
					hft_option_hint(unknown, psprintf("%ss", kind), specs,
									NULL));
	else if (why != NULL)
		add_problem(submission, ERRCODE_INVALID_PARAMETER_VALUE,
					psprintf("invalid %ss", kind), pstrdup(why), NULL);
	hft_arena_destroy(arena);
}

/* F51: refused here, with the numbers, instead of after an upload. */
static void
check_rows(HftSubmission *submission)
{
	const HftProvider *provider = submission->server->provider;

	if (submission->train.rows >= Max(provider->min_examples, 1))
		return;
	add_problem(submission, ERRCODE_INVALID_PARAMETER_VALUE,
				psprintf("data set \"%s\" has too few training examples",
						 submission->dataset),
				psprintf("Version " INT64_FORMAT " has " INT64_FORMAT
						 "; %s needs at least %d.",
						 submission->version_number, submission->train.rows,
						 provider->title, Max(provider->min_examples, 1)),
				NULL);
}

static void
check_bytes(HftSubmission *submission, const char *split,
			const HftSplitFacts *facts)
{
	const HftProvider *provider = submission->server->provider;

	if (provider->max_file_bytes <= 0 ||
		facts->bytes <= provider->max_file_bytes)
		return;
	add_problem(submission, ERRCODE_PROGRAM_LIMIT_EXCEEDED,
				psprintf("the %s split of data set \"%s\" is too large",
						 split, submission->dataset),
				psprintf("It has " INT64_FORMAT " bytes; %s takes at most "
						 INT64_FORMAT " in a file.",
						 facts->bytes, provider->title,
						 provider->max_file_bytes),
				NULL);
}

static void
check_findings(HftSubmission *submission)
{
	if (submission->errors == 0 || submission->force)
		return;
	add_problem(submission, ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
				psprintf("data set \"%s\" has findings that block a job",
						 submission->dataset),
				psprintf("Version " INT64_FORMAT " has " INT64_FORMAT
						 " errors and " INT64_FORMAT " warnings.",
						 submission->version_number, submission->errors,
						 submission->warnings),
				psprintf("See them with SELECT * FROM hft.finding WHERE version_id = "
						 INT64_FORMAT ", or submit with force => true.",
						 submission->version_id));
}

static void
fill_job_facts(const HftSubmission *submission, HftJobFacts *facts)
{
	memset(facts, 0, sizeof(*facts));
	facts->token = "00000000-0000-4000-8000-000000000000";
	facts->name = submission->name;
	facts->suffix = submission->suffix;
	facts->base_model = submission->model;
	facts->method = submission->method;
	facts->hyperparameters = submission->hyperparameters;
	facts->options = submission->options;
	facts->training_file = "file-training";
	facts->validation_file = submission->validation.rows > 0 ?
		"file-validation" : NULL;
	facts->train_rows = submission->train.rows;
	facts->validation_rows = submission->validation.rows;
}

/* What the adapter has against the request that would create the job. */
static void
check_request(HftSubmission *submission)
{
	const HftOperation *create =
	&submission->server->provider->operations[HFT_OP_CREATE];
	HftArena   *arena = hft_arena_create(DRY_RUN_BYTES);
	HftJobFacts facts;
	HftRequest	request;
	HftOutcome	outcome;
	HftCall		call = {0};

	fill_job_facts(submission, &facts);
	call.server = &submission->server->facts;
	call.job = &facts;
	call.now = (int64) time(NULL);
	call.arena = arena;
	memset(&request, 0, sizeof(request));
	hft_outcome_init(&outcome);
	if (arena != NULL && !create->request(&call, &request, &outcome))
		add_problem(submission, ERRCODE_INVALID_PARAMETER_VALUE,
					psprintf("%s would refuse the job",
							 submission->server->provider->title),
					outcome.message ? pstrdup(outcome.message) : NULL,
					outcome.hint ? pstrdup(outcome.hint) : NULL);
	hft_arena_destroy(arena);
}

void
hft_submission_estimate(HftSubmission *submission)
{
	HftBillableFacts facts;

	facts.model = submission->model;
	facts.method = submission->method;
	facts.hyperparameters = submission->hyperparameters;
	facts.options = submission->options;
	facts.rows = submission->train.rows;
	facts.tokens = submission->train.tokens;
	facts.validation_tokens = submission->validation.tokens;
	hft_estimate_make(&submission->estimate, submission->server->provider,
					  submission->model, &facts);
}

void
hft_submission_check(HftSubmission *submission)
{
	const HftProvider *provider = submission->server->provider;
	HftScope	scope;

	hft_scope_enter(&scope);
	check_right(submission);
	check_platform(submission);
	check_method(submission);
	check_name(submission);
	check_text(submission, "model", submission->model);
	check_text(submission, "suffix", submission->suffix);
	check_options(submission, provider->hyperparameters,
				  submission->hyperparameters, "hyperparameter");
	check_options(submission, provider->job_options, submission->options,
				  "option");
	check_rows(submission);
	check_bytes(submission, "training", &submission->train);
	check_bytes(submission, "validation", &submission->validation);
	check_findings(submission);
	if (submission->problems == NIL && OidIsValid(submission->server->oid))
		check_request(submission);
	hft_submission_estimate(submission);
	hft_scope_leave(&scope);
}

void
hft_submission_require(const HftSubmission *submission)
{
	const HftProblem *problem;

	if (submission->problems == NIL)
		return;
	problem = linitial(submission->problems);
	ereport(ERROR,
			(errcode(problem->sqlstate),
			 errmsg("%s", problem->message),
			 problem->detail != NULL ? errdetail("%s", problem->detail) : 0,
			 problem->hint != NULL ? errhint("%s", problem->hint) : 0));
}
