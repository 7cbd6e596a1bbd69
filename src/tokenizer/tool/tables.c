/*-------------------------------------------------------------------------
 *
 * tables.c
 *	  Building the tables of a compiled vocabulary.
 *
 *-------------------------------------------------------------------------
 */
#include <stdlib.h>
#include <string.h>

#include "tokenizer/tool/tool.h"

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
new_section(Section *section, uint64_t size)
{
	section->data = allocate(size);
	section->size = size;
	return section->data;
}

static void
copy_tokens(Section *section, const Source *source)
{
	uint32_t	used = source->offsets[source->tokens];

	memcpy(new_section(&section[HFT_SECTION_OFFSETS],
					   (source->tokens + 1) * sizeof(uint32_t)),
		   source->offsets, (source->tokens + 1) * sizeof(uint32_t));
	memcpy(new_section(&section[HFT_SECTION_BYTES], used + TAIL_ZEROS),
		   source->bytes, used);
}

static void
build_words(Section *section, const Source *source)
{
	int			log2 = table_log2(source->tokens);
	uint32_t   *words = new_section(&section[HFT_SECTION_WORDS],
									sizeof(uint32_t) << log2);
	uint32_t	t;

	for (t = 0; t < source->tokens; t++)
	{
		uint32_t	start = source->offsets[t];
		uint64_t	hash = hft_word_hash(source->bytes + start,
										 source->offsets[t + 1] - start);
		size_t		i = hash >> (64 - log2);

		if (source->hidden != NULL && source->hidden[t])
			continue;
		while (words[i] != 0)
			i = (i + 1) & ((UINT64_C(1) << log2) - 1);
		words[i] = (uint32_t) hash << HFT_TOKEN_BITS | (t + 1);
	}
}

static void
build_bytes(Section *section, const Source *source)
{
	uint32_t   *single = new_section(&section[HFT_SECTION_BYTE_TOKEN],
									 256 * sizeof(uint32_t));
	uint32_t	t;
	int			i;

	if (source->characters)
	{
		memcpy(single, source->bytes_of, sizeof(source->bytes_of));
		return;
	}
	memset(single, 0xFF, 256 * sizeof(uint32_t));
	for (t = 0; t < source->tokens; t++)
		if (source->offsets[t + 1] - source->offsets[t] == 1)
			single[source->bytes[source->offsets[t]]] = t;
	for (i = 0; i < 256; i++)
		if (single[i] == HFT_NO_TOKEN)
			fail("byte %d is no token", i);
}

/* Point at empty tables of pairs. */
static void
start_pairs(HftVocab *vocab, Section *section, uint32_t npairs)
{
	int			log2 = table_log2(npairs);

	vocab->pairs = new_section(&section[HFT_SECTION_PAIRS],
							   sizeof(uint64_t) << log2);
	vocab->pair_shift = 64 - log2;
	vocab->byte_token = section[HFT_SECTION_BYTE_TOKEN].data;
	vocab->byte_pair = new_section(&section[HFT_SECTION_BYTE_PAIR],
								   65536 * sizeof(uint32_t));
	memset(section[HFT_SECTION_BYTE_PAIR].data, 0xFF,
		   section[HFT_SECTION_BYTE_PAIR].size);
}

static void
add_pair(const HftVocab *vocab, Section *section, uint32_t left,
		 uint32_t right, uint32_t rank)
{
	uint64_t   *pairs = section[HFT_SECTION_PAIRS].data;
	size_t		mask = SIZE_MAX >> vocab->pair_shift;
	size_t		i = hft_pair_hash(left, right) >> vocab->pair_shift;

	while (pairs[i] != 0)
		i = (i + 1) & mask;
	pairs[i] = ((uint64_t) left << HFT_SYMBOL_BITS |
				right) << HFT_TOKEN_BITS | rank;
}

/*
 * The pair that each token is merged from: what is left when its own bytes
 * are merged by the tokens before it, which are those already in the table.
 * Where that is not a pair, only looking up the whole piece gives the token;
 * returns the number of such tokens.
 */
