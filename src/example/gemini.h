/*-------------------------------------------------------------------------
 *
 * gemini.h
 *	  What of an example Gemini's conversations can hold.
 *
 * Pure C.  Private to the writer and the rules.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_GEMINI_H
#define HFT_GEMINI_H

#include "example/example.h"

/*
 * NULL when the example can be written, else a sentence.  "trained": it has
 * to end with what is learned, and nothing may ask not to be.
 */
extern const char *hft_gemini_problem(const HftExample *example,
									  bool trained);

#endif							/* HFT_GEMINI_H */
