/*-------------------------------------------------------------------------
 *
 * tool.c
 *	  What the commands hft-vocab and hft-count share.
 *
 *-------------------------------------------------------------------------
 */
#include <stdarg.h>
#include <stdlib.h>

#include "tokenizer/tool/tool.h"

#define READ_BYTES	(1024 * 1024)

void
fail(const char *format,...)
{
	va_list		args;

	fprintf(stderr, "%s: ", tool_name);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

void *
allocate(size_t size)
{
	void	   *memory = calloc(1, size);

	if (memory == NULL)
		fail("out of memory");
	return memory;
}

/* All that is left of a file; there may be more to come than it says. */
char *
read_all(FILE *in, size_t *size)
{
	size_t		room = READ_BYTES;
	char	   *data = allocate(room);

	*size = 0;
	for (;;)
	{
		size_t		n = fread(data + *size, 1, room - *size, in);

		*size += n;
		if (n == 0)
			break;
		if (*size < room)
			continue;
		room *= 2;
		data = realloc(data, room);
		if (data == NULL)
			fail("out of memory");
	}
	return data;
}
