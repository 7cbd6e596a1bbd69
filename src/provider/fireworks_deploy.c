/*-------------------------------------------------------------------------
 *
 * fireworks_deploy.c
 *	  Standing up a deployment at Fireworks, which costs by the GPU's second.
 *
 * A tuned model is served in one of three ways, chosen by the options:
 *
 *	merged	a deployment whose base model is the tuned one (the default)
 *	host	{"adapters": true}: a deployment of the base model that takes up
 *			to a hundred adapters, with this one loaded
 *	guest	{"deployment": "accounts/a/deployments/d"}: loaded onto a host
 *			that stands already, at no further price
 *
 * The walk looks at the model, then at the deployment, and makes it when it
 * is not there; each step leaves a member in the cursor, the first that is
 * missing is asked for next.  The deployment's id is our token, so a second
 * POST is answered 409 and the walk may be repeated from any point (R28).
 * Adapters are loaded by fireworks_standing.c, once there is something ready
 * to load them onto.
 *
 *-------------------------------------------------------------------------
 */
#include <string.h>
#include <strings.h>

#include "provider/fireworks_serving.h"
#include "provider/states.h"

#define MAX_LOOKS 3
#define MODEL_WAIT_MS 10000
#define MAX_MODEL_LOOKS 60

static const HftOptionSpec deploy_options[] = {
	{"adapters", HFT_OPTION_BOOL, 0, 0, NULL, false, ""},
	{"deployment", HFT_OPTION_TEXT, 1, 300, NULL, false, ""},
	{"accelerator_type", HFT_OPTION_TEXT, 1, 60, NULL, false, ""},
	{"accelerator_count", HFT_OPTION_INT, 1, 64, NULL, false, ""},
	{"deployment_shape", HFT_OPTION_TEXT, 1, 300, NULL, false, ""},
	{"min_replicas", HFT_OPTION_INT, 0, 1000, NULL, false, ""},
	{"max_replicas", HFT_OPTION_INT, 1, 1000, NULL, false, ""},
	{"scale_to_zero", HFT_OPTION_TEXT, 2, 20, NULL, false, ""},
	{"scale_up", HFT_OPTION_TEXT, 2, 20, NULL, false, ""},
	{"scale_down", HFT_OPTION_TEXT, 2, 20, NULL, false, ""},
	{"max_context_length", HFT_OPTION_INT, 1, 10000000, NULL, false, ""},
	{"placement", HFT_OPTION_OBJECT, 0, 0, NULL, false, ""},
	{NULL}
};

/* ---- options ---- */

HftFireworksServing
hft_fireworks_serving(const HftCall *call)
{
	json_t	   *options = hft_json_object(call->deployment->options);
	HftFireworksServing serving = HFT_FIREWORKS_MERGED;

	if (hft_pick_word(options, "deployment") != NULL)
		serving = HFT_FIREWORKS_GUEST;
	else if (hft_pick_bool(options, "adapters", false))
		serving = HFT_FIREWORKS_HOST;
	json_decref(options);
	return serving;
}

/* A sentence about options that do not go together, or NULL. */
static const char *
check_options(const HftCall *call, const json_t *options)
{
	static const char *const of_hosts[] = {
		"adapters", "accelerator_type", "accelerator_count",
		"deployment_shape", "min_replicas", "max_replicas", "scale_to_zero",
		"scale_up", "scale_down", "max_context_length", "placement", NULL
	};
	bool		guest = hft_pick_word(options, "deployment") != NULL;

	for (int i = 0; guest && of_hosts[i] != NULL; i++)
	{
		if (json_object_get(options, of_hosts[i]) != NULL)
			return hft_arena_printf(call->arena, "The option \"%s\" belongs "
									"to the deployment that \"deployment\" "
									"names.", of_hosts[i]);
	}
	if (!guest && hft_pick_word(options, "accelerator_type") == NULL &&
		hft_pick_word(options, "deployment_shape") == NULL)
		return "The kind of GPU must be named by \"accelerator_type\", such "
			"as NVIDIA_H100_80GB, or by a \"deployment_shape\".";
	return NULL;
}

