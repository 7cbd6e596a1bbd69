/*-------------------------------------------------------------------------
 *
 * compile_parts.h
 *	  A vocabulary that is being compiled; for the compile_*.c only.
 *
 * Readers fill in the tokens, compile_tables.c makes sections of them.  Any
 * of them may give up by hft_compile_fail(), which does not return: memory
 * is therefore the compiler's and is freed as a whole.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_TOKENIZER_COMPILE_PARTS_H
#define HFT_TOKENIZER_COMPILE_PARTS_H

#include <jansson.h>
#include <setjmp.h>

#include "tokenizer/compile.h"
#include "tokenizer/vocab.h"

#define HFT_TOKEN_MAX_BYTES	1024	/* of one token */

typedef struct HftExtra			/* an added or special token */
{
	uint32_t	id;
	bool		special;
	const char *text;
	size_t		len;
} HftExtra;

typedef struct HftCompiler
{
	const HftVocabInput *input;
	HftVocabImage *image;
	jmp_buf		failed;
	struct HftChunk *memory;
	HftMergeSpace space;
	json_t	   *json;

	char		name[32];
	char		licence[64];
	char		sha256[72];
	HftSplit	split;
	bool		normalizes;		/* to Unicode's form C */
	bool		whole_pieces;	/* a piece that is a token is not merged */
	uint32_t	tokens;
	uint32_t	first_id;
	uint32_t	first_rank;		/* of the rank file that sha256 is of */
	uint32_t   *offsets;		/* tokens + 1 */
	uint8_t    *bytes;
	uint32_t	longest;
	HftExtra   *extras;
	uint32_t	nextras;
	bool	   *hidden;			/* tokens not to be found by their bytes */

	/* where merging starts from characters */
	bool		characters;
	uint32_t	bytes_of[256];	/* tokens for single bytes */

	/* where the order of merging is a list of its own */
	uint32_t   *merges;			/* left, right, merged by rank */
	uint32_t	nmerges;

	HftVocabHeader header;
	HftSection	section[HFT_NSECTIONS];
} HftCompiler;

/* compile.c */
extern void hft_compile_fail(HftCompiler *c, const char *format,...)
			__attribute__((format(printf, 2, 3), noreturn));
extern void hft_compile_pause(HftCompiler *c);	/* fails when told to stop */
extern void *hft_compile_allocate(HftCompiler *c, size_t size); /* zeroed */
extern void hft_compile_known(HftCompiler *c);
extern bool hft_split_find(const char *name, HftSplit *split);

/* compile_bundle.c: what vocab/regenerate.mjs writes */
extern void hft_compile_bundle(HftCompiler *c);

/* compile_tiktoken.c: lines "base64(token) SP rank" */
extern void hft_compile_tiktoken(HftCompiler *c);

/* compile_json.c: HF's tokenizer.json */
extern void hft_compile_json(HftCompiler *c);

/* compile_tables.c */
extern void hft_compile_tables(HftCompiler *c);

#endif							/* HFT_TOKENIZER_COMPILE_PARTS_H */
