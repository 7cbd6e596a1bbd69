/*-------------------------------------------------------------------------
 *
 * json.c
 *	  Strict JSON reader onto a flat array of nodes.
 *
 * Strings are most of what a training example is made of, so they are passed
 * over eight bytes at a time and copied only when they hold an escape.
 * Depth, size and the number of nodes are bounded, so that no text can
 * exhaust the stack or memory (F32, F50).
 *
 *-------------------------------------------------------------------------
 */
#include "example/json.h"

#include <stdlib.h>
#include <string.h>

#include "example/utf8.h"

#define ONES	UINT64_C(0x0101010101010101)
#define HIGHS	(ONES * 0x80)

/* Objects with more members look for equal keys by sorting. */
#define FEW_MEMBERS 16

typedef struct Reader
{
	HftJson    *json;
	const char *at;
	const char *end;
	const char *start;
	int			depth;
} Reader;

static HftJsonStatus read_value(Reader *reader);

void
hft_json_init(HftJson *json)
{
	memset(json, 0, sizeof(*json));
}

void
hft_json_free(HftJson *json)
{
	free(json->nodes);
	free(json->scratch);
	hft_json_init(json);
}

const char *
hft_json_status_text(HftJsonStatus status)
{
	static const char *const texts[] = {
		[HFT_JSON_OK] = "valid JSON",
		[HFT_JSON_SYNTAX] = "invalid JSON",
		[HFT_JSON_ENCODING] = "invalid UTF-8 or half a surrogate pair",
		[HFT_JSON_TOO_DEEP] = "JSON nested too deeply",
		[HFT_JSON_TOO_LARGE] = "too large",
		[HFT_JSON_NO_MEMORY] = "out of memory"
	};

	return texts[status];
}

/* ---- nodes ---- */

static HftJsonStatus
add_node(HftJson *json, HftJsonType type, const char *text, size_t length)
{
	HftJsonNode *node;

	if (json->used == json->room)
	{
		uint32_t	room = json->room ? json->room * 2 : 64;
		HftJsonNode *nodes;

		if (room > HFT_JSON_MAX_NODES)
			return HFT_JSON_TOO_LARGE;
		nodes = realloc(json->nodes, room * sizeof(HftJsonNode));
		if (nodes == NULL)
			return HFT_JSON_NO_MEMORY;
		json->nodes = nodes;
		json->room = room;
	}
	node = &json->nodes[json->used++];
	node->type = type;
	node->shadowed = false;
	node->count = 0;
	node->span = 1;
	node->length = (uint32_t) length;
	node->text = text;
	return HFT_JSON_OK;
}

static bool
same_text(const HftJsonNode *a, const HftJsonNode *b)
{
	return a->length == b->length && memcmp(a->text, b->text, a->length) == 0;
}

/* By text, equal ones by position. */
static int
compare_keys(const void *a, const void *b)
{
	const HftJsonNode *left = *(HftJsonNode *const *) a;
	const HftJsonNode *right = *(HftJsonNode *const *) b;
	size_t		shorter = left->length < right->length ?
		left->length : right->length;
	int			result = memcmp(left->text, right->text, shorter);

	if (result != 0)
		return result;
	if (left->length != right->length)
		return left->length < right->length ? -1 : 1;
	return left < right ? -1 : 1;
}

static HftJsonStatus
shadow_sorted(HftJson *json, HftJsonNode *object)
{
	HftJsonNode **keys = malloc(object->count * sizeof(HftJsonNode *));
	HftJsonNode *key = object + 1;

	if (keys == NULL)
		return HFT_JSON_NO_MEMORY;
	for (uint32_t i = 0; i < object->count; i++, key += 1 + key[1].span)
		keys[i] = key;
	qsort(keys, object->count, sizeof(HftJsonNode *), compare_keys);
	for (uint32_t i = 0; i + 1 < object->count; i++)
		if (same_text(keys[i], keys[i + 1]))
			keys[i]->shadowed = json->duplicates = true;
	free(keys);
	return HFT_JSON_OK;
}

