/*-------------------------------------------------------------------------
 *
 * vertex.c
 *	  Google Vertex AI: addresses, names, the table.
 *
 *-------------------------------------------------------------------------
 */
#include "provider/vertex.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "provider/platforms.h"

#define LOCATION "us-central1"
#define STORAGE_URL "https://storage.googleapis.com"
#define MAX_PAGES 10000

/* ---- addresses ---- */

static const char *
location_of(const HftCall *call)
{
	const char *location = hft_server_option(call, "location");

	return location ? location : LOCATION;
}

/* Google's own host of a location; multi-regions have hosts of their own. */
static const char *
host_of(const HftCall *call, const char *location)
{
	if (strcmp(location, "global") == 0)
		return HFT_VERTEX_URL;
	if (strcmp(location, "us") == 0 || strcmp(location, "eu") == 0)
		return hft_arena_printf(call->arena,
								"https://aiplatform.%s.rep.googleapis.com",
								location);
	return hft_arena_printf(call->arena,
							"https://%s-aiplatform.googleapis.com", location);
}

/* A base_url of one's own (a proxy, the emulator) goes before the location. */
static bool
has_own_base(const HftCall *call)
{
	return call->server->base_url != NULL &&
		strcmp(call->server->base_url, HFT_VERTEX_URL) != 0;
}

const char *
hft_vertex_tuning(const HftCall *call)
{
	if (has_own_base(call))
		return call->server->base_url;
	return host_of(call, location_of(call));
}

const char *
hft_vertex_storage(const HftCall *call)
{
	const char *option = hft_server_option(call, "storage_url");

	return option ? option : STORAGE_URL;
}

/* Letters, digits and hyphens between "/locations/" and the next slash. */
static const char *
location_in(const HftCall *call, const char *resource)
{
	const char *start = resource ? strstr(resource, "/locations/") : NULL;
	size_t		length;

	if (start == NULL)
		return NULL;
	start += strlen("/locations/");
	length = strcspn(start, "/");
	if (length == 0 || strspn(start, "abcdefghijklmnopqrstuvwxyz0123456789-")
		!= length)
		return NULL;
	return hft_arena_strndup(call->arena, start, length);
}

/*
 * Models are tuned in a region and may be served elsewhere: the location in
 * the endpoint's name decides.
 */
const char *
hft_vertex_serving(const HftCall *call, const char *resource)
{
	const char *option = hft_server_option(call, "serving_url");
	const char *location = location_in(call, resource);

	if (option != NULL)
		return option;
	if (has_own_base(call) || location == NULL)
		return hft_vertex_tuning(call);
	return host_of(call, location);
}

const char *
hft_vertex_parent(const HftCall *call, HftOutcome *outcome)
{
	const char *project = hft_server_option(call, "project");

	if (project == NULL)
	{
		hft_outcome_refuse(outcome, "The server does not say which project "
						   "to use.", "ALTER SERVER ... OPTIONS (ADD project "
						   "'...') names it.");
		return NULL;
	}
	return hft_arena_printf(call->arena, "projects/%s/locations/%s",
							hft_url_encode(call->arena, project),
							hft_url_encode(call->arena,
										   location_of(call)));
}

bool
hft_vertex_is_name(const char *name, const char *collection)
{
	char		part[64];
	const char *found;

	snprintf(part, sizeof(part), "/%s/", collection);
	found = name ? strstr(name, part) : NULL;
	if (found == NULL || found[strlen(part)] == '\0' ||
		strncmp(name, "projects/", 9) != 0 || strlen(name) > HFT_ID_LIMIT ||
		strstr(name, "//") != NULL || strstr(name, "..") != NULL)
		return false;
	for (; *name != '\0'; name++)
	{
		if (!isalnum((unsigned char) *name) && strchr("-_.@:/", *name) == NULL)
			return false;
	}
	return true;
}

/* ---- answers ---- */

int64_t
hft_vertex_int(const json_t *object, const char *key)
{
	const char *digits = hft_pick_word(object, key);

	if (digits == NULL)
		return hft_pick_count(object, key);
	if (*digits == '\0' || strlen(digits) > 18 ||
		strspn(digits, "0123456789") != strlen(digits))
		return HFT_UNKNOWN;
	return strtoll(digits, NULL, 10);
}

const char *
hft_vertex_page(const HftCall *call)
{
	json_t	   *cursor = hft_json_object(call->cursor);
	const char *token = hft_pick_text(call->arena, cursor, "page");

	json_decref(cursor);
	if (token == NULL)
		return "";
	return hft_arena_printf(call->arena, "&pageToken=%s",
							hft_url_encode(call->arena, token));
}

/* A listing that repeats its page would never end (F37). */
bool
hft_vertex_next_page(const HftCall *call, HftAnswer *answer,
					 HftOutcome *outcome)
{
	const char *next = hft_pick_word(answer->root, "nextPageToken");
	const char *page = hft_pick_word(answer->cursor, "page");
	int64_t		pages = hft_pick_count(answer->cursor, "pages");

	if (next == NULL || *next == '\0')
		return false;
	pages = pages == HFT_UNKNOWN ? 1 : pages + 1;
	if ((page != NULL && strcmp(page, next) == 0) || pages >= MAX_PAGES)
	{
		hft_outcome_fail(outcome, HFT_ERROR_BAD_ANSWER,
						 "The listing of the platform does not move on.",
						 NULL);
		return true;
	}
	json_object_set_new(answer->cursor, "pages", json_integer(pages));
	json_object_set_new(answer->cursor, "page", json_string(next));
	hft_outcome_more(outcome, call, json_incref(answer->cursor));
	return true;
}

