/*-------------------------------------------------------------------------
 *
 * measure.c
 *	  Tokens of an example: all of them, and those that are trained on.
 *
 * Hands the example to the tokenizer's chat rules piece by piece.  What is
 * malformed counts as far as it can be understood: saying that it is
 * malformed is the rules' business.
 *
 *-------------------------------------------------------------------------
 */
#include "example/measure.h"

#include <string.h>

#define ARENA_LIMIT ((size_t) 1 << 30)

bool
hft_counter_init(HftCounter *counter, HftChatRule rule, HftImageRule images,
				 HftEncoding *encoding)
{
	counter->rule = rule;
	counter->images = images;
	counter->encoding = encoding;
	hft_buffer_init(&counter->json, HFT_JSON_MAX_BYTES);
	counter->arena = hft_arena_create(ARENA_LIMIT);
	return counter->arena != NULL;
}

void
hft_counter_free(HftCounter *counter)
{
	hft_arena_destroy(counter->arena);
	counter->arena = NULL;
	hft_buffer_free(&counter->json);
}

static HftTokenText
text_of(const HftJsonNode *node)
{
	HftTokenText text = {NULL, 0};

	if (hft_json_is(node, HFT_JSON_STRING) ||
		hft_json_is(node, HFT_JSON_NUMBER))
	{
		text.data = node->text;
		text.len = node->length;
	}
	return text;
}

/* ---- tools ---- */

static bool
read_values(HftCounter *counter, const HftJsonNode *values,
			HftChatProperty *property)
{
	const HftJsonNode *element = hft_json_first(values);
	HftTokenText *texts;

	if (!hft_json_is(values, HFT_JSON_ARRAY) || values->count == 0)
		return true;
	texts = hft_arena_alloc(counter->arena, values->count * sizeof(*texts));
	if (texts == NULL)
		return false;
	for (uint32_t i = 0; i < values->count; i++, element += element->span)
		texts[i] = text_of(element);
	property->values = texts;
	property->nvalues = (int) values->count;
	return true;
}

static bool
read_properties(HftCounter *counter, const HftJsonNode *object,
				HftChatTool *tool)
{
	const HftJsonNode *key = hft_json_first(object);
	HftChatProperty *properties;

	if (!hft_json_is(object, HFT_JSON_OBJECT) || object->count == 0)
		return true;
	properties = hft_arena_alloc(counter->arena,
								 object->count * sizeof(*properties));
	if (properties == NULL)
		return false;
	tool->properties = properties;
	for (uint32_t i = 0; i < object->count; i++, key += 1 + key[1].span)
	{
		HftChatProperty *property = &properties[tool->nproperties];

		if (key->shadowed)
			continue;
		property->name = text_of(key);
		property->type = text_of(hft_json_member(key + 1, "type"));
		property->description =
			text_of(hft_json_member(key + 1, "description"));
		if (!read_values(counter, hft_json_member(key + 1, "enum"), property))
			return false;
		tool->nproperties++;
	}
	return true;
}

/* "function" is the definition, "whole" what a model would be shown of it. */
static HftTokenStatus
count_tool(HftCounter *counter, const HftJsonNode *whole,
		   const HftJsonNode *function, HftChatCount *count)
{
	HftChatTool tool = {{NULL, 0}};
	const HftJsonNode *parameters = hft_json_member(function, "parameters");

	tool.name = text_of(hft_json_member(function, "name"));
	tool.description = text_of(hft_json_member(function, "description"));
	if (!read_properties(counter, hft_json_member(parameters, "properties"),
						 &tool))
		return HFT_TOKEN_NO_MEMORY;
	hft_buffer_reset(&counter->json);
	if (!hft_json_write(&counter->json, whole, &hft_shape_tools, false))
		return HFT_TOKEN_NO_MEMORY;
	tool.json.data = counter->json.data;
	tool.json.len = counter->json.length;
	return hft_chat_tool(count, &tool);
}

static HftTokenStatus
count_tools(HftCounter *counter, const HftExample *example,
			HftChatCount *count)
{
	const HftJsonNode *tools = example->top[HFT_TOP_TOOLS];
	bool		wrapped = tools != NULL;
	const HftJsonNode *tool;

	if (tools == NULL)
		tools = example->top[HFT_TOP_FUNCTIONS];
	if (!hft_json_is(tools, HFT_JSON_ARRAY))
		return HFT_TOKEN_OK;
	tool = tools + 1;
	for (uint32_t i = 0; i < tools->count; i++, tool += tool->span)
	{
		const HftJsonNode *function =
			wrapped ? hft_json_member(tool, "function") : tool;
		HftTokenStatus status = count_tool(counter, tool, function, count);

		if (status != HFT_TOKEN_OK)
			return status;
	}
	return HFT_TOKEN_OK;
}

/* ---- messages ---- */

static bool
read_parts(HftCounter *counter, const HftJsonNode *content,
		   HftChatMessage *message)
{
	HftTexts	texts = hft_texts(content);
	HftTokenText *parts;
	const HftJsonNode *text;

	if (texts.left == 0)
		return true;
	parts = hft_arena_alloc(counter->arena, texts.left * sizeof(*parts));
	if (parts == NULL)
		return false;
	message->parts = parts;
	while ((text = hft_texts_next(&texts)) != NULL)
		parts[message->nparts++] = text_of(text);
	return true;
}

