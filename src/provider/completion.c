/*-------------------------------------------------------------------------
 *
 * completion.c
 *	  Chat in the shape that OpenAI gave it, which many platforms speak.
 *
 *-------------------------------------------------------------------------
 */
#include "provider/completion.h"

#include <string.h>

#include "provider/compose.h"

/* Members that belong to us, or whose answers we could not read. */
static const char *
check_options(const HftCall *call, const json_t *options)
{
	static const char *const ours[] = {
		"model", "messages", "stream", "n", NULL
	};

	for (int i = 0; ours[i] != NULL; i++)
	{
		if (json_object_get(options, ours[i]) != NULL)
			return hft_arena_printf(call->arena, "The option \"%s\" cannot "
									"be set for a chat.", ours[i]);
	}
	return NULL;
}

/*
 * The user's options may add members and never replace ours.  Each answer is
 * billed, so a chat is sent like a job: once, on a fresh connection (R22a).
 */
bool
hft_completion_compose(const HftCall *call, const char *base,
					   HftRequest *request, HftOutcome *outcome)
{
	json_t	   *options = hft_json_object(call->chat->options);
	const char *problem = check_options(call, options);
	json_t	   *messages = NULL;
	json_t	   *body;

	if (problem == NULL)
		messages = hft_json_parse(call->chat->messages,
								  strlen(call->chat->messages), &problem);
	if (problem == NULL && json_array_size(messages) == 0)
		problem = "The messages must be a JSON array that is not empty.";
	if (problem != NULL)
	{
		json_decref(options);
		json_decref(messages);
		return hft_outcome_refuse(outcome, problem, NULL);
	}
	body = json_pack("{s:s, s:o}", "model", call->chat->model,
					 "messages", messages);
	json_object_update(body, options);
	json_decref(options);
	hft_compose(request, call, "POST", base, "/chat/completions");
	hft_compose_json(request, call, body);
	request->effect = HFT_EFFECT_PAID;
	request->pace = HFT_PACE_CHAT;
	return true;
}

/* What is neither text nor usage: why it ended, tools it wants to call. */
static const char *
read_info(const HftCall *call, const json_t *root, const json_t *choice)
{
	static const char *const of_root[] = {"id", "model", NULL};
	static const char *const of_choice[] = {"finish_reason", NULL};
	static const char *const of_message[] = {"tool_calls", "refusal", NULL};
	json_t	   *info = hft_json_new();
	const char *text;

	hft_json_copy(info, root, of_root);
	hft_json_copy(info, choice, of_choice);
	hft_json_copy(info, hft_pick_object(choice, "message"), of_message);
	text = hft_json_text(call->arena, info);
	json_decref(info);
	return text;
}

/*
 * A message without text is possible (it calls a tool, or refuses); an answer
 * without a message is not.
 */
void
hft_completion_read(const HftCall *call, const HftResponse *response,
					const HftErrorRule *rules, HftOutcome *outcome)
{
	HftAnswer	answer;
	const json_t *choice;
	const json_t *message;
	const json_t *usage;

	if (!hft_answer_open(&answer, call, response, rules, outcome))
		return;
	choice = json_array_get(hft_pick_array(answer.root, "choices"), 0);
	message = hft_pick_object(choice, "message");
	usage = hft_pick_object(answer.root, "usage");
	outcome->text = hft_pick_text(call->arena, message, "content");
	outcome->info = read_info(call, answer.root, choice);
	outcome->input_tokens = hft_pick_count(usage, "prompt_tokens");
	outcome->output_tokens = hft_pick_count(usage, "completion_tokens");
	outcome->cached_tokens =
		hft_pick_count(hft_pick_object(usage, "prompt_tokens_details"),
					   "cached_tokens");
	if (message == NULL)
		hft_outcome_fail(outcome, HFT_ERROR_BAD_ANSWER,
						 "The platform's answer has no message.", NULL);
	hft_answer_close(&answer, call, outcome);
}