/* Mark every key that a later key of the object replaces. */
static HftJsonStatus
shadow_keys(HftJson *json, HftJsonNode *object)
{
	HftJsonNode *key = object + 1;

	if (object->count > FEW_MEMBERS)
		return shadow_sorted(json, object);
	for (uint32_t i = 0; i < object->count; i++, key += 1 + key[1].span)
	{
		HftJsonNode *later = key + 1 + key[1].span;

		for (uint32_t j = i + 1; j < object->count;
			 j++, later += 1 + later[1].span)
			if (same_text(key, later))
				key->shadowed = json->duplicates = true;
	}
	return HFT_JSON_OK;
}

/* ---- strings ---- */

/* First byte that is not simply part of a string, or the end. */
static const char *
skip_plain(const char *at, const char *end)
{
	while (end - at >= 8)
	{
		uint64_t	word;
		uint64_t	quote;
		uint64_t	slash;

		memcpy(&word, at, 8);
		quote = word ^ (ONES * '"');
		slash = word ^ (ONES * '\\');
		/* a high bit for each byte < 0x20, ", \ or >= 0x80 */
		if (((word - ONES * 0x20) | word |
			 (quote - ONES) | (slash - ONES)) & HIGHS)
			break;
		at += 8;
	}
	while (at < end && (unsigned char) *at >= 0x20 &&
		   (unsigned char) *at < 0x80 && *at != '"' && *at != '\\')
		at++;
	return at;
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
		return (c | 0x20) - 'a' + 10;
	return -1;
}

/* Four hex digits at reader->at, or -1. */
static int
read_hex4(Reader *reader)
{
	int			value = 0;

	if (reader->end - reader->at < 4)
		return -1;
	for (int i = 0; i < 4; i++)
	{
		int			digit = hex_digit(*reader->at++);

		if (digit < 0)
			return -1;
		value = value * 16 + digit;
	}
	return value;
}

static void
put_utf8(HftJson *json, unsigned code)
{
	char	   *out = json->scratch + json->scratch_used;

	if (code < 0x80)
	{
		*out = (char) code;
		json->scratch_used += 1;
		return;
	}
	if (code < 0x800)
	{
		out[0] = (char) (0xC0 | code >> 6);
		out[1] = (char) (0x80 | (code & 0x3F));
		json->scratch_used += 2;
		return;
	}
	if (code < 0x10000)
	{
		out[0] = (char) (0xE0 | code >> 12);
		out[1] = (char) (0x80 | (code >> 6 & 0x3F));
		out[2] = (char) (0x80 | (code & 0x3F));
		json->scratch_used += 3;
		return;
	}
	out[0] = (char) (0xF0 | code >> 18);
	out[1] = (char) (0x80 | (code >> 12 & 0x3F));
	out[2] = (char) (0x80 | (code >> 6 & 0x3F));
	out[3] = (char) (0x80 | (code & 0x3F));
	json->scratch_used += 4;
}

/* After "\u". */
static HftJsonStatus
read_code(Reader *reader)
{
	int			code = read_hex4(reader);
	int			low;

	if (code < 0)
		return HFT_JSON_SYNTAX;
	if (code >= 0xDC00 && code <= 0xDFFF)
		return HFT_JSON_ENCODING;
	if (code >= 0xD800 && code <= 0xDBFF)
	{
		if (reader->end - reader->at < 6 ||
			reader->at[0] != '\\' || reader->at[1] != 'u')
			return HFT_JSON_ENCODING;
		reader->at += 2;
		low = read_hex4(reader);
		if (low < 0)
			return HFT_JSON_SYNTAX;
		if (low < 0xDC00 || low > 0xDFFF)
			return HFT_JSON_ENCODING;
		code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
	}
	put_utf8(reader->json, (unsigned) code);
	return HFT_JSON_OK;
}

