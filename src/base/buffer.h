/*-------------------------------------------------------------------------
 *
 * buffer.h
 *	  Growable byte buffer whose limit is fixed when it is made.
 *
 * Pure C.  A buffer that would pass its limit, or that malloc refuses,
 * keeps what it has, turns failed and stays failed until reset, so a chain
 * of appends needs one check at its end.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_BUFFER_H
#define HFT_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

typedef struct HftBuffer
{
	char	   *data;			/* always NUL-terminated once allocated */
	size_t		length;
	size_t		capacity;
	size_t		limit;			/* most bytes of content */
	bool		failed;
} HftBuffer;

extern void hft_buffer_init(HftBuffer *buffer, size_t limit);
extern void hft_buffer_free(HftBuffer *buffer);
extern void hft_buffer_reset(HftBuffer *buffer);	/* keeps the memory */
extern bool hft_buffer_reserve(HftBuffer *buffer, size_t more);
extern bool hft_buffer_append(HftBuffer *buffer, const void *data,
							  size_t length);
extern bool hft_buffer_puts(HftBuffer *buffer, const char *string);
extern bool hft_buffer_putc(HftBuffer *buffer, char byte);
extern bool hft_buffer_printf(HftBuffer *buffer, const char *format, ...)
			__attribute__((format(printf, 2, 3)));

#endif							/* HFT_BUFFER_H */
