/*-------------------------------------------------------------------------
 *
 * report_sql.c
 *	  SQL functions that draw: sparkline, loss_svg, report.
 *
 * Everything is read as the caller, under row-level security: a job that is
 * not visible does not exist.  First all is collected in palloc'd memory,
 * then drawn by pure code into one buffer, which a callback of the memory
 * context frees if the last step should fail.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "report/page.h"
#include "report/report_query.h"
#include "report/sparkline.h"

#define DRAWING_LIMIT (64 * 1024 * 1024)
#define MAX_TABLES 16

PG_FUNCTION_INFO_V1(hft_sql_sparkline);
PG_FUNCTION_INFO_V1(hft_sql_loss_svg);
PG_FUNCTION_INFO_V1(hft_sql_report);

/* --------------------------------------------------------------- drawing */

static void
free_drawing(void *buffer)
{
	hft_buffer_free(buffer);
}

/* A buffer that lives as long as the current memory context. */
static HftBuffer *
make_drawing(void)
{
	MemoryContextCallback *callback = palloc(sizeof(*callback));
	HftBuffer  *buffer = palloc(sizeof(*buffer));

	hft_buffer_init(buffer, DRAWING_LIMIT);
	callback->func = free_drawing;
	callback->arg = buffer;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, callback);
	return buffer;
}

static Datum
return_drawing(HftBuffer *buffer)
{
	text	   *result;

	if (buffer->failed)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("drawing is larger than %d bytes", DRAWING_LIMIT)));
	result = cstring_to_text_with_len(buffer->data ? buffer->data : "",
									  buffer->length);
	hft_buffer_free(buffer);
	PG_RETURN_TEXT_P(result);
}

/* ------------------------------------------------------------- collecting */

/* Run a query with the job as $1; the rows are in SPI_tuptable. */
static uint64
ask(const char *query, int64 job)
{
	Oid			types[1] = {INT8OID};
	Datum		values[1] = {Int64GetDatum(job)};
	int			code = SPI_execute_with_args(query, 1, types, values, NULL,
											 true, 0);

	if (code != SPI_OK_SELECT)
		elog(ERROR, "could not run \"%s\": %s", query,
			 SPI_result_code_string(code));
	return SPI_processed;
}

/* A cell as text, palloc'd; NULL when it is null. */
static const char *
cell_text(uint64 row, int column)
{
	return SPI_getvalue(SPI_tuptable->vals[row], SPI_tuptable->tupdesc,
						column);
}

/* A float8 cell; NaN when it is null. */
static double
cell_number(uint64 row, int column)
{
	bool		isnull;
	Datum		value = SPI_getbinval(SPI_tuptable->vals[row],
									  SPI_tuptable->tupdesc, column, &isnull);

	return isnull ? NAN : DatumGetFloat8(value);
}

/* A bigint cell that is never null, as a number to draw with. */
static double
cell_step(uint64 row)
{
	bool		isnull;
	Datum		value = SPI_getbinval(SPI_tuptable->vals[row],
									  SPI_tuptable->tupdesc, 1, &isnull);

	return (double) DatumGetInt64(value);
}

/* Take the rows of one curve: those where "column" is not null. */
static HftCurve
take_curve(uint64 rows, int column)
{
	HftCurve	curve = {palloc_array(HftPoint, rows), 0};

	for (uint64 row = 0; row < rows; row++)
	{
		HftPoint   *point = &curve.points[curve.n];

		point->step = cell_step(row);
		point->value = cell_number(row, column);
		if (!isnan(point->value))
			curve.n++;
	}
	return curve;
}

static HftCurve
load_checkpoints(int64 job)
{
	uint64		rows = ask(hft_report_checkpoints, job);
	HftCurve	curve = {palloc_array(HftPoint, rows), rows};

	for (uint64 row = 0; row < rows; row++)
		curve.points[row].step = cell_step(row);
	return curve;
}

/* Head of the page and the chart; ERROR when the job is not visible. */
static void
load_head(int64 job, HftPage *page, HftLossChart *chart)
{
	uint64		rows;

	if (ask(hft_report_head, job) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("job %lld does not exist", (long long) job)));
	page->title = cell_text(0, 1);
	page->subtitle = cell_text(0, 2);
	page->state = cell_text(0, 3);
	page->alert = cell_text(0, 4);
	page->advice = cell_text(0, 5);
	page->footer = cell_text(0, 6);
	page->chart = chart;
	chart->id = job;
	chart->title = page->title;
	chart->subtitle = page->subtitle;

	rows = ask(hft_report_loss, job);
	chart->train = take_curve(rows, 2);
	chart->valid = take_curve(rows, 3);
	chart->full_valid = take_curve(rows, 4);
	chart->checkpoints = load_checkpoints(job);
}

static void
load_tiles(int64 job, HftPage *page)
{
	uint64		rows = ask(hft_report_tiles, job);
	HftTile    *tiles = palloc_array(HftTile, rows);

	for (uint64 row = 0; row < rows; row++)
	{
		tiles[row].label = cell_text(row, 1);
		tiles[row].value = cell_text(row, 2);
		tiles[row].note = cell_text(row, 3);
	}
	page->tiles = tiles;
	page->ntiles = rows;
}

