/*-------------------------------------------------------------------------
 *
 * model.h
 *	  Which encoding and which chat format a model uses, as data.
 *
 * A name may be an encoding ("o200k_base"), a base model of any platform
 * ("gpt-4o-mini-2024-07-18", "Qwen/Qwen3.5-9B") or a tuned model
 * ("ft:gpt-4o-mini-2024-07-18:org::id").  The meaning of a built-in name
 * never changes within a version of the extension, which is what allows
 * counting functions to be immutable.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_TOKENIZER_MODEL_H
#define HFT_TOKENIZER_MODEL_H

#include <stdbool.h>
#include <stddef.h>

#include "tokenizer/image.h"

/* How a platform renders a conversation; the numbers are in chat.c. */
typedef enum HftChatRule
{
	HFT_CHAT_NONE,				/* the bare text of the messages */
	HFT_CHAT_OPENAI,			/* gpt-4o and newer */
	HFT_CHAT_OPENAI_OLD,		/* gpt-3.5-turbo, gpt-4: other tool constant */
	HFT_CHAT_HARMONY,			/* gpt-oss */
	HFT_CHAT_LLAMA3,
	HFT_CHAT_QWEN2_5,
	HFT_CHAT_QWEN3,
	HFT_CHAT_GEMMA,
	HFT_CHAT_DEEPSEEK_V3,
	HFT_CHAT_MISTRAL,
	HFT_NCHAT_RULES
} HftChatRule;

typedef struct HftTokenModel
{
	const char *pattern;		/* '*' matches any run of characters */
	const char *encoding;
	HftChatRule chat;
	HftImageRule images;
	bool		exact;			/* false: what is public is an estimate */
	const char *source;			/* where that is known from */
} HftTokenModel;

/* The rule of a model, NULL when the name matches none. */
extern const HftTokenModel *hft_token_model_find(const char *name,
												 size_t len);

/* All rules, in the order they are tried. */
extern const HftTokenModel *hft_token_model_list(int *n);

/* The known name that is spelled most like this one, NULL if none is near. */
extern const char *hft_token_model_nearest(const char *name, size_t len);

/*
 * Does a pattern, in lower case, cover a name?  Of a pattern taken as a name
 * that asks whether it covers all that the other does.
 */
extern bool hft_token_pattern_match(const char *pattern, const char *name,
									size_t len);

/* Cut "ft:BASE:organization:suffix:id" down to BASE. */
extern void hft_token_base_model(const char **name, size_t *len);

extern const char *hft_chat_rule_name(HftChatRule rule);
extern bool hft_chat_rule_find(const char *name, HftChatRule *rule);

#endif							/* HFT_TOKENIZER_MODEL_H */
