/*-------------------------------------------------------------------------
 *
 * vertex_chat.c
 *	  One conversation with a model, in Gemini's shape.
 *
 * Messages and tools are written by the writer of Gemini's training files,
 * so that a model is asked as it was trained.
 *
 *-------------------------------------------------------------------------
 */
#include <string.h>

#include "base/buffer.h"
#include "example/writers.h"
#include "provider/vertex.h"

#define MAX_CONVERSATION (16 * 1024 * 1024)

/* ---- request ---- */

/* Options by the names that other platforms gave them, and Gemini's own. */
static const struct
{
	const char *ours;
	const char *theirs;
}			settings[] =
{
	{"temperature", "temperature"},
	{"top_p", "topP"},
	{"top_k", "topK"},
	{"max_tokens", "maxOutputTokens"},
	{"max_completion_tokens", "maxOutputTokens"},
	{"stop", "stopSequences"},
	{"seed", "seed"},
	{"presence_penalty", "presencePenalty"},
	{"frequency_penalty", "frequencyPenalty"},
	{NULL, NULL}
};

static const char *
find_setting(const char *name)
{
	for (int i = 0; settings[i].ours != NULL; i++)
	{
		if (strcmp(settings[i].ours, name) == 0)
			return settings[i].theirs;
	}
	return NULL;
}

/* A single word to stop at is a list of one. */
static void
add_setting(json_t *config, const char *name, json_t *value)
{
	if (strcmp(name, "stopSequences") == 0 && json_is_string(value))
		json_object_set_new(config, name, json_pack("[O]", value));
	else
		json_object_set(config, name, value);
}

/* Put the user's options where they belong; a sentence about a wrong one. */
static const char *
apply_options(const HftCall *call, const json_t *options, json_t *body)
{
	static const char *const own[] = {
		"safetySettings", "toolConfig", "labels", NULL
	};
	json_t	   *config = hft_json_new();
	const char *name;
	json_t	   *value;
	const char *problem = NULL;

	json_object_foreach((json_t *) options, name, value)
	{
		const char *theirs = find_setting(name);

		if (theirs != NULL)
			add_setting(config, theirs, value);
		else if (strcmp(name, "thinking_budget") == 0)
			json_object_set_new(config, "thinkingConfig",
								json_pack("{s:O}", "thinkingBudget", value));
		else if (strcmp(name, "generationConfig") == 0)
			json_object_update(config, value);
		else if (strcmp(name, "tools") != 0 &&
				 strcmp(name, "safetySettings") != 0 &&
				 strcmp(name, "toolConfig") != 0 &&
				 strcmp(name, "labels") != 0)
			problem = hft_arena_printf(call->arena, "The option \"%s\" cannot "
									   "be set for a chat.", name);
	}
	if (json_object_size(config) > 0)
		json_object_set(body, "generationConfig", config);
	json_decref(config);
	hft_json_copy(body, options, own);
	return problem;
}

/* {"messages": ..., "tools": ...} as the writer reads it. */
static const char *
make_example(const HftCall *call, const json_t *options, const char **problem)
{
	json_t	   *messages = hft_json_parse(call->chat->messages,
										  strlen(call->chat->messages),
										  problem);
	json_t	   *tools = json_object_get(options, "tools");
	json_t	   *example;
	const char *text;

	if (messages == NULL)
		return NULL;
	if (json_array_size(messages) == 0)
	{
		json_decref(messages);
		*problem = "The messages must be a JSON array that is not empty.";
		return NULL;
	}
	example = json_pack("{s:o}", "messages", messages);
	if (tools != NULL)
		json_object_set(example, "tools", tools);
	text = hft_json_text(call->arena, example);
	json_decref(example);
	*problem = text ? NULL : "There is no memory for the conversation.";
	return text;
}

/* The conversation in Gemini's shape; NULL and *problem. */
static json_t *
write_conversation(const HftCall *call, const json_t *options,
				   const char **problem)
{
	const char *example = make_example(call, options, problem);
	HftBuffer	line;
	json_t	   *body = NULL;

	if (example == NULL)
		return NULL;
	hft_buffer_init(&line, MAX_CONVERSATION);
	*problem = hft_write_gemini_chat(example, strlen(example), &line);
	if (*problem == NULL)
		body = hft_json_parse(line.data, line.length, problem);
	hft_buffer_free(&line);
	return body;
}

/*
 * A tuned model is called by its endpoint, never by its own name; anything
 * else is the name of one of Google's models.
 */
