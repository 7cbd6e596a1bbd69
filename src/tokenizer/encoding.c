/*-------------------------------------------------------------------------
 *
 * encoding.c
 *	  Opening a compiled vocabulary.
 *
 *-------------------------------------------------------------------------
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tokenizer/internal.h"
#include "tokenizer/unicode.h"

/* Bounds of the memory from which on it has room for these tables. */
#define WIDE_CACHE_FROM	((size_t) 8 * 1024 * 1024)	/* 2 MB */
#define TOKEN_CACHE_FROM	((size_t) 16 * 1024 * 1024)	/* 12 MB, encoding */
#define LONG_CACHE_FROM	((size_t) 12 * 1024 * 1024) /* 4.5 MB */

/* log2 of a number that is a power of two and at least two, else 0. */
static int
exact_log2(uint64_t n)
{
	if (n < 2 || (n & (n - 1)) != 0)
		return 0;
	return __builtin_ctzll(n);
}

/* Has each section the size its readers rely on, inside the file? */
static bool
sections_fit(const HftVocabHeader *header)
{
	uint64_t	sizes[HFT_NSECTIONS] = {
		[HFT_SECTION_OFFSETS] = (header->tokens + UINT64_C(1)) * 4,
		[HFT_SECTION_BYTE_TOKEN] = 256 * 4,
		[HFT_SECTION_BYTE_PAIR] = 65536 * 4,
		[HFT_SECTION_CLASS_INDEX] = HFT_CODE_POINTS / HFT_CLASS_BLOCK * 2,
		[HFT_SECTION_ADDED_FIRST] = 257 * 4,
		[HFT_SECTION_NORM_INDEX] = header->normalizes ?
			HFT_CODE_POINTS / HFT_CLASS_BLOCK * 2 : 0,
	};
	int			i;

	for (i = 0; i < HFT_NSECTIONS; i++)
	{
		uint64_t	offset = header->section[i].offset;
		uint64_t	size = header->section[i].size;

		if (offset % HFT_VOCAB_ALIGN != 0 || offset > header->file_size ||
			size > header->file_size - offset ||
			(sizes[i] != 0 && size != sizes[i]))
			return false;
	}
	return exact_log2(header->section[HFT_SECTION_WORDS].size / 4) != 0 &&
		exact_log2(header->section[HFT_SECTION_PAIRS].size / 8) != 0 &&
		exact_log2(header->section[HFT_SECTION_CUTS].size / 8) != 0 &&
		header->extras <= header->section[HFT_SECTION_EXTRA].size /
		sizeof(HftVocabExtra) && header->added <= header->extras;
}

static HftTokenStatus
check_header(const HftVocabHeader *header, size_t size)
{
	if (size < sizeof(*header) ||
		memcmp(header->magic, HFT_VOCAB_MAGIC, sizeof(header->magic)) != 0)
		return HFT_TOKEN_BAD_FILE;
	if (header->version != HFT_VOCAB_VERSION ||
		header->byte_order != HFT_VOCAB_BYTE_ORDER)
		return HFT_TOKEN_BAD_VERSION;
	if (header->header_sum !=
		hft_checksum(header, offsetof(HftVocabHeader, header_sum)) ||
		header->file_size != size || header->split >= HFT_NSPLITS ||
		!sections_fit(header))
		return HFT_TOKEN_BAD_FILE;
	return HFT_TOKEN_OK;
}

/* Point at the tables inside a file image whose header has been checked. */
static void
attach_tables(HftVocab *vocab, const void *file)
{
	const HftVocabHeader *header = file;
	const char *base = file;

#define SECTION(id) ((const void *) (base + header->section[id].offset))
#define SLOTS(id, width) exact_log2(header->section[id].size / (width))
	vocab->header = header;
	vocab->offsets = SECTION(HFT_SECTION_OFFSETS);
	vocab->bytes = SECTION(HFT_SECTION_BYTES);
	vocab->words = SECTION(HFT_SECTION_WORDS);
	vocab->pairs = SECTION(HFT_SECTION_PAIRS);
	vocab->byte_token = SECTION(HFT_SECTION_BYTE_TOKEN);
	vocab->byte_pair = SECTION(HFT_SECTION_BYTE_PAIR);
	vocab->cuts = SECTION(HFT_SECTION_CUTS);
	vocab->class_index = SECTION(HFT_SECTION_CLASS_INDEX);
	vocab->class_block = SECTION(HFT_SECTION_CLASS_BLOCK);
	if (header->section[HFT_SECTION_MERGED].size > 0)
		vocab->merged = SECTION(HFT_SECTION_MERGED);
	vocab->extras = SECTION(HFT_SECTION_EXTRA);
	vocab->added_first = SECTION(HFT_SECTION_ADDED_FIRST);
	vocab->norm_index = SECTION(HFT_SECTION_NORM_INDEX);
	vocab->norm_block = SECTION(HFT_SECTION_NORM_BLOCK);
	vocab->norm_chars = SECTION(HFT_SECTION_NORM_CHAR);
	vocab->norm_text = SECTION(HFT_SECTION_NORM_TEXT);
	vocab->norm_pairs = SECTION(HFT_SECTION_NORM_PAIR);
	vocab->norm_npairs = header->section[HFT_SECTION_NORM_PAIR].size /
		sizeof(HftNormPair);
	vocab->word_shift = 64 - SLOTS(HFT_SECTION_WORDS, 4);
	vocab->pair_shift = 64 - SLOTS(HFT_SECTION_PAIRS, 8);
	vocab->cut_shift = 64 - SLOTS(HFT_SECTION_CUTS, 8) - 6;
#undef SECTION
#undef SLOTS
}

