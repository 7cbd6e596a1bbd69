/*-------------------------------------------------------------------------
 *
 * vertex_metrics.c
 *	  Points of a TensorBoard time series as metrics.
 *
 *-------------------------------------------------------------------------
 */
#include <math.h>
#include <string.h>

#include "provider/vertex.h"

/* Ours for the names that every platform has; others stay as they are. */
static const char *
metric_name(const char *title)
{
	static const char *const names[][2] = {
		{"train_total_loss", "train_loss"},
		{"train_fraction_of_correct_next_step_preds", "train_accuracy"},
		{"eval_total_loss", "valid_loss"},
		{"eval_fraction_of_correct_next_step_preds", "valid_accuracy"},
		{NULL, NULL}
	};

	while (*title == '/')
		title++;
	for (int i = 0; names[i][0] != NULL; i++)
	{
		if (strcmp(names[i][0], title) == 0)
			return names[i][1];
	}
	return title;
}

/* JSON made from protocol buffers leaves zeros out: absent is zero here. */
static void
read_point(const json_t *item, HftMetric *metric)
{
	const json_t *scalar = hft_pick_object(item, "scalar");
	int64_t		step = hft_vertex_int(item, "step");

	metric->step = step == HFT_UNKNOWN ? 0 : step;
	metric->value = json_object_get(scalar, "value") == NULL ? 0.0 :
		hft_pick_number(scalar, "value");
	metric->at_ms = hft_pick_time(item, "wallTime");
}

/* Points behind step "after" alone; HFT_UNKNOWN: all. */
void
hft_vertex_read_points(const HftCall *call, const json_t *root,
					   const char *series, int64_t after, HftOutcome *outcome)
{
	const json_t *data = hft_pick_object(root, "timeSeriesData");
	const json_t *values = hft_pick_array(data, "values");
	const char *name = metric_name(series);
	size_t		i;
	json_t	   *item;

	outcome->metrics = hft_arena_alloc(call->arena, sizeof(HftMetric) *
									   (json_array_size(values) + 1));
	if (outcome->metrics == NULL)
		return;
	json_array_foreach(values, i, item)
	{
		HftMetric  *metric = &outcome->metrics[outcome->nmetrics];

		read_point(item, metric);
		metric->name = name;
		if (metric->step > after && isfinite(metric->value))
			outcome->nmetrics++;
	}
}
