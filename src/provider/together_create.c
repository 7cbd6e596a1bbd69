/*-------------------------------------------------------------------------
 *
 * together_create.c
 *	  The price of a job at Together, and the paid request itself.
 *
 * There is no idempotency key and no metadata: the suffix of the model's
 * name is the one thing of ours that listings show, so it ends with digits
 * of our token (R28, K11).
 *
 *-------------------------------------------------------------------------
 */
#include <math.h>
#include <string.h>

#include "provider/together.h"

#define MAX_SUFFIX 64
#define NANO_PER_DOLLAR 1e9
#define MAX_DOLLARS 1e9

/* rank and alpha of an adapter unless asked otherwise: every model takes 16 */
#define LORA_RANK 16

const HftOptionSpec hft_together_hyperparameters[] = {
	{"n_epochs", HFT_OPTION_INT, 1, 1000, NULL, false,
	"Passes over the training file"},
	{"n_checkpoints", HFT_OPTION_INT, 1, 1000, NULL, false,
	"Checkpoints kept"},
	{"n_evals", HFT_OPTION_INT, 0, 1000, NULL, false,
	"Evaluations of the validation file, billed; default: one an epoch"},
	{"batch_size", HFT_OPTION_INT_OR_AUTO, 1, 4096, "max", false,
	"Examples per step, or \"max\""},
	{"gradient_accumulation_steps", HFT_OPTION_INT, 0, 4096, NULL, false,
	"0: the model's default"},
	{"learning_rate", HFT_OPTION_NUMBER, HFT_POSITIVE, 1, NULL, false,
	"The platform's default is 1e-5"},
	{"lr_scheduler", HFT_OPTION_TEXT, 0, 0, "linear|cosine", false,
	"How the learning rate falls"},
	{"min_lr_ratio", HFT_OPTION_NUMBER, 0, 1, NULL, false,
	"Where the learning rate ends, as part of where it began"},
	{"num_cycles", HFT_OPTION_NUMBER, HFT_POSITIVE, 1000, NULL, false,
	"Cycles of the cosine"},
	{"warmup_ratio", HFT_OPTION_NUMBER, 0, 1, NULL, false,
	"Part of the steps in which the learning rate rises"},
	{"max_grad_norm", HFT_OPTION_NUMBER, 0, HFT_NO_MAX, NULL, false,
	"Gradients are clipped here; 0: never"},
	{"weight_decay", HFT_OPTION_NUMBER, 0, HFT_NO_MAX, NULL, false,
	"Pull of the weights towards zero"},
	{"max_seq_length", HFT_OPTION_INT, 1, 10000000, NULL, false,
	"Tokens after which an example is cut"},
	{"packing", HFT_OPTION_BOOL, 0, 0, NULL, false,
	"Several examples in a sequence; false bills every one as a whole"},
	{"train_on_inputs", HFT_OPTION_TEXT, 0, 0, "auto|true|false", false,
	"sft: whether prompts are trained on"},
	{"training_type", HFT_OPTION_TEXT, 0, 0, "lora|full", false,
	"An adapter, or all weights"},
	{"lora_r", HFT_OPTION_INT, 1, 1024, NULL, false, "Rank of the adapter"},
	{"lora_alpha", HFT_OPTION_INT, 1, 4096, NULL, false,
	"Scale of the adapter; default: twice its rank"},
	{"lora_dropout", HFT_OPTION_NUMBER, 0, 0.999999, NULL, false,
	"Part of the adapter left out at each step"},
	{"lora_trainable_modules", HFT_OPTION_TEXT, 1, 1000, NULL, false,
	"Modules the adapter covers, separated by commas"},
	{"dpo_beta", HFT_OPTION_NUMBER, HFT_POSITIVE, 100, NULL, false,
	"dpo: how strongly the reference model holds"},
	{"rpo_alpha", HFT_OPTION_NUMBER, 0, 100, NULL, false, "dpo"},
	{"simpo_gamma", HFT_OPTION_NUMBER, 0, 100, NULL, false, "dpo"},
	{"dpo_normalize_logratios_by_length", HFT_OPTION_BOOL, 0, 0, NULL, false,
	"dpo"},
	{"dpo_reference_free", HFT_OPTION_BOOL, 0, 0, NULL, false, "dpo"},
	{"early_stopping_enabled", HFT_OPTION_BOOL, 0, 0, NULL, false,
	"Stop when the validation loss no longer falls"},
	{"early_stopping_patience", HFT_OPTION_INT, 1, 1000, NULL, false,
	"Evaluations without progress before it stops"},
	{"early_stopping_min_delta", HFT_OPTION_NUMBER, 0, HFT_NO_MAX, NULL,
	false, "What counts as progress"},
	{"early_stopping_warmup_evals", HFT_OPTION_INT, 0, 1000, NULL, false,
	"Evaluations before it may stop"},
	{NULL}
};

