/*-------------------------------------------------------------------------
 *
 * compile_tables.c
 *	  Building the tables of a compiled vocabulary.
 *
 *-------------------------------------------------------------------------
 */
#include <stdlib.h>
#include <string.h>

#include "tokenizer/compile_parts.h"
#include "tokenizer/cut.h"
#include "tokenizer/unicode.h"

#define TAIL_ZEROS		16		/* readers may load 16 bytes at a token */
#define CUT_LOG2		22		/* bits of the filter of crossings */

/* Smallest power of two that leaves a table of n entries half empty. */
static int
table_log2(uint64_t n)
{
	int			log2 = 1;

	while (UINT64_C(1) << log2 < 2 * n)
		log2++;
	return log2;
}

static void *
new_section(HftCompiler *c, HftVocabSection id, uint64_t size)
{
	void	   *data = hft_compile_allocate(c, size);

	c->section[id].data = data;
	c->section[id].size = size;
	return data;
}

static void
copy_tokens(HftCompiler *c)
{
	uint32_t	used = c->offsets[c->tokens];
	size_t		size = (c->tokens + 1) * sizeof(uint32_t);

	memcpy(new_section(c, HFT_SECTION_OFFSETS, size), c->offsets, size);
	memcpy(new_section(c, HFT_SECTION_BYTES, used + TAIL_ZEROS), c->bytes,
		   used);
}

static void
build_words(HftCompiler *c)
{
	int			log2 = table_log2(c->tokens);
	uint32_t   *words = new_section(c, HFT_SECTION_WORDS,
									sizeof(uint32_t) << log2);
	uint32_t	t;

	for (t = 0; t < c->tokens; t++)
	{
		uint32_t	start = c->offsets[t];
		uint64_t	hash = hft_word_hash(c->bytes + start,
										 c->offsets[t + 1] - start);
		size_t		i = hash >> (64 - log2);

		if (c->hidden != NULL && c->hidden[t])
			continue;
		while (words[i] != 0)
			i = (i + 1) & ((UINT64_C(1) << log2) - 1);
		words[i] = (uint32_t) hash << HFT_TOKEN_BITS | (t + 1);
	}
}

/* The byte a token consists of, -1 if it is not one. */
static int
single_byte(const HftCompiler *c, uint32_t t)
{
	if (c->offsets[t + 1] - c->offsets[t] != 1)
		return -1;
	return c->bytes[c->offsets[t]];
}

static void
build_bytes(HftCompiler *c)
{
	uint32_t   *single = new_section(c, HFT_SECTION_BYTE_TOKEN,
									 256 * sizeof(uint32_t));
	uint32_t	t;
	int			i;

	memset(single, 0xFF, 256 * sizeof(uint32_t));
	for (t = 0; t < c->tokens && !c->characters; t++)
		if (single_byte(c, t) >= 0)
			single[single_byte(c, t)] = t;
	if (c->characters)
		memcpy(single, c->bytes_of, sizeof(c->bytes_of));
	for (i = 0; i < 256; i++)
		if (single[i] == HFT_NO_TOKEN)
			hft_compile_fail(c, "byte %d is no token", i);
}

/* Empty tables of pairs; a vocabulary in which they can be looked up. */
static HftVocab
start_pairs(HftCompiler *c, uint32_t npairs, uint32_t **byte_pair)
{
	int			log2 = table_log2(npairs);
	HftVocab	vocab = {&c->header};

	vocab.pairs = new_section(c, HFT_SECTION_PAIRS,
							  sizeof(uint64_t) << log2);
	vocab.pair_shift = 64 - log2;
	vocab.byte_token = c->section[HFT_SECTION_BYTE_TOKEN].data;
	*byte_pair = new_section(c, HFT_SECTION_BYTE_PAIR,
							 65536 * sizeof(uint32_t));
	memset(*byte_pair, 0xFF, 65536 * sizeof(uint32_t));
	vocab.byte_pair = *byte_pair;
	return vocab;
}