/* "2 d 3 h", "12 min 4 s", "0.8 s": the two largest units */
static char *
describe_duration(double seconds)
{
	int64		whole = (int64) seconds;

	if (seconds < 10)
		return psprintf("%.1f s", seconds);
	if (whole < 60)
		return psprintf("%d s", (int) whole);
	if (whole < 3600)
		return psprintf("%d min %d s", (int) (whole / 60),
						(int) (whole % 60));
	if (whole < 86400)
		return psprintf("%d h %d min", (int) (whole / 3600),
						(int) (whole % 3600 / 60));
	return psprintf("%lld d %d h", (long long) (whole / 86400),
					(int) (whole % 86400 / 3600));
}

static void
load_phases(int64 job, HftPage *page)
{
	uint64		rows = ask(hft_report_phases, job);
	HftPhase   *phases = palloc_array(HftPhase, rows);

	for (uint64 row = 0; row < rows; row++)
	{
		phases[row].name = cell_text(row, 1);
		phases[row].seconds = cell_number(row, 2);
		phases[row].duration = describe_duration(phases[row].seconds);
		phases[row].colour = atoi(cell_text(row, 3));
	}
	page->phases = phases;
	page->nphases = rows;
}

/* Numbers stand to the right: everything that looks like one does. */
static bool
column_is_numeric(const char *const *cells, uint64 rows, int ncolumns,
				  int column)
{
	bool		any = false;

	for (uint64 row = 0; row < rows; row++)
	{
		const char *cell = cells[row * ncolumns + column];

		if (cell == NULL)
			continue;
		if (cell[strspn(cell, "0123456789.,$-")] != '\0')
			return false;
		any = true;
	}
	return any;
}

static void
load_table(int64 job, const HftReportTable *source, HftTable *table)
{
	uint64		rows = ask(source->query, job);
	int			ncolumns = SPI_tuptable->tupdesc->natts;
	const char **headers = palloc_array(const char *, ncolumns);
	const char **cells = palloc_array(const char *, rows * ncolumns);
	bool	   *numeric = palloc_array(bool, ncolumns);

	for (uint64 row = 0; row < rows; row++)
	{
		for (int i = 0; i < ncolumns; i++)
			cells[row * ncolumns + i] = cell_text(row, i + 1);
	}
	for (int i = 0; i < ncolumns; i++)
	{
		headers[i] = SPI_fname(SPI_tuptable->tupdesc, i + 1);
		numeric[i] = column_is_numeric(cells, rows, ncolumns, i);
	}
	table->title = source->title;
	table->wide = source->wide;
	table->ncolumns = ncolumns;
	table->headers = headers;
	table->numeric = numeric;
	table->nrows = rows;
	table->cells = cells;
}

static void
load_tables(int64 job, HftPage *page)
{
	HftTable   *tables = palloc0_array(HftTable, MAX_TABLES);

	page->tables = tables;
	while (hft_report_tables[page->ntables].title != NULL)
	{
		Assert(page->ntables < MAX_TABLES);
		load_table(job, &hft_report_tables[page->ntables],
				   &tables[page->ntables]);
		page->ntables++;
	}
}

/* --------------------------------------------------------- SQL functions */

Datum
hft_sql_loss_svg(PG_FUNCTION_ARGS)
{
	MemoryContext caller = CurrentMemoryContext;
	HftPage		page = {0};
	HftLossChart chart = {0};
	HftBuffer  *drawing = make_drawing();

	SPI_connect();
	load_head(PG_GETARG_INT64(0), &page, &chart);
	hft_loss_chart(drawing, &chart);
	SPI_finish();
	MemoryContextSwitchTo(caller);
	return return_drawing(drawing);
}

Datum
hft_sql_report(PG_FUNCTION_ARGS)
{
	MemoryContext caller = CurrentMemoryContext;
	int64		job = PG_GETARG_INT64(0);
	HftPage		page = {0};
	HftLossChart chart = {0};
	HftBuffer  *drawing = make_drawing();

	SPI_connect();
	load_head(job, &page, &chart);
	chart.title = "Loss";		/* the page above says whose */
	chart.subtitle = "by training step";
	load_tiles(job, &page);
	load_phases(job, &page);
	load_tables(job, &page);
	hft_page(drawing, &page);
	SPI_finish();
	MemoryContextSwitchTo(caller);
	return return_drawing(drawing);
}

Datum
hft_sql_sparkline(PG_FUNCTION_ARGS)
{
	const HftSparkStyle *style = GetDatabaseEncoding() == PG_UTF8
		? &hft_spark_blocks : &hft_spark_ascii;
	HftBuffer  *line;
	Datum	   *items;
	bool	   *nulls;
	double	   *values;
	int			n;
	int			width;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	width = PG_ARGISNULL(1) ? 0 : PG_GETARG_INT32(1);
	if (width < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("width must not be negative")));
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(0), FLOAT8OID, sizeof(float8),
					  FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &items, &nulls, &n);
	values = palloc_array(double, n);
	for (int i = 0; i < n; i++)
		values[i] = nulls[i] ? NAN : DatumGetFloat8(items[i]);
	line = make_drawing();
	hft_sparkline(line, style, values, n, width);
	return return_drawing(line);
}
