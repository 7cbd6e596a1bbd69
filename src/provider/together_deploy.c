/*-------------------------------------------------------------------------
 *
 * together_deploy.c
 *	  Standing up a dedicated endpoint at Together, which costs by the hour.
 *
 * A deployment takes several requests; each adds a member to the cursor, and
 * the first member that is missing says what to ask next:
 *
 *	project			who we are
 *	model			the registry's id of the model
 *	config, gpu		how it can be served
 *	hourly			nano-dollars for a replica and hour, -1 unknown
 *	seen_endpoint	the endpoints were listed; it may be there already
 *	endpoint, name	else it is made: it costs nothing by itself
 *	seen_deployment	its deployments were listed
 *	deployment		else it is made, and from then on costs money
 *
 * Both names are made from our token and looked up before they are used, so
 * the whole walk may be repeated from any point without a second effect.
 * The remote id is the deployment's resource path.
 *
 *-------------------------------------------------------------------------
 */
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <strings.h>

#include "provider/together_serving.h"

#define NANO_PER_CENT 1e7
#define MAX_CENTS 1e9
#define MAX_LOOKS 6
#define LOOK_WAIT_MS 5000

static const HftOptionSpec deploy_options[] = {
	{"min_replicas", HFT_OPTION_INT, 0, 1000, NULL, false, ""},
	{"max_replicas", HFT_OPTION_INT, 1, 1000, NULL, false, ""},
	{"scale_to_zero", HFT_OPTION_TEXT, 1, 20, NULL, false, ""},
	{"config", HFT_OPTION_TEXT, 1, 300, NULL, false, ""},
	{"placement", HFT_OPTION_OBJECT, 0, 0, NULL, false, ""},
	{NULL}
};

typedef struct Step
{
	const char *member;			/* of the cursor: there when it is done */
	void		(*ask) (const HftCall *call, const json_t *cursor,
						HftRequest *request);

	/* false: nothing to keep, the outcome says why */
	bool		(*keep) (const HftCall *call, HftAnswer *answer,
						 HftOutcome *outcome);
} Step;

/* NULL leaves the member out. */
static void
set_text(json_t *cursor, const char *member, const char *text)
{
	if (text != NULL)
		json_object_set_new(cursor, member, json_string(text));
}

/* ---- model, config, price ---- */

/*
 * The job knows the registry's id of what it made; a name must be looked up
 * among the project's models.
 */
static void
ask_model(const HftCall *call, const json_t *cursor, HftRequest *request)
{
	if (call->deployment->job_remote_id != NULL)
		hft_compose(request, call, "GET", hft_together_base(call),
					"/fine-tunes/%s",
					hft_url_encode(call->arena,
										 call->deployment->job_remote_id));
	else
		hft_together_ask_models(call, cursor, request);
}

/*
 * model_output_name is a name for people: only the registry's id can be
 * deployed.
 */
static bool
keep_model(const HftCall *call, HftAnswer *answer, HftOutcome *outcome)
{
	const char *model;

	if (call->deployment->job_remote_id != NULL)
		model = hft_pick_id(call->arena, answer->root, "model_object_id");
	else
		model = hft_together_pick_model(call, answer,
										call->deployment->model);
	set_text(answer->cursor, "model", model);
	if (model == NULL && call->deployment->job_remote_id == NULL &&
		hft_together_next_page(call, answer, outcome))
		return false;
	if (model == NULL)
		hft_outcome_fail(outcome, HFT_ERROR_REFUSED,
						 "The platform's registry has no such model.", NULL);
	return model != NULL;
}

/* GET .../configs of the model: how it can be served, if at all. */
static void
ask_configs(const HftCall *call, const json_t *cursor, HftRequest *request)
{
	const char *project = hft_pick_word(cursor, "project");
	const char *reference =
		hft_arena_printf(call->arena, "projects/%s/models/%s", project,
						 hft_pick_word(cursor, "model"));

	hft_compose(request, call, "GET", hft_together_v2(call),
				"/projects/%s/configs?referenceModel=%s",
				hft_url_encode(call->arena, project),
				hft_url_encode(call->arena, reference));
}

/* The value of the selector that names the kind of GPU. */
static const char *
gpu_of(const HftCall *call, const json_t *config)
{
	size_t		i;
	json_t	   *selector;

	json_array_foreach(hft_pick_array(config, "selectors"), i, selector)
	{
		const char *key = hft_pick_word(selector, "key");

		if (key != NULL && strcasestr(key, "gpu") != NULL &&
			strcasestr(key, "count") == NULL)
			return hft_pick_id(call->arena, selector, "value");
	}
	return NULL;
}

