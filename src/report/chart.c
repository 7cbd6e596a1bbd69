/*-------------------------------------------------------------------------
 *
 * chart.c
 *	  The loss history of a job as a drawing.
 *
 * A training loss jumps from batch to batch: the measured values are drawn
 * pale, their moving mean strong.  The lowest validation loss is named,
 * because it is what the reader looks for.  Values that are no numbers are
 * gaps.  A curve with more points than the drawing has columns is thinned,
 * so the size of the drawing is bounded whatever the provider sends.
 *
 * Every colour is a custom property of the <svg>, so that a page around it
 * can be restyled and the dark scheme is one rule.
 *
 *-------------------------------------------------------------------------
 */
#include "report/chart.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/axis.h"
#include "report/markup.h"

#define WIDTH 880
#define HEIGHT 440
#define LEFT 60
#define RIGHT 848
#define TOP 104
#define BOTTOM 392
#define COLUMNS 700				/* points a curve may have in the drawing */
#define SMOOTH_FROM 40			/* shorter curves are drawn as they are */
#define LOGARITHMIC_FROM 60		/* ratio of the largest to the smallest */
#define MAX_CHECKPOINTS 100

static const char style[] =
"<style>"
".hft-chart{--surface:#fff;--ink:#1c2024;--muted:#60646c;--grid:#e8e8ec;"
"--rule:#b9bbc6;--train:#3e63dd;--valid:#e2620e;--full:#0d8273;"
"font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans',"
"'DejaVu Sans',sans-serif;font-size:12px}"
"@media(prefers-color-scheme:dark){.hft-chart{--surface:#18191b;"
"--ink:#edeef0;--muted:#b0b4ba;--grid:#2a2c30;--rule:#696e77;"
"--train:#8da4ff;--valid:#ffa057;--full:#0bd8b6}}"
".hft-chart text{fill:var(--muted);font-variant-numeric:tabular-nums}"
".hft-chart .title{fill:var(--ink);font-size:17px;font-weight:600}"
".hft-chart .value{fill:var(--ink);font-weight:600}"
".hft-chart .note{fill:var(--ink);font-weight:600;paint-order:stroke;"
"stroke:var(--surface);stroke-width:5px;stroke-linejoin:round}"
".hft-chart .surface{fill:var(--surface)}"
".hft-chart .grid{stroke:var(--grid)}"
".hft-chart .base{stroke:var(--rule)}"
".hft-chart .save{stroke:var(--rule);stroke-dasharray:2 4}"
".hft-chart .mark{fill:var(--surface);stroke:var(--muted);stroke-width:1.5}"
".hft-chart .line{fill:none;stroke-width:2.25;stroke-linecap:round;"
"stroke-linejoin:round}"
".hft-chart .pale{stroke-width:1;opacity:.32}"
".hft-chart .train{stroke:var(--train)}"
".hft-chart .valid{stroke:var(--valid)}"
".hft-chart .full{stroke:var(--full)}"
".hft-chart .dot{fill:var(--surface);stroke-width:2.25}"
"</style>";

/* What is drawn of one curve, and how. */
typedef struct Series
{
	const HftCurve *curve;
	const char *css;
	const char *name;
	bool		dots;			/* mark each point */
} Series;

typedef struct Drawing
{
	HftBuffer  *out;
	const HftLossChart *chart;
	Series		series[3];
	HftAxis		x;
	HftAxis		y;
	size_t		npoints;		/* of all curves, with a finite value */
} Drawing;

/* ------------------------------------------------------------ the points */

/* A number that leaves room around it in every computation here. */
static bool
is_drawable(double value)
{
	return fabs(value) < 1e300;
}

static void
widen(const HftPoint *point, HftPoint *low, HftPoint *high)
{
	low->step = fmin(low->step, point->step);
	high->step = fmax(high->step, point->step);
	low->value = fmin(low->value, point->value);
	high->value = fmax(high->value, point->value);
}