static uint32_t
build_pairs(Section *section, HftVocabHeader *header, const Source *source)
{
	HftMergeSpace space = {0};
	HftVocab	vocab = {header};
	uint32_t	unreachable = 0;
	uint32_t	t;

	start_pairs(&vocab, section, source->tokens);
	for (t = 0; t < source->tokens; t++)
	{
		const uint8_t *bytes = source->bytes + source->offsets[t];
		uint32_t	len = source->offsets[t + 1] - source->offsets[t];
		uint32_t   *byte_pair = section[HFT_SECTION_BYTE_PAIR].data;
		int64_t		parts = hft_merge(&vocab, &space, bytes, len);

		if (parts == 2)
			add_pair(&vocab, section, space.symbol[0], space.symbol[1], t);
		else if (parts > 2)
			unreachable++;
		if (len == 2)
			byte_pair[bytes[0] << 8 | bytes[1]] = t;
	}
	return unreachable;
}

/* The byte a token consists of, -1 if it is not one. */
static int
single_byte(const Source *source, uint32_t t)
{
	if (source->offsets[t + 1] - source->offsets[t] != 1)
		return -1;
	return source->bytes[source->offsets[t]];
}

/* The pairs as they are listed; a rank is the place in that list. */
static void
list_pairs(Section *section, HftVocabHeader *header, const Source *source)
{
	HftVocab	vocab = {header};
	uint32_t   *merged = new_section(&section[HFT_SECTION_MERGED],
									 (source->nmerges + UINT64_C(1)) *
									 sizeof(uint32_t));
	uint32_t   *byte_pair;
	uint32_t	i;

	start_pairs(&vocab, section, source->nmerges);
	byte_pair = section[HFT_SECTION_BYTE_PAIR].data;
	/* rank 0 could make an entry of zeros, which is a free one */
	for (i = 0; i < source->nmerges; i++)
	{
		const uint32_t *merge = &source->merges[3 * i];
		int			left = single_byte(source, merge[0]);
		int			right = single_byte(source, merge[1]);

		add_pair(&vocab, section, merge[0], merge[1], i + 1);
		merged[i + 1] = merge[2];
		if (left >= 0 && right >= 0)
			byte_pair[left << 8 | right] = i + 1;
	}
}

/*
 * Mark the tokens that merging their own bytes by the listed pairs does not
 * give; returns their number.
 */
static uint32_t
find_unreachable(Section *section, HftVocabHeader *header,
				 const Source *source, bool *unreachable)
{
	HftMergeSpace space = {0};
	HftVocab	vocab = {header};
	uint32_t	n = 0;
	uint32_t	t;

	vocab.offsets = section[HFT_SECTION_OFFSETS].data;
	vocab.bytes = section[HFT_SECTION_BYTES].data;
	vocab.words = section[HFT_SECTION_WORDS].data;
	vocab.word_shift = 64 - table_log2(source->tokens);
	vocab.pairs = section[HFT_SECTION_PAIRS].data;
	vocab.pair_shift = 64 - table_log2(source->nmerges);
	vocab.byte_token = section[HFT_SECTION_BYTE_TOKEN].data;
	vocab.byte_pair = section[HFT_SECTION_BYTE_PAIR].data;
	vocab.merged = section[HFT_SECTION_MERGED].data;
	for (t = 0; t < source->tokens; t++)
	{
		uint32_t	start = source->offsets[t];

		unreachable[t] = hft_merge(&vocab, &space, source->bytes + start,
								   source->offsets[t + 1] - start) != 1 ||
			space.symbol[0] != t;
		n += unreachable[t];
	}
	return n;
}