/*
 * The first one, which the platform recommends, or the one asked for.
 * Tunable does not mean deployable: an empty list is an answer.
 */
static bool
keep_config(const HftCall *call, HftAnswer *answer, HftOutcome *outcome)
{
	const char *wanted = hft_together_deploy_text(call, "config");
	const json_t *data = hft_pick_array(answer->root, "data");
	size_t		i;
	json_t	   *config;

	json_array_foreach(data, i, config)
	{
		const char *id = hft_pick_id(call->arena, config, "id");
		const char *owner = hft_pick_id(call->arena, config, "projectId");

		if (id == NULL || (wanted != NULL && strcmp(wanted, id) != 0))
			continue;
		if (owner == NULL)
			owner = hft_pick_id(call->arena, answer->cursor, "project");
		set_text(answer->cursor, "config",
				 hft_arena_printf(call->arena, "projects/%s/configs/%s",
								  owner, id));
		set_text(answer->cursor, "gpu", gpu_of(call, config));
		return true;
	}
	hft_outcome_fail(outcome, HFT_ERROR_REFUSED, wanted ?
					 "The model cannot be served with this config." :
					 "The platform cannot serve this model.",
					 "Its weights can be downloaded and served elsewhere.");
	return false;
}

/* GET /public/inference-instance-types */
static void
ask_prices(const HftCall *call, const json_t *cursor, HftRequest *request)
{
	hft_compose(request, call, "GET", hft_together_v2(call),
				"/public/inference-instance-types");
	request->response_limit = HFT_TOGETHER_LIST_LIMIT;
}

/* Unknown when no instance, or several at different prices, may be meant. */
static bool
keep_prices(const HftCall *call, HftAnswer *answer, HftOutcome *outcome)
{
	const char *gpu = hft_pick_word(answer->cursor, "gpu");
	const json_t *data = hft_pick_array(answer->root, "data");
	double		cents = NAN;
	bool		ambiguous = false;
	size_t		i;
	json_t	   *type;

	json_array_foreach(data, i, type)
	{
		const char *theirs = hft_pick_word(type, "gpuType");
		double		price = hft_pick_number(type, "priceCentsPerHour");

		if (!(price > 0 && price < MAX_CENTS) ||
			(gpu != NULL && theirs != NULL && strcasecmp(gpu, theirs) != 0))
			continue;
		ambiguous |= !isnan(cents) && price != cents;
		cents = price;
	}
	json_object_set_new(answer->cursor, "hourly",
						json_integer(isnan(cents) || ambiguous ? HFT_UNKNOWN :
									 llround(cents * NANO_PER_CENT)));
	return true;
}

/* ---- endpoint ---- */

/*
 * Not filtered: how the filter is written is not documented, and a filter
 * that matched nothing would cost a second endpoint.
 */
static void
ask_endpoints(const HftCall *call, const json_t *cursor, HftRequest *request)
{
	hft_together_ask_page(call, cursor, request, "endpoints");
}

/* All pages are seen before the endpoint counts as missing. */
static bool
keep_endpoints(const HftCall *call, HftAnswer *answer, HftOutcome *outcome)
{
	const json_t *found = hft_together_find_named(call, answer);

	if (found != NULL)
	{
		set_text(answer->cursor, "endpoint",
				 hft_pick_id(call->arena, found, "id"));
		set_text(answer->cursor, "name",
				 hft_pick_id(call->arena, found, "name"));
	}
	else if (hft_together_next_page(call, answer, outcome))
		return false;
	json_object_set_new(answer->cursor, "seen_endpoint", json_true());
	return true;
}

/* POST .../endpoints: a name and nothing that runs. */
static void
ask_endpoint(const HftCall *call, const json_t *cursor, HftRequest *request)
{
	hft_compose(request, call, "POST", hft_together_v2(call),
				"/projects/%s/endpoints",
				hft_url_encode(call->arena, hft_pick_word(cursor, "project")));
	hft_compose_json(request, call,
					 json_pack("{s:s?}", "name",
							   hft_together_deploy_name(call)));
}

