/*-------------------------------------------------------------------------
 *
 * json_node.c
 *	  Looking into JSON that was read, and writing it compactly.
 *
 * The writer escapes only what must be escaped, so that equal values are
 * equal bytes.  "ascii" turns every character beyond ASCII into \u escapes,
 * for a database whose encoding is not UTF-8 (R33).
 *
 *-------------------------------------------------------------------------
 */
#include "example/json.h"

#include <stdio.h>
#include <string.h>

#include "example/utf8.h"

bool
hft_json_is(const HftJsonNode *node, HftJsonType type)
{
	return node != NULL && node->type == type;
}

bool
hft_json_equals(const HftJsonNode *node, const char *string)
{
	return hft_json_is(node, HFT_JSON_STRING) &&
		node->length == strlen(string) &&
		memcmp(node->text, string, node->length) == 0;
}

const HftJsonNode *
hft_json_member(const HftJsonNode *object, const char *key)
{
	const HftJsonNode *at = hft_json_first(object);

	if (!hft_json_is(object, HFT_JSON_OBJECT))
		return NULL;
	for (uint32_t i = 0; i < object->count; i++, at += 1 + at[1].span)
		if (!at->shadowed && hft_json_equals(at, key))
			return at + 1;
	return NULL;
}

/* ---- writing ---- */

#define ONES	UINT64_C(0x0101010101010101)
#define HIGHS	(ONES * 0x80)

/* Is the byte to be escaped, or the start of a character that is? */
static bool
needs_escape(unsigned char byte, bool ascii)
{
	return byte < 0x20 || byte == '"' || byte == '\\' ||
		(ascii && byte >= 0x80);
}

/* First byte from "at" on that needs an escape, or the end. */
static const unsigned char *
skip_plain(const unsigned char *at, const unsigned char *end, bool ascii)
{
	while (end - at >= 8)
	{
		uint64_t	word;
		uint64_t	quote;
		uint64_t	slash;
		uint64_t	found;

		memcpy(&word, at, 8);
		quote = word ^ (ONES * '"');
		slash = word ^ (ONES * '\\');
		/* high bits: bytes < 0x20, quotes, backslashes; maybe false ones */
		found = ((word - ONES * 0x20) & ~word) |
			((quote - ONES) & ~quote) | ((slash - ONES) & ~slash);
		if ((found | (ascii ? word : 0)) & HIGHS)
			break;
		at += 8;
	}
	while (at < end && !needs_escape(*at, ascii))
		at++;
	return at;
}

/* Code point of a character that is known to be valid. */
static unsigned
decode_char(const unsigned char *at, int length)
{
	switch (length)
	{
		case 1:
			return at[0];
		case 2:
			return (at[0] & 0x1Fu) << 6 | (at[1] & 0x3Fu);
		case 3:
			return (at[0] & 0x0Fu) << 12 | (at[1] & 0x3Fu) << 6 |
				(at[2] & 0x3Fu);
		default:
			return (at[0] & 0x07u) << 18 | (at[1] & 0x3Fu) << 12 |
				(at[2] & 0x3Fu) << 6 | (at[3] & 0x3Fu);
	}
}

static void
put_escape(HftBuffer *out, unsigned code)
{
	static const char short_from[] = "\"\\\b\f\n\r\t";
	static const char short_to[] = "\"\\bfnrt";
	const char *found = code > 0 && code < 0x80 ?
		strchr(short_from, (int) code) : NULL;
	char		text[16];

	if (found != NULL)
		snprintf(text, sizeof(text), "\\%c", short_to[found - short_from]);
	else if (code < 0x10000)
		snprintf(text, sizeof(text), "\\u%04x", code);
	else
		snprintf(text, sizeof(text), "\\u%04x\\u%04x",
				 0xD800 + ((code - 0x10000) >> 10),
				 0xDC00 + ((code - 0x10000) & 0x3FF));
	hft_buffer_puts(out, text);
}

/* "text" must be valid UTF-8. */
bool
hft_json_write_string(HftBuffer *out, const char *text, size_t length,
					  bool ascii)
{
	const unsigned char *at = (const unsigned char *) text;
	const unsigned char *end = at + length;

	hft_buffer_putc(out, '"');
	while (at < end)
	{
		const unsigned char *run = at;
		int			step;

		at = skip_plain(at, end, ascii);
		if (at > run)
			hft_buffer_append(out, run, at - run);
		if (at == end)
			break;
		step = hft_utf8_char(at, end);
		if (step == 0)
			return false;
		put_escape(out, decode_char(at, step));
		at += step;
	}
	return hft_buffer_putc(out, '"');
}

/* Place of a key in the shape, or -1. */
static int
shape_place(const HftJsonShape *shape, const HftJsonNode *key)
{
	for (int i = 0; shape != NULL && shape->keys[i].name != NULL; i++)
		if (hft_json_equals(key, shape->keys[i].name))
			return i;
	return -1;
}

static void
write_member(HftBuffer *out, const HftJsonNode *key,
			 const HftJsonShape *shape, bool ascii, bool *first)
{
	if (!*first)
		hft_buffer_putc(out, ',');
	*first = false;
	hft_json_write_string(out, key->text, key->length, ascii);
	hft_buffer_putc(out, ':');
	hft_json_write(out, key + 1, shape, ascii);
}

static void
write_object(HftBuffer *out, const HftJsonNode *object,
			 const HftJsonShape *shape, bool ascii)
{
	const HftJsonNode *known[HFT_JSON_SHAPE_KEYS] = {NULL};
	const HftJsonNode *key = object + 1;
	bool		first = true;

	hft_buffer_putc(out, '{');
	for (uint32_t i = 0; shape != NULL && i < object->count;
		 i++, key += 1 + key[1].span)
	{
		int			place = key->shadowed ? -1 : shape_place(shape, key);

		if (place >= 0)
			known[place] = key;
	}
	for (int i = 0; i < HFT_JSON_SHAPE_KEYS; i++)
		if (known[i] != NULL)
			write_member(out, known[i], shape->keys[i].shape, ascii, &first);
	key = object + 1;
	for (uint32_t i = 0; i < object->count; i++, key += 1 + key[1].span)
		if (!key->shadowed && shape_place(shape, key) < 0)
			write_member(out, key, NULL, ascii, &first);
	hft_buffer_putc(out, '}');
}

static void
write_array(HftBuffer *out, const HftJsonNode *array,
			const HftJsonShape *shape, bool ascii)
{
	const HftJsonNode *element = array + 1;

	hft_buffer_putc(out, '[');
	for (uint32_t i = 0; i < array->count; i++, element += element->span)
	{
		if (i > 0)
			hft_buffer_putc(out, ',');
		hft_json_write(out, element, shape, ascii);
	}
	hft_buffer_putc(out, ']');
}

/* Recursion is bounded by the depth that the reader allowed. */
bool
hft_json_write(HftBuffer *out, const HftJsonNode *node,
			   const HftJsonShape *shape, bool ascii)
{
	switch ((HftJsonType) node->type)
	{
		case HFT_JSON_STRING:
			hft_json_write_string(out, node->text, node->length, ascii);
			break;
		case HFT_JSON_OBJECT:
			write_object(out, node, shape, ascii);
			break;
		case HFT_JSON_ARRAY:
			write_array(out, node, shape, ascii);
			break;
		default:
			hft_buffer_append(out, node->text, node->length);
	}
	return !out->failed;
}
