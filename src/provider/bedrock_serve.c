/*-------------------------------------------------------------------------
 *
 * bedrock_serve.c
 *	  Using models at Bedrock: chat (Converse), look at, delete.
 *
 * A conversation's texts are turned into Converse's blocks; what has no
 * counterpart here (images, tools) is refused, not left out.
 *
 *-------------------------------------------------------------------------
 */
#include <string.h>

#include "provider/bedrock.h"

/* ---- chat ---- */

/* The text of a content: itself, or its text parts; false: something else. */
static bool
add_content(json_t *blocks, const json_t *content)
{
	size_t		i;
	json_t	   *part;

	if (json_is_string(content))
	{
		json_array_append_new(blocks, json_pack("{s:O}", "text", content));
		return true;
	}
	json_array_foreach(content, i, part)
	{
		if (!json_is_string(json_object_get(part, "text")))
			return false;
		json_array_append_new(blocks,
							  json_pack("{s:O}", "text",
										json_object_get(part, "text")));
	}
	return json_array_size(content) > 0;
}

/* Where a message belongs: NULL when its role has no place. */
static const char *
role_of(const json_t *message)
{
	static const char *const roles[][2] = {
		{"user", "user"}, {"assistant", "assistant"}, {"system", ""},
		{"developer", ""}
	};
	const char *role = hft_pick_word(message, "role");

	for (int i = 0; role != NULL && i < 4; i++)
	{
		if (strcmp(roles[i][0], role) == 0)
			return roles[i][1];
	}
	return NULL;
}

/*
 * Turns must alternate, so messages of one role that follow each other are
 * one of several blocks.
 */
static bool
add_message(json_t *body, const json_t *message)
{
	const char *role = role_of(message);
	json_t	   *turns = json_object_get(body, "messages");
	json_t	   *last = json_array_get(turns, json_array_size(turns) - 1);
	const char *before = hft_pick_word(last, "role");

	if (role == NULL)
		return false;
	if (*role == '\0')
	{
		if (json_object_get(body, "system") == NULL)
			json_object_set_new(body, "system", json_array());
		return add_content(json_object_get(body, "system"),
						   json_object_get(message, "content"));
	}
	if (before == NULL || strcmp(before, role) != 0)
	{
		last = json_pack("{s:s, s:[]}", "role", role, "content");
		json_array_append_new(turns, last);
	}
	return add_content(json_object_get(last, "content"),
					   json_object_get(message, "content"));
}

/* Options that Converse has; NULL, or a sentence about another. */
static const char *
add_options(const HftCall *call, json_t *body)
{
	static const char *const names[][2] = {
		{"max_tokens", "maxTokens"}, {"max_completion_tokens", "maxTokens"},
		{"temperature", "temperature"}, {"top_p", "topP"},
		{"stop", "stopSequences"}
	};
	json_t	   *options = hft_json_object(call->chat->options);
	json_t	   *config = hft_json_new();
	const char *problem = NULL;
	const char *name;
	json_t	   *value;

	json_object_foreach(options, name, value)
	{
		int			i = 0;

		while (i < 5 && strcmp(names[i][0], name) != 0)
			i++;
		if (i == 5)
			problem = hft_arena_printf(call->arena, "The option \"%s\" is "
									   "none of max_tokens, temperature, "
									   "top_p, stop.", name);
		else if (i == 4 && json_is_string(value))
			json_object_set_new(config, names[i][1],
								json_pack("[O]", value));
		else
			json_object_set(config, names[i][1], value);
	}
	if (json_object_size(config) > 0)
		json_object_set(body, "inferenceConfig", config);
	json_decref(config);
	json_decref(options);
	return problem;
}

/* The body; NULL, with the reason, when the chat cannot be said so. */
static json_t *
write_chat(const HftCall *call, const char **problem)
{
	json_t	   *messages = hft_json_parse(call->chat->messages,
										  strlen(call->chat->messages),
										  problem);
	json_t	   *body = json_pack("{s:[]}", "messages");
	size_t		i;
	json_t	   *message;

	if (*problem == NULL)
		*problem = add_options(call, body);
	json_array_foreach(messages, i, message)
	{
		if (*problem == NULL && !add_message(body, message))
			*problem = "A message has something else than text, or a role "
				"other than system, user and assistant.";
	}
	json_decref(messages);
	if (*problem == NULL &&
		json_array_size(json_object_get(body, "messages")) == 0)
		*problem = "The messages must be a JSON array with a user's turn.";
	if (*problem == NULL)
		return body;
	json_decref(body);
	return NULL;
}

/* POST /model/{ARN or id}/converse; each answer is billed (R22a). */
bool
hft_bedrock_chat_request(const HftCall *call, HftRequest *request,
						 HftOutcome *outcome)
{
	const char *base = hft_bedrock_require(call, outcome);
	const char *problem = NULL;
	json_t	   *body;

	if (base == NULL)
		return false;
	body = write_chat(call, &problem);
	if (body == NULL)
		return hft_outcome_refuse(outcome, problem, NULL);
	hft_compose(request, call, "POST", hft_bedrock_runtime(call),
				"/model/%s/converse",
				hft_url_encode(call->arena, call->chat->model));
	hft_compose_json(request, call, body);
	request->effect = HFT_EFFECT_PAID;
	request->pace = HFT_PACE_CHAT;
	return hft_outcome_ready(outcome, call);
}

