/*-------------------------------------------------------------------------
 *
 * kernel_avx2.c
 *	  The kernel for processors with AVX2 and BMI2.
 *
 *-------------------------------------------------------------------------
 */
#if defined(__x86_64__)
#include <immintrin.h>

#include "tokenizer/internal.h"
#include "tokenizer/simd_target.h"
#include "tokenizer/split.h"

HFT_TARGET_BEGIN("avx2,bmi,bmi2,popcnt")

#include "tokenizer/kernel_split.inc"

typedef struct Halves
{
	__m256i		low;
	__m256i		high;
} Halves;

static inline uint64_t
join_masks(__m256i low, __m256i high)
{
	return (uint32_t) _mm256_movemask_epi8(low) |
		(uint64_t) (uint32_t) _mm256_movemask_epi8(high) << 32;
}

/* Bytes from "first" to "last": none of them is above the difference. */
static inline uint64_t
in_range(Halves v, char first, char last)
{
	__m256i		from = _mm256_set1_epi8(first);
	__m256i		width = _mm256_set1_epi8(last - first);
	__m256i		low = _mm256_sub_epi8(v.low, from);
	__m256i		high = _mm256_sub_epi8(v.high, from);

	return join_masks(_mm256_cmpeq_epi8(_mm256_min_epu8(low, width), low),
					  _mm256_cmpeq_epi8(_mm256_min_epu8(high, width), high));
}

static inline uint64_t
equal_to(Halves v, char c)
{
	__m256i		all = _mm256_set1_epi8(c);

	return join_masks(_mm256_cmpeq_epi8(v.low, all),
					  _mm256_cmpeq_epi8(v.high, all));
}

static inline void
read_block(const uint8_t *p, size_t room, Block *block)
{
	uint8_t		tail[64];
	Halves		v;
	Halves		folded;

	block->valid = UINT64_MAX;
	if (room < 64)
	{
		block->valid = (UINT64_C(1) << room) - 1;
		memset(tail, 0, sizeof(tail));
		memcpy(tail, p, room);
		p = tail;
	}
	v.low = _mm256_loadu_si256((const __m256i *) p);
	v.high = _mm256_loadu_si256((const __m256i *) (p + 32));
	folded.low = _mm256_or_si256(v.low, _mm256_set1_epi8(0x20));
	folded.high = _mm256_or_si256(v.high, _mm256_set1_epi8(0x20));
	block->high = join_masks(v.low, v.high);
	block->letter = in_range(folded, 'a', 'z');
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

static inline void
put_starts(uint64_t starts, uint32_t base, uint32_t *to)
{
	for (; starts != 0; starts &= starts - 1)
		*to++ = base + __builtin_ctzll(starts);
}

static inline int
probe_line(const HftCacheLine *line, HftCacheEntry key)
{
	const __m256i counts = _mm256_set_epi64x(HFT_KEY_MASK, -1,
											 HFT_KEY_MASK, -1);
	__m256i		keys = _mm256_set_epi64x(key.high, key.low, key.high,
										 key.low);
	const __m256i *half = (const __m256i *) line;
	__m256i		low = _mm256_and_si256(_mm256_load_si256(half), counts);
	__m256i		high = _mm256_and_si256(_mm256_load_si256(half + 1), counts);
	uint32_t	same =
		_mm256_movemask_pd(_mm256_castsi256_pd(_mm256_cmpeq_epi64(low,
																  keys))) |
		_mm256_movemask_pd(_mm256_castsi256_pd(_mm256_cmpeq_epi64(high,
																  keys))) << 4;
	uint32_t	entry = same & (same >> 1) & 0x55;

	if (entry == 0)
		return 0;
	return ((const uint8_t *) line)[__builtin_ctz(entry) * 8 + 15] >> 4;
}

#include "tokenizer/kernel_probe.inc"

HFT_TARGET_END

static bool
have_avx2(void)
{
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2");
}

const HftKernel hft_kernel_avx2 = {
	"avx2", have_avx2,
	{split_cl100k, split_o200k, split_qwen, split_tekken, hft_split_batch,
	hft_split_batch},
	probe_batch
};
#endif
