/*-------------------------------------------------------------------------
 *
 * jansson.h
 *	  The JSON library, without the one name the server has, too.
 *
 * json_object() is also an SQL function that the postgres executable
 * exports, and the executable's symbol wins: a call would run the server's
 * function and crash.  hft_json_new() makes an empty object instead.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_JANSSON_H
#define HFT_JANSSON_H

#include <jansson.h>

#pragma GCC poison json_object

/* An empty object; the caller json_decref()s it. */
static inline json_t *
hft_json_new(void)
{
	return json_pack("{}");
}

#endif							/* HFT_JANSSON_H */
