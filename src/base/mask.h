/*-------------------------------------------------------------------------
 *
 * mask.h
 *	  Keep secrets out of texts (R41, F73): the pure part of redaction.
 *
 * Pure C.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_MASK_H
#define HFT_MASK_H

#include "base/buffer.h"

#define HFT_MASK "****"

/*
 * Remember a secret of this process; it is masked from now on.  Secrets of
 * fewer than four bytes are not kept: masking them would blot out any text.
 * Idempotent.  False when memory is exhausted.
 */
extern bool hft_mask_remember(const char *secret);

/* Wipe and forget one of them, which is worth nothing any more. */
extern void hft_mask_drop(const char *secret);

/* Wipe and forget all of them. */
extern void hft_mask_forget(void);

/*
 * Append "text" to "out" with secrets masked, control characters turned into
 * spaces, and what is not UTF-8 replaced.  With "ascii" every character
 * beyond ASCII becomes a question mark.  Stops, between characters, where
 * "out" is full; its failed flag tells that something was cut off.
 */
extern void hft_mask_text(HftBuffer *out, const char *text, bool ascii);

#endif							/* HFT_MASK_H */
