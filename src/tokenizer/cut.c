/*-------------------------------------------------------------------------
 *
 * cut.c
 *	  Positions no token can cross.
 *
 * If no token of the vocabulary holds the two characters around a position
 * next to each other, then no merge crosses it and both sides can be merged
 * apart.  In Chinese, Japanese or Thai runs most positions are such, and a
 * run of a thousand characters falls into pieces that a cache can hold.
 *
 * Tokens are bytes, so one may begin or end inside a character.  The "kind"
 * of a crossing says how much of either character the token holds: left * 5
 * + right, each 0 for the whole character or the number of its bytes.  The
 * crossings of all tokens are in a Bloom filter of one hash; a false positive
 * loses a cut, never exactness.  Beside bytes that are no character there is
 * no cut at all.
 *
 *-------------------------------------------------------------------------
 */
#include "tokenizer/unicode.h"

#define MEMO_ANSWER	(UINT64_C(1) << 63)	/* of an entry: they are crossed */

static inline uint32_t
pack_bytes(const uint8_t *p, int n)
{
	uint32_t	packed = 0;

	while (n-- > 0)
		packed = packed << 8 | *p++;
	return packed;
}

uint64_t
hft_cut_hash(const uint8_t *left, int nleft, const uint8_t *right,
			 int nright, int kind)
{
	uint64_t	h;

	h = (uint64_t) pack_bytes(left, nleft) << 32 | pack_bytes(right, nright);
	h = (h ^ (uint64_t) kind << 59) * UINT64_C(0x9E3779B97F4A7C15);
	h ^= h >> 29;
	return h * UINT64_C(0xBF58476D1CE4E5B9);
}

static inline bool
crossing_known(const HftVocab *vocab, uint64_t hash)
{
	uint64_t	bit = hash >> vocab->cut_shift;

	return vocab->cuts[bit >> 6] >> (bit & 63) & 1;
}

/* Can a token hold the end of the left and the start of the right one? */
static bool
look_crossed(const HftVocab *vocab, const uint8_t *left, int nleft,
		   const uint8_t *right, int nright)
{
	uint32_t	kinds = vocab->header->cut_kinds;

	for (; kinds != 0; kinds &= kinds - 1)
	{
		int			kind = __builtin_ctz(kinds);
		int			a = kind / 5;
		int			b = kind % 5;

		if (a >= nleft || b >= nright)
			continue;
		if (a == 0)
			a = nleft;
		if (b == 0)
			b = nright;
		if (crossing_known(vocab, hft_cut_hash(left + nleft - a, a,
											   right, b, kind)))
			return true;
	}
	return false;
}

/* The same, remembered: texts repeat their pairs of characters. */
static inline bool
is_crossed(const HftVocab *vocab, HftCutMemo *memo, const uint8_t *left,
		   int nleft, const uint8_t *right, int nright)
{
	uint64_t	pair = (uint64_t) pack_bytes(left, nleft) << 32 |
		pack_bytes(right, nright);
	uint64_t   *entry = &memo->entry[(pair * UINT64_C(0x9E3779B97F4A7C15))
									 >> (64 - HFT_CUT_MEMO_BITS)];

	/* the top bit is free: it is that of the lead byte of four */
	if ((*entry | MEMO_ANSWER) != (pair | MEMO_ANSWER) || *entry == 0)
	{
		*entry = pair & ~MEMO_ANSWER;
		if (look_crossed(vocab, left, nleft, right, nright))
			*entry |= MEMO_ANSWER;
	}
	return (*entry & MEMO_ANSWER) != 0;
}

/* Can the text that starts at "start" be cut before the character at "at"? */
bool
hft_cut_before(const HftVocab *vocab, const uint8_t *start,
			   const uint8_t *at, const uint8_t *end)
{
	const uint8_t *left = at - 1;
	uint32_t	left_code;
	uint32_t	right_code;
	int			nleft;
	int			nright = decode_char(at, end, &right_code);

	while (left > start && at - left < 4 && is_continuation(*left))
		left--;
	nleft = decode_char(left, at, &left_code);
	return left_code != HFT_BAD_CHAR && right_code != HFT_BAD_CHAR &&
		left + nleft == at && !look_crossed(vocab, left, nleft, at, nright);
}

/* Length of the shortest start of a piece that can be merged by itself. */
size_t
hft_cut_next(const HftVocab *vocab, HftCutMemo *memo, const uint8_t *piece,
			 size_t len)
{
	const uint8_t *end = piece + len;
	const uint8_t *left = piece;
	const uint8_t *right;
	uint32_t	left_code;
	uint32_t	right_code;
	int			nleft;
	int			nright;

	if (len == 0)
		return 0;
	nleft = decode_char(left, end, &left_code);
	for (right = left + nleft; right < end; right += nright)
	{
		nright = decode_char(right, end, &right_code);
		if (left_code != HFT_BAD_CHAR && right_code != HFT_BAD_CHAR &&
			!is_crossed(vocab, memo, left, nleft, right, nright))
			break;
		left = right;
		left_code = right_code;
		nleft = nright;
	}
	return right - piece;
}
