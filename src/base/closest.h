/*-------------------------------------------------------------------------
 *
 * closest.h
 *	  What somebody who mistyped a word may have meant.
 *
 * Pure C.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_CLOSEST_H
#define HFT_CLOSEST_H

/*
 * Closest of "choices" (NULL-terminated) to a mistyped word, by Levenshtein
 * distance without regard to case; NULL when nothing is near.  For HINTs.
 */
extern const char *hft_closest(const char *word, const char *const *choices);

#endif							/* HFT_CLOSEST_H */
