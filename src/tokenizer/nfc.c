/*-------------------------------------------------------------------------
 *
 * nfc.c
 *	  Normalization form C, for encodings that are defined on it.
 *
 * Nearly every text already has that form, and one look at its characters
 * tells.  Otherwise it is rewritten a segment at a time: from one character
 * that nothing composes across to the next, each segment is decomposed, its
 * marks are put in order, and it is composed again.  Bytes that are no
 * character are segments of their own and stay.
 *
 *-------------------------------------------------------------------------
 */
#include <stdlib.h>
#include <string.h>

#include "tokenizer/unicode.h"

#define HANGUL_S	0xAC00
#define HANGUL_L	0x1100
#define HANGUL_V	0x1161
#define HANGUL_T	0x11A7
#define HANGUL_NL	19
#define HANGUL_NV	21
#define HANGUL_NT	28
#define MAX_CHAR	4			/* bytes of UTF-8 */

static const HftNormChar *
norm_char(const HftVocab *vocab, uint32_t code)
{
	uint32_t	block = vocab->norm_index[code >> 6];

	return &vocab->norm_chars[vocab->norm_block[block * HFT_CLASS_BLOCK +
												(code & 63)]];
}

bool
hft_nfc_is(const HftVocab *vocab, const uint8_t *p, const uint8_t *end)
{
	uint8_t		last = 0;

	while (p < end)
	{
		const HftNormChar *norm;
		uint32_t	code;

		if (*p < 0x80)
		{
			p++;
			last = 0;
			continue;
		}
		p += decode_char(p, end, &code);
		if (code == HFT_BAD_CHAR)
		{
			last = 0;
			continue;
		}
		norm = norm_char(vocab, code);
		if (norm->suspect || (norm->order != 0 && norm->order < last))
			return false;
		last = norm->order;
	}
	return true;
}

/*
 * Append a character to the segment.  The arrays are doubled together, and
 * twice as large as the segment, because order_marks() sorts into their
 * upper halves.
 */
static bool
append_code(HftRewrite *rewrite, uint32_t code, uint8_t order)
{
	if (2 * (rewrite->n + 1) > rewrite->code_room)
	{
		size_t		room = rewrite->code_room ? 2 * rewrite->code_room : 128;
		uint32_t   *codes = realloc(rewrite->code, room * sizeof(uint32_t));
		uint8_t    *orders;

		if (codes == NULL)
			return false;
		rewrite->code = codes;
		orders = realloc(rewrite->order, room);
		if (orders == NULL)
			return false;
		rewrite->order = orders;
		rewrite->code_room = room;
	}
	rewrite->code[rewrite->n] = code;
	rewrite->order[rewrite->n++] = order;
	return true;
}

static bool
append_decomposed(const HftVocab *vocab, HftRewrite *rewrite, uint32_t code)
{
	const HftNormChar *norm = norm_char(vocab, code);
	int			i;

	if (norm->ndecomposed == 0)
		return append_code(rewrite, code, norm->order);
	for (i = 0; i < norm->ndecomposed; i++)
	{
		uint32_t	part = vocab->norm_text[norm->decomposed + i];

		if (!append_code(rewrite, part, norm_char(vocab, part)->order))
			return false;
	}
	return true;
}

/* Stable counting sort of one run of marks, so that no run is quadratic. */
static void
sort_marks(HftRewrite *rewrite, size_t start, size_t n)
{
	uint32_t   *code = rewrite->code + start;
	uint8_t    *order = rewrite->order + start;
	uint32_t   *sorted_code = rewrite->code + rewrite->code_room / 2;
	uint8_t    *sorted_order = rewrite->order + rewrite->code_room / 2;
	size_t		first[257] = {0};
	size_t		i;

	for (i = 0; i < n; i++)
		first[order[i] + 1]++;
	for (i = 1; i < 257; i++)
		first[i] += first[i - 1];
	for (i = 0; i < n; i++)
	{
		size_t		to = first[order[i]]++;

		sorted_code[to] = code[i];
		sorted_order[to] = order[i];
	}
	memcpy(code, sorted_code, n * sizeof(uint32_t));
	memcpy(order, sorted_order, n);
}

static void
order_marks(HftRewrite *rewrite)
{
	size_t		start;
	size_t		i;

	for (i = 0; i < rewrite->n; i++)
	{
		bool		sorted = true;

		if (rewrite->order[i] == 0)
			continue;
		for (start = i++; i < rewrite->n && rewrite->order[i] != 0; i++)
			sorted = sorted && rewrite->order[i - 1] <= rewrite->order[i];
		if (!sorted)
			sort_marks(rewrite, start, i - start);
	}
}

