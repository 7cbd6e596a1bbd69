/*-------------------------------------------------------------------------
 *
 * vertex_jobs.c
 *	  Tuning jobs: find, look at, cancel, list.
 *
 * Listings take a filter whose words nobody documents for labels, so all
 * pages are read and compared here.
 *
 *-------------------------------------------------------------------------
 */
#include <string.h>

#include "provider/cancel.h"
#include "provider/states.h"
#include "provider/vertex.h"

#define PAGE_SIZE 100

/* ---- reading ---- */

HftRemoteState
hft_vertex_state(const char *word)
{
	static const HftStateWord words[] = {
		{"JOB_STATE_QUEUED", HFT_REMOTE_QUEUED},
		{"JOB_STATE_PENDING", HFT_REMOTE_QUEUED},
		{"JOB_STATE_RUNNING", HFT_REMOTE_RUNNING},
		{"JOB_STATE_CANCELLING", HFT_REMOTE_RUNNING},
		{"JOB_STATE_UPDATING", HFT_REMOTE_RUNNING},
		{"JOB_STATE_PAUSED", HFT_REMOTE_PAUSED},
		{"JOB_STATE_SUCCEEDED", HFT_REMOTE_SUCCEEDED},
		{"JOB_STATE_PARTIALLY_SUCCEEDED", HFT_REMOTE_SUCCEEDED},
		{"JOB_STATE_FAILED", HFT_REMOTE_FAILED},
		{"JOB_STATE_EXPIRED", HFT_REMOTE_FAILED},
		{"JOB_STATE_CANCELLED", HFT_REMOTE_CANCELLED},
		{NULL, HFT_REMOTE_UNKNOWN}
	};

	return hft_state_lookup(words, word);
}

/* job.error has gRPC's numbers. */
static void
read_error(const HftCall *call, const json_t *job, HftOutcome *outcome)
{
	static const struct
	{
		int			code;
		const char *name;
		const char *hint;
	}			codes[] =
	{
		{1, "CANCELLED", NULL},
		{3, "INVALID_ARGUMENT",
		"hft.check_dataset() names the examples at fault."},
		{5, "NOT_FOUND", "Is the training file still in the bucket?"},
		{7, "PERMISSION_DENIED",
		"The platform's own accounts (gcp-sa-aiplatform, gcp-sa-vertex-tune) "
		"must be able to read the bucket."},
		{8, "RESOURCE_EXHAUSTED",
		"Raise the quota of concurrent tuning jobs, then call "
		"hft.retry_job()."},
		{13, "INTERNAL", "The platform failed; hft.retry_job() tries again."},
		{0, NULL, NULL}
	};
	const json_t *error = hft_pick_object(job, "error");
	int64_t		code = hft_pick_int(error, "code", 1, 1000);

	outcome->message = hft_pick_text(call->arena, error, "message");
	outcome->bad_line = hft_line_in_text(outcome->message);
	for (int i = 0; codes[i].code != 0; i++)
	{
		if (codes[i].code != code)
			continue;
		outcome->code = codes[i].name;
		outcome->hint = codes[i].hint;
	}
}

/* An endpoint is what answers; a job that failed may have only a model. */
static const char *
pick_tuned_model(const HftCall *call, const json_t *job)
{
	const json_t *tuned = hft_pick_object(job, "tunedModel");
	const char *endpoint = hft_pick_id(call->arena, tuned, "endpoint");

	return endpoint ? endpoint : hft_pick_id(call->arena, tuned, "model");
}

static const json_t *
spec_of(const json_t *job)
{
	const json_t *spec = hft_pick_object(job, "supervisedTuningSpec");

	return spec ? spec : hft_pick_object(job, "preferenceOptimizationSpec");
}

/*
 * Statistics count one pass over the file.  What a job that was cut is
 * billed is documented nowhere.
 */
