/*-------------------------------------------------------------------------
 *
 * reader_turn.c
 *	  From a turn in parts to messages.
 *
 * A platform may name calls by their function alone.  They are numbered
 * then, and an answer belongs to the oldest call of its function that has
 * none yet.
 *
 *-------------------------------------------------------------------------
 */
#include <stdlib.h>
#include <string.h>

#include "example/readers.h"

struct HftReadCall
{
	const HftJsonNode *name;
	const HftJsonNode *id;		/* NULL: its number */
	bool		answered;
};

static bool
same_string(const HftJsonNode *one, const HftJsonNode *other)
{
	return hft_json_is(one, HFT_JSON_STRING) &&
		hft_json_is(other, HFT_JSON_STRING) && one->length == other->length &&
		memcmp(one->text, other->text, one->length) == 0;
}

const HftJsonNode *
hft_read_either(const HftJsonNode *object, const char *key,
				const char *other)
{
	const HftJsonNode *value = hft_json_member(object, key);

	return value ? value : hft_json_member(object, other);
}

void
hft_read_key(HftBuffer *line, const char *key, bool *first)
{
	hft_buffer_puts(line, *first ? "\"" : ",\"");
	hft_buffer_puts(line, key);
	hft_buffer_puts(line, "\":");
	*first = false;
}

/* A value's JSON as a string. */
static void
put_as_text(HftReader *reader, HftBuffer *line, const HftJsonNode *value)
{
	hft_buffer_reset(&reader->text);
	if (value != NULL)
		hft_json_write(&reader->text, value, NULL, false);
	else
		hft_buffer_puts(&reader->text, "{}");
	reader->failed |= reader->text.failed;
	if (!reader->text.failed)
		hft_json_write_string(line, reader->text.data, reader->text.length,
							  false);
}

/* ---- calls and answers ---- */

static void
remember_call(HftReader *reader, const HftPart *part)
{
	HftReadCall *call;

	if (reader->ncalls == reader->room)
	{
		int			room = reader->room ? reader->room * 2 : 8;
		HftReadCall *calls = realloc(reader->calls, room * sizeof(*calls));

		if (calls == NULL)
		{
			reader->failed = true;
			return;
		}
		reader->calls = calls;
		reader->room = room;
	}
	call = &reader->calls[reader->ncalls++];
	call->name = part->name;
	call->id = hft_json_is(part->id, HFT_JSON_STRING) ? part->id : NULL;
	call->answered = false;
}

static HftReadCall *
find_call(HftReader *reader, const HftPart *answer)
{
	for (int i = 0; i < reader->ncalls; i++)
	{
		HftReadCall *call = &reader->calls[i];

		if (call->answered)
			continue;
		if (answer->id != NULL ? same_string(call->id, answer->id) :
			same_string(call->name, answer->name))
			return call;
	}
	return NULL;
}

static void
put_call_id(HftReader *reader, HftBuffer *line, const HftReadCall *call)
{
	if (call->id != NULL)
		hft_json_write(line, call->id, NULL, false);
	else
		hft_buffer_printf(line, "\"call_%d\"",
						  (int) (call - reader->calls) + 1);
}

static void
put_call(HftReader *reader, HftBuffer *line, const HftPart *part)
{
	remember_call(reader, part);
	if (reader->failed)
		return;
	hft_buffer_puts(line, "{\"id\":");
	put_call_id(reader, line, &reader->calls[reader->ncalls - 1]);
	hft_buffer_puts(line, ",\"type\":\"function\",\"function\":{");
	if (part->name != NULL)
	{
		hft_buffer_puts(line, "\"name\":");
		hft_json_write(line, part->name, NULL, false);
		hft_buffer_putc(line, ',');
	}
	hft_buffer_puts(line, "\"arguments\":");
	put_as_text(reader, line, part->value);
	hft_buffer_puts(line, "}}");
}

/* An answer that answers no call has no id: a rule says so. */
static void
put_answer(HftReader *reader, HftBuffer *line, const HftPart *part,
		   bool *first)
{
	HftReadCall *call = find_call(reader, part);

	hft_buffer_puts(line, *first ? "" : ",");
	*first = false;
	hft_buffer_puts(line, "{\"role\":\"tool\",\"content\":");
	if (part->text != NULL)
		hft_json_write(line, part->text, NULL, false);
	else
		put_as_text(reader, line, part->value);
	if (call != NULL || part->id != NULL)
		hft_buffer_puts(line, ",\"tool_call_id\":");
	if (call != NULL)
	{
		call->answered = true;
		put_call_id(reader, line, call);
	}
	else if (part->id != NULL)
		hft_json_write(line, part->id, NULL, false);
	hft_buffer_putc(line, '}');
}

/* ---- what is said ---- */

/* A string's bytes as they stand between quotes. */
static void
put_inside(HftReader *reader, const HftJsonNode *node)
{
	if (hft_json_is(node, HFT_JSON_STRING))
		hft_buffer_append(&reader->text, node->text, node->length);
}

static void
put_image(HftReader *reader, HftBuffer *line, const HftPart *part)
{
	hft_buffer_puts(line, "{\"type\":\"image_url\",\"image_url\":{\"url\":");
	hft_buffer_reset(&reader->text);
	if (part->data != NULL)
	{
		bool		whole = part->mime != NULL && part->mime->length > 0 &&
		memchr(part->mime->text, '/', part->mime->length) != NULL;

		hft_buffer_puts(&reader->text, whole ? "data:" : "data:image/");
		put_inside(reader, part->mime);
		hft_buffer_puts(&reader->text, ";base64,");
		put_inside(reader, part->data);
	}
	else
		put_inside(reader, part->url);
	reader->failed |= reader->text.failed;
	if (!reader->text.failed)
		hft_json_write_string(line,
							  reader->text.data ? reader->text.data : "",
							  reader->text.length, false);
	hft_buffer_puts(line, "}}");
}

