/*-------------------------------------------------------------------------
 *
 * sparkline.h
 *	  A curve in one line of text.
 *
 * Pure C.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_SPARKLINE_H
#define HFT_SPARKLINE_H

#include <stddef.h>

#include "base/buffer.h"

/* The eight heights, lowest first, and what stands for "no value". */
typedef struct HftSparkStyle
{
	const char *levels[8];
	const char *gap;
} HftSparkStyle;

extern const HftSparkStyle hft_spark_blocks;	/* Unicode, in UTF-8 */
extern const HftSparkStyle hft_spark_ascii; /* for any other encoding */

/*
 * Append one character per value; NaN leaves a gap, infinities stand at the
 * top or the bottom.  With more values than "width" each character shows
 * the mean of its share of them.  0: no limit.
 */
extern void hft_sparkline(HftBuffer *line, const HftSparkStyle *style,
						  const double *values, size_t n, size_t width);

#endif							/* HFT_SPARKLINE_H */