static int
compare_pairs(const void *a, const void *b)
{
	const HftNormPair *x = a;
	const HftNormPair *y = b;

	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	if (x->second != y->second)
		return x->second < y->second ? -1 : 1;
	return 0;
}

/* What two characters compose to, HFT_BAD_CHAR if they do not. */
static uint32_t
compose_pair(const HftVocab *vocab, uint32_t first, uint32_t second)
{
	HftNormPair key = {first, second, 0};
	const HftNormPair *found;

	if (first - HANGUL_L < HANGUL_NL && second - HANGUL_V < HANGUL_NV)
		return HANGUL_S + ((first - HANGUL_L) * HANGUL_NV +
						   (second - HANGUL_V)) * HANGUL_NT;
	if (first - HANGUL_S < HANGUL_NL * HANGUL_NV * HANGUL_NT &&
		(first - HANGUL_S) % HANGUL_NT == 0 &&
		second > HANGUL_T && second - HANGUL_T < HANGUL_NT)
		return first + (second - HANGUL_T);
	found = bsearch(&key, vocab->norm_pairs, vocab->norm_npairs,
					sizeof(key), compare_pairs);
	return found != NULL ? found->composed : HFT_BAD_CHAR;
}

/* Compose the segment in place: each mark that is not blocked, in order. */
static void
compose_segment(const HftVocab *vocab, HftRewrite *rewrite)
{
	size_t		starter = SIZE_MAX;
	size_t		n = 0;
	size_t		i;

	for (i = 0; i < rewrite->n; i++)
	{
		uint32_t	code = rewrite->code[i];
		uint8_t		order = rewrite->order[i];
		bool		blocked = starter == SIZE_MAX ||
			(n - 1 > starter && rewrite->order[n - 1] >= order);
		uint32_t	composed = blocked ? HFT_BAD_CHAR :
			compose_pair(vocab, rewrite->code[starter], code);

		if (composed != HFT_BAD_CHAR)
		{
			rewrite->code[starter] = composed;
			continue;
		}
		if (order == 0)
			starter = n;
		rewrite->code[n] = code;
		rewrite->order[n++] = order;
	}
	rewrite->n = n;
}

static void
put_char(HftRewrite *rewrite, uint32_t code)
{
	uint8_t    *to = rewrite->text + rewrite->len;

	if (code < 0x80)
	{
		to[0] = code;
		rewrite->len += 1;
	}
	else if (code < 0x800)
	{
		to[0] = 0xC0 | code >> 6;
		to[1] = 0x80 | (code & 0x3F);
		rewrite->len += 2;
	}
	else if (code < 0x10000)
	{
		to[0] = 0xE0 | code >> 12;
		to[1] = 0x80 | (code >> 6 & 0x3F);
		to[2] = 0x80 | (code & 0x3F);
		rewrite->len += 3;
	}
	else
	{
		to[0] = 0xF0 | code >> 18;
		to[1] = 0x80 | (code >> 12 & 0x3F);
		to[2] = 0x80 | (code >> 6 & 0x3F);
		to[3] = 0x80 | (code & 0x3F);
		rewrite->len += 4;
	}
}

static bool
finish_segment(const HftVocab *vocab, HftRewrite *rewrite)
{
	size_t		i;

	order_marks(rewrite);
	compose_segment(vocab, rewrite);
	if (!hft_rewrite_reserve(rewrite, rewrite->n * MAX_CHAR))
		return false;
	for (i = 0; i < rewrite->n; i++)
		put_char(rewrite, rewrite->code[i]);
	rewrite->n = 0;
	return true;
}

/* Append a stretch of text in form C; false when memory ran out. */
bool
hft_nfc_append(const HftVocab *vocab, HftRewrite *rewrite, const uint8_t *p,
			   const uint8_t *end)
{
	rewrite->n = 0;
	while (p < end)
	{
		uint32_t	code;
		int			len = decode_char(p, end, &code);

		if ((code == HFT_BAD_CHAR || norm_char(vocab, code)->boundary) &&
			!finish_segment(vocab, rewrite))
			return false;
		if (code == HFT_BAD_CHAR)
		{
			if (!hft_rewrite_reserve(rewrite, 1))
				return false;
			rewrite->text[rewrite->len++] = *p;
		}
		else if (!append_decomposed(vocab, rewrite, code))
			return false;
		p += len;
	}
	return finish_segment(vocab, rewrite);
}
