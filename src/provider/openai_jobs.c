/*-------------------------------------------------------------------------
 *
 * openai_jobs.c
 *	  Jobs at OpenAI: find, look at, steer, list.
 *
 * Every member of a job but id and status is optional: the published shape
 * and the real one differ, and both change (F35).
 *
 *-------------------------------------------------------------------------
 */
#include <string.h>

#include "provider/cancel.h"
#include "provider/openai.h"
#include "provider/states.h"

#define TOKEN_KEY "hft_key"

/* ---- reading ---- */

/*
 * The words of OpenAI and of those who speak its protocol, Azure among them.
 * A word that is not here keeps the job polled (F35).
 */
HftRemoteState
hft_openai_state(const char *word)
{
	static const HftStateWord words[] = {
		{"validating_files", HFT_REMOTE_QUEUED},
		{"created", HFT_REMOTE_QUEUED},
		{"pending", HFT_REMOTE_QUEUED},
		{"queued", HFT_REMOTE_QUEUED},
		{"running", HFT_REMOTE_RUNNING},
		{"pausing", HFT_REMOTE_RUNNING},
		{"resuming", HFT_REMOTE_RUNNING},
		{"paused", HFT_REMOTE_PAUSED},
		{"succeeded", HFT_REMOTE_SUCCEEDED},
		{"failed", HFT_REMOTE_FAILED},
		{"cancelled", HFT_REMOTE_CANCELLED},
		{"canceled", HFT_REMOTE_CANCELLED},
		{NULL, HFT_REMOTE_UNKNOWN}
	};

	return hft_state_lookup(words, word);
}

/* What the user can do about a job that failed; NULL when we do not know. */
static const char *
hint_of_code(const char *code)
{
	static const struct
	{
		const char *code;
		const char *hint;
	}			hints[] =
	{
		{"invalid_training_file",
		"hft.check_dataset() names the examples at fault."},
		{"invalid_validation_file",
		"hft.check_dataset() names the examples at fault."},
		{"invalid_file_format",
		"hft.check_dataset() names the examples at fault."},
		{"invalid_n_examples", "Add examples to the data set."},
		{"exceeded_quota",
		"Raise the account's limit, then call hft.retry_job()."},
		{"insufficient_quota",
		"Raise the account's limit, then call hft.retry_job()."},
		{NULL, NULL}
	};

	for (int i = 0; code != NULL && hints[i].code != NULL; i++)
	{
		if (strcmp(hints[i].code, code) == 0)
			return hints[i].hint;
	}
	return NULL;
}

/* error is null, {}, or an object of nulls while nothing failed */
static void
read_error(const HftCall *call, const json_t *job, HftOutcome *outcome)
{
	const json_t *error = hft_pick_object(job, "error");

	outcome->code = hft_pick_id(call->arena, error, "code");
	outcome->message = hft_pick_text(call->arena, error, "message");
	outcome->hint = hint_of_code(outcome->code);
	outcome->bad_line = hft_line_in_text(outcome->message);
}

/* The method's own object is the current place, the top-level one the old. */
static const char *
read_effective(const HftCall *call, const json_t *job)
{
	const json_t *method = hft_pick_object(job, "method");
	const char *type = hft_pick_word(method, "type");
	const json_t *of_type = type ? hft_pick_object(method, type) : NULL;

	if (hft_pick_object(of_type, "hyperparameters") != NULL)
		return hft_pick_json(call->arena, of_type, "hyperparameters");
	return hft_pick_json(call->arena, job, "hyperparameters");
}

/* What is worth keeping beside the columns of hft.job. */
static const char *
read_info(const HftCall *call, const json_t *job)
{
	static const char *const names[] = {
		"model", "organization_id", "training_file", "validation_file",
		"result_files", "seed", "integrations", "usage_metrics", NULL
	};
	json_t	   *info = hft_json_new();
	const char *text;

	hft_json_copy(info, job, names);
	text = hft_json_text(call->arena, info);
	json_decref(info);
	return text;
}

/*
 * trained_tokens already includes the epochs.  finished_at wins over
 * estimated_finish, which is often null.
 */