static void
read_bill(const json_t *job, HftOutcome *outcome)
{
	const json_t *all = hft_pick_object(job, "tuningDataStats");
	const json_t *stats = hft_pick_object(all, "supervisedTuningDataStats");
	int64_t		epochs = hft_vertex_int(hft_pick_object(spec_of(job),
														"hyperParameters"),
										"epochCount");
	int64_t		tokens;

	if (stats == NULL)
		stats = hft_pick_object(all, "preferenceOptimizationDataStats");
	tokens = hft_vertex_int(stats, "totalBillableTokenCount");
	outcome->steps_total = hft_vertex_int(stats, "tuningStepCount");
	if (outcome->state == HFT_REMOTE_SUCCEEDED && tokens >= 0 && epochs > 0 &&
		__builtin_mul_overflow(tokens, epochs, &outcome->trained_tokens))
		outcome->trained_tokens = HFT_UNKNOWN;
}

static void
read_details(const HftCall *call, const json_t *job, HftOutcome *outcome)
{
	static const char *const kept[] = {
		"tunedModel", "experiment", "tunedModelDisplayName", "baseModel",
		"preTunedModel", "tuningDataStats", "startTime", "endTime",
		"gcsMetricsUri", "pipelineJob", NULL
	};
	json_t	   *info = hft_json_new();

	hft_json_copy(info, job, kept);
	outcome->info = hft_json_text(call->arena, info);
	json_decref(info);
	outcome->effective = hft_vertex_effective(call, spec_of(job));
	outcome->finish_ms = hft_pick_time(job, "endTime");
}

void
hft_vertex_read_job(const HftCall *call, const json_t *job,
					HftOutcome *outcome)
{
	outcome->remote_id = hft_pick_id(call->arena, job, "name");
	outcome->remote_state = hft_pick_id(call->arena, job, "state");
	if (!hft_vertex_is_name(outcome->remote_id, "tuningJobs"))
	{
		outcome->remote_id = NULL;
		hft_outcome_fail(outcome, HFT_ERROR_BAD_ANSWER,
						 "The platform's job has no usable name.", NULL);
		return;
	}
	/* the first of an enumeration is left out: unspecified */
	if (outcome->remote_state == NULL)
		outcome->remote_state = "JOB_STATE_UNSPECIFIED";
	outcome->state = hft_vertex_state(outcome->remote_state);
	outcome->tuned_model = pick_tuned_model(call, job);
	read_bill(job, outcome);
	read_details(call, job, outcome);
	read_error(call, job, outcome);
}

/* ---- listings ---- */

/* Our token in the label, or at the end of the display name. */
static bool
has_token(const json_t *job, const char *token)
{
	const char *label = hft_pick_word(hft_pick_object(job, "labels"),
									  "hft_job");
	const char *name = hft_pick_word(job, "tunedModelDisplayName");

	return (label != NULL && strcmp(label, token) == 0) ||
		(name != NULL && strstr(name, token) != NULL);
}

/* A thing without a job's name is no job. */
static void
read_found(const HftCall *call, const json_t *job, HftOutcome *outcome)
{
	HftFound   *found = &outcome->found[outcome->nfound];

	found->id = hft_pick_id(call->arena, job, "name");
	found->token = hft_pick_id(call->arena, hft_pick_object(job, "labels"),
							   "hft_job");
	found->state = hft_pick_id(call->arena, job, "state");
	found->remote_state = hft_vertex_state(found->state);
	found->at_ms = hft_pick_time(job, "createTime");
	found->model = hft_pick_id(call->arena, job, "baseModel");
	if (found->model == NULL)
		found->model = hft_pick_id(call->arena,
								   hft_pick_object(job, "preTunedModel"),
								   "baseModel");
	found->tuned_model = pick_tuned_model(call, job);
	found->raw = hft_json_text(call->arena, job);
	if (hft_vertex_is_name(found->id, "tuningJobs"))
		outcome->nfound++;
}

