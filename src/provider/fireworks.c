/*-------------------------------------------------------------------------
 *
 * fireworks.c
 *	  Fireworks AI: addresses, resource names, the tables.
 *
 *-------------------------------------------------------------------------
 */
#include "provider/fireworks.h"

#include <string.h>

#include "provider/platforms.h"

#define LONGEST_ID 63
#define TOKEN_DIGITS 16
#define MAX_PAGES 1000
#define NAME_BYTES "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" \
	"0123456789-_./"

/* ---- addresses ---- */

/* Control plane and inference have versions of their own below the root. */
const char *
hft_fireworks_root(const HftCall *call)
{
	const char *base = call->server->base_url ? call->server->base_url :
		HFT_FIREWORKS_URL;
	size_t		length = strlen(base);

	if (length < 3 || strcmp(base + length - 3, "/v1") != 0)
		return base;
	return hft_arena_strndup(call->arena, base, length - 3);
}

/* Lower-case letters, digits and inner hyphens, as the platform rules. */
static bool
is_id(const char *id)
{
	size_t		length = strlen(id);

	return length > 0 && length <= LONGEST_ID && id[0] != '-' &&
		id[length - 1] != '-' &&
		strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-") == length;
}

/* NULL is refused by hft_fireworks_compose(), with a sentence. */
const char *
hft_fireworks_collection(const HftCall *call, const char *collection)
{
	const char *account = hft_server_option(call, "account_id");

	if (account == NULL || !is_id(account))
		return NULL;
	return hft_arena_printf(call->arena, "accounts/%s/%s", account,
							collection);
}

const char *
hft_fireworks_name(const HftCall *call, const char *collection,
				   const char *id)
{
	const char *parent = hft_fireworks_collection(call, collection);

	if (parent == NULL || id == NULL)
		return NULL;
	return hft_arena_printf(call->arena, "%s/%s", parent, id);
}

/* Vendor models live in an account of their own. */
const char *
hft_fireworks_model(const HftCall *call, const char *model)
{
	if (strchr(model, '/') != NULL)
		return model;
	return hft_arena_printf(call->arena, "accounts/fireworks/models/%s",
							model);
}

/* The digits of a uuid, without its hyphens. */
static const char *
digits_of(const HftCall *call, const char *token)
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
	return digits;
}

/* Begins with a letter, as ids must. */
const char *
hft_fireworks_id(const HftCall *call, const char *token)
{
	const char *digits = digits_of(call, token);

	return digits ? hft_arena_printf(call->arena, "hft-%s", digits) : NULL;
}

/* The last ones are random in every version of uuid. */
const char *
hft_fireworks_digits(const HftCall *call, const char *token)
{
	const char *digits = digits_of(call, token);
	size_t		length = digits ? strlen(digits) : 0;

	return length > TOKEN_DIGITS ? digits + length - TOKEN_DIGITS : digits;
}

/*
 * A name becomes a path as it is, slashes and all, so nothing else may be in
 * it; ".." would climb out of the account.
 */
static bool
is_name(const char *name)
{
	return strncmp(name, "accounts/", 9) == 0 &&
		strlen(name) <= HFT_ID_LIMIT && strstr(name, "..") == NULL &&
		strspn(name, NAME_BYTES) == strlen(name);
}

/* "behind" is ours, and encoded where it has to be. */
bool
hft_fireworks_compose(const HftCall *call, HftRequest *request,
					  HftOutcome *outcome, const char *method,
					  const char *name, const char *behind)
{
	if (name == NULL && hft_arena_failed(call->arena))
		return hft_outcome_ready(outcome, call);
	if (name == NULL)
		return hft_outcome_refuse(outcome, "The server does not say which "
								  "account of Fireworks it is about.",
								  "ALTER SERVER ... OPTIONS (ADD account_id "
								  "'...'): the id that the account's page "
								  "shows.");
	if (!is_name(name))
		return hft_outcome_refuse(outcome, "This is no resource name of "
								  "Fireworks.",
								  "Names look like "
								  "accounts/fireworks/models/qwen3-8b.");
	hft_compose(request, call, method, hft_fireworks_root(call), "/v1/%s%s",
				name, behind);
	return hft_outcome_ready(outcome, call);
}

/* ---- listings ---- */

/* Which fields a filter takes is not documented: everything is read. */
bool
hft_fireworks_ask_page(const HftCall *call, HftRequest *request,
					   HftOutcome *outcome, const char *collection)
{
	json_t	   *cursor = hft_json_object(call->cursor);
	const char *token = hft_pick_text(call->arena, cursor, "token");
	const char *query = "?pageSize=200";

	json_decref(cursor);
	if (token != NULL)
	{
		token = hft_url_encode(call->arena, token);
		query = hft_arena_printf(call->arena, "%s&pageToken=%s", query,
								 token);
	}
	if (!hft_fireworks_compose(call, request, outcome, "GET",
							   hft_fireworks_collection(call, collection),
							   query))
		return false;
	request->response_limit = HFT_FIREWORKS_LIST_LIMIT;
	return true;
}

