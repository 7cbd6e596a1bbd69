/*-------------------------------------------------------------------------
 *
 * vertex_serve.c
 *	  Endpoints of tuned models: look at, take down; models: look at, delete.
 *
 * The platform stands an endpoint up when a job succeeds, and it costs
 * nothing while idle.  So to deploy is to see that it is there, and to
 * undeploy is to take the model off it and to delete it, which cannot be
 * undone.  Both take operations that are polled.
 *
 * The cursor of taking down: operation (to be polled), model (deployed
 * model's id, to be taken off), stage ("delete": the endpoint is empty).
 *
 *-------------------------------------------------------------------------
 */
#include <string.h>

#include "provider/vertex.h"

#define OPERATION_WAIT_MS 2000

/* ---- look at ---- */

/* GET of a thing of ours by its full name. */
static bool
compose_thing(const HftCall *call, HftRequest *request, const char *method,
			  const char *name)
{
	hft_compose(request, call, method, hft_vertex_serving(call, name),
				"/v1/%s", name);
	return true;
}

bool
hft_vertex_deploy_request(const HftCall *call, HftRequest *request,
						  HftOutcome *outcome)
{
	if (!hft_vertex_is_name(call->deployment->model, "endpoints"))
		return hft_outcome_refuse(outcome, "Vertex AI stands up the endpoint "
								  "of a tuned model itself, and this model "
								  "has none.", "Tune it again, or create the "
								  "endpoint in the console.");
	return compose_thing(call, request, "GET", call->deployment->model) &&
		hft_outcome_ready(outcome, call);
}

static void
read_endpoint(const HftCall *call, const json_t *endpoint,
			  HftOutcome *outcome)
{
	outcome->remote_id = hft_pick_id(call->arena, endpoint, "name");
	outcome->tuned_model = outcome->remote_id;
	outcome->hourly_nano = 0;
	outcome->remote_state = "deployed";
	outcome->state = HFT_REMOTE_RUNNING;
	if (json_array_size(hft_pick_array(endpoint, "deployedModels")) == 0)
	{
		outcome->remote_state = "empty";
		outcome->state = HFT_REMOTE_CANCELLED;
	}
	if (hft_vertex_is_name(outcome->remote_id, "endpoints"))
		return;
	outcome->remote_id = NULL;
	hft_outcome_fail(outcome, HFT_ERROR_BAD_ANSWER,
					 "The platform's endpoint has no usable name.", NULL);
}

void
hft_vertex_deploy_response(const HftCall *call, const HftResponse *response,
						   HftOutcome *outcome)
{
	HftAnswer	answer;

	if (!hft_vertex_open(&answer, call, response, outcome))
	{
		if (outcome->error == HFT_ERROR_LOST)
			hft_outcome_fail(outcome, HFT_ERROR_REFUSED, "The endpoint of "
							 "this model does not exist any more.",
							 "Tune the model again to get a new one.");
		return;
	}
	read_endpoint(call, answer.root, outcome);
	if (outcome->state == HFT_REMOTE_CANCELLED)
	{
		outcome->remote_id = NULL;
		hft_outcome_fail(outcome, HFT_ERROR_REFUSED, "The model was taken "
						 "off its endpoint.", "Tune the model again to get a "
						 "new one.");
	}
	hft_answer_close(&answer, call, outcome);
}

bool
hft_vertex_deploy_status_request(const HftCall *call, HftRequest *request,
								 HftOutcome *outcome)
{
	if (!hft_vertex_is_name(call->deployment->remote_id, "endpoints"))
		return hft_outcome_refuse(outcome, "The deployment's id is none of "
								  "Vertex AI.", NULL);
	return compose_thing(call, request, "GET", call->deployment->remote_id) &&
		hft_outcome_ready(outcome, call);
}

void
hft_vertex_deploy_status_response(const HftCall *call,
								  const HftResponse *response,
								  HftOutcome *outcome)
{
	HftAnswer	answer;

	if (!hft_vertex_open(&answer, call, response, outcome))
		return;
	read_endpoint(call, answer.root, outcome);
	hft_answer_close(&answer, call, outcome);
}

/* ---- take down ---- */

static bool
compose_undeploy(const HftCall *call, HftRequest *request,
				 const json_t *cursor)
{
	const char *endpoint = call->deployment->remote_id;
	const char *operation = hft_pick_text(call->arena, cursor, "operation");
	const char *model = hft_pick_text(call->arena, cursor, "model");

	if (operation != NULL)
		return compose_thing(call, request, "GET", operation);
	if (model != NULL)
	{
		hft_compose(request, call, "POST", hft_vertex_serving(call, endpoint),
					"/v1/%s:undeployModel", endpoint);
		hft_compose_json(request, call,
						 json_pack("{s:s}", "deployedModelId", model));
		return true;
	}
	return compose_thing(call, request, hft_pick_word(cursor, "stage") ?
						 "DELETE" : "GET", endpoint);
}

