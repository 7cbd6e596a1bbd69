/*-------------------------------------------------------------------------
 *
 * word.c
 *	  Is this piece of text, as it stands, a token?
 *
 * One open-addressed table of 32-bit slots: the upper 12 bits are a tag of
 * the hash, the lower 20 the token's index + 1, 0 is free.  The tag answers
 * most questions about pieces that are no token without touching their
 * bytes.
 *
 *-------------------------------------------------------------------------
 */
#include <string.h>

#include "tokenizer/vocab.h"

static inline uint64_t
mix_hash(uint64_t h)
{
	h *= UINT64_C(0x9E3779B97F4A7C15);
	return h ^ (h >> 29);
}

uint64_t
hft_word_hash(const uint8_t *word, size_t len)
{
	uint64_t	h = len;
	uint64_t	part;

	for (; len >= 8; word += 8, len -= 8)
	{
		memcpy(&part, word, 8);
		h = mix_hash(h ^ part);
	}
	part = 0;
	memcpy(&part, word, len);
	return mix_hash(mix_hash(h ^ part));
}

/* Fetch what a look for a word of this hash will read first. */
void
hft_word_prefetch(const HftVocab *vocab, uint64_t hash)
{
	__builtin_prefetch(&vocab->words[hash >> vocab->word_shift]);
}

/*
 * Index of the token that has exactly these bytes, whose hash is given, or
 * HFT_NO_TOKEN.
 */
uint32_t
hft_word_lookup(const HftVocab *vocab, uint64_t hash, const uint8_t *word,
				size_t len)
{
	uint32_t	tag = (uint32_t) hash << HFT_TOKEN_BITS;
	size_t		mask = SIZE_MAX >> vocab->word_shift;
	size_t		i;

	for (i = hash >> vocab->word_shift; vocab->words[i] != 0;
		 i = (i + 1) & mask)
	{
		uint32_t	index = (vocab->words[i] & HFT_TOKEN_MASK) - 1;
		uint32_t	start;

		if ((vocab->words[i] & ~HFT_TOKEN_MASK) != tag)
			continue;
		start = vocab->offsets[index];
		if (vocab->offsets[index + 1] - start == len &&
			memcmp(vocab->bytes + start, word, len) == 0)
			return index;
	}
	return HFT_NO_TOKEN;
}

uint32_t
hft_word_find(const HftVocab *vocab, const uint8_t *word, size_t len)
{
	if (len > vocab->header->longest)
		return HFT_NO_TOKEN;
	return hft_word_lookup(vocab, hft_word_hash(word, len), word, len);
}
