/*-------------------------------------------------------------------------
 *
 * chat.h
 *	  One conversation with a model, in the caller's backend.
 *
 * Include postgres.h first.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_CHAT_H
#define HFT_CHAT_H

#include "provider/outcome.h"

typedef struct HftChatRequest
{
	const char *name;			/* see hft_target_resolve() */
	const char *server;			/* or NULL */
	const char *messages;		/* JSON array, UTF-8 */
	const char *options;		/* JSON object, UTF-8 */
	const char *kind;			/* of the cost: "inference", "evaluation" */
} HftChatRequest;

/* Lives in the current memory context. */
typedef struct HftChatAnswer
{
	const char *text;			/* UTF-8; NULL: the model gave none */
	const char *info;			/* JSON: finish_reason, tool_calls...; or NULL */
	const char *model;			/* as the provider names it */
	int64		input_tokens;	/* HFT_UNKNOWN: not told */
	int64		output_tokens;
	char	   *amount;			/* USD, decimal; NULL: unknown */
	double		seconds;		/* of the request that was answered */
} HftChatAnswer;

/*
 * Ask and book.  Waits for the network, answers interrupts within a second,
 * and gives up after hft.chat_timeout.  The caller's transaction stays open
 * meanwhile: it is the caller's.  ERROR when there is no answer.
 */
extern void hft_chat(const HftChatRequest *request, HftChatAnswer *answer);

#endif							/* HFT_CHAT_H */
