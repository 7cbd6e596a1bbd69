/*-------------------------------------------------------------------------
 *
 * fireworks_create.c
 *	  The price of a job at Fireworks, and the paid request itself.
 *
 * The job's id, in the query, is our token; the id of the model to be ends
 * with its last digits.  A job that is created twice is answered 409, so the
 * request may be repeated after doubt (R28, K11).  What has a default is sent
 * all the same: epochs, rank, and whether part of the training data is held
 * out, because a default that changes would change the model and the bill.
 *
 *-------------------------------------------------------------------------
 */
#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "provider/fireworks.h"

#define LONGEST_ID 63
#define MAX_EXAMPLES INT64_C(3000000)	/* times epochs */
#define LORA_RANK 8

const HftOptionSpec hft_fireworks_hyperparameters[] = {
	{"n_epochs", HFT_OPTION_INT, 1, 1000, NULL, false,
	"Passes over the training file; default 1"},
	{"learning_rate", HFT_OPTION_NUMBER, HFT_POSITIVE, 1, NULL, false,
	"The platform's default is about 1e-4"},
	{"learning_rate_warmup_steps", HFT_OPTION_INT, 0, 1000000, NULL, false,
	"Steps in which the learning rate rises"},
	{"lr_scheduler", HFT_OPTION_TEXT, 0, 0, "constant|linear|cosine", false,
	"How the learning rate falls"},
	{"min_lr_ratio", HFT_OPTION_NUMBER, 0, 1, NULL, false,
	"Where the learning rate ends, as part of where it began"},
	{"decay_ratio", HFT_OPTION_NUMBER, 0, 1, NULL, false,
	"Part of the steps in which the learning rate falls"},
	{"max_context_length", HFT_OPTION_INT, 16, 10000000, NULL, false,
	"Tokens after which an example is cut; a multiple of 16"},
	{"lora_r", HFT_OPTION_INT, 0, 64, NULL, false,
	"Rank of the adapter, a power of two; default 8; 0: all weights"},
	{"batch_size", HFT_OPTION_INT, 0, 4096, NULL, false,
	"Examples per step; 0: as many as fit into the context"},
	{"weight_decay", HFT_OPTION_NUMBER, 0, HFT_NO_MAX, NULL, false,
	"Pull of the weights towards zero"},
	{NULL}
};

const HftOptionSpec hft_fireworks_job_options[] = {
	{"warm_start_from", HFT_OPTION_TEXT, 1, 300, NULL, false,
	"Go on from a tuned model, by its resource name"},
	{"eval_auto_carveout", HFT_OPTION_BOOL, 0, 0, NULL, false,
	"Hold out part of the training file when there is no validation split; "
	"default false"},
	{"turbo", HFT_OPTION_BOOL, 0, 0, NULL, false,
	"The platform's faster trainer, at its own price"},
	HFT_DEADLINE_SPEC,
	{NULL}
};

/* ---- names ---- */

/* The user's suffix as the beginning of an id; "hft" when nothing is left. */
static const char *
write_slug(const HftCall *call, size_t room)
{
	const char *suffix = call->job->suffix ? call->job->suffix : "";
	char	   *slug = hft_arena_strdup(call->arena, suffix);
	size_t		length = 0;

	if (slug == NULL)
		return NULL;
	for (; *suffix != '\0' && length < room; suffix++)
	{
		char		c = (char) tolower((unsigned char) *suffix);
		bool		letter = c >= 'a' && c <= 'z';

		if (letter || (length > 0 && c >= '0' && c <= '9'))
			slug[length++] = c;
		else if (length > 0 && slug[length - 1] != '-')
			slug[length++] = '-';
	}
	while (length > 0 && slug[length - 1] == '-')
		length--;
	slug[length] = '\0';
	return length > 0 ? slug : "hft";
}

/* accounts/a/models/triage-83339444abcdef01 */
static const char *
output_model(const HftCall *call)
{
	const char *digits = hft_fireworks_digits(call, call->job->token);
	const char *slug = digits == NULL ? NULL :
		write_slug(call, LONGEST_ID - 1 - strlen(digits));

	if (slug == NULL)
		return NULL;
	return hft_fireworks_name(call, "models",
							  hft_arena_printf(call->arena, "%s-%s", slug,
											   digits));
}

/* ---- body ---- */

