/*-------------------------------------------------------------------------
 *
 * axis.h
 *	  Round numbers along an axis, and where they lie.
 *
 * Pure C.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_AXIS_H
#define HFT_AXIS_H

#include <stdbool.h>
#include <stddef.h>

#define HFT_AXIS_MAX_TICKS 24

typedef struct HftAxis
{
	double		low;			/* values at the two ends */
	double		high;
	double		start;			/* their places on the drawing */
	double		end;
	bool		logarithmic;
	double		ticks[HFT_AXIS_MAX_TICKS];
	int			nticks;
	int			decimals;		/* that tell the ticks apart */
} HftAxis;

/*
 * Fit an axis around the values low..high with about "target" ticks.
 * Integral axes get no ticks between whole numbers.
 */
extern void hft_axis_linear(HftAxis *axis, double low, double high,
							int target, bool integral);

/* The same by powers of ten with 1, 2 and 5; needs 0 < low <= high. */
extern void hft_axis_logarithmic(HftAxis *axis, double low, double high);

/* Where "value" lies between start and end. */
extern double hft_axis_place(const HftAxis *axis, double value);

/* Label of a tick. */
extern void hft_axis_label(const HftAxis *axis, double tick, char *label,
						   size_t size);

#endif							/* HFT_AXIS_H */
