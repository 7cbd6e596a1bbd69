/*-------------------------------------------------------------------------
 *
 * vertex_create.c
 *	  Creating a tuning job, and what it will be billed.
 *
 * The platform has no key against repetition and no name of our choosing, so
 * our token goes into a label and into the tuned model's display name, where
 * a listing shows it again.  The number of epochs is always sent: left to
 * the platform, it once was 40.
 *
 *-------------------------------------------------------------------------
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "provider/vertex.h"

#define MAX_DISPLAY_NAME 128

const HftOptionSpec hft_vertex_hyperparameters[] = {
	{"n_epochs", HFT_OPTION_INT, 1, 1000, NULL, false,
	"Passes over the training file; 3 when not given"},
	{"learning_rate_multiplier", HFT_OPTION_NUMBER, HFT_POSITIVE, 100, NULL,
	false, "Multiplies the recommended learning rate"},
	{"adapter_size", HFT_OPTION_INT, 1, 32, NULL, false,
	"Rank of the adapter: 1, 2, 4, 8, 16 or 32, as the base model allows"},
	{"beta", HFT_OPTION_NUMBER, HFT_POSITIVE, 1, NULL, false,
	"dpo: how far the model may move away, 0.01 to 0.5"},
	{NULL}
};

static const struct
{
	int			size;
	const char *word;
}			adapter_sizes[] =
{
	{1, "ADAPTER_SIZE_ONE"}, {2, "ADAPTER_SIZE_TWO"},
	{4, "ADAPTER_SIZE_FOUR"}, {8, "ADAPTER_SIZE_EIGHT"},
	{16, "ADAPTER_SIZE_SIXTEEN"}, {32, "ADAPTER_SIZE_THIRTY_TWO"},
	{0, NULL}
};

static const char *
adapter_word(int64_t size)
{
	for (int i = 0; adapter_sizes[i].word != NULL; i++)
	{
		if (adapter_sizes[i].size == size)
			return adapter_sizes[i].word;
	}
	return NULL;
}

/* The hyperparameters that the platform chose, in our words. */
static json_t *
read_hyperparameters(const json_t *theirs)
{
	const char *word = hft_pick_word(theirs, "adapterSize");
	int64_t		epochs = hft_vertex_int(theirs, "epochCount");
	json_t	   *ours = hft_json_new();

	if (epochs != HFT_UNKNOWN)
		json_object_set_new(ours, "n_epochs", json_integer(epochs));
	json_object_set(ours, "learning_rate_multiplier",
					json_object_get(theirs, "learningRateMultiplier"));
	json_object_set(ours, "beta", json_object_get(theirs, "beta"));
	for (int i = 0; word != NULL && adapter_sizes[i].word != NULL; i++)
	{
		if (strcmp(adapter_sizes[i].word, word) == 0)
			json_object_set_new(ours, "adapter_size",
								json_integer(adapter_sizes[i].size));
	}
	return ours;
}

const char *
hft_vertex_effective(const HftCall *call, const json_t *spec)
{
	json_t	   *ours = read_hyperparameters(hft_pick_object(spec,
															"hyperParameters"));
	const char *text = hft_json_text(call->arena, ours);

	json_decref(ours);
	return text;
}

/* ---- create ---- */

/* int64 as a string, doubles as numbers. */
static json_t *
write_hyperparameters(const json_t *asked)
{
	int64_t		epochs = hft_pick_count(asked, "n_epochs");
	const char *adapter = adapter_word(hft_pick_count(asked, "adapter_size"));
	char		digits[24];
	json_t	   *theirs;

	snprintf(digits, sizeof(digits), "%" PRId64,
			 epochs == HFT_UNKNOWN ? HFT_VERTEX_EPOCHS : epochs);
	theirs = json_pack("{s:s}", "epochCount", digits);
	json_object_set(theirs, "learningRateMultiplier",
					json_object_get(asked, "learning_rate_multiplier"));
	json_object_set(theirs, "beta", json_object_get(asked, "beta"));
	if (adapter != NULL)
		json_object_set_new(theirs, "adapterSize", json_string(adapter));
	return theirs;
}

static json_t *
write_spec(const HftCall *call, const json_t *asked, const json_t *options)
{
	json_t	   *spec = json_pack("{s:s, s:o}", "trainingDatasetUri",
								 call->job->training_file, "hyperParameters",
								 write_hyperparameters(asked));

	if (call->job->validation_file != NULL)
		json_object_set_new(spec, "validationDatasetUri",
							json_string(call->job->validation_file));
	if (!hft_pick_bool(options, "all_checkpoints", true))
		json_object_set_new(spec, "exportLastCheckpointOnly", json_true());
	return spec;
}

/* A name people read, and our mark, which it must not lose. */
static const char *
display_name(const HftCall *call)
{
	const HftJobFacts *job = call->job;
	const char *name = job->suffix && *job->suffix ? job->suffix :
		job->name && *job->name ? job->name : "hft";
	size_t		room = MAX_DISPLAY_NAME - strlen(job->token) - 1;
	size_t		length = strlen(name);

	/* cut between characters, not inside one */
	while (length > room ||
		   (length > 0 && ((unsigned char) name[length] & 0xC0) == 0x80))
		length--;
	return hft_arena_printf(call->arena, "%.*s-%s", (int) length, name,
							job->token);
}

