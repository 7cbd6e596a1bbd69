/*-------------------------------------------------------------------------
 *
 * reader_gemini.c
 *	  Gemini's lines: contents of parts.
 *
 * Keys are read as Google's JSON takes them, in both spellings.  An answer
 * {"result": "text"} is that text, unless the text is itself that of an
 * object: then it would come back as the object.
 *
 *-------------------------------------------------------------------------
 */
#include <string.h>

#include "example/readers.h"

/* Kept so that a line costs no allocation. */
static HftJson probe;

/* Is the text that of a JSON object?  Then the writer wrote the object. */
static bool
is_object(const HftJsonNode *text)
{
	return hft_json_read(&probe, text->text, text->length) == HFT_JSON_OK &&
		hft_json_is(probe.nodes, HFT_JSON_OBJECT);
}

static HftPart
look_at_answer(const HftJsonNode *answer)
{
	HftPart		part = {.kind = HFT_PART_ANSWER};
	const HftJsonNode *response = hft_json_member(answer, "response");
	const HftJsonNode *result = hft_json_member(response, "result");

	part.id = hft_json_member(answer, "id");
	part.name = hft_json_member(answer, "name");
	part.value = response;
	if (hft_json_is(result, HFT_JSON_STRING) && response->count == 1 &&
		!is_object(result))
		part.text = result;
	return part;
}

/* Images alone: other files have no place in an example of ours. */
static HftPart
look_at_file(const HftJsonNode *file, bool inside)
{
	HftPart		part = {.kind = HFT_PART_OTHER};
	const HftJsonNode *mime = hft_read_either(file, "mimeType", "mime_type");
	const HftJsonNode *where = inside ? hft_json_member(file, "data") :
		hft_read_either(file, "fileUri", "file_uri");

	if (!hft_json_is(mime, HFT_JSON_STRING) || mime->length < 7 ||
		strncmp(mime->text, "image/", 6) != 0 ||
		!hft_json_is(where, HFT_JSON_STRING))
		return part;
	part.kind = HFT_PART_IMAGE;
	part.mime = mime;
	part.data = inside ? where : NULL;
	part.url = inside ? NULL : where;
	return part;
}

static HftPart
look_at_part(const HftJsonNode *node)
{
	const HftJsonNode *text = hft_json_member(node, "text");
	const HftJsonNode *call = hft_read_either(node, "functionCall",
											  "function_call");
	const HftJsonNode *answer = hft_read_either(node, "functionResponse",
												"function_response");
	const HftJsonNode *inside = hft_read_either(node, "inlineData",
												"inline_data");
	const HftJsonNode *file = hft_read_either(node, "fileData", "file_data");
	HftPart		part = {.kind = HFT_PART_OTHER};

	if (hft_json_is(text, HFT_JSON_STRING))
	{
		part.kind = hft_json_is(hft_json_member(node, "thought"),
								HFT_JSON_TRUE) ?
			HFT_PART_REASONING : HFT_PART_TEXT;
		part.text = text;
	}
	else if (hft_json_is(call, HFT_JSON_OBJECT))
	{
		part.kind = HFT_PART_CALL;
		part.id = hft_json_member(call, "id");
		part.name = hft_json_member(call, "name");
		part.value = hft_json_member(call, "args");
	}
	else if (hft_json_is(answer, HFT_JSON_OBJECT))
		part = look_at_answer(answer);
	else if (inside != NULL || file != NULL)
		part = look_at_file(inside ? inside : file, inside != NULL);
	return part;
}

/* The turn's parts; NULL when there is no list of them. */
static const HftJsonNode *
parts_of(const HftJsonNode *turn)
{
	const HftJsonNode *parts = hft_json_member(turn, "parts");

	return hft_json_is(parts, HFT_JSON_ARRAY) ? parts : NULL;
}

static void
read_turn(HftReader *reader, const HftJsonNode *turn, HftBuffer *line,
		  bool *first)
{
	const HftJsonNode *role = hft_json_member(turn, "role");

	if (parts_of(turn) == NULL)
	{
		/* no turn at all: a rule says so */
		hft_buffer_puts(line, *first ? "" : ",");
		*first = false;
		hft_json_write(line, turn, NULL, false);
		return;
	}
	hft_read_turn(reader, line, hft_json_equals(role, "model") ?
				  "assistant" : "user", parts_of(turn), look_at_part, first);
}

static void
read_messages(HftReader *reader, const HftJsonNode *root, HftBuffer *line)
{
	const HftJsonNode *system = hft_read_either(root, "systemInstruction",
												"system_instruction");
	const HftJsonNode *contents = hft_json_member(root, "contents");
	const HftJsonNode *turn = hft_json_first(contents);
	bool		first = true;

	hft_buffer_puts(line, "\"messages\":[");
	if (parts_of(system) != NULL)
		hft_read_turn(reader, line, "system", parts_of(system), look_at_part,
					  &first);
	for (uint32_t i = 0; i < contents->count; i++, turn += turn->span)
		read_turn(reader, turn, line, &first);
	hft_buffer_putc(line, ']');
}

/* Declarations of all tools; anything else in a tool is kept as a tool. */
static void
read_tools(const HftJsonNode *tools, HftBuffer *line)
{
	const HftJsonNode *tool = hft_json_first(tools);
	int			done = 0;

	hft_buffer_puts(line, "\"tools\":[");
	for (uint32_t i = 0; i < tools->count; i++, tool += tool->span)
	{
		const HftJsonNode *list = hft_read_either(tool, "functionDeclarations",
												  "function_declarations");
		const HftJsonNode *function = hft_json_first(list);

		if (!hft_json_is(list, HFT_JSON_ARRAY))
		{
			hft_buffer_puts(line, done++ > 0 ? "," : "");
			hft_json_write(line, tool, NULL, false);
			continue;
		}
		for (uint32_t k = 0; k < list->count; k++, function += function->span)
		{
			hft_buffer_puts(line, done++ > 0 ? "," : "");
			hft_buffer_puts(line, "{\"type\":\"function\",\"function\":");
			hft_json_write(line, function, NULL, false);
			hft_buffer_putc(line, '}');
		}
	}
	hft_buffer_putc(line, ']');
}

void
hft_read_gemini(HftReader *reader, const HftJsonNode *root, HftBuffer *line)
{
	static const char *const known[] = {
		"contents", "systemInstruction", "system_instruction", "tools", NULL
	};
	const HftJsonNode *tools = hft_json_member(root, "tools");
	bool		first = false;

	hft_buffer_putc(line, '{');
	read_messages(reader, root, line);
	if (hft_json_is(tools, HFT_JSON_ARRAY))
	{
		hft_buffer_putc(line, ',');
		read_tools(tools, line);
	}
	hft_read_others(line, root, known, &first);
	hft_buffer_putc(line, '}');
}
