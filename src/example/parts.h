/*-------------------------------------------------------------------------
 *
 * parts.h
 *	  The parts of an example by name: roles, keys, texts.
 *
 * Pure C.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_PARTS_H
#define HFT_PARTS_H

#include "example/json.h"

typedef enum HftRole
{
	HFT_ROLE_MISSING,
	HFT_ROLE_UNKNOWN,
	HFT_ROLE_SYSTEM,
	HFT_ROLE_DEVELOPER,
	HFT_ROLE_USER,
	HFT_ROLE_ASSISTANT,
	HFT_ROLE_TOOL,
	HFT_ROLE_FUNCTION
} HftRole;

/* In the order of the canonical form. */
typedef enum HftMessageKey
{
	HFT_KEY_ROLE,
	HFT_KEY_NAME,
	HFT_KEY_CONTENT,
	HFT_KEY_TOOL_CALLS,
	HFT_KEY_TOOL_CALL_ID,
	HFT_KEY_WEIGHT,
	HFT_KEY_FUNCTION_CALL,
	HFT_KEY_REFUSAL,
	HFT_KEY_REASONING,
	HFT_KEY_REASONING_CONTENT,
	HFT_KEY_COUNT
} HftMessageKey;

typedef struct HftMessage
{
	const HftJsonNode *node;	/* NULL: made from a column */
	HftRole		role;
	const HftJsonNode *key[HFT_KEY_COUNT];	/* NULL: absent */
} HftMessage;

typedef enum HftTopKey
{
	HFT_TOP_MESSAGES,
	HFT_TOP_TEXT,
	HFT_TOP_TOOLS,
	HFT_TOP_PARALLEL_TOOL_CALLS,
	HFT_TOP_FUNCTIONS,
	HFT_TOP_WEIGHT,
	HFT_TOP_COUNT
} HftTopKey;

extern const char *hft_message_key_name(HftMessageKey key);
extern const char *hft_role_name(HftRole role);
extern const HftJsonShape hft_shape_content;
extern const HftJsonShape hft_shape_tools;

/* An assistant's message whose weight is not 0. */
extern bool hft_message_trained(const HftMessage *message);

/* The texts of a message's content: itself, or its text parts in order. */
typedef struct HftTexts
{
	const HftJsonNode *at;
	uint32_t	left;
	bool		parts;
} HftTexts;

extern HftTexts hft_texts(const HftJsonNode *content);
extern const HftJsonNode *hft_texts_next(HftTexts *texts);

#endif							/* HFT_PARTS_H */
