/*-------------------------------------------------------------------------
 *
 * compile_json.c
 *	  Reading a tokenizer.json of Hugging Face's tokenizers.
 *
 * Two kinds are read: byte-level BPE, whose strings are in GPT-2's byte
 * alphabet, and BPE over characters with byte fallback.  The merges of both
 * are a list.  What would make counts differ and is not known is refused.
 *
 *-------------------------------------------------------------------------
 */
#include <string.h>

#include "tokenizer/compile_parts.h"
#include "tokenizer/unicode.h"

#define BLANK		"\xE2\x96\x81"	/* U+2581 stands for a blank */
#define MAX_REGEXES	4

/* The patterns as their publishers write them, of every pass. */
#define CONTRACTIONS "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
#define LETTERS_O200K(tail) \
	"[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*" \
	"[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+" tail "|" \
	"[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+" \
	"[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*" tail "|"
#define BLANKS_LAST "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"

static const struct
{
	HftSplit	split;
	const char *regex[MAX_REGEXES];
}			patterns[] = {
	{HFT_SPLIT_CL100K, {CONTRACTIONS "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|"
	"\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*" BLANKS_LAST}},
	{HFT_SPLIT_QWEN, {CONTRACTIONS "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|"
	"\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*" BLANKS_LAST}},
	{HFT_SPLIT_O200K, {LETTERS_O200K(CONTRACTIONS "?")
	"\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*" BLANKS_LAST}},
	{HFT_SPLIT_TEKKEN, {LETTERS_O200K("")
	"\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*" BLANKS_LAST}},
	{HFT_SPLIT_DEEPSEEK, {"\\p{N}{1,3}",
		"[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+",
		"[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|"
		"[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\r\n]*|"
		"\\s*[\r\n]+|\\s+(?!\\S)|\\s+"}},
};

static bool
has_text(const json_t *object, const char *key, const char *text)
{
	const char *value = json_string_value(json_object_get(object, key));

	return value != NULL && strcmp(value, text) == 0;
}

/* ---- what stands before the merging ---- */

static void
read_normalizer(HftCompiler *c, const json_t *normalizer)
{
	const json_t *list = json_object_get(normalizer, "normalizers");
	const json_t *pattern = json_object_get(normalizer, "pattern");
	size_t		i;

	if (normalizer == NULL || json_is_null(normalizer))
		return;
	if (has_text(normalizer, "type", "Sequence"))
		for (i = 0; i < json_array_size(list); i++)
			read_normalizer(c, json_array_get(list, i));
	else if (has_text(normalizer, "type", "NFC"))
		c->normalizes = true;
	else if (!c->characters || !has_text(normalizer, "type", "Replace") ||
			 !has_text(pattern, "String", " ") ||
			 !has_text(normalizer, "content", BLANK))
		hft_compile_fail(c, "key \"normalizer\": type \"%s\" is not "
						 "supported", json_string_value(
							json_object_get(normalizer, "type")));
}

static void
read_step(HftCompiler *c, const json_t *step, const char **regex, int *n)
{
	const json_t *list = json_object_get(step, "pretokenizers");
	const json_t *pattern = json_object_get(step, "pattern");
	const char *text = json_string_value(json_object_get(pattern, "Regex"));
	size_t		i;

	if (step == NULL || json_is_null(step))
		return;
	if (has_text(step, "type", "Sequence"))
		for (i = 0; i < json_array_size(list); i++)
			read_step(c, json_array_get(list, i), regex, n);
	else if (has_text(step, "type", "ByteLevel") &&
			 json_is_false(json_object_get(step, "add_prefix_space")) &&
			 json_is_false(json_object_get(step, "use_regex")))
		return;
	else if (has_text(step, "type", "Split") && text != NULL &&
			 *n < MAX_REGEXES)
		regex[(*n)++] = text;
	/* what a blank ends or begins makes no difference to Gemma's merges */
	else if (!c->characters || !has_text(pattern, "String", " "))
		hft_compile_fail(c, "key \"pre_tokenizer\": type \"%s\" with these "
						 "settings is not supported", json_string_value(
							json_object_get(step, "type")));
}

