/*-------------------------------------------------------------------------
 *
 * bedrock_deploy.c
 *	  Serving a tuned model: by the token, or provisioned by the hour.
 *
 * A custom-model deployment answers on demand and costs nothing by itself.
 * Provisioned throughput costs by the hour whether it is used or not, so it
 * is made only when "serving" asks for it.  Both have a name of ours and
 * a request token, and both are looked up by the name before they are made:
 * cursor "absent" says that they were not there.  The remote id is the ARN.
 *
 *-------------------------------------------------------------------------
 */
#include <string.h>

#include "provider/bedrock.h"
#include "provider/states.h"

#define ON_DEMAND "/model-customization/custom-model-deployments"
#define PROVISIONED "/provisioned-model-throughput"

static const HftOptionSpec deploy_options[] = {
	{"serving", HFT_OPTION_TEXT, 0, 0, "on_demand|provisioned", false,
	"By the token (default), or by the hour"},
	{"model_units", HFT_OPTION_INT, 1, 100, NULL, false,
	"Provisioned: how much of it"},
	{"commitment", HFT_OPTION_TEXT, 0, 0, "OneMonth|SixMonths", false,
	"Cheaper, and cannot be ended early"},
	{NULL}
};

/* What differs between the two ways. */
typedef struct Way
{
	const char *path;
	const char *arn;			/* member of its answers */
	const char *mark;			/* in its ARNs */
} Way;

static const Way on_demand = {
	ON_DEMAND, "customModelDeploymentArn", ":custom-model-deployment/"
};
static const Way provisioned = {
	PROVISIONED, "provisionedModelArn", ":provisioned-model/"
};

/* What stands says itself what it is; before that the options do. */
static const Way *
way_of(const HftCall *call)
{
	const char *id = call->deployment->remote_id;
	json_t	   *options;
	const char *serving;
	const Way  *way;

	if (id != NULL)
		return strstr(id, provisioned.mark) != NULL ? &provisioned :
			&on_demand;
	options = hft_json_object(call->deployment->options);
	serving = hft_pick_word(options, "serving");
	way = serving != NULL && strcmp(serving, "provisioned") == 0 ?
		&provisioned : &on_demand;
	json_decref(options);
	return way;
}

/* Letters, digits and hyphens, at most 63: a token has 36. */
static const char *
deploy_name(const HftCall *call)
{
	return hft_arena_printf(call->arena, "hft-%s", call->deployment->token);
}

static HftRemoteState
state_of(const char *word)
{
	static const HftStateWord words[] = {
		{"Creating", HFT_REMOTE_QUEUED},
		{"Active", HFT_REMOTE_RUNNING},
		{"InService", HFT_REMOTE_RUNNING},
		{"Updating", HFT_REMOTE_RUNNING},
		{"Failed", HFT_REMOTE_FAILED},
		{NULL, HFT_REMOTE_UNKNOWN}
	};

	return hft_state_lookup(words, word);
}

/* Both members of one thing: a name or an ARN behind the path. */
static bool
compose_one(const HftCall *call, HftRequest *request, const char *method,
			const char *which, HftOutcome *outcome)
{
	const char *base = hft_bedrock_require(call, outcome);

	if (base == NULL)
		return false;
	if (which == NULL)
		return hft_outcome_refuse(outcome, "The deployment is not at the "
								  "platform.", NULL);
	hft_compose(request, call, method, base, "%s/%s", way_of(call)->path,
				hft_url_encode(call->arena, which));
	return hft_outcome_ready(outcome, call);
}

/* ---- stand up ---- */

static bool
is_absent(const HftCall *call)
{
	json_t	   *cursor = hft_json_object(call->cursor);
	bool		absent = hft_pick_bool(cursor, "absent", false);

	json_decref(cursor);
	return absent;
}

static json_t *
write_body(const HftCall *call)
{
	const HftDeploymentFacts *facts = call->deployment;
	json_t	   *options = hft_json_object(facts->options);
	json_t	   *body;

	if (way_of(call) == &provisioned)
		body = json_pack("{s:s?, s:s, s:I, s:s, s:s*}",
						 "provisionedModelName", deploy_name(call),
						 "modelId", facts->model,
						 "modelUnits",
						 (json_int_t) hft_pick_count(options, "model_units"),
						 "clientRequestToken", facts->token,
						 "commitmentDuration",
						 hft_pick_word(options, "commitment"));
	else
		body = json_pack("{s:s?, s:s, s:s}",
						 "modelDeploymentName", deploy_name(call),
						 "modelArn", facts->model,
						 "clientRequestToken", facts->token);
	json_decref(options);
	return body;
}

/* Nothing is bought by the hour that was not asked for in full. */
static const char *
check_options(const HftCall *call)
{
	const char *options = call->deployment->options;
	const char *unknown;
	const char *problem = hft_options_check(call->arena, deploy_options,
											options ? options : "{}",
											&unknown);
	json_t	   *object = hft_json_object(options);
	bool		has_units = hft_pick_count(object, "model_units") > 0;

	if (problem == NULL && has_units != (way_of(call) == &provisioned))
		problem = "Provisioned throughput needs both \"serving\" and "
			"\"model_units\".";
	if (problem == NULL && hft_pick_word(object, "commitment") != NULL &&
		!has_units)
		problem = "A commitment is for provisioned throughput.";
	json_decref(object);
	return problem;
}

