/*-------------------------------------------------------------------------
 *
 * writer.c
 *	  The training-file formats there are.
 *
 *-------------------------------------------------------------------------
 */
#include "example/writer.h"

#include <string.h>

#include "example/writers.h"

static const char *
write_identity(const char *body, size_t length, HftBuffer *line)
{
	return hft_buffer_append(line, body, length) ? NULL : "out of memory";
}

static const HftWriter writers[] = {
	{"openai", true, write_identity},
	{"together", false, hft_write_together},
	{"gemini", false, hft_write_gemini},
	{"bedrock", false, hft_write_bedrock},
	{"bedrock_prompt", false, hft_write_bedrock_prompt},
	{"bedrock_claude", false, hft_write_bedrock_claude}
};

const HftWriter *
hft_writer_lookup(const char *format)
{
	for (size_t i = 0; i < sizeof(writers) / sizeof(writers[0]); i++)
		if (strcmp(writers[i].format, format) == 0)
			return &writers[i];
	return NULL;
}

const HftWriter *
hft_writer_list(int *n)
{
	*n = sizeof(writers) / sizeof(writers[0]);
	return writers;
}