/* The deployment that this one is, or is a guest of. */
static const char *
planned_name(const HftCall *call, const json_t *options)
{
	const char *host = hft_pick_text(call->arena, options, "deployment");

	return host ? host :
		hft_fireworks_name(call, "deployments",
						   hft_fireworks_id(call, call->deployment->token));
}

/* ---- model ---- */

static bool
ask_model(const HftCall *call, const json_t *cursor, const json_t *options,
		  HftRequest *request, HftOutcome *outcome)
{
	return hft_fireworks_compose(call, request, outcome, "GET",
								 hft_fireworks_model(call,
													 call->deployment->model),
								 "");
}

/* A model that was trained this minute may still be on its way. */
static bool
wait_for_model(const HftCall *call, HftAnswer *answer, HftOutcome *outcome)
{
	const char *state = hft_pick_word(answer->root, "state");
	int64_t		looks = hft_pick_count(answer->cursor, "looks");

	if (state == NULL || strcasecmp(state, "UPLOADING") != 0)
		return false;
	looks = looks == HFT_UNKNOWN ? 1 : looks + 1;
	if (looks > MAX_MODEL_LOOKS)
	{
		hft_outcome_fail(outcome, HFT_ERROR_REFUSED, "The platform has not "
						 "made the model ready.", NULL);
		return true;
	}
	json_object_set_new(answer->cursor, "looks", json_integer(looks));
	hft_outcome_wait(outcome, call, json_incref(answer->cursor),
					 MODEL_WAIT_MS);
	return true;
}

/* A host serves the base model; only an adapter names one. */
static bool
keep_model(const HftCall *call, HftAnswer *answer, HftOutcome *outcome)
{
	const json_t *adapter = hft_pick_object(answer->root, "peftDetails");
	const char *base = hft_pick_id(call->arena, adapter, "baseModel");

	if (wait_for_model(call, answer, outcome))
		return false;
	if (base == NULL && hft_fireworks_serving(call) != HFT_FIREWORKS_MERGED)
	{
		hft_outcome_fail(outcome, HFT_ERROR_REFUSED, "The model is no "
						 "adapter, so it needs a deployment of its own.",
						 "Leave \"adapters\" and \"deployment\" away.");
		return false;
	}
	json_object_del(answer->cursor, "looks");
	json_object_set_new(answer->cursor, "model",
						base ? json_string(base) : json_true());
	return true;
}

/* ---- deployment ---- */

static bool
ask_planned(const HftCall *call, const json_t *cursor, const json_t *options,
			HftRequest *request, HftOutcome *outcome)
{
	return hft_fireworks_compose(call, request, outcome, "GET",
								 planned_name(call, options), "");
}

/* What is there under our name is ours; a host must take adapters. */
static bool
keep_planned(const HftCall *call, HftAnswer *answer, HftOutcome *outcome)
{
	if (hft_fireworks_serving(call) == HFT_FIREWORKS_GUEST &&
		!hft_pick_bool(answer->root, "enableAddons", false))
	{
		hft_outcome_fail(outcome, HFT_ERROR_REFUSED, "That deployment takes "
						 "no adapters.",
						 "Deploy the first one with {\"adapters\": true}.");
		return false;
	}
	json_object_set_new(answer->cursor, "seen", json_true());
	json_object_set_new(answer->cursor, "deployment", json_true());
	return true;
}

/* Replicas and windows: those that were asked for. */
static void
write_scaling(json_t *body, const json_t *options)
{
	static const char *const windows[][2] = {
		{"scale_up", "scaleUpWindow"},
		{"scale_down", "scaleDownWindow"},
		{"scale_to_zero", "scaleToZeroWindow"},
		{NULL, NULL}
	};
	int64_t		min = hft_pick_count(options, "min_replicas");
	int64_t		max = hft_pick_count(options, "max_replicas");
	json_t	   *policy = hft_json_new();

	if (min == HFT_UNKNOWN)
		min = 0;
	if (max == HFT_UNKNOWN || max < min)
		max = min > 1 ? min : 1;
	json_object_set_new(body, "minReplicaCount", json_integer(min));
	json_object_set_new(body, "maxReplicaCount", json_integer(max));
	for (int i = 0; windows[i][0] != NULL; i++)
	{
		if (json_object_get(options, windows[i][0]) != NULL)
			json_object_set(policy, windows[i][1],
							json_object_get(options, windows[i][0]));
	}
	if (json_object_size(policy) > 0)
		json_object_set(body, "autoscalingPolicy", policy);
	json_decref(policy);
}