static void
put_content_part(HftReader *reader, HftBuffer *line, const HftPart *part,
				 const HftJsonNode *node)
{
	if (part->kind == HFT_PART_TEXT)
	{
		hft_buffer_puts(line, "{\"type\":\"text\",\"text\":");
		hft_json_write(line, part->text, NULL, false);
		hft_buffer_putc(line, '}');
	}
	else if (part->kind == HFT_PART_IMAGE)
		put_image(reader, line, part);
	else
		hft_json_write(line, node, NULL, false);
}

static bool
is_content(const HftPart *part)
{
	return part->kind == HFT_PART_TEXT || part->kind == HFT_PART_IMAGE ||
		part->kind == HFT_PART_OTHER;
}

/* Parts of one kind, and the last of them. */
static int
count_parts(const HftJsonNode *parts, HftPartLook look,
			bool (*wanted) (const HftPart *part), HftPart *last)
{
	const HftJsonNode *node = hft_json_first(parts);
	int			n = 0;

	for (uint32_t i = 0; i < parts->count; i++, node += node->span)
	{
		HftPart		part = look(node);

		if (!wanted(&part))
			continue;
		*last = part;
		n++;
	}
	return n;
}

/* A single text is the content, as people write it; else an array. */
static void
put_content(HftReader *reader, HftBuffer *line, const HftJsonNode *parts,
			HftPartLook look)
{
	const HftJsonNode *node = hft_json_first(parts);
	HftPart		only;
	int			n = count_parts(parts, look, is_content, &only);
	int			done = 0;

	if (n == 0)
		return;
	hft_buffer_puts(line, ",\"content\":");
	if (n == 1 && only.kind == HFT_PART_TEXT)
	{
		hft_json_write(line, only.text, NULL, false);
		return;
	}
	hft_buffer_putc(line, '[');
	for (uint32_t i = 0; i < parts->count; i++, node += node->span)
	{
		HftPart		part = look(node);

		if (!is_content(&part))
			continue;
		hft_buffer_puts(line, done++ > 0 ? "," : "");
		put_content_part(reader, line, &part, node);
	}
	hft_buffer_putc(line, ']');
}

static bool
is_call(const HftPart *part)
{
	return part->kind == HFT_PART_CALL;
}

static void
put_calls(HftReader *reader, HftBuffer *line, const HftJsonNode *parts,
		  HftPartLook look)
{
	const HftJsonNode *node = hft_json_first(parts);
	HftPart		last;
	int			done = 0;

	if (count_parts(parts, look, is_call, &last) == 0)
		return;
	hft_buffer_puts(line, ",\"tool_calls\":[");
	for (uint32_t i = 0; i < parts->count; i++, node += node->span)
	{
		HftPart		part = look(node);

		if (!is_call(&part))
			continue;
		hft_buffer_puts(line, done++ > 0 ? "," : "");
		put_call(reader, line, &part);
	}
	hft_buffer_putc(line, ']');
}

static bool
is_reasoning(const HftPart *part)
{
	return part->kind == HFT_PART_REASONING;
}

static void
put_reasoning(HftReader *reader, HftBuffer *line, const HftJsonNode *parts,
			  HftPartLook look)
{
	const HftJsonNode *node = hft_json_first(parts);
	HftPart		last;

	if (count_parts(parts, look, is_reasoning, &last) == 0)
		return;
	hft_buffer_reset(&reader->text);
	for (uint32_t i = 0; i < parts->count; i++, node += node->span)
	{
		HftPart		part = look(node);

		if (is_reasoning(&part))
			put_inside(reader, part.text);
	}
	reader->failed |= reader->text.failed;
	hft_buffer_puts(line, ",\"reasoning_content\":");
	if (!reader->text.failed)
		hft_json_write_string(line,
							  reader->text.data ? reader->text.data : "",
							  reader->text.length, false);
}

static bool
is_answer(const HftPart *part)
{
	return part->kind == HFT_PART_ANSWER;
}

void
hft_read_turn(HftReader *reader, HftBuffer *line, const char *role,
			  const HftJsonNode *parts, HftPartLook look, bool *first)
{
	const HftJsonNode *node = hft_json_first(parts);
	HftPart		last;
	uint32_t	answers = count_parts(parts, look, is_answer, &last);

	for (uint32_t i = 0; i < parts->count; i++, node += node->span)
	{
		HftPart		part = look(node);

		if (is_answer(&part))
			put_answer(reader, line, &part, first);
	}
	if (answers > 0 && answers == parts->count)
		return;
	hft_buffer_puts(line, *first ? "{\"role\":" : ",{\"role\":");
	*first = false;
	hft_json_write_string(line, role, strlen(role), false);
	put_content(reader, line, parts, look);
	put_calls(reader, line, parts, look);
	put_reasoning(reader, line, parts, look);
	hft_buffer_putc(line, '}');
}

void
hft_read_others(HftBuffer *line, const HftJsonNode *object,
				const char *const *known, bool *first)
{
	const HftJsonNode *key = hft_json_first(object);

	for (uint32_t i = 0; i < object->count; i++, key += 1 + key[1].span)
	{
		int			k = 0;

		while (known[k] != NULL && !hft_json_equals(key, known[k]))
			k++;
		if (known[k] != NULL || key->shadowed)
			continue;
		hft_buffer_puts(line, *first ? "" : ",");
		*first = false;
		hft_json_write(line, key, NULL, false);
		hft_buffer_putc(line, ':');
		hft_json_write(line, key + 1, NULL, false);
	}
}
