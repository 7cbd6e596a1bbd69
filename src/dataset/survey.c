/*-------------------------------------------------------------------------
 *
 * survey.c
 *	  A version as different platforms and models would see it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "base/sql.h"
#include "dataset/survey.h"
#include "dataset/tokens.h"
#include "example/measure.h"

#define SLICE_ROWS 1000

/* A training-file format that some survey asks for. */
typedef struct Format
{
	const HftWriter *writer;
	HftBuffer	line;
	bool		unwritable;		/* the row at hand */
} Format;

/* A way of counting that some survey asks for. */
typedef struct Measure
{
	HftChatRule rule;
	HftImageRule images;
	HftEncoding *encoding;		/* NULL: the stored count */
	HftCounter	counter;
	int64		tokens;			/* of the row at hand */
} Measure;

typedef struct Surveying
{
	HftExample	example;
	HftSurvey  *surveys;
	int			n;
	Format	   *formats;
	int			nformats;
	int		   *format_of;		/* of each survey */
	Measure    *measures;
	int			nmeasures;
	int		   *measure_of;
	int64	   *limits;			/* tokens each survey's model takes; 0: any */
	const HftRule *rules;
	int			nrules;
	int			over_limit;		/* place of the rule */
	bool	   *hit;			/* by the row at hand, each rule */
	MemoryContext slice;		/* bodies that had to be decompressed */
	MemoryContextCallback cleanup;
} Surveying;

/* ---- before ---- */

static void
release(void *arg)
{
	Surveying  *surveying = arg;

	hft_example_free(&surveying->example);
	for (int i = 0; i < surveying->nformats; i++)
		hft_buffer_free(&surveying->formats[i].line);
	for (int i = 0; i < surveying->nmeasures; i++)
		if (surveying->measures[i].encoding != NULL)
			hft_counter_free(&surveying->measures[i].counter);
}

static int
format_place(Surveying *surveying, const char *name)
{
	Format	   *format;

	for (int i = 0; i < surveying->nformats; i++)
		if (strcmp(surveying->formats[i].writer->format, name) == 0)
			return i;
	format = &surveying->formats[surveying->nformats];
	format->writer = hft_writer_lookup(name);
	if (format->writer == NULL)
		elog(ERROR, "no writer for format \"%s\"", name);
	hft_buffer_init(&format->line, HFT_JSON_MAX_BYTES);
	return surveying->nformats++;
}

static int
measure_place(Surveying *surveying, HftChatRule rule, HftImageRule images,
			  HftEncoding *encoding)
{
	Measure    *measure;

	for (int i = 0; i < surveying->nmeasures; i++)
		if (surveying->measures[i].rule == rule &&
			surveying->measures[i].images == images &&
			surveying->measures[i].encoding == encoding)
			return i;
	measure = &surveying->measures[surveying->nmeasures];
	if (encoding != NULL &&
		!hft_counter_init(&measure->counter, rule, images, encoding))
		ereport(ERROR,
				(errcode(ERRCODE_OUT_OF_MEMORY),
				 errmsg("out of memory")));
	measure->rule = rule;
	measure->images = images;
	measure->encoding = encoding;
	return surveying->nmeasures++;
}

/*
 * How the survey's model counts.  The stored counts serve where they are of
 * the same kind, and where nothing better can be had.
 */
static int
choose_measure(Surveying *surveying, HftSurvey *survey,
			   const HftTokenModel *stored)
{
	const HftTokenModel *model =
	hft_token_model_lookup(survey->model, strlen(survey->model));
	bool		same = model != NULL && stored != NULL &&
	strcmp(model->encoding, stored->encoding) == 0 &&
	model->chat == stored->chat && model->images == stored->images;
	HftEncoding *encoding = model == NULL || same ? NULL :
		hft_encoding_find(model->encoding);

	if (encoding == NULL)
	{
		survey->encoding = stored ? stored->encoding : NULL;
		survey->exact = same && model->exact;
		return measure_place(surveying, HFT_CHAT_NONE, HFT_IMAGES_NONE,
							 NULL);
	}
	survey->encoding = model->encoding;
	survey->exact = model->exact;
	return measure_place(surveying, model->chat, model->images, encoding);
}

static Surveying *
begin_survey(const char *counted_for, HftSurvey *surveys, int n)
{
	Surveying  *surveying = palloc0(sizeof(Surveying));
	const HftTokenModel *stored =
	hft_token_model_lookup(counted_for, strlen(counted_for));

	surveying->surveys = surveys;
	surveying->n = n;
	surveying->formats = palloc0(n * sizeof(Format));
	surveying->format_of = palloc0(n * sizeof(int));
	surveying->measures = palloc0(n * sizeof(Measure));
	surveying->measure_of = palloc0(n * sizeof(int));
	surveying->limits = palloc0(n * sizeof(int64));
	surveying->rules = hft_rules(&surveying->nrules);
	surveying->over_limit = hft_rule_lookup("tokens_over_limit") -
		surveying->rules;
	surveying->hit = palloc0(surveying->nrules * sizeof(bool));
	hft_example_init(&surveying->example);
	surveying->slice = AllocSetContextCreate(CurrentMemoryContext,
											 "hft survey slice",
											 ALLOCSET_DEFAULT_SIZES);
	surveying->cleanup.func = release;
	surveying->cleanup.arg = surveying;
	MemoryContextRegisterResetCallback(CurrentMemoryContext,
									   &surveying->cleanup);
	for (int i = 0; i < n; i++)
	{
		HftSurvey  *survey = &surveys[i];

		surveying->format_of[i] = format_place(surveying, survey->format);
		surveying->measure_of[i] = choose_measure(surveying, survey, stored);
		surveying->limits[i] = hft_model_token_limit(survey->model);
	}
	return surveying;
}

