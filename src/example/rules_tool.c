/*-------------------------------------------------------------------------
 *
 * rules_tool.c
 *	  Rules about tools: their definitions, calls and answers.
 *
 *-------------------------------------------------------------------------
 */
#include <string.h>

#include "example/rule_checks.h"

#define MAX_FUNCTIONS 128
#define MAX_NAME 64

/* The calls of a message: an array, or NULL. */
static const HftJsonNode *
calls_of(const HftMessage *message)
{
	const HftJsonNode *calls = message->key[HFT_KEY_TOOL_CALLS];

	return hft_json_is(calls, HFT_JSON_ARRAY) ? calls : NULL;
}

static bool
is_string_member(const HftJsonNode *object, const char *key)
{
	return hft_json_is(hft_json_member(object, key), HFT_JSON_STRING);
}

/* For every element of an array; nothing when "array" is NULL. */
#define each_element(array, element, i) \
	(uint32_t i = 0, more_##i = (array) ? (array)->count : 0; i < more_##i; \
	 i = more_##i) \
		for (const HftJsonNode *element = (array) + 1; i < more_##i; \
			 i++, element += element->span)

/* ---- calls ---- */

/* What is wrong with a call, or NULL. */
static const char *
call_fault(const HftJsonNode *call)
{
	const HftJsonNode *function = hft_json_member(call, "function");

	if (call->type != HFT_JSON_OBJECT)
		return "is not an object";
	if (!is_string_member(call, "id"))
		return "has no \"id\"";
	if (!hft_json_equals(hft_json_member(call, "type"), "function"))
		return "has another \"type\" than \"function\"";
	if (!is_string_member(function, "name"))
		return "names no function";
	if (!is_string_member(function, "arguments"))
		return "has arguments that are not a string";
	return NULL;
}

void
hft_check_tool_calls_invalid(HftCheck *check)
{
	for each_message(check, message, i)
	{
		const HftJsonNode *given = message->key[HFT_KEY_TOOL_CALLS];
		const HftJsonNode *calls = calls_of(message);

		if (given != NULL && (calls == NULL || calls->count == 0))
			hft_check_fail(check, "\"tool_calls\" of message %d is not an array of calls",
						   i + 1);
		for each_element(calls, call, j)
		{
			const char *fault = call_fault(call);

			if (fault != NULL)
				hft_check_fail(check, "tool call %u of message %d %s",
							   j + 1, i + 1, fault);
		}
	}
}

void
hft_check_tool_calls_misplaced(HftCheck *check)
{
	for each_message(check, message, i)
		if (message->key[HFT_KEY_TOOL_CALLS] != NULL &&
			message->role != HFT_ROLE_ASSISTANT)
			hft_check_fail(check, "message %d calls tools but is not the assistant's",
						   i + 1);
}

static bool
is_object_text(const HftJsonNode *text)
{
	HftJson		json;
	bool		result;

	hft_json_init(&json);
	result = hft_json_read(&json, text->text, text->length) == HFT_JSON_OK &&
		json.nodes[0].type == HFT_JSON_OBJECT;
	hft_json_free(&json);
	return result;
}

void
hft_check_tool_arguments_invalid(HftCheck *check)
{
	for each_message(check, message, i)
	{
		const HftJsonNode *calls = calls_of(message);

		for each_element(calls, call, j)
		{
			const HftJsonNode *arguments =
				hft_json_member(hft_json_member(call, "function"),
								"arguments");

			if (hft_json_is(arguments, HFT_JSON_STRING) &&
				!is_object_text(arguments))
				hft_check_fail(check, "the arguments of tool call %u of message %d are not the text of a JSON object",
							   j + 1, i + 1);
		}
	}
}

/* ---- answers ---- */

void
hft_check_tool_call_id_missing(HftCheck *check)
{
	for each_message(check, message, i)
		if (message->role == HFT_ROLE_TOOL &&
			!hft_json_is(message->key[HFT_KEY_TOOL_CALL_ID], HFT_JSON_STRING))
			hft_check_fail(check, "message %d is a tool's but has no \"tool_call_id\"",
						   i + 1);
}

static bool
same_string(const HftJsonNode *a, const HftJsonNode *b)
{
	return hft_json_is(a, HFT_JSON_STRING) &&
		hft_json_is(b, HFT_JSON_STRING) && a->length == b->length &&
		memcmp(a->text, b->text, a->length) == 0;
}

static bool
makes_call(const HftMessage *message, const HftJsonNode *id)
{
	const HftJsonNode *calls = calls_of(message);

	for each_element(calls, call, j)
		if (same_string(hft_json_member(call, "id"), id))
			return true;
	return false;
}

/* Was the call made by the last of the assistant's messages before "i"? */
static bool
was_called(const HftExample *example, int i, const HftJsonNode *id)
{
	while (--i >= 0)
		if (example->messages[i].role == HFT_ROLE_ASSISTANT)
			return makes_call(&example->messages[i], id);
	return false;
}

void
hft_check_tool_call_id_unknown(HftCheck *check)
{
	for each_message(check, message, i)
	{
		const HftJsonNode *id = message->key[HFT_KEY_TOOL_CALL_ID];

		if (message->role == HFT_ROLE_TOOL &&
			hft_json_is(id, HFT_JSON_STRING) &&
			!was_called(check->example, i, id))
			hft_check_fail(check, "message %d answers \"%s\", which was not called",
						   i + 1, hft_check_quote(check, id));
	}
}

/* Is the call answered before the assistant speaks again? */
static bool
is_answered(const HftExample *example, int i, const HftJsonNode *id)
{
	while (++i < example->nmessages)
	{
		const HftMessage *message = &example->messages[i];

		if (message->role == HFT_ROLE_ASSISTANT)
			return false;
		if (same_string(message->key[HFT_KEY_TOOL_CALL_ID], id))
			return true;
	}
	return false;
}

void
hft_check_tool_call_unanswered(HftCheck *check)
{
	for each_message(check, message, i)
	{
		const HftJsonNode *calls = calls_of(message);

		/* a conversation may end with the call: that is what it teaches */
		if (i == check->example->nmessages - 1)
			break;
		for each_element(calls, call, j)
		{
			const HftJsonNode *id = hft_json_member(call, "id");

			if (hft_json_is(id, HFT_JSON_STRING) &&
				!is_answered(check->example, i, id))
				hft_check_fail(check, "tool call \"%s\" of message %d is not answered",
							   hft_check_quote(check, id), i + 1);
		}
	}
}

/* ---- definitions ---- */

static bool
defines(const HftJsonNode *tools, const HftJsonNode *name)
{
	for each_element(tools, tool, i)
		if (same_string(hft_json_member(hft_json_member(tool, "function"),
										"name"), name))
			return true;
	return false;
}

void
hft_check_tool_unknown(HftCheck *check)
{
	const HftJsonNode *tools = check->example->top[HFT_TOP_TOOLS];

	if (!hft_json_is(tools, HFT_JSON_ARRAY))
		tools = NULL;
	for each_message(check, message, i)
	{
		const HftJsonNode *calls = calls_of(message);

		for each_element(calls, call, j)
		{
			const HftJsonNode *name =
				hft_json_member(hft_json_member(call, "function"), "name");

			if (hft_json_is(name, HFT_JSON_STRING) && !defines(tools, name))
				hft_check_fail(check, "message %d calls \"%s\", which is not among the tools",
							   i + 1, hft_check_quote(check, name));
		}
	}
}

void
hft_check_tools_invalid(HftCheck *check)
{
	const HftJsonNode *tools = check->example->top[HFT_TOP_TOOLS];

	if (tools == NULL)
		return;
	if (tools->type != HFT_JSON_ARRAY)
	{
		hft_check_fail(check, "\"tools\" is not an array");
		return;
	}
	for each_element(tools, tool, i)
		if (!hft_json_equals(hft_json_member(tool, "type"), "function") ||
			!is_string_member(hft_json_member(tool, "function"), "name"))
			hft_check_fail(check, "tool %u is no function with a name",
						   i + 1);
}

static bool
is_function_name(const HftJsonNode *name)
{
	if (name->length == 0 || name->length > MAX_NAME)
		return false;
	for (uint32_t i = 0; i < name->length; i++)
	{
		char		c = name->text[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			  (c >= '0' && c <= '9') || c == '_' || c == '-'))
			return false;
	}
	return true;
}