/* The full name, with the slug, is what a chat will have to name. */
static bool
keep_endpoint(const HftCall *call, HftAnswer *answer, HftOutcome *outcome)
{
	const char *id = hft_pick_id(call->arena, answer->root, "id");

	set_text(answer->cursor, "endpoint", id);
	set_text(answer->cursor, "name",
			 hft_pick_id(call->arena, answer->root, "name"));
	if (id == NULL)
		hft_outcome_fail(outcome, HFT_ERROR_BAD_ANSWER,
						 "The platform's endpoint has no usable id.", NULL);
	return id != NULL;
}

/* ---- deployment ---- */

/* Below the endpoint of the cursor. */
static const char *
deployments_path(const HftCall *call, const json_t *cursor)
{
	return hft_arena_printf(call->arena, "/projects/%s/endpoints/%s"
							"/deployments",
							hft_url_encode(call->arena,
												 hft_pick_word(cursor,
															   "project")),
							hft_url_encode(call->arena,
												 hft_pick_word(cursor,
															   "endpoint")));
}

/*
 * GET .../deployments: ours may be there, made by a request whose answer was
 * lost (K11).
 */
static void
ask_deployments(const HftCall *call, const json_t *cursor,
				HftRequest *request)
{
	hft_compose(request, call, "GET", hft_together_v2(call), "%s?limit=500",
				deployments_path(call, cursor));
	request->response_limit = HFT_TOGETHER_LIST_LIMIT;
}

/* Ours has our name; there is no other on an endpoint of ours. */
static bool
keep_deployments(const HftCall *call, HftAnswer *answer, HftOutcome *outcome)
{
	const json_t *found = hft_together_find_named(call, answer);

	if (found != NULL)
		set_text(answer->cursor, "deployment",
				 hft_pick_id(call->arena, found, "id"));
	json_object_set_new(answer->cursor, "seen_deployment", json_true());
	return true;
}

/*
 * One replica that always stands, unless asked otherwise: the platform has no
 * idle shutdown of its own.
 */
static json_t *
write_autoscaling(const HftCall *call)
{
	json_t	   *options = hft_json_object(call->deployment->options);
	int64_t		min = hft_pick_count(options, "min_replicas");
	int64_t		max = hft_pick_count(options, "max_replicas");
	const char *window = hft_pick_word(options, "scale_to_zero");
	json_t	   *scaling;

	if (min == HFT_UNKNOWN)
		min = 1;
	if (max == HFT_UNKNOWN)
		max = min > 1 ? min : 1;
	scaling = json_pack("{s:I, s:I, s:s*}", "minReplicas", (json_int_t) min,
						"maxReplicas", (json_int_t) max,
						"scaleToZeroWindow", window);
	json_decref(options);
	return scaling;
}

/* POST .../deployments: from here on it costs money. */
static void
ask_deployment(const HftCall *call, const json_t *cursor,
			   HftRequest *request)
{
	static const char *const copied[] = {"placement", NULL};
	json_t	   *options = hft_json_object(call->deployment->options);
	const char *model =
		hft_arena_printf(call->arena, "projects/%s/models/%s",
						 hft_pick_word(cursor, "project"),
						 hft_pick_word(cursor, "model"));
	json_t	   *body = json_pack("{s:s?, s:o, s:s?, s:s?}",
								 "name", hft_together_deploy_name(call),
								 "autoscaling", write_autoscaling(call),
								 "model", model,
								 "config", hft_pick_word(cursor, "config"));

	hft_json_copy(body, options, copied);
	json_decref(options);
	hft_compose(request, call, "POST", hft_together_v2(call), "%s",
				deployments_path(call, cursor));
	hft_compose_json(request, call, body);
	request->effect = HFT_EFFECT_PAID;
}

/*
 * Without an id it may stand all the same: the outcome is in doubt, and the
 * name finds it.
 */
static bool
keep_deployment(const HftCall *call, HftAnswer *answer, HftOutcome *outcome)
{
	const char *id = hft_pick_id(call->arena, answer->root, "id");

	set_text(answer->cursor, "deployment", id);
	if (id == NULL)
		hft_outcome_fail(outcome, HFT_ERROR_BAD_ANSWER,
						 "The platform's deployment has no usable id.", NULL);
	return id != NULL;
}

/* ---- the walk ---- */

