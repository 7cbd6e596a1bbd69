/*-------------------------------------------------------------------------
 *
 * json.c
 *	  Reading a tokenizer.json of Hugging Face's tokenizers.
 *
 * For vocabularies whose licence does not let us hand them out: the user
 * brings the file.  Two kinds are read: byte-level BPE, whose strings are in
 * GPT-2's byte alphabet, and BPE over characters with byte fallback.  The
 * merges of both are a list.
 *
 *-------------------------------------------------------------------------
 */
#include <jansson.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "tokenizer/tool/tool.h"

#define BLANK		"\xE2\x96\x81"	/* U+2581 stands for a blank */

static const struct
{
	const char *name;
	const char *licence;
	HftSplit	split;
}			known[] = {
	{"llama3_1", "Llama 3 Community License (Meta)", HFT_SPLIT_CL100K},
	{"gemma3", "Gemma Terms of Use (Google)", HFT_SPLIT_BLANKS},
	{"gemini", "Gemma Terms of Use (Google)", HFT_SPLIT_BLANKS},
};

static void
start_source(Source *source, const char *name)
{
	int			i;

	memset(source, 0, sizeof(*source));
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(known[i].name, name) == 0)
		{
			strcpy(source->name, name);
			strcpy(source->licence, known[i].licence);
			source->split = known[i].split;
			source->characters = known[i].split == HFT_SPLIT_BLANKS;
			return;
		}
	fail("no pattern is known for vocabulary \"%s\"", name);
}

static char *
read_file(const char *path, size_t *size)
{
	FILE	   *in = fopen(path, "rb");
	char	   *data;

	if (in == NULL || fseek(in, 0, SEEK_END) != 0)
		fail("cannot open \"%s\"", path);
	*size = ftell(in);
	rewind(in);
	data = allocate(*size + 1);
	if (fread(data, 1, *size, in) != *size)
		fail("cannot read \"%s\"", path);
	fclose(in);
	return data;
}

static void
sum_file(Source *source, const char *data, size_t size)
{
	unsigned char digest[32];
	int			i;

	if (!EVP_Digest(data, size, digest, NULL, EVP_sha256(), NULL))
		fail("SHA-256 is not available");
	for (i = 0; i < sizeof(digest); i++)
		sprintf(source->sha256 + 2 * i, "%02x", digest[i]);
}

/* Bytes of a string in GPT-2's alphabet; returns their number. */
static size_t
read_byte_level(const char *string, size_t len, uint8_t *to)
{
	static uint8_t byte_of[512];
	const uint8_t *p = (const uint8_t *) string;
	const uint8_t *end = p + len;
	size_t		n = 0;
	int			other = 256;
	int			i;

	for (i = 0; i < 256; i++)
	{
		bool		itself = (i >= 33 && i <= 126) ||
			(i >= 161 && i <= 172) || i >= 174;

		byte_of[itself ? i : other++] = i;
	}
	while (p < end)
	{
		uint32_t	code;

		p += decode_char(p, end, &code);
		if (code >= other)
			fail("token \"%s\" is not made of bytes", string);
		to[n++] = byte_of[code];
	}
	return n;
}

/* "<0x41>" is the byte; everything else is itself, with plain blanks. */
static size_t
read_characters(Source *source, uint32_t id, const char *string, size_t len,
				uint8_t *to)
{
	unsigned int byte;
	size_t		n = 0;

	if (len == 6 && sscanf(string, "<0x%2X>", &byte) == 1)
	{
		source->bytes_of[byte] = id;
		source->hidden[id] = true;
		to[0] = byte;
		return 1;
	}
	while (len > 0)
	{
		if (len >= 3 && memcmp(string, BLANK, 3) == 0)
		{
			to[n++] = ' ';
			string += 3;
			len -= 3;
			continue;
		}
		to[n++] = *string++;
		len--;
	}
	return n;
}