static json_t *
write_deployment(const HftCall *call, const json_t *cursor,
				 const json_t *options)
{
	static const char *const names[][2] = {
		{"accelerator_type", "acceleratorType"},
		{"accelerator_count", "acceleratorCount"},
		{"deployment_shape", "deploymentShape"},
		{"max_context_length", "maxContextLength"},
		{"placement", "placement"},
		{NULL, NULL}
	};
	bool		host = hft_fireworks_serving(call) == HFT_FIREWORKS_HOST;
	const char *model = host ? hft_pick_word(cursor, "model") :
		hft_fireworks_model(call, call->deployment->model);
	json_t	   *body = json_pack("{s:s?, s:s?}", "baseModel", model,
								 "displayName", call->deployment->name);

	for (int i = 0; names[i][0] != NULL; i++)
	{
		if (json_object_get(options, names[i][0]) != NULL)
			json_object_set(body, names[i][1],
							json_object_get(options, names[i][0]));
	}
	if (host)
		json_object_set_new(body, "enableAddons", json_true());
	write_scaling(body, options);
	return body;
}

/* From here on it costs money. */
static bool
ask_deployment(const HftCall *call, const json_t *cursor,
			   const json_t *options, HftRequest *request,
			   HftOutcome *outcome)
{
	const char *id = hft_fireworks_id(call, call->deployment->token);
	const char *query = id == NULL ? "" :
		hft_arena_printf(call->arena, "?deploymentId=%s", id);

	if (!hft_fireworks_compose(call, request, outcome, "POST",
							   hft_fireworks_collection(call, "deployments"),
							   query))
		return false;
	hft_compose_json(request, call, write_deployment(call, cursor, options));
	request->effect = HFT_EFFECT_PAID;
	return true;
}

/* Without a name it may stand all the same: it is in doubt, and looked for. */
static bool
keep_deployment(const HftCall *call, HftAnswer *answer, HftOutcome *outcome)
{
	if (hft_pick_id(call->arena, answer->root, "name") == NULL)
	{
		hft_outcome_fail(outcome, HFT_ERROR_BAD_ANSWER, "The platform's "
						 "deployment has no usable name.", NULL);
		return false;
	}
	json_object_set_new(answer->cursor, "deployment", json_true());
	return true;
}

/* ---- the walk ---- */

typedef struct Step
{
	const char *member;			/* of the cursor: there when it is done */
	bool		(*ask) (const HftCall *call, const json_t *cursor,
						const json_t *options, HftRequest *request,
						HftOutcome *outcome);

	/* false: nothing to keep, the outcome says why */
	bool		(*keep) (const HftCall *call, HftAnswer *answer,
						 HftOutcome *outcome);
} Step;

static const Step steps[] = {
	{"model", ask_model, keep_model},
	{"seen", ask_planned, keep_planned},
	{"deployment", ask_deployment, keep_deployment},
	{NULL, NULL, NULL}
};

/* The end of the table when nothing is missing. */
static const Step *
next_step(const json_t *cursor)
{
	const Step *step = steps;

	while (step->member != NULL &&
		   json_object_get(cursor, step->member) != NULL)
		step++;
	return step;
}

bool
hft_fireworks_deploy_request(const HftCall *call, HftRequest *request,
							 HftOutcome *outcome)
{
	const char *text = call->deployment->options;
	const char *unknown;
	const char *problem = hft_options_check(call->arena, deploy_options,
											text ? text : "{}", &unknown);
	json_t	   *options = hft_json_object(text);
	json_t	   *cursor = hft_json_object(call->cursor);
	const Step *step = next_step(cursor);
	bool		asked = false;

	if (problem == NULL)
		problem = check_options(call, options);
	if (problem == NULL && step->ask == NULL)
		problem = "The deployment is complete.";
	if (problem != NULL)
		hft_outcome_refuse(outcome, problem, NULL);
	else
		asked = step->ask(call, cursor, options, request, outcome);
	json_decref(cursor);
	json_decref(options);
	return asked && hft_outcome_ready(outcome, call);
}

