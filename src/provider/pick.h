/*-------------------------------------------------------------------------
 *
 * pick.h
 *	  Reading JSON that a stranger wrote.
 *
 * Parsing is bounded before the parser recurses or allocates (R22, F32), and
 * every member is taken with its type and range checked (R25): what does not
 * fit is absent, never a crash and never a wrong number.  Unknown members
 * are not looked at.
 *
 * All "object" arguments may be NULL or of another type: then everything is
 * absent.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_PICK_H
#define HFT_PICK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "provider/jansson.h"

#define HFT_JSON_DEPTH 32
#define HFT_JSON_VALUES 500000
#define HFT_ID_LIMIT 512		/* bytes of an id (F32) */
#define HFT_TEXT_LIMIT 65536	/* bytes of a text; longer ones are cut */

/*
 * NULL and *problem, a sentence, when the text is no JSON, repeats a key, or
 * passes a limit.  The tokens NaN and Infinity, which are no JSON but occur
 * in metrics, are read as an empty string and so as an absent number.
 * The caller json_decref()s the result.
 */
extern json_t *hft_json_parse(const char *text, size_t length,
							  const char **problem);

/* As above for facts and cursors of our own; NULL gives an empty object. */
extern json_t *hft_json_object(const char *text);

/* Compact text; NULL gives NULL. */
extern char *hft_json_text(HftArena *arena, const json_t *value);

/* NULL when absent; empty and non-printable ids count as absent. */
extern const char *hft_pick_id(HftArena *arena, const json_t *object,
							   const char *key);
extern const char *hft_pick_text(HftArena *arena, const json_t *object,
								 const char *key);

/* Borrowed from the object, for comparing; NULL when it is no string. */
extern const char *hft_pick_word(const json_t *object, const char *key);

/* HFT_UNKNOWN when absent, not integral, or outside [min, max]. */
extern int64_t hft_pick_int(const json_t *object, const char *key,
							int64_t min, int64_t max);

/* A count: zero or more. */
extern int64_t hft_pick_count(const json_t *object, const char *key);

/* Finite, or NAN. */
extern double hft_pick_number(const json_t *object, const char *key);
extern bool hft_pick_bool(const json_t *object, const char *key,
						  bool if_absent);

/* Unix ms of Unix seconds or an RFC 3339 text; HFT_UNKNOWN. */
extern int64_t hft_pick_time(const json_t *object, const char *key);

/* The object or array at "key", borrowed; NULL when it is none. */
extern json_t *hft_pick_object(const json_t *object, const char *key);
extern json_t *hft_pick_array(const json_t *object, const char *key);

/* Its JSON text; NULL when absent or null. */
extern const char *hft_pick_json(HftArena *arena, const json_t *object,
								 const char *key);

#endif							/* HFT_PICK_H */
