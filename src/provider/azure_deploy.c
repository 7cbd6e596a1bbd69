/*-------------------------------------------------------------------------
 *
 * azure_deploy.c
 *	  Deployments at Azure: the resource manager's part.
 *
 * A deployment's name is ours, made from its token, and PUT creates it or
 * finds it created: no answer that is lost can lead to a second one (R28).
 * It is looked at first all the same, because PUT would overwrite what
 * somebody else made under that name.
 *
 * The cursor of a walk holds "looked", that of taking down "going".
 *
 *-------------------------------------------------------------------------
 */
#include <string.h>

#include "provider/azure.h"
#include "provider/states.h"

#define ARM_URL "https://management.azure.com"
#define ARM_SCOPE "https://management.azure.com/.default"
#define ARM_VERSION "2024-10-21"

#define MAX_NAME 64
#define NAME_DIGITS 16
#define CAPACITY 10				/* thousands of tokens a minute */
#define SKU "GlobalStandard"
#define POLL_MS 5000
#define CONFLICT_MS 30000

static const HftErrorRule arm_rules[] = {
	{409, NULL, NULL, HFT_ERROR_TRANSIENT, CONFLICT_MS,
	"Another change of the account's deployments is under way."},
	{403, NULL, NULL, HFT_ERROR_REFUSED, 0,
		"The service principal needs the right Microsoft.CognitiveServices/"
		"accounts/deployments/write on the account."},
	{0, "InsufficientQuota", NULL, HFT_ERROR_LIMIT, 0,
		"Ask for less capacity, or for more quota at the platform."},
	{0, NULL, NULL, HFT_ERROR_NONE, 0, NULL}
};

static const HftOptionSpec deploy_options[] = {
	{"sku", HFT_OPTION_TEXT, 1, 60, NULL, false, ""},
	{"capacity", HFT_OPTION_INT, 1, 1000000, NULL, false, ""},
	{"version", HFT_OPTION_TEXT, 1, 60, NULL, false, ""},
	{"source", HFT_OPTION_TEXT, 1, 500, NULL, false, ""},
	{NULL}
};

/* ---- names and addresses ---- */

/* "<name>-<last digits of the token>", which the platform allows 64 of. */
static const char *
our_name(const HftCall *call)
{
	const char *token = call->deployment->token;
	char		digits[NAME_DIGITS + 1];
	int			n = NAME_DIGITS;

	memset(digits, 0, sizeof(digits));
	for (size_t i = strlen(token); i > 0 && n > 0; i--)
	{
		if (token[i - 1] != '-')
			digits[--n] = token[i - 1];
	}
	return hft_arena_printf(call->arena, "%.*s-%s", MAX_NAME - NAME_DIGITS - 1,
							call->deployment->name, digits + n);
}

/*
 * Start a request about the deployment of this name; false when the server
 * does not say where the account is.
 */
static bool
compose_arm(const HftCall *call, HftRequest *request, const char *method,
			const char *name, HftOutcome *outcome)
{
	const char *url = hft_server_option(call, "arm_url");
	const char *scope = hft_server_option(call, "arm_scope");
	const char *subscription = hft_server_option(call, "subscription");
	const char *group = hft_server_option(call, "resource_group");
	const char *account = hft_server_option(call, "account");

	if (subscription == NULL || group == NULL || account == NULL)
		return hft_outcome_refuse(outcome, "The server does not say in which "
								  "account it deploys.",
								  "Set its options subscription, "
								  "resource_group and account.");
	hft_compose(request, call, method, url ? url : ARM_URL,
				"/subscriptions/%s/resourceGroups/%s/providers/"
				"Microsoft.CognitiveServices/accounts/%s/deployments/%s"
				"?api-version=%s",
				hft_url_encode(call->arena, subscription),
				hft_url_encode(call->arena, group),
				hft_url_encode(call->arena, account),
				hft_url_encode(call->arena, name), ARM_VERSION);
	request->audience = hft_arena_printf(call->arena, HFT_AZURE_ARM "%s",
										 scope ? scope : ARM_SCOPE);
	return true;
}

