/*-------------------------------------------------------------------------
 *
 * azure_jobs.c
 *	  Jobs at Azure OpenAI, where they differ from OpenAI's.
 *
 * There is no filter on metadata, and the dated API has no metadata at all.
 * So each job has a training file of its own, and is found by it: through
 * all pages, which are few, because a resource holds at most 100 jobs (R30).
 *
 *-------------------------------------------------------------------------
 */
#include <ctype.h>
#include <string.h>

#include "provider/azure.h"

#define MAX_SUFFIX 40
#define TRAINING_TYPE "globalStandard"

/* the first dated version that knows methods */
#define WITH_METHOD "2025-04-01-preview"

/* ---- files ---- */

/* GET /files; the dated API has no pages, nor an order. */
bool
hft_azure_find_file_request(const HftCall *call, HftRequest *request,
							HftOutcome *outcome)
{
	if (!hft_azure_is_dated(call))
		return hft_openai_find_file_request(call, request, outcome);
	hft_compose(request, call, "GET", hft_openai_base(call),
				"/files?purpose=fine-tune");
	request->response_limit = HFT_PAGE_LIMIT;
	return hft_openai_finish(call, request, outcome);
}

/* ---- create ---- */

/* Older dated versions take hyperparameters only, outside of a method. */
static bool
knows_methods(const HftCall *call)
{
	return !hft_azure_is_dated(call) ||
		strcmp(hft_azure_version(call, ""), WITH_METHOD) >= 0;
}

static bool
is_dpo(const HftJobFacts *job)
{
	return strcmp(job->method, "dpo") == 0;
}

static bool
is_suffix(const char *suffix)
{
	size_t		length = strlen(suffix);

	for (const char *c = suffix; *c != '\0'; c++)
	{
		if (!isalnum((unsigned char) *c) && *c != '-' && *c != '_')
			return false;
	}
	return length <= MAX_SUFFIX;
}

/* What can be told without asking: a sentence, or NULL. */
static const char *
check_facts(const HftCall *call)
{
	const HftJobFacts *job = call->job;

	if (job->training_file == NULL)
		return "The training file is not at the platform.";
	if (!is_dpo(job) && strcmp(job->method, "sft") != 0)
		return "hft trains sft and dpo data sets there.";
	if (is_dpo(job) && !knows_methods(call))
		return "This version of the API does not know dpo; the server option "
			"api_version chooses another.";
	if (job->suffix != NULL && !is_suffix(job->suffix))
		return "A suffix has at most 40 letters, digits, hyphens and "
			"underscores there.";
	return NULL;
}

/*
 * Which tier trains.  No description of the API has this member, and its
 * words vary, so the user's is sent as it is; without one some resources
 * claim that the model cannot be tuned.
 */
static json_t *
write_training_type(const json_t *options)
{
	const char *type = hft_pick_word(options, "training_type");

	return json_string(type ? type : TRAINING_TYPE);
}

/* Method and metadata, as far as this version of the API has them. */
static void
write_family(const HftCall *call, const json_t *options, json_t *body)
{
	const char *type = is_dpo(call->job) ? "dpo" : "supervised";
	json_t	   *method = hft_openai_write_method(call, type);

	if (knows_methods(call))
		json_object_set(body, "method", method);
	else
		json_object_set(body, "hyperparameters",
						hft_pick_object(hft_pick_object(method, type),
										"hyperparameters"));
	json_decref(method);
	if (!hft_azure_is_dated(call))
		json_object_set_new(body, "metadata",
							hft_openai_write_metadata(call, options));
}

/* NULL when a text is no valid UTF-8. */
static json_t *
write_job(const HftCall *call)
{
	static const char *const copied[] = {"seed", "integrations", NULL};
	const HftJobFacts *job = call->job;
	json_t	   *options = hft_json_object(job->options);
	json_t	   *body = json_pack("{s:s, s:s, s:o}",
								 "model", job->base_model,
								 "training_file", job->training_file,
								 "trainingType",
								 write_training_type(options));

	if (job->validation_file != NULL)
		json_object_set_new(body, "validation_file",
							json_string(job->validation_file));
	if (job->suffix != NULL && *job->suffix != '\0')
		json_object_set_new(body, "suffix", json_string(job->suffix));
	write_family(call, options, body);
	hft_json_copy(body, options, copied);
	json_decref(options);
	return body;
}

/* POST /fine_tuning/jobs: the paid one. */
bool
hft_azure_create_request(const HftCall *call, HftRequest *request,
						 HftOutcome *outcome)
{
	const char *problem = check_facts(call);
	const char *dated = hft_openai_dated_name(call->job->base_model);
	const char *mark = hft_azure_is_dated(call) ? call->job->training_file :
		call->job->token;
	json_t	   *body;

	if (problem != NULL)
		return hft_outcome_refuse(outcome, problem, NULL);
	if (dated != NULL)
		return hft_outcome_refuse(outcome, "It trains dated models only, and "
								  "this is a short name.",
								  hft_arena_printf(call->arena,
												   "Use \"%s\".", dated));
	body = write_job(call);
	if (body == NULL)
		return hft_outcome_refuse(outcome, "A name of the job is no valid "
								  "UTF-8.", NULL);
	hft_compose(request, call, "POST", hft_openai_base(call),
				"/fine_tuning/jobs");
	hft_compose_json(request, call, body);
	request->effect = HFT_EFFECT_PAID;
	return hft_openai_finish(call, request, outcome) &&
		hft_compose_marked(request, call, mark, outcome);
}

/* ---- find ---- */

/* Another mark than ours says no; no mark leaves it to the file. */
static bool
is_ours(const HftCall *call, const json_t *job)
{
	const char *token = hft_openai_token(job);
	const char *file = hft_pick_word(job, "training_file");

	if (token != NULL)
		return strcmp(token, call->job->token) == 0;
	return file != NULL && call->job->training_file != NULL &&
		strcmp(file, call->job->training_file) == 0;
}

/* The request is that of any listing. */
void
hft_azure_find_response(const HftCall *call, const HftResponse *response,
						HftOutcome *outcome)
{
	hft_openai_read_listing(call, response, is_ours, outcome);
}
