/*-------------------------------------------------------------------------
 *
 * json.h
 *	  Strict JSON reader onto a flat array of nodes, and compact writer.
 *
 * Pure C.  What jsonb accepts is accepted, nothing else: UTF-8 without
 * exception, no raw control characters in strings, surrogates only in pairs;
 * except that \u0000 is allowed, for lines are never cut at a NUL.  Where an
 * object has a key more than once the last one counts, as in jsonb.
 *
 * A reader is used again and again: after the first rows it allocates
 * nothing.  Nodes point into the text that was read, so that text must live
 * as long as they are looked at; the next parse overwrites them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_JSON_H
#define HFT_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

#define HFT_JSON_MAX_DEPTH	64
#define HFT_JSON_MAX_BYTES	(256 * 1024 * 1024)
#define HFT_JSON_MAX_NODES	(4 * 1024 * 1024)

typedef enum HftJsonStatus
{
	HFT_JSON_OK = 0,
	HFT_JSON_SYNTAX,
	HFT_JSON_ENCODING,			/* no UTF-8, or half a surrogate pair */
	HFT_JSON_TOO_DEEP,
	HFT_JSON_TOO_LARGE,
	HFT_JSON_NO_MEMORY
} HftJsonStatus;

typedef enum HftJsonType
{
	HFT_JSON_NULL,
	HFT_JSON_FALSE,
	HFT_JSON_TRUE,
	HFT_JSON_NUMBER,
	HFT_JSON_STRING, HFT_JSON_ARRAY, HFT_JSON_OBJECT
} HftJsonType;

/*
 * Children follow their parent.  An object's are key, value, key, value...;
 * "span" is the distance to what comes after the value.
 */
typedef struct HftJsonNode
{
	uint8_t		type;
	bool		shadowed;		/* a key that a later one replaces */
	uint32_t	count;			/* of elements or members */
	uint32_t	span;			/* nodes of this value, itself included */
	uint32_t	length;
	const char *text;			/* string: decoded; number: as written */
} HftJsonNode;

typedef struct HftJson
{
	HftJsonNode *nodes;			/* nodes[0] is the whole */
	uint32_t	used;
	uint32_t	room;
	char	   *scratch;		/* strings that had escapes */
	size_t		scratch_size;
	size_t		scratch_used;
	size_t		error_at;		/* byte where reading stopped */
	bool		duplicates;		/* some key was shadowed */
} HftJson;

extern void hft_json_init(HftJson *json);
extern void hft_json_free(HftJson *json);
extern HftJsonStatus hft_json_read(HftJson *json, const char *text,
									size_t length);
extern const char *hft_json_status_text(HftJsonStatus status);

/* Where children begin; NULL when there is no node. */
static inline const HftJsonNode *
hft_json_first(const HftJsonNode *node)
{
	return node ? node + 1 : NULL;
}

/* Value of a key; NULL when absent or "object" is no object (or NULL). */
extern const HftJsonNode *hft_json_member(const HftJsonNode *object,
										  const char *key);
extern bool hft_json_is(const HftJsonNode *node, HftJsonType type);
extern bool hft_json_equals(const HftJsonNode *node, const char *string);

/*
 * How a value is laid out: an object's known keys first, in the order given,
 * the others behind them as they came.  An array hands its shape to its
 * elements.  NULL: as it came.
 */
typedef struct HftJsonShape HftJsonShape;

typedef struct HftJsonKey
{
	const char *name;			/* NULL ends a list */
	const HftJsonShape *shape;	/* of the value */
} HftJsonKey;

#define HFT_JSON_SHAPE_KEYS 8

struct HftJsonShape
{
	HftJsonKey	keys[HFT_JSON_SHAPE_KEYS + 1];
};

extern bool hft_json_write(HftBuffer *out, const HftJsonNode *node,
						   const HftJsonShape *shape, bool ascii);
extern bool hft_json_write_string(HftBuffer *out, const char *text,
								  size_t length, bool ascii);

#endif							/* HFT_JSON_H */
