/*-------------------------------------------------------------------------
 *
 * bedrock_create.c
 *	  The paid request: a model customization job.
 *
 * Name and request token are made from our token before the call: the same
 * request again is the same job, and the name finds it (R28, K11).  A name
 * in use is our own job of a request whose answer was lost, or a stranger's;
 * so the job itself is asked for: cursor "adopt".
 *
 *-------------------------------------------------------------------------
 */
#include <string.h>

#include "provider/bedrock_models.h"
#include "provider/s3.h"

#define MAX_SUFFIX 26			/* name 63 = suffix, hyphen, 32 digits, spare */
#define ADOPT_WAIT_MS 1000

/* ---- parts of the body ---- */

/* What a user wants in the name, as far as names may have it. */
static const char *
plain_suffix(const HftCall *call)
{
	char	   *suffix = hft_arena_strndup(call->arena, call->job->suffix,
										   MAX_SUFFIX);
	size_t		length = 0;

	for (const char *c = suffix; c != NULL && *c != '\0'; c++)
	{
		bool		plain = (*c >= 'a' && *c <= 'z') ||
			(*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9');

		/* no two separators follow each other, and none begins a name */
		if (plain)
			suffix[length++] = *c;
		else if (length > 0 && suffix[length - 1] != '-')
			suffix[length++] = '-';
	}
	if (suffix == NULL)
		return NULL;
	while (length > 0 && suffix[length - 1] == '-')
		length--;
	suffix[length] = '\0';
	return suffix;
}

/* "suffix-0198f0c2...": letters, digits and single hyphens */
static const char *
model_name(const HftCall *call)
{
	char	   *digits = hft_arena_strdup(call->arena, call->job->token);
	const char *suffix = call->job->suffix ? plain_suffix(call) : "";
	size_t		length = 0;

	if (digits == NULL || suffix == NULL)
		return NULL;
	for (const char *c = call->job->token; *c != '\0'; c++)
	{
		if (*c != '-')
			digits[length++] = *c;
	}
	digits[length] = '\0';
	return hft_arena_printf(call->arena, "%s-%s", *suffix ? suffix : "hft",
							digits);
}

/* {"a": "b"} as [{"key": "a", "value": "b"}]; NULL when there are none. */
static json_t *
write_tags(const json_t *tags)
{
	json_t	   *list = json_array();
	const char *key;
	json_t	   *value;

	json_object_foreach((json_t *) tags, key, value)
	{
		if (json_is_string(value))
			json_array_append_new(list, json_pack("{s:s, s:O}", "key", key,
												  "value", value));
	}
	if (json_array_size(list) > 0)
		return list;
	json_decref(list);
	return NULL;
}

static void
add_options(json_t *body, const HftCall *call)
{
	json_t	   *options = hft_json_object(call->job->options);
	const json_t *tags = json_object_get(options, "tags");
	const char *key = hft_pick_word(options, "custom_model_kms_key");
	json_t	   *list = write_tags(tags);

	if (list != NULL)
	{
		json_object_set(body, "jobTags", list);
		json_object_set_new(body, "customModelTags", list);
	}
	if (key != NULL)
		json_object_set_new(body, "customModelKmsKeyId", json_string(key));
	if (hft_pick_object(options, "vpc") != NULL)
		json_object_set(body, "vpcConfig", json_object_get(options, "vpc"));
	json_decref(options);
}

/* "hyperparameters" is taken over. */
static json_t *
write_body(const HftCall *call, const char *role, const char *folder,
		   json_t *hyperparameters)
{
	const HftJobFacts *job = call->job;
	const char *output = hft_arena_printf(call->arena, "%s/out/%s/", folder,
										  job->token);
	json_t	   *body = json_pack("{s:s?, s:s?, s:s, s:s, s:s, s:s, s:{s:s}, "
								 "s:{s:s?}, s:o}",
								 "jobName", hft_bedrock_job_name(call),
								 "customModelName", model_name(call),
								 "roleArn", role,
								 "clientRequestToken", job->token,
								 "baseModelIdentifier", job->base_model,
								 "customizationType", "FINE_TUNING",
								 "trainingDataConfig",
								 "s3Uri", job->training_file,
								 "outputDataConfig", "s3Uri", output,
								 "hyperParameters", hyperparameters);

	if (job->validation_file != NULL)
		json_object_set_new(body, "validationDataConfig",
							json_pack("{s:[{s:s}]}", "validators",
									  "s3Uri", job->validation_file));
	add_options(body, call);
	return body;
}

/* ---- what the platform would refuse ---- */

/* A sentence about the number of rows; NULL when it is right. */
static const char *
judge_rows(const HftCall *call)
{
	const HftBedrockFamily *family = hft_bedrock_family(call->job->base_model);
	int64_t		all = call->job->train_rows + call->job->validation_rows;

	if (family == NULL)
		return NULL;
	if (call->job->train_rows < family->min_rows)
		return hft_arena_printf(call->arena, "Model \"%s\" needs at least %d "
								"training examples.", call->job->base_model,
								family->min_rows);
	if (family->max_rows > 0 && all > family->max_rows)
		return hft_arena_printf(call->arena, "Model \"%s\" takes at most %d "
								"examples, training and validation.",
								call->job->base_model, family->max_rows);
	return NULL;
}

/* The URL and the server's options; false when something is missing. */
static bool
gather(const HftCall *call, const char **base, const char **role,
	   const char **folder, HftOutcome *outcome)
{
	*base = hft_bedrock_require(call, outcome);
	*role = hft_server_option(call, "role_arn");
	*folder = hft_bedrock_folder(call);
	if (*base == NULL)
		return false;
	if (*role == NULL)
		return hft_outcome_refuse(outcome, "The server has no option "
								  "\"role_arn\".", "ALTER SERVER ... OPTIONS "
								  "(ADD role_arn 'arn:aws:iam::...').");
	if (!hft_s3_is_plain(*folder))
		return hft_s3_refuse(outcome);
	return true;
}

/* ---- the operation ---- */

static bool
is_adopting(const HftCall *call)
{
	json_t	   *cursor = hft_json_object(call->cursor);
	bool		adopting = hft_pick_bool(cursor, "adopt", false);

	json_decref(cursor);
	return adopting;
}

/* POST /model-customization-jobs, or the GET of the job with its name. */
bool
hft_bedrock_create_request(const HftCall *call, HftRequest *request,
						   HftOutcome *outcome)
{
	const char *problem = judge_rows(call);
	const char *base;
	const char *role;
	const char *folder;
	json_t	   *hyperparameters;

	if (is_adopting(call))
		return hft_bedrock_compose_job(call, request, "GET",
									   hft_bedrock_job_name(call), "",
									   outcome);
	if (problem != NULL)
		return hft_outcome_refuse(outcome, problem, NULL);
	if (!gather(call, &base, &role, &folder, outcome))
		return false;
	hyperparameters = hft_bedrock_hyperparameter_texts(call, &problem);
	if (problem != NULL)
		return hft_outcome_refuse(outcome, problem, NULL);
	hft_compose(request, call, "POST", base, "/model-customization-jobs");
	hft_compose_json(request, call,
					 write_body(call, role, folder, hyperparameters));
	request->effect = HFT_EFFECT_PAID;
	return hft_compose_marked(request, call, call->job->token, outcome) &&
		hft_outcome_ready(outcome, call);
}

/* The job that has our name; only with our token is it ours. */
static void
adopt_response(const HftCall *call, const HftResponse *response,
			   HftOutcome *outcome)
{
	HftAnswer	answer;

	if (!hft_bedrock_open(&answer, call, response, outcome))
		return;
	if (hft_bedrock_is_ours(call, answer.root))
		hft_bedrock_read_job(call, answer.root, outcome);
	else
		hft_outcome_fail(outcome, HFT_ERROR_REFUSED,
						 "Another job has the name that ours was to have.",
						 NULL);
	hft_answer_close(&answer, call, outcome);
}

/* The service says so in words, and under two kinds of error. */
static bool
is_name_taken(const HftResponse *response, const HftOutcome *outcome)
{
	return response->status == 400 && outcome->message != NULL &&
		(strcasestr(outcome->message, "name is currently in use") != NULL ||
		 (outcome->code != NULL &&
		  strcmp(outcome->code, "ConflictException") == 0) ||
		 (outcome->code != NULL &&
		  strcmp(outcome->code, "ResourceInUseException") == 0));
}

void
hft_bedrock_create_response(const HftCall *call, const HftResponse *response,
							HftOutcome *outcome)
{
	HftAnswer	answer;

	if (is_adopting(call))
	{
		adopt_response(call, response, outcome);
		return;
	}
	if (hft_bedrock_open(&answer, call, response, outcome))
	{
		outcome->remote_id = hft_pick_id(call->arena, answer.root, "jobArn");
		outcome->remote_state = "InProgress";
		outcome->state = HFT_REMOTE_QUEUED;
		hft_answer_close(&answer, call, outcome);
	}
	else if (is_name_taken(response, outcome))
	{
		hft_outcome_init(outcome);
		hft_outcome_wait(outcome, call, json_pack("{s:b}", "adopt", 1),
						 ADOPT_WAIT_MS);
	}
}
