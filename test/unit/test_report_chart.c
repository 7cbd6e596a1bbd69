/*-------------------------------------------------------------------------
 *
 * test_report_chart.c
 *	  Axes, the drawing of a loss history, and the page around it.
 *
 * Looking at it is done by people; here it is held against what can be
 * counted: ticks, marks, places, sizes, and that no text of a stranger
 * becomes markup.
 *
 *-------------------------------------------------------------------------
 */
#include "src/report/axis.c"
#include "src/report/chart.c"

#include <stdlib.h>

#include "report/page.h"
#include "tap.h"

static HftBuffer out;

/* How often a piece of text is in the drawing. */
static int
count_text(const char *piece)
{
	int			n = 0;

	for (const char *at = out.data; (at = strstr(at, piece)) != NULL; at++)
		n++;
	return n;
}

/*
 * Is every tag closed by its own kind, in order?  Strict as XML is, which
 * browsers are not: what is open at the end would swallow what follows.
 */
static bool
is_balanced(void)
{
	char		open[64][32];
	int			depth = 0;

	for (const char *at = out.data; (at = strchr(at, '<')) != NULL; at++)
	{
		const char *end = strchr(at, '>');
		char		name[32];

		if (end == NULL || sscanf(at, "<%*[/]%31[a-z0-9]", name) == 1)
		{
			if (end == NULL || depth == 0
				|| strcmp(open[--depth], name) != 0)
				return false;
		}
		else if (sscanf(at, "<%31[a-z0-9]", name) == 1 && end[-1] != '/')
		{
			if (depth == 64)
				return false;
			strcpy(open[depth++], name);
		}
	}
	return depth == 0;
}

static const char *
tick_labels(const HftAxis *axis)
{
	static char labels[512];
	size_t		length = 0;

	labels[0] = '\0';
	for (int i = 0; i < axis->nticks; i++)
	{
		char		label[64];

		hft_axis_label(axis, axis->ticks[i], label, sizeof(label));
		length += snprintf(labels + length, sizeof(labels) - length, "%s%s",
						   i > 0 ? " " : "", label);
	}
	return labels;
}

static void
test_axis(void)
{
	HftAxis		axis = {0};

	hft_axis_linear(&axis, 0.13, 2.44, 5, false);
	is_text(tick_labels(&axis), "0.5 1.0 1.5 2.0", "losses");
	hft_axis_linear(&axis, 0.7021, 0.7134, 5, false);
	is_text(tick_labels(&axis), "0.704 0.706 0.708 0.710 0.712",
			"a narrow range gets the digits it needs");
	hft_axis_linear(&axis, -0.05, 0.25, 5, false);
	is_text(tick_labels(&axis), "-0.05 0.00 0.05 0.10 0.15 0.20 0.25",
			"through zero");
	hft_axis_linear(&axis, 1, 8, 8, true);
	is_text(tick_labels(&axis), "1 2 3 4 5 6 7 8", "steps are whole");
	hft_axis_linear(&axis, 1, 2, 8, true);
	is_text(tick_labels(&axis), "1 2", "nothing between whole steps");
	hft_axis_linear(&axis, 5, 5, 8, true);
	ok(axis.low == 5 && axis.high > 5, "a single step has room");
	hft_axis_linear(&axis, 0, 0, 5, false);
	ok(axis.low < 0 && axis.high > 0, "a single zero has room");
	hft_axis_linear(&axis, 1, 3e9, 8, true);
	is_text(tick_labels(&axis), "5e+08 1e+09 1.5e+09 2e+09 2.5e+09 3e+09",
			"many steps");
	hft_axis_logarithmic(&axis, 0.3, 40);
	is_text(tick_labels(&axis), "0.5 1 2 5 10 20", "by powers");
	hft_axis_logarithmic(&axis, 1e-300, 1e300);
	ok(axis.nticks > 0 && axis.nticks <= HFT_AXIS_MAX_TICKS,
	   "all powers there are: %d ticks", axis.nticks);
	hft_axis_linear(&axis, 10, 20, 5, false);
	axis.start = 100;
	axis.end = 0;
	is_near(hft_axis_place(&axis, 12.5), 75, 1e-12, "places go either way");
}

/* A curve that falls from "high" to "low" over "n" steps. */
static HftCurve
make_curve(size_t n, double high, double low)
{
	HftCurve	curve = {calloc(n, sizeof(HftPoint)), n};

	for (size_t i = 0; i < n; i++)
	{
		curve.points[i].step = (double) i + 1;
		curve.points[i].value = n > 1
			? high + (low - high) * (double) i / (double) (n - 1) : high;
	}
	return curve;
}

