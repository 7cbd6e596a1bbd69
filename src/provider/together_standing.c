/*-------------------------------------------------------------------------
 *
 * together_standing.c
 *	  A deployment that stands at Together: is it ready, take it down.
 *
 * Ready alone serves nothing: the endpoint must send its traffic there.  So
 * looking at a ready deployment goes on to the endpoint and, if need be,
 * routes it; that is repeatable and heals a walk that was cut off.
 *
 * Taking down goes stop, traffic away, delete deployment, delete endpoint;
 * whatever is gone already counts as done (K16).  The cursor of both holds
 * stage, and tries where something has to be waited for.
 *
 *-------------------------------------------------------------------------
 */
#include <string.h>

#include "provider/states.h"
#include "provider/together_serving.h"

#define POLL_MS 5000
#define RETRY_MS 5000
#define MAX_TRIES 60
#define MAX_ROUTES 5
#define NEW_TRIES 3				/* 404 of a deployment just made */

/* ---- addresses ---- */

/* The resource path of the endpoint that a deployment belongs to. */
static const char *
endpoint_path(const HftCall *call)
{
	const char *path = call->deployment->remote_id;
	const char *end = strstr(path, "/deployments/");

	return hft_arena_strndup(call->arena, path,
							 end ? (size_t) (end - path) : strlen(path));
}

/* The last part of the resource path. */
static const char *
deployment_id(const HftCall *call)
{
	const char *slash = strrchr(call->deployment->remote_id, '/');

	return slash ? slash + 1 : call->deployment->remote_id;
}

/* false, with the reason, when there is nothing to look at. */
static bool
is_deployed(const HftCall *call, HftOutcome *outcome)
{
	if (call->deployment->remote_id == NULL)
		return hft_outcome_refuse(outcome, "The deployment is not at the "
								  "platform.", NULL);
	return true;
}

/* No stage in the cursor is none of them. */
static bool
is_stage(const json_t *cursor, const char *name)
{
	const char *stage = hft_pick_word(cursor, "stage");

	return stage != NULL && strcmp(stage, name) == 0;
}

/* A stage begins without tries. */
static json_t *
stage_cursor(const char *name)
{
	return json_pack("{s:s}", "stage", name);
}

/* Count a try of the stage; false when it was one too many. */
static bool
try_again(const HftCall *call, const char *stage, int64_t most,
		  HftOutcome *outcome)
{
	json_t	   *cursor = hft_json_object(call->cursor);
	int64_t		tries = hft_pick_count(cursor, "tries");

	json_decref(cursor);
	tries = tries == HFT_UNKNOWN ? 1 : tries + 1;
	if (tries > most)
		return false;
	hft_outcome_init(outcome);
	hft_outcome_wait(outcome, call,
					 json_pack("{s:s, s:I}", "stage", stage,
							   "tries", (json_int_t) tries), RETRY_MS);
	return true;
}

/* PATCH the endpoint so that our deployment gets this weight. */
static void
compose_route(const HftCall *call, const json_t *cursor, double weight,
			  HftRequest *request)
{
	hft_compose(request, call, "PATCH", hft_together_v2(call), "/%s",
				endpoint_path(call));
	hft_compose_json(request, call,
					 json_pack("{s:[{s:s, s:f}], s:s*}", "trafficSplit",
							   "deploymentId", deployment_id(call),
							   "weight", weight,
							   "etag", hft_pick_word(cursor, "etag")));
}

/* The weight that an endpoint gives to our deployment. */
static double
weight_of(const HftCall *call, const json_t *endpoint)
{
	size_t		i;
	json_t	   *entry;

	json_array_foreach(hft_pick_array(endpoint, "trafficSplit"), i, entry)
	{
		const char *id = hft_pick_word(entry, "deploymentId");

		if (id != NULL && strcmp(id, deployment_id(call)) == 0)
			return hft_pick_number(entry, "weight");
	}
	return 0;
}

