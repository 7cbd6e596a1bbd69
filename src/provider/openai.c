/*-------------------------------------------------------------------------
 *
 * openai.c
 *	  OpenAI, and everybody who speaks its protocol: the tables.
 *
 *-------------------------------------------------------------------------
 */
#include "provider/openai.h"

#include <string.h>

#include "provider/platforms.h"

#define HOUR_MS (INT64_C(3600) * 1000)

/* ---- errors ---- */

static const HftErrorRule openai_rules[] = {
	{403, "training_not_available", NULL, HFT_ERROR_REFUSED, 0,
		"The platform has closed fine-tuning for this organisation. The data "
		"set can be trained on another server as it is."},
	{0, "insufficient_quota", NULL, HFT_ERROR_LIMIT, 0,
	"Raise the account's limit, then call hft.retry_job()."},
	{0, "billing_hard_limit_reached", NULL, HFT_ERROR_LIMIT, 0,
	"Raise the account's limit, then call hft.retry_job()."},
	{0, "exceeded_quota", NULL, HFT_ERROR_LIMIT, 0,
	"Raise the account's limit, then call hft.retry_job()."},

	/* so many jobs a day and model: hours, not seconds */
	{429, "daily_rate_limit_exceeded", NULL, HFT_ERROR_RATE_LIMITED,
		4 * HOUR_MS,
	"The platform allows only so many jobs a day; this one waits."},
	{400, NULL, "is not ready", HFT_ERROR_TRANSIENT, 15 * 1000,
	"The platform is still reading the training file."},
	{400, "model_not_available", NULL, HFT_ERROR_REFUSED, 0,
	"Name the model with its date, as in gpt-4.1-mini-2025-04-14."},
	{0, "model_not_found", NULL, HFT_ERROR_LOST, 0,
		"The model is unknown to this key: deleted, shut down, of another "
		"project, or not loaded yet."},
	{403, "unsupported_country_region_territory", NULL, HFT_ERROR_REFUSED, 0,
	"The platform does not serve the place this server is in."},
	{0, NULL, NULL, HFT_ERROR_NONE, 0, NULL}
};

/* ---- dialects ---- */

const HftOpenaiDialect *
hft_openai_dialect(const HftCall *call)
{
	static const HftOpenaiDialect plain = {0};
	const HftProvider *provider = hft_provider_lookup(call->server->provider);

	return provider != NULL && provider->openai != NULL ?
		provider->openai : &plain;
}

const HftErrorRule *
hft_openai_rules(const HftCall *call)
{
	const HftErrorRule *rules = hft_openai_dialect(call)->rules;

	return rules ? rules : openai_rules;
}

int64_t
hft_openai_file_life(const HftCall *call)
{
	const HftOpenaiDialect *dialect = hft_openai_dialect(call);

	return dialect->file_life_s ? dialect->file_life_s(call) : 0;
}

bool
hft_openai_open(HftAnswer *answer, const HftCall *call,
				const HftResponse *response, HftOutcome *outcome)
{
	return hft_answer_open(answer, call, response, hft_openai_rules(call),
						   outcome);
}

/* ---- common parts of requests ---- */

/* A compatible service has no default: its server option is required. */
const char *
hft_openai_base(const HftCall *call)
{
	const HftOpenaiDialect *dialect = hft_openai_dialect(call);

	if (dialect->base != NULL)
		return dialect->base(call);
	return call->server->base_url ? call->server->base_url : HFT_OPENAI_URL;
}

/*
 * The headers' values were checked when the server was made; they are checked
 * again because a server may be older than the check (R26, F76).
 */
bool
hft_openai_finish(const HftCall *call, HftRequest *request,
				  HftOutcome *outcome)
{
	static const char *const headers[][2] = {
		{"organization", "OpenAI-Organization"},
		{"project", "OpenAI-Project"}
	};

	if (hft_openai_dialect(call)->finish != NULL)
		return hft_openai_dialect(call)->finish(call, request, outcome);
	for (int i = 0; i < 2; i++)
	{
		const char *value = hft_server_option(call, headers[i][0]);

		if (value != NULL &&
			!hft_request_header(request, headers[i][1], value))
			return hft_outcome_refuse(outcome, "A server option has a "
									  "character that no header may have.",
									  NULL);
	}
	return hft_outcome_ready(outcome, call);
}

/* ---- tables ---- */

static const HftOptionSpec server_options[] = {
	{"base_url", HFT_OPTION_URL, 0, 2000, NULL, true,
	"Where the API is, without a trailing slash"},
	{"organization", HFT_OPTION_TEXT, 1, 200, NULL, false,
	"Organisation the calls are made for, when the key may act for several"},
	{"project", HFT_OPTION_TEXT, 1, 200, NULL, false,
	"Project the calls are made for, when the key may act for several"},
	{NULL}
};