/* Fit both axes around everything that is a number. */
static void
fit_axes(Drawing *drawing)
{
	HftPoint	low = {INFINITY, INFINITY};
	HftPoint	high = {-INFINITY, -INFINITY};
	double		room;

	drawing->npoints = 0;
	for (int i = 0; i < 3; i++)
	{
		const HftCurve *curve = drawing->series[i].curve;

		for (size_t j = 0; j < curve->n; j++)
		{
			if (!is_drawable(curve->points[j].value))
				continue;
			drawing->npoints++;
			widen(&curve->points[j], &low, &high);
		}
	}
	if (drawing->npoints == 0)
		return;
	hft_axis_linear(&drawing->x, low.step, high.step, 8, true);
	if (low.value > 0 && high.value / low.value >= LOGARITHMIC_FROM)
		hft_axis_logarithmic(&drawing->y, low.value / 1.1, high.value * 1.1);
	else
	{
		room = (high.value - low.value) * 0.04;
		low.value = low.value >= 0 ? fmax(0, low.value - room)
			: low.value - room;
		hft_axis_linear(&drawing->y, low.value, high.value + room, 5, false);
	}
	drawing->x.start = LEFT;
	drawing->x.end = RIGHT;
	drawing->y.start = BOTTOM;
	drawing->y.end = TOP;
}

/* Mean of the numbers among points [from, to); NaN when there is none. */
static HftPoint
mean_point(const HftCurve *curve, size_t from, size_t to)
{
	HftPoint	mean = {0, 0};
	size_t		seen = 0;

	for (size_t i = from; i < to; i++)
	{
		if (!is_drawable(curve->points[i].value))
			continue;
		seen++;
		mean.step += curve->points[i].step;
		mean.value += curve->points[i].value;
	}
	mean.step = seen ? mean.step / (double) seen : NAN;
	mean.value = seen ? mean.value / (double) seen : NAN;
	return mean;
}

/* The last point with a number, or NULL. */
static const HftPoint *
last_point(const HftCurve *curve)
{
	for (size_t i = curve->n; i > 0; i--)
	{
		if (is_drawable(curve->points[i - 1].value))
			return &curve->points[i - 1];
	}
	return NULL;
}

/* The lowest point of a curve, or NULL. */
static const HftPoint *
lowest_point(const HftCurve *curve)
{
	const HftPoint *lowest = NULL;

	for (size_t i = 0; i < curve->n; i++)
	{
		const HftPoint *point = &curve->points[i];

		if (is_drawable(point->value)
			&& (lowest == NULL || point->value < lowest->value))
			lowest = point;
	}
	return lowest;
}

/* ------------------------------------------------------------- the lines */

/* Continue a path, or begin a new part of it after a gap. */
static void
extend_path(Drawing *drawing, HftPoint point, bool *pen_down)
{
	if (!is_drawable(point.value))
	{
		*pen_down = false;
		return;
	}
	hft_buffer_printf(drawing->out, "%s%.1f %.1f", *pen_down ? "L" : "M",
					  hft_axis_place(&drawing->x, point.step),
					  hft_axis_place(&drawing->y, point.value));
	*pen_down = true;
}

/* The values as they were measured, thinned to the columns there are. */
static void
draw_measured(Drawing *drawing, const Series *series, bool pale)
{
	const HftCurve *curve = series->curve;
	size_t		n = curve->n < COLUMNS ? curve->n : COLUMNS;
	bool		pen_down = false;

	hft_buffer_printf(drawing->out, "<path class=\"line %s%s\" d=\"",
					  series->css, pale ? " pale" : "");
	for (size_t i = 0; i < n; i++)
		extend_path(drawing, mean_point(curve, curve->n * i / n,
										curve->n * (i + 1) / n), &pen_down);
	hft_buffer_puts(drawing->out, "\"/>");
}

/* Their moving mean, over a twentieth of the curve. */
static void
draw_smoothed(Drawing *drawing, const Series *series)
{
	const HftCurve *curve = series->curve;
	size_t		n = curve->n < COLUMNS / 2 ? curve->n : COLUMNS / 2;
	size_t		reach = curve->n / 40;
	bool		pen_down = false;

	hft_buffer_printf(drawing->out, "<path class=\"line %s\" d=\"",
					  series->css);
	for (size_t i = 0; i < n; i++)
	{
		size_t		at = n > 1 ? (curve->n - 1) * i / (n - 1) : 0;
		/* as far to one side as to the other, or the ends would bend */
		size_t		side = at < curve->n - 1 - at ? at : curve->n - 1 - at;
		HftPoint	mean;

		side = side < reach ? side : reach;
		mean = mean_point(curve, at - side, at + side + 1);
		mean.step = curve->points[at].step;
		extend_path(drawing, mean, &pen_down);
	}
	hft_buffer_puts(drawing->out, "\"/>");
}

