/*-------------------------------------------------------------------------
 *
 * readers.h
 *	  What readers of lines in parts share.
 *
 * Pure C.  Private to the readers.  Gemini and Bedrock both write a message
 * as a list of parts, each of which is an object with one telling key; a
 * format brings the function that says what a part is.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_READERS_H
#define HFT_READERS_H

#include "example/reader.h"

typedef enum HftPartKind
{
	HFT_PART_OTHER,				/* kept as it is, for the rules to find */
	HFT_PART_TEXT,
	HFT_PART_REASONING,
	HFT_PART_CALL,
	HFT_PART_ANSWER,
	HFT_PART_IMAGE				/* inline, or somewhere else */
} HftPartKind;

/* What a part is; only the members of its kind are set. */
typedef struct HftPart
{
	HftPartKind kind;
	const HftJsonNode *text;	/* text, reasoning; of an answer, or NULL */
	const HftJsonNode *id;		/* of a call or what it answers; or NULL */
	const HftJsonNode *name;	/* of the function; or NULL */
	const HftJsonNode *value;	/* arguments; an answer that is no text */
	const HftJsonNode *mime;	/* of an image: "image/png", or its end */
	const HftJsonNode *data;	/* base64; NULL: see url */
	const HftJsonNode *url;
} HftPart;

typedef HftPart (*HftPartLook) (const HftJsonNode *part);

/* The first of two keys that an object has, or NULL. */
extern const HftJsonNode *hft_read_either(const HftJsonNode *object,
										  const char *key,
										  const char *other);

/* ,"key": before every member but an object's first */
extern void hft_read_key(HftBuffer *line, const char *key, bool *first);

/*
 * Append the messages that a turn of parts is: its answers of tools, each a
 * message of its own, then what is said, called and thought.
 */
extern void hft_read_turn(HftReader *reader, HftBuffer *line,
						  const char *role, const HftJsonNode *parts,
						  HftPartLook look, bool *first);

/* Append the members whose keys are not in the list, which ends with NULL. */
extern void hft_read_others(HftBuffer *line, const HftJsonNode *object,
							const char *const *known, bool *first);

/* The formats: append the whole example. */
extern void hft_read_gemini(HftReader *reader, const HftJsonNode *root,
							HftBuffer *line);
extern void hft_read_converse(HftReader *reader, const HftJsonNode *root,
							  HftBuffer *line);

#endif							/* HFT_READERS_H */
