/*-------------------------------------------------------------------------
 *
 * chart.h
 *	  The loss history of a job as a drawing.
 *
 * Pure C.  The drawing is one self-contained <svg>: no script, no font, no
 * address outside it, light or dark as the reader's system asks for.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_CHART_H
#define HFT_CHART_H

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

typedef struct HftPoint
{
	double		step;
	double		value;
} HftPoint;

/* Points in the order of their steps. */
typedef struct HftCurve
{
	HftPoint   *points;
	size_t		n;
} HftCurve;

typedef struct HftLossChart
{
	int64_t		id;				/* makes the ids of the drawing unique */
	const char *title;
	const char *subtitle;
	HftCurve	train;
	HftCurve	valid;			/* measured on a batch, along the way */
	HftCurve	full_valid;		/* measured on the whole split */
	HftCurve	checkpoints;	/* only their steps */
} HftLossChart;

extern void hft_loss_chart(HftBuffer *out, const HftLossChart *chart);

#endif							/* HFT_CHART_H */
