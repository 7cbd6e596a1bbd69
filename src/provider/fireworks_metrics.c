/*-------------------------------------------------------------------------
 *
 * fireworks_metrics.c
 *	  The lines of a metrics file of Fireworks.
 *
 * A line is an object with a step and measurements, flat or, from the older
 * trainer, below "data" with a time beside it.  Which keys there are is not
 * documented, so those without a name of ours keep their own.  What is no
 * number (NaN is written as null) is left out.
 *
 *-------------------------------------------------------------------------
 */
#include <math.h>
#include <string.h>

#include "provider/fireworks.h"

#define MAX_NAME 63				/* bytes of a metric's name */
#define MAX_NAMES 64			/* names that a file repeats on each line */
#define MAX_STEP INT64_C(1000000000)

/* Where the metrics of a file go. */
typedef struct Reader
{
	const HftCall *call;
	HftOutcome *outcome;
	const char *names[MAX_NAMES];	/* seen so far, each stored once */
	int			nnames;
	int			broken;			/* lines that are no JSON */
} Reader;

/* NULL is a key that is none of the measurements. */
static const char *
canonical_name(const char *key)
{
	static const char *const names[][2] = {
		{"train/loss", "train_loss"},
		{"eval/loss", "valid_loss"},
		{"train/accuracy", "train_accuracy"},
		{"eval/accuracy", "valid_accuracy"},
		{"train/lr", "learning_rate"},
		{"train/grad_norm", "grad_norm"},
		{"train/epoch", "epoch"},
		{"train/step", NULL},
		{"eval/step", NULL},
		{"step", NULL},
		{"timestamp", NULL},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
	{
		if (strcmp(names[i][0], key) == 0)
			return names[i][1];
	}
	return *key == '\0' || strlen(key) > MAX_NAME ? NULL : key;
}

/* The name's copy that outlives the line. */
static const char *
keep_name(Reader *reader, const char *name)
{
	const char *copy;

	for (int i = 0; i < reader->nnames; i++)
	{
		if (strcmp(reader->names[i], name) == 0)
			return reader->names[i];
	}
	copy = hft_arena_strdup(reader->call->arena, name);
	if (copy != NULL && reader->nnames < MAX_NAMES)
		reader->names[reader->nnames++] = copy;
	return copy;
}

/* "step", or what one of the loops calls it. */
static int64_t
pick_step(const json_t *line, const json_t *data)
{
	int64_t		step = hft_pick_int(line, "step", 0, MAX_STEP);

	if (step == HFT_UNKNOWN)
		step = hft_pick_int(data, "train/step", 0, MAX_STEP);
	return step == HFT_UNKNOWN ? hft_pick_int(data, "eval/step", 0, MAX_STEP)
		: step;
}

/* The measurements of one line. */
static void
read_line(Reader *reader, const json_t *line)
{
	json_t	   *below = hft_pick_object(line, "data");
	json_t	   *data = below ? below : (json_t *) line;
	HftOutcome *outcome = reader->outcome;
	HftMetric	metric = {
		.step = pick_step(line, data),
		.at_ms = hft_pick_time(line, "timestamp")
	};
	const char *key;
	json_t	   *value;

	if (metric.step == HFT_UNKNOWN)
		return;
	json_object_foreach(data, key, value)
	{
		const char *name = canonical_name(key);

		metric.value = json_number_value(value);
		if (name == NULL || !json_is_number(value) || !isfinite(metric.value))
			continue;
		metric.name = keep_name(reader, name);
		if (metric.name != NULL)
			outcome->metrics[outcome->nmetrics++] = metric;
	}
}

/* Told once per file, however often it is read. */
static void
report_broken(const Reader *reader)
{
	HftEvent   *event = hft_arena_alloc(reader->call->arena,
										sizeof(HftEvent));

	if (event == NULL || reader->broken == 0)
		return;
	event->id = "hft-metrics-broken";
	event->at_ms = reader->call->now * 1000;
	event->level = "warn";
	event->type = "message";
	event->message = "the metrics file has lines that are no JSON; "
		"they were left out";
	event->data = NULL;
	reader->outcome->events = event;
	reader->outcome->nevents = 1;
}

/* Room for every measurement: each is a member, and a member has a colon. */
static HftMetric *
make_room(const HftCall *call, const char *text, const char *end)
{
	size_t		colons = 1;

	while ((text = memchr(text, ':', (size_t) (end - text))) != NULL)
	{
		colons++;
		text++;
	}
	return hft_arena_alloc(call->arena, colons * sizeof(HftMetric));
}

/*
 * An unterminated line may be half of one, so it is left for the next time;
 * at the end of a job it is taken if it is whole.
 */
size_t
hft_fireworks_read_metrics(const HftCall *call, const HftResponse *response,
						   size_t from, bool whole, HftOutcome *outcome)
{
	Reader		reader = {.call = call, .outcome = outcome};
	const char *at = response->body + from;
	const char *end = response->body + response->body_length;

	outcome->metrics = make_room(call, at, end);
	if (outcome->metrics == NULL)
		return from;
	while (at < end)
	{
		const char *newline = memchr(at, '\n', (size_t) (end - at));
		const char *stop = newline ? newline : end;
		const char *problem;
		json_t	   *line;

		if (newline == NULL && !whole)
			break;
		line = stop > at ? hft_json_parse(at, (size_t) (stop - at),
										  &problem) : NULL;
		if (json_is_object(line))
			read_line(&reader, line);
		else if (stop > at && newline != NULL)
			reader.broken++;
		json_decref(line);
		if (newline == NULL)
			break;
		at = newline + 1;
	}
	report_broken(&reader);
	return (size_t) (at - response->body);
}
