/*-------------------------------------------------------------------------
 *
 * split_blanks.c
 *	  Pieces for encodings without a pattern.
 *
 * Gemma merges over the whole text.  But next to no token has a blank behind
 * another character, so before nearly every run of blanks a text can be cut
 * (see cut.c), which gives pieces as large as words, that are worth
 * remembering.
 *
 *-------------------------------------------------------------------------
 */
#include <string.h>

#include "tokenizer/split.h"

const uint8_t *
hft_split_blanks(const HftVocab *vocab, const HftSplitRule *rule,
				 const uint8_t *p, const uint8_t *end)
{
	const uint8_t *at = p;

	while ((at = memchr(at + 1, ' ', end - at - 1)) != NULL)
		if (at[-1] != ' ' && hft_cut_before(vocab, p, at, end))
			return at;
	return end;
}
