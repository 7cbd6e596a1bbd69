/*-------------------------------------------------------------------------
 *
 * openai_metrics.c
 *	  Loss and accuracy out of OpenAI's events and result files.
 *
 *-------------------------------------------------------------------------
 */
#include <ctype.h>
#include <math.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "provider/openai.h"

#define MAX_NAME 63				/* bytes of a metric's name */
#define MAX_COLUMNS 64			/* of a result file */
#define MAX_CELL 64
#define MAX_STEP INT64_C(1000000000)

/* most values that the text of a metrics event can hold */
#define TEXT_METRICS 3

/*
 * Canonical names for those we know; the rest as the platform spells it, so
 * that a new metric shows up by itself.
 */
const char *
hft_openai_metric_name(HftArena *arena, const char *name)
{
	static const char *const names[][2] = {
		{"train_mean_token_accuracy", "train_accuracy"},
		{"valid_mean_token_accuracy", "valid_accuracy"},
		{"full_valid_mean_token_accuracy", "full_valid_accuracy"},
		{"validation_mean_token_accuracy", "valid_accuracy"},	/* Azure's files */
		{"step", NULL},
		{"total_steps", NULL},
		{"step_number", NULL}
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
	{
		if (strcmp(names[i][0], name) == 0)
			return names[i][1];
	}
	if (*name == '\0' || strlen(name) > MAX_NAME)
		return NULL;
	return hft_arena_strdup(arena, name);
}

/* NaN and infinity are no measurements. */
static void
add_metric(HftOutcome *outcome, const HftMetric *metric)
{
	if (metric->name != NULL && isfinite(metric->value))
		outcome->metrics[outcome->nmetrics++] = *metric;
}

/* ---- events ---- */

/* Every member of the data could be a metric, or else the text is read. */
int
hft_openai_metric_room(const json_t *event)
{
	return (int) json_object_size(hft_pick_object(event, "data")) +
		TEXT_METRICS;
}

/* Pages come newest first, so the largest step is what counts. */
static void
note_progress(HftOutcome *outcome, int64_t step, int64_t total)
{
	if (step > outcome->steps_done)
		outcome->steps_done = step;
	if (total > outcome->steps_total)
		outcome->steps_total = total;
}

/* The values of an event's data; false when it has none. */
static bool
read_data(const HftCall *call, const json_t *data, int64_t at_ms,
		  HftOutcome *outcome)
{
	HftMetric	metric = {.at_ms = at_ms};
	int			before = outcome->nmetrics;
	const char *name;
	json_t	   *value;

	metric.step = hft_pick_int(data, "step", 0, MAX_STEP);
	if (metric.step == HFT_UNKNOWN)
		return false;
	json_object_foreach((json_t *) data, name, value)
	{
		if (!json_is_number(value))
			continue;
		metric.name = hft_openai_metric_name(call->arena, name);
		metric.value = json_number_value(value);
		add_metric(outcome, &metric);
	}
	if (outcome->nmetrics > before)
		note_progress(outcome, metric.step,
					  hft_pick_int(data, "total_steps", 1, MAX_STEP));
	return outcome->nmetrics > before;
}

/* The number behind "label=" at the start of a part of the text. */
static double
number_of_label(const char *part, const char *label)
{
	size_t		length = strlen(label);
	char	   *end;
	double		value;

	if (strncmp(part, label, length) != 0 || part[length] != '=')
		return NAN;
	value = strtod(part + length + 1, &end);
	return end > part + length + 1 ? value : NAN;
}

/* "Step 3/9: training loss=0.1, validation loss=0.2, full validation loss=" */
static void
read_text(const char *text, int64_t at_ms, HftOutcome *outcome)
{
	static const char *const labels[TEXT_METRICS][2] = {
		{"training loss", "train_loss"},
		{"validation loss", "valid_loss"},
		{"full validation loss", "full_valid_loss"}
	};
	HftMetric	metric = {.at_ms = at_ms};
	char	   *end;
	int64_t		total;

	if (text == NULL || strncmp(text, "Step ", 5) != 0)
		return;
	metric.step = strtoll(text + 5, &end, 10);
	if (*end != '/' || metric.step < 0 || metric.step > MAX_STEP)
		return;
	total = strtoll(end + 1, &end, 10);
	note_progress(outcome, metric.step, total <= MAX_STEP ? total : -1);
	for (int i = 0; i < TEXT_METRICS && *end != '\0'; i++)
	{
		const char *part = end + strspn(end, ":, ");

		for (int label = 0; label < TEXT_METRICS; label++)
		{
			metric.name = labels[label][1];
			metric.value = number_of_label(part, labels[label][0]);
			add_metric(outcome, &metric);
		}
		end = (char *) part + strcspn(part, ",");
	}
}

/* The numbers of the data; the text is read only when there are none. */
void
hft_openai_event_metrics(const HftCall *call, const json_t *event,
						 HftOutcome *outcome)
{
	int64_t		at_ms = hft_pick_time(event, "created_at");

	if (!read_data(call, hft_pick_object(event, "data"), at_ms, outcome))
		read_text(hft_pick_word(event, "message"), at_ms, outcome);
}

/* ---- result files ---- */

/* A table of text that is walked cell by cell. */
typedef struct Sheet
{
	const char *at;
	const char *end;
	const char *names[MAX_COLUMNS]; /* NULL: not a metric */
	int			ncolumns;
	int			step_column;
} Sheet;

/*
 * The next cell into "cell", quotes and blanks taken off, cut when too long.
 * Returns the character that ended it: ',' or '\n', 0 behind the last.
 */
static char
next_cell(Sheet *sheet, char *cell)
{
	size_t		length = 0;

	while (sheet->at < sheet->end && *sheet->at != ',' && *sheet->at != '\n')
	{
		char		c = *sheet->at++;

		if (length < MAX_CELL && c != '"' && !isspace((unsigned char) c))
			cell[length++] = c;
	}
	cell[length] = '\0';
	return sheet->at < sheet->end ? *sheet->at++ : '\0';
}

/* Columns by name: their order and number have changed before. */
static void
read_header(const HftCall *call, Sheet *sheet)
{
	char		cell[MAX_CELL + 1];
	char		ended;

	sheet->step_column = -1;
	do
	{
		ended = next_cell(sheet, cell);
		if (sheet->ncolumns >= MAX_COLUMNS)
			continue;
		if (strcmp(cell, "step") == 0)
			sheet->step_column = sheet->ncolumns;
		sheet->names[sheet->ncolumns++] =
			hft_openai_metric_name(call->arena, cell);
	} while (ended == ',');
}

/* One line; its metrics wait in the array until the step is known. */
static char
read_row(Sheet *sheet, HftOutcome *outcome)
{
	int			first = outcome->nmetrics;
	int64_t		step = HFT_UNKNOWN;
	char		cell[MAX_CELL + 1];
	char		ended = ',';

	for (int column = 0; ended == ','; column++)
	{
		HftMetric	metric = {.at_ms = HFT_UNKNOWN};
		char	   *end;

		ended = next_cell(sheet, cell);
		metric.value = strtod(cell, &end);
		if (end == cell || *end != '\0' || column >= sheet->ncolumns)
			continue;
		metric.name = sheet->names[column];
		if (column != sheet->step_column)
			add_metric(outcome, &metric);
		else if (metric.value >= 0 && metric.value <= MAX_STEP)
			step = (int64_t) metric.value;
	}
	for (int i = first; i < outcome->nmetrics; i++)
		outcome->metrics[i].step = step;
	if (step == HFT_UNKNOWN)
		outcome->nmetrics = first;
	else
		note_progress(outcome, step, HFT_UNKNOWN);
	return ended;
}

/* There are at most as many values as cells, so one array suffices. */
static void
read_sheet(const HftCall *call, const char *text, size_t length,
		   HftOutcome *outcome)
{
	Sheet		sheet = {.at = text, .end = text + length};
	size_t		cells = 1;

	for (size_t i = 0; i < length; i++)
		cells += text[i] == ',' || text[i] == '\n';
	outcome->metrics = hft_arena_alloc(call->arena,
									   cells * sizeof(HftMetric));
	if (outcome->metrics == NULL)
		return;
	read_header(call, &sheet);
	if (sheet.step_column < 0)
		return;
	while (read_row(&sheet, outcome) != '\0')
		;
}

/* Some accounts get their CSV in base64: then no line has a comma. */
static bool
looks_like_base64(const char *text, size_t length)
{
	const char *newline = memchr(text, '\n', length);
	size_t		first_line = newline ? (size_t) (newline - text) : length;

	return first_line > 0 && memchr(text, ',', first_line) == NULL;
}

/*
 * What is neither a table nor base64 of one gives no metrics and no error:
 * the job succeeded all the same.
 */
void
hft_openai_read_csv(const HftCall *call, const char *text, size_t length,
					HftOutcome *outcome)
{
	EVP_ENCODE_CTX *context;
	unsigned char *decoded;
	int			body = 0;
	int			tail = 0;

	if (!looks_like_base64(text, length))
	{
		read_sheet(call, text, length, outcome);
		return;
	}
	decoded = hft_arena_alloc(call->arena, length + 1);
	context = EVP_ENCODE_CTX_new();
	if (decoded != NULL && context != NULL && length <= HFT_PAGE_LIMIT)
	{
		EVP_DecodeInit(context);
		if (EVP_DecodeUpdate(context, decoded, &body,
							 (const unsigned char *) text,
							 (int) length) >= 0 &&
			EVP_DecodeFinal(context, decoded + body, &tail) == 1)
			read_sheet(call, (char *) decoded, (size_t) (body + tail),
					   outcome);
	}
	EVP_ENCODE_CTX_free(context);
}
