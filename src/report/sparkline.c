/*-------------------------------------------------------------------------
 *
 * sparkline.c
 *	  A curve in one line of text.
 *
 *-------------------------------------------------------------------------
 */
#include "report/sparkline.h"

#include <math.h>

const HftSparkStyle hft_spark_blocks = {
	{"\u2581", "\u2582", "\u2583", "\u2584",
	"\u2585", "\u2586", "\u2587", "\u2588"},
	" "
};
const HftSparkStyle hft_spark_ascii = {
	{"_", ".", ",", "-", "~", "=", "^", "#"},
	" "
};

/*
 * Mean of the values that are numbers; an infinity among them wins, and NaN
 * says that there is none.
 */
static double
mean_of(const double *values, size_t n)
{
	double		mean = NAN;
	size_t		seen = 0;

	for (size_t i = 0; i < n; i++)
	{
		if (isnan(values[i]))
			continue;
		seen++;
		/* a running mean does not overflow where a sum would */
		if (seen == 1 || isinf(values[i]))
			mean = values[i];
		else if (!isinf(mean))
			mean += values[i] / (double) seen - mean / (double) seen;
	}
	return mean;
}

/* Value of character "i" of "width". */
static double
share_of(const double *values, size_t n, size_t width, size_t i)
{
	size_t		from = (size_t) ((double) n * (double) i / (double) width);
	size_t		to = (size_t) ((double) n * (double) (i + 1)
							   / (double) width);

	if (i + 1 == width || to > n)
		to = n;
	return mean_of(values + from, to - from);
}

static int
level_of(double value, double low, double high)
{
	if (value >= high && high > low)
		return 7;
	if (isinf(value))
		return value > 0 ? 7 : 0;
	if (!(high > low))
		return 3;				/* a flat curve runs through the middle */
	/* halves, because high - low may not be a number */
	return (int) ((value / 2 - low / 2) / (high / 2 - low / 2) * 7 + 0.5);
}

void
hft_sparkline(HftBuffer *line, const HftSparkStyle *style,
			  const double *values, size_t n, size_t width)
{
	double		low = INFINITY;
	double		high = -INFINITY;

	if (width == 0 || width > n)
		width = n;
	for (size_t i = 0; i < width; i++)
	{
		double		value = share_of(values, n, width, i);

		if (isfinite(value))
		{
			low = fmin(low, value);
			high = fmax(high, value);
		}
	}
	for (size_t i = 0; i < width; i++)
	{
		double		value = share_of(values, n, width, i);

		hft_buffer_puts(line, isnan(value) ? style->gap
						: style->levels[level_of(value, low, high)]);
	}
}