static bool
same_pattern(const char *const *known, const char *const *regex, int n)
{
	int			i;

	for (i = 0; i < n; i++)
		if (known[i] == NULL || strcmp(known[i], regex[i]) != 0)
			return false;
	return n == MAX_REGEXES || known[n] == NULL;
}

/* The caller may name a pattern for one that is spelled in another way. */
static void
read_pattern(HftCompiler *c, const json_t *step)
{
	const char *regex[MAX_REGEXES];
	HftSplit	found = HFT_NSPLITS;
	int			n = 0;
	int			i;

	read_step(c, step, regex, &n);
	if (c->characters && n == 0)
		found = HFT_SPLIT_BLANKS;
	for (i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
		if (!c->characters && same_pattern(patterns[i].regex, regex, n))
			found = patterns[i].split;
	if (found == HFT_NSPLITS && c->input->pattern != NULL)
		found = c->split;
	if (found == HFT_NSPLITS)
		hft_compile_fail(c, "key \"pre_tokenizer\": unknown pattern \"%s\"",
						 n > 0 ? regex[0] : "");
	if (c->split != HFT_NSPLITS && c->split != found)
		hft_compile_fail(c, "key \"pre_tokenizer\": the pattern is not that "
						 "of \"%s\"", c->input->pattern != NULL ?
						 c->input->pattern : c->name);
	c->split = found;
	if (c->characters != (found == HFT_SPLIT_BLANKS))
		hft_compile_fail(c, "key \"model\": pattern and byte_fallback do not "
						 "go together");
}

/* ---- tokens ---- */

/* Bytes of a string in GPT-2's alphabet; returns their number. */
static size_t
read_byte_level(HftCompiler *c, const char *string, uint8_t *to)
{
	uint8_t		byte_of[512];
	const uint8_t *p = (const uint8_t *) string;
	const uint8_t *end = p + strlen(string);
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
			hft_compile_fail(c, "key \"model.vocab\": token \"%s\" is not "
							 "made of bytes", string);
		to[n++] = byte_of[code];
	}
	return n;
}

/* "<0x41>" is the byte; everything else is itself, with plain blanks. */
static size_t
read_characters(HftCompiler *c, uint32_t token, const char *string,
				uint8_t *to)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t		n = 0;

	if (strlen(string) == 6 && strncmp(string, "<0x", 3) == 0 &&
		strchr(hex, string[3]) != NULL && strchr(hex, string[4]) != NULL &&
		string[5] == '>')
	{
		int			byte = (strchr(hex, string[3]) - hex) << 4 |
			(strchr(hex, string[4]) - hex);

		c->bytes_of[byte] = token;
		c->hidden[token] = true;
		to[0] = byte;
		return 1;
	}
	while (*string != '\0')
	{
		bool		blank = strncmp(string, BLANK, 3) == 0;

		to[n++] = blank ? ' ' : *string;
		string += blank ? 3 : 1;
	}
	return n;
}

/* Tokens by id; those above "limit" tell that the ids have gaps. */
static const char **
order_vocab(HftCompiler *c, const json_t *vocab, const json_t *added,
			uint32_t limit)
{
	const char **strings = hft_compile_allocate(c, limit * sizeof(char *));
	const char *string;
	json_t	   *value;

	json_object_foreach((json_t *) vocab, string, value)
	{
		json_int_t	id = json_integer_value(value);

		if (!json_is_integer(value) || id < 0 || id >= limit)
			hft_compile_fail(c, "key \"model.vocab\": token \"%s\" has no "
							 "id below %u", string, limit);
		if (!c->characters && json_object_get(added, string) != NULL)
			continue;
		if (strings[id] != NULL)
			hft_compile_fail(c, "key \"model.vocab\": tokens \"%s\" and "
							 "\"%s\" have the same id", strings[id], string);
		strings[id] = string;
	}
	return strings;
}

