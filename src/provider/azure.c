/*-------------------------------------------------------------------------
 *
 * azure.c
 *	  Azure OpenAI: addresses and versions, errors, the tables.
 *
 *-------------------------------------------------------------------------
 */
#include "provider/azure.h"

#include <ctype.h>
#include <string.h>

#include "provider/platforms.h"
#include "provider/token.h"

#define DATA_SCOPE "https://cognitiveservices.azure.com/.default"
#define FILE_WAIT_S 600
#define DAY_S 86400

#define ROOM_HINT \
	"A resource holds at most 100 files, 1 GB of them, and 100 jobs: delete " \
	"old ones there, then call hft.retry_job()."

/* ---- errors ---- */

static const HftErrorRule azure_rules[] = {
	{404, "DeploymentNotFound", NULL, HFT_ERROR_TRANSIENT, 5000,
		"A new deployment answers after some minutes. One that nobody used "
		"for 15 days is deleted by the platform; hft.deploy_model() makes it "
		"anew."},
	{0, NULL, "does not support fine-tuning", HFT_ERROR_REFUSED, 0,
		"The job option training_type may be wrong for this resource, or its "
		"region does not train this model."},
	{0, NULL, "trainingType", HFT_ERROR_REFUSED, 0,
	"Set the job option training_type to a tier that the resource has."},

	/* a rate passes and says when; a full store does not */
	{429, NULL, "quota", HFT_ERROR_LIMIT, 0, ROOM_HINT, true},
	{429, NULL, "maximum", HFT_ERROR_LIMIT, 0, ROOM_HINT, true},
	{400, NULL, "quota", HFT_ERROR_LIMIT, 0, ROOM_HINT},
	{0, "quotaExceeded", NULL, HFT_ERROR_LIMIT, 0, ROOM_HINT},
	{400, NULL, "is not ready", HFT_ERROR_TRANSIENT, 15 * 1000,
	"The platform is still reading the training file."},
	{404, NULL, "Resource not found", HFT_ERROR_LOST, 0,
	"Check the server options base_url and api_version."},
	{0, NULL, NULL, HFT_ERROR_NONE, 0, NULL}
};

/* ---- addresses ---- */

const char *
hft_azure_version(const HftCall *call, const char *if_absent)
{
	const char *version = hft_server_option(call, "api_version");

	return version ? version : if_absent;
}

bool
hft_azure_is_dated(const HftCall *call)
{
	return isdigit((unsigned char) *hft_azure_version(call, "v1"));
}

/* People copy the address from where the family is already in it. */
const char *
hft_azure_root(const HftCall *call)
{
	static const char *const families[] = {"/openai/v1", "/openai"};
	const char *url = call->server->base_url ? call->server->base_url : "";
	size_t		length = strlen(url);

	for (int i = 0; i < 2; i++)
	{
		size_t		tail = strlen(families[i]);

		if (length > tail && strcmp(url + length - tail, families[i]) == 0)
			return hft_arena_strndup(call->arena, url, length - tail);
	}
	return url;
}

static const char *
azure_base(const HftCall *call)
{
	return hft_arena_printf(call->arena, "%s/openai%s", hft_azure_root(call),
							hft_azure_is_dated(call) ? "" : "/v1");
}

/* NULL adds no version. */
bool
hft_azure_finish(const HftCall *call, HftRequest *request,
				 const char *version, HftOutcome *outcome)
{
	const char *scope = hft_server_option(call, "scope");

	if (version != NULL && request->url != NULL)
		request->url =
			hft_arena_printf(call->arena, "%s%capi-version=%s", request->url,
							 strchr(request->url, '?') ? '&' : '?',
							 hft_url_encode(call->arena, version));
	request->audience = hft_arena_printf(call->arena, HFT_AZURE_DATA "%s",
										 scope ? scope : DATA_SCOPE);
	return hft_outcome_ready(outcome, call);
}

/* "v1" is what a path without a version means. */
static bool
azure_finish(const HftCall *call, HftRequest *request, HftOutcome *outcome)
{
	const char *version = hft_azure_version(call, "v1");

	return hft_azure_finish(call, request,
							strcmp(version, "v1") == 0 ? NULL : version,
							outcome);
}

/* Files of jobs that were refused would stay, and there is room for 100. */
static int64_t
azure_file_life(const HftCall *call)
{
	json_t	   *options = hft_json_object(call->server->options);
	int64_t		days = hft_pick_int(options, "file_days", 14, 30);

	json_decref(options);
	return days == HFT_UNKNOWN ? 0 : days * DAY_S;
}

static const HftOpenaiDialect azure_dialect = {
	.base = azure_base,
	.finish = azure_finish,
	.rules = azure_rules,
	.file_wait_s = FILE_WAIT_S,
	.file_life_s = azure_file_life
};

/* ---- tables ---- */