static bool
read_calls(HftCounter *counter, const HftMessage *from,
		   HftChatMessage *message)
{
	const HftJsonNode *calls = from->key[HFT_KEY_TOOL_CALLS];
	const HftJsonNode *single = from->key[HFT_KEY_FUNCTION_CALL];
	uint32_t	ncalls = hft_json_is(calls, HFT_JSON_ARRAY) ? calls->count : 0;
	const HftJsonNode *call = hft_json_first(calls);
	HftChatCall *read;

	if (ncalls == 0 && single == NULL)
		return true;
	read = hft_arena_alloc(counter->arena, (ncalls + 1) * sizeof(*read));
	if (read == NULL)
		return false;
	message->calls = read;
	for (uint32_t i = 0; i < ncalls; i++, call += call->span)
	{
		const HftJsonNode *function = hft_json_member(call, "function");

		read[i].name = text_of(hft_json_member(function, "name"));
		read[i].arguments = text_of(hft_json_member(function, "arguments"));
	}
	if (single != NULL)
	{
		read[ncalls].name = text_of(hft_json_member(single, "name"));
		read[ncalls].arguments =
			text_of(hft_json_member(single, "arguments"));
		ncalls++;
	}
	message->ncalls = (int) ncalls;
	return true;
}

/* An image is { "url", "detail" }; old examples give the URL as it is. */
static HftImage
image_of(const HftJsonNode *node)
{
	const HftJsonNode *detail = hft_json_member(node, "detail");
	const HftJsonNode *url = hft_json_is(node, HFT_JSON_STRING) ? node :
		hft_json_member(node, "url");
	HftTokenText text = text_of(url);
	HftImage	image = {0};

	if (hft_json_equals(detail, "low"))
		image.detail = HFT_DETAIL_LOW;
	else if (hft_json_equals(detail, "high"))
		image.detail = HFT_DETAIL_HIGH;
	(void) hft_image_measure(text.data, text.len, &image);
	return image;
}

static bool
read_images(HftCounter *counter, const HftJsonNode *content,
			HftChatMessage *message)
{
	const HftJsonNode *part = hft_json_first(content);
	HftImage   *images = NULL;

	if (!hft_json_is(content, HFT_JSON_ARRAY))
		return true;
	for (uint32_t i = 0; i < content->count; i++, part += part->span)
	{
		const HftJsonNode *image = hft_json_member(part, "image_url");

		if (image == NULL)
			continue;
		if (images == NULL)
			images = hft_arena_alloc(counter->arena,
									 (content->count - i) * sizeof(*images));
		if (images == NULL)
			return false;
		images[message->nimages++] = image_of(image);
	}
	message->images = images;
	return true;
}

static HftTokenStatus
count_message(HftCounter *counter, const HftMessage *from,
			  HftChatCount *count)
{
	HftTokenText single;
	HftChatMessage message = {{NULL, 0}};

	message.role = text_of(from->key[HFT_KEY_ROLE]);
	message.name = text_of(from->key[HFT_KEY_NAME]);
	message.trained = hft_message_trained(from);
	if (hft_json_is(from->key[HFT_KEY_CONTENT], HFT_JSON_STRING))
	{
		single = text_of(from->key[HFT_KEY_CONTENT]);
		message.parts = &single;
		message.nparts = 1;
	}
	else if (!read_parts(counter, from->key[HFT_KEY_CONTENT], &message) ||
			 !read_images(counter, from->key[HFT_KEY_CONTENT], &message))
		return HFT_TOKEN_NO_MEMORY;
	if (!read_calls(counter, from, &message))
		return HFT_TOKEN_NO_MEMORY;
	return hft_chat_message(count, &message);
}

static bool
count_text(HftCounter *counter, const HftJsonNode *text, HftTokens *tokens)
{
	tokens->all = hft_encoding_count(counter->encoding, text->text,
									 text->length);
	tokens->trained = tokens->all;
	tokens->overhead = 0;
	tokens->exact = true;
	return tokens->all >= 0;
}

bool
hft_counter_count(HftCounter *counter, const HftExample *example,
				  HftTokens *tokens)
{
	HftChatCount count;
	HftTokenStatus status;

	if (hft_json_is(example->top[HFT_TOP_TEXT], HFT_JSON_STRING))
		return count_text(counter, example->top[HFT_TOP_TEXT], tokens);
	hft_chat_begin(&count, counter->rule, counter->images,
				   counter->encoding);
	status = count_tools(counter, example, &count);
	for (int i = 0; i < example->nmessages && status == HFT_TOKEN_OK; i++)
		status = count_message(counter, &example->messages[i], &count);
	hft_chat_end(&count);
	tokens->all = count.tokens;
	tokens->trained = count.trained_tokens;
	tokens->overhead = count.overhead;
	tokens->exact = count.exact;
	hft_arena_reset(counter->arena);
	return status == HFT_TOKEN_OK;
}
