/*-------------------------------------------------------------------------
 *
 * markup.c
 *	  Text from anywhere, made harmless inside SVG and HTML.
 *
 *-------------------------------------------------------------------------
 */
#include "report/markup.h"

#include <stdint.h>
#include <string.h>

#define REPLACEMENT "&#xFFFD;"

/* What to write instead of the byte, or NULL when it may stand. */
static const char *
substitute_for(unsigned char byte)
{
	switch (byte)
	{
		case '&':
			return "&amp;";
		case '<':
			return "&lt;";
		case '>':
			return "&gt;";
		case '"':
			return "&quot;";
		case '\'':
			return "&#39;";
		case '\t':
		case '\n':
		case '\r':
			return NULL;
		default:
			return byte < 0x20 || byte == 0x7f ? REPLACEMENT : NULL;
	}
}

/* U+FFFE and U+FFFF are UTF-8 and yet no XML. */
static bool
is_noncharacter(const unsigned char *at)
{
	return at[0] == 0xef && at[1] == 0xbf && (at[2] & 0xfe) == 0xbe;
}

static void
append_escaped(HftBuffer *out, const char *text, size_t length)
{
	const unsigned char *at = (const unsigned char *) text;
	const unsigned char *end = at + length;

	while (at < end)
	{
		const char *instead = substitute_for(*at);

		if (instead != NULL)
			hft_buffer_puts(out, instead);
		else if (end - at >= 3 && is_noncharacter(at))
		{
			hft_buffer_puts(out, REPLACEMENT);
			at += 2;
		}
		else
			hft_buffer_putc(out, (char) *at);
		at++;
	}
}

void
hft_markup_text(HftBuffer *out, const char *text)
{
	if (text != NULL)
		append_escaped(out, text, strlen(text));
}

void
hft_markup_clipped(HftBuffer *out, const char *text, size_t limit)
{
	size_t		length = 0;

	if (text == NULL)
		return;
	/* bytes that continue a UTF-8 character do not count */
	while (text[length] != '\0' && limit > 0)
	{
		length++;
		while (((uint8_t) text[length] & 0xc0) == 0x80)
			length++;
		limit--;
	}
	append_escaped(out, text, length);
	if (text[length] != '\0')
		hft_buffer_puts(out, "&#x2026;");
}
