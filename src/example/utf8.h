/*-------------------------------------------------------------------------
 *
 * utf8.h
 *	  What is valid UTF-8: no overlong forms, no surrogates, nothing above
 *	  U+10FFFF.
 *
 * Pure C.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_UTF8_H
#define HFT_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Length of the character at "text", 0 when there is no valid one. */
extern int	hft_utf8_char(const unsigned char *text,
						  const unsigned char *end);
extern bool hft_utf8_valid(const char *text, size_t length);

#endif							/* HFT_UTF8_H */
