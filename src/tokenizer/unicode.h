/*-------------------------------------------------------------------------
 *
 * unicode.h
 *	  Characters of UTF-8 text and the classes the patterns speak of.
 *
 * The classes come from Unicode 16 and lie in the vocabulary file in blocks
 * of 64 code points, which is the reach of the last byte of a character.  A
 * byte that starts no valid character is a character of its own, of no class.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_TOKENIZER_UNICODE_H
#define HFT_TOKENIZER_UNICODE_H

#include "tokenizer/vocab.h"

/* Bits of a character's class. */
#define HFT_CHAR_UPPER		0x01	/* upper or title case letter */
#define HFT_CHAR_LOWER		0x02
#define HFT_CHAR_CASELESS	0x04	/* modifier or other letter */
#define HFT_CHAR_MARK		0x08
#define HFT_CHAR_NUMBER		0x10
#define HFT_CHAR_SPACE		0x20
#define HFT_CHAR_NEWLINE	0x40	/* \r \n, with HFT_CHAR_SPACE */
#define HFT_CHAR_PUNCT		0x80	/* punctuation or symbol */
#define HFT_CHAR_LETTER		(HFT_CHAR_UPPER | HFT_CHAR_LOWER | \
							 HFT_CHAR_CASELESS)

#define HFT_CODE_POINTS		0x110000
#define HFT_BAD_CHAR		UINT32_MAX
#define HFT_CLASS_BLOCK		64

typedef struct HftChar
{
	uint32_t	code;
	uint8_t		cls;
	uint8_t		len;
} HftChar;

static inline bool
is_continuation(uint8_t byte)
{
	return (byte & 0xC0) == 0x80;
}

/*
 * Length of the character at p and its code point; length 1 and HFT_BAD_CHAR
 * when the bytes before "end" do not start with a character.
 */
static inline int
decode_char(const uint8_t *p, const uint8_t *end, uint32_t *code)
{
	uint8_t		lead = p[0];
	size_t		room = end - p;

	*code = HFT_BAD_CHAR;
	if (lead < 0x80)
	{
		*code = lead;
		return 1;
	}
	if (lead >= 0xC2 && lead < 0xE0 && room >= 2 && is_continuation(p[1]))
	{
		*code = (uint32_t) (lead & 0x1F) << 6 | (p[1] & 0x3F);
		return 2;
	}
	if ((lead & 0xF0) == 0xE0 && room >= 3 && is_continuation(p[1]) &&
		is_continuation(p[2]))
	{
		*code = (uint32_t) (lead & 0x0F) << 12 |
			(uint32_t) (p[1] & 0x3F) << 6 | (p[2] & 0x3F);
		if (*code >= 0x800)
			return 3;
	}
	else if (lead >= 0xF0 && lead < 0xF5 && room >= 4 &&
			 is_continuation(p[1]) && is_continuation(p[2]) &&
			 is_continuation(p[3]))
	{
		*code = (uint32_t) (lead & 0x07) << 18 |
			(uint32_t) (p[1] & 0x3F) << 12 |
			(uint32_t) (p[2] & 0x3F) << 6 | (p[3] & 0x3F);
		if (*code >= 0x10000 && *code < HFT_CODE_POINTS)
			return 4;
	}
	*code = HFT_BAD_CHAR;
	return 1;
}

static inline uint8_t
code_class(const HftVocab *vocab, uint32_t code)
{
	if (code >= HFT_CODE_POINTS)
		return 0;
	return vocab->class_block[(size_t) vocab->class_index[code >> 6] *
							  HFT_CLASS_BLOCK + (code & 63)];
}

static inline HftChar
read_char(const HftVocab *vocab, const uint8_t *p, const uint8_t *end)
{
	HftChar		c;

	c.len = decode_char(p, end, &c.code);
	c.cls = code_class(vocab, c.code);
	return c;
}

#endif							/* HFT_TOKENIZER_UNICODE_H */