/* ---- parts of the body ---- */

/* {"method": "sft", ...} or {"method": "dpo", ...} */
static json_t *
write_method(const HftCall *call, const json_t *asked)
{
	static const char *const of_dpo[] = {
		"dpo_beta", "rpo_alpha", "simpo_gamma",
		"dpo_normalize_logratios_by_length", "dpo_reference_free", NULL
	};
	json_t	   *method;
	const char *word = hft_pick_word(asked, "train_on_inputs");
	json_t	   *inputs = json_object_get(asked, "train_on_inputs");

	if (strcmp(call->job->method, "dpo") == 0)
	{
		method = json_pack("{s:s}", "method", "dpo");
		hft_json_copy(method, asked, of_dpo);
		return method;
	}
	method = json_pack("{s:s, s:s}", "method", "sft",
					   "train_on_inputs", "auto");
	if (json_is_boolean(inputs))
		json_object_set(method, "train_on_inputs", inputs);
	else if (word != NULL && strcmp(word, "auto") != 0)
		json_object_set_new(method, "train_on_inputs",
							json_boolean(strcmp(word, "true") == 0));
	return method;
}

/* Rank and alpha are required for an adapter, so both are always sent. */
static json_t *
write_type(const json_t *asked)
{
	const char *word = hft_pick_word(asked, "training_type");
	const char *modules = hft_pick_word(asked, "lora_trainable_modules");
	int64_t		rank = hft_pick_int(asked, "lora_r", 1, 1024);
	int64_t		alpha = hft_pick_int(asked, "lora_alpha", 1, 4096);
	double		dropout = hft_pick_number(asked, "lora_dropout");

	if (word != NULL && strcmp(word, "full") == 0)
		return json_pack("{s:s}", "type", "Full");
	if (rank == HFT_UNKNOWN)
		rank = LORA_RANK;
	if (alpha == HFT_UNKNOWN)
		alpha = rank * 2;
	return json_pack("{s:s, s:I, s:I, s:f, s:s}", "type", "Lora",
					 "lora_r", (json_int_t) rank,
					 "lora_alpha", (json_int_t) alpha,
					 "lora_dropout", isnan(dropout) ? 0.0 : dropout,
					 "lora_trainable_modules",
					 modules ? modules : "all-linear");
}

/* NULL unless one was asked for; both arguments are then required. */
static json_t *
write_scheduler(const json_t *asked)
{
	const char *type = hft_pick_word(asked, "lr_scheduler");
	double		ratio = hft_pick_number(asked, "min_lr_ratio");
	double		cycles = hft_pick_number(asked, "num_cycles");
	json_t	   *args;

	if (type == NULL)
		return NULL;
	args = json_pack("{s:f}", "min_lr_ratio", isnan(ratio) ? 0.0 : ratio);
	if (strcmp(type, "cosine") == 0)
		json_object_set_new(args, "num_cycles",
							json_real(isnan(cycles) ? 0.5 : cycles));
	return json_pack("{s:s, s:o}", "lr_scheduler_type", type,
					 "lr_scheduler_args", args);
}

