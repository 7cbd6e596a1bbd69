/*-------------------------------------------------------------------------
 *
 * simd_target.h
 *	  Compile the functions between these two for an instruction set that the
 *	  rest of the program does not assume.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_TOKENIZER_SIMD_TARGET_H
#define HFT_TOKENIZER_SIMD_TARGET_H

#define HFT_PRAGMA(text) _Pragma(#text)

#ifdef __clang__
#define HFT_TARGET_BEGIN(features) \
	HFT_PRAGMA(clang attribute push(__attribute__((target(features))), \
									apply_to = function))
#define HFT_TARGET_END	HFT_PRAGMA(clang attribute pop)
#else
#define HFT_TARGET_BEGIN(features) \
	HFT_PRAGMA(GCC push_options) HFT_PRAGMA(GCC target(features))
#define HFT_TARGET_END	HFT_PRAGMA(GCC pop_options)
#endif

#endif							/* HFT_TOKENIZER_SIMD_TARGET_H */