/* Tokens in the order of their ids, which must have no gaps. */
static void
read_vocab(Source *source, const json_t *vocab)
{
	uint32_t	n = json_object_size(vocab);
	const char **strings = allocate(n * sizeof(char *));
	size_t		total = 0;
	uint32_t	used = 0;
	const char *string;
	json_t	   *value;
	uint32_t	i;

	json_object_foreach((json_t *) vocab, string, value)
	{
		uint64_t	id = json_integer_value(value);

		if (id >= n || strings[id] != NULL)
			fail("ids are not 0 to %u", n - 1);
		strings[id] = string;
		total += strlen(string);
	}
	source->tokens = n;
	source->offsets = allocate((n + 1) * sizeof(uint32_t));
	source->bytes = allocate(total + n);
	source->hidden = source->characters ? allocate(n) : NULL;
	for (i = 0; i < n; i++)
	{
		uint8_t    *to = source->bytes + used;
		size_t		len = strlen(strings[i]);

		len = source->characters ?
			read_characters(source, i, strings[i], len, to) :
			read_byte_level(strings[i], len, to);
		used += len;
		source->offsets[i + 1] = used;
		if (len > source->longest)
			source->longest = len;
	}
	free(strings);
}

static void
read_extras(Source *source, const json_t *added)
{
	size_t		i;

	source->nextras = json_array_size(added);
	source->extras = allocate(source->nextras * sizeof(Extra));
	for (i = 0; i < source->nextras; i++)
	{
		const json_t *token = json_array_get(added, i);
		Extra	   *extra = &source->extras[i];
		const char *text = json_string_value(json_object_get(token,
															 "content"));

		if (text == NULL || *text == '\0')
			fail("an added token is empty");
		extra->text = strdup(text);
		extra->len = strlen(text);
		extra->id = json_integer_value(json_object_get(token, "id"));
		extra->special = json_is_true(json_object_get(token, "special"));
		/* found in raw text, not by merging */
		if (source->hidden != NULL && extra->id < source->tokens)
			source->hidden[extra->id] = true;
	}
}

static uint32_t
find_id(const json_t *vocab, const char *string)
{
	const json_t *id = json_object_get(vocab, string);

	if (id == NULL)
		fail("merge of \"%s\", which is no token", string);
	return json_integer_value(id);
}

/* A merge is ["left", "right"] or "left right". */
static void
read_merges(Source *source, const json_t *vocab, const json_t *merges)
{
	size_t		i;

	source->nmerges = json_array_size(merges);
	if (source->nmerges >= HFT_TOKEN_MASK)
		fail("too many merges");
	source->merges = allocate(3 * source->nmerges * sizeof(uint32_t));
	for (i = 0; i < source->nmerges; i++)
	{
		const json_t *merge = json_array_get(merges, i);
		uint32_t   *to = &source->merges[3 * i];
		char		both[2048];
		char	   *right;

		if (json_is_array(merge))
			snprintf(both, sizeof(both), "%s %s",
					 json_string_value(json_array_get(merge, 0)),
					 json_string_value(json_array_get(merge, 1)));
		else
			snprintf(both, sizeof(both), "%s", json_string_value(merge));
		right = strchr(both, ' ');
		if (right == NULL)
			fail("malformed merge %zu", i);
		*right++ = '\0';
		to[0] = find_id(vocab, both);
		to[1] = find_id(vocab, right);
		memmove(right - 1, right, strlen(right) + 1);
		to[2] = find_id(vocab, both);
	}
}

void
read_json(Source *source, const char *name, const char *path)
{
	size_t		size;
	char	   *data = read_file(path, &size);
	json_t	   *json;
	const json_t *model;
	const json_t *vocab;
	json_error_t error;
	const json_t *unknown;
	int			i;

	start_source(source, name);
	sum_file(source, data, size);
	json = json_loadb(data, size, JSON_ALLOW_NUL, &error);
	if (json == NULL)
		fail("\"%s\": %s", path, error.text);
	model = json_object_get(json, "model");
	vocab = json_object_get(model, "vocab");
	unknown = json_object_get(model, "unk_token");
	for (i = 0; i < 256 && source->characters; i++)
		source->bytes_of[i] = find_id(vocab, json_string_value(unknown));
	read_vocab(source, vocab);
	read_extras(source, json_object_get(json, "added_tokens"));
	read_merges(source, vocab, json_object_get(model, "merges"));
	json_decref(json);
	free(data);
}
