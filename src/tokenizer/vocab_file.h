/*-------------------------------------------------------------------------
 *
 * vocab_file.h
 *	  The compiled vocabulary file: what hft-vocab writes and
 *	  hft_encoding_open() maps.
 *
 * A header and then sections, each at a multiple of 64 bytes and addressed by
 * its offset, so the file means the same wherever it is mapped.  Integers
 * are in the byte order of the machine that compiled it.  A change of any
 * table or hash function needs a new HFT_VOCAB_VERSION.
 *
 * Tokens are known by their index; the id is the index plus first_id.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_TOKENIZER_VOCAB_FILE_H
#define HFT_TOKENIZER_VOCAB_FILE_H

#include <stdint.h>

#define HFT_VOCAB_MAGIC			"HFTVOCAB"
#define HFT_VOCAB_VERSION		1
#define HFT_VOCAB_BYTE_ORDER	0x01020304
#define HFT_VOCAB_ALIGN			64

/* A token index and a pair of them must fit the packed tables. */
#define HFT_TOKEN_BITS			20
#define HFT_TOKEN_MASK			((1u << HFT_TOKEN_BITS) - 1)
#define HFT_SYMBOL_BITS			18
#define HFT_NO_TOKEN			UINT32_MAX

typedef enum HftSplit			/* the pre-tokenizer patterns */
{
	HFT_SPLIT_CL100K,
	HFT_SPLIT_O200K,
	HFT_SPLIT_QWEN,
	HFT_SPLIT_TEKKEN,
	HFT_SPLIT_DEEPSEEK,
	HFT_SPLIT_BLANKS,			/* Gemma: no pattern, see split_blanks.c */
	HFT_NSPLITS
} HftSplit;

typedef enum HftVocabSection
{
	HFT_SECTION_OFFSETS,		/* uint32[tokens + 1] into BYTES */
	HFT_SECTION_BYTES,			/* all tokens, then 16 bytes of zero */
	HFT_SECTION_WORDS,			/* uint32[2^n]: hash tag, index + 1 */
	HFT_SECTION_PAIRS,			/* uint64[2^n]: left, right, merged */
	HFT_SECTION_BYTE_TOKEN,		/* uint32[256]: index of a single byte */
	HFT_SECTION_BYTE_PAIR,		/* uint32[65536]: index of two bytes */
	HFT_SECTION_CUTS,			/* uint64[2^n]: filter, see cut.c */
	HFT_SECTION_CLASS_INDEX,	/* uint16[0x110000 / 64] into CLASS_BLOCK */
	HFT_SECTION_CLASS_BLOCK,	/* uint8[64] each: HftCharClass bits */
	HFT_SECTION_MERGED,			/* uint32[]: index by rank; empty: the same */
	HFT_SECTION_EXTRA,			/* HftVocabExtra[], names after them */
	HFT_SECTION_ADDED_FIRST,	/* uint32[257]: first extra by first byte */
	HFT_SECTION_NORM_INDEX,		/* as CLASS_INDEX, into NORM_BLOCK */
	HFT_SECTION_NORM_BLOCK,		/* uint16[64] each, into NORM_CHAR */
	HFT_SECTION_NORM_CHAR,		/* HftNormChar[], 0 has no properties */
	HFT_SECTION_NORM_TEXT,		/* uint32[]: decomposed characters */
	HFT_SECTION_NORM_PAIR,		/* HftNormPair[], sorted */
	HFT_NSECTIONS
} HftVocabSection;

/*
 * An added or special token.  The first header->added of them are matched in
 * ordinary text and sorted by their bytes, the others never are.
 */
typedef struct HftVocabExtra
{
	uint32_t	id;
	uint32_t	offset;			/* from the start of the section */
	uint32_t	len;
} HftVocabExtra;

typedef struct HftNormChar		/* what NFC must know of a character */
{
	uint8_t		order;			/* canonical combining class */
	uint8_t		boundary;		/* nothing composes across its front */
	uint8_t		suspect;		/* may not be what form C has there */
	uint8_t		ndecomposed;
	uint32_t	decomposed;		/* index into NORM_TEXT */
} HftNormChar;

typedef struct HftNormPair
{
	uint32_t	first;
	uint32_t	second;
	uint32_t	composed;
} HftNormPair;

typedef struct HftVocabHeader
{
	char		magic[8];
	uint32_t	version;
	uint32_t	byte_order;
	uint64_t	file_size;
	uint64_t	body_sum;		/* hft_checksum() of what follows the header */
	char		name[32];
	char		licence[64];
	char		sha256[72];
	uint32_t	split;
	uint32_t	tokens;
	uint32_t	first_id;
	uint32_t	extras;
	uint32_t	added;			/* number that is not special */
	uint32_t	cut_kinds;		/* bit set, see cut.c */
	uint32_t	longest;		/* token, in bytes */
	uint32_t	normalizes;		/* text is brought to form C first */
	uint32_t	unreachable;	/* tokens that only whole pieces give */
	uint32_t	characters;		/* merging starts from them, not from bytes */
	struct
	{
		uint64_t	offset;
		uint64_t	size;
	}			section[HFT_NSECTIONS];
	uint64_t	header_sum;		/* of everything before this field */
} HftVocabHeader;

#endif							/* HFT_TOKENIZER_VOCAB_FILE_H */