static void
add_pair(HftCompiler *c, const HftVocab *vocab, uint32_t left,
		 uint32_t right, uint32_t rank)
{
	uint64_t   *pairs = (uint64_t *) c->section[HFT_SECTION_PAIRS].data;
	size_t		mask = SIZE_MAX >> vocab->pair_shift;
	size_t		i = hft_pair_hash(left, right) >> vocab->pair_shift;

	while (pairs[i] != 0)
		i = (i + 1) & mask;
	pairs[i] = ((uint64_t) left << HFT_SYMBOL_BITS |
				right) << HFT_TOKEN_BITS | rank;
}

/* Merge the bytes of a token; the result is in c->space. */
static int64_t
merge_token(HftCompiler *c, const HftVocab *vocab, uint32_t t)
{
	uint32_t	start = c->offsets[t];
	int64_t		n;

	if (t % 4096 == 0)
		hft_compile_pause(c);
	n = hft_merge(vocab, &c->space, c->bytes + start,
				  c->offsets[t + 1] - start);
	if (n == HFT_MERGE_STOPPED)
		hft_compile_pause(c);
	if (n < 0)
		hft_compile_fail(c, "out of memory");
	return n;
}

/*
 * The pair that each token is merged from: what is left when its own bytes
 * are merged by the tokens before it, which are those already in the table.
 * Where that is not a pair, only looking up the whole piece gives the token.
 */
static void
build_pairs(HftCompiler *c)
{
	uint32_t   *byte_pair;
	HftVocab	vocab = start_pairs(c, c->tokens, &byte_pair);
	uint32_t	t;

	for (t = 0; t < c->tokens; t++)
	{
		const uint8_t *bytes = c->bytes + c->offsets[t];
		int64_t		parts = merge_token(c, &vocab, t);

		if (parts == 2)
			add_pair(c, &vocab, c->space.symbol[0], c->space.symbol[1], t);
		else if (parts > 2)
			c->header.unreachable++;
		else if (c->space.symbol[0] != t)
			hft_compile_fail(c, "tokens %u and %u are the same",
							 c->space.symbol[0] + c->first_id,
							 t + c->first_id);
		if (c->offsets[t + 1] - c->offsets[t] == 2)
			byte_pair[bytes[0] << 8 | bytes[1]] = t;
	}
}

/* The pairs as they are listed; a rank is the place in that list. */
static HftVocab
list_pairs(HftCompiler *c)
{
	uint32_t   *byte_pair;
	HftVocab	vocab = start_pairs(c, c->nmerges, &byte_pair);
	uint32_t   *merged = new_section(c, HFT_SECTION_MERGED,
									 (c->nmerges + UINT64_C(1)) *
									 sizeof(uint32_t));
	uint32_t	i;

	/* rank 0 could make an entry of zeros, which is a free one */
	for (i = 0; i < c->nmerges; i++)
	{
		const uint32_t *merge = &c->merges[3 * (size_t) i];
		int			left = single_byte(c, merge[0]);
		int			right = single_byte(c, merge[1]);

		add_pair(c, &vocab, merge[0], merge[1], i + 1);
		merged[i + 1] = merge[2];
		if (left >= 0 && right >= 0)
			byte_pair[left << 8 | right] = i + 1;
	}
	vocab.merged = merged;
	return vocab;
}

/*
 * Mark the tokens that merging their own bytes by the listed pairs does not
 * give; returns their number.
 */
static uint32_t
find_unreachable(HftCompiler *c, HftVocab *vocab, bool *unreachable)
{
	uint32_t	n = 0;
	uint32_t	t;

	vocab->offsets = c->section[HFT_SECTION_OFFSETS].data;
	vocab->bytes = c->section[HFT_SECTION_BYTES].data;
	vocab->words = c->section[HFT_SECTION_WORDS].data;
	vocab->word_shift = 64 - table_log2(c->tokens);
	for (t = 0; t < c->tokens; t++)
	{
		unreachable[t] = merge_token(c, vocab, t) != 1 ||
			c->space.symbol[0] != t;
		n += unreachable[t];
	}
	return n;
}

