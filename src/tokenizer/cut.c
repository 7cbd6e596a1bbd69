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
#include "tokenizer/cut.h"
#include "tokenizer/unicode.h"

#define CODE_BITS	21
#define MEMO_ANSWER	(UINT64_C(1) << 63)	/* of an entry: they are crossed */

/* Bytes as a number, so that shifts take them apart. */
static inline uint32_t
pack_bytes(const uint8_t *p, int n)
{
	uint32_t	packed = 0;

	while (n-- > 0)
		packed = packed << 8 | *p++;
	return packed;
}

static inline uint64_t
hash_packed(uint32_t left, uint32_t right, int kind)
{
	uint64_t	h = (uint64_t) left << 32 | right;

	h = (h ^ (uint64_t) kind << 59) * UINT64_C(0x9E3779B97F4A7C15);
	h ^= h >> 29;
	return h * UINT64_C(0xBF58476D1CE4E5B9);
}

uint64_t
hft_cut_hash(const uint8_t *left, int nleft, const uint8_t *right,
			 int nright, int kind)
{
	return hash_packed(pack_bytes(left, nleft), pack_bytes(right, nright),
					   kind);
}

static inline bool
crossing_known(const HftVocab *vocab, uint64_t hash)
{
	uint64_t	bit = hash >> vocab->cut_shift;

	return vocab->cuts[bit >> 6] >> (bit & 63) & 1;
}

/*
 * Can a token hold the end of the left and the start of the right one?  All
 * kinds are looked up, for that is faster than to guess which is the first.
 */
static bool
look_crossed(const HftVocab *vocab, const uint8_t *at, int nleft, int nright)
{
	uint32_t	left = pack_bytes(at - nleft, nleft);
	uint32_t	right = pack_bytes(at, nright);
	uint32_t	kinds = vocab->header->cut_kinds;
	bool		crossed = false;

	for (; kinds != 0; kinds &= kinds - 1)
	{
		int			kind = __builtin_ctz(kinds);
		int			a = kind / 5;
		int			b = kind % 5;

		if (a >= nleft || b >= nright)
			continue;
		crossed |= crossing_known(vocab, hash_packed(
			a == 0 ? left : left & ((1u << 8 * a) - 1),
			b == 0 ? right : right >> 8 * (nright - b), kind));
	}
	return crossed;
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
		left + nleft == at && !look_crossed(vocab, at, nleft, nright);
}

void
hft_cut_start(HftCutter *cutter, const HftVocab *vocab, HftCutMemo *memo,
			  const uint8_t *piece, size_t len)
{
	cutter->vocab = vocab;
	cutter->memo = memo;
	cutter->end = piece + len;
	cutter->nleft = decode_char(piece, cutter->end, &cutter->left);
	cutter->at = piece + cutter->nleft;
}

/* Is the cutter before a pair of characters that a token may hold? */
static inline bool
is_crossed(const HftCutter *cutter, uint32_t right, int nright)
{
	uint64_t	pair = (uint64_t) cutter->left << CODE_BITS | right;
	uint64_t   *entry = &cutter->memo->entry[
		(pair * UINT64_C(0x9E3779B97F4A7C15)) >> (64 - HFT_CUT_MEMO_BITS)];

	if (cutter->left == HFT_BAD_CHAR || right == HFT_BAD_CHAR)
		return true;
	/* texts repeat their pairs, so the answers are remembered */
	if ((*entry & ~MEMO_ANSWER) != pair || *entry == 0)
	{
		*entry = pair;
		if (look_crossed(cutter->vocab, cutter->at, cutter->nleft, nright))
			*entry |= MEMO_ANSWER;
	}
	return (*entry & MEMO_ANSWER) != 0;
}

/* The next cut behind the start or the last one; the end of the piece. */
const uint8_t *
hft_cut_next(HftCutter *cutter)
{
	bool		crossed = true;

	while (crossed && cutter->at < cutter->end)
	{
		uint32_t	right;
		int			nright = decode_char(cutter->at, cutter->end, &right);
		const uint8_t *at = cutter->at;

		crossed = is_crossed(cutter, right, nright);
		cutter->left = right;
		cutter->nleft = nright;
		cutter->at = at + nright;
		if (!crossed)
			return at;
	}
	return cutter->end;
}