void
hft_openai_read_job(const HftCall *call, const json_t *job,
					HftOutcome *outcome)
{
	outcome->remote_id = hft_pick_id(call->arena, job, "id");
	outcome->remote_state = hft_pick_id(call->arena, job, "status");
	if (outcome->remote_id == NULL || outcome->remote_state == NULL)
	{
		outcome->remote_id = NULL;
		hft_outcome_fail(outcome, HFT_ERROR_BAD_ANSWER,
						 "The platform's job has no usable id or status.",
						 NULL);
		return;
	}
	outcome->state = hft_openai_state(outcome->remote_state);
	outcome->tuned_model = hft_pick_id(call->arena, job, "fine_tuned_model");
	outcome->trained_tokens = hft_pick_count(job, "trained_tokens");
	outcome->finish_ms = hft_pick_time(job, "finished_at");
	if (outcome->finish_ms == HFT_UNKNOWN)
		outcome->finish_ms = hft_pick_time(job, "estimated_finish");
	outcome->effective = read_effective(call, job);
	outcome->info = read_info(call, job);
	read_error(call, job, outcome);
}

const char *
hft_openai_token(const json_t *job)
{
	return hft_pick_word(hft_pick_object(job, "metadata"), TOKEN_KEY);
}

/* A job of a listing; false when it is none. */
static bool
read_found(const HftCall *call, const json_t *job, HftFound *found)
{
	found->id = hft_pick_id(call->arena, job, "id");
	found->token = hft_pick_id(call->arena, hft_pick_object(job, "metadata"),
							   TOKEN_KEY);
	found->state = hft_pick_id(call->arena, job, "status");
	found->remote_state = hft_openai_state(found->state);
	found->at_ms = hft_pick_time(job, "created_at");
	found->model = hft_pick_id(call->arena, job, "model");
	found->tuned_model = hft_pick_id(call->arena, job, "fine_tuned_model");
	found->raw = hft_json_text(call->arena, job);
	return found->id != NULL;
}

/*
 * What carries our token is ours.  A server may ignore the filter, and
 * adopting a stranger's job would be worse than not finding ours.
 */
static bool
has_our_token(const HftCall *call, const json_t *job)
{
	const char *token = hft_openai_token(job);

	return token != NULL && strcmp(token, call->job->token) == 0;
}

static void
read_page(const HftCall *call, const json_t *data,
		  bool (*is_ours) (const HftCall *call, const json_t *job),
		  HftOutcome *outcome)
{
	size_t		i;
	json_t	   *job;

	outcome->found = hft_arena_alloc(call->arena, sizeof(HftFound) *
									 (json_array_size(data) + 1));
	if (outcome->found == NULL)
		return;
	json_array_foreach(data, i, job)
	{
		HftFound   *found = &outcome->found[outcome->nfound];

		if ((is_ours == NULL || is_ours(call, job)) &&
			read_found(call, job, found))
			outcome->nfound++;
	}
}

/* Page by page, whatever is looked for. */
void
hft_openai_read_listing(const HftCall *call, const HftResponse *response,
						bool (*is_ours) (const HftCall *call,
										 const json_t *job),
						HftOutcome *outcome)
{
	HftAnswer	answer;

	if (!hft_openai_open(&answer, call, response, outcome))
		return;
	if (hft_pick_array(answer.root, "data") == NULL)
		hft_outcome_fail(outcome, HFT_ERROR_BAD_ANSWER,
						 "The platform's listing has no data.", NULL);
	else
	{
		read_page(call, hft_pick_array(answer.root, "data"), is_ours,
				  outcome);
		(void) hft_page_next(outcome, call, &answer, answer.cursor);
	}
	hft_answer_close(&answer, call, outcome);
}

/* ---- find ---- */

/* The cursor says that this server takes no filter. */
static bool
is_unfiltered(const HftCall *call)
{
	json_t	   *cursor = hft_json_object(call->cursor);
	bool		unfiltered = hft_pick_bool(cursor, "unfiltered", false);

	json_decref(cursor);
	return unfiltered;
}

/*
 * GET /fine_tuning/jobs with a filter, its brackets encoded as the platform
 * wants them.
 */
