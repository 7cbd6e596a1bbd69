/*-------------------------------------------------------------------------
 *
 * hft_vocab.c
 *	  Compile a vocabulary into the file that backends map.
 *
 *		gzip -dc NAME.vocab.gz | hft-vocab unicode16.txt nfc16.txt OUTPUT
 *		hft-vocab unicode16.txt nfc16.txt OUTPUT NAME tokenizer.json
 *
 *-------------------------------------------------------------------------
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "tokenizer/tool/tool.h"

void
fail(const char *format,...)
{
	va_list		args;

	fputs("hft-vocab: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

void *
allocate(size_t size)
{
	void	   *memory = calloc(1, size);

	if (memory == NULL)
		fail("out of memory");
	return memory;
}

static void
fill_header(HftVocabHeader *header, const Source *source)
{
	memcpy(header->magic, HFT_VOCAB_MAGIC, sizeof(header->magic));
	header->version = HFT_VOCAB_VERSION;
	header->byte_order = HFT_VOCAB_BYTE_ORDER;
	memcpy(header->name, source->name, sizeof(header->name));
	memcpy(header->licence, source->licence, sizeof(header->licence));
	memcpy(header->sha256, source->sha256, sizeof(header->sha256));
	header->split = source->split;
	header->tokens = source->tokens;
	header->first_id = source->first_id;
	header->extras = source->nextras;
	header->longest = source->longest;
	header->normalizes = source->split == HFT_SPLIT_QWEN;
	header->characters = source->characters;
}

/* Lay the sections out behind the header in one image of the file. */
static char *
build_image(HftVocabHeader *header, const Section *section)
{
	uint64_t	size = sizeof(*header);
	char	   *image;
	int			i;

	for (i = 0; i < HFT_NSECTIONS; i++)
	{
		size = (size + HFT_VOCAB_ALIGN - 1) / HFT_VOCAB_ALIGN *
			HFT_VOCAB_ALIGN;
		header->section[i].offset = size;
		header->section[i].size = section[i].size;
		size += section[i].size;
	}
	header->file_size = size;
	image = allocate(size);
	for (i = 0; i < HFT_NSECTIONS; i++)
		if (section[i].size > 0)
			memcpy(image + header->section[i].offset, section[i].data,
				   section[i].size);
	header->body_sum = hft_checksum(image + sizeof(*header),
									size - sizeof(*header));
	header->header_sum = hft_checksum(header, offsetof(HftVocabHeader,
													   header_sum));
	memcpy(image, header, sizeof(*header));
	return image;
}

int
main(int argc, char **argv)
{
	Source		source;
	Section		section[HFT_NSECTIONS] = {{0}};
	HftVocabHeader header = {{0}};
	uint8_t    *classes = allocate(HFT_CODE_POINTS);
	char	   *image;
	FILE	   *out;

	if (argc != 4 && argc != 6)
		fail("usage: hft-vocab UNICODE NFC OUTPUT < VOCABULARY, "
			 "or hft-vocab UNICODE NFC OUTPUT NAME TOKENIZER.JSON");
	read_classes(classes, argv[1]);
	if (argc == 6)
		read_json(&source, argv[4], argv[5]);
	else
	{
		read_source(&source, stdin);
		check_sha256(&source);
	}
	fill_header(&header, &source);
	build_sections(section, &header, &source, classes);
	if (header.normalizes)
		build_normal(section, argv[2]);
	image = build_image(&header, section);
	out = fopen(argv[3], "wb");
	if (out == NULL ||
		fwrite(image, 1, header.file_size, out) != header.file_size ||
		fclose(out) != 0)
		fail("cannot write \"%s\": %s", argv[3], strerror(errno));
	return 0;
}
