/*-------------------------------------------------------------------------
 *
 * fuzz_example.c
 *	  Any text as messages, tools or a column: no crash, and what was built
 *	  is a fixed point.
 *
 * A canonical line that is read and built again must be the same line, hold
 * no raw newline (F50) and be valid UTF-8; every rule and every writer must
 * stand what comes.
 *
 *-------------------------------------------------------------------------
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "example/rule.h"
#include "example/utf8.h"
#include "example/writer.h"

int			LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
ignore(void *arg, const HftRule *rule, const char *message)
{
	if (strlen(message) == 0)
		abort();
}

static void
check_line(const HftBuffer *line)
{
	if (memchr(line->data, '\n', line->length) != NULL ||
		!hft_utf8_valid(line->data, line->length))
		abort();
}

static void
build_again(HftExample *example, const HftBuffer *line)
{
	HftBuffer	again;
	HftRow		row = {0};

	row.column[HFT_COLUMN_MESSAGES] = (HftText) {line->data, line->length};
	hft_buffer_init(&again, 1 << 24);
	if (hft_example_build(example, HFT_METHOD_SFT, &row,
						  &again).status != HFT_EXAMPLE_OK ||
		again.length != line->length ||
		memcmp(again.data, line->data, line->length) != 0)
		abort();
	hft_buffer_free(&again);
}

static void
write_all(const HftBuffer *line)
{
	int			n;
	const HftWriter *writers = hft_writer_list(&n);
	HftBuffer	out;

	hft_buffer_init(&out, 1 << 24);
	for (int i = 0; i < n; i++)
	{
		hft_buffer_reset(&out);
		if (writers[i].write(line->data, line->length, &out) == NULL)
			check_line(&out);
	}
	hft_buffer_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static HftExample example;	/* used again, as for rows */
	HftBuffer	line;
	HftRow		row = {0};
	HftText		text;
	HftMethod	method;
	uint8_t		way;

	if (size == 0)
		return 0;
	way = data[0] % 8;
	text = (HftText) {(const char *) data + 1, size - 1};
	if (way < 4)
		row.column[HFT_COLUMN_MESSAGES] = text;
	else
	{
		row.column[HFT_COLUMN_USER] = text;
		row.column[HFT_COLUMN_ASSISTANT] = (HftText) {"a", 1};
		row.column[HFT_COLUMN_TEXT] = text;
		row.column[way == 4 ? HFT_COLUMN_TOOLS : HFT_COLUMN_WEIGHT] =
			way < 6 ? text : (HftText) {NULL, 0};
	}
	hft_buffer_init(&line, 1 << 24);
	example.ascii = way % 2;
	method = way == 7 ? HFT_METHOD_TEXT : HFT_METHOD_SFT;
	if (hft_example_build(&example, method, &row,
						  &line).status == HFT_EXAMPLE_OK)
	{
		check_line(&line);
		hft_example_check(&example, ignore, NULL);
		build_again(&example, &line);
		write_all(&line);
	}
	hft_buffer_free(&line);
	return 0;
}
