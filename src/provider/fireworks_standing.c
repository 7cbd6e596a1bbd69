/*-------------------------------------------------------------------------
 *
 * fireworks_standing.c
 *	  A deployment that stands at Fireworks: is it ready, take it down.
 *
 * Onto a deployment that takes adapters ours is loaded once it is ready; that
 * call has no id of our choice, so the loaded ones are listed first.  Looking
 * at a deployment repeats this, and so heals what was cut off.  The cursor
 * has "stage"; while a listing is walked also token and pages.
 *
 * Taking down a guest unloads its adapter.  A host unloads its own and is
 * deleted when no other adapter is on it.  Deleting is looked at until it
 * shows, because what stands costs money.
 *
 *-------------------------------------------------------------------------
 */
#include <string.h>
#include <strings.h>

#include "provider/fireworks_serving.h"
#include "provider/states.h"

#define POLL_MS 5000
#define MAX_TRIES 60
#define NEW_TRIES 3				/* 404 of a deployment just made */

/* ---- the deployment ---- */

/* A word that is not here keeps it polled (F35). */
static HftRemoteState
state_of(const char *word)
{
	static const HftStateWord words[] = {
		{"CREATING", HFT_REMOTE_QUEUED},
		{"READY", HFT_REMOTE_RUNNING},
		{"UPDATING", HFT_REMOTE_RUNNING},
		{"FAILED", HFT_REMOTE_FAILED},
		{"DELETING", HFT_REMOTE_CANCELLED},
		{"DELETED", HFT_REMOTE_CANCELLED},
		{NULL, HFT_REMOTE_UNKNOWN}
	};

	return hft_state_lookup(words, word);
}

/* The safe form, which no other adapter answers, or the deployment's own. */
static const char *
endpoint_of(const HftCall *call, const char *deployment)
{
	if (hft_fireworks_serving(call) == HFT_FIREWORKS_MERGED)
		return deployment;
	return hft_arena_printf(call->arena, "%s#%s",
							hft_fireworks_model(call,
												call->deployment->model),
							deployment);
}

/*
 * GPUs cost while their replicas stand, none while it is scaled to zero.  The
 * guest's GPUs are on the bill of its host.
 */
static void
read_hardware(const HftCall *call, const json_t *deployment,
			  HftOutcome *outcome)
{
	int64_t		gpus = hft_pick_int(deployment, "acceleratorCount", 1, 1000);
	int64_t		replicas = hft_pick_int(deployment, "replicaCount", 0, 10000);

	json_t	   *listed = json_pack("{s:O?}", "accelerator_type",
								   json_object_get(deployment,
												   "acceleratorType"));

	outcome->price_options = hft_json_text(call->arena, listed);
	json_decref(listed);
	if (hft_fireworks_serving(call) == HFT_FIREWORKS_GUEST)
		outcome->hourly_nano = 0;
	else
		outcome->units = (gpus == HFT_UNKNOWN ? 1 : gpus) *
			(replicas == HFT_UNKNOWN ? 0 : replicas);
}

void
hft_fireworks_read_deployment(const HftCall *call, const json_t *deployment,
							  HftOutcome *outcome)
{
	const char *name = hft_pick_id(call->arena, deployment, "name");

	outcome->remote_state = hft_pick_id(call->arena, deployment, "state");
	outcome->state = state_of(outcome->remote_state);
	outcome->info = hft_json_text(call->arena, deployment);
	if (name != NULL)
		outcome->tuned_model = endpoint_of(call, name);
	hft_fireworks_read_status(call, deployment, outcome);
	read_hardware(call, deployment, outcome);
}

/* ---- stages ---- */

static bool
is_deployed(const HftCall *call, HftOutcome *outcome)
{
	if (call->deployment->remote_id == NULL)
		return hft_outcome_refuse(outcome, "The deployment is not at the "
								  "platform.", NULL);
	return true;
}

static const char *
stage_of(const json_t *cursor)
{
	const char *stage = hft_pick_word(cursor, "stage");

	return stage ? stage : "";
}

static void
go_to(const HftCall *call, const char *stage, HftOutcome *outcome)
{
	hft_outcome_init(outcome);
	hft_outcome_more(outcome, call, json_pack("{s:s}", "stage", stage));
}

/* Wait and do the stage again; false when it was tried too often. */
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
							   "tries", (json_int_t) tries), POLL_MS);
	return true;
}

/* ---- adapters ---- */

/* Is this text that word? */
static bool
is_word(const char *text, const char *word)
{
	return text != NULL && strcmp(text, word) == 0;
}

/* Of a page of deployedModels: ours, and how many others are on it. */
static const json_t *
find_adapter(const HftCall *call, const json_t *root, int *others)
{
	const char *model = hft_fireworks_model(call, call->deployment->model);
	const json_t *ours = NULL;
	size_t		i;
	json_t	   *item;

	*others = 0;
	json_array_foreach(hft_pick_array(root, "deployedModels"), i, item)
	{
		if (!is_word(hft_pick_word(item, "deployment"),
					 call->deployment->remote_id))
			continue;
		if (model != NULL && is_word(hft_pick_word(item, "model"), model))
			ours = item;
		else
			(*others)++;
	}
	return ours;
}

