/*-------------------------------------------------------------------------
 *
 * added.c
 *	  Added tokens, which are matched in the raw text before anything else.
 *
 * Some vocabularies name strings, such as <think>, that are one token
 * wherever they stand.  They divide a text into stretches that are split and
 * merged apart from each other.  Special tokens are not looked for: a text
 * that looks like one is ordinary text.
 *
 *-------------------------------------------------------------------------
 */
#include <string.h>

#include "tokenizer/vocab.h"

/* The longest added token at p, NULL if there is none. */
static const HftVocabExtra *
match_added(const HftVocab *vocab, const uint8_t *p, const uint8_t *end)
{
	const HftVocabExtra *found = NULL;
	uint32_t	i;

	for (i = 0; i < vocab->header->extras; i++)
	{
		const HftVocabExtra *extra = &vocab->extras[i];

		if (!extra->special && extra->len <= end - p &&
			(found == NULL || extra->len > found->len) &&
			memcmp((const char *) vocab->extras + extra->offset, p,
				   extra->len) == 0)
			found = extra;
	}
	return found;
}

/*
 * The stretch of ordinary text that starts at p: returns its end, and in
 * *added the token that stands there, NULL at the end of the text.
 */
const uint8_t *
hft_added_find(const HftVocab *vocab, const uint8_t *p, const uint8_t *end,
			   const HftVocabExtra **added)
{
	*added = NULL;
	if (!vocab->header->has_added)
		return end;
	while ((p = memchr(p, HFT_ADDED_FIRST, end - p)) != NULL)
	{
		*added = match_added(vocab, p, end);
		if (*added != NULL)
			return p;
		p++;
	}
	return end;
}
