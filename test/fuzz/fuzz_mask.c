/*-------------------------------------------------------------------------
 *
 * fuzz_mask.c
 *	  Whatever surrounds a live secret, masking does not let it through.
 *
 * The secret is planted at a place that the input chooses.  The result must
 * not contain it, must be UTF-8 without control characters, and must keep
 * within its limit.
 *
 *-------------------------------------------------------------------------
 */
#include "base/mask.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define SECRET "sEcReT/0123+fuzz"

/* Length of a character, by RFC 3629; written without a look at mask.c. */
static size_t
character_length(const unsigned char *s, size_t left)
{
	uint32_t	code;
	size_t		length = *s < 0x80 ? 1 : *s < 0xE0 ? 2 : *s < 0xF0 ? 3 : 4;
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};

	if (length == 1)
		return (*s >= 0x20 && *s != 0x7F) || *s == '\n' || *s == '\t';
	if (length > left)
		return 0;
	code = *s & (0x7F >> length);
	for (size_t i = 1; i < length; i++)
	{
		if ((s[i] & 0xC0) != 0x80)
			return 0;
		code = code << 6 | (s[i] & 0x3F);
	}
	if (code < least[length] || code > 0x10FFFF ||
		(code >= 0xD800 && code < 0xE000))
		return 0;
	return length;
}

static void
check_output(const HftBuffer *out)
{
	size_t		at = 0;

	if (out->length > out->limit || strstr(out->data, SECRET) != NULL)
		abort();
	while (at < out->length)
	{
		size_t		length = character_length((unsigned char *) out->data + at,
											  out->length - at);

		if (length == 0)
			abort();
		at += length;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t		place = size > 0 ? data[0] % size : 0;
	size_t		length = strlen(SECRET);
	char	   *text = calloc(1, size + length + 1);
	HftBuffer	out;

	memcpy(text, data, place);
	memcpy(text + place, SECRET, length);
	memcpy(text + place + length, data + place, size - place);
	hft_mask_remember(SECRET);
	hft_buffer_init(&out, size > 1 ? data[1] * 4 : 100);
	hft_mask_text(&out, text, false);
	if (out.data != NULL)
		check_output(&out);
	hft_buffer_free(&out);
	free(text);
	return 0;
}
