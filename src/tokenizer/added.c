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

static inline const uint8_t *
extra_bytes(const HftVocab *vocab, uint32_t i)
{
	return (const uint8_t *) vocab->extras + vocab->extras[i].offset;
}

/*
 * Among the sorted tokens first .. last - 1, which all start with the same
 * "at" bytes, the first that goes on with "byte" or a larger one.
 */
static uint32_t
lower_bound(const HftVocab *vocab, uint32_t first, uint32_t last,
			uint32_t at, int byte)
{
	while (first < last)
	{
		uint32_t	middle = first + (last - first) / 2;

		if (vocab->extras[middle].len <= at ||
			extra_bytes(vocab, middle)[at] < byte)
			first = middle + 1;
		else
			last = middle;
	}
	return first;
}

/* The longest added token at p, NULL if there is none. */
static const HftVocabExtra *
match_added(const HftVocab *vocab, const uint8_t *p, const uint8_t *end)
{
	const HftVocabExtra *found = NULL;
	uint32_t	first = vocab->added_first[*p];
	uint32_t	last = vocab->added_first[*p + 1];
	uint32_t	at;

	for (at = 1; first < last; at++)
	{
		if (vocab->extras[first].len == at)
			found = &vocab->extras[first++];
		if (at >= end - p)
			break;
		first = lower_bound(vocab, first, last, at, p[at]);
		last = lower_bound(vocab, first, last, at, p[at] + 1);
	}
	return found;
}

/* The first byte at or behind p that an added token starts with. */
static const uint8_t *
find_candidate(const HftVocab *vocab, const uint8_t *p, const uint8_t *end)
{
	int			first = extra_bytes(vocab, 0)[0];

	if (vocab->added_first[first + 1] == vocab->header->added)
	{
		p = memchr(p, first, end - p);
		return p != NULL ? p : end;
	}
	while (p < end &&
		   vocab->added_first[*p] == vocab->added_first[*p + 1])
		p++;
	return p;
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
	if (vocab->header->added == 0)
		return end;
	while ((p = find_candidate(vocab, p, end)) < end)
	{
		*added = match_added(vocab, p, end);
		if (*added != NULL)
			return p;
		p++;
	}
	return end;
}
