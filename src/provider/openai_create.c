/*-------------------------------------------------------------------------
 *
 * openai_create.c
 *	  The paid request: a fine-tuning job at OpenAI.
 *
 * OpenAI has no idempotency key; the job carries our token in its metadata,
 * by which it is found again when the answer was lost (R28, K11).
 *
 *-------------------------------------------------------------------------
 */
#include <string.h>

#include "provider/openai.h"

#define TOKEN_KEY "hft_key"
#define MAX_SUFFIX 64

/* "auto" stays a word; beta belongs to dpo alone */
const HftOptionSpec hft_openai_hyperparameters[] = {
	{"n_epochs", HFT_OPTION_INT_OR_AUTO, 1, 50, NULL, false,
	"Passes over the training file"},
	{"batch_size", HFT_OPTION_INT_OR_AUTO, 1, 256, NULL, false,
	"Examples per step"},
	{"learning_rate_multiplier", HFT_OPTION_NUMBER_OR_AUTO, HFT_POSITIVE,
	HFT_NO_MAX, NULL, false, "Factor on the platform's own learning rate"},
	{"beta", HFT_OPTION_NUMBER_OR_AUTO, HFT_POSITIVE, 2, NULL, false,
	"dpo: how strongly the reference model holds"},
	{NULL}
};

json_t *
hft_openai_write_method(const HftCall *call, const char *type)
{
	static const char *const names[] = {
		"n_epochs", "batch_size", "learning_rate_multiplier", NULL
	};
	static const char *const beta[] = {"beta", NULL};
	json_t	   *requested = hft_json_object(call->job->hyperparameters);
	json_t	   *chosen = hft_json_new();

	hft_json_copy(chosen, requested, names);
	if (strcmp(type, "dpo") == 0)
		hft_json_copy(chosen, requested, beta);
	json_decref(requested);
	return json_pack("{s:s, s:{s:o}}", "type", type,
					 type, "hyperparameters", chosen);
}

json_t *
hft_openai_write_metadata(const HftCall *call, const json_t *options)
{
	json_t	   *metadata = hft_json_new();

	if (hft_pick_object(options, "metadata") != NULL)
		json_object_update(metadata, hft_pick_object(options, "metadata"));
	json_object_set_new(metadata, TOKEN_KEY, json_string(call->job->token));
	return metadata;
}

/* NULL when a text is no valid UTF-8: a server's encoding may be SQL_ASCII. */
static json_t *
write_job(const HftCall *call, const char *type)
{
	static const char *const copied[] = {"seed", "integrations", NULL};
	json_t	   *options = hft_json_object(call->job->options);
	json_t	   *body = json_pack("{s:s, s:s, s:o, s:o}",
								 "model", call->job->base_model,
								 "training_file", call->job->training_file,
								 "method",
								 hft_openai_write_method(call, type),
								 "metadata",
								 hft_openai_write_metadata(call, options));

	if (call->job->validation_file != NULL)
		json_object_set_new(body, "validation_file",
							json_string(call->job->validation_file));
	if (call->job->suffix != NULL && *call->job->suffix != '\0')
		json_object_set_new(body, "suffix",
							json_string(call->job->suffix));
	hft_json_copy(body, options, copied);
	json_decref(options);
	return body;
}

/* Short names mean another model from time to time. */
const char *
hft_openai_dated_name(const char *model)
{
	static const char *const names[][2] = {
		{"gpt-4.1", "gpt-4.1-2025-04-14"},
		{"gpt-4.1-mini", "gpt-4.1-mini-2025-04-14"},
		{"gpt-4.1-nano", "gpt-4.1-nano-2025-04-14"},
		{"gpt-4o", "gpt-4o-2024-08-06"},
		{"gpt-4o-mini", "gpt-4o-mini-2024-07-18"},
		{"o4-mini", "o4-mini-2025-04-16"},
		{"gpt-3.5-turbo", "gpt-3.5-turbo-0125"},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
	{
		if (strcmp(model, names[i][0]) == 0)
			return names[i][1];
	}
	return NULL;
}

/* What we can tell without asking: a sentence, or NULL. */
static const char *
check_facts(const HftJobFacts *job)
{
	size_t		characters = 0;

	if (job->training_file == NULL)
		return "The training file is not at the platform.";
	if (strcmp(job->method, "sft") != 0 && strcmp(job->method, "dpo") != 0)
		return "OpenAI trains sft and dpo data sets; reinforcement needs a "
			"grader that hft does not send.";
	for (const char *c = job->suffix; c != NULL && *c != '\0'; c++)
		characters += ((unsigned char) *c & 0xC0) != 0x80;
	if (characters > MAX_SUFFIX)
		return "The suffix is longer than 64 characters.";
	return NULL;
}

/*
 * Everything the platform lets us say is checked before, because what it
 * refuses is refused after the upload, minutes later.
 */
bool
hft_openai_create_request(const HftCall *call, HftRequest *request,
						  HftOutcome *outcome)
{
	const char *problem = check_facts(call->job);
	const char *dated = NULL;
	json_t	   *body;

	/* a gateway that speaks the protocol may have names of its own */
	if (strcmp(call->server->provider, "openai") == 0)
		dated = hft_openai_dated_name(call->job->base_model);

	if (problem != NULL)
		return hft_outcome_refuse(outcome, problem, NULL);
	if (dated != NULL)
		return hft_outcome_refuse(outcome, "It trains dated models only, and "
								  "this is a short name.",
								  hft_arena_printf(call->arena,
												   "Use \"%s\".", dated));
	body = write_job(call, strcmp(call->job->method, "dpo") == 0 ?
					 "dpo" : "supervised");
	if (body == NULL)
		return hft_outcome_refuse(outcome, "A name of the job is no valid "
								  "UTF-8.", NULL);
	hft_compose(request, call, "POST", hft_openai_base(call),
				"/fine_tuning/jobs");
	hft_compose_json(request, call, body);
	request->effect = HFT_EFFECT_PAID;

	/* for the platform's support; it does not deduplicate */
	(void) hft_request_header(request, "X-Client-Request-Id",
							  call->job->token);
	return hft_openai_finish(call, request, outcome) &&
		hft_compose_marked(request, call, call->job->token, outcome);
}

/*
 * The answer is the job as status shows it.  Without a usable id it is no
 * proof of anything: the job is looked for by its mark (R30).
 */
void
hft_openai_create_response(const HftCall *call, const HftResponse *response,
						   HftOutcome *outcome)
{
	hft_openai_status_response(call, response, outcome);

	/* a 404 here is about the model or a file, not about a job we lost */
	if (outcome->error == HFT_ERROR_LOST)
		outcome->error = HFT_ERROR_REFUSED;
}
