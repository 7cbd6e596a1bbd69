/*-------------------------------------------------------------------------
 *
 * reader_converse.c
 *	  Bedrock's lines: messages of blocks, as the Converse API has them.
 *
 *-------------------------------------------------------------------------
 */
#include "example/readers.h"

/*
 * A result is a text when it is one block of text; anything else is kept as
 * the JSON that it is.
 */
static HftPart
look_at_result(const HftJsonNode *result)
{
	HftPart		part = {.kind = HFT_PART_ANSWER};
	const HftJsonNode *content = hft_json_member(result, "content");
	const HftJsonNode *only = hft_json_is(content, HFT_JSON_ARRAY) &&
	content->count == 1 ? hft_json_first(content) : NULL;
	const HftJsonNode *text = hft_json_member(only, "text");

	part.id = hft_json_member(result, "toolUseId");
	part.value = hft_json_member(only, "json");
	if (hft_json_is(text, HFT_JSON_STRING))
		part.text = text;
	else if (part.value == NULL)
		part.value = content;
	return part;
}

static HftPart
look_at_image(const HftJsonNode *image)
{
	HftPart		part = {.kind = HFT_PART_OTHER};
	const HftJsonNode *source = hft_json_member(image, "source");
	const HftJsonNode *data = hft_json_member(source, "bytes");
	const HftJsonNode *url =
	hft_json_member(hft_json_member(source, "s3Location"), "uri");
	const HftJsonNode *format = hft_json_member(image, "format");

	if (!hft_json_is(format, HFT_JSON_STRING) ||
		!(hft_json_is(data, HFT_JSON_STRING) ||
		  hft_json_is(url, HFT_JSON_STRING)))
		return part;
	part.kind = HFT_PART_IMAGE;
	part.mime = format;
	part.data = hft_json_is(data, HFT_JSON_STRING) ? data : NULL;
	part.url = url;
	return part;
}

static HftPart
look_at_block(const HftJsonNode *node)
{
	const HftJsonNode *text = hft_json_member(node, "text");
	const HftJsonNode *use = hft_json_member(node, "toolUse");
	const HftJsonNode *result = hft_json_member(node, "toolResult");
	const HftJsonNode *image = hft_json_member(node, "image");
	const HftJsonNode *thought =
	hft_json_member(hft_json_member(hft_json_member(node, "reasoningContent"),
									"reasoningText"), "text");
	HftPart		part = {.kind = HFT_PART_OTHER};

	if (hft_json_is(text, HFT_JSON_STRING))
	{
		part.kind = HFT_PART_TEXT;
		part.text = text;
	}
	else if (hft_json_is(use, HFT_JSON_OBJECT))
	{
		part.kind = HFT_PART_CALL;
		part.id = hft_json_member(use, "toolUseId");
		part.name = hft_json_member(use, "name");
		part.value = hft_json_member(use, "input");
	}
	else if (hft_json_is(result, HFT_JSON_OBJECT))
		part = look_at_result(result);
	else if (hft_json_is(image, HFT_JSON_OBJECT))
		part = look_at_image(image);
	else if (hft_json_is(thought, HFT_JSON_STRING))
	{
		part.kind = HFT_PART_REASONING;
		part.text = thought;
	}
	return part;
}

static void
read_messages(HftReader *reader, const HftJsonNode *root, HftBuffer *line)
{
	const HftJsonNode *system = hft_json_member(root, "system");
	const HftJsonNode *messages = hft_json_member(root, "messages");
	const HftJsonNode *message = hft_json_first(messages);
	bool		first = true;

	hft_buffer_puts(line, "\"messages\":[");
	if (hft_json_is(system, HFT_JSON_ARRAY))
		hft_read_turn(reader, line, "system", system, look_at_block, &first);
	for (uint32_t i = 0; i < messages->count; i++, message += message->span)
	{
		const HftJsonNode *role = hft_json_member(message, "role");
		const HftJsonNode *content = hft_json_member(message, "content");
		bool		answers = hft_json_equals(role, "assistant");

		if (hft_json_is(content, HFT_JSON_ARRAY) &&
			(answers || hft_json_equals(role, "user")))
		{
			hft_read_turn(reader, line, answers ? "assistant" : "user",
						  content, look_at_block, &first);
			continue;
		}
		hft_buffer_puts(line, first ? "" : ",");
		first = false;
		hft_json_write(line, message, NULL, false);
	}
	hft_buffer_putc(line, ']');
}

/* toolConfig's tools; one that is no toolSpec is kept as a tool. */
static void
read_tools(const HftJsonNode *tools, HftBuffer *line)
{
	const HftJsonNode *tool = hft_json_first(tools);

	hft_buffer_puts(line, ",\"tools\":[");
	for (uint32_t i = 0; i < tools->count; i++, tool += tool->span)
	{
		static const char *const known[] = {"inputSchema", NULL};
		const HftJsonNode *spec = hft_json_member(tool, "toolSpec");
		const HftJsonNode *schema =
		hft_json_member(hft_json_member(spec, "inputSchema"), "json");
		bool		first = true;

		hft_buffer_puts(line, i > 0 ? "," : "");
		if (!hft_json_is(spec, HFT_JSON_OBJECT))
		{
			hft_json_write(line, tool, NULL, false);
			continue;
		}
		hft_buffer_puts(line, "{\"type\":\"function\",\"function\":{");
		hft_read_others(line, spec, known, &first);
		if (schema != NULL)
		{
			hft_read_key(line, "parameters", &first);
			hft_json_write(line, schema, NULL, false);
		}
		hft_buffer_puts(line, "}}");
	}
	hft_buffer_putc(line, ']');
}

void
hft_read_converse(HftReader *reader, const HftJsonNode *root,
				  HftBuffer *line)
{
	static const char *const known[] = {
		"schemaVersion", "system", "messages", "toolConfig", NULL
	};
	const HftJsonNode *config = hft_json_member(root, "toolConfig");
	const HftJsonNode *tools = hft_json_member(config, "tools");
	bool		first = false;

	hft_buffer_putc(line, '{');
	read_messages(reader, root, line);
	if (hft_json_is(tools, HFT_JSON_ARRAY))
		read_tools(tools, line);
	hft_read_others(line, root, known, &first);
	hft_buffer_putc(line, '}');
}