/* Route with the etag just read. */
static void
go_route(const HftCall *call, const HftAnswer *answer, HftOutcome *outcome)
{
	json_t	   *next = stage_cursor("route");
	json_t	   *etag = json_object_get(answer->root, "etag");
	json_t	   *tries = json_object_get(answer->cursor, "tries");

	if (json_is_string(etag))
		json_object_set(next, "etag", etag);
	if (tries != NULL)
		json_object_set(next, "tries", tries);
	hft_outcome_more(outcome, call, next);
}

/* ---- status ---- */

/* The deployment, then its endpoint, then the route if it is missing. */
bool
hft_together_deploy_status_request(const HftCall *call, HftRequest *request,
								   HftOutcome *outcome)
{
	json_t	   *cursor;

	if (!is_deployed(call, outcome))
		return false;
	cursor = hft_json_object(call->cursor);
	if (is_stage(cursor, "route"))
		compose_route(call, cursor, 1, request);
	else
		hft_compose(request, call, "GET", hft_together_v2(call), "/%s",
					is_stage(cursor, "endpoint") ? endpoint_path(call) :
					call->deployment->remote_id);
	json_decref(cursor);
	return hft_outcome_ready(outcome, call);
}

/* A word that is not here keeps it polled (F35). */
static HftRemoteState
state_of(const char *word)
{
	static const HftStateWord words[] = {
		{"DEPLOYMENT_STATE_PROVISIONING", HFT_REMOTE_QUEUED},
		{"DEPLOYMENT_STATE_SCALING", HFT_REMOTE_QUEUED},
		{"DEPLOYMENT_STATE_READY", HFT_REMOTE_RUNNING},
		{"DEPLOYMENT_STATE_DEGRADED", HFT_REMOTE_RUNNING},
		{"DEPLOYMENT_STATE_STOPPING", HFT_REMOTE_CANCELLED},
		{"DEPLOYMENT_STATE_STOPPED", HFT_REMOTE_CANCELLED},
		{"DEPLOYMENT_STATE_FAILED", HFT_REMOTE_FAILED},
		{NULL, HFT_REMOTE_UNKNOWN}
	};

	return hft_state_lookup(words, word);
}

/* Still coming up: wait.  Ready: see to its traffic.  Else it is over. */
static void
read_deployment(const HftCall *call, const json_t *root, HftOutcome *outcome)
{
	const json_t *status = hft_pick_object(root, "status");

	outcome->remote_id = call->deployment->remote_id;
	outcome->remote_state = hft_pick_id(call->arena, status, "state");
	outcome->state = state_of(outcome->remote_state);
	outcome->message = hft_pick_text(call->arena, status, "message");
	outcome->info = hft_json_text(call->arena, root);
	if (hft_pick_count(status, "readyReplicas") > 0 &&
		outcome->state == HFT_REMOTE_QUEUED)
		outcome->state = HFT_REMOTE_RUNNING;	/* scaling, but it answers */
	if (outcome->state == HFT_REMOTE_RUNNING)
		hft_outcome_more(outcome, call, stage_cursor("endpoint"));
	else if (outcome->state == HFT_REMOTE_QUEUED ||
			 outcome->state == HFT_REMOTE_UNKNOWN)
	{
		outcome->progress = HFT_WAIT;
		outcome->wait_ms = POLL_MS;
	}
}

/* The endpoint, read or just changed. */
static void
read_endpoint(const HftCall *call, const HftAnswer *answer,
			  HftOutcome *outcome)
{
	outcome->remote_id = call->deployment->remote_id;
	outcome->tuned_model = hft_pick_id(call->arena, answer->root, "name");
	if (weight_of(call, answer->root) > 0)
		outcome->state = HFT_REMOTE_RUNNING;
	else
		go_route(call, answer, outcome);
}

/* Done means that it answers, or never will. */
void
hft_together_deploy_status_response(const HftCall *call,
									const HftResponse *response,
									HftOutcome *outcome)
{
	HftAnswer	answer;

	if (!hft_answer_open(&answer, call, response, hft_together_rules,
						 outcome))
	{
		/* a stale etag is read again; a new deployment may be unknown yet */
		if (response->status == 409)
			(void) try_again(call, "endpoint", MAX_ROUTES, outcome);
		else if (outcome->error == HFT_ERROR_LOST)
			(void) try_again(call, "deployment", NEW_TRIES, outcome);
		return;
	}
	if (is_stage(answer.cursor, "endpoint") ||
		is_stage(answer.cursor, "route"))
		read_endpoint(call, &answer, outcome);
	else
		read_deployment(call, answer.root, outcome);
	hft_answer_close(&answer, call, outcome);
}