static json_t *
write_job(const HftCall *call)
{
	const HftJobFacts *job = call->job;
	json_t	   *asked = hft_json_object(job->hyperparameters);
	json_t	   *options = hft_json_object(job->options);
	const char *pre_tuned = hft_pick_word(options, "pre_tuned_model");
	const char *key = hft_pick_word(options, "kms_key");
	const char *spec = strcmp(job->method, "dpo") == 0 ?
		"preferenceOptimizationSpec" : "supervisedTuningSpec";
	json_t	   *body = json_pack("{s:o, s:s, s:{s:s}, s:s*, s:s*}",
								 spec, write_spec(call, asked, options),
								 "tunedModelDisplayName", display_name(call),
								 "labels", "hft_job", job->token,
								 "description",
								 hft_pick_word(options, "description"),
								 "serviceAccount",
								 hft_pick_word(options, "service_account"));

	if (pre_tuned == NULL)
		json_object_set_new(body, "baseModel", json_string(job->base_model));
	else
		json_object_set_new(body, "preTunedModel",
							json_pack("{s:s, s:s*}", "tunedModelName",
									  pre_tuned, "checkpointId",
									  hft_pick_word(options,
													"checkpoint_id")));
	if (key != NULL)
		json_object_set_new(body, "encryptionSpec",
							json_pack("{s:s}", "kmsKeyName", key));
	json_decref(asked);
	json_decref(options);
	return body;
}

/* What we can tell without asking: a sentence, or NULL. */
static const char *
check_facts(const HftJobFacts *job)
{
	json_t	   *asked = hft_json_object(job->hyperparameters);
	int64_t		size = hft_pick_count(asked, "adapter_size");
	bool		is_dpo = strcmp(job->method, "dpo") == 0;
	bool		has_beta = json_object_get(asked, "beta") != NULL;

	json_decref(asked);
	if (job->training_file == NULL)
		return "The training file is not in Cloud Storage.";
	if (!is_dpo && strcmp(job->method, "sft") != 0)
		return "Vertex AI trains sft and dpo data sets; reinforcement needs "
			"a reward that hft does not send.";
	if (size != HFT_UNKNOWN && adapter_word(size) == NULL)
		return "The adapter_size must be 1, 2, 4, 8, 16 or 32.";
	if (has_beta && !is_dpo)
		return "The hyperparameter beta is for dpo only.";
	if (job->validation_file != NULL && job->validation_rows > 5000)
		return "A validation file may have at most 5,000 examples.";
	if (job->validation_file != NULL && job->validation_rows > 1000 &&
		job->validation_rows > job->train_rows * 3 / 10)
		return "A validation file of more than 1,000 examples may have at "
			"most 30 % of the training file's.";
	return NULL;
}

/* POST .../tuningJobs: sent twice, it would make two paid jobs. */
bool
hft_vertex_create_request(const HftCall *call, HftRequest *request,
						  HftOutcome *outcome)
{
	const char *problem = check_facts(call->job);
	const char *parent;
	json_t	   *body;

	if (problem != NULL)
		return hft_outcome_refuse(outcome, problem, NULL);
	parent = hft_vertex_parent(call, outcome);
	if (parent == NULL)
		return false;
	body = write_job(call);
	if (body == NULL)
		return hft_outcome_refuse(outcome, "A name of the job is no valid "
								  "UTF-8.", NULL);
	hft_compose(request, call, "POST", hft_vertex_tuning(call),
				"/v1/%s/tuningJobs", parent);
	hft_compose_json(request, call, body);
	request->effect = HFT_EFFECT_PAID;
	return hft_outcome_ready(outcome, call) &&
		hft_compose_marked(request, call, call->job->token, outcome);
}

void
hft_vertex_create_response(const HftCall *call, const HftResponse *response,
						   HftOutcome *outcome)
{
	hft_vertex_status_response(call, response, outcome);

	/* a 404 here is about an address or a model, not about a job we lost */
	if (outcome->error == HFT_ERROR_LOST)
		outcome->error = HFT_ERROR_REFUSED;
}

/* ---- the bill ---- */

/* Tokens of the training file times epochs; validation is free. */
void
hft_vertex_billable(const HftBillableFacts *facts, HftBillable *billable)
{
	json_t	   *asked = hft_json_object(facts->hyperparameters);
	int64_t		epochs = hft_pick_count(asked, "n_epochs");
	int64_t		tokens = HFT_UNKNOWN;

	json_decref(asked);
	billable->epochs_chosen = epochs != HFT_UNKNOWN;
	billable->epochs = billable->epochs_chosen ? epochs : HFT_VERTEX_EPOCHS;
	if (facts->tokens < 0 ||
		__builtin_mul_overflow(facts->tokens, billable->epochs, &tokens))
		tokens = HFT_UNKNOWN;
	billable->low_tokens = billable->high_tokens = tokens;
	billable->note = "Examples longer than 131,072 tokens are dropped or cut "
		"by the platform, and not billed in full.";
}