/* Pairs by list or by rank, and the tokens that they do not give. */
static void
build_merging(Section *section, HftVocabHeader *header,
			  const Source *source)
{
	bool	   *unreachable = allocate(source->tokens);
	uint32_t	t;

	if (source->merges == NULL)
	{
		header->unreachable = build_pairs(section, header, source);
		return;
	}
	list_pairs(section, header, source);
	header->unreachable = find_unreachable(section, header, source,
										   unreachable);
	if (!source->characters)
		return;
	/* here a whole piece is nothing special, so they are not to be found */
	for (t = 0; t < source->tokens; t++)
		source->hidden[t] |= unreachable[t];
	build_words(section, source);
	header->unreachable = 0;
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

static uint32_t
build_cuts(Section *section, const Source *source)
{
	uint64_t   *cuts = new_section(&section[HFT_SECTION_CUTS],
								   (UINT64_C(1) << CUT_LOG2) / 8);
	uint32_t	kinds = 0;
	uint32_t	t;
	uint32_t	k;

	for (t = 0; t < source->tokens; t++)
	{
		const uint8_t *token = source->bytes + source->offsets[t];
		uint32_t	len = source->offsets[t + 1] - source->offsets[t];

		for (k = 1; k < len; k++)
			if (!is_continuation(token[k]))
				add_crossing(cuts, &kinds, token, len, k);
	}
	return kinds;
}

/*
 * A property of all characters in blocks of 64 code points, each different
 * block stored once; "width" is the size of a value.
 */
void
build_blocks(Section *index_section, Section *block_section,
			 const void *values, int width)
{
	uint32_t	nblocks = HFT_CODE_POINTS / HFT_CLASS_BLOCK;
	uint16_t   *index = new_section(index_section,
									nblocks * sizeof(uint16_t));
	size_t		size = (size_t) HFT_CLASS_BLOCK * width;
	char	   *block = allocate(nblocks * size);
	uint32_t	used = 0;
	uint32_t	i;
	uint32_t	j;

	for (i = 0; i < nblocks; i++)
	{
		const char *source = (const char *) values + i * size;

		for (j = 0; j < used; j++)
			if (memcmp(block + j * size, source, size) == 0)
				break;
		if (j == used)
			memcpy(block + used++ * size, source, size);
		index[i] = j;
	}
	block_section->data = block;
	block_section->size = used * size;
}

/* Those matched in text first, in the order of their bytes. */
static int
compare_extras(const void *a, const void *b)
{
	const Extra *x = a;
	const Extra *y = b;
	size_t		len = x->len < y->len ? x->len : y->len;
	int			order = memcmp(x->text, y->text, len);

	if (x->special != y->special)
		return x->special - y->special;
	if (order != 0)
		return order;
	return (x->len > y->len) - (x->len < y->len);
}

static void
build_extras(Section *section, HftVocabHeader *header, const Source *source)
{
	uint32_t	used = source->nextras * sizeof(HftVocabExtra);
	uint32_t   *first = new_section(&section[HFT_SECTION_ADDED_FIRST],
									257 * sizeof(uint32_t));
	HftVocabExtra *extra;
	uint32_t	size = used;
	uint32_t	i;

	qsort(source->extras, source->nextras, sizeof(Extra), compare_extras);
	for (i = 0; i < source->nextras; i++)
		size += source->extras[i].len;
	extra = new_section(&section[HFT_SECTION_EXTRA], size);
	for (i = 0; i < source->nextras; i++, extra++)
	{
		const Extra *from = &source->extras[i];

		extra->id = from->id;
		extra->offset = used;
		extra->len = from->len;
		memcpy((char *) section[HFT_SECTION_EXTRA].data + used, from->text,
			   from->len);
		used += from->len;
		if (!from->special)
		{
			header->added++;
			first[(uint8_t) from->text[0] + 1]++;
		}
	}
	for (i = 0; i < 256; i++)
		first[i + 1] += first[i];
}

void
build_sections(Section *section, HftVocabHeader *header,
			   const Source *source, const uint8_t *classes)
{
	copy_tokens(section, source);
	build_words(section, source);
	build_bytes(section, source);
	build_merging(section, header, source);
	header->cut_kinds = build_cuts(section, source);
	build_blocks(&section[HFT_SECTION_CLASS_INDEX],
				 &section[HFT_SECTION_CLASS_BLOCK], classes, 1);
	build_extras(section, header, source);
	printf("%s: %u tokens, %u only as whole pieces\n", source->name,
		   source->tokens, header->unreachable);
}