/* ---- taking down ---- */

/* stage names in their order; no stage in the cursor: "stop" */
static const char *const undeploy_stages[] = {
	"stop", "look", "route", "delete", "delete_endpoint", NULL
};

/* An unknown stage is read as the first: stopping twice is harmless. */
static int
undeploy_stage(const json_t *cursor)
{
	for (int i = 0; undeploy_stages[i] != NULL; i++)
	{
		if (is_stage(cursor, undeploy_stages[i]))
			return i;
	}
	return 0;
}

/* The request of the cursor's stage. */
bool
hft_together_undeploy_request(const HftCall *call, HftRequest *request,
							  HftOutcome *outcome)
{
	const char *v2 = hft_together_v2(call);
	json_t	   *cursor;
	const char *stage;

	if (!is_deployed(call, outcome))
		return false;
	cursor = hft_json_object(call->cursor);
	stage = undeploy_stages[undeploy_stage(cursor)];
	if (strcmp(stage, "stop") == 0)
	{
		hft_compose(request, call, "PATCH", v2, "/%s",
					call->deployment->remote_id);
		hft_compose_json(request, call,
						 json_pack("{s:{s:i, s:i}}", "autoscaling",
								   "minReplicas", 0, "maxReplicas", 0));
	}
	else if (strcmp(stage, "look") == 0)
		hft_compose(request, call, "GET", v2, "/%s", endpoint_path(call));
	else if (strcmp(stage, "route") == 0)
		compose_route(call, cursor, 0, request);
	else
		hft_compose(request, call, "DELETE", v2, "/%s",
					strcmp(stage, "delete") == 0 ?
					call->deployment->remote_id : endpoint_path(call));
	json_decref(cursor);
	return hft_outcome_ready(outcome, call);
}

/* The stage after, or done: nothing stands. */
static void
go_on(const HftCall *call, int stage, HftOutcome *outcome)
{
	hft_outcome_init(outcome);
	if (undeploy_stages[stage] != NULL)
		hft_outcome_more(outcome, call, stage_cursor(undeploy_stages[stage]));
	else
		outcome->state = HFT_REMOTE_CANCELLED;
}

/*
 * Refused: it is still stopping, or the etag is stale.  Wait, and begin the
 * stage again; a route begins with looking.
 */
static void
undeploy_refused(const HftCall *call, const char *stage, HftOutcome *outcome)
{
	if (strcmp(stage, "route") == 0)
		(void) try_again(call, "look", MAX_TRIES, outcome);
	else if (strcmp(stage, "stop") != 0)
		(void) try_again(call, stage, MAX_TRIES, outcome);
}

/*
 * Looking is the one stage whose answer is read; of the others only the
 * status counts.
 */
void
hft_together_undeploy_response(const HftCall *call,
							   const HftResponse *response,
							   HftOutcome *outcome)
{
	HftAnswer	answer = {.cursor = hft_json_object(call->cursor)};
	int			stage = undeploy_stage(answer.cursor);
	const char *name = undeploy_stages[stage];

	json_decref(answer.cursor);
	if (strcmp(name, "look") == 0 && response->status == 200)
	{
		if (!hft_answer_open(&answer, call, response, hft_together_rules,
							 outcome))
			return;
		if (weight_of(call, answer.root) > 0)
			go_route(call, &answer, outcome);
		else
			go_on(call, stage + 2, outcome);
		hft_answer_close(&answer, call, outcome);
		return;
	}
	if (hft_answer_is_success(call, response, hft_together_rules, outcome) ||
		outcome->error == HFT_ERROR_LOST)
		go_on(call, stage + 1, outcome);
	else if (outcome->error == HFT_ERROR_REFUSED || response->status == 409)
		undeploy_refused(call, name, outcome);
}
