/*-------------------------------------------------------------------------
 *
 * kernel_avx512.c
 *	  The kernel for processors with AVX-512 and VBMI2.
 *
 *-------------------------------------------------------------------------
 */
#if defined(__x86_64__)
#include <immintrin.h>

#include "tokenizer/internal.h"
#include "tokenizer/simd_target.h"
#include "tokenizer/split.h"

HFT_TARGET_BEGIN("avx512f,avx512bw,avx512vl,avx512dq,avx512vbmi,"
				 "avx512vbmi2,bmi,bmi2,popcnt")

#include "tokenizer/kernel_split.inc"

/* Bytes from "first" to "last". */
static inline uint64_t
in_range(__m512i v, uint8_t first, uint8_t last)
{
	return _mm512_cmple_epu8_mask(_mm512_sub_epi8(v, _mm512_set1_epi8(first)),
								  _mm512_set1_epi8(last - first));
}

static inline uint64_t
equal_to(__m512i v, uint8_t c)
{
	return _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8(c));
}

static inline void
read_block(const uint8_t *p, size_t room, Block *block)
{
	__m512i		v;

	block->valid = room >= 64 ? UINT64_MAX : (UINT64_C(1) << room) - 1;
	v = _mm512_maskz_loadu_epi8(block->valid, p);
	block->high = _mm512_movepi8_mask(v);
	block->letter = in_range(_mm512_or_si512(v, _mm512_set1_epi8(0x20)),
							 'a', 'z');
	block->upper = in_range(v, 'A', 'Z');
	block->digit = in_range(v, '0', '9');
	block->space = equal_to(v, ' ');
	block->newline = equal_to(v, '\n') | equal_to(v, '\r');
	block->tab = in_range(v, '\t', '\r') & ~block->newline;
	block->quote = equal_to(v, '\'');
	block->slash = equal_to(v, '/');
	block->mark = block->caseless = block->behind_first = block->hard = 0;
}

/* A block and what follows its bytes, and its characters by their length. */
typedef struct Chars
{
	__m512i		byte[4];		/* [k]: the byte k behind */
	uint64_t	two;			/* first bytes of whole characters */
	uint64_t	three;
	uint64_t	four;
	uint64_t	behind_first;
	uint64_t	bad;			/* no part of a whole character */
} Chars;

/*
 * Second bytes that E0, ED, F0 and F4 do not go with: they would make codes
 * that have a shorter form, are surrogates, or are too large.
 */
static inline uint64_t
wrong_seconds(const Chars *chars)
{
	uint64_t	below_90 = ~in_range(chars->byte[1], 0x90, 0xFF);
	uint64_t	below_a0 = ~in_range(chars->byte[1], 0xA0, 0xFF);

	return (equal_to(chars->byte[0], 0xE0) & below_a0) |
		(equal_to(chars->byte[0], 0xED) & ~below_a0) |
		(equal_to(chars->byte[0], 0xF0) & below_90) |
		(equal_to(chars->byte[0], 0xF4) & ~below_90);
}

static inline Chars
find_chars(const uint8_t *p, const Block *block)
{
	Chars		chars;
	uint64_t	behind;
	uint64_t	rest;
	uint64_t	wrong;
	int			i;

	for (i = 0; i < 4; i++)
		chars.byte[i] = _mm512_maskz_loadu_epi8(block->valid >> i, p + i);
	behind = in_range(chars.byte[0], 0x80, 0xBF);
	chars.two = in_range(chars.byte[0], 0xC2, 0xDF) & behind >> 1;
	chars.three = in_range(chars.byte[0], 0xE0, 0xEF) & behind >> 1 &
		behind >> 2;
	chars.four = in_range(chars.byte[0], 0xF0, 0xF4) & behind >> 1 &
		behind >> 2 & behind >> 3;
	wrong = wrong_seconds(&chars);
	chars.three &= ~wrong;
	chars.four &= ~wrong;
	rest = (chars.two | chars.three | chars.four) << 1 |
		(chars.three | chars.four) << 2 | chars.four << 3;
	chars.behind_first = rest;
	chars.bad = block->high & ~(rest | chars.two | chars.three | chars.four);
	return chars;
}

/*
 * Classes of the characters that share all but their last byte with the one
 * at p, by their place among "classes": one block of the table holds them.
 */
