/*-------------------------------------------------------------------------
 *
 * axis.c
 *	  Round numbers along an axis, and where they lie.
 *
 * Steps are 1, 2 or 5 times a power of ten (Heckbert, "Nice numbers for
 * graph labels", 1990): the ones that people count in.
 *
 *-------------------------------------------------------------------------
 */
#include "report/axis.h"

#include <math.h>
#include <stdio.h>

/* The round step nearest to "rough", which is above zero. */
static double
round_step(double rough)
{
	double		power = pow(10, floor(log10(rough)));
	double		fraction = rough / power;

	if (fraction < 1.5)
		return power;
	if (fraction < 3.5)
		return 2 * power;
	if (fraction < 7.5)
		return 5 * power;
	return 10 * power;
}

static void
add_tick(HftAxis *axis, double value)
{
	if (axis->nticks < HFT_AXIS_MAX_TICKS)
		axis->ticks[axis->nticks++] = value;
}

void
hft_axis_linear(HftAxis *axis, double low, double high, int target,
				bool integral)
{
	double		step;
	double		first;

	if (!(high > low))
	{
		/* a single value: give it room to both sides */
		double		room = integral ? 1 : fmax(fabs(low) * 0.1, 1e-6);

		low -= integral ? 0 : room;
		high += room;
	}
	step = round_step((high - low) / target);
	if (integral && step < 1)
		step = 1;
	axis->low = low;
	axis->high = high;
	axis->logarithmic = false;
	axis->nticks = 0;
	axis->decimals = (int) fmax(0, -floor(log10(step) + 1e-9));
	first = ceil(low / step - 1e-9);
	/* counted, not added up: sums of 0.1 would drift off the round values */
	for (int i = 0; i < HFT_AXIS_MAX_TICKS; i++)
	{
		double		tick = (first + i) * step;

		if (tick > high + step * 1e-9)
			break;
		add_tick(axis, tick);
	}
}

void
hft_axis_logarithmic(HftAxis *axis, double low, double high)
{
	static const double mantissas[] = {1, 2, 5};
	double		decades = log10(high) - log10(low);
	int			last = (int) ceil(log10(high));
	int			every = 1 + (int) (decades / HFT_AXIS_MAX_TICKS);

	axis->low = low;
	axis->high = high > low ? high : low * 10;
	axis->logarithmic = true;
	axis->nticks = 0;
	axis->decimals = 0;
	for (int decade = (int) floor(log10(low)); decade <= last;
		 decade += every)
	{
		/* over many decades only their powers are readable */
		for (int i = 0; i < (decades > 3 ? 1 : 3); i++)
		{
			double		tick = mantissas[i] * pow(10, decade);

			if (tick >= axis->low * (1 - 1e-9)
				&& tick <= axis->high * (1 + 1e-9))
				add_tick(axis, tick);
		}
	}
}

double
hft_axis_place(const HftAxis *axis, double value)
{
	double		part;

	if (axis->logarithmic)
		/* differences of logarithms: a ratio may be too large for a float */
		part = (log(value) - log(axis->low))
			/ (log(axis->high) - log(axis->low));
	else
		part = (value - axis->low) / (axis->high - axis->low);
	return axis->start + part * (axis->end - axis->start);
}

void
hft_axis_label(const HftAxis *axis, double tick, char *label, size_t size)
{
	double		size_of = fabs(tick);

	if (size_of != 0 && (size_of >= 1e7 || size_of < 1e-5))
		snprintf(label, size, "%.3g", tick);
	else if (axis->logarithmic)
		snprintf(label, size, "%.7g", tick);
	else
		snprintf(label, size, "%.*f", axis->decimals, tick);
}