static void
draw_dot(Drawing *drawing, const Series *series, const HftPoint *point,
		 double radius)
{
	hft_buffer_printf(drawing->out,
					  "<circle class=\"dot %s\" cx=\"%.1f\" cy=\"%.1f\""
					  " r=\"%.1f\"><title>%s %.4g at step %.0f</title>"
					  "</circle>", series->css,
					  hft_axis_place(&drawing->x, point->step),
					  hft_axis_place(&drawing->y, point->value),
					  radius, series->name, point->value, point->step);
}

static void
draw_series(Drawing *drawing, const Series *series)
{
	const HftCurve *curve = series->curve;
	bool		smooth = !series->dots && curve->n >= SMOOTH_FROM;

	if (last_point(curve) == NULL)
		return;
	draw_measured(drawing, series, smooth);
	if (smooth)
		draw_smoothed(drawing, series);
	if (!series->dots || curve->n > COLUMNS / 8)
		draw_dot(drawing, series, last_point(curve), 3);
	else
		for (size_t i = 0; i < curve->n; i++)
		{
			if (is_drawable(curve->points[i].value))
				draw_dot(drawing, series, &curve->points[i], 3.5);
		}
}

/* -------------------------------------------------------- what is around */

static void
draw_axes(Drawing *drawing)
{
	HftBuffer  *out = drawing->out;
	char		label[64];

	for (int i = 0; i < drawing->y.nticks; i++)
	{
		double		y = hft_axis_place(&drawing->y, drawing->y.ticks[i]);

		hft_axis_label(&drawing->y, drawing->y.ticks[i], label,
					   sizeof(label));
		hft_buffer_printf(out, "<line class=\"grid\" x1=\"%d\" x2=\"%d\""
						  " y1=\"%.1f\" y2=\"%.1f\"/>"
						  "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">"
						  "%s</text>", LEFT, RIGHT, y, y, LEFT - 10, y + 4,
						  label);
	}
	for (int i = 0; i < drawing->x.nticks; i++)
	{
		hft_axis_label(&drawing->x, drawing->x.ticks[i], label,
					   sizeof(label));
		hft_buffer_printf(out, "<text x=\"%.1f\" y=\"%d\""
						  " text-anchor=\"middle\">%s</text>",
						  hft_axis_place(&drawing->x, drawing->x.ticks[i]),
						  BOTTOM + 20, label);
	}
	hft_buffer_printf(out, "<line class=\"base\" x1=\"%d\" x2=\"%d\""
					  " y1=\"%d\" y2=\"%d\"/><text x=\"%d\" y=\"%d\""
					  " text-anchor=\"end\">step</text>", LEFT, RIGHT,
					  BOTTOM, BOTTOM, RIGHT, BOTTOM + 38);
}

/* A line where a model was saved, a diamond at its foot. */
static void
draw_checkpoints(Drawing *drawing)
{
	const HftCurve *marks = &drawing->chart->checkpoints;

	for (size_t i = 0; i < marks->n && i < MAX_CHECKPOINTS; i++)
	{
		double		x = hft_axis_place(&drawing->x, marks->points[i].step);

		if (!(x >= LEFT - 0.5 && x <= RIGHT + 0.5))
			continue;
		hft_buffer_printf(drawing->out,
						  "<g><title>checkpoint at step %.0f</title>"
						  "<line class=\"save\" x1=\"%.1f\" x2=\"%.1f\""
						  " y1=\"%d\" y2=\"%d\"/><path class=\"mark\""
						  " d=\"M%.1f %dl5 5-5 5-5-5z\"/></g>",
						  marks->points[i].step, x, x, TOP, BOTTOM, x,
						  BOTTOM - 5);
	}
}

/* Name the lowest validation loss where it lies. */
static void
draw_best(Drawing *drawing)
{
	const Series *series = &drawing->series[2];
	const HftPoint *best;
	double		x;
	double		y;

	if (series->curve->n < 2)
		series = &drawing->series[1];
	best = series->curve->n < 2 ? NULL : lowest_point(series->curve);
	if (best == NULL)
		return;
	x = hft_axis_place(&drawing->x, best->step);
	y = hft_axis_place(&drawing->y, best->value);
	draw_dot(drawing, series, best, 5);
	hft_buffer_printf(drawing->out, "<text class=\"note\" x=\"%.1f\""
					  " y=\"%.1f\" text-anchor=\"%s\">best %.4g at step %.0f"
					  "</text>", x, y > BOTTOM - 30 ? y - 14 : y + 22,
					  x < LEFT + 80 ? "start"
					  : x > RIGHT - 80 ? "end" : "middle",
					  best->value, best->step);
}