static HftTokenStatus
map_file(const char *path, void **file, size_t *size)
{
	struct stat st;
	int			fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return HFT_TOKEN_NO_FILE;
	*file = MAP_FAILED;
	if (fstat(fd, &st) == 0 && st.st_size > 0)
	{
		*size = st.st_size;
		*file = mmap(NULL, *size, PROT_READ, MAP_SHARED, fd, 0);
	}
	close(fd);
	return *file == MAP_FAILED ? HFT_TOKEN_NO_FILE : HFT_TOKEN_OK;
}

HftTokenStatus
hft_encoding_open(const char *path, HftEncoding **enc)
{
	HftEncoding *new;
	HftTokenStatus status;
	void	   *file;
	size_t		size;

	*enc = NULL;
	status = map_file(path, &file, &size);
	if (status != HFT_TOKEN_OK)
		return status;
	status = check_header(file, size);
	if (status != HFT_TOKEN_OK)
	{
		munmap(file, size);
		return status;
	}
	new = calloc(1, sizeof(*new));
	if (new == NULL || !hft_cache_create(&new->cache))
	{
		free(new);
		munmap(file, size);
		return HFT_TOKEN_NO_MEMORY;
	}
	attach_tables(&new->vocab, file);
	new->map_size = size;
	new->kernel = hft_kernel_find(NULL);
	*enc = new;
	return HFT_TOKEN_OK;
}

/*
 * Half is for short pieces, which are nearly all; where the rest is too small
 * for one of the other tables, which do not grow, there is none.
 */
void
hft_encoding_limit_cache(HftEncoding *enc, size_t bytes)
{
	size_t		lines = bytes / 2 / sizeof(HftCacheLine);

	enc->cache.max_lines = lines < UINT32_MAX / 2 ? lines : UINT32_MAX / 2;
	enc->wide_cache.off = bytes < WIDE_CACHE_FROM;
	enc->long_cache.off = bytes < LONG_CACHE_FROM;
	enc->token_cache.off = bytes < TOKEN_CACHE_FROM;
}

HftTokenStatus
hft_encoding_verify(const HftEncoding *enc)
{
	const HftVocabHeader *header = enc->vocab.header;

	if (hft_checksum(header + 1, header->file_size - sizeof(*header)) !=
		header->body_sum)
		return HFT_TOKEN_BAD_FILE;
	return HFT_TOKEN_OK;
}

void
hft_encoding_close(HftEncoding *enc)
{
	if (enc == NULL)
		return;
	hft_merge_free(&enc->space);
	hft_rewrite_free(&enc->rewrite);
	hft_cache_free(&enc->cache);
	hft_wide_free(&enc->wide_cache);
	hft_long_free(&enc->long_cache);
	hft_tokens_free(&enc->token_cache);
	munmap((void *) enc->vocab.header, enc->map_size);
	free(enc);
}

HftEncodingInfo
hft_encoding_info(const HftEncoding *enc)
{
	const HftVocabHeader *header = enc->vocab.header;
	HftEncodingInfo info;

	info.name = header->name;
	info.tokens = header->tokens;
	info.first_id = header->first_id;
	info.sha256 = header->sha256;
	info.licence = header->licence;
	return info;
}

const char *
hft_token_status_text(HftTokenStatus status)
{
	switch (status)
	{
		case HFT_TOKEN_OK:
			return "no error";
		case HFT_TOKEN_NO_FILE:
			return "cannot be opened";
		case HFT_TOKEN_BAD_FILE:
			return "is not a vocabulary, or is damaged";
		case HFT_TOKEN_BAD_VERSION:
			return "was compiled for another version or machine";
		case HFT_TOKEN_NO_MEMORY:
			return "out of memory";
		case HFT_TOKEN_STOPPED:
			return "stopped";
		case HFT_TOKEN_TOO_LONG:
			return "text is too long";
		case HFT_TOKEN_BAD_ID:
			return "no such token";
	}
	return "unknown status";
}