/* Ids from the first to the last have no gaps but at the ends. */
static void
find_range(HftCompiler *c, const char **strings, uint32_t limit)
{
	uint32_t	i;

	for (i = 0; i < limit && strings[i] == NULL; i++)
		c->first_id++;
	while (i < limit && strings[i] != NULL)
		i++;
	c->tokens = i - c->first_id;
	for (; i < limit; i++)
		if (strings[i] != NULL)
			hft_compile_fail(c, "key \"model.vocab\": the ids have a gap "
							 "before \"%s\"", strings[i]);
	if (c->tokens == 0 || c->tokens > 1u << HFT_SYMBOL_BITS)
		hft_compile_fail(c, "key \"model.vocab\": %u tokens do not fit the "
						 "tables", c->tokens);
}

/*
 * A byte that is neither a character nor a token becomes the unknown one, of
 * which several in a row are one; that is not done here, so it must not be.
 */
static void
check_bytes(HftCompiler *c)
{
	bool		known[256] = {false};
	uint32_t	t;
	int			i;

	for (t = 0; t < c->tokens; t++)
		if (c->offsets[t + 1] - c->offsets[t] == 1)
			known[c->bytes[c->offsets[t]]] = true;
	for (i = 0; i < 256; i++)
		if (!known[i])
			hft_compile_fail(c, "key \"model.vocab\": byte %d is no token",
							 i);
}

static void
read_vocab(HftCompiler *c, const json_t *vocab, const json_t *added)
{
	uint32_t	limit = json_object_size(vocab) + json_object_size(added);
	const char **strings = order_vocab(c, vocab, added, limit);
	size_t		total = 0;
	uint32_t	used = 0;
	uint32_t	i;

	find_range(c, strings, limit);
	if (c->characters && c->first_id != 0)
		hft_compile_fail(c, "key \"model.vocab\": no token has id 0");
	strings += c->first_id;
	for (i = 0; i < c->tokens; i++)
		total += strlen(strings[i]);
	c->offsets = hft_compile_allocate(c, (c->tokens + 1) * sizeof(uint32_t));
	c->bytes = hft_compile_allocate(c, total);
	c->hidden = hft_compile_allocate(c, c->tokens);
	for (i = 0; i < c->tokens; i++)
	{
		size_t		len = strlen(strings[i]);

		if (len == 0 || len > HFT_TOKEN_MAX_BYTES)
			hft_compile_fail(c, "key \"model.vocab\": token %u is empty or "
							 "too long", c->first_id + i);
		len = c->characters ?
			read_characters(c, i, strings[i], c->bytes + used) :
			read_byte_level(c, strings[i], c->bytes + used);
		used += len;
		c->offsets[i + 1] = used;
		if (len > c->longest)
			c->longest = len;
	}
}

/* The added tokens as an object, so that they can be asked for. */
static json_t *
index_added(HftCompiler *c, const json_t *added)
{
	/* not json_object(): the server has a function of that name */
	json_t	   *index = json_pack("{}");
	size_t		i;

	if (json_object_set_new(c->json, "hft added", index) != 0)
		hft_compile_fail(c, "out of memory");
	for (i = 0; i < json_array_size(added); i++)
	{
		json_t	   *token = json_array_get(added, i);
		const char *text = json_string_value(json_object_get(token,
															 "content"));

		if (text == NULL || *text == '\0' ||
			json_object_set(index, text, token) != 0)
			hft_compile_fail(c, "key \"added_tokens\": element %zu is empty",
							 i);
	}
	return index;
}

static void
read_extras(HftCompiler *c, const json_t *added)
{
	const char *text;
	json_t	   *token;

	c->extras = hft_compile_allocate(c, json_object_size(added) *
									 sizeof(HftExtra));
	json_object_foreach((json_t *) added, text, token)
	{
		HftExtra   *extra = &c->extras[c->nextras++];
		uint32_t	index;

		extra->text = text;
		extra->len = strlen(text);
		extra->id = json_integer_value(json_object_get(token, "id"));
		extra->special = json_is_true(json_object_get(token, "special"));
		/* found in raw text, not by merging */
		index = extra->id - c->first_id;
		if (c->characters && index < c->tokens)
			c->hidden[index] = true;
	}
}

