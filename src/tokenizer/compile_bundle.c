/*-------------------------------------------------------------------------
 *
 * compile_bundle.c
 *	  Reading what vocab/regenerate.mjs writes.
 *
 * Lines "key value", an empty line, then every token as a length byte and
 * its bytes.
 *
 *-------------------------------------------------------------------------
 */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "tokenizer/compile_parts.h"

#define MAX_LINE	4096
#define MAX_TOKEN	255

typedef struct Reader
{
	const char *at;
	const char *end;
	char		line[MAX_LINE];	/* the one in work */
} Reader;

/* "ID base64"; the caller has made room. */
static void
add_extra(HftCompiler *c, const char *value, bool special)
{
	HftExtra   *extra = &c->extras[c->nextras++];
	const char *text = strchr(value, ' ');
	char	   *to;
	size_t		len;

	if (text == NULL)
		hft_compile_fail(c, "malformed extra token \"%s\"", value);
	len = strlen(++text);
	extra->id = strtoul(value, NULL, 10);
	extra->special = special;
	to = hft_compile_allocate(c, len + 1);
	extra->text = to;
	extra->len = EVP_DecodeBlock((unsigned char *) to,
								 (const unsigned char *) text, len);
	while (len > 0 && text[--len] == '=')
		extra->len--;
	if (extra->len == 0)
		hft_compile_fail(c, "extra token %u is empty", extra->id);
	to[extra->len] = '\0';
}

static void
copy_value(HftCompiler *c, char *to, size_t size, const char *value)
{
	if (strlen(value) >= size)
		hft_compile_fail(c, "value \"%s\" is too long", value);
	strcpy(to, value);
}

static void
read_key(HftCompiler *c, const char *key, const char *value)
{
	if (strcmp(key, "name") == 0)
		copy_value(c, c->name, sizeof(c->name), value);
	else if (strcmp(key, "licence") == 0)
		copy_value(c, c->licence, sizeof(c->licence), value);
	else if (strcmp(key, "sha256") == 0)
		copy_value(c, c->sha256, sizeof(c->sha256), value);
	else if (strcmp(key, "split") == 0)
	{
		if (!hft_split_find(value, &c->split))
			hft_compile_fail(c, "unknown pattern \"%s\"", value);
	}
	else if (strcmp(key, "tokens") == 0)
		c->tokens = strtoul(value, NULL, 10);
	else if (strcmp(key, "first") == 0)
		c->first_id = strtoul(value, NULL, 10);
	else if (strcmp(key, "rank") == 0)
		c->first_rank = strtoul(value, NULL, 10);
	else if (strcmp(key, "added") == 0)
		add_extra(c, value, false);
	else if (strcmp(key, "special") == 0)
		add_extra(c, value, true);
	else if (strcmp(key, "source") != 0)
		hft_compile_fail(c, "unknown key \"%s\"", key);
}

/* The next line; false for the empty one that ends them. */
static bool
next_line(HftCompiler *c, Reader *reader)
{
	const char *end = memchr(reader->at, '\n', reader->end - reader->at);
	size_t		len = end ? end - reader->at : 0;

	if (end == NULL || len >= sizeof(reader->line))
		hft_compile_fail(c, "unexpected end of the lines");
	memcpy(reader->line, reader->at, len);
	reader->line[len] = '\0';
	reader->at = end + 1;
	return len > 0;
}

static void
read_tokens(HftCompiler *c, Reader *reader)
{
	uint32_t	used = 0;
	uint32_t	i;

	if (c->tokens == 0 || c->tokens > 1u << HFT_SYMBOL_BITS)
		hft_compile_fail(c, "%u tokens do not fit the tables", c->tokens);
	c->offsets = hft_compile_allocate(c, (c->tokens + 1) * sizeof(uint32_t));
	c->bytes = hft_compile_allocate(c, reader->end - reader->at);
	for (i = 0; i < c->tokens; i++)
	{
		int			len = reader->at < reader->end ?
			(unsigned char) *reader->at++ : 0;

		if (len == 0 || len > reader->end - reader->at)
			hft_compile_fail(c, "token %u is missing", i);
		memcpy(c->bytes + used, reader->at, len);
		reader->at += len;
		used += len;
		c->offsets[i + 1] = used;
		if (len > c->longest)
			c->longest = len;
	}
	if (reader->at != reader->end)
		hft_compile_fail(c, "more than %u tokens", c->tokens);
}

/* The data must be what the publisher's rank file says. */
static void
check_sha256(HftCompiler *c)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	unsigned char digest[32];
	char		hex[65];
	uint32_t	i;

	if (context == NULL || !EVP_DigestInit_ex(context, EVP_sha256(), NULL))
		hft_compile_fail(c, "SHA-256 is not available");
	for (i = 0; i < c->tokens; i++)
	{
		unsigned char line[4 * MAX_TOKEN / 3 + 32];
		uint32_t	start = c->offsets[i];
		int			len;

		len = EVP_EncodeBlock(line, c->bytes + start,
							  c->offsets[i + 1] - start);
		len += sprintf((char *) line + len, " %u\n", i + c->first_rank);
		EVP_DigestUpdate(context, line, len);
	}
	EVP_DigestFinal_ex(context, digest, NULL);
	EVP_MD_CTX_free(context);
	for (i = 0; i < sizeof(digest); i++)
		sprintf(hex + 2 * i, "%02x", digest[i]);
	if (strcmp(hex, c->sha256) != 0)
		hft_compile_fail(c, "SHA-256 is %s, not %s", hex, c->sha256);
}

void
hft_compile_bundle(HftCompiler *c)
{
	Reader		reader = {c->input->data, c->input->data + c->input->size};
	const char *at;
	size_t		lines = 0;

	for (at = reader.at; (at = memchr(at, '\n', reader.end - at)); at++)
		lines++;
	c->extras = hft_compile_allocate(c, lines * sizeof(HftExtra));
	while (next_line(c, &reader))
	{
		char	   *value = strchr(reader.line, ' ');

		if (value == NULL)
			hft_compile_fail(c, "malformed line \"%s\"", reader.line);
		*value++ = '\0';
		read_key(c, reader.line, value);
	}
	read_tokens(c, &reader);
	check_sha256(c);
	c->normalizes = c->split == HFT_SPLIT_QWEN;
	c->whole_pieces = true;
	if (c->input->name != NULL && strcmp(c->input->name, c->name) != 0)
		hft_compile_fail(c, "this is vocabulary \"%s\"", c->name);
}