static const HftOptionSpec server_options[] = {
	{"base_url", HFT_OPTION_URL, 0, 2000, NULL, true,
	"The resource, as in https://NAME.openai.azure.com"},
	{"api_version", HFT_OPTION_TEXT, 1, 40, NULL, false,
	"v1 (default), preview, or a date of the older API"},
	{"file_days", HFT_OPTION_INT, 14, 30, NULL, false,
	"Days after which training files expire; default: they are deleted with "
	"their job"},
	{"scope", HFT_OPTION_TEXT, 1, 200, NULL, false,
	"Scope of tokens for the resource"},
	{"subscription", HFT_OPTION_TEXT, 1, 90, NULL, false,
	"Where deployments are made: the subscription's id"},
	{"resource_group", HFT_OPTION_TEXT, 1, 90, NULL, false,
	"Where deployments are made: the resource group"},
	{"account", HFT_OPTION_TEXT, 1, 90, NULL, false,
	"Where deployments are made: the account, or resource"},
	{"login_url", HFT_OPTION_URL, 0, 2000, NULL, true,
	"Where tokens come from, without a trailing slash"},
	{"arm_url", HFT_OPTION_URL, 0, 2000, NULL, true,
	"The resource manager, without a trailing slash"},
	{"arm_scope", HFT_OPTION_TEXT, 1, 200, NULL, false,
	"Scope of tokens for the resource manager"},
	{NULL}
};

static const HftOptionSpec job_options[] = {
	{"training_type", HFT_OPTION_TEXT, 1, 40, NULL, false,
	"Tier, sent as it is: globalStandard (default), standard, developerTier"},
	{"seed", HFT_OPTION_INT, 0, 2147483647, NULL, false,
	"Same seed and settings give similar runs"},
	{"metadata", HFT_OPTION_OBJECT, 0, 0, NULL, false,
	"Up to 15 pairs of texts kept with the job; not in the dated API"},
	{"integrations", HFT_OPTION_OBJECT, 0, 0, NULL, false,
	"Weights & Biases: [{\"type\":\"wandb\",\"wandb\":{\"project\":...}}]"},
	{NULL}
};

const HftProvider hft_provider_azure = {
	.name = "azure",
	.title = "Azure OpenAI",
	.default_base_url = NULL,
	.format = "openai",
	.server_options = server_options,
	.hyperparameters = hft_openai_hyperparameters,
	.job_options = job_options,
	.methods = "sft|dpo",
	.min_examples = 10,
	.max_file_bytes = INT64_C(1024) * 1024 * 1024,
	.settle_s = 60,
	.file_per_job = true,
	.closing_notice = "Azure OpenAI trains the 4o and 4.1 families until "
	"April 2027 at least, and only for who tuned there before October 2026.",
	.landscape = {
		.loss_source = "events, else the result file",
		.recovery = "by metadata or the training file, through all pages",
		.serving = "on a deployment of its own",
		.serving_billing = "per hour of a deployment, and per token",
		.weights = "not downloadable",
		.data_location = "the resource's region, until deleted",
		.status = "open to who tuned there before, until April 2027"
	},
	.openai = &azure_dialect,
	.tokens = &hft_azure_tokens,
	.billable = hft_billable_openai,
	.operations = {
		[HFT_OP_FIND_FILE] = {hft_azure_find_file_request,
			hft_openai_find_file_response, NULL},
		[HFT_OP_UPLOAD] = HFT_OP_ROW(hft_openai_upload),
		[HFT_OP_FILE_STATUS] = HFT_OP_ROW(hft_openai_file_status),
		[HFT_OP_ESTIMATE] = {NULL, NULL,
		"hft.explain_job() computes the price from hft.price."},
		[HFT_OP_CREATE] = {hft_azure_create_request,
			hft_openai_create_response, NULL},
		[HFT_OP_FIND] = {hft_openai_list_request, hft_azure_find_response,
			NULL},
		[HFT_OP_STATUS] = HFT_OP_ROW(hft_openai_status),
		[HFT_OP_HISTORY] = HFT_OP_ROW(hft_openai_history),
		[HFT_OP_CANCEL] = HFT_OP_ROW(hft_openai_cancel),
		[HFT_OP_PAUSE] = {hft_openai_pause_request,
			hft_openai_status_response, NULL},
		[HFT_OP_RESUME] = {hft_openai_resume_request,
			hft_openai_status_response, NULL},
		[HFT_OP_LIST] = HFT_OP_ROW(hft_openai_list),
		[HFT_OP_DEPLOY] = HFT_OP_ROW(hft_azure_deploy),
		[HFT_OP_FIND_DEPLOYMENT] = HFT_OP_ROW(hft_azure_find_deployment),
		[HFT_OP_DEPLOY_STATUS] = HFT_OP_ROW(hft_azure_deploy_status),
		[HFT_OP_UNDEPLOY] = HFT_OP_ROW(hft_azure_undeploy),
		[HFT_OP_DELETE_FILE] = HFT_OP_ROW(hft_openai_delete_file),
		[HFT_OP_DELETE_MODEL] = {hft_azure_delete_model_request,
			hft_openai_delete_model_response, NULL},
		[HFT_OP_CHAT] = {hft_azure_chat_request, hft_openai_chat_response,
			NULL},
		[HFT_OP_MODEL_INFO] = {hft_azure_model_info_request,
			hft_openai_model_info_response, NULL},
	}
};