/* Pairs by list or by rank, and the tokens that they do not give. */
static void
build_merging(HftCompiler *c)
{
	bool	   *unreachable = hft_compile_allocate(c, c->tokens);
	HftVocab	vocab;
	uint32_t	t;

	if (c->merges == NULL)
	{
		build_pairs(c);
		return;
	}
	vocab = list_pairs(c);
	c->header.unreachable = find_unreachable(c, &vocab, unreachable);
	if (c->whole_pieces)
		return;
	/* here a whole piece is nothing special, so they are not to be found */
	for (t = 0; t < c->tokens; t++)
		c->hidden[t] |= unreachable[t];
	build_words(c);
	c->header.unreachable = 0;
}

/* How many bytes a character with this lead byte has. */
static uint32_t
char_length(uint8_t lead)
{
	return lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

/* Note that a token holds the boundary before its byte k: see cut.c. */
static void
add_crossing(uint64_t *cuts, uint32_t *kinds, const uint8_t *token,
			 uint32_t len, uint32_t k)
{
	uint32_t	nleft = 1;
	uint32_t	nright = char_length(token[k]);
	uint32_t	left_kind = 0;
	uint32_t	right_kind = 0;
	uint64_t	bit;

	while (nleft < k && nleft < 4 && is_continuation(token[k - nleft]))
		nleft++;
	if (is_continuation(token[k - nleft]) ||
		char_length(token[k - nleft]) != nleft)
		left_kind = nleft;
	if (nright > len - k)
		nright = right_kind = len - k;
	if (left_kind > 3)
		return;
	*kinds |= 1u << (left_kind * 5 + right_kind);
	bit = hft_cut_hash(token + k - nleft, nleft, token + k, nright,
					   left_kind * 5 + right_kind) >> (64 - CUT_LOG2);
	cuts[bit >> 6] |= UINT64_C(1) << (bit & 63);
}

static void
build_cuts(HftCompiler *c)
{
	uint64_t   *cuts = new_section(c, HFT_SECTION_CUTS,
								   (UINT64_C(1) << CUT_LOG2) / 8);
	uint32_t	t;
	uint32_t	k;

	for (t = 0; t < c->tokens; t++)
	{
		const uint8_t *token = c->bytes + c->offsets[t];
		uint32_t	len = c->offsets[t + 1] - c->offsets[t];

		for (k = 1; k < len; k++)
			if (!is_continuation(token[k]))
				add_crossing(cuts, &c->header.cut_kinds, token, len, k);
	}
}

/* Those matched in text first, in the order of their bytes. */
static int
compare_extras(const void *a, const void *b)
{
	const HftExtra *x = a;
	const HftExtra *y = b;
	size_t		len = x->len < y->len ? x->len : y->len;
	int			order = memcmp(x->text, y->text, len);

	if (x->special != y->special)
		return x->special - y->special;
	if (order != 0)
		return order;
	return (x->len > y->len) - (x->len < y->len);
}

static void
build_extras(HftCompiler *c)
{
	uint32_t	used = c->nextras * sizeof(HftVocabExtra);
	uint32_t   *first = new_section(c, HFT_SECTION_ADDED_FIRST,
									257 * sizeof(uint32_t));
	uint32_t	size = used;
	HftVocabExtra *extra;
	uint32_t	i;

	if (c->nextras > 1)
		qsort(c->extras, c->nextras, sizeof(HftExtra), compare_extras);
	for (i = 0; i < c->nextras; i++)
		size += c->extras[i].len;
	extra = new_section(c, HFT_SECTION_EXTRA, size);
	for (i = 0; i < c->nextras; i++)
	{
		const HftExtra *from = &c->extras[i];

		extra[i].id = from->id;
		extra[i].offset = used;
		extra[i].len = from->len;
		memcpy((char *) extra + used, from->text, from->len);
		used += from->len;
		if (!from->special)
		{
			c->header.added++;
			first[(uint8_t) from->text[0] + 1]++;
		}
	}
	for (i = 0; i < 256; i++)
		first[i + 1] += first[i];
}

void
hft_compile_tables(HftCompiler *c)
{
	copy_tokens(c);
	build_words(c);
	build_bytes(c);
	build_merging(c);
	build_cuts(c);
	build_extras(c);
}