static const char *
path_of(const HftCall *call, HftOutcome *outcome)
{
	const char *model = call->chat->model;
	const char *parent;

	if (hft_vertex_is_name(model, "endpoints"))
		return model;
	if (strchr(model, '/') != NULL)
	{
		hft_outcome_refuse(outcome, "Tuned models answer by the name of "
						   "their endpoint only.", "A model without endpoint "
						   "cannot be called: its job failed after the "
						   "training, or the endpoint was deleted.");
		return NULL;
	}
	parent = hft_vertex_parent(call, outcome);
	if (parent == NULL)
		return NULL;
	return hft_arena_printf(call->arena, "%s/publishers/google/models/%s",
							parent, hft_url_encode(call->arena, model));
}

bool
hft_vertex_chat_request(const HftCall *call, HftRequest *request,
						HftOutcome *outcome)
{
	json_t	   *options = hft_json_object(call->chat->options);
	const char *path = path_of(call, outcome);
	const char *problem = NULL;
	json_t	   *body = NULL;

	if (path != NULL)
		body = write_conversation(call, options, &problem);
	if (body != NULL)
		problem = apply_options(call, options, body);
	json_decref(options);
	if (path == NULL || problem != NULL)
	{
		json_decref(body);
		return path != NULL && hft_outcome_refuse(outcome, problem, NULL);
	}
	hft_compose(request, call, "POST", hft_vertex_serving(call, path),
				"/v1/%s:generateContent", path);
	hft_compose_json(request, call, body);
	request->effect = HFT_EFFECT_PAID;
	request->pace = HFT_PACE_CHAT;
	return hft_outcome_ready(outcome, call);
}

/* ---- answer ---- */

/* The text parts in order, without what the model only thought. */
static const char *
read_text(const HftCall *call, const json_t *parts)
{
	HftBuffer	text;
	const char *result = NULL;
	size_t		i;
	json_t	   *part;
	bool		any = false;

	hft_buffer_init(&text, MAX_CONVERSATION);
	json_array_foreach(parts, i, part)
	{
		const char *piece = hft_pick_word(part, "text");

		if (piece == NULL || hft_pick_bool(part, "thought", false))
			continue;
		any = true;
		hft_buffer_puts(&text, piece);
	}
	if (any)
		result = hft_arena_strndup(call->arena, text.data ? text.data : "",
								   text.length);
	hft_buffer_free(&text);
	return result;
}

/* Why it ended, who answered, and the tools it wants to call. */
static const char *
read_info(const HftCall *call, const json_t *root, const json_t *candidate,
		  const json_t *parts)
{
	static const char *const of_root[] = {
		"responseId", "modelVersion", "promptFeedback", NULL
	};
	const char *reason = hft_pick_word(candidate, "finishReason");
	json_t	   *calls = json_array();
	json_t	   *info = hft_json_new();
	const char *text;
	size_t		i;
	json_t	   *part;

	hft_json_copy(info, root, of_root);
	if (reason != NULL)
		json_object_set_new(info, "finish_reason", json_string(reason));
	json_array_foreach(parts, i, part)
		json_array_append(calls, hft_pick_object(part, "functionCall"));
	if (json_array_size(calls) > 0)
		json_object_set(info, "tool_calls", calls);
	json_decref(calls);
	text = hft_json_text(call->arena, info);
	json_decref(info);
	return text;
}

/* Thoughts are billed as output. */
static void
read_usage(const json_t *usage, HftOutcome *outcome)
{
	int64_t		thoughts = hft_pick_count(usage, "thoughtsTokenCount");

	outcome->input_tokens = hft_pick_count(usage, "promptTokenCount");
	outcome->cached_tokens = hft_pick_count(usage, "cachedContentTokenCount");
	outcome->output_tokens = hft_pick_count(usage, "candidatesTokenCount");
	if (usage != NULL && outcome->output_tokens == HFT_UNKNOWN)
		outcome->output_tokens = 0;
	if (thoughts != HFT_UNKNOWN && outcome->output_tokens != HFT_UNKNOWN)
		outcome->output_tokens += thoughts;
}

/* A candidate may lack content, and a blocked prompt has no candidate. */
void
hft_vertex_chat_response(const HftCall *call, const HftResponse *response,
						 HftOutcome *outcome)
{
	HftAnswer	answer;
	const json_t *candidate;
	const json_t *parts;

	if (!hft_vertex_open(&answer, call, response, outcome))
		return;
	candidate = json_array_get(hft_pick_array(answer.root, "candidates"), 0);
	parts = hft_pick_array(hft_pick_object(candidate, "content"), "parts");
	outcome->text = read_text(call, parts);
	outcome->info = read_info(call, answer.root, candidate, parts);
	read_usage(hft_pick_object(answer.root, "usageMetadata"), outcome);
	if (candidate == NULL &&
		hft_pick_object(answer.root, "promptFeedback") == NULL)
		hft_outcome_fail(outcome, HFT_ERROR_BAD_ANSWER,
						 "The platform's answer has no candidate.", NULL);
	hft_answer_close(&answer, call, outcome);
}
