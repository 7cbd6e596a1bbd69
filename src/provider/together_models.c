/*-------------------------------------------------------------------------
 *
 * together_models.c
 *	  Using tuned models at Together: chat, look at, delete.
 *
 *-------------------------------------------------------------------------
 */
#include <string.h>

#include "provider/completion.h"
#include "provider/together_serving.h"

/* ---- chat ---- */

/* POST /chat/completions at the address of dedicated endpoints. */
bool
hft_together_chat_request(const HftCall *call, HftRequest *request,
						  HftOutcome *outcome)
{
	return hft_completion_compose(call, hft_together_inference(call), request,
								  outcome) &&
		hft_outcome_ready(outcome, call);
}

/* The shape is OpenAI's; the errors are not. */
void
hft_together_chat_response(const HftCall *call, const HftResponse *response,
						   HftOutcome *outcome)
{
	hft_completion_read(call, response, hft_together_rules, outcome);
}

/* ---- what can be trained ---- */

/* The platform tells no retirement dates; it tells what a model takes. */
bool
hft_together_model_info_request(const HftCall *call, HftRequest *request,
								HftOutcome *outcome)
{
	hft_compose(request, call, "GET", hft_together_base(call),
				"/fine-tunes/models/limits?model_name=%s",
				hft_url_encode(call->arena, call->model));
	return hft_outcome_ready(outcome, call);
}

/* The limits are kept whole: ranges, contexts, ranks. */
void
hft_together_model_info_response(const HftCall *call,
								 const HftResponse *response,
								 HftOutcome *outcome)
{
	HftAnswer	answer;

	if (!hft_answer_open(&answer, call, response, hft_together_rules,
						 outcome))
		return;
	outcome->remote_id = hft_pick_id(call->arena, answer.root, "model_name");
	outcome->remote_state = "tunable";
	outcome->info = hft_json_text(call->arena, answer.root);
	hft_answer_close(&answer, call, outcome);
}

/* ---- delete ---- */

/*
 * Models are deleted by the registry's id: who are we, which id has the
 * name, delete.  The cursor holds project, then model.
 */
static json_t *
open_cursor(const HftCall *call)
{
	json_t	   *cursor = hft_json_object(call->cursor);

	if (strncmp(call->model, "ml_", 3) == 0)
		json_object_set_new(cursor, "model", json_string(call->model));
	return cursor;
}

/* The next step's request. */
bool
hft_together_delete_model_request(const HftCall *call, HftRequest *request,
								  HftOutcome *outcome)
{
	json_t	   *cursor = open_cursor(call);
	const char *project = hft_pick_word(cursor, "project");
	const char *model = hft_pick_word(cursor, "model");

	if (project == NULL)
		hft_together_ask_whoami(call, cursor, request);
	else if (model == NULL)
		hft_together_ask_models(call, cursor, request);
	else
		hft_compose(request, call, "DELETE", hft_together_v2(call),
					"/projects/%s/models/%s",
					hft_url_encode(call->arena, project),
					hft_url_encode(call->arena, model));
	json_decref(cursor);
	return hft_outcome_ready(outcome, call);
}

/* A model that the registry does not list is gone (K16). */
static void
read_models(const HftCall *call, HftAnswer *answer, HftOutcome *outcome)
{
	const char *id = hft_together_pick_model(call, answer, call->model);

	if (id == NULL)
	{
		(void) hft_together_next_page(call, answer, outcome);
		return;
	}
	json_object_set_new(answer->cursor, "model", json_string(id));
	hft_outcome_more(outcome, call, json_incref(answer->cursor));
}

/* The step before last may take several pages. */
void
hft_together_delete_model_response(const HftCall *call,
								   const HftResponse *response,
								   HftOutcome *outcome)
{
	json_t	   *cursor = open_cursor(call);
	bool		deleting = hft_pick_word(cursor, "project") != NULL &&
		hft_pick_word(cursor, "model") != NULL;
	HftAnswer	answer;

	json_decref(cursor);
	if (deleting)
	{
		hft_answer_deleted(call, response, hft_together_rules, outcome);
		return;
	}
	if (!hft_answer_open(&answer, call, response, hft_together_rules,
						 outcome))
		return;
	if (hft_pick_word(answer.cursor, "project") != NULL)
		read_models(call, &answer, outcome);
	else if (hft_together_keep_whoami(call, &answer, outcome))
		hft_outcome_more(outcome, call, json_incref(answer.cursor));
	hft_answer_close(&answer, call, outcome);
}