/* ---- table ---- */

static const HftOptionSpec server_options[] = {
	{"project", HFT_OPTION_TEXT, 1, 100, NULL, false,
	"Project that pays: its id or number"},
	{"location", HFT_OPTION_TEXT, 1, 60, NULL, false,
	"Region where jobs run; us-central1 when not given"},
	{"bucket", HFT_OPTION_TEXT, 3, 63, NULL, false,
	"Bucket of Cloud Storage that training files go to"},
	{"base_url", HFT_OPTION_URL, 0, 2000, NULL, true,
	"Where tuning is, without version; the location's host when not given"},
	{"serving_url", HFT_OPTION_URL, 0, 2000, NULL, true,
	"Where endpoints answer; the host of their location when not given"},
	{"storage_url", HFT_OPTION_URL, 0, 2000, NULL, true,
	"Where Cloud Storage is"},
	{"token_url", HFT_OPTION_URL, 0, 2000, NULL, true,
	"Where keys of service accounts are exchanged for tokens"},
	{"metadata_url", HFT_OPTION_URL, 0, 2000, NULL, true,
	"Metadata server whose tokens the credential \"metadata\" may use"},
	{NULL}
};

static const HftOptionSpec job_options[] = {
	{"description", HFT_OPTION_TEXT, 1, 1000, NULL, false,
	"Words kept with the job"},
	{"all_checkpoints", HFT_OPTION_BOOL, 0, 0, NULL, false,
	"Keep a checkpoint with its endpoint after each epoch; true by default"},
	{"pre_tuned_model", HFT_OPTION_TEXT, 1, 300, NULL, false,
	"Go on from a tuned model, projects/.../models/ID@VERSION"},
	{"checkpoint_id", HFT_OPTION_TEXT, 1, 100, NULL, false,
	"Checkpoint of pre_tuned_model to go on from"},
	{"kms_key", HFT_OPTION_TEXT, 1, 500, NULL, false,
	"Key of yours that encrypts job and model; not for Gemini 3"},
	{"service_account", HFT_OPTION_TEXT, 1, 300, NULL, false,
	"Account that the job runs as"},
	{NULL}
};

const HftProvider hft_provider_vertex = {
	.name = "vertex",
	.title = "Google Vertex AI",
	.default_base_url = HFT_VERTEX_URL,
	.format = "gemini",
	.server_options = server_options,
	.hyperparameters = hft_vertex_hyperparameters,
	.job_options = job_options,
	.methods = "sft|dpo",
	.min_examples = 1,
	.max_file_bytes = INT64_C(1000000000),
	.settle_s = 60,
	.serves_at_once = true,
	.billable = hft_vertex_billable,
	.tokens = &hft_vertex_tokens,
	.landscape = {
		.loss_source = "TensorBoard time series of the job's experiment",
		.recovery = "by listing, the mark in a label and the display name",
		.serving = "at once, each checkpoint by an endpoint of its own",
		.serving_billing = "per token; 1.5 times the base price from "
		"Gemini 3 on; nothing while idle",
		.weights = "not downloadable",
		.data_location = "your bucket of Cloud Storage, until you delete it",
		.status = "open; a tuned model retires with its base model"
	},
	.operations = {
		[HFT_OP_FIND_FILE] = HFT_OP_ROW(hft_vertex_find_file),
		[HFT_OP_UPLOAD] = HFT_OP_ROW(hft_vertex_upload),
		[HFT_OP_FILE_STATUS] = HFT_OP_ROW(hft_vertex_file_status),
		[HFT_OP_ESTIMATE] = {NULL, NULL, "hft.explain_job() computes the "
		"price from hft.price."},
		[HFT_OP_CREATE] = HFT_OP_ROW(hft_vertex_create),
		[HFT_OP_FIND] = HFT_OP_ROW(hft_vertex_find),
		[HFT_OP_STATUS] = HFT_OP_ROW(hft_vertex_status),
		[HFT_OP_HISTORY] = HFT_OP_ROW(hft_vertex_history),
		[HFT_OP_CANCEL] = HFT_OP_ROW(hft_vertex_cancel),
		[HFT_OP_PAUSE] = {NULL, NULL, "Cancel the job, and go on later with "
		"the option pre_tuned_model."},
		[HFT_OP_RESUME] = {NULL, NULL, "Submit a job with the option "
		"pre_tuned_model."},
		[HFT_OP_LIST] = HFT_OP_ROW(hft_vertex_list),
		[HFT_OP_DEPLOY] = HFT_OP_ROW(hft_vertex_deploy),
		[HFT_OP_FIND_DEPLOYMENT] = HFT_OP_ROW(hft_vertex_deploy),
		[HFT_OP_DEPLOY_STATUS] = HFT_OP_ROW(hft_vertex_deploy_status),
		[HFT_OP_UNDEPLOY] = HFT_OP_ROW(hft_vertex_undeploy),
		[HFT_OP_DELETE_FILE] = HFT_OP_ROW(hft_vertex_delete_file),
		[HFT_OP_DELETE_MODEL] = HFT_OP_ROW(hft_vertex_delete_model),
		[HFT_OP_CHAT] = HFT_OP_ROW(hft_vertex_chat),
		[HFT_OP_MODEL_INFO] = HFT_OP_ROW(hft_vertex_model_info),
	}
};
