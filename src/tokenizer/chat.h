/*-------------------------------------------------------------------------
 *
 * chat.h
 *	  Tokens of a conversation: contents plus what the platform's chat
 *	  format puts around them.
 *
 * The caller walks its example once and hands over each tool and each
 * message in order:
 *
 *		hft_chat_begin(&count, rule, images, enc);
 *		hft_chat_tool(&count, &tool);			for each tool definition
 *		hft_chat_message(&count, &message);		for each message
 *		hft_chat_end(&count);
 *
 * and then reads tokens and trained_tokens.  Nothing passed in is kept after
 * the call.  Tools and messages return HFT_TOKEN_OK or HFT_TOKEN_NO_MEMORY;
 * hft_chat_end() must be called in both cases: it frees the scratch memory.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_TOKENIZER_CHAT_H
#define HFT_TOKENIZER_CHAT_H

#include "tokenizer/model.h"
#include "tokenizer/tokenizer.h"

/* Text that need not end in NUL; data == NULL says "absent". */
typedef struct HftTokenText
{
	const char *data;
	size_t		len;
} HftTokenText;

typedef struct HftChatCall		/* a function call an assistant made */
{
	HftTokenText name;
	HftTokenText arguments;
} HftChatCall;

typedef struct HftChatMessage
{
	HftTokenText role;
	HftTokenText name;
	const HftTokenText *parts;	/* content: text parts in order */
	int			nparts;
	const HftChatCall *calls;
	int			ncalls;
	const HftImage *images;
	int			nimages;
	bool		trained;		/* an assistant message with weight <> 0 */
} HftChatMessage;

typedef struct HftChatProperty
{
	HftTokenText name;
	HftTokenText type;
	HftTokenText description;
	const HftTokenText *values; /* of its enum */
	int			nvalues;
} HftChatProperty;

typedef struct HftChatTool
{
	HftTokenText name;
	HftTokenText description;
	const HftChatProperty *properties;
	int			nproperties;
	HftTokenText json;			/* the definition as compact JSON */
} HftChatTool;

typedef struct HftChatCount
{
	int64_t		tokens;			/* all: what a platform bills per epoch */
	int64_t		trained_tokens; /* contents and calls of trained messages */
	int64_t		overhead;		/* the part of tokens no message contains */
	bool		exact;			/* false: an image was estimated */
	/* private */
	HftEncoding *enc;
	HftChatRule rule;
	HftImageRule images;
	int			messages;
	int			tools;
	bool		answered;		/* the last message is an assistant's */
	char	   *scratch;
	size_t		scratch_size;
} HftChatCount;

extern void hft_chat_begin(HftChatCount *count, HftChatRule rule,
						   HftImageRule images, HftEncoding *enc);
extern HftTokenStatus hft_chat_tool(HftChatCount *count,
									const HftChatTool *tool);
extern HftTokenStatus hft_chat_message(HftChatCount *count,
									   const HftChatMessage *message);
extern void hft_chat_end(HftChatCount *count);

#endif							/* HFT_TOKENIZER_CHAT_H */
