/*-------------------------------------------------------------------------
 *
 * reading.c
 *	  An example that somebody holds in his hands, in any shape we read.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "utils/memutils.h"

#include "compat.h"
#include "dataset/reading.h"
#include "provider/provider.h"

static void
release(void *arg)
{
	HftReading *reading = arg;

	hft_reader_free(&reading->reader);
	hft_example_free(&reading->example);
	hft_buffer_free(&reading->read);
	hft_buffer_free(&reading->canonical);
}

HftReading *
hft_reading_make(void)
{
	HftReading *reading = palloc0(sizeof(HftReading));

	hft_reader_init(&reading->reader);
	hft_example_init(&reading->example);
	reading->example.ascii = GetDatabaseEncoding() != PG_UTF8;
	hft_buffer_init(&reading->read, HFT_JSON_MAX_BYTES);
	hft_buffer_init(&reading->canonical, HFT_JSON_MAX_BYTES);
	initStringInfo(&reading->json);
	reading->cleanup.func = release;
	reading->cleanup.arg = reading;
	MemoryContextRegisterResetCallback(CurrentMemoryContext,
									   &reading->cleanup);
	return reading;
}

pg_noreturn static void
refuse(const char *why)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
			 errmsg("the value cannot become an example: %s", why)));
}

void
hft_reading_take(HftReading *reading, Jsonb *value)
{
	HftRow		row = {0};
	HftExampleProblem problem;
	const char *unread;
	char	   *text;

	resetStringInfo(&reading->json);
	(void) JsonbToCString(&reading->json, &value->root, VARSIZE(value));
	text = pg_server_to_any(reading->json.data, reading->json.len, PG_UTF8);
	hft_buffer_reset(&reading->read);
	unread = hft_reader_read(&reading->reader, text,
							 text == reading->json.data ?
							 reading->json.len : strlen(text),
							 &reading->read);
	if (unread != NULL)
		refuse(unread);
	row.column[HFT_COLUMN_MESSAGES] =
		(HftText) {reading->read.data, reading->read.length};
	hft_buffer_reset(&reading->canonical);
	problem = hft_example_build(&reading->example, HFT_METHOD_SFT, &row,
								&reading->canonical);
	if (problem.status != HFT_EXAMPLE_OK)
		refuse(problem.text);
}

const HftWriter *
hft_format_get(const char *name)
{
	const HftWriter *writer = hft_writer_lookup(name);
	const HftProvider *provider = hft_provider_lookup(name);

	if (writer == NULL && provider != NULL)
		writer = hft_writer_lookup(provider->format);
	if (writer == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown format \"%s\"", name),
				 errhint("SELECT name, format FROM hft.providers() lists them; a platform's name stands for its format.")));
	return writer;
}