/* What the price depends on, and the job is made of. */
static json_t *
write_core(const HftCall *call, const json_t *asked, const json_t *options)
{
	static const char *const checkpoint[] = {"from_checkpoint", NULL};
	int64_t		epochs = hft_pick_int(asked, "n_epochs", 1, 1000);
	int64_t		evals = hft_pick_count(asked, "n_evals");
	json_t	   *body;

	if (epochs == HFT_UNKNOWN)
		epochs = 1;
	if (evals == HFT_UNKNOWN)
		evals = call->job->validation_file ? epochs : 0;
	body = json_pack("{s:s, s:s, s:I, s:I, s:o, s:o}",
					 "training_file", call->job->training_file,
					 "model", call->job->base_model,
					 "n_epochs", (json_int_t) epochs,
					 "n_evals", (json_int_t) evals,
					 "training_method", write_method(call, asked),
					 "training_type", write_type(asked));
	if (call->job->validation_file != NULL && evals > 0)
		json_object_set_new(body, "validation_file",
							json_string(call->job->validation_file));
	hft_json_copy(body, options, checkpoint);
	return body;
}

/* The user's suffix, cut where it must be, and digits of our token. */
static const char *
write_suffix(const HftCall *call)
{
	const char *digits = hft_together_digits(call, call->job->token);
	const char *wanted = call->job->suffix;
	size_t		room;
	size_t		length;

	if (digits == NULL)
		return NULL;
	if (wanted == NULL || *wanted == '\0')
		wanted = "hft";
	room = MAX_SUFFIX - 1 - strlen(digits);
	length = strnlen(wanted, room + 1);
	if (length > room)
	{
		length = room;
		while (length > 0 && ((unsigned char) wanted[length] & 0xC0) == 0x80)
			length--;
	}
	return hft_arena_printf(call->arena, "%.*s-%s", (int) length, wanted,
							digits);
}

/* A sentence about what the platform would refuse, or NULL. */
static const char *
check_facts(const HftCall *call, const json_t *asked)
{
	const char *method = call->job->method;
	int64_t		evals = hft_pick_count(asked, "n_evals");

	if (call->job->training_file == NULL)
		return "The training file is not at the platform.";
	if (strcmp(method, "sft") != 0 && strcmp(method, "dpo") != 0 &&
		strcmp(method, "text") != 0)
		return "Together trains sft, dpo and text data sets.";
	if (evals > 0 && call->job->validation_file == NULL)
		return "The option \"n_evals\" needs a validation split.";
	return NULL;
}

/* The whole job: the core, and what the price does not depend on. */
static json_t *
write_job(const HftCall *call, const json_t *asked, const json_t *options)
{
	static const char *const of_asked[] = {
		"n_checkpoints", "batch_size", "gradient_accumulation_steps",
		"learning_rate", "warmup_ratio", "max_grad_norm", "weight_decay",
		"max_seq_length", "packing", "early_stopping_enabled",
		"early_stopping_patience", "early_stopping_min_delta",
		"early_stopping_warmup_evals", NULL
	};
	static const char *const of_options[] = {
		"from_hf_model", "hf_model_revision", "hf_output_repo_name",
		"wandb_project_name", "wandb_name", "wandb_entity",
		"multimodal_params", NULL
	};
	const char *suffix = write_suffix(call);
	json_t	   *scheduler = write_scheduler(asked);
	json_t	   *body = write_core(call, asked, options);

	/* the server is known to fail without a batch size */
	json_object_set_new(body, "batch_size", json_string("max"));
	json_object_set_new(body, "n_checkpoints", json_integer(1));
	hft_json_copy(body, asked, of_asked);
	hft_json_copy(body, options, of_options);
	if (json_is_integer(json_object_get(options, "seed")))
		json_object_set(body, "random_seed",
						json_object_get(options, "seed"));
	if (scheduler != NULL)
		json_object_set_new(body, "lr_scheduler", scheduler);
	if (suffix != NULL)
		json_object_set_new(body, "suffix", json_string(suffix));
	return body;
}