/* A request about a deployment that is there. */
static bool
compose_known(const HftCall *call, HftRequest *request, const char *method,
			  HftOutcome *outcome)
{
	if (call->deployment->remote_id == NULL)
		return hft_outcome_refuse(outcome, "The deployment is not at the "
								  "platform.", NULL);
	return compose_arm(call, request, method, call->deployment->remote_id,
					   outcome) &&
		hft_outcome_ready(outcome, call);
}

static bool
cursor_has(const HftCall *call, const char *member)
{
	json_t	   *cursor = hft_json_object(call->cursor);
	bool		has = hft_pick_bool(cursor, member, false);

	json_decref(cursor);
	return has;
}

/* ---- reading ---- */

/* A word that is not here, "Deleting" among them, keeps it polled (F35). */
static HftRemoteState
state_of(const char *word)
{
	static const HftStateWord words[] = {
		{"Accepted", HFT_REMOTE_QUEUED},
		{"Creating", HFT_REMOTE_QUEUED},
		{"Moving", HFT_REMOTE_QUEUED},
		{"Succeeded", HFT_REMOTE_RUNNING},
		{"Failed", HFT_REMOTE_FAILED},
		{"Canceled", HFT_REMOTE_FAILED},
		{NULL, HFT_REMOTE_UNKNOWN}
	};

	return hft_state_lookup(words, word);
}

/*
 * Chat names the deployment; what an hour of it costs the platform does not
 * say.
 */
static void
read_deployment(const HftCall *call, const json_t *root, HftOutcome *outcome)
{
	const json_t *properties = hft_pick_object(root, "properties");

	outcome->remote_id = hft_pick_id(call->arena, root, "name");
	outcome->remote_state = hft_pick_id(call->arena, properties,
										"provisioningState");
	outcome->state = state_of(outcome->remote_state);
	outcome->tuned_model = outcome->remote_id;
	outcome->info = hft_json_text(call->arena, root);
	if (outcome->remote_id == NULL)
		hft_outcome_fail(outcome, HFT_ERROR_BAD_ANSWER,
						 "The platform's deployment has no usable name.",
						 NULL);
}

/* The model that a deployment serves. */
static const char *
model_of(const json_t *root)
{
	return hft_pick_word(hft_pick_object(hft_pick_object(root, "properties"),
										 "model"), "name");
}

/* ---- deploy ---- */

/* NULL when a text is no valid UTF-8. */
static json_t *
write_deployment(const HftCall *call)
{
	static const char *const copied[] = {"source", NULL};
	json_t	   *options = hft_json_object(call->deployment->options);
	const char *sku = hft_pick_word(options, "sku");
	const char *version = hft_pick_word(options, "version");
	int64_t		capacity = hft_pick_count(options, "capacity");
	json_t	   *body =
		json_pack("{s:{s:s, s:I}, s:{s:{s:s, s:s, s:s}}}", "sku",
				  "name", sku ? sku : SKU, "capacity",
				  (json_int_t) (capacity > 0 ? capacity : CAPACITY),
				  "properties", "model", "format", "OpenAI",
				  "name", call->deployment->model,
				  "version", version ? version : "1");

	hft_json_copy(json_object_get(json_object_get(body, "properties"),
								  "model"), options, copied);
	json_decref(options);
	return body;
}

/* GET it by our name, then PUT it. */
bool
hft_azure_deploy_request(const HftCall *call, HftRequest *request,
						 HftOutcome *outcome)
{
	const char *options = call->deployment->options;
	bool		looked = cursor_has(call, "looked");
	const char *unknown;
	const char *problem =
		hft_options_check(call->arena, deploy_options,
						  options ? options : "{}", &unknown);

	if (problem != NULL)
		return hft_outcome_refuse(outcome, problem, NULL);
	if (!compose_arm(call, request, looked ? "PUT" : "GET", our_name(call),
					 outcome))
		return false;
	if (looked)
	{
		hft_compose_json(request, call, write_deployment(call));
		request->effect = HFT_EFFECT_PAID;
	}
	return hft_outcome_ready(outcome, call);
}

