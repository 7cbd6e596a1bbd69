/*-------------------------------------------------------------------------
 *
 * openai_serve.c
 *	  Using tuned models at OpenAI: chat, look at, delete.
 *
 *-------------------------------------------------------------------------
 */
#include <ctype.h>
#include <string.h>

#include "provider/completion.h"
#include "provider/openai.h"
#include "provider/times.h"

/* ---- chat ---- */

/* POST /chat/completions */
bool
hft_openai_chat_request(const HftCall *call, HftRequest *request,
						HftOutcome *outcome)
{
	return hft_completion_compose(call, hft_openai_base(call), request,
								  outcome) &&
		hft_openai_finish(call, request, outcome);
}

/*
 * 404 right after success may mean that the model is still loading; the
 * rule's hint says so.
 */
void
hft_openai_chat_response(const HftCall *call, const HftResponse *response,
						 HftOutcome *outcome)
{
	hft_completion_read(call, response, hft_openai_rules(call), outcome);
}

/* ---- model ---- */

/* GET or DELETE /models/{id}; ids of tuned models have colons. */
static bool
compose_model(const HftCall *call, HftRequest *request, const char *method,
			  HftOutcome *outcome)
{
	hft_compose(request, call, method, hft_openai_base(call), "/models/%s",
				hft_url_encode(call->arena, call->model));
	return hft_openai_finish(call, request, outcome);
}

/* GET /models/{id} */
bool
hft_openai_model_info_request(const HftCall *call, HftRequest *request,
							  HftOutcome *outcome)
{
	return compose_model(call, request, "GET", outcome);
}

/*
 * YYYY-MM-DD by its shape; whether the day exists is for the database to say.
 */
static bool
is_date(const char *text)
{
	static const char shape[] = "dddd-dd-dd";

	if (text == NULL || strlen(text) != sizeof(shape) - 1)
		return false;
	for (int i = 0; shape[i] != '\0'; i++)
	{
		if (shape[i] == 'd' ? !isdigit((unsigned char) text[i]) :
			text[i] != shape[i])
			return false;
	}
	return true;
}

/*
 * shutdown_date may be null, absent, or something we do not read; Azure tells
 * the moment when a model stops to answer.
 */
void
hft_openai_model_info_response(const HftCall *call,
							   const HftResponse *response,
							   HftOutcome *outcome)
{
	HftAnswer	answer;
	const char *date;

	if (!hft_openai_open(&answer, call, response, outcome))
		return;
	outcome->remote_id = hft_pick_id(call->arena, answer.root, "id");
	outcome->remote_state = "available";
	outcome->info = hft_json_text(call->arena, answer.root);
	date = hft_pick_id(call->arena, answer.root, "shutdown_date");
	if (is_date(date))
		outcome->retires_on = date;
	else
		outcome->retires_on =
			hft_time_day(call->arena,
						 hft_pick_count(hft_pick_object(answer.root,
														"deprecation"),
										"inference"));
	if (outcome->remote_id == NULL)
		hft_outcome_fail(outcome, HFT_ERROR_BAD_ANSWER,
						 "The platform's model has no usable id.", NULL);
	hft_answer_close(&answer, call, outcome);
}

/* DELETE /models/{id}; it takes the Owner role. */
bool
hft_openai_delete_model_request(const HftCall *call, HftRequest *request,
								HftOutcome *outcome)
{
	return compose_model(call, request, "DELETE", outcome);
}

/* A model that is gone is deleted (K16). */
void
hft_openai_delete_model_response(const HftCall *call,
								 const HftResponse *response,
								 HftOutcome *outcome)
{
	hft_answer_deleted(call, response, hft_openai_rules(call), outcome);
}
