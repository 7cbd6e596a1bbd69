/*-------------------------------------------------------------------------
 *
 * buffer.c
 *	  Growable byte buffer whose limit is fixed when it is made.
 *
 *-------------------------------------------------------------------------
 */
#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUFFER_MIN 256

void
hft_buffer_init(HftBuffer *buffer, size_t limit)
{
	memset(buffer, 0, sizeof(*buffer));
	buffer->limit = limit;
}

void
hft_buffer_free(HftBuffer *buffer)
{
	free(buffer->data);
	hft_buffer_init(buffer, buffer->limit);
}

void
hft_buffer_reset(HftBuffer *buffer)
{
	buffer->length = 0;
	buffer->failed = false;
	if (buffer->data != NULL)
		buffer->data[0] = '\0';
}

/* Make room for "more" bytes and the terminator. */
bool
hft_buffer_reserve(HftBuffer *buffer, size_t more)
{
	size_t		capacity;
	char	   *data;

	if (buffer->failed || more > buffer->limit - buffer->length)
	{
		buffer->failed = true;
		return false;
	}
	if (buffer->length + more < buffer->capacity)
		return true;
	capacity = buffer->capacity ? buffer->capacity * 2 : BUFFER_MIN;
	if (capacity < buffer->length + more + 1)
		capacity = buffer->length + more + 1;
	data = realloc(buffer->data, capacity);
	if (data == NULL)
	{
		buffer->failed = true;
		return false;
	}
	buffer->data = data;
	buffer->capacity = capacity;
	return true;
}

bool
hft_buffer_append(HftBuffer *buffer, const void *data, size_t length)
{
	if (!hft_buffer_reserve(buffer, length))
		return false;
	if (length > 0)
		memcpy(buffer->data + buffer->length, data, length);
	buffer->length += length;
	buffer->data[buffer->length] = '\0';
	return true;
}

bool
hft_buffer_puts(HftBuffer *buffer, const char *string)
{
	return hft_buffer_append(buffer, string, strlen(string));
}

bool
hft_buffer_putc(HftBuffer *buffer, char byte)
{
	return hft_buffer_append(buffer, &byte, 1);
}

bool
hft_buffer_printf(HftBuffer *buffer, const char *format, ...)
{
	va_list		args;
	int			length;

	va_start(args, format);
	length = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (length < 0)
		buffer->failed = true;
	if (length < 0 || !hft_buffer_reserve(buffer, (size_t) length))
		return false;
	va_start(args, format);
	vsnprintf(buffer->data + buffer->length, (size_t) length + 1, format,
			  args);
	va_end(args);
	buffer->length += (size_t) length;
	return true;
}