/* A token that comes twice would be walked for ever (F37). */
bool
hft_fireworks_next_page(const HftCall *call, HftAnswer *answer,
						HftOutcome *outcome)
{
	const char *next = hft_pick_word(answer->root, "nextPageToken");
	const char *last = hft_pick_word(answer->cursor, "token");
	int64_t		pages = hft_pick_count(answer->cursor, "pages");

	if (next == NULL || *next == '\0')
		return false;
	pages = pages == HFT_UNKNOWN ? 1 : pages + 1;
	if (pages > MAX_PAGES || (last != NULL && strcmp(next, last) == 0))
	{
		hft_outcome_fail(outcome, HFT_ERROR_BAD_ANSWER,
						 "The listing of the platform does not move on.",
						 NULL);
		return true;
	}
	json_object_set_new(answer->cursor, "token", json_string(next));
	json_object_set_new(answer->cursor, "pages", json_integer(pages));
	hft_outcome_more(outcome, call, json_incref(answer->cursor));
	return true;
}

/* ---- tables ---- */

static const HftOptionSpec server_options[] = {
	{"base_url", HFT_OPTION_URL, 0, 2000, NULL, true,
	"Where the API is, without a trailing slash"},
	{"account_id", HFT_OPTION_TEXT, 1, LONGEST_ID, NULL, false,
	"The account whose data sets, jobs and models these are; required"},
	{NULL}
};

const HftProvider hft_provider_fireworks = {
	.name = "fireworks",
	.title = "Fireworks AI",
	.default_base_url = HFT_FIREWORKS_URL,
	.format = "openai",
	.server_options = server_options,
	.hyperparameters = hft_fireworks_hyperparameters,
	.job_options = hft_fireworks_job_options,
	.methods = "sft",
	.min_examples = 3,
	.max_file_bytes = INT64_C(50) * 1024 * 1024 * 1024,
	.settle_s = 10,
	.patience_s = 30 * 60,
	.create_is_idempotent = true,
	.landscape = {
		.loss_source = "metrics file behind an expiring signed URL, read "
		"whole at each poll",
		.recovery = "by chosen id",
		.serving = "on-demand deployment: the model merged, or up to 100 "
		"adapters on one deployment of the base model",
		.serving_billing = "per GPU and second while replicas stand; may "
		"scale to zero",
		.weights = "downloadable through signed URLs",
		.data_location = "Fireworks' storage in the account, until deleted",
		.status = "open; a payment method is required",
	},
	.billable = hft_fireworks_billable,
	.operations = {
		[HFT_OP_FIND_FILE] = HFT_OP_ROW(hft_fireworks_find_file),
		[HFT_OP_UPLOAD] = HFT_OP_ROW(hft_fireworks_upload),
		[HFT_OP_FILE_STATUS] = HFT_OP_ROW(hft_fireworks_file_status),
		[HFT_OP_ESTIMATE] = HFT_OP_ROW(hft_fireworks_estimate),
		[HFT_OP_CREATE] = HFT_OP_ROW(hft_fireworks_create),
		[HFT_OP_FIND] = HFT_OP_ROW(hft_fireworks_find),
		[HFT_OP_STATUS] = HFT_OP_ROW(hft_fireworks_status),
		[HFT_OP_HISTORY] = HFT_OP_ROW(hft_fireworks_history),
		[HFT_OP_CANCEL] = HFT_OP_ROW(hft_fireworks_cancel),
		[HFT_OP_PAUSE] = {NULL, NULL, "Only the platform pauses jobs, of an "
		"account that is suspended; cancel the job and go on later with the "
		"option warm_start_from."},
		[HFT_OP_RESUME] = HFT_OP_ROW(hft_fireworks_resume),
		[HFT_OP_LIST] = HFT_OP_ROW(hft_fireworks_list),
		[HFT_OP_DEPLOY] = HFT_OP_ROW(hft_fireworks_deploy),
		[HFT_OP_FIND_DEPLOYMENT] = HFT_OP_ROW(hft_fireworks_find_deployment),
		[HFT_OP_DEPLOY_STATUS] = HFT_OP_ROW(hft_fireworks_deploy_status),
		[HFT_OP_UNDEPLOY] = HFT_OP_ROW(hft_fireworks_undeploy),
		[HFT_OP_DELETE_FILE] = HFT_OP_ROW(hft_fireworks_delete_file),
		[HFT_OP_DELETE_MODEL] = HFT_OP_ROW(hft_fireworks_delete_model),
		[HFT_OP_CHAT] = HFT_OP_ROW(hft_fireworks_chat),
		[HFT_OP_MODEL_INFO] = HFT_OP_ROW(hft_fireworks_model_info),
	}
};
