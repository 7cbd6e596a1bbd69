/*-------------------------------------------------------------------------
 *
 * tokens.h
 *	  The tokenizer as the backend sees it: open encodings, errors raised.
 *
 * Include postgres.h first.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_TOKENS_H
#define HFT_TOKENS_H

#include "fmgr.h"

#include "tokenizer/chat.h"

/* How to count for a model; the encoding is open as long as the backend. */
typedef struct HftTokenTarget
{
	HftEncoding *encoding;
	HftChatRule chat;
	HftImageRule images;
	bool		exact;
} HftTokenTarget;

/* ERROR 42704 for an unknown model, or the reason why it cannot be opened. */
extern HftTokenTarget hft_token_target(const char *model, int len);

/*
 * The row of a model: shipped, the administrator's, or of a loaded encoding.
 * Valid as long as the memory context.  NULL, or ERROR 42704, if there is
 * none.
 */
extern const HftTokenModel *hft_token_model_lookup(const char *model,
												   int len);
extern const HftTokenModel *hft_token_model_get(const char *model, int len);

/* Counts what makes other rows apply than before. */
extern uint64 hft_token_generation;

/* ERROR when it is not installed. */
extern HftEncoding *hft_encoding_get(const char *name);
extern bool hft_encoding_is_loaded(const char *name);

/* NULL when its vocabulary is not installed. */
extern HftEncoding *hft_encoding_find(const char *name);

/*
 * The target of argument "argno", kept in fn_extra and looked up anew only
 * when the argument changes.
 */
extern HftTokenTarget hft_token_site(FunctionCallInfo fcinfo, int argno);

/* The text as UTF-8, which is what tokenizers read; no copy if it is that. */
extern char *hft_token_text(text *value, size_t *len);

/*
 * After each step of a scan: answers interrupts, and lets a step that one
 * had stopped be taken again.
 */
extern HftTokenStatus hft_token_pause(HftTokenStatus status);

/* ERROR for a scan that failed. */
extern void hft_token_report(HftTokenStatus status);

/* Tokens of a text in UTF-8; answers interrupts. */
extern int64 hft_tokens_count(HftEncoding *enc, const char *text,
							  size_t len);

#endif							/* HFT_TOKENS_H */