/* A page; with a token only the jobs that carry it. */
static void
read_listing(const HftCall *call, const HftResponse *response,
			 const char *token, HftOutcome *outcome)
{
	HftAnswer	answer;
	const json_t *jobs;
	size_t		i;
	json_t	   *job;

	if (!hft_vertex_open(&answer, call, response, outcome))
		return;
	/* an account without jobs answers with an empty object */
	jobs = hft_pick_array(answer.root, "tuningJobs");
	outcome->found = hft_arena_alloc(call->arena, sizeof(HftFound) *
									 (json_array_size(jobs) + 1));
	json_array_foreach(jobs, i, job)
	{
		if (outcome->found != NULL &&
			(token == NULL || has_token(job, token)))
			read_found(call, job, outcome);
	}
	(void) hft_vertex_next_page(call, &answer, outcome);
	hft_answer_close(&answer, call, outcome);
}

bool
hft_vertex_list_request(const HftCall *call, HftRequest *request,
						HftOutcome *outcome)
{
	const char *parent = hft_vertex_parent(call, outcome);

	if (parent == NULL)
		return false;
	hft_compose(request, call, "GET", hft_vertex_tuning(call),
				"/v1/%s/tuningJobs?pageSize=%d%s", parent, PAGE_SIZE,
				hft_vertex_page(call));
	request->response_limit = HFT_VERTEX_LIST_LIMIT;
	return hft_outcome_ready(outcome, call);
}

/* Every job of the location, whoever made it. */
void
hft_vertex_list_response(const HftCall *call, const HftResponse *response,
						 HftOutcome *outcome)
{
	read_listing(call, response, NULL, outcome);
}

bool
hft_vertex_find_request(const HftCall *call, HftRequest *request,
						HftOutcome *outcome)
{
	return hft_vertex_list_request(call, request, outcome);
}

void
hft_vertex_find_response(const HftCall *call, const HftResponse *response,
						 HftOutcome *outcome)
{
	read_listing(call, response, call->job->token, outcome);
}

/* ---- one job ---- */

bool
hft_vertex_compose_job(const HftCall *call, HftRequest *request,
					   const char *method, const char *verb,
					   HftOutcome *outcome)
{
	const char *name = call->job->remote_id;

	if (name == NULL)
		return hft_outcome_refuse(outcome, "The job is not at the platform.",
								  NULL);
	if (!hft_vertex_is_name(name, "tuningJobs"))
		return hft_outcome_refuse(outcome, "The job's id is none of Vertex "
								  "AI.", NULL);
	hft_compose(request, call, method, hft_vertex_tuning(call), "/v1/%s%s",
				name, verb);
	return hft_outcome_ready(outcome, call);
}

bool
hft_vertex_status_request(const HftCall *call, HftRequest *request,
						  HftOutcome *outcome)
{
	return hft_vertex_compose_job(call, request, "GET", "", outcome);
}

void
hft_vertex_status_response(const HftCall *call, const HftResponse *response,
						   HftOutcome *outcome)
{
	HftAnswer	answer;

	if (!hft_vertex_open(&answer, call, response, outcome))
		return;
	hft_vertex_read_job(call, answer.root, outcome);
	hft_answer_close(&answer, call, outcome);
}

/* POST ...:cancel, and after a refusal a look at the job. */
bool
hft_vertex_cancel_request(const HftCall *call, HftRequest *request,
						  HftOutcome *outcome)
{
	if (hft_cancel_is_verifying(call))
		return hft_vertex_compose_job(call, request, "GET", "", outcome);
	if (!hft_vertex_compose_job(call, request, "POST", ":cancel", outcome))
		return false;
	hft_compose_json(request, call, hft_json_new());
	return hft_outcome_ready(outcome, call);
}

/* The answer to a cancel is empty; the job's state tells what came of it. */
void
hft_vertex_cancel_response(const HftCall *call, const HftResponse *response,
						   HftOutcome *outcome)
{
	if (hft_cancel_is_verifying(call))
		hft_vertex_status_response(call, response, outcome);
	else if (response->status < 200 || response->status > 299)
		hft_vertex_refused(call, response, outcome);
	hft_cancel_settle(call, response, outcome);
}