static inline uint64_t
look_up_kin(const HftVocab *vocab, const Chars *chars, const uint8_t *p,
			__m512i *classes)
{
	uint64_t	kin = equal_to(chars->byte[0], p[0]);
	uint32_t	code;
	__m512i		last;

	if (p[0] < 0xE0)
	{
		code = p[0] & 0x1F;
		kin &= chars->two;
		last = chars->byte[1];
	}
	else if (p[0] < 0xF0)
	{
		code = (uint32_t) (p[0] & 0x0F) << 6 | (p[1] & 0x3F);
		kin &= chars->three & equal_to(chars->byte[1], p[1]);
		last = chars->byte[2];
	}
	else
	{
		code = (uint32_t) (p[0] & 0x07) << 12 |
			(uint32_t) (p[1] & 0x3F) << 6 | (p[2] & 0x3F);
		kin &= chars->four & equal_to(chars->byte[1], p[1]) &
			equal_to(chars->byte[2], p[2]);
		last = chars->byte[3];
	}
	*classes = _mm512_mask_permutexvar_epi8(*classes, kin, last,
		_mm512_loadu_si512(vocab->class_block + HFT_CLASS_BLOCK *
						   (size_t) vocab->class_index[code]));
	return kin;
}

/* From the first bytes of characters to all their bytes. */
static inline uint64_t
whole_chars(uint64_t first, uint64_t behind_first)
{
	first |= first << 1 & behind_first;
	first |= first << 1 & behind_first;
	return first | (first << 1 & behind_first);
}

static inline uint64_t
with_class(__m512i classes, uint8_t bits)
{
	return _mm512_test_epi8_mask(classes, _mm512_set1_epi8(bits));
}

static inline void
read_high(const HftVocab *vocab, const uint8_t *p, size_t room, Block *block)
{
	Chars		chars = find_chars(p, block);
	__m512i		classes = _mm512_setzero_si512();
	uint64_t	behind = chars.behind_first;
	uint64_t	ideographs = chars.three & in_range(chars.byte[0], 0xE5, 0xE9);
	uint64_t	left = chars.two | chars.three | chars.four;

	/* U+5000 to U+9FFF would be many blocks, all of them alike */
	classes = _mm512_mask_set1_epi8(classes, ideographs, HFT_CHAR_CASELESS);
	left &= ~ideographs;
	while (left != 0)
		left &= ~look_up_kin(vocab, &chars, p + __builtin_ctzll(left),
							 &classes);
	block->behind_first = behind;
	block->letter |= whole_chars(with_class(classes, HFT_CHAR_LETTER),
								 behind);
	block->upper |= whole_chars(with_class(classes, HFT_CHAR_UPPER), behind);
	block->caseless = whole_chars(with_class(classes, HFT_CHAR_CASELESS),
								  behind);
	block->mark = whole_chars(with_class(classes, HFT_CHAR_MARK), behind);
	block->hard = chars.bad | with_class(classes, HFT_CHAR_SPACE |
										 HFT_CHAR_NUMBER) |
		(equal_to(chars.byte[0], 0xC5) & equal_to(chars.byte[1], 0xBF));
}

/* Stores up to 64 positions; those behind the last one are rubbish. */
static inline void
put_starts(uint64_t starts, uint32_t base, uint32_t *to)
{
	static const uint8_t positions[64] __attribute__((aligned(64))) = {
		0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
		16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
		32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47,
		48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63
	};
	__m512i		from = _mm512_set1_epi32(base);
	__m512i		packed = _mm512_load_si512(positions);
	int			n = __builtin_popcountll(starts);

	packed = _mm512_maskz_compress_epi8(starts, packed);
#define PUT(part) \
	_mm512_storeu_si512(to + 16 * (part), _mm512_add_epi32(from, \
		_mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(packed, part))))
	PUT(0);
	if (n > 16)
	{
		PUT(1);
		if (n > 32)
		{
			PUT(2);
			PUT(3);
		}
	}
#undef PUT
}

/* The keys of a batch, and the distances of their lines from the first. */
typedef struct Keys
{
	HftCacheEntry key[HFT_BATCH_PIECES + 3];
	uint32_t	line[HFT_BATCH_PIECES + 3];
} Keys;

/* 16 bytes from where a piece starts; behind "inside" bytes, only its own. */
static inline __m128i
load_piece(const HftBatch *batch, int i, uint32_t inside)
{
	const uint8_t *piece = batch->base + batch->start[i];
	uint32_t	len;

	if (batch->start[i] < inside)
		return _mm_loadu_si128((const __m128i *) piece);
	len = batch->end[i] - batch->start[i];
	return _mm_maskz_loadu_epi8(_bzhi_u32(0xFFFF, len), piece);
}