/* GET by our name first; then POST. */
bool
hft_bedrock_deploy_request(const HftCall *call, HftRequest *request,
						   HftOutcome *outcome)
{
	const char *problem = check_options(call);
	const char *base;

	if (problem != NULL)
		return hft_outcome_refuse(outcome, problem, NULL);
	if (!is_absent(call))
		return compose_one(call, request, "GET", deploy_name(call), outcome);
	base = hft_bedrock_require(call, outcome);
	if (base == NULL)
		return false;
	hft_compose(request, call, "POST", base, "%s", way_of(call)->path);
	hft_compose_json(request, call, write_body(call));
	request->effect = HFT_EFFECT_PAID;
	return hft_compose_marked(request, call, call->deployment->token,
							  outcome) &&
		hft_outcome_ready(outcome, call);
}

/* The ARN is what a chat names, too. */
static void
read_deployment(const HftCall *call, const json_t *root, HftOutcome *outcome)
{
	const char *status = hft_pick_id(call->arena, root, "status");

	outcome->remote_id = hft_pick_id(call->arena, root, way_of(call)->arn);
	outcome->remote_state = status ? status : "Creating";
	outcome->state = state_of(outcome->remote_state);
	outcome->tuned_model = outcome->remote_id;
	outcome->info = hft_json_text(call->arena, root);
	if (outcome->state == HFT_REMOTE_FAILED)
		outcome->message = hft_pick_text(call->arena, root, "failureMessage");

	/* by the token: standing costs nothing */
	if (way_of(call) == &on_demand)
		outcome->hourly_nano = 0;
	if (outcome->remote_id == NULL)
		hft_outcome_fail(outcome, HFT_ERROR_BAD_ANSWER,
						 "The platform's deployment has no usable ARN.",
						 NULL);
}

void
hft_bedrock_deploy_response(const HftCall *call, const HftResponse *response,
							HftOutcome *outcome)
{
	HftAnswer	answer;

	if (hft_bedrock_open(&answer, call, response, outcome))
	{
		read_deployment(call, answer.root, outcome);
		hft_answer_close(&answer, call, outcome);
	}
	else if (outcome->error == HFT_ERROR_LOST && !is_absent(call))
	{
		hft_outcome_init(outcome);
		hft_outcome_more(outcome, call, json_pack("{s:b}", "absent", 1));
	}
	else if (outcome->error == HFT_ERROR_LOST)
		outcome->error = HFT_ERROR_REFUSED; /* the model is what is missing */
}

/* ---- find, look at ---- */

bool
hft_bedrock_find_deployment_request(const HftCall *call, HftRequest *request,
									HftOutcome *outcome)
{
	return compose_one(call, request, "GET", deploy_name(call), outcome);
}

void
hft_bedrock_find_deployment_response(const HftCall *call,
									 const HftResponse *response,
									 HftOutcome *outcome)
{
	HftFound   *found = hft_arena_alloc(call->arena, sizeof(HftFound));

	hft_bedrock_deploy_status_response(call, response, outcome);
	if (outcome->error == HFT_ERROR_LOST)
		hft_outcome_init(outcome);
	if (found == NULL || outcome->progress == HFT_FAILED ||
		outcome->remote_id == NULL)
		return;
	found->id = outcome->remote_id;
	found->token = call->deployment->token;
	found->state = outcome->remote_state;
	found->remote_state = outcome->state;
	found->at_ms = HFT_UNKNOWN;
	outcome->found = found;
	outcome->nfound = 1;
}

bool
hft_bedrock_deploy_status_request(const HftCall *call, HftRequest *request,
								  HftOutcome *outcome)
{
	return compose_one(call, request, "GET", call->deployment->remote_id,
					   outcome);
}

void
hft_bedrock_deploy_status_response(const HftCall *call,
								   const HftResponse *response,
								   HftOutcome *outcome)
{
	HftAnswer	answer;

	if (!hft_bedrock_open(&answer, call, response, outcome))
		return;
	read_deployment(call, answer.root, outcome);
	hft_answer_close(&answer, call, outcome);
}

/* ---- take down ---- */

bool
hft_bedrock_undeploy_request(const HftCall *call, HftRequest *request,
							 HftOutcome *outcome)
{
	return compose_one(call, request, "DELETE", call->deployment->remote_id,
					   outcome);
}

/*
 * What is gone is down (K16).  While it is being made it cannot be deleted,
 * and is again in a while; with a commitment it cannot be before its end.
 */
void
hft_bedrock_undeploy_response(const HftCall *call,
							  const HftResponse *response,
							  HftOutcome *outcome)
{
	if (hft_bedrock_is_success(call, response, outcome))
		return;
	if (outcome->error == HFT_ERROR_LOST)
		hft_outcome_init(outcome);
	else if (outcome->code != NULL &&
			 strcmp(outcome->code, "ConflictException") == 0)
		outcome->error = HFT_ERROR_TRANSIENT;
}