/* NULL unless one was asked for; exactly one member. */
static json_t *
write_scheduler(const json_t *asked)
{
	const char *type = hft_pick_word(asked, "lr_scheduler");
	double		ratio = hft_pick_number(asked, "min_lr_ratio");
	double		decay = hft_pick_number(asked, "decay_ratio");
	json_t	   *shape = hft_json_new();

	if (type == NULL)
	{
		json_decref(shape);
		return NULL;
	}
	if (strcmp(type, "constant") != 0 && !isnan(ratio))
		json_object_set_new(shape, "minLrRatio", json_real(ratio));
	if (strcmp(type, "constant") != 0 && !isnan(decay))
		json_object_set_new(shape, "decayRatio", json_real(decay));
	return json_pack("{s:o}", type, shape);
}

/* Members under the names that the platform gives them. */
static void
rename_members(json_t *body, const json_t *from, const char *const (*names)[2])
{
	for (; (*names)[0] != NULL; names++)
	{
		json_t	   *value = json_object_get(from, (*names)[0]);

		if (value != NULL && !json_is_null(value))
			json_object_set(body, (*names)[1], value);
	}
}

/* The base model, or the tuned one to go on from: one of them. */
static void
set_origin(const HftCall *call, json_t *body, const json_t *options)
{
	const char *warm = hft_pick_word(options, "warm_start_from");
	const char *base = hft_fireworks_model(call, call->job->base_model);

	if (warm != NULL)
		json_object_set_new(body, "warmStartFrom", json_string(warm));
	else if (base != NULL)
		json_object_set_new(body, "baseModel", json_string(base));
}

/* The job object; a price is asked for with the same. */
static json_t *
write_job(const HftCall *call, const json_t *asked, const json_t *options)
{
	static const char *const of_asked[][2] = {
		{"n_epochs", "epochs"},
		{"learning_rate", "learningRate"},
		{"learning_rate_warmup_steps", "learningRateWarmupSteps"},
		{"max_context_length", "maxContextLength"},
		{"lora_r", "loraRank"},
		{"batch_size", "batchSizeSamples"},
		{"weight_decay", "optimizerWeightDecay"},
		{NULL, NULL}
	};
	static const char *const of_options[][2] = {
		{"eval_auto_carveout", "evalAutoCarveout"},
		{"turbo", "isTurbo"},
		{NULL, NULL}
	};
	const char *name = call->job->name ? call->job->name : call->job->token;
	json_t	   *scheduler = write_scheduler(asked);
	json_t	   *body = json_pack("{s:s, s:s?, s:s?, s:i, s:i}",
								 "displayName", name,
								 "dataset", call->job->training_file,
								 "outputModel", output_model(call),
								 "epochs", 1, "loraRank", LORA_RANK);

	set_origin(call, body, options);
	if (call->job->validation_file != NULL)
		json_object_set_new(body, "evaluationDataset",
							json_string(call->job->validation_file));
	else
		json_object_set_new(body, "evalAutoCarveout", json_false());
	rename_members(body, asked, of_asked);
	rename_members(body, options, of_options);
	if (scheduler != NULL)
		json_object_set_new(body, "lrScheduler", scheduler);
	return body;
}

/* A sentence about what the platform would refuse, or NULL. */
static const char *
check_facts(const HftCall *call, const json_t *asked)
{
	int64_t		epochs = hft_pick_int(asked, "n_epochs", 1, 1000);
	int64_t		context = hft_pick_count(asked, "max_context_length");
	int64_t		rank = hft_pick_count(asked, "lora_r");

	if (call->job->training_file == NULL)
		return "The training file is not at the platform.";
	if (strcmp(call->job->method, "sft") != 0)
		return "hft trains sft data sets at Fireworks; preference and "
			"reinforcement jobs there want data that hft does not make.";
	if (call->job->train_rows * (epochs == HFT_UNKNOWN ? 1 : epochs) >
		MAX_EXAMPLES)
		return "Examples times epochs must be at most 3,000,000.";
	if (context != HFT_UNKNOWN && context % 16 != 0)
		return "The option \"max_context_length\" must be a multiple of 16.";
	if (rank > 0 && (rank & (rank - 1)) != 0)
		return "The option \"lora_r\" must be a power of two, or 0.";
	return NULL;
}