void
hft_check_tool_name_invalid(HftCheck *check)
{
	const HftJsonNode *tools = check->example->top[HFT_TOP_TOOLS];

	if (!hft_json_is(tools, HFT_JSON_ARRAY))
		return;
	for each_element(tools, tool, i)
	{
		const HftJsonNode *name =
			hft_json_member(hft_json_member(tool, "function"), "name");

		if (hft_json_is(name, HFT_JSON_STRING) && !is_function_name(name))
			hft_check_fail(check, "tool %u has the name \"%s\"", i + 1,
						   hft_check_quote(check, name));
	}
}

void
hft_check_parallel_type(HftCheck *check)
{
	const HftJsonNode *parallel =
		check->example->top[HFT_TOP_PARALLEL_TOOL_CALLS];

	if (parallel != NULL && parallel->type != HFT_JSON_TRUE &&
		parallel->type != HFT_JSON_FALSE)
		hft_check_fail(check, "\"parallel_tool_calls\" is neither true nor false");
}

void
hft_check_functions_invalid(HftCheck *check)
{
	const HftJsonNode *functions = check->example->top[HFT_TOP_FUNCTIONS];

	if (functions == NULL)
		return;
	if (functions->type != HFT_JSON_ARRAY || functions->count == 0 ||
		functions->count > MAX_FUNCTIONS)
	{
		hft_check_fail(check, "\"functions\" is not an array of 1 to %d",
					   MAX_FUNCTIONS);
		return;
	}
	for each_element(functions, function, i)
		if (!is_string_member(function, "name"))
			hft_check_fail(check, "function %u has no name", i + 1);
}

void
hft_check_functions_unsupported(HftCheck *check)
{
	if (check->example->top[HFT_TOP_FUNCTIONS] != NULL)
		hft_check_fail(check, "the example has \"functions\"");
	for each_message(check, message, i)
		if (message->role == HFT_ROLE_FUNCTION ||
			message->key[HFT_KEY_FUNCTION_CALL] != NULL)
			hft_check_fail(check, "message %d calls or answers a function in the old form",
						   i + 1);
}
