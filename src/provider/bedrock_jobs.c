/*-------------------------------------------------------------------------
 *
 * bedrock_jobs.c
 *	  Customization jobs at Bedrock: find, look at, stop, list.
 *
 * The remote id is the job's ARN; its last part is also the name of the
 * folder with the results.
 *
 *-------------------------------------------------------------------------
 */
#include <inttypes.h>
#include <string.h>

#include "provider/bedrock.h"
#include "provider/cancel.h"
#include "provider/states.h"

#define MAX_PAGES 1000
#define JOB_PREFIX "hft-"

/* ---- reading ---- */

HftRemoteState
hft_bedrock_state(const char *word)
{
	static const HftStateWord words[] = {
		{"InProgress", HFT_REMOTE_RUNNING},
		{"Stopping", HFT_REMOTE_RUNNING},
		{"Completed", HFT_REMOTE_SUCCEEDED},
		{"Failed", HFT_REMOTE_FAILED},
		{"Stopped", HFT_REMOTE_CANCELLED},
		{NULL, HFT_REMOTE_UNKNOWN}
	};

	return hft_state_lookup(words, word);
}

/*
 * In progress from its first moment on; it waits as long as no training has
 * begun (hours of it are usual).
 */
static HftRemoteState
state_of(const json_t *job, const char *word)
{
	HftRemoteState state = hft_bedrock_state(word);
	const json_t *training = hft_pick_object(hft_pick_object(job,
															 "statusDetails"),
											 "trainingDetails");
	const char *stage = hft_pick_word(training, "status");

	if (state == HFT_REMOTE_RUNNING && strcmp(word, "InProgress") == 0 &&
		stage != NULL && strcmp(stage, "NotStarted") == 0)
		return HFT_REMOTE_QUEUED;
	return state;
}

/* "arn:...:foundation-model/amazon.nova-micro-v1:0:128k" without its head */
static const char *
base_of(const HftCall *call, const json_t *job)
{
	const char *arn = hft_pick_id(call->arena, job, "baseModelArn");
	const char *mark = arn ? strstr(arn, ":foundation-model/") : NULL;

	return mark ? mark + strlen(":foundation-model/") : arn;
}

bool
hft_bedrock_is_ours(const HftCall *call, const json_t *job)
{
	const char *token = hft_pick_word(job, "clientRequestToken");

	return token != NULL && strcmp(token, call->job->token) == 0;
}

static const char *
copy_info(const HftCall *call, const json_t *job)
{
	static const char *const kept[] = {
		"jobName", "outputModelName", "outputModelArn", "statusDetails",
		"trainingMetrics", "validationMetrics", "outputDataConfig",
		"customizationType", "failureMessage", NULL
	};
	json_t	   *info = hft_json_new();
	const char *text;

	hft_json_copy(info, job, kept);
	text = hft_json_text(call->arena, info);
	json_decref(info);
	return text;
}

/* The service says little, and what it says is sometimes of no help. */
static void
read_failure(const HftCall *call, const json_t *job, HftOutcome *outcome)
{
	outcome->code = outcome->remote_state;
	outcome->message = hft_pick_text(call->arena, job, "failureMessage");
	outcome->bad_line = hft_line_in_text(outcome->message);
	if (outcome->message != NULL &&
		strcasestr(outcome->message, "internal error") != NULL)
		outcome->hint = "The data is probably fine: submit the job again.";
}

void
hft_bedrock_read_job(const HftCall *call, const json_t *job,
					 HftOutcome *outcome)
{
	outcome->remote_id = hft_pick_id(call->arena, job, "jobArn");
	outcome->remote_state = hft_pick_id(call->arena, job, "status");
	if (outcome->remote_id == NULL || outcome->remote_state == NULL)
	{
		outcome->remote_id = NULL;
		hft_outcome_fail(outcome, HFT_ERROR_BAD_ANSWER,
						 "The platform's job has no usable ARN or status.",
						 NULL);
		return;
	}
	outcome->state = state_of(job, outcome->remote_state);
	outcome->effective = hft_pick_json(call->arena, job, "hyperParameters");
	outcome->info = copy_info(call, job);
	if (outcome->state >= HFT_REMOTE_SUCCEEDED)
		outcome->finish_ms = hft_pick_time(job, "endTime");

	/* a stopped job has one when a checkpoint had been made */
	if (outcome->state == HFT_REMOTE_SUCCEEDED ||
		outcome->state == HFT_REMOTE_CANCELLED)
		outcome->tuned_model = hft_pick_id(call->arena, job,
										   "outputModelArn");
	if (outcome->state == HFT_REMOTE_FAILED)
		read_failure(call, job, outcome);
}

/* ---- one job ---- */

bool
hft_bedrock_compose_job(const HftCall *call, HftRequest *request,
						const char *method, const char *job,
						const char *verb, HftOutcome *outcome)
{
	const char *base = hft_bedrock_require(call, outcome);

	if (base == NULL)
		return false;
	if (job == NULL)
		return hft_outcome_refuse(outcome, "The job is not at the platform.",
								  NULL);
	hft_compose(request, call, method, base, "/model-customization-jobs/%s%s",
				hft_url_encode(call->arena, job), verb);
	return hft_outcome_ready(outcome, call);
}

bool
hft_bedrock_status_request(const HftCall *call, HftRequest *request,
						   HftOutcome *outcome)
{
	return hft_bedrock_compose_job(call, request, "GET",
								   call->job->remote_id, "", outcome);
}

void
hft_bedrock_status_response(const HftCall *call, const HftResponse *response,
							HftOutcome *outcome)
{
	HftAnswer	answer;

	if (!hft_bedrock_open(&answer, call, response, outcome))
		return;
	hft_bedrock_read_job(call, answer.root, outcome);
	hft_answer_close(&answer, call, outcome);
}