static const Step steps[] = {
	{"project", hft_together_ask_whoami, hft_together_keep_whoami},
	{"model", ask_model, keep_model},
	{"config", ask_configs, keep_config},
	{"hourly", ask_prices, keep_prices},
	{"seen_endpoint", ask_endpoints, keep_endpoints},
	{"endpoint", ask_endpoint, keep_endpoint},
	{"seen_deployment", ask_deployments, keep_deployments},
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

/* A model that was named by its registry id needs no look-up. */
static json_t *
open_cursor(const HftCall *call)
{
	json_t	   *cursor = hft_json_object(call->cursor);

	if (call->deployment->job_remote_id == NULL &&
		strncmp(call->deployment->model, "ml_", 3) == 0)
		set_text(cursor, "model", call->deployment->model);
	return cursor;
}

/* The next step's request. */
bool
hft_together_deploy_request(const HftCall *call, HftRequest *request,
							HftOutcome *outcome)
{
	const char *options = call->deployment->options;
	const char *unknown;
	const char *problem =
		hft_options_check(call->arena, deploy_options,
						  options ? options : "{}", &unknown);
	json_t	   *cursor;
	const Step *step;

	if (problem != NULL)
		return hft_outcome_refuse(outcome, problem, NULL);
	cursor = open_cursor(call);
	step = next_step(cursor);
	if (step->ask != NULL)
		step->ask(call, cursor, request);
	json_decref(cursor);
	if (step->ask == NULL)
		return hft_outcome_refuse(outcome, "The deployment is complete.",
								  NULL);
	return hft_outcome_ready(outcome, call);
}

/* All members are there: what the deployment is, and what it costs. */
static void
finish_deploy(const HftCall *call, const json_t *cursor, HftOutcome *outcome)
{
	json_t	   *options = hft_json_object(call->deployment->options);
	int64_t		replicas = hft_pick_int(options, "min_replicas", 1, 1000);
	int64_t		hourly = hft_pick_count(cursor, "hourly");

	if (replicas == HFT_UNKNOWN)
		replicas = 1;
	outcome->progress = HFT_DONE;
	outcome->remote_id =
		hft_together_deployment_id(call, hft_pick_word(cursor, "project"),
								   hft_pick_word(cursor, "endpoint"),
								   hft_pick_word(cursor, "deployment"));
	outcome->state = HFT_REMOTE_QUEUED;
	outcome->tuned_model = hft_pick_id(call->arena, cursor, "name");
	outcome->info = hft_json_text(call->arena, cursor);
	if (hourly != HFT_UNKNOWN)
		outcome->hourly_nano = hourly * replicas;
	json_decref(options);
}

/*
 * A name that is taken although the listing lacked it is ours, made by a
 * request whose answer was lost: look again.
 */
static void
look_again(const HftCall *call, HftOutcome *outcome)
{
	json_t	   *cursor = open_cursor(call);
	const Step *step = next_step(cursor);
	int64_t		looks = hft_pick_count(cursor, "looks");

	looks = looks == HFT_UNKNOWN ? 1 : looks + 1;
	if (step->member != NULL && looks <= MAX_LOOKS &&
		(strcmp(step->member, "endpoint") == 0 ||
		 strcmp(step->member, "deployment") == 0))
	{
		json_object_del(cursor, strcmp(step->member, "endpoint") == 0 ?
						"seen_endpoint" : "seen_deployment");
		json_object_set_new(cursor, "looks", json_integer(looks));
		hft_outcome_init(outcome);
		hft_outcome_wait(outcome, call, json_incref(cursor), LOOK_WAIT_MS);
	}
	json_decref(cursor);
}

/*
 * A 404 on the way is about a model or a project, not about a deployment that
 * was lost.
 */
void
hft_together_deploy_response(const HftCall *call, const HftResponse *response,
							 HftOutcome *outcome)
{
	HftAnswer	answer;
	const Step *step;

	if (!hft_answer_open(&answer, call, response, hft_together_rules,
						 outcome))
	{
		if (response->status == 409)
			look_again(call, outcome);
		else if (outcome->error == HFT_ERROR_LOST)
			outcome->error = HFT_ERROR_REFUSED;
		return;
	}
	json_decref(answer.cursor);
	answer.cursor = open_cursor(call);
	step = next_step(answer.cursor);
	if (step->keep != NULL && step->keep(call, &answer, outcome))
	{
		json_object_del(answer.cursor, "after");
		if (next_step(answer.cursor)->member != NULL)
			hft_outcome_more(outcome, call, json_incref(answer.cursor));
		else
			finish_deploy(call, answer.cursor, outcome);
	}
	hft_answer_close(&answer, call, outcome);
}
