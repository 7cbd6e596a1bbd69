/*-------------------------------------------------------------------------
 *
 * compile.c
 *	  From the bytes of a publisher's file to the image of ours.
 *
 *-------------------------------------------------------------------------
 */
#include <openssl/evp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "tokenizer/compile_parts.h"
#include "tokenizer/internal.h"
#include "tokenizer/unicode.h"

/*
 * Vocabularies whose data carry terms of their own: the user brings the
 * file.  The contents are the SHA-256 of what counting depends on (see
 * digest_contents()), so that a name means the same wherever it is loaded.
 */
static const struct
{
	const char *name;
	const char *licence;
	HftSplit	split;
	const char *contents;
}			known[] = {
	{"llama3_1", "Llama 3 Community License (Meta)", HFT_SPLIT_CL100K,
	"f4e925d6d1463f88eed80ca745dfa3a84f0995222f5f9eda670aae3a0ba7af8c"},
	{"gemma3", "Gemma Terms of Use (Google)", HFT_SPLIT_BLANKS,
	"a861b5df18a78a9a39d2feb4eb1e14986442ed8787c5312609caeccc19e9f3ef"},
	{"gemini", "Gemma Terms of Use (Google)", HFT_SPLIT_BLANKS,
	"f683c30419e6a4d8498113fa899a55a1350697456f2197edd0c7c014bc3e3e42"},
};

#define NKNOWN	(sizeof(known) / sizeof(known[0]))

static const char *const split_names[HFT_NSPLITS] = {
	[HFT_SPLIT_CL100K] = "cl100k",
	[HFT_SPLIT_O200K] = "o200k",
	[HFT_SPLIT_QWEN] = "qwen",
	[HFT_SPLIT_TEKKEN] = "tekken",
	[HFT_SPLIT_DEEPSEEK] = "deepseek",
	[HFT_SPLIT_BLANKS] = "blanks",
};

typedef struct HftChunk
{
	struct HftChunk *next;
	max_align_t memory[];
} HftChunk;

void
hft_compile_fail(HftCompiler *c, const char *format,...)
{
	va_list		args;

	va_start(args, format);
	vsnprintf(c->image->error, sizeof(c->image->error), format, args);
	va_end(args);
	longjmp(c->failed, 1);
}

void
hft_compile_pause(HftCompiler *c)
{
	if (c->input->stop == NULL || *c->input->stop == 0)
		return;
	c->image->stopped = true;
	hft_compile_fail(c, "stopped");
}

void *
hft_compile_allocate(HftCompiler *c, size_t size)
{
	HftChunk   *chunk = calloc(1, sizeof(HftChunk) + size);

	if (chunk == NULL)
		hft_compile_fail(c, "out of memory");
	chunk->next = c->memory;
	c->memory = chunk;
	return chunk->memory;
}

bool
hft_split_find(const char *name, HftSplit *split)
{
	int			i;

	for (i = 0; i < HFT_NSPLITS; i++)
		if (strcmp(split_names[i], name) == 0)
		{
			*split = i;
			return true;
		}
	return false;
}

const char *
hft_split_names(void)
{
	return "cl100k, o200k, qwen, tekken, deepseek, blanks";
}

bool
hft_vocab_name_valid(const char *name)
{
	size_t		len = strlen(name);

	return len > 0 && len < sizeof(((HftVocabHeader *) 0)->name) &&
		strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == len;
}

static int
find_known(const char *name)
{
	int			i;

	for (i = 0; i < NKNOWN; i++)
		if (strcmp(known[i].name, name) == 0)
			return i;
	return -1;
}

bool
hft_vocab_name_known(const char *name)
{
	return find_known(name) >= 0;
}

/* What the caller and the name say of a file that does not say it itself. */
void
hft_compile_known(HftCompiler *c)
{
	const char *name = c->input->name;
	int			i;

	if (name == NULL || !hft_vocab_name_valid(name))
		hft_compile_fail(c, "the name of an encoding is made of lower case "
						 "letters, digits and \"_\"");
	strcpy(c->name, name);
	i = find_known(name);
	strcpy(c->licence, i >= 0 ? known[i].licence : "as its publisher says");
	c->split = i >= 0 ? known[i].split : HFT_NSPLITS;
	if (c->input->pattern != NULL &&
		!hft_split_find(c->input->pattern, &c->split))
		hft_compile_fail(c, "unknown pattern \"%s\"; there are %s",
						 c->input->pattern, hft_split_names());
}

static void
sum_input(HftCompiler *c)
{
	unsigned char digest[32];
	int			i;

	if (!EVP_Digest(c->input->data, c->input->size, digest, NULL,
					EVP_sha256(), NULL))
		hft_compile_fail(c, "SHA-256 is not available");
	for (i = 0; i < sizeof(digest); i++)
		sprintf(c->sha256 + 2 * i, "%02x", digest[i]);
}

static void
digest_number(EVP_MD_CTX *context, uint32_t number)
{
	uint8_t		bytes[4];

	bytes[0] = number;
	bytes[1] = number >> 8;
	bytes[2] = number >> 16;
	bytes[3] = number >> 24;
	EVP_DigestUpdate(context, bytes, sizeof(bytes));
}

/*
 * What counts depend on.  Merges of bytes follow from the tokens; those of
 * characters are contents of their own.
 */
static void
digest_contents(const HftCompiler *c, EVP_MD_CTX *context)
{
	uint32_t	nmerges = c->characters ? 3 * c->nmerges : 0;
	uint32_t	i;

	EVP_DigestUpdate(context, split_names[c->split],
					 strlen(split_names[c->split]));
	digest_number(context, c->normalizes | c->whole_pieces << 1);
	digest_number(context, c->first_id);
	for (i = 0; i <= c->tokens; i++)
		digest_number(context, c->offsets[i]);
	EVP_DigestUpdate(context, c->bytes, c->offsets[c->tokens]);
	for (i = 0; i < c->nextras; i++)
		if (!c->extras[i].special)
			EVP_DigestUpdate(context, c->extras[i].text,
							 c->extras[i].len + 1);
	for (i = 0; i < nmerges; i++)
		digest_number(context, c->merges[i]);
}