/* make_key() of the pieces i to i + 3, but all zeros for those too long. */
static inline __m512i
make_keys(const HftBatch *batch, int i, uint32_t inside)
{
	const __m512i place = _mm512_broadcast_i32x4(
		_mm_set_epi8(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0));
	const __m512i repeat = _mm512_set_epi64(
		0x0C0C0C0C0C0C0C0C, 0x0C0C0C0C0C0C0C0C, 0x0808080808080808,
		0x0808080808080808, 0x0404040404040404, 0x0404040404040404, 0, 0);
	__m128i		len = _mm_sub_epi32(
		_mm_loadu_si128((const __m128i *) &batch->end[i]),
		_mm_loadu_si128((const __m128i *) &batch->start[i]));
	__mmask8	fits = _mm_cmple_epu32_mask(
		len, _mm_set1_epi32(HFT_CACHED_BYTES));
	__m512i		lens;
	__m512i		keys;

	len = _mm_maskz_mov_epi32(fits, len);
	lens = _mm512_shuffle_epi8(_mm512_broadcast_i32x4(len), repeat);
	keys = _mm512_castsi128_si512(load_piece(batch, i, inside));
	keys = _mm512_inserti32x4(keys, load_piece(batch, i + 1, inside), 1);
	keys = _mm512_inserti32x4(keys, load_piece(batch, i + 2, inside), 2);
	keys = _mm512_inserti32x4(keys, load_piece(batch, i + 3, inside), 3);
	keys = _mm512_maskz_mov_epi8(_mm512_cmplt_epu8_mask(place, lens), keys);
	return _mm512_mask_mov_epi8(keys, UINT64_C(0x8000800080008000), lens);
}

/* The lines that hash_key() names for four keys. */
static inline __m128i
find_lines(__m512i keys, uint32_t mask)
{
	const __m512i factors = _mm512_broadcast_i32x4(
		_mm_set_epi64x(HFT_HASH_HIGH, HFT_HASH_LOW));
	const __m512i upper = _mm512_castsi128_si512(_mm_set_epi32(13, 9, 5, 1));
	__m512i		part = _mm512_mullo_epi64(keys, factors);
	__m512i		hash = _mm512_add_epi64(part, _mm512_shuffle_epi32(
										part, _MM_PERM_BADC));

	return _mm_and_si128(_mm512_castsi512_si128(
							 _mm512_permutexvar_epi32(upper, hash)),
						 _mm_set1_epi32(mask));
}

static inline void
fetch_lines(const HftCache *cache, HftBatch *batch, Keys *keys)
{
	ptrdiff_t	room = batch->limit - batch->base - sizeof(HftCacheEntry);
	uint32_t	inside = room < 0 ? 0 : room + 1;
	int			i;
	int			k;

	/* the last group may be filled up with empty pieces */
	for (i = batch->n; i < batch->n + 4; i++)
		batch->start[i] = batch->end[i] = batch->end[batch->n - 1];
	for (i = 0; i < batch->n; i += 4)
	{
		__m512i		four = batch->end[i + 3] < inside ?
			make_keys(batch, i, UINT32_MAX) : make_keys(batch, i, inside);

		_mm512_storeu_si512(&keys->key[i], four);
		_mm_storeu_si128((__m128i *) &keys->line[i],
						 find_lines(four, cache->mask));
		for (k = 0; k < 4; k++)
			__builtin_prefetch(&cache->line[keys->line[i + k]]);
	}
}

static int64_t
probe_batch(const HftCache *cache, HftBatch *batch)
{
	const __m512i counts = _mm512_broadcast_i32x4(
		_mm_set_epi64x(HFT_KEY_MASK, -1));
	Keys		keys;
	int64_t		tokens = 0;
	int			missing = 0;
	int			i;

	fetch_lines(cache, batch, &keys);
	for (i = 0; i < batch->n; i++)
	{
		const HftCacheLine *line = &cache->line[keys.line[i]];
		__m512i		key = _mm512_broadcast_i32x4(
			_mm_loadu_si128((const __m128i *) &keys.key[i]));
		__m512i		differ = _mm512_xor_si512(_mm512_load_si512(line), key);
		uint32_t	same = _mm512_testn_epi64_mask(differ, counts);
		uint32_t	entry = same & (same >> 1) & 0x55;
		uint32_t	count = 0;

		if (__builtin_expect(entry != 0, 1))
			count = line->entry[__builtin_ctz(entry) / 2].high >>
				HFT_COUNT_SHIFT;
		tokens += count;
		if (__builtin_expect(count == 0, 0))
			batch->missing[missing++] = i;
	}
	batch->nmissing = missing;
	return tokens;
}

HFT_TARGET_END

static bool
have_avx512(void)
{
	return __builtin_cpu_supports("avx512f") &&
		__builtin_cpu_supports("avx512bw") &&
		__builtin_cpu_supports("avx512vl") &&
		__builtin_cpu_supports("avx512dq") &&
		__builtin_cpu_supports("avx512vbmi") &&
		__builtin_cpu_supports("avx512vbmi2") &&
		__builtin_cpu_supports("bmi2");
}

const HftKernel hft_kernel_avx512 = {
	"avx512", have_avx512,
	{split_cl100k, split_o200k, split_qwen, split_tekken, hft_split_batch,
	hft_split_batch},
	probe_batch
};
#endif