/*
 * Taken, although it was not there when we looked: by a request whose answer
 * was lost.  Look again; one that was deleted lately stays unseen.
 */
static void
look_again(const HftCall *call, HftOutcome *outcome)
{
	json_t	   *cursor = hft_json_object(call->cursor);
	int64_t		looks = hft_pick_count(cursor, "taken");

	looks = looks == HFT_UNKNOWN ? 1 : looks + 1;
	if (looks > MAX_LOOKS)
		outcome->error = HFT_ERROR_REFUSED;
	else
	{
		json_object_del(cursor, "seen");
		json_object_set_new(cursor, "taken", json_integer(looks));
		hft_outcome_init(outcome);
		hft_outcome_more(outcome, call, json_incref(cursor));
	}
	json_decref(cursor);
}

/*
 * Not there: the planned one is still to be made.  Of a model, or of a host
 * that a guest names, it is an end; and so is a 404 of the POST itself.
 */
static void
not_there(const HftCall *call, HftOutcome *outcome)
{
	json_t	   *cursor = hft_json_object(call->cursor);
	const Step *step = next_step(cursor);

	if (step->keep == keep_planned &&
		hft_fireworks_serving(call) != HFT_FIREWORKS_GUEST)
	{
		json_object_set_new(cursor, "seen", json_true());
		hft_outcome_init(outcome);
		hft_outcome_more(outcome, call, json_incref(cursor));
	}
	else
		outcome->error = HFT_ERROR_REFUSED;
	json_decref(cursor);
}

/* It is there; how it does is for its status to say. */
static void
finish_walk(const HftCall *call, const json_t *deployment,
			HftOutcome *outcome)
{
	json_t	   *options = hft_json_object(call->deployment->options);

	hft_fireworks_read_deployment(call, deployment, outcome);
	outcome->remote_id = planned_name(call, options);
	outcome->state = HFT_REMOTE_QUEUED;
	json_decref(options);
}

void
hft_fireworks_deploy_response(const HftCall *call,
							  const HftResponse *response,
							  HftOutcome *outcome)
{
	HftAnswer	answer;

	if (!hft_fireworks_open(&answer, call, response, outcome))
	{
		if (hft_fireworks_is_taken(outcome))
			look_again(call, outcome);
		else if (outcome->error == HFT_ERROR_LOST)
			not_there(call, outcome);
		return;
	}
	if (next_step(answer.cursor)->keep != NULL &&
		next_step(answer.cursor)->keep(call, &answer, outcome))
	{
		if (next_step(answer.cursor)->member == NULL)
			finish_walk(call, answer.root, outcome);
		else
			hft_outcome_more(outcome, call, json_incref(answer.cursor));
	}
	hft_answer_close(&answer, call, outcome);
}

/* ---- find ---- */

bool
hft_fireworks_find_deployment_request(const HftCall *call,
									  HftRequest *request,
									  HftOutcome *outcome)
{
	json_t	   *options = hft_json_object(call->deployment->options);
	bool		composed = hft_fireworks_compose(call, request, outcome, "GET",
												 planned_name(call, options),
												 "");

	json_decref(options);
	return composed;
}

void
hft_fireworks_find_deployment_response(const HftCall *call,
									   const HftResponse *response,
									   HftOutcome *outcome)
{
	HftAnswer	answer;
	json_t	   *item;

	if (!hft_fireworks_open(&answer, call, response, outcome))
	{
		if (outcome->error == HFT_ERROR_LOST)
			hft_outcome_init(outcome);
		return;
	}
	item = json_pack("{s:O?}", "id", json_object_get(answer.root, "name"));
	hft_outcome_found(outcome, call, item,
					  hft_pick_id(call->arena, answer.root, "state"));
	json_decref(item);
	hft_answer_close(&answer, call, outcome);
}