static void
test_chart(void)
{
	HftLossChart chart = {.id = 42, .title = "<script>alert(1)</script>"};
	size_t		small;

	hft_loss_chart(&out, &chart);
	is_int(count_text("No loss was reported yet."), 1, "an empty job says so");
	is_int(count_text("<script"), 0, "a title is no markup");
	ok(is_balanced(), "and the drawing is closed");

	hft_buffer_reset(&out);
	chart.train = make_curve(300, 2.5, 0.25);
	chart.full_valid = make_curve(3, 0.9, 0.7);
	chart.full_valid.points[1].value = 0.6;
	chart.checkpoints = make_curve(3, 0, 0);
	hft_loss_chart(&out, &chart);
	small = out.length;
	is_int(count_text("class=\"line train pale\""), 1,
		   "measured values are pale");
	is_int(count_text("best 0.6 at step 2"), 1, "the lowest is named");
	is_int(count_text("class=\"save\""), 3, "three checkpoints");
	is_int(count_text("validation loss <tspan"), 1,
		   "a curve without points is not in the legend");
	is_int(count_text("id=\"hft-title-42\""), 1, "ids carry the job");
	is_int(count_text("nan") + count_text("inf"), 0, "no place is no number");
	ok(is_balanced(), "every tag is closed");
	is_int(count_text("http"), 1, "no address but the name of SVG");

	hft_buffer_reset(&out);
	free(chart.train.points);
	chart.train = make_curve(200000, 2.5, 0.25);
	hft_loss_chart(&out, &chart);
	ok(out.length < small + 20000,
	   "200,000 points: %zu bytes, 300 points: %zu", out.length, small);

	hft_buffer_reset(&out);
	chart.train.n = 60;
	chart.train.points[7].value = INFINITY;
	chart.train.points[8].value = NAN;
	chart.train.points[9].value = 1e299;
	chart.train.points[10].value = 1.7e308;
	hft_loss_chart(&out, &chart);
	is_int(count_text("nan") + count_text("inf"), 0,
		   "what is no number leaves a gap");
	ok(count_text("e+") > 10, "a wide range is drawn by powers");

	hft_buffer_reset(&out);
	chart.train.n = 1;
	chart.train.points[0].value = -1.5;
	chart.full_valid.n = 0;
	chart.checkpoints.n = 0;
	hft_loss_chart(&out, &chart);
	is_int(count_text("class=\"dot train\""), 1, "a single point is a dot");
	is_int(count_text("nan") + count_text("inf"), 0, "in a place");
	free(chart.train.points);
	free(chart.full_valid.points);
	free(chart.checkpoints.points);
}

static void
test_page(void)
{
	const char *evil = "\"><img src=x onerror=alert(1)>";
	const char *headers[2] = {"Name", evil};
	const char *cells[4] = {evil, "1", "b", NULL};
	const bool	numeric[2] = {false, true};
	HftLossChart chart = {.id = 1, .title = evil, .subtitle = evil};
	HftTable	tables[2] = {
		{"Full", false, 2, headers, numeric, 2, cells},
		{"Without rows", false, 2, headers, numeric, 0, NULL},
	};
	HftTile		tile = {"Bill", NULL, evil};
	HftPhase	phase = {evil, evil, 12.5, 3};
	HftPage		page = {
		.title = evil, .subtitle = evil, .state = evil, .alert = evil,
		.advice = evil, .footer = evil, .tiles = &tile, .ntiles = 1,
		.phases = &phase, .nphases = 1, .chart = &chart, .tables = tables,
		.ntables = 2,
	};

	hft_buffer_reset(&out);
	hft_page(&out, &page);
	is_int(count_text("<img"), 0, "no text of a page becomes markup");
	is_int(count_text("&lt;img"), 16, "and none is lost");
	is_int(count_text("<dd>unknown</dd>"), 1, "what is not known says so");
	is_int(count_text("Without rows"), 0, "a table without rows is left out");
	is_int(count_text("<td class=\"number\"></td>"), 1, "NULL is empty");
	is_int(count_text("default-src 'none'"), 1, "the page allows no script");
	is_int(count_text("</html>"), 1, "and it ends");
	ok(is_balanced(), "every tag of the page is closed");
}

int
main(void)
{
	hft_buffer_init(&out, 16 * 1024 * 1024);
	test_axis();
	test_chart();
	test_page();
	hft_buffer_free(&out);
	return tap_done();
}