typedef json_t *(*WriteBody) (const HftCall *call, const json_t *asked,
							  const json_t *options);

/* POST what is asked for, unless the platform would refuse it. */
static bool
compose_job(const HftCall *call, HftRequest *request, const char *path,
			WriteBody write_body, HftOutcome *outcome)
{
	json_t	   *asked = hft_json_object(call->job->hyperparameters);
	json_t	   *options = hft_json_object(call->job->options);
	const char *problem = check_facts(call, asked);

	if (problem == NULL)
	{
		hft_compose(request, call, "POST", hft_together_base(call), "%s",
					path);
		hft_compose_json(request, call, write_body(call, asked, options));
	}
	json_decref(asked);
	json_decref(options);
	if (problem != NULL)
		return hft_outcome_refuse(outcome, problem, NULL);
	return hft_outcome_ready(outcome, call);
}

/* ---- estimate ---- */

/* POST /fine-tunes/estimate-price, which changes nothing. */
bool
hft_together_estimate_request(const HftCall *call, HftRequest *request,
							  HftOutcome *outcome)
{
	if (!compose_job(call, request, "/fine-tunes/estimate-price", write_core,
					 outcome))
		return false;
	request->effect = HFT_EFFECT_READ;
	return true;
}

/*
 * The platform says dollars.  A job it would not let proceed is stopped here,
 * before anything is paid for.
 */
static void
read_estimate(const HftCall *call, const json_t *root, HftOutcome *outcome)
{
	double		dollars = hft_pick_number(root, "estimated_total_price");

	outcome->info = hft_json_text(call->arena, root);
	if (!hft_pick_bool(root, "estimation_available", true))
	{
		outcome->code = hft_pick_id(call->arena, root, "unavailable_reason");
		return;
	}
	if (dollars >= 0 && dollars < MAX_DOLLARS)
		outcome->amount_nano = llround(dollars * NANO_PER_DOLLAR);
	outcome->trained_tokens = hft_pick_count(root,
											 "estimated_train_token_count");
	if (!hft_pick_bool(root, "allowed_to_proceed", true))
		hft_outcome_fail(outcome, HFT_ERROR_LIMIT, "The estimated price is "
						 "over what the account may spend.",
						 "Raise the account's limit, then call "
						 "hft.retry_job().");
}

/* No estimate (of images, say) is an answer: the amount is unknown. */
void
hft_together_estimate_response(const HftCall *call,
							   const HftResponse *response,
							   HftOutcome *outcome)
{
	HftAnswer	answer;

	if (!hft_answer_open(&answer, call, response, hft_together_rules,
						 outcome))
		return;
	read_estimate(call, answer.root, outcome);
	hft_answer_close(&answer, call, outcome);
}

/* ---- create ---- */

/*
 * POST /fine-tunes.  The vendor's own client repeats it blindly, and so makes
 * two jobs; we never do (R27).
 */
bool
hft_together_create_request(const HftCall *call, HftRequest *request,
							HftOutcome *outcome)
{
	if (!compose_job(call, request, "/fine-tunes", write_job, outcome))
		return false;
	request->effect = HFT_EFFECT_PAID;
	return hft_compose_marked(request, call,
							  hft_together_digits(call, call->job->token),
							  outcome);
}

/*
 * The answer is the job.  Without a usable id it is no proof of anything: the
 * job is looked for by its mark (R30).
 */
void
hft_together_create_response(const HftCall *call, const HftResponse *response,
							 HftOutcome *outcome)
{
	HftAnswer	answer;

	if (hft_answer_open(&answer, call, response, hft_together_rules,
						outcome))
	{
		hft_together_read_job(call, answer.root, outcome);
		hft_answer_close(&answer, call, outcome);
	}

	/* a 404 here is about the model or a file, not about a job we lost */
	if (outcome->error == HFT_ERROR_LOST)
		outcome->error = HFT_ERROR_REFUSED;
}