/* Does a known name stand for what it always stands for? */
static void
check_contents(HftCompiler *c)
{
	int			which = find_known(c->name);
	EVP_MD_CTX *context;
	unsigned char digest[32];
	char		hex[65];
	int			i;

	if (which < 0)
		return;
	context = EVP_MD_CTX_new();
	if (context == NULL || !EVP_DigestInit_ex(context, EVP_sha256(), NULL))
		hft_compile_fail(c, "SHA-256 is not available");
	digest_contents(c, context);
	EVP_DigestFinal_ex(context, digest, NULL);
	EVP_MD_CTX_free(context);
	for (i = 0; i < sizeof(digest); i++)
		sprintf(hex + 2 * i, "%02x", digest[i]);
	if (strcmp(hex, known[which].contents) != 0)
		hft_compile_fail(c, "this is not the vocabulary that \"%s\" stands "
						 "for: the SHA-256 of its contents is %s, not %s",
						 c->name, hex, known[which].contents);
}

static void
fill_header(HftCompiler *c)
{
	HftVocabHeader *header = &c->header;

	memcpy(header->magic, HFT_VOCAB_MAGIC, sizeof(header->magic));
	header->version = HFT_VOCAB_VERSION;
	header->byte_order = HFT_VOCAB_BYTE_ORDER;
	memcpy(header->name, c->name, sizeof(header->name));
	memcpy(header->licence, c->licence, sizeof(header->licence));
	memcpy(header->sha256, c->sha256, sizeof(header->sha256));
	header->split = c->split;
	header->tokens = c->tokens;
	header->first_id = c->first_id;
	header->extras = c->nextras;
	header->longest = c->longest;
	header->normalizes = c->normalizes;
	header->characters = c->characters;
}

static void
take_unicode(HftCompiler *c)
{
	static const HftVocabSection classes[] = {
		HFT_SECTION_CLASS_INDEX, HFT_SECTION_CLASS_BLOCK
	};
	static const HftVocabSection forms[] = {
		HFT_SECTION_NORM_INDEX, HFT_SECTION_NORM_BLOCK,
		HFT_SECTION_NORM_CHAR, HFT_SECTION_NORM_TEXT, HFT_SECTION_NORM_PAIR
	};
	int			i;

	for (i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		c->section[classes[i]] = c->input->unicode[classes[i]];
	if (!c->normalizes)
		return;
	if (c->input->unicode[HFT_SECTION_NORM_INDEX].size == 0)
		hft_compile_fail(c, "the tables of Unicode's form C are missing");
	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		c->section[forms[i]] = c->input->unicode[forms[i]];
}

/* Lay the sections out behind the header in one image of the file. */
static void
build_image(HftCompiler *c)
{
	HftVocabHeader *header = &c->header;
	uint64_t	size = sizeof(*header);
	char	   *image;
	int			i;

	for (i = 0; i < HFT_NSECTIONS; i++)
	{
		size = (size + HFT_VOCAB_ALIGN - 1) / HFT_VOCAB_ALIGN *
			HFT_VOCAB_ALIGN;
		header->section[i].offset = size;
		header->section[i].size = c->section[i].size;
		size += c->section[i].size;
	}
	header->file_size = size;
	image = calloc(1, size);
	if (image == NULL)
		hft_compile_fail(c, "out of memory");
	for (i = 0; i < HFT_NSECTIONS; i++)
		if (c->section[i].size > 0)
			memcpy(image + header->section[i].offset, c->section[i].data,
				   c->section[i].size);
	header->body_sum = hft_checksum(image + sizeof(*header),
									size - sizeof(*header));
	header->header_sum = hft_checksum(header, offsetof(HftVocabHeader,
													   header_sum));
	memcpy(image, header, sizeof(*header));
	c->image->data = image;
	c->image->size = size;
}

static void
compile(HftCompiler *c)
{
	const HftVocabInput *input = c->input;

	sum_input(c);
	if (input->size > 0 && input->data[0] == '{')
		hft_compile_json(c);
	else if (input->size > 5 && memcmp(input->data, "name ", 5) == 0)
		hft_compile_bundle(c);
	else
		hft_compile_tiktoken(c);
	check_contents(c);
	fill_header(c);
	hft_compile_tables(c);
	take_unicode(c);
	build_image(c);
}

bool
hft_vocab_compile(const HftVocabInput *input, HftVocabImage *image)
{
	HftCompiler *c = calloc(1, sizeof(*c));

	memset(image, 0, sizeof(*image));
	if (c == NULL)
	{
		strcpy(image->error, "out of memory");
		return false;
	}
	c->input = input;
	c->image = image;
	c->space.stop = input->stop;
	if (setjmp(c->failed) == 0)
		compile(c);
	while (c->memory != NULL)
	{
		HftChunk   *next = c->memory->next;

		free(c->memory);
		c->memory = next;
	}
	hft_merge_free(&c->space);
	json_decref(c->json);
	free(c);
	return image->data != NULL;
}

void
hft_encoding_sections(const HftEncoding *enc,
					  HftSection section[HFT_NSECTIONS])
{
	const HftVocabHeader *header = enc->vocab.header;
	int			i;

	for (i = 0; i < HFT_NSECTIONS; i++)
	{
		section[i].data = (const char *) header + header->section[i].offset;
		section[i].size = header->section[i].size;
	}
}