static const HftOptionSpec job_options[] = {
	{"seed", HFT_OPTION_INT, 0, 2147483647, NULL, false,
	"Same seed and settings give similar runs"},
	{"metadata", HFT_OPTION_OBJECT, 0, 0, NULL, false,
	"Up to 15 pairs of texts kept with the job"},
	{"integrations", HFT_OPTION_OBJECT, 0, 0, NULL, false,
	"Weights & Biases: [{\"type\":\"wandb\",\"wandb\":{\"project\":...}}]"},
	{NULL}
};

#define NO_PRICE_QUOTE \
	{NULL, NULL, "hft.explain_job() computes the price from hft.price."}
#define NO_DEPLOYMENT \
	{NULL, NULL, "Tuned models answer at once, without a deployment."}

#define OPERATIONS \
	{ \
		[HFT_OP_FIND_FILE] = HFT_OP_ROW(hft_openai_find_file), \
		[HFT_OP_UPLOAD] = HFT_OP_ROW(hft_openai_upload), \
		[HFT_OP_FILE_STATUS] = HFT_OP_ROW(hft_openai_file_status), \
		[HFT_OP_ESTIMATE] = NO_PRICE_QUOTE, \
		[HFT_OP_CREATE] = HFT_OP_ROW(hft_openai_create), \
		[HFT_OP_FIND] = HFT_OP_ROW(hft_openai_find), \
		[HFT_OP_STATUS] = HFT_OP_ROW(hft_openai_status), \
		[HFT_OP_HISTORY] = HFT_OP_ROW(hft_openai_history), \
		[HFT_OP_CANCEL] = HFT_OP_ROW(hft_openai_cancel), \
		[HFT_OP_PAUSE] = {hft_openai_pause_request, \
			hft_openai_status_response, NULL}, \
		[HFT_OP_RESUME] = {hft_openai_resume_request, \
			hft_openai_status_response, NULL}, \
		[HFT_OP_LIST] = HFT_OP_ROW(hft_openai_list), \
		[HFT_OP_DEPLOY] = NO_DEPLOYMENT, \
		[HFT_OP_FIND_DEPLOYMENT] = NO_DEPLOYMENT, \
		[HFT_OP_DEPLOY_STATUS] = NO_DEPLOYMENT, \
		[HFT_OP_UNDEPLOY] = NO_DEPLOYMENT, \
		[HFT_OP_DELETE_FILE] = HFT_OP_ROW(hft_openai_delete_file), \
		[HFT_OP_DELETE_MODEL] = HFT_OP_ROW(hft_openai_delete_model), \
		[HFT_OP_CHAT] = HFT_OP_ROW(hft_openai_chat), \
		[HFT_OP_MODEL_INFO] = HFT_OP_ROW(hft_openai_model_info), \
	}

const HftProvider hft_provider_openai = {
	.name = "openai",
	.title = "OpenAI",
	.default_base_url = HFT_OPENAI_URL,
	.format = "openai",
	.server_options = server_options,
	.hyperparameters = hft_openai_hyperparameters,
	.job_options = job_options,
	.methods = "sft|dpo",
	.min_examples = 10,
	.max_file_bytes = INT64_C(8000000000),
	.settle_s = 60,
	.billable = hft_billable_openai,
	.closing_notice = "OpenAI is closing self-serve fine-tuning: nobody can "
	"create jobs from 2027-01-06, and organisations without recent use "
	"cannot today.",
	.landscape = {
		.loss_source = "events while it runs, else the result file (CSV)",
		.recovery = "by metadata, through a filtered listing",
		.serving = "at once, by the model's name",
		.serving_billing = "per token; nothing while idle",
		.weights = "not downloadable",
		.data_location = "OpenAI, in the key's project, until the file is "
		"deleted",
		.status = "closing: no new jobs from 2027-01-06, for organisations "
		"without recent use none today"
	},
	.operations = OPERATIONS
};

const HftProvider hft_provider_openai_compatible = {
	.name = "openai_compatible",
	.title = "OpenAI-compatible service",
	.default_base_url = NULL,
	.format = "openai",
	.server_options = server_options,
	.hyperparameters = hft_openai_hyperparameters,
	.job_options = job_options,
	.methods = "sft|dpo",
	.min_examples = 1,
	.max_file_bytes = INT64_C(8000000000),
	.settle_s = 60,
	.billable = hft_billable_openai,
	.landscape = {
		.loss_source = "events while it runs, else the result file (CSV)",
		.recovery = "by metadata, through a listing",
		.serving = "as the service does it",
		.data_location = "where base_url points: a gateway or trainer of "
		"one's own keeps it in the house",
		.status = "the operator's"
	},
	.operations = OPERATIONS
};