/* ---- status ---- */

/* POST deployedModels: no id of ours, so only after a listing. */
static bool
ask_load(const HftCall *call, HftRequest *request, HftOutcome *outcome)
{
	if (!hft_fireworks_compose(call, request, outcome, "POST",
							   hft_fireworks_collection(call,
														"deployedModels"),
							   ""))
		return false;
	hft_compose_json(request, call,
					 json_pack("{s:s?, s:s, s:s}", "model",
							   hft_fireworks_model(call,
												   call->deployment->model),
							   "deployment", call->deployment->remote_id,
							   "displayName", call->deployment->name));
	return hft_outcome_ready(outcome, call);
}

bool
hft_fireworks_deploy_status_request(const HftCall *call, HftRequest *request,
									HftOutcome *outcome)
{
	json_t	   *cursor;
	bool		composed;

	if (!is_deployed(call, outcome))
		return false;
	cursor = hft_json_object(call->cursor);
	if (strcmp(stage_of(cursor), "adapters") == 0)
		composed = hft_fireworks_ask_page(call, request, outcome,
										  "deployedModels");
	else if (strcmp(stage_of(cursor), "load") == 0)
		composed = ask_load(call, request, outcome);
	else
		composed = hft_fireworks_compose(call, request, outcome, "GET",
										 call->deployment->remote_id, "");
	json_decref(cursor);
	return composed;
}

/* Coming up: wait.  Ready: see to its adapter.  Else it is over. */
static void
judge_deployment(const HftCall *call, const HftAnswer *answer,
				 HftOutcome *outcome)
{
	hft_fireworks_read_deployment(call, answer->root, outcome);
	outcome->remote_id = call->deployment->remote_id;
	if (outcome->state == HFT_REMOTE_RUNNING &&
		hft_fireworks_serving(call) != HFT_FIREWORKS_MERGED)
	{
		outcome->state = HFT_REMOTE_QUEUED;
		hft_outcome_more(outcome, call,
						 json_pack("{s:s}", "stage", "adapters"));
	}
	else if (outcome->state == HFT_REMOTE_QUEUED ||
			 outcome->state == HFT_REMOTE_UNKNOWN)
	{
		outcome->progress = HFT_WAIT;
		outcome->wait_ms = POLL_MS;
	}
}

/* Loaded, or being loaded; what is being loaded is looked at again. */
static void
judge_adapter(const HftCall *call, const json_t *adapter,
			  HftOutcome *outcome)
{
	const char *state = hft_pick_word(adapter, "state");

	outcome->remote_id = call->deployment->remote_id;
	outcome->tuned_model = endpoint_of(call, call->deployment->remote_id);
	if (state != NULL && (strcasecmp(state, "DEPLOYED") == 0 ||
						  strcasecmp(state, "UPDATING") == 0))
	{
		outcome->state = HFT_REMOTE_RUNNING;
		return;
	}
	outcome->state = HFT_REMOTE_QUEUED;
	hft_outcome_wait(outcome, call, json_pack("{s:s}", "stage", "adapters"),
					 POLL_MS);
}

static void
judge_page(const HftCall *call, HftAnswer *answer, HftOutcome *outcome)
{
	int			others;
	const json_t *adapter = find_adapter(call, answer->root, &others);

	if (adapter != NULL)
		judge_adapter(call, adapter, outcome);
	else if (!hft_fireworks_next_page(call, answer, outcome))
		go_to(call, "load", outcome);
}

/* Done means that it answers, or never will. */
void
hft_fireworks_deploy_status_response(const HftCall *call,
									 const HftResponse *response,
									 HftOutcome *outcome)
{
	HftAnswer	answer;

	if (!hft_fireworks_open(&answer, call, response, outcome))
	{
		/* loaded by a request whose answer was lost: it is in the listing */
		if (response->status == 409)
			(void) try_again(call, "adapters", MAX_TRIES, outcome);
		else if (outcome->error == HFT_ERROR_LOST)
			(void) try_again(call, "", NEW_TRIES, outcome);
		return;
	}
	if (strcmp(stage_of(answer.cursor), "adapters") == 0)
		judge_page(call, &answer, outcome);
	else if (strcmp(stage_of(answer.cursor), "load") == 0)
		judge_adapter(call, answer.root, outcome);
	else
		judge_deployment(call, &answer, outcome);
	hft_answer_close(&answer, call, outcome);
}

/* ---- taking down ---- */

/* The first stage: adapters are unloaded before what they are on goes. */
static const char *
undeploy_stage(const HftCall *call, const json_t *cursor)
{
	if (hft_pick_word(cursor, "stage") != NULL)
		return stage_of(cursor);
	return hft_fireworks_serving(call) == HFT_FIREWORKS_MERGED ? "delete" :
		"list";
}

