/*-------------------------------------------------------------------------
 *
 * bedrock_models.c
 *	  What Bedrock's base models take: rows, epochs, hyperparameters.
 *
 * Models of one maker differ, so the table goes by the beginning of the id,
 * the longest first.  Hyperparameters travel as texts, also numbers.
 *
 *-------------------------------------------------------------------------
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "provider/bedrock_models.h"

#define CONVERSE "bedrock"
#define PROMPT "bedrock_prompt"
#define CLAUDE "bedrock_claude"

static const HftBedrockKey nova_keys[] = {
	{"epochCount", 1, 5}, {"learningRate", 1e-6, 1e-4},
	{"learningRateWarmupSteps", 0, 100}, {NULL}
};
static const HftBedrockKey llama_keys[] = {
	{"epochCount", 1, 10}, {"batchSize", 1, 1}, {"learningRate", 5e-6, 0.1},
	{NULL}
};
static const HftBedrockKey claude_keys[] = {
	{"epochCount", 1, 10}, {"batchSize", 4, 256},
	{"learningRateMultiplier", 0.1, 2}, {"earlyStoppingThreshold", 0, 0.1},
	{"earlyStoppingPatience", 1, 10}, {NULL}
};

static const HftBedrockFamily families[] = {
	{"amazon.nova-2-lite", CONVERSE, 8, 20000, 0, true, NULL},
	{"amazon.nova-micro", CONVERSE, 8, 20000, 2, true, nova_keys},
	{"amazon.nova-lite", CONVERSE, 8, 20000, 2, true, nova_keys},
	{"amazon.nova-pro", CONVERSE, 8, 20000, 2, true, nova_keys},
	{"meta.llama3-3-70b", CONVERSE, 1, 0, 5, true, llama_keys},
	{"meta.llama3-2", CONVERSE, 1, 0, 5, false, llama_keys},
	{"meta.llama3-1", PROMPT, 100, 10000, 5, false, llama_keys},
	{"anthropic.claude-3-haiku", CLAUDE, 32, 11000, 2, false, claude_keys},
	{NULL}
};

/*
 * The widest range of any model; its own is looked at when the job is
 * written.
 */
const HftOptionSpec hft_bedrock_hyperparameters[] = {
	{"epochCount", HFT_OPTION_INT, 1, 10, NULL, false,
	"Passes over the training file; Nova up to 5"},
	{"batchSize", HFT_OPTION_INT, 1, 256, NULL, false,
	"Examples per step; Llama takes 1"},
	{"learningRate", HFT_OPTION_NUMBER, 1e-7, 0.1, NULL, false,
	"Nova 0.000001 to 0.0001, Llama 0.000005 to 0.1"},
	{"learningRateWarmupSteps", HFT_OPTION_INT, 0, 250, NULL, false,
	"Steps in which the learning rate rises; Nova up to 100"},
	{"learningRateMultiplier", HFT_OPTION_NUMBER, 0.1, 2, NULL, false,
	"Claude: times its own learning rate"},
	{"earlyStoppingThreshold", HFT_OPTION_NUMBER, 0, 0.1, NULL, false,
	"Claude: what counts as progress of the validation loss"},
	{"earlyStoppingPatience", HFT_OPTION_INT, 1, 10, NULL, false,
	"Claude: evaluations without progress before it stops"},
	{NULL}
};

/*
 * An id may be an ARN; of a tuned model (to train further) the base is part
 * of it.
 */
const HftBedrockFamily *
hft_bedrock_family(const char *model)
{
	for (const HftBedrockFamily *family = families;
		 model != NULL && family->prefix != NULL; family++)
	{
		const char *found = strstr(model, family->prefix);

		if (found != NULL && (found == model || found[-1] == '/'))
			return family;
	}
	return NULL;
}

/* What we do not know is most likely new, and new ones take conversations. */
const char *
hft_bedrock_format(const char *model)
{
	const HftBedrockFamily *family = hft_bedrock_family(model);

	return family ? family->format : CONVERSE;
}

/* ---- hyperparameters ---- */

static const HftBedrockKey *
find_key(const HftBedrockKey *keys, const char *name)
{
	for (; keys->name != NULL; keys++)
	{
		if (strcmp(keys->name, name) == 0)
			return keys;
	}
	return NULL;
}

/* A sentence about the value that this model does not take; or NULL. */
static const char *
judge(const HftCall *call, const char *name, double value)
{
	const HftBedrockFamily *family = hft_bedrock_family(call->job->base_model);
	const HftBedrockKey *key;

	if (family == NULL || family->keys == NULL)
		return NULL;
	key = find_key(family->keys, name);
	if (key == NULL)
		return hft_arena_printf(call->arena, "Model \"%s\" has no "
								"hyperparameter \"%s\".",
								call->job->base_model, name);
	if (value < key->min || value > key->max)
		return hft_arena_printf(call->arena, "\"%s\" is %.15g; model \"%s\" "
								"takes %.15g to %.15g.", name, value,
								call->job->base_model, key->min, key->max);
	return NULL;
}

/* 0.00001 and not 1e-05: exponents are not what the service reads. */
static json_t *
plain_number(double value)
{
	char		text[64];
	size_t		length;

	snprintf(text, sizeof(text), "%.12f", value);
	length = strlen(text);
	while (length > 1 && text[length - 1] == '0')
		length--;
	if (text[length - 1] == '.')
		length--;
	text[length] = '\0';
	return json_string(text);
}

json_t *
hft_bedrock_hyperparameter_texts(const HftCall *call, const char **problem)
{
	json_t	   *asked = hft_json_object(call->job->hyperparameters);
	json_t	   *texts = hft_json_new();
	const char *name;
	json_t	   *value;

	*problem = NULL;
	json_object_foreach(asked, name, value)
	{
		*problem = judge(call, name, json_number_value(value));
		if (*problem != NULL)
			break;
		json_object_set_new(texts, name,
							plain_number(json_number_value(value)));
	}
	json_decref(asked);
	if (*problem == NULL)
		return texts;
	json_decref(texts);
	return NULL;
}

/* ---- billing ---- */

/*
 * Tokens of the training file x epochs.  No tokenizer of Nova is published
 * and the bill tells no tokens, so ours are an estimate.
 */
void
hft_billable_bedrock(const HftBillableFacts *facts, HftBillable *billable)
{
	const HftBedrockFamily *family = hft_bedrock_family(facts->model);
	json_t	   *asked = hft_json_object(facts->hyperparameters);
	int64_t		product;

	billable->epochs = hft_pick_count(asked, "epochCount");
	json_decref(asked);
	billable->epochs_chosen = billable->epochs != HFT_UNKNOWN;
	if (!billable->epochs_chosen && family != NULL && family->epochs > 0)
		billable->epochs = family->epochs;
	if (facts->tokens < 0 || billable->epochs < 0 ||
		__builtin_mul_overflow(facts->tokens, billable->epochs, &product))
		product = HFT_UNKNOWN;
	billable->low_tokens = billable->high_tokens = product;
	billable->note = product == HFT_UNKNOWN ?
		"The model's default for epochCount is not published." :
		"The platform tells neither tokens nor an amount: tokens are ours.";
}
