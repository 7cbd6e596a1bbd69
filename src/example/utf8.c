/*-------------------------------------------------------------------------
 *
 * utf8.c
 *	  What is valid UTF-8, as Unicode defines it.
 *
 *-------------------------------------------------------------------------
 */
#include "example/utf8.h"

#include <stdint.h>
#include <string.h>

#define HIGHS	UINT64_C(0x8080808080808080)

static bool
is_continuation(unsigned char byte)
{
	return (byte & 0xC0) == 0x80;
}

int
hft_utf8_char(const unsigned char *text, const unsigned char *end)
{
	size_t		left = end - text;

	if (left >= 1 && text[0] < 0x80)
		return 1;
	if (left < 2 || !is_continuation(text[1]))
		return 0;
	if (text[0] >= 0xC2 && text[0] <= 0xDF)
		return 2;
	if (left < 3 || !is_continuation(text[2]))
		return 0;
	if ((text[0] & 0xF0) == 0xE0)
		/* neither overlong nor a surrogate */
		return (text[0] == 0xE0 && text[1] < 0xA0) ||
			(text[0] == 0xED && text[1] > 0x9F) ? 0 : 3;
	if (left < 4 || !is_continuation(text[3]))
		return 0;
	if (text[0] < 0xF0 || text[0] > 0xF4 ||
		(text[0] == 0xF0 && text[1] < 0x90) ||
		(text[0] == 0xF4 && text[1] > 0x8F))
		return 0;
	return 4;
}

bool
hft_utf8_valid(const char *text, size_t length)
{
	const unsigned char *at = (const unsigned char *) text;
	const unsigned char *end = at + length;

	while (at < end)
	{
		uint64_t	word;
		int			step;

		if (end - at >= 8)
		{
			memcpy(&word, at, 8);
			if ((word & HIGHS) == 0)
			{
				at += 8;
				continue;
			}
		}
		step = hft_utf8_char(at, end);
		if (step == 0)
			return false;
		at += step;
	}
	return true;
}
