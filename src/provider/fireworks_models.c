/*-------------------------------------------------------------------------
 *
 * fireworks_models.c
 *	  Using models at Fireworks: chat, look at, delete.
 *
 *-------------------------------------------------------------------------
 */
#include <stdio.h>
#include <string.h>

#include "provider/completion.h"
#include "provider/fireworks.h"

#define SCALING_WAIT_MS 10000

/* ---- chat ---- */

/* A base model may go by its last part here, too. */
bool
hft_fireworks_chat_request(const HftCall *call, HftRequest *request,
						   HftOutcome *outcome)
{
	HftChatFacts chat = *call->chat;
	HftCall		named = *call;
	const char *base = hft_arena_printf(call->arena, "%s/inference/v1",
										hft_fireworks_root(call));

	chat.model = hft_fireworks_model(call, chat.model);
	named.chat = &chat;
	if (base == NULL || chat.model == NULL)
		return hft_outcome_ready(outcome, call);
	return hft_completion_compose(&named, base, request, outcome) &&
		hft_outcome_ready(outcome, call);
}

/* Does the refusal say that replicas are being started? */
static bool
is_scaling_up(const HftOutcome *outcome)
{
	return (outcome->code != NULL &&
			strcasestr(outcome->code, "SCALING_UP") != NULL) ||
		(outcome->message != NULL &&
		 strcasestr(outcome->message, "SCALING_UP") != NULL);
}

/*
 * A deployment that had scaled to zero is woken by the first call, which is
 * not answered: so it is proved that it cost nothing, and may be repeated.
 */
void
hft_fireworks_chat_response(const HftCall *call, const HftResponse *response,
							HftOutcome *outcome)
{
	hft_completion_read(call, response, hft_fireworks_rules, outcome);
	if (response->status != 503 || !is_scaling_up(outcome))
		return;
	outcome->proof_not_done = true;
	outcome->hint = "The deployment starts from zero, which takes minutes: "
		"raise hft.chat_timeout, or deploy with {\"min_replicas\": 1}.";
	if (outcome->retry_after_ms == HFT_UNKNOWN)
		outcome->retry_after_ms = SCALING_WAIT_MS;
}

/* ---- what it is ---- */

/*
 * The model, and then, of one of ours, where its weights can be fetched for
 * a while.  The cursor holds what the first answer said.
 */
bool
hft_fireworks_model_info_request(const HftCall *call, HftRequest *request,
								 HftOutcome *outcome)
{
	return hft_fireworks_compose(call, request, outcome, "GET",
								 hft_fireworks_model(call, call->model),
								 call->cursor ? ":getDownloadEndpoint" : "");
}

/* {year, month, day} as YYYY-MM-DD; NULL when it is no day. */
static const char *
read_date(const HftCall *call, const json_t *date)
{
	int64_t		year = hft_pick_int(date, "year", 2000, 9999);
	int64_t		month = hft_pick_int(date, "month", 1, 12);
	int64_t		day = hft_pick_int(date, "day", 1, 31);

	if (year == HFT_UNKNOWN || month == HFT_UNKNOWN || day == HFT_UNKNOWN)
		return NULL;
	return hft_arena_printf(call->arena, "%04d-%02d-%02d", (int) year,
							(int) month, (int) day);
}

/* What is worth keeping: limits, flags, where it came from. */
static json_t *
copy_facts(const json_t *model)
{
	static const char *const kept[] = {
		"name", "kind", "state", "contextLength", "trainingContextLength",
		"supportsLora", "supportsTools", "supportsImageInput",
		"supportsServerless", "supervisedLoraTunable",
		"supervisedFullParameterTunable", "rlLoraTunable",
		"rlFullParameterTunable", "tunable", "rlTunable", "peftDetails",
		"baseModelDetails", "fineTuningJob", "deployedModelRefs",
		"deprecationDate", NULL
	};
	json_t	   *facts = hft_json_new();

	hft_json_copy(facts, model, kept);
	return facts;
}

/* The outcome out of the facts that are known by now. */
static void
tell_facts(const HftCall *call, const json_t *facts, HftOutcome *outcome)
{
	outcome->remote_id = hft_pick_id(call->arena, facts, "name");
	outcome->remote_state = hft_pick_id(call->arena, facts, "state");
	outcome->retires_on = read_date(call,
									hft_pick_object(facts,
													"deprecationDate"));
	outcome->info = hft_json_text(call->arena, facts);
}

/* Only the account's own models can be downloaded. */
static bool
is_ours(const HftCall *call, const json_t *facts)
{
	const char *prefix = hft_fireworks_name(call, "models", "");
	const char *name = hft_pick_word(facts, "name");
	const char *state = hft_pick_word(facts, "state");

	return prefix != NULL && name != NULL && state != NULL &&
		strncmp(name, prefix, strlen(prefix)) == 0 &&
		strcmp(state, "READY") == 0;
}

static void
read_model(const HftCall *call, const HftAnswer *answer, HftOutcome *outcome)
{
	json_t	   *facts = copy_facts(answer->root);

	tell_facts(call, facts, outcome);
	if (is_ours(call, facts))
		hft_outcome_more(outcome, call, json_pack("{s:O}", "facts", facts));
	json_decref(facts);
}

/* The addresses are good for a while only: who downloads asks again. */
static void
read_weights(const HftCall *call, const json_t *cursor, const json_t *root,
			 HftOutcome *outcome)
{
	json_t	   *facts = hft_pick_object(cursor, "facts");
	json_t	   *urls = hft_pick_object(root, "filenameToSignedUrls");

	if (urls != NULL)
		json_object_set(facts, "weights", urls);
	tell_facts(call, facts, outcome);
}

void
hft_fireworks_model_info_response(const HftCall *call,
								  const HftResponse *response,
								  HftOutcome *outcome)
{
	HftAnswer	answer;

	if (!hft_fireworks_open(&answer, call, response, outcome))
	{
		json_t	   *cursor = hft_json_object(call->cursor);

		/* no addresses is no reason to know nothing about the model */
		if (call->cursor != NULL && (outcome->error == HFT_ERROR_LOST ||
									 outcome->error == HFT_ERROR_REFUSED))
		{
			hft_outcome_init(outcome);
			read_weights(call, cursor, NULL, outcome);
		}
		json_decref(cursor);
		return;
	}
	if (call->cursor != NULL)
		read_weights(call, answer.cursor, answer.root, outcome);
	else
		read_model(call, &answer, outcome);
	hft_answer_close(&answer, call, outcome);
}

/* ---- delete ---- */

bool
hft_fireworks_delete_model_request(const HftCall *call, HftRequest *request,
								   HftOutcome *outcome)
{
	return hft_fireworks_compose(call, request, outcome, "DELETE",
								 hft_fireworks_model(call, call->model), "");
}

/* A model that is gone is deleted (K16). */
void
hft_fireworks_delete_model_response(const HftCall *call,
									const HftResponse *response,
									HftOutcome *outcome)
{
	hft_answer_deleted(call, response, hft_fireworks_rules, outcome);
}
