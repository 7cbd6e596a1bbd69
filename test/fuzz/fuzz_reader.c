/*-------------------------------------------------------------------------
 *
 * fuzz_reader.c
 *	  Any line of any platform: no crash, and what is read is an example.
 *
 * What the reader takes must be UTF-8, and the example must be read again;
 * every writer must stand it, and what a writer wrote must be read.
 *
 *-------------------------------------------------------------------------
 */
#include <stdint.h>
#include <stdlib.h>

#include "example/example.h"
#include "example/reader.h"
#include "example/writer.h"

int			LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static HftReader reader;		/* used again, as for rows */
static HftExample example;

/* Read and build; false when it is no example. */
static bool
take(const char *text, size_t length, HftBuffer *line)
{
	HftBuffer	read;
	HftRow		row = {0};
	bool		taken = false;

	hft_buffer_init(&read, 1 << 24);
	hft_buffer_reset(line);
	if (hft_reader_read(&reader, text, length, &read) == NULL)
	{
		HftExampleStatus status;

		row.column[HFT_COLUMN_MESSAGES] = (HftText) {read.data, read.length};
		status = hft_example_build(&example, HFT_METHOD_SFT, &row,
								   line).status;
		taken = status == HFT_EXAMPLE_OK;
		if (status == HFT_EXAMPLE_ENCODING)
			abort();
	}
	hft_buffer_free(&read);
	return taken;
}

static void
write_and_read(const HftWriter *writer, const HftBuffer *line)
{
	HftBuffer	written;
	HftBuffer	back;

	hft_buffer_init(&written, 1 << 24);
	hft_buffer_init(&back, 1 << 24);
	if (writer->write(line->data, line->length, &written) == NULL &&
		!take(written.data, written.length, &back))
		abort();
	hft_buffer_free(&written);
	hft_buffer_free(&back);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	HftBuffer	line;
	HftBuffer	again;
	int			n;
	const HftWriter *writers = hft_writer_list(&n);

	if (reader.text.limit == 0)
		hft_reader_init(&reader);
	hft_buffer_init(&line, 1 << 24);
	hft_buffer_init(&again, 1 << 24);
	if (take((const char *) data, size, &line))
	{
		if (!take(line.data, line.length, &again))
			abort();
		for (int i = 0; i < n; i++)
			write_and_read(&writers[i], &line);
	}
	hft_buffer_free(&line);
	hft_buffer_free(&again);
	return 0;
}
