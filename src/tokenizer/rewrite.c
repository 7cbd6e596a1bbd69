/*-------------------------------------------------------------------------
 *
 * rewrite.c
 *	  The form of a text that its encoding is defined on.
 *
 * Qwen reads normalization form C.  Gemma makes no difference between a
 * blank and U+2581; its vocabulary is kept with blanks, so that only a text
 * that has the other character must be rewritten.  Nearly every text is left
 * alone.
 *
 *-------------------------------------------------------------------------
 */
#include <stdlib.h>
#include <string.h>

#include "tokenizer/vocab.h"

#define BLANK		"\xE2\x96\x81"
#define BLANK_LEN	(sizeof(BLANK) - 1)

void
hft_rewrite_free(HftRewrite *rewrite)
{
	free(rewrite->text);
	free(rewrite->code);
	free(rewrite->order);
	memset(rewrite, 0, sizeof(*rewrite));
}

/* Room for "more" bytes of text. */
bool
hft_rewrite_reserve(HftRewrite *rewrite, size_t more)
{
	size_t		room = (rewrite->len + more) * 2;
	uint8_t    *text;

	if (rewrite->len + more <= rewrite->text_room)
		return true;
	text = realloc(rewrite->text, room);
	if (text == NULL)
		return false;
	rewrite->text = text;
	rewrite->text_room = room;
	return true;
}

/* The first U+2581, or "end". */
static const uint8_t *
find_blank(const uint8_t *p, const uint8_t *end)
{
	while ((p = memchr(p, BLANK[0], end - p)) != NULL)
	{
		if (end - p >= BLANK_LEN && memcmp(p, BLANK, BLANK_LEN) == 0)
			return p;
		p++;
	}
	return end;
}

static bool
append_bytes(HftRewrite *rewrite, const void *bytes, size_t len)
{
	if (!hft_rewrite_reserve(rewrite, len))
		return false;
	memcpy(rewrite->text + rewrite->len, bytes, len);
	rewrite->len += len;
	return true;
}

static bool
append_blanks(HftRewrite *rewrite, const uint8_t *p, const uint8_t *end)
{
	for (;;)
	{
		const uint8_t *blank = find_blank(p, end);

		if (!append_bytes(rewrite, p, blank - p))
			return false;
		if (blank == end)
			return true;
		if (!append_bytes(rewrite, " ", 1))
			return false;
		p = blank + BLANK_LEN;
	}
}

static bool
is_final(const HftVocab *vocab, const uint8_t *p, const uint8_t *end)
{
	if (vocab->header->normalizes)
		return hft_nfc_is(vocab, p, end);
	if (vocab->header->characters)
		return find_blank(p, end) == end;
	return true;
}

/*
 * Give the text the form its encoding is defined on: "text" and "len" are
 * left alone where it has it, and otherwise point into "rewrite" until the
 * next call.  Added tokens are matched before and stay as they are.
 */
HftTokenStatus
hft_rewrite(const HftVocab *vocab, HftRewrite *rewrite, const char **text,
			size_t *len)
{
	const uint8_t *p = (const uint8_t *) *text;
	const uint8_t *end = p + *len;

	if (is_final(vocab, p, end))
		return HFT_TOKEN_OK;
	rewrite->len = 0;
	while (p < end)
	{
		const HftVocabExtra *added;
		const uint8_t *stop = hft_added_find(vocab, p, end, &added);
		bool		done = vocab->header->normalizes ?
			hft_nfc_append(vocab, rewrite, p, stop) :
			append_blanks(rewrite, p, stop);

		if (!done || (added != NULL &&
					  !append_bytes(rewrite, stop, added->len)))
			return HFT_TOKEN_NO_MEMORY;
		p = stop + (added != NULL ? added->len : 0);
	}
	*text = (const char *) rewrite->text;
	*len = rewrite->len;
	return HFT_TOKEN_OK;
}
