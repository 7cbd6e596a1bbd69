/*-------------------------------------------------------------------------
 *
 * bedrock_metrics.c
 *	  Losses out of the CSV files that a job leaves in the bucket.
 *
 * Columns go by the name in the header: their order and number differ by
 * model.  Every number of a row is a metric of the row's step; names that
 * training and validation share are told apart.
 *
 *-------------------------------------------------------------------------
 */
#include "provider/bedrock_metrics.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_COLUMNS 64
#define MAX_CELL 63
#define MAX_HEADER 4096
#define MAX_STEP INT64_C(1000000000)

typedef struct Columns
{
	const char *names[MAX_COLUMNS]; /* NULL: no metric */
	int			count;
	int			step;			/* its column; -1: there is none */
} Columns;

static bool
ends_with(const char *text, const char *tail)
{
	size_t		length = strlen(text);
	size_t		width = strlen(tail);

	return length >= width && strcmp(text + length - width, tail) == 0;
}

static bool
is_validation(const char *key)
{
	return ends_with(key, "validation_metrics.csv");
}

bool
hft_bedrock_is_metrics(const char *key)
{
	return is_validation(key) || ends_with(key, "training_metrics.csv");
}

/* Our names for theirs; in the validation file those get a mark. */
static const char *
metric_name(HftArena *arena, const char *name, bool validation)
{
	static const char *const names[][2] = {
		{"training_loss", "train_loss"},
		{"train_loss", "train_loss"},
		{"validation_loss", "valid_loss"},
		{"valid_loss", "valid_loss"},
		{"learning_rate", "learning_rate"}
	};

	/* a row's epoch is the training's to tell */
	if (strcmp(name, "epoch_number") == 0 || strcmp(name, "epoch") == 0)
		return validation ? NULL : "epoch";
	for (int i = 0; i < 5; i++)
	{
		if (strcmp(names[i][0], name) == 0)
			return names[i][1];
	}
	if (*name == '\0')
		return NULL;
	return hft_arena_printf(arena, "%s%s", strchr(name, '/') != NULL ? "" :
							validation ? "valid_" : "train_", name);
}

/*
 * The next cell, quotes and blanks taken off, cut when too long.  Moves *at
 * to its comma or to the end of the line.
 */
static void
take_cell(const char **at, const char *end, char *cell)
{
	size_t		length = 0;

	for (; *at < end && **at != ','; (*at)++)
	{
		if (length < MAX_CELL && **at != '"' &&
			!isspace((unsigned char) **at))
			cell[length++] = **at;
	}
	cell[length] = '\0';
}

static void
read_header(HftArena *arena, const char *line, bool validation,
			Columns *columns)
{
	const char *end = line + strlen(line);
	char		cell[MAX_CELL + 1];

	columns->count = 0;
	columns->step = -1;
	for (; line <= end && columns->count < MAX_COLUMNS; line++)
	{
		take_cell(&line, end, cell);
		if (strcmp(cell, "step_number") == 0 || strcmp(cell, "step") == 0)
		{
			columns->step = columns->count;
			columns->names[columns->count++] = NULL;
		}
		else
			columns->names[columns->count++] = metric_name(arena, cell,
														   validation);
	}
}

/* One line; its metrics get their step when all of it was read. */
static void
read_row(const Columns *columns, const char *line, const char *end,
		 HftOutcome *outcome)
{
	int			first = outcome->nmetrics;
	int64_t		step = HFT_UNKNOWN;
	char		cell[MAX_CELL + 1];

	for (int i = 0; line <= end && i < columns->count; i++, line++)
	{
		HftMetric	metric = {.name = columns->names[i],
		.at_ms = HFT_UNKNOWN};
		char	   *rest;

		take_cell(&line, end, cell);
		metric.value = strtod(cell, &rest);
		if (rest == cell || *rest != '\0' || !isfinite(metric.value))
			continue;
		if (i == columns->step && metric.value >= 0 &&
			metric.value <= MAX_STEP)
			step = (int64_t) metric.value;
		else if (metric.name != NULL)
			outcome->metrics[outcome->nmetrics++] = metric;
	}
	if (step == HFT_UNKNOWN)
		outcome->nmetrics = first;
	for (int i = first; i < outcome->nmetrics; i++)
		outcome->metrics[i].step = step;
	if (step > outcome->steps_done)
		outcome->steps_done = step;
}

/* At most as many values as there are commas and lines. */
static bool
make_room(const HftCall *call, const HftSheetPiece *piece,
		  HftOutcome *outcome)
{
	size_t		cells = 2;

	for (size_t i = 0; i < piece->length; i++)
		cells += piece->text[i] == ',' || piece->text[i] == '\n';
	outcome->metrics = hft_arena_alloc(call->arena,
									   cells * sizeof(HftMetric));
	return outcome->metrics != NULL;
}

/* Where the line ends; NULL when it was cut off. */
static const char *
end_of_line(const char *line, const char *end, bool is_last)
{
	const char *newline = memchr(line, '\n', (size_t) (end - line));

	return newline ? newline : is_last ? end : NULL;
}

size_t
hft_bedrock_read_metrics(const HftCall *call, HftSheetPiece *piece,
						 bool is_last, HftOutcome *outcome)
{
	bool		validation = is_validation(piece->uri);
	const char *line = piece->text;
	const char *end = piece->text + piece->length;
	const char *next;
	Columns		columns = {.step = -1};

	if (!make_room(call, piece, outcome))
		return 0;
	if (piece->header != NULL)
		read_header(call->arena, piece->header, validation, &columns);
	while (line < end && (next = end_of_line(line, end, is_last)) != NULL)
	{
		if (piece->header != NULL)
			read_row(&columns, line, next, outcome);
		else
		{
			if (next - line > MAX_HEADER)
				return 0;
			piece->header = hft_arena_strndup(call->arena, line,
											  (size_t) (next - line));
			if (piece->header == NULL)
				return 0;
			read_header(call->arena, piece->header, validation, &columns);
		}
		line = next < end ? next + 1 : end;
	}
	return (size_t) (line - piece->text);
}