bool
hft_fireworks_undeploy_request(const HftCall *call, HftRequest *request,
							   HftOutcome *outcome)
{
	json_t	   *cursor;
	const char *stage;
	bool		composed;

	if (!is_deployed(call, outcome))
		return false;
	cursor = hft_json_object(call->cursor);
	stage = undeploy_stage(call, cursor);
	if (strcmp(stage, "list") == 0)
		composed = hft_fireworks_ask_page(call, request, outcome,
										  "deployedModels");
	else if (strcmp(stage, "unload") == 0)
		composed = hft_fireworks_compose(call, request, outcome, "DELETE",
										 hft_pick_text(call->arena, cursor,
													   "adapter"), "");
	else if (strcmp(stage, "look") == 0)
		composed = hft_fireworks_compose(call, request, outcome, "GET",
										 call->deployment->remote_id, "");
	else
		composed = hft_fireworks_compose(call, request, outcome, "DELETE",
										 call->deployment->remote_id,
										 "?ignoreChecks=true");
	json_decref(cursor);
	return composed;
}

/* Nothing of ours stands. */
static void
finish(HftOutcome *outcome)
{
	hft_outcome_init(outcome);
	outcome->state = HFT_REMOTE_CANCELLED;
}

/* The adapter is gone: what is left to do? */
static void
after_adapter(const HftCall *call, HftOutcome *outcome)
{
	if (hft_fireworks_serving(call) == HFT_FIREWORKS_GUEST)
		finish(outcome);
	else
		go_to(call, "delete", outcome);
}

/*
 * All pages are walked, because others on a host of ours must not lose their
 * place; our adapter's name is kept on the way.
 */
static void
read_adapters(const HftCall *call, HftAnswer *answer, HftOutcome *outcome)
{
	int			others;
	const json_t *ours = find_adapter(call, answer->root, &others);
	json_t	   *name;

	json_object_set_new(answer->cursor, "stage", json_string("list"));
	if (ours != NULL && json_is_string(json_object_get(ours, "name")))
		json_object_set(answer->cursor, "adapter",
						json_object_get(ours, "name"));
	if (others > 0 && hft_fireworks_serving(call) == HFT_FIREWORKS_HOST)
	{
		hft_outcome_fail(outcome, HFT_ERROR_REFUSED, "Other models are "
						 "loaded on this deployment.",
						 "Undeploy those first; this one follows by itself.");
		return;
	}
	if (hft_fireworks_next_page(call, answer, outcome))
		return;
	name = json_object_get(answer->cursor, "adapter");
	if (name == NULL)
		after_adapter(call, outcome);
	else
		hft_outcome_more(outcome, call,
						 json_pack("{s:s, s:O}", "stage", "unload",
								   "adapter", name));
}

/* It is deleted when it says so, or is not there any more (K16). */
static void
look_answer(const HftCall *call, const HftResponse *response,
			HftOutcome *outcome)
{
	HftAnswer	answer;
	HftRemoteState state;

	if (!hft_fireworks_open(&answer, call, response, outcome))
	{
		if (outcome->error == HFT_ERROR_LOST)
			finish(outcome);
		return;
	}
	state = state_of(hft_pick_word(answer.root, "state"));
	hft_answer_close(&answer, call, outcome);
	if (state == HFT_REMOTE_CANCELLED)
		finish(outcome);
	else
		go_to(call, "delete", outcome);
}

static void
list_answer(const HftCall *call, const HftResponse *response,
			HftOutcome *outcome)
{
	HftAnswer	answer;

	if (!hft_fireworks_open(&answer, call, response, outcome))
		return;
	read_adapters(call, &answer, outcome);
	hft_answer_close(&answer, call, outcome);
}

/* Of a DELETE only the status counts; a refusal may pass. */
static void
delete_answer(const HftCall *call, const HftResponse *response,
			  const char *stage, HftOutcome *outcome)
{
	bool		unloading = strcmp(stage, "unload") == 0;

	if (!hft_fireworks_succeeded(call, response, outcome) &&
		outcome->error != HFT_ERROR_LOST)
		return;
	if (unloading)
		after_adapter(call, outcome);
	else if (outcome->error == HFT_ERROR_LOST)
		finish(outcome);
	else
		go_to(call, "look", outcome);
}

void
hft_fireworks_undeploy_response(const HftCall *call,
								const HftResponse *response,
								HftOutcome *outcome)
{
	json_t	   *cursor = hft_json_object(call->cursor);
	const char *stage = undeploy_stage(call, cursor);

	if (strcmp(stage, "list") == 0)
		list_answer(call, response, outcome);
	else if (strcmp(stage, "look") == 0)
		look_answer(call, response, outcome);
	else
		delete_answer(call, response, stage, outcome);
	json_decref(cursor);
}