bool
hft_openai_find_request(const HftCall *call, HftRequest *request,
						HftOutcome *outcome)
{
	const char *token = hft_url_encode(call->arena, call->job->token);
	const char *filter = "";

	if (!is_unfiltered(call))
		filter = hft_arena_printf(call->arena, "&metadata%%5B%s%%5D=%s",
								  TOKEN_KEY, token);
	hft_compose(request, call, "GET", hft_openai_base(call),
				"/fine_tuning/jobs?limit=100%s%s", filter,
				hft_page_query(call));
	request->response_limit = HFT_PAGE_LIMIT;
	return hft_openai_finish(call, request, outcome);
}

/*
 * A server that refuses the filter is asked without it, once; the walk then
 * begins anew, so no page is skipped.
 */
void
hft_openai_find_response(const HftCall *call, const HftResponse *response,
						 HftOutcome *outcome)
{
	hft_openai_read_listing(call, response, has_our_token, outcome);
	if (outcome->error == HFT_ERROR_REFUSED && !is_unfiltered(call))
	{
		hft_outcome_init(outcome);
		hft_outcome_more(outcome, call,
						 json_pack("{s:b}", "unfiltered", 1));
	}
}

/* ---- list ---- */

/* GET /fine_tuning/jobs */
bool
hft_openai_list_request(const HftCall *call, HftRequest *request,
						HftOutcome *outcome)
{
	hft_compose(request, call, "GET", hft_openai_base(call),
				"/fine_tuning/jobs?limit=100%s", hft_page_query(call));
	request->response_limit = HFT_PAGE_LIMIT;
	return hft_openai_finish(call, request, outcome);
}

/* Every job of the project, whoever made it. */
void
hft_openai_list_response(const HftCall *call, const HftResponse *response,
						 HftOutcome *outcome)
{
	hft_openai_read_listing(call, response, NULL, outcome);
}

/* ---- status ---- */

/* An operation on one job that we know by its id; verb is "" or "/pause". */
static bool
compose_job(const HftCall *call, HftRequest *request, const char *method,
			const char *verb, HftOutcome *outcome)
{
	if (call->job->remote_id == NULL)
		return hft_outcome_refuse(outcome, "The job is not at the platform.",
								  NULL);
	hft_compose(request, call, method, hft_openai_base(call),
				"/fine_tuning/jobs/%s%s",
				hft_url_encode(call->arena, call->job->remote_id), verb);
	return hft_openai_finish(call, request, outcome);
}

/* GET /fine_tuning/jobs/{id} */
bool
hft_openai_status_request(const HftCall *call, HftRequest *request,
						  HftOutcome *outcome)
{
	return compose_job(call, request, "GET", "", outcome);
}

/* Also reads what cancel, pause, resume and create answer: the job. */
void
hft_openai_status_response(const HftCall *call, const HftResponse *response,
						   HftOutcome *outcome)
{
	HftAnswer	answer;

	if (!hft_openai_open(&answer, call, response, outcome))
		return;
	hft_openai_read_job(call, answer.root, outcome);
	hft_answer_close(&answer, call, outcome);
}

/* ---- cancel, pause, resume ---- */

/*
 * POST /fine_tuning/jobs/{id}/cancel, and after a refusal a look at the job.
 */
bool
hft_openai_cancel_request(const HftCall *call, HftRequest *request,
						  HftOutcome *outcome)
{
	if (hft_cancel_is_verifying(call))
		return compose_job(call, request, "GET", "", outcome);
	return compose_job(call, request, "POST", "/cancel", outcome);
}

/* The job's own state decides, not the refusal (F44). */
void
hft_openai_cancel_response(const HftCall *call, const HftResponse *response,
						   HftOutcome *outcome)
{
	hft_openai_status_response(call, response, outcome);
	hft_cancel_settle(call, response, outcome);
}

/* POST /fine_tuning/jobs/{id}/pause */
bool
hft_openai_pause_request(const HftCall *call, HftRequest *request,
						 HftOutcome *outcome)
{
	return compose_job(call, request, "POST", "/pause", outcome);
}

/* POST /fine_tuning/jobs/{id}/resume */
bool
hft_openai_resume_request(const HftCall *call, HftRequest *request,
						  HftOutcome *outcome)
{
	return compose_job(call, request, "POST", "/resume", outcome);
}