/* The text blocks of the answer, one behind the other. */
static const char *
join_texts(const HftCall *call, const json_t *message)
{
	const char *text = NULL;
	size_t		i;
	json_t	   *block;

	json_array_foreach(hft_pick_array(message, "content"), i, block)
	{
		const char *part = hft_pick_text(call->arena, block, "text");

		if (part != NULL)
			text = hft_arena_printf(call->arena, "%s%s", text ? text : "",
									part);
	}
	return text;
}

void
hft_bedrock_chat_response(const HftCall *call, const HftResponse *response,
						  HftOutcome *outcome)
{
	HftAnswer	answer;
	const json_t *message;
	const json_t *usage;
	json_t	   *info;

	if (!hft_bedrock_open(&answer, call, response, outcome))
		return;
	message = hft_pick_object(hft_pick_object(answer.root, "output"),
							  "message");
	usage = hft_pick_object(answer.root, "usage");
	outcome->text = join_texts(call, message);
	outcome->input_tokens = hft_pick_count(usage, "inputTokens");
	outcome->output_tokens = hft_pick_count(usage, "outputTokens");
	outcome->cached_tokens = hft_pick_count(usage, "cacheReadInputTokens");
	info = json_pack("{s:s*}", "finish_reason",
					 hft_pick_word(answer.root, "stopReason"));
	outcome->info = hft_json_text(call->arena, info);
	json_decref(info);
	if (message == NULL)
		hft_outcome_fail(outcome, HFT_ERROR_BAD_ANSWER,
						 "The platform's answer has no message.", NULL);
	hft_answer_close(&answer, call, outcome);
}

/* ---- models ---- */

/* Tuned models and base models are in two places. */
static bool
is_tuned(const char *model)
{
	return strstr(model, ":custom-model/") != NULL;
}

/*
 * The suffix that says how long contexts may be is for jobs only; what can
 * be looked up is the id before it.
 */
static const char *
plain_model(const HftCall *call)
{
	const char *model = call->model;
	const char *colon = strrchr(model, ':');
	size_t		length = colon ? strlen(colon) : 0;

	if (strncmp(model, "arn:", 4) != 0 && length > 2 &&
		colon[length - 1] == 'k')
		return hft_arena_strndup(call->arena, model, (size_t) (colon - model));
	return model;
}

bool
hft_bedrock_model_info_request(const HftCall *call, HftRequest *request,
							   HftOutcome *outcome)
{
	const char *base = hft_bedrock_require(call, outcome);

	if (base == NULL)
		return false;
	hft_compose(request, call, "GET", base, "/%s/%s",
				is_tuned(call->model) ? "custom-models" : "foundation-models",
				hft_url_encode(call->arena, plain_model(call)));
	return hft_outcome_ready(outcome, call);
}

/* "2027-01-31T00:00:00Z": the day is what counts. */
static const char *
day_of(const HftCall *call, const json_t *object, const char *name)
{
	const char *text = hft_pick_word(object, name);

	if (text == NULL || hft_pick_time(object, name) == HFT_UNKNOWN)
		return NULL;
	return hft_arena_strndup(call->arena, text, 10);
}

void
hft_bedrock_model_info_response(const HftCall *call,
								const HftResponse *response,
								HftOutcome *outcome)
{
	HftAnswer	answer;
	const json_t *details;
	const json_t *life;

	if (!hft_bedrock_open(&answer, call, response, outcome))
		return;
	details = hft_pick_object(answer.root, "modelDetails");
	life = hft_pick_object(details, "modelLifecycle");
	outcome->remote_id = details ?
		hft_pick_id(call->arena, details, "modelId") :
		hft_pick_id(call->arena, answer.root, "modelArn");
	outcome->remote_state = life ? hft_pick_id(call->arena, life, "status") :
		hft_pick_id(call->arena, answer.root, "modelStatus");
	outcome->retires_on = day_of(call, life, "endOfLifeTime");
	outcome->info = hft_json_text(call->arena, details ? details :
								  answer.root);
	hft_answer_close(&answer, call, outcome);
}

/* DELETE /custom-models/{ARN}; it is billed by the month until then. */
bool
hft_bedrock_delete_model_request(const HftCall *call, HftRequest *request,
								 HftOutcome *outcome)
{
	const char *base = hft_bedrock_require(call, outcome);

	if (base == NULL)
		return false;
	hft_compose(request, call, "DELETE", base, "/custom-models/%s",
				hft_url_encode(call->arena, call->model));
	return hft_outcome_ready(outcome, call);
}

void
hft_bedrock_delete_model_response(const HftCall *call,
								  const HftResponse *response,
								  HftOutcome *outcome)
{
	(void) hft_bedrock_is_success(call, response, outcome);
	if (outcome->error == HFT_ERROR_LOST)
		hft_outcome_init(outcome);
}
