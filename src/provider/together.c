/*-------------------------------------------------------------------------
 *
 * together.c
 *	  Together AI: addresses, tokens in names, the tables.
 *
 *-------------------------------------------------------------------------
 */
#include "provider/together.h"

#include <string.h>

#include "provider/platforms.h"

#define INFERENCE_URL "https://api-inference.together.ai/v1"
#define TOKEN_DIGITS 16

/* ---- errors ---- */

const HftErrorRule hft_together_rules[] = {
	{401, NULL, NULL, HFT_ERROR_CREDENTIAL, 0,
	"The key is wrong, or its free credit is used up."},
	{402, NULL, NULL, HFT_ERROR_LIMIT, 0,
	"Top up the account or raise its limit, then call hft.retry_job()."},
	{0, NULL, "non-serverless", HFT_ERROR_REFUSED, 0,
	"Tuned models answer on an endpoint of their own: hft.deploy_model()."},

	/* 403 is a feature that is off, or a context too long: never the key */
	{403, NULL, NULL, HFT_ERROR_REFUSED, 0, NULL},
	{0, NULL, NULL, HFT_ERROR_NONE, 0, NULL}
};

/* ---- addresses ---- */

/* https://api.together.xyz/v1 is the older name of the same service. */
const char *
hft_together_base(const HftCall *call)
{
	return call->server->base_url ? call->server->base_url :
		HFT_TOGETHER_URL;
}

/* Dedicated endpoints live beside .../v1, at .../v2. */
const char *
hft_together_v2(const HftCall *call)
{
	const char *base = hft_together_base(call);
	size_t		length = strlen(base);

	if (length < 3 || strcmp(base + length - 3, "/v1") != 0)
		return base;
	return hft_arena_printf(call->arena, "%.*s/v2", (int) length - 3, base);
}

/*
 * With a base_url of one's own (a proxy, the emulator) chat goes there, too.
 */
const char *
hft_together_inference(const HftCall *call)
{
	const char *option = hft_server_option(call, "inference_base_url");
	const char *base = hft_together_base(call);

	if (option != NULL)
		return option;
	return strcmp(base, HFT_TOGETHER_URL) == 0 ? INFERENCE_URL : base;
}

/*
 * Sixteen digits are 62 random bits: enough to tell jobs apart, and short
 * enough to leave the user most of the suffix.
 */
const char *
hft_together_digits(const HftCall *call, const char *token)
{
	char	   *digits = hft_arena_strdup(call->arena, token);
	size_t		length = 0;

	if (digits == NULL)
		return NULL;
	for (; *token != '\0'; token++)
	{
		if (*token != '-')
			digits[length++] = *token;
	}
	digits[length] = '\0';
	return length > TOKEN_DIGITS ? digits + length - TOKEN_DIGITS : digits;
}

/* ---- tables ---- */

static const HftOptionSpec server_options[] = {
	{"base_url", HFT_OPTION_URL, 0, 2000, NULL, true,
	"Where the API is, without a trailing slash"},
	{"inference_base_url", HFT_OPTION_URL, 0, 2000, NULL, true,
	"Where dedicated endpoints answer, without a trailing slash"},
	{NULL}
};

static const HftOptionSpec job_options[] = {
	{"seed", HFT_OPTION_INT, 0, 2147483647, NULL, false,
	"Same seed and settings give similar runs"},
	{"from_checkpoint", HFT_OPTION_TEXT, 1, 300, NULL, false,
	"Go on from <job or model>[:step]"},
	{"from_hf_model", HFT_OPTION_TEXT, 1, 300, NULL, false,
	"Weights from Hugging Face; the model is then a template"},
	{"hf_model_revision", HFT_OPTION_TEXT, 1, 300, NULL, false,
	"Revision of these weights"},
	{"hf_output_repo_name", HFT_OPTION_TEXT, 1, 300, NULL, false,
	"Where the result goes at Hugging Face"},
	{"multimodal_params", HFT_OPTION_OBJECT, 0, 0, NULL, false,
	"{\"train_vision\": true}"},
	{"wandb_project_name", HFT_OPTION_TEXT, 1, 200, NULL, false,
	"Weights & Biases: project"},
	{"wandb_name", HFT_OPTION_TEXT, 1, 200, NULL, false,
	"Weights & Biases: run"},
	{"wandb_entity", HFT_OPTION_TEXT, 1, 200, NULL, false,
	"Weights & Biases: entity"},
	{NULL}
};

const HftProvider hft_provider_together = {
	.name = "together",
	.title = "Together AI",
	.default_base_url = HFT_TOGETHER_URL,
	.format = "together",
	.server_options = server_options,
	.hyperparameters = hft_together_hyperparameters,
	.job_options = job_options,
	.methods = "sft|dpo|text",
	.min_examples = 1,
	.max_file_bytes = INT64_C(50) * 1024 * 1024 * 1024,
	.settle_s = 30,
	.billable = hft_billable_together,
	.landscape = {
		.loss_source = "metrics, whole or from a step on",
		.recovery = "by the end of the model's suffix, through a listing",
		.serving = "on a dedicated endpoint",
		.serving_billing = "per hour of each replica's GPUs, also while idle",
		.weights = "downloadable, merged or as an adapter",
		.data_location = "Together AI, until the file is deleted",
		.status = "open"
	},
	.operations = {
		[HFT_OP_FIND_FILE] = HFT_OP_ROW(hft_together_find_file),
		[HFT_OP_UPLOAD] = HFT_OP_ROW(hft_together_upload),
		[HFT_OP_FILE_STATUS] = HFT_OP_ROW(hft_together_file_status),
		[HFT_OP_ESTIMATE] = HFT_OP_ROW(hft_together_estimate),
		[HFT_OP_CREATE] = HFT_OP_ROW(hft_together_create),
		[HFT_OP_FIND] = HFT_OP_ROW(hft_together_find),
		[HFT_OP_STATUS] = HFT_OP_ROW(hft_together_status),
		[HFT_OP_HISTORY] = HFT_OP_ROW(hft_together_history),
		[HFT_OP_CANCEL] = HFT_OP_ROW(hft_together_cancel),
		[HFT_OP_PAUSE] = {NULL, NULL, "Cancel the job and go on later with "
		"the option from_checkpoint."},
		[HFT_OP_RESUME] = {NULL, NULL, "Submit a job with the option "
		"from_checkpoint."},
		[HFT_OP_LIST] = HFT_OP_ROW(hft_together_list),
		[HFT_OP_DEPLOY] = HFT_OP_ROW(hft_together_deploy),
		[HFT_OP_FIND_DEPLOYMENT] = HFT_OP_ROW(hft_together_find_deployment),
		[HFT_OP_DEPLOY_STATUS] = HFT_OP_ROW(hft_together_deploy_status),
		[HFT_OP_UNDEPLOY] = HFT_OP_ROW(hft_together_undeploy),
		[HFT_OP_DELETE_FILE] = HFT_OP_ROW(hft_together_delete_file),
		[HFT_OP_DELETE_MODEL] = HFT_OP_ROW(hft_together_delete_model),
		[HFT_OP_CHAT] = HFT_OP_ROW(hft_together_chat),
		[HFT_OP_MODEL_INFO] = HFT_OP_ROW(hft_together_model_info),
	}
};