/* After the backslash. */
static HftJsonStatus
read_escape(Reader *reader)
{
	static const char from[] = "\"\\/bfnrt";
	static const char to[] = "\"\\/\b\f\n\r\t";
	const char *found;

	if (reader->at == reader->end)
		return HFT_JSON_SYNTAX;
	if (*reader->at == 'u')
	{
		reader->at++;
		return read_code(reader);
	}
	found = *reader->at ? strchr(from, *reader->at) : NULL;
	if (found == NULL)
		return HFT_JSON_SYNTAX;
	reader->at++;
	put_utf8(reader->json, (unsigned char) to[found - from]);
	return HFT_JSON_OK;
}

/*
 * Room for all strings of the text: decoding never makes one longer, and a
 * block that does not move keeps the nodes' pointers valid.
 */
static HftJsonStatus
need_scratch(Reader *reader)
{
	HftJson    *json = reader->json;
	size_t		size = reader->end - reader->start;

	if (json->scratch_used > 0 || json->scratch_size >= size)
		return HFT_JSON_OK;
	free(json->scratch);
	json->scratch_size = 0;
	json->scratch = malloc(size);
	if (json->scratch == NULL)
		return HFT_JSON_NO_MEMORY;
	json->scratch_size = size;
	return HFT_JSON_OK;
}

/* Copy from "from" up to where we are. */
static void
keep_run(Reader *reader, const char *from)
{
	size_t		length = reader->at - from;

	memcpy(reader->json->scratch + reader->json->scratch_used, from, length);
	reader->json->scratch_used += length;
}

/* Pass what needs no decoding; false at a byte that may not be there. */
static bool
pass_run(Reader *reader)
{
	for (;;)
	{
		int			step;

		reader->at = skip_plain(reader->at, reader->end);
		if (reader->at == reader->end || (unsigned char) *reader->at < 0x80)
			return true;
		step = hft_utf8_char((const unsigned char *) reader->at,
							 (const unsigned char *) reader->end);
		if (step == 0)
			return false;
		reader->at += step;
	}
}

/* The rest of a string whose first escape is at reader->at. */
static HftJsonStatus
read_escaped(Reader *reader, const char *from)
{
	HftJson    *json = reader->json;
	HftJsonStatus status = need_scratch(reader);
	size_t		begin = json->scratch_used;

	if (status != HFT_JSON_OK)
		return status;
	keep_run(reader, from);
	while (reader->at < reader->end && *reader->at == '\\')
	{
		const char *run;

		reader->at++;
		status = read_escape(reader);
		if (status != HFT_JSON_OK)
			return status;
		run = reader->at;
		if (!pass_run(reader))
			return HFT_JSON_ENCODING;
		keep_run(reader, run);
	}
	if (reader->at == reader->end || *reader->at != '"')
		return HFT_JSON_SYNTAX;
	reader->at++;
	return add_node(json, HFT_JSON_STRING, json->scratch + begin,
					json->scratch_used - begin);
}

/* At the opening quote. */
static HftJsonStatus
read_string(Reader *reader)
{
	const char *from = ++reader->at;

	if (!pass_run(reader))
		return HFT_JSON_ENCODING;
	if (reader->at == reader->end)
		return HFT_JSON_SYNTAX;
	if (*reader->at == '\\')
		return read_escaped(reader, from);
	if (*reader->at != '"')
		return HFT_JSON_SYNTAX;
	reader->at++;
	return add_node(reader->json, HFT_JSON_STRING, from,
					reader->at - 1 - from);
}

/* ---- the other values ---- */

static void
skip_space(Reader *reader)
{
	while (reader->at < reader->end &&
		   (*reader->at == ' ' || *reader->at == '\n' ||
			*reader->at == '\t' || *reader->at == '\r'))
		reader->at++;
}

/* Skip white space; true and past it when "c" comes next. */
static bool
take(Reader *reader, char c)
{
	skip_space(reader);
	if (reader->at == reader->end || *reader->at != c)
		return false;
	reader->at++;
	return true;
}

static size_t
skip_digits(Reader *reader)
{
	const char *from = reader->at;

	while (reader->at < reader->end &&
		   *reader->at >= '0' && *reader->at <= '9')
		reader->at++;
	return reader->at - from;
}