/* ---- a row ---- */

static void
note_hit(void *arg, const HftRule *rule, const char *message)
{
	Surveying  *surveying = arg;

	surveying->hit[rule - surveying->rules] = true;
}

/* What no survey differs in. */
static void
look_at_row(Surveying *surveying, const char *body, size_t length,
			int64 stored_tokens)
{
	HftExampleProblem problem = hft_example_read(&surveying->example, body,
												 length);

	if (problem.status != HFT_EXAMPLE_OK)
		elog(ERROR, "a stored example cannot be read: %s", problem.text);
	memset(surveying->hit, 0, surveying->nrules * sizeof(bool));
	hft_example_check(&surveying->example, note_hit, surveying);
	for (int i = 0; i < surveying->nformats; i++)
	{
		Format	   *format = &surveying->formats[i];

		hft_buffer_reset(&format->line);
		format->unwritable = !format->writer->identity &&
			format->writer->write(body, length, &format->line) != NULL;
	}
	for (int i = 0; i < surveying->nmeasures; i++)
	{
		Measure    *measure = &surveying->measures[i];
		HftTokens	tokens = {.all = stored_tokens};

		if (measure->encoding != NULL &&
			!hft_counter_count(&measure->counter, &surveying->example,
							   &tokens))
			ereport(ERROR,
					(errcode(ERRCODE_OUT_OF_MEMORY),
					 errmsg("out of memory")));
		measure->tokens = tokens.all;
	}
}

/* Count the row's findings for the survey; would the platform refuse it? */
static bool
count_findings(Surveying *surveying, int i)
{
	HftSurvey  *survey = &surveying->surveys[i];
	bool		rejected = false;

	for (int r = 0; r < surveying->nrules; r++)
	{
		const HftRule *rule = &surveying->rules[r];

		if (!surveying->hit[r] ||
			(rule->format != NULL &&
			 strcmp(rule->format, survey->format) != 0))
			continue;
		survey->findings[r]++;
		rejected |= rule->severity == HFT_ERROR;
	}
	if (!rejected && surveying->formats[surveying->format_of[i]].unwritable)
	{
		survey->unwritable++;
		rejected = true;
	}
	return rejected;
}

static void
survey_row(Surveying *surveying, int i, HftSplitKind kind)
{
	HftSurvey  *survey = &surveying->surveys[i];
	HftSurveySplit *split = &survey->split[kind];
	int64		tokens = surveying->measures[surveying->measure_of[i]].tokens;
	int64		limit = surveying->limits[i];
	bool		too_long = limit > 0 && tokens > limit;

	split->rows++;
	split->tokens += tokens;
	if (too_long)
		survey->findings[surveying->over_limit]++;
	if (count_findings(surveying, i))
		split->rejected++;
	else
	{
		split->truncated += too_long;
		split->kept_tokens += too_long ? limit : tokens;
	}
}

/* ---- the pass ---- */

static HftStatement read_slice = {
	"SELECT n, tokens, body FROM hft.example WHERE version_id = $1"
	" AND split = $2::hft.split AND n > $3 ORDER BY n LIMIT $4",
	4, {INT8OID, TEXTOID, INT8OID, INT8OID}
};

static void
survey_slice(Surveying *surveying, HftSplitKind kind, uint64 rows)
{
	MemoryContext caller = MemoryContextSwitchTo(surveying->slice);

	for (uint64 row = 0; row < rows; row++)
	{
		bool		isnull;
		text	   *body = DatumGetTextPP(hft_row_datum(row, 3, &isnull));

		CHECK_FOR_INTERRUPTS();
		look_at_row(surveying, VARDATA_ANY(body), VARSIZE_ANY_EXHDR(body),
					hft_row_int64(row, 2, 0));
		for (int i = 0; i < surveying->n; i++)
			survey_row(surveying, i, kind);
	}
	MemoryContextSwitchTo(caller);
	MemoryContextReset(surveying->slice);
}

static void
survey_split(Surveying *surveying, int64 version, HftSplitKind kind)
{
	Datum		values[4];
	uint64		rows;

	values[0] = Int64GetDatum(version);
	values[1] = CStringGetTextDatum(hft_split_name(kind));
	values[2] = Int64GetDatum(0);
	values[3] = Int64GetDatum(SLICE_ROWS);
	while ((rows = hft_statement_run(&read_slice, values, NULL, 0)) > 0)
	{
		survey_slice(surveying, kind, rows);
		values[2] = Int64GetDatum(hft_row_int64(rows - 1, 1, 0));
		SPI_freetuptable(SPI_tuptable);
	}
}

void
hft_survey_run(int64 version, const char *counted_for, HftSurvey *surveys,
			   int n)
{
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext work = AllocSetContextCreate(caller, "hft survey",
											   ALLOCSET_DEFAULT_SIZES);
	Surveying  *surveying;
	int			nrules;

	(void) hft_rules(&nrules);
	for (int i = 0; i < n; i++)
		surveys[i].findings = palloc0(nrules * sizeof(int64));
	MemoryContextSwitchTo(work);
	surveying = begin_survey(counted_for, surveys, n);
	survey_split(surveying, version, HFT_SPLIT_TRAIN);
	survey_split(surveying, version, HFT_SPLIT_VALIDATION);
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(work);
}
