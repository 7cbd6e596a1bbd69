/*-------------------------------------------------------------------------
 *
 * writer_gemini.c
 *	  Gemini's conversations: training files, and what chat sends.
 *
 *		{"systemInstruction": {...}, "contents": [...], "tools": [...]}
 *
 * Instructions are one; the assistant is "model"; answers of tools that
 * follow each other are parts of one turn of the user.  A call's arguments,
 * a text in our form, are an object here; so is an answer, which goes under
 * the key "result" when it is not the text of one.
 *
 *-------------------------------------------------------------------------
 */
#include "example/writers.h"

#include <string.h>

#include "example/gemini.h"

/* The readers of this process; kept so that a line costs no allocation. */
static HftExample reader;
static HftJson inner;

/* ---- parts ---- */

static void
begin_part(HftBuffer *line, bool *first)
{
	if (!*first)
		hft_buffer_putc(line, ',');
	*first = false;
}

static void
write_texts(HftBuffer *line, const HftJsonNode *content, bool *first)
{
	HftTexts	texts = hft_texts(content);
	const HftJsonNode *text;

	while ((text = hft_texts_next(&texts)) != NULL)
	{
		begin_part(line, first);
		hft_buffer_puts(line, "{\"text\":");
		hft_json_write(line, text, NULL, false);
		hft_buffer_putc(line, '}');
	}
}

/* The object that a text holds, or NULL. */
static const HftJsonNode *
read_object(const HftJsonNode *text)
{
	if (!hft_json_is(text, HFT_JSON_STRING) ||
		hft_json_read(&inner, text->text, text->length) != HFT_JSON_OK ||
		!hft_json_is(inner.nodes, HFT_JSON_OBJECT))
		return NULL;
	return inner.nodes;
}

static const char *
write_call(HftBuffer *line, const HftJsonNode *call, bool *first)
{
	const HftJsonNode *function = hft_json_member(call, "function");
	const HftJsonNode *name = hft_json_member(function, "name");
	const HftJsonNode *args = read_object(hft_json_member(function,
														  "arguments"));

	if (!hft_json_is(name, HFT_JSON_STRING))
		return "A call of a tool has no function's name.";
	if (args == NULL)
		return "The arguments of a call are not the text of an object.";
	begin_part(line, first);
	hft_buffer_puts(line, "{\"functionCall\":{\"name\":");
	hft_json_write(line, name, NULL, false);
	hft_buffer_puts(line, ",\"args\":");
	hft_json_write(line, args, NULL, false);
	hft_buffer_puts(line, "}}");
	return NULL;
}

static const char *
write_calls(HftBuffer *line, const HftMessage *message, bool *first)
{
	const HftJsonNode *calls = message->key[HFT_KEY_TOOL_CALLS];
	const HftJsonNode *call = hft_json_first(calls);
	const char *problem = NULL;

	if (!hft_json_is(calls, HFT_JSON_ARRAY))
		return NULL;
	for (uint32_t i = 0; problem == NULL && i < calls->count;
		 i++, call += call->span)
		problem = write_call(line, call, first);
	return problem;
}

/* Name of the function whose call, before message "limit", has this id. */
static const HftJsonNode *
find_called(const HftExample *example, int limit, const HftJsonNode *id)
{
	for (int i = limit - 1; i >= 0; i--)
	{
		const HftJsonNode *calls =
		example->messages[i].key[HFT_KEY_TOOL_CALLS];
		const HftJsonNode *call = hft_json_first(calls);

		if (!hft_json_is(calls, HFT_JSON_ARRAY))
			continue;
		for (uint32_t j = 0; j < calls->count; j++, call += call->span)
		{
			const HftJsonNode *theirs = hft_json_member(call, "id");

			if (hft_json_is(theirs, HFT_JSON_STRING) &&
				theirs->length == id->length &&
				memcmp(theirs->text, id->text, id->length) == 0)
				return hft_json_member(hft_json_member(call, "function"),
									   "name");
		}
	}
	return NULL;
}

static const char *
write_answer(HftBuffer *line, const HftExample *example, int place,
			 bool *first)
{
	const HftMessage *message = &example->messages[place];
	const HftJsonNode *id = message->key[HFT_KEY_TOOL_CALL_ID];
	const HftJsonNode *content = message->key[HFT_KEY_CONTENT];
	const HftJsonNode *name = hft_json_is(id, HFT_JSON_STRING) ?
		find_called(example, place, id) : NULL;
	const HftJsonNode *object = read_object(content);

	if (!hft_json_is(name, HFT_JSON_STRING))
		return "A message of a tool answers no call before it.";
	begin_part(line, first);
	hft_buffer_puts(line, "{\"functionResponse\":{\"name\":");
	hft_json_write(line, name, NULL, false);
	hft_buffer_puts(line, ",\"response\":");
	if (object != NULL)
		hft_json_write(line, object, NULL, false);
	else
	{
		hft_buffer_puts(line, "{\"result\":");
		if (content != NULL)
			hft_json_write(line, content, NULL, false);
		else
			hft_buffer_puts(line, "null");
		hft_buffer_putc(line, '}');
	}
	hft_buffer_puts(line, "}}");
	return NULL;
}