/* Swatch, name and last value of each curve, in a row. */
static void
draw_legend(Drawing *drawing)
{
	int			x = LEFT;

	for (int i = 0; i < 3; i++)
	{
		const Series *series = &drawing->series[i];
		const HftPoint *last = last_point(series->curve);

		if (last == NULL)
			continue;
		hft_buffer_printf(drawing->out,
						  "<path class=\"line %s\" d=\"M%d 76h18\"/>"
						  "<text x=\"%d\" y=\"80\">%s <tspan class=\"value\">"
						  "%.4g</tspan></text>", series->css, x, x + 25,
						  series->name, last->value);
		/* the font is the reader's: leave it room */
		x += 100 + 7 * (int) strlen(series->name);
	}
	if (drawing->chart->checkpoints.n > 0)
		hft_buffer_printf(drawing->out,
						  "<path class=\"mark\" d=\"M%d 71l5 5-5 5-5-5z\"/>"
						  "<text x=\"%d\" y=\"80\">checkpoint</text>",
						  x + 5, x + 18);
}

static void
draw_head(Drawing *drawing)
{
	const HftLossChart *chart = drawing->chart;
	HftBuffer  *out = drawing->out;

	hft_buffer_printf(out, "<svg xmlns=\"http://www.w3.org/2000/svg\""
					  " class=\"hft-chart\" viewBox=\"0 0 %d %d\""
					  " role=\"img\" aria-labelledby=\"hft-title-%" PRId64
					  " hft-desc-%" PRId64 "\"><title id=\"hft-title-%" PRId64
					  "\">", WIDTH, HEIGHT, chart->id, chart->id, chart->id);
	hft_markup_text(out, chart->title);
	hft_buffer_printf(out, "</title><desc id=\"hft-desc-%" PRId64
					  "\">Loss by training step.", chart->id);
	for (int i = 0; i < 3; i++)
	{
		const HftCurve *curve = drawing->series[i].curve;

		if (last_point(curve) != NULL)
			hft_buffer_printf(out, " %s: lowest %.4g at step %.0f, last %.4g"
							  " at step %.0f.", drawing->series[i].name,
							  lowest_point(curve)->value,
							  lowest_point(curve)->step,
							  last_point(curve)->value,
							  last_point(curve)->step);
	}
	hft_buffer_puts(out, "</desc>");
	hft_buffer_puts(out, style);
	hft_buffer_printf(out, "<rect class=\"surface\" width=\"%d\""
					  " height=\"%d\" rx=\"10\"/><text class=\"title\""
					  " x=\"%d\" y=\"34\">", WIDTH, HEIGHT, LEFT);
	hft_markup_clipped(out, chart->title, 72);
	hft_buffer_printf(out, "</text><text x=\"%d\" y=\"54\">", LEFT);
	hft_markup_clipped(out, chart->subtitle, 110);
	hft_buffer_puts(out, "</text>");
}

void
hft_loss_chart(HftBuffer *out, const HftLossChart *chart)
{
	Drawing		drawing = {
		.out = out,
		.chart = chart,
		.series = {
			{&chart->train, "train", "training loss", false},
			{&chart->valid, "valid", "validation loss", false},
			{&chart->full_valid, "full", "full validation loss", true},
		},
	};

	fit_axes(&drawing);
	draw_head(&drawing);
	if (drawing.npoints == 0)
		hft_buffer_printf(out, "<text x=\"%d\" y=\"%d\" font-size=\"14\""
						  " text-anchor=\"middle\">No loss was reported yet."
						  "</text>", WIDTH / 2, HEIGHT / 2);
	else
	{
		draw_legend(&drawing);
		draw_axes(&drawing);
		draw_checkpoints(&drawing);
		for (int i = 0; i < 3; i++)
			draw_series(&drawing, &drawing.series[i]);
		draw_best(&drawing);
	}
	hft_buffer_puts(out, "</svg>\n");
}
