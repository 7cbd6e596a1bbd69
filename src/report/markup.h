/*-------------------------------------------------------------------------
 *
 * markup.h
 *	  Text from anywhere, made harmless inside SVG and HTML.
 *
 * Pure C.  Names of jobs and messages of providers are hostile until they
 * passed here; everything else that is written is our own and ASCII, so the
 * result is right in every server encoding that extends ASCII.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_MARKUP_H
#define HFT_MARKUP_H

#include "base/buffer.h"

/*
 * Append "text" (NULL: nothing) so that it is character data, or the value of
 * an attribute in quotes, in both XML and HTML.  What XML cannot hold (control
 * characters, U+FFFE, U+FFFF) becomes a replacement character.
 */
extern void hft_markup_text(HftBuffer *out, const char *text);

/* The same, cut to about "limit" characters with an ellipsis. */
extern void hft_markup_clipped(HftBuffer *out, const char *text,
							   size_t limit);

#endif							/* HFT_MARKUP_H */
