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

HFT_TARGET_BEGIN("avx512f,avx512bw,avx512vl,avx512dq,avx512vbmi2,"
				 "bmi,bmi2,popcnt")

#include "tokenizer/kernel_split.inc"

/* Bytes from "first" to "last". */
static inline uint64_t
in_range(__m512i v, char first, char last)
{
	return _mm512_cmple_epu8_mask(_mm512_sub_epi8(v, _mm512_set1_epi8(first)),
								  _mm512_set1_epi8(last - first));
}

static inline uint64_t
equal_to(__m512i v, char c)
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

static inline void
read_high(const HftVocab *vocab, const uint8_t *p, size_t room, Block *block)
{
	read_high_chars(vocab, p, room, block);
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

static inline int
probe_line(const HftCacheLine *line, HftCacheEntry key)
{
	const __m512i counts = _mm512_broadcast_i32x4(
		_mm_set_epi64x(HFT_KEY_MASK, -1));
	__m512i		keys = _mm512_broadcast_i32x4(_mm_set_epi64x(key.high,
															 key.low));
	__m512i		differ = _mm512_xor_si512(_mm512_load_si512(line), keys);
	uint32_t	same = _mm512_testn_epi64_mask(differ, counts);
	uint32_t	entry = same & (same >> 1) & 0x55;

	if (entry == 0)
		return 0;
	return ((const uint8_t *) line)[__builtin_ctz(entry) * 8 + 15] >> 4;
}

#include "tokenizer/kernel_probe.inc"

HFT_TARGET_END

static bool
have_avx512(void)
{
	return __builtin_cpu_supports("avx512f") &&
		__builtin_cpu_supports("avx512bw") &&
		__builtin_cpu_supports("avx512vl") &&
		__builtin_cpu_supports("avx512dq") &&
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