static bool
accept(Reader *reader, const char *choices)
{
	if (reader->at == reader->end || *reader->at == '\0' ||
		strchr(choices, *reader->at) == NULL)
		return false;
	reader->at++;
	return true;
}

static HftJsonStatus
read_number(Reader *reader)
{
	const char *from = reader->at;
	size_t		digits;
	bool		zero;

	accept(reader, "-");
	zero = reader->at < reader->end && *reader->at == '0';
	digits = skip_digits(reader);
	if (digits == 0 || (zero && digits > 1))
		return HFT_JSON_SYNTAX;
	if (accept(reader, ".") && skip_digits(reader) == 0)
		return HFT_JSON_SYNTAX;
	if (accept(reader, "eE"))
	{
		accept(reader, "+-");
		if (skip_digits(reader) == 0)
			return HFT_JSON_SYNTAX;
	}
	return add_node(reader->json, HFT_JSON_NUMBER, from, reader->at - from);
}

static HftJsonStatus
read_word(Reader *reader, const char *word, HftJsonType type)
{
	size_t		length = strlen(word);

	if ((size_t) (reader->end - reader->at) < length ||
		memcmp(reader->at, word, length) != 0)
		return HFT_JSON_SYNTAX;
	reader->at += length;
	return add_node(reader->json, type, word, length);
}

/* One element, or one key and its value. */
static HftJsonStatus
read_child(Reader *reader, HftJsonType type)
{
	HftJsonStatus status;

	if (type == HFT_JSON_OBJECT)
	{
		skip_space(reader);
		if (reader->at == reader->end || *reader->at != '"')
			return HFT_JSON_SYNTAX;
		status = read_string(reader);
		if (status != HFT_JSON_OK)
			return status;
		if (!take(reader, ':'))
			return HFT_JSON_SYNTAX;
	}
	return read_value(reader);
}

/* At the opening bracket or brace. */
static HftJsonStatus
read_container(Reader *reader, HftJsonType type, char closing)
{
	HftJson    *json = reader->json;
	uint32_t	self = json->used;
	HftJsonStatus status = add_node(json, type, reader->at, 0);

	if (status != HFT_JSON_OK)
		return status;
	if (++reader->depth > HFT_JSON_MAX_DEPTH)
		return HFT_JSON_TOO_DEEP;
	reader->at++;
	if (!take(reader, closing))
	{
		do
		{
			status = read_child(reader, type);
			if (status != HFT_JSON_OK)
				return status;
			json->nodes[self].count++;
		} while (take(reader, ','));
		if (!take(reader, closing))
			return HFT_JSON_SYNTAX;
	}
	reader->depth--;
	json->nodes[self].span = json->used - self;
	return type == HFT_JSON_OBJECT ?
		shadow_keys(json, &json->nodes[self]) : HFT_JSON_OK;
}

static HftJsonStatus
read_value(Reader *reader)
{
	skip_space(reader);
	if (reader->at == reader->end)
		return HFT_JSON_SYNTAX;
	switch (*reader->at)
	{
		case '"':
			return read_string(reader);
		case '{':
			return read_container(reader, HFT_JSON_OBJECT, '}');
		case '[':
			return read_container(reader, HFT_JSON_ARRAY, ']');
		case 't':
			return read_word(reader, "true", HFT_JSON_TRUE);
		case 'f':
			return read_word(reader, "false", HFT_JSON_FALSE);
		case 'n':
			return read_word(reader, "null", HFT_JSON_NULL);
		default:
			return read_number(reader);
	}
}

HftJsonStatus
hft_json_read(HftJson *json, const char *text, size_t length)
{
	Reader		reader = {json, text, text + length, text, 0};
	HftJsonStatus status;

	json->used = 0;
	json->scratch_used = 0;
	json->error_at = 0;
	json->duplicates = false;
	if (length > HFT_JSON_MAX_BYTES)
		return HFT_JSON_TOO_LARGE;
	status = read_value(&reader);
	if (status == HFT_JSON_OK)
	{
		skip_space(&reader);
		if (reader.at != reader.end)
			status = HFT_JSON_SYNTAX;
	}
	json->error_at = reader.at - text;
	return status;
}