bool
hft_vertex_undeploy_request(const HftCall *call, HftRequest *request,
							HftOutcome *outcome)
{
	json_t	   *cursor = hft_json_object(call->cursor);
	bool		composed;

	if (!hft_vertex_is_name(call->deployment->remote_id, "endpoints"))
		composed = hft_outcome_refuse(outcome, "The deployment's id is none "
									  "of Vertex AI.", NULL);
	else
		composed = compose_undeploy(call, request, cursor);
	json_decref(cursor);
	return composed && hft_outcome_ready(outcome, call);
}

/* What is on the endpoint goes first; an empty endpoint is deleted. */
static void
take_endpoint(const HftCall *call, const json_t *endpoint,
			  HftOutcome *outcome)
{
	const json_t *deployed = json_array_get(hft_pick_array(endpoint,
														   "deployedModels"),
											0);
	const char *model = hft_pick_id(call->arena, deployed, "id");

	if (model != NULL)
		hft_outcome_more(outcome, call, json_pack("{s:s}", "model", model));
	else
		hft_outcome_more(outcome, call, json_pack("{s:s}", "stage",
												  "delete"));
}

/*
 * An operation that is not done is asked again.  One that is leads back to
 * the endpoint, which is looked at until it is gone: 404 is the end.
 */
static void
take_operation(const HftCall *call, HftAnswer *answer, HftOutcome *outcome)
{
	const char *name = hft_pick_word(answer->root, "name");
	const json_t *error = hft_pick_object(answer->root, "error");

	if (error != NULL)
		hft_outcome_fail(outcome, HFT_ERROR_TRANSIENT,
						 hft_pick_text(call->arena, error, "message"), NULL);
	else if (hft_pick_bool(answer->root, "done", false))
		hft_outcome_wait(outcome, call, hft_json_new(), OPERATION_WAIT_MS);
	else if (hft_vertex_is_name(name, "operations"))
		hft_outcome_wait(outcome, call, json_pack("{s:s}", "operation", name),
						 OPERATION_WAIT_MS);
	else
		hft_outcome_fail(outcome, HFT_ERROR_BAD_ANSWER,
						 "The platform's operation has no usable name.",
						 NULL);
}

void
hft_vertex_undeploy_response(const HftCall *call, const HftResponse *response,
							 HftOutcome *outcome)
{
	HftAnswer	answer;

	if (!hft_vertex_open(&answer, call, response, outcome))
	{
		/* with a hint it is the page of a host that knows nothing of us */
		if (outcome->error == HFT_ERROR_LOST && outcome->hint == NULL)
			hft_outcome_init(outcome);
		return;
	}
	if (json_object_size(answer.cursor) == 0)
		take_endpoint(call, answer.root, outcome);
	else
		take_operation(call, &answer, outcome);
	hft_answer_close(&answer, call, outcome);
}

/* ---- models ---- */

/*
 * An endpoint or a model by its full name.  Google's own models have no
 * address that tells of their retirement.
 */
bool
hft_vertex_model_info_request(const HftCall *call, HftRequest *request,
							  HftOutcome *outcome)
{
	if (!hft_vertex_is_name(call->model, "endpoints") &&
		!hft_vertex_is_name(call->model, "models"))
		return hft_outcome_refuse(outcome, "Vertex AI tells nothing about "
								  "its base models by API.",
								  "hft.retirement has the published days.");
	return compose_thing(call, request, "GET", call->model) &&
		hft_outcome_ready(outcome, call);
}

void
hft_vertex_model_info_response(const HftCall *call,
							   const HftResponse *response,
							   HftOutcome *outcome)
{
	HftAnswer	answer;

	if (!hft_vertex_open(&answer, call, response, outcome))
		return;
	outcome->remote_id = hft_pick_id(call->arena, answer.root, "name");
	outcome->remote_state = "available";
	outcome->info = hft_json_text(call->arena, answer.root);
	if (outcome->remote_id == NULL)
		hft_outcome_fail(outcome, HFT_ERROR_BAD_ANSWER,
						 "The platform's model has no usable name.", NULL);
	hft_answer_close(&answer, call, outcome);
}

/* A version is deleted with its model: "models/987@1" is "models/987". */
bool
hft_vertex_delete_model_request(const HftCall *call, HftRequest *request,
								HftOutcome *outcome)
{
	const char *at;

	if (!hft_vertex_is_name(call->model, "models"))
		return hft_outcome_refuse(outcome, "Only a model can be deleted, by "
								  "its full name.", NULL);
	at = strrchr(call->model, '@');
	return compose_thing(call, request, "DELETE", at == NULL ? call->model :
						 hft_arena_strndup(call->arena, call->model,
										   at - call->model)) &&
		hft_outcome_ready(outcome, call);
}

void
hft_vertex_delete_model_response(const HftCall *call,
								 const HftResponse *response,
								 HftOutcome *outcome)
{
	hft_answer_deleted(call, response, hft_vertex_rules, outcome);
}
