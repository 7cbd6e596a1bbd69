/*-------------------------------------------------------------------------
 *
 * repeats.h
 *	  Which examples of a version are equal.
 *
 * Examples are known by a fingerprint of 64 bits: a false alarm is possible
 * (one in ten million for a million examples) and harmless, for equality
 * only gives a warning.  Memory ends at maintenance_work_mem; examples that
 * come later are still compared with those before.
 *
 * Include postgres.h first.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_REPEATS_H
#define HFT_REPEATS_H

#include "example/draw.h"

typedef struct HftRepeats HftRepeats;

typedef struct HftPlace
{
	HftSplitKind split;
	int64		n;
} HftPlace;

extern HftRepeats *hft_repeats_begin(void);

/*
 * Remember an example; true, and the place of an equal one, when it is not
 * the first.  Of equal ones the first that is trained on is remembered, else
 * the first.
 */
extern bool hft_repeats_add(HftRepeats *repeats, const char *body,
							size_t length, HftPlace place, HftPlace *first);
extern bool hft_repeats_full(const HftRepeats *repeats);
extern void hft_repeats_end(HftRepeats *repeats);

#endif							/* HFT_REPEATS_H */