/* ---- find ---- */

/* By the name that we chose: no listing, no pages, no settle time (K11). */
bool
hft_bedrock_find_request(const HftCall *call, HftRequest *request,
						 HftOutcome *outcome)
{
	return hft_bedrock_compose_job(call, request, "GET",
								   hft_bedrock_job_name(call), "", outcome);
}

void
hft_bedrock_find_response(const HftCall *call, const HftResponse *response,
						  HftOutcome *outcome)
{
	HftAnswer	answer;
	HftFound   *found;

	if (!hft_bedrock_open(&answer, call, response, outcome))
	{
		if (outcome->error == HFT_ERROR_LOST)
			hft_outcome_init(outcome);
		return;
	}
	found = hft_arena_alloc(call->arena, sizeof(HftFound));
	if (found != NULL && hft_bedrock_is_ours(call, answer.root))
	{
		hft_bedrock_read_job(call, answer.root, outcome);
		found->id = outcome->remote_id;
		found->token = call->job->token;
		found->state = outcome->remote_state;
		found->remote_state = outcome->state;
		found->at_ms = hft_pick_time(answer.root, "creationTime");
		outcome->found = found;
		outcome->nfound = found->id != NULL;
	}
	hft_answer_close(&answer, call, outcome);
}

/* ---- cancel ---- */

/* POST .../stop, and after a refusal a look at the job. */
bool
hft_bedrock_cancel_request(const HftCall *call, HftRequest *request,
						   HftOutcome *outcome)
{
	if (hft_cancel_is_verifying(call))
		return hft_bedrock_status_request(call, request, outcome);
	return hft_bedrock_compose_job(call, request, "POST",
								   call->job->remote_id, "/stop", outcome);
}

/* A stop is answered with nothing: the next status tells (F44). */
void
hft_bedrock_cancel_response(const HftCall *call, const HftResponse *response,
							HftOutcome *outcome)
{
	if (hft_cancel_is_verifying(call))
		hft_bedrock_status_response(call, response, outcome);
	else if (hft_bedrock_is_success(call, response, outcome))
		return;
	hft_cancel_settle(call, response, outcome);
}

/* ---- list ---- */

/* GET /model-customization-jobs, newest first. */
bool
hft_bedrock_list_request(const HftCall *call, HftRequest *request,
						 HftOutcome *outcome)
{
	const char *base = hft_bedrock_require(call, outcome);
	json_t	   *cursor = hft_json_object(call->cursor);
	const char *token = hft_url_encode(call->arena,
									   hft_pick_word(cursor, "token"));

	json_decref(cursor);
	if (base == NULL)
		return false;
	hft_compose(request, call, "GET", base, "/model-customization-jobs?"
				"maxResults=100&sortBy=CreationTime&sortOrder=Descending%s%s",
				token ? "&nextToken=" : "", token ? token : "");
	request->response_limit = HFT_BEDROCK_LIST_LIMIT;
	return hft_outcome_ready(outcome, call);
}

/* The token of a job that we named; NULL when we did not. */
static const char *
token_of(const HftCall *call, const json_t *job)
{
	const char *name = hft_pick_id(call->arena, job, "jobName");
	size_t		length = strlen(JOB_PREFIX);

	return name != NULL && strncmp(name, JOB_PREFIX, length) == 0 ?
		name + length : NULL;
}

static void
read_found(const HftCall *call, const json_t *job, HftOutcome *outcome)
{
	HftFound   *found = &outcome->found[outcome->nfound];

	found->id = hft_pick_id(call->arena, job, "jobArn");
	found->token = token_of(call, job);
	found->state = hft_pick_id(call->arena, job, "status");
	found->remote_state = hft_bedrock_state(found->state);
	found->at_ms = hft_pick_time(job, "creationTime");
	found->model = base_of(call, job);
	if (found->remote_state == HFT_REMOTE_SUCCEEDED)
		found->tuned_model = hft_pick_id(call->arena, job, "customModelArn");
	found->raw = hft_json_text(call->arena, job);
	if (found->id != NULL)
		outcome->nfound++;
}

/* A listing that does not end is no listing (F37). */
static void
go_on(const HftCall *call, const HftAnswer *answer, HftOutcome *outcome)
{
	const char *token = hft_pick_text(call->arena, answer->root, "nextToken");
	const char *before = hft_pick_word(answer->cursor, "token");
	int64_t		pages = hft_pick_count(answer->cursor, "pages");

	if (token == NULL || *token == '\0')
		return;
	pages = pages == HFT_UNKNOWN ? 1 : pages + 1;
	if (pages > MAX_PAGES || (before != NULL && strcmp(before, token) == 0))
		hft_outcome_fail(outcome, HFT_ERROR_BAD_ANSWER,
						 "The listing of the platform does not move on.",
						 NULL);
	else
		hft_outcome_more(outcome, call,
						 json_pack("{s:s, s:I}", "token", token,
								   "pages", (json_int_t) pages));
}

void
hft_bedrock_list_response(const HftCall *call, const HftResponse *response,
						  HftOutcome *outcome)
{
	HftAnswer	answer;
	const json_t *jobs;
	size_t		i;
	json_t	   *job;

	if (!hft_bedrock_open(&answer, call, response, outcome))
		return;
	jobs = hft_pick_array(answer.root, "modelCustomizationJobSummaries");
	outcome->found = hft_arena_alloc(call->arena, sizeof(HftFound) *
									 (json_array_size(jobs) + 1));
	if (outcome->found != NULL)
	{
		json_array_foreach(jobs, i, job)
			read_found(call, job, outcome);
		go_on(call, &answer, outcome);
	}
	hft_answer_close(&answer, call, outcome);
}
