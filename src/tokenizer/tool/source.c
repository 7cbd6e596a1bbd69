/*-------------------------------------------------------------------------
 *
 * source.c
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

#include "tokenizer/tool/tool.h"

#define MAX_LINE	4096
#define MAX_TOKEN	255

static const char *const split_names[HFT_NSPLITS] = {
	[HFT_SPLIT_CL100K] = "cl100k",
	[HFT_SPLIT_O200K] = "o200k",
	[HFT_SPLIT_QWEN] = "qwen",
	[HFT_SPLIT_TEKKEN] = "tekken",
	[HFT_SPLIT_DEEPSEEK] = "deepseek",
	[HFT_SPLIT_BLANKS] = "blanks",
};

static HftSplit
find_split(const char *name)
{
	int			i;

	for (i = 0; i < HFT_NSPLITS; i++)
		if (strcmp(split_names[i], name) == 0)
			return i;
	fail("unknown pattern \"%s\"", name);
}

/* "ID base64" */
static void
add_extra(Source *source, const char *value, bool special)
{
	Extra	   *extra;
	const char *text = strchr(value, ' ');
	size_t		len;

	if (text == NULL)
		fail("malformed extra token \"%s\"", value);
	len = strlen(++text);
	source->extras = realloc(source->extras,
							 (source->nextras + 1) * sizeof(Extra));
	if (source->extras == NULL)
		fail("out of memory");
	extra = &source->extras[source->nextras++];
	extra->id = strtoul(value, NULL, 10);
	extra->special = special;
	extra->text = allocate(len + 1);
	extra->len = EVP_DecodeBlock((unsigned char *) extra->text,
								 (const unsigned char *) text, len);
	while (len > 0 && text[--len] == '=')
		extra->len--;
	if (extra->len == 0)
		fail("extra token %u is empty", extra->id);
}

static void
copy_value(char *to, size_t size, const char *value)
{
	if (strlen(value) >= size)
		fail("value \"%s\" is too long", value);
	strcpy(to, value);
}

static void
read_key(Source *source, const char *key, const char *value)
{
	if (strcmp(key, "name") == 0)
		copy_value(source->name, sizeof(source->name), value);
	else if (strcmp(key, "licence") == 0)
		copy_value(source->licence, sizeof(source->licence), value);
	else if (strcmp(key, "sha256") == 0)
		copy_value(source->sha256, sizeof(source->sha256), value);
	else if (strcmp(key, "split") == 0)
		source->split = find_split(value);
	else if (strcmp(key, "tokens") == 0)
		source->tokens = strtoul(value, NULL, 10);
	else if (strcmp(key, "first") == 0)
		source->first_id = strtoul(value, NULL, 10);
	else if (strcmp(key, "rank") == 0)
		source->first_rank = strtoul(value, NULL, 10);
	else if (strcmp(key, "added") == 0)
		add_extra(source, value, false);
	else if (strcmp(key, "special") == 0)
		add_extra(source, value, true);
	else if (strcmp(key, "source") != 0)
		fail("unknown key \"%s\"", key);
}

static void
read_tokens(Source *source, FILE *in)
{
	uint32_t	used = 0;
	uint32_t	i;

	if (source->tokens == 0 || source->tokens > 1u << HFT_SYMBOL_BITS)
		fail("%u tokens do not fit the tables", source->tokens);
	source->offsets = allocate((source->tokens + 1) * sizeof(uint32_t));
	source->bytes = allocate((size_t) source->tokens * MAX_TOKEN);
	for (i = 0; i < source->tokens; i++)
	{
		int			len = fgetc(in);

		if (len <= 0 || fread(source->bytes + used, 1, len, in) != len)
			fail("token %u is missing", i);
		used += len;
		source->offsets[i + 1] = used;
		if (len > source->longest)
			source->longest = len;
	}
	if (fgetc(in) != EOF)
		fail("more than %u tokens", source->tokens);
}

void
read_source(Source *source, FILE *in)
{
	char		line[MAX_LINE];

	memset(source, 0, sizeof(*source));
	for (;;)
	{
		char	   *value;

		if (fgets(line, sizeof(line), in) == NULL)
			fail("unexpected end of file");
		line[strcspn(line, "\n")] = '\0';
		if (line[0] == '\0')
			break;
		value = strchr(line, ' ');
		if (value == NULL)
			fail("malformed line \"%s\"", line);
		*value++ = '\0';
		read_key(source, line, value);
	}
	read_tokens(source, in);
}

/* The data must be what the publisher's rank file says. */
void
check_sha256(const Source *source)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	unsigned char digest[32];
	char		hex[65];
	uint32_t	i;

	if (context == NULL || !EVP_DigestInit_ex(context, EVP_sha256(), NULL))
		fail("SHA-256 is not available");
	for (i = 0; i < source->tokens; i++)
	{
		unsigned char line[4 * MAX_TOKEN / 3 + 32];
		uint32_t	start = source->offsets[i];
		int			len;

		len = EVP_EncodeBlock(line, source->bytes + start,
							  source->offsets[i + 1] - start);
		len += sprintf((char *) line + len, " %u\n", i + source->first_rank);
		EVP_DigestUpdate(context, line, len);
	}
	EVP_DigestFinal_ex(context, digest, NULL);
	EVP_MD_CTX_free(context);
	for (i = 0; i < sizeof(digest); i++)
		sprintf(hex + 2 * i, "%02x", digest[i]);
	if (strcmp(hex, source->sha256) != 0)
		fail("SHA-256 is %s, not %s", hex, source->sha256);
}

static uint8_t
class_of_letter(char letter)
{
	switch (letter)
	{
		case 'U':
			return HFT_CHAR_UPPER;
		case 'l':
			return HFT_CHAR_LOWER;
		case 'o':
			return HFT_CHAR_CASELESS;
		case 'M':
			return HFT_CHAR_MARK;
		case 'N':
			return HFT_CHAR_NUMBER;
		case 'P':
			return HFT_CHAR_PUNCT;
		case 'S':
			return HFT_CHAR_SPACE;
	}
	fail("unknown character class \"%c\"", letter);
}

/* Fill classes[HFT_CODE_POINTS] from unicode16.txt. */
void
read_classes(uint8_t *classes, const char *path)
{
	FILE	   *in = fopen(path, "r");
	char		line[MAX_LINE];

	if (in == NULL)
		fail("cannot open \"%s\"", path);
	while (fgets(line, sizeof(line), in) != NULL)
	{
		unsigned int first;
		unsigned int last;
		char		letter;

		if (line[0] == '#')
			continue;
		if (sscanf(line, "%x %x %c", &first, &last, &letter) != 3 ||
			first > last || last >= HFT_CODE_POINTS)
			fail("malformed line \"%s\" in \"%s\"", line, path);
		memset(classes + first, class_of_letter(letter), last - first + 1);
	}
	fclose(in);
	classes['\r'] |= HFT_CHAR_NEWLINE;
	classes['\n'] |= HFT_CHAR_NEWLINE;
}
