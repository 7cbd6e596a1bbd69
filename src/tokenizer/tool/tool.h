/*-------------------------------------------------------------------------
 *
 * tool.h
 *	  hft-vocab: a vocabulary as its publisher gives it, in memory.
 *
 * The tool runs at build time and for an administrator, on trusted files:
 * it exits with a message on the first thing that is wrong, and frees
 * nothing.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_TOKENIZER_TOOL_H
#define HFT_TOKENIZER_TOOL_H

#include <stdio.h>

#include "tokenizer/vocab.h"
#include "tokenizer/unicode.h"

typedef struct Extra			/* an added or special token */
{
	uint32_t	id;
	bool		special;
	char	   *text;
	size_t		len;
} Extra;

typedef struct Source
{
	char		name[32];
	char		licence[64];
	char		sha256[72];
	HftSplit	split;
	uint32_t	tokens;
	uint32_t	first_id;
	uint32_t	first_rank;		/* of the rank file that sha256 is of */
	uint32_t   *offsets;		/* tokens + 1 */
	uint8_t    *bytes;
	uint32_t	longest;
	Extra	   *extras;
	uint32_t	nextras;

	/* where merging starts from characters and has a list of its own */
	bool		characters;
	uint32_t	bytes_of[256];	/* tokens for single bytes */
	bool	   *hidden;			/* tokens no merge gives, and byte tokens */
	uint32_t   *merges;			/* left, right, merged by rank */
	uint32_t	nmerges;
} Source;

typedef struct Section
{
	void	   *data;
	uint64_t	size;
} Section;

/* tool/source.c */
extern void read_source(Source *source, FILE *in);
extern void check_sha256(const Source *source);
extern void read_classes(uint8_t *classes, const char *path);

/* tool/json.c: HF's tokenizer.json */
extern void read_json(Source *source, const char *name, const char *path);

/* tool/tables.c */
extern void build_sections(Section *section, HftVocabHeader *header,
						   const Source *source, const uint8_t *classes);

extern void build_blocks(Section *index_section, Section *block_section,
						 const void *values, int width);

/* tool/normal.c */
extern void build_normal(Section *section, const char *path);

/* tool/hft_vocab.c */
extern void fail(const char *format, ...)
			__attribute__((format(printf, 1, 2), noreturn));
extern void *allocate(size_t size);

#endif							/* HFT_TOKENIZER_TOOL_H */