/* ---- turns ---- */

/* A refusal is what the assistant said. */
static const HftJsonNode *
said(const HftMessage *message)
{
	const HftJsonNode *content = message->key[HFT_KEY_CONTENT];

	if (content == NULL || content->type == HFT_JSON_NULL)
		return message->key[HFT_KEY_REFUSAL];
	return content;
}

/* The turn that begins with message *at, which moves behind it. */
static const char *
write_turn(HftBuffer *line, const HftExample *example, int *at)
{
	const HftMessage *message = &example->messages[*at];
	bool		first = true;
	const char *problem = NULL;

	hft_buffer_puts(line, message->role == HFT_ROLE_ASSISTANT ?
					"{\"role\":\"model\",\"parts\":[" :
					"{\"role\":\"user\",\"parts\":[");
	if (message->role != HFT_ROLE_TOOL)
	{
		write_texts(line, said(message), &first);
		problem = write_calls(line, message, &first);
		(*at)++;
	}
	for (; message->role == HFT_ROLE_TOOL && problem == NULL &&
		 *at < example->nmessages &&
		 example->messages[*at].role == HFT_ROLE_TOOL; (*at)++)
		problem = write_answer(line, example, *at, &first);
	hft_buffer_puts(line, "]}");
	return problem == NULL && first ? "A message says nothing." : problem;
}

/* All instructions are one; returns how many messages they were. */
static int
write_instructions(HftBuffer *line, const HftExample *example)
{
	bool		first = true;
	int			at = 0;

	for (; at < example->nmessages; at++)
	{
		const HftMessage *message = &example->messages[at];

		if (message->role != HFT_ROLE_SYSTEM &&
			message->role != HFT_ROLE_DEVELOPER)
			break;
		if (at == 0)
			hft_buffer_puts(line, "\"systemInstruction\":{\"role\":\"system\","
							"\"parts\":[");
		write_texts(line, message->key[HFT_KEY_CONTENT], &first);
	}
	if (at > 0)
		hft_buffer_puts(line, "]},");
	return at;
}

/* Of a tool go name, description and parameters. */
static const char *
write_tools(HftBuffer *line, const HftJsonNode *tools)
{
	static const char *const names[] = {"name", "description", "parameters"};
	const HftJsonNode *tool = hft_json_first(tools);

	if (!hft_json_is(tools, HFT_JSON_ARRAY))
		return "\"tools\" is no array.";
	hft_buffer_puts(line, ",\"tools\":[{\"functionDeclarations\":[");
	for (uint32_t i = 0; i < tools->count; i++, tool += tool->span)
	{
		const HftJsonNode *function = hft_json_member(tool, "function");
		bool		first = true;

		if (!hft_json_is(hft_json_member(function, "name"), HFT_JSON_STRING))
			return "A tool is no function with a name.";
		hft_buffer_puts(line, i > 0 ? ",{" : "{");
		for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++)
		{
			const HftJsonNode *value = hft_json_member(function, names[k]);

			if (value == NULL)
				continue;
			begin_part(line, &first);
			hft_buffer_putc(line, '"');
			hft_buffer_puts(line, names[k]);
			hft_buffer_puts(line, "\":");
			hft_json_write(line, value, NULL, false);
		}
		hft_buffer_putc(line, '}');
	}
	hft_buffer_puts(line, "]}]");
	return NULL;
}

static const char *
write_conversation(HftBuffer *line, const HftExample *example)
{
	const HftJsonNode *tools = example->top[HFT_TOP_TOOLS];
	const char *problem = NULL;
	int			begin;
	int			at;

	hft_buffer_putc(line, '{');
	at = begin = write_instructions(line, example);
	hft_buffer_puts(line, "\"contents\":[");
	while (problem == NULL && at < example->nmessages)
	{
		if (at > begin)
			hft_buffer_putc(line, ',');
		problem = write_turn(line, example, &at);
	}
	hft_buffer_putc(line, ']');
	if (problem == NULL && tools != NULL)
		problem = write_tools(line, tools);
	hft_buffer_putc(line, '}');
	if (problem == NULL && line->failed)
		problem = "out of memory";
	return problem;
}

static const char *
read_and_write(const char *body, size_t length, bool trained, HftBuffer *line)
{
	HftExampleProblem unread = hft_example_read(&reader, body, length);
	const char *problem;

	if (unread.status != HFT_EXAMPLE_OK)
		return unread.text;
	problem = hft_gemini_problem(&reader, trained);
	return problem ? problem : write_conversation(line, &reader);
}

const char *
hft_write_gemini(const char *body, size_t length, HftBuffer *line)
{
	return read_and_write(body, length, true, line);
}

const char *
hft_write_gemini_chat(const char *body, size_t length, HftBuffer *line)
{
	return read_and_write(body, length, false, line);
}
