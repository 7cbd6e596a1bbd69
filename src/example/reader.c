/*-------------------------------------------------------------------------
 *
 * reader.c
 *	  Telling in which shape a line is, and the shapes without parts.
 *
 *-------------------------------------------------------------------------
 */
#include "example/reader.h"

#include <stdlib.h>
#include <string.h>

#include "example/readers.h"

void
hft_reader_init(HftReader *reader)
{
	memset(reader, 0, sizeof(*reader));
	hft_json_init(&reader->json);
	hft_buffer_init(&reader->text, HFT_JSON_MAX_BYTES);
}

void
hft_reader_free(HftReader *reader)
{
	hft_json_free(&reader->json);
	hft_buffer_free(&reader->text);
	free(reader->calls);
	hft_reader_init(reader);
}

/* ---- what it is ---- */

static bool
is_string(const HftJsonNode *object, const char *key)
{
	return hft_json_is(hft_json_member(object, key), HFT_JSON_STRING);
}

static bool
is_array(const HftJsonNode *object, const char *key)
{
	return hft_json_is(hft_json_member(object, key), HFT_JSON_ARRAY);
}

/* A part of ours says its type; Converse's blocks never do. */
static bool
has_blocks(const HftJsonNode *messages)
{
	const HftJsonNode *message = hft_json_first(messages);

	for (uint32_t i = 0; i < messages->count; i++, message += message->span)
	{
		const HftJsonNode *content = hft_json_member(message, "content");

		if (hft_json_is(content, HFT_JSON_ARRAY) && content->count > 0)
			return hft_json_is(hft_json_first(content), HFT_JSON_OBJECT) &&
				hft_json_member(hft_json_first(content), "type") == NULL;
	}
	return false;
}

static const char *
tell_shape(const HftJsonNode *root)
{
	const HftJsonNode *messages = hft_json_member(root, "messages");

	if (!hft_json_is(root, HFT_JSON_OBJECT))
		return "openai";
	if (is_array(root, "contents") && messages == NULL)
		return "gemini";
	if (hft_json_is(messages, HFT_JSON_ARRAY))
		return is_array(root, "system") || is_string(root, "schemaVersion") ||
			has_blocks(messages) ? "converse" :
			is_string(root, "system") ? "anthropic" : "openai";
	if ((is_string(root, "prompt") || is_string(root, "user")) &&
		(is_string(root, "completion") || is_string(root, "assistant")))
		return "pair";
	if (is_string(root, "input"))
		return "input";
	return "openai";
}

/* ---- shapes without parts ---- */

static void
put_message(HftBuffer *line, const char *role, const HftJsonNode *content,
			bool *first)
{
	if (content == NULL)
		return;
	hft_buffer_puts(line, *first ? "" : ",");
	*first = false;
	hft_buffer_printf(line, "{\"role\":\"%s\",\"content\":", role);
	hft_json_write(line, content, NULL, false);
	hft_buffer_putc(line, '}');
}

/* Columns of a row that are no part of an example are left where they are. */
static void
read_pair(const HftJsonNode *root, HftBuffer *line)
{
	static const char *const known[] = {
		"system", "prompt", "user", "completion", "assistant",
		"id", "split", "group_key", NULL
	};
	bool		first = true;
	bool		first_key = false;

	hft_buffer_puts(line, "{\"messages\":[");
	if (!hft_json_is(hft_json_member(root, "system"), HFT_JSON_NULL))
		put_message(line, "system", hft_json_member(root, "system"), &first);
	put_message(line, "user", hft_read_either(root, "prompt", "user"),
				&first);
	put_message(line, "assistant",
				hft_read_either(root, "completion", "assistant"), &first);
	hft_buffer_putc(line, ']');
	hft_read_others(line, root, known, &first_key);
	hft_buffer_putc(line, '}');
}

/* Instructions beside the messages are the first of them. */
static void
read_anthropic(const HftJsonNode *root, HftBuffer *line)
{
	static const char *const known[] = {"system", "messages", NULL};
	const HftJsonNode *messages = hft_json_member(root, "messages");
	const HftJsonNode *message = hft_json_first(messages);
	bool		first = true;

	hft_buffer_puts(line, "{\"messages\":[");
	put_message(line, "system", hft_json_member(root, "system"), &first);
	for (uint32_t i = 0; i < messages->count; i++, message += message->span)
	{
		hft_buffer_putc(line, ',');
		hft_json_write(line, message, NULL, false);
	}
	hft_buffer_putc(line, ']');
	hft_read_others(line, root, known, &first);
	hft_buffer_putc(line, '}');
}

static void
read_input(const HftJsonNode *root, HftBuffer *line)
{
	static const char *const known[] = {"input", NULL};
	bool		first = false;

	hft_buffer_puts(line, "{\"text\":");
	hft_json_write(line, hft_json_member(root, "input"), NULL, false);
	hft_read_others(line, root, known, &first);
	hft_buffer_putc(line, '}');
}

/* ---- the whole ---- */

const char *
hft_reader_read(HftReader *reader, const char *text, size_t length,
				HftBuffer *line)
{
	HftJsonStatus status = hft_json_read(&reader->json, text, length);
	const HftJsonNode *root = reader->json.nodes;

	if (status != HFT_JSON_OK)
		return hft_json_status_text(status);
	reader->ncalls = 0;
	reader->failed = false;
	reader->shape = tell_shape(root);
	if (strcmp(reader->shape, "gemini") == 0)
		hft_read_gemini(reader, root, line);
	else if (strcmp(reader->shape, "converse") == 0)
		hft_read_converse(reader, root, line);
	else if (strcmp(reader->shape, "anthropic") == 0)
		read_anthropic(root, line);
	else if (strcmp(reader->shape, "pair") == 0)
		read_pair(root, line);
	else if (strcmp(reader->shape, "input") == 0)
		read_input(root, line);
	else
		hft_buffer_append(line, text, length);
	return reader->failed || line->failed ? "out of memory" : NULL;
}