/* What stands under our name serves our model, or is somebody else's. */
static void
read_looked(const HftCall *call, const json_t *root, HftOutcome *outcome)
{
	const char *model = model_of(root);

	if (model != NULL && strcmp(model, call->deployment->model) == 0)
		read_deployment(call, root, outcome);
	else
		hft_outcome_fail(outcome, HFT_ERROR_REFUSED,
						 "The account has a deployment of that name that "
						 "serves another model.",
						 "Deploy under another name.");
}

/* A 404 before the PUT is what we hope for, after it the account's. */
void
hft_azure_deploy_response(const HftCall *call, const HftResponse *response,
						  HftOutcome *outcome)
{
	bool		looked = cursor_has(call, "looked");
	HftAnswer	answer;

	if (hft_answer_open(&answer, call, response, arm_rules, outcome))
	{
		if (looked)
			read_deployment(call, answer.root, outcome);
		else
			read_looked(call, answer.root, outcome);
		hft_answer_close(&answer, call, outcome);
	}
	else if (outcome->error == HFT_ERROR_LOST && looked)
		outcome->error = HFT_ERROR_REFUSED;
	else if (outcome->error == HFT_ERROR_LOST)
	{
		hft_outcome_init(outcome);
		hft_outcome_more(outcome, call, json_pack("{s:b}", "looked", 1));
	}
}

/* ---- find, status ---- */

/* GET it by our name. */
bool
hft_azure_find_deployment_request(const HftCall *call, HftRequest *request,
								  HftOutcome *outcome)
{
	return compose_arm(call, request, "GET", our_name(call), outcome) &&
		hft_outcome_ready(outcome, call);
}

/* A 404 is an answer: there is none. */
void
hft_azure_find_deployment_response(const HftCall *call,
								   const HftResponse *response,
								   HftOutcome *outcome)
{
	HftAnswer	answer;

	if (hft_answer_open(&answer, call, response, arm_rules, outcome))
	{
		json_object_set(answer.root, "id",
						json_object_get(answer.root, "name"));
		read_deployment(call, answer.root, outcome);
		hft_outcome_found(outcome, call, answer.root, outcome->remote_state);
		hft_answer_close(&answer, call, outcome);
	}
	else if (outcome->error == HFT_ERROR_LOST)
		hft_outcome_init(outcome);
}

/* GET the deployment. */
bool
hft_azure_deploy_status_request(const HftCall *call, HftRequest *request,
								HftOutcome *outcome)
{
	return compose_known(call, request, "GET", outcome);
}

/* One that is gone was deleted at the platform, most often by itself. */
void
hft_azure_deploy_status_response(const HftCall *call,
								 const HftResponse *response,
								 HftOutcome *outcome)
{
	HftAnswer	answer;

	if (hft_answer_open(&answer, call, response, arm_rules, outcome))
	{
		read_deployment(call, answer.root, outcome);
		hft_answer_close(&answer, call, outcome);
	}
	else if (outcome->error == HFT_ERROR_LOST)
		outcome->hint = "Azure deletes deployments that nobody used for 15 "
			"days; the model is still there: hft.deploy_model().";
}

/* ---- taking down ---- */

/* DELETE it; when that was only accepted, look until it is gone. */
bool
hft_azure_undeploy_request(const HftCall *call, HftRequest *request,
						   HftOutcome *outcome)
{
	return compose_known(call, request,
						 cursor_has(call, "going") ? "GET" : "DELETE",
						 outcome);
}

/* 200 and 204: it is gone; 404: it was (K16). */
void
hft_azure_undeploy_response(const HftCall *call, const HftResponse *response,
							HftOutcome *outcome)
{
	hft_answer_deleted(call, response, arm_rules, outcome);
	if (outcome->progress == HFT_FAILED)
		return;
	outcome->state = HFT_REMOTE_CANCELLED;
	if (response->status == 202 ||
		(cursor_has(call, "going") && response->status == 200))
		hft_outcome_wait(outcome, call, json_pack("{s:b}", "going", 1),
						 POLL_MS);
}