/* POST the job object to the collection, unless it would be refused. */
static bool
compose_job(const HftCall *call, HftRequest *request, const char *behind,
			HftOutcome *outcome)
{
	json_t	   *asked = hft_json_object(call->job->hyperparameters);
	json_t	   *options = hft_json_object(call->job->options);
	const char *problem = check_facts(call, asked);
	const char *collection =
		hft_fireworks_collection(call, "supervisedFineTuningJobs");
	bool		composed = false;

	if (problem != NULL)
		hft_outcome_refuse(outcome, problem, NULL);
	else if (hft_fireworks_compose(call, request, outcome, "POST",
								   collection, behind))
	{
		hft_compose_json(request, call, write_job(call, asked, options));
		composed = hft_outcome_ready(outcome, call);
	}
	json_decref(asked);
	json_decref(options);
	return composed;
}

/* ---- estimate ---- */

/* Changes nothing: it may be asked again. */
bool
hft_fireworks_estimate_request(const HftCall *call, HftRequest *request,
							   HftOutcome *outcome)
{
	if (!compose_job(call, request, ":estimateCost", outcome))
		return false;
	request->effect = HFT_EFFECT_READ;
	return true;
}

/* No estimate is an answer: the amount is unknown. */
void
hft_fireworks_estimate_response(const HftCall *call,
								const HftResponse *response,
								HftOutcome *outcome)
{
	HftAnswer	answer;

	if (!hft_fireworks_open(&answer, call, response, outcome))
		return;
	outcome->amount_nano = hft_fireworks_money(answer.root, "estimatedCost");
	outcome->info = hft_json_text(call->arena, answer.root);
	hft_answer_close(&answer, call, outcome);
}

/* ---- create ---- */

static const char *
planned_job(const HftCall *call)
{
	return hft_fireworks_name(call, "supervisedFineTuningJobs",
							  hft_fireworks_id(call, call->job->token));
}

bool
hft_fireworks_create_request(const HftCall *call, HftRequest *request,
							 HftOutcome *outcome)
{
	const char *id = hft_fireworks_id(call, call->job->token);
	const char *query = id == NULL ? "" :
		hft_arena_printf(call->arena, "?supervisedFineTuningJobId=%s", id);

	if (!compose_job(call, request, query, outcome))
		return false;
	request->effect = HFT_EFFECT_PAID;
	return hft_compose_marked(request, call,
							  hft_fireworks_digits(call, call->job->token),
							  outcome);
}

/* The id has our token in it: whoever took it was us (K11). */
static void
adopt(const HftCall *call, HftOutcome *outcome)
{
	hft_outcome_init(outcome);
	outcome->remote_id = planned_job(call);
	outcome->state = HFT_REMOTE_QUEUED;
}

void
hft_fireworks_create_response(const HftCall *call,
							  const HftResponse *response,
							  HftOutcome *outcome)
{
	HftAnswer	answer;

	if (hft_fireworks_open(&answer, call, response, outcome))
	{
		hft_fireworks_read_job(call, answer.root, outcome);
		hft_answer_close(&answer, call, outcome);
	}
	else if (hft_fireworks_is_taken(outcome))
		adopt(call, outcome);

	/* a 404 here is about the model or a data set, not about a job we lost */
	if (outcome->error == HFT_ERROR_LOST)
		outcome->error = HFT_ERROR_REFUSED;
}

/* ---- what it will bill ---- */

/*
 * Tokens of the training file times epochs.  Rows with several answers that
 * carry thinking are unrolled, one example an answer, which bills more.
 */
void
hft_fireworks_billable(const HftBillableFacts *facts, HftBillable *billable)
{
	json_t	   *asked = hft_json_object(facts->hyperparameters);
	int64_t		epochs = hft_pick_int(asked, "n_epochs", 1, 1000);

	json_decref(asked);
	billable->epochs_chosen = epochs != HFT_UNKNOWN;
	billable->epochs = billable->epochs_chosen ? epochs : 1;
	if (facts->tokens < 0 ||
		__builtin_mul_overflow(facts->tokens, billable->epochs,
							   &billable->low_tokens))
		billable->low_tokens = HFT_UNKNOWN;
	billable->high_tokens = billable->low_tokens;
	billable->note = "Rows with reasoning_content are unrolled, one example "
		"an answer, and bill more.";
}