/* What stands for bytes that are characters of their own. */
static void
read_unknown(HftCompiler *c, const json_t *model, const json_t *vocab)
{
	const char *unknown = json_string_value(json_object_get(model,
															"unk_token"));
	const json_t *id = unknown ? json_object_get(vocab, unknown) : NULL;
	int			i;

	if (id == NULL)
		hft_compile_fail(c, "key \"model.unk_token\" is no token");
	for (i = 0; i < 256; i++)
		c->bytes_of[i] = json_integer_value(id);
}

/* ---- merges ---- */

/* The token, by its index, of one side or of both sides of a merge. */
static uint32_t
find_token(HftCompiler *c, const json_t *vocab, const char *string)
{
	const json_t *id = json_object_get(vocab, string);
	json_int_t	index = json_integer_value(id) - c->first_id;

	if (id == NULL || index < 0 || index >= c->tokens)
		hft_compile_fail(c, "key \"model.merges\": \"%s\" is no token",
						 string);
	return index;
}

/* A merge is ["left", "right"] or "left right". */
static void
read_merge(HftCompiler *c, const json_t *vocab, const json_t *merge,
		   uint32_t *to)
{
	char		both[2 * HFT_TOKEN_MAX_BYTES + 2];
	const char *left = json_string_value(merge);
	const char *right = NULL;
	size_t		len = left ? strcspn(left, " ") : 0;

	if (json_is_array(merge))
	{
		left = json_string_value(json_array_get(merge, 0));
		right = json_string_value(json_array_get(merge, 1));
		len = left ? strlen(left) : 0;
	}
	else if (left != NULL && left[len] == ' ')
		right = left + len + 1;
	if (left == NULL || right == NULL || len > HFT_TOKEN_MAX_BYTES ||
		strlen(right) > HFT_TOKEN_MAX_BYTES)
		hft_compile_fail(c, "key \"model.merges\": element %u is not a pair",
						 c->nmerges);
	memcpy(both, left, len);
	both[len] = '\0';
	to[0] = find_token(c, vocab, both);
	to[1] = find_token(c, vocab, right);
	strcpy(both + len, right);
	to[2] = find_token(c, vocab, both);
}

static void
read_merges(HftCompiler *c, const json_t *vocab, const json_t *merges)
{
	size_t		n = json_array_size(merges);

	if (n == 0 || n >= HFT_TOKEN_MASK)
		hft_compile_fail(c, "key \"model.merges\": %zu of them do not fit "
						 "the tables", n);
	c->merges = hft_compile_allocate(c, 3 * n * sizeof(uint32_t));
	for (; c->nmerges < n; c->nmerges++)
	{
		if (c->nmerges % 4096 == 0)
			hft_compile_pause(c);
		read_merge(c, vocab, json_array_get(merges, c->nmerges),
				   &c->merges[3 * (size_t) c->nmerges]);
	}
}

void
hft_compile_json(HftCompiler *c)
{
	const json_t *model;
	const json_t *vocab;
	const json_t *added;
	json_error_t error;

	hft_compile_known(c);
	c->json = json_loadb(c->input->data, c->input->size, JSON_ALLOW_NUL,
						 &error);
	if (c->json == NULL)
		hft_compile_fail(c, "line %d, column %d: %s", error.line,
						 error.column, error.text);
	hft_compile_pause(c);
	model = json_object_get(c->json, "model");
	vocab = json_object_get(model, "vocab");
	if (!has_text(model, "type", "BPE") || !json_is_object(vocab))
		hft_compile_fail(c, "key \"model\": not a byte-pair encoding");
	c->characters = json_is_true(json_object_get(model, "byte_fallback"));
	c->whole_pieces = json_is_true(json_object_get(model, "ignore_merges"));
	read_normalizer(c, json_object_get(c->json, "normalizer"));
	read_pattern(c, json_object_get(c->json, "pre_tokenizer"));
	added = index_added(c, json_object_get(c->json, "added_tokens"));
	if (c->characters)
		read_unknown(c, model, vocab);
	read_vocab(c, vocab, added);
	check_bytes(c);
	read_extras(c, added);
	read_merges(c, vocab, json_object_get(model, "merges"));
}
