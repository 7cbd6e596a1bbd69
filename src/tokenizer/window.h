/*-------------------------------------------------------------------------
 *
 * window.h
 *	  Merging pieces of any length in linear time: see window.c.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_TOKENIZER_WINDOW_H
#define HFT_TOKENIZER_WINDOW_H

#include "tokenizer/vocab.h"

/* Takes tokens of a piece, in their order. */
typedef void (*HftTakeSymbols) (void *context, const uint32_t *symbol,
								int64_t n);

/* Forgets all tokens of the piece that it was given. */
typedef void (*HftDropSymbols) (void *context);

typedef struct HftSymbolSink
{
	HftTakeSymbols take;
	HftDropSymbols drop;
	void	   *context;
} HftSymbolSink;

/*
 * As hft_merge(), but the tokens go to the sink, unless that is NULL.  A
 * failure leaves there what had been taken.
 */
extern int64_t hft_merge_piece(const HftVocab *vocab, HftMergeSpace *space,
							   const uint8_t *piece, size_t len,
							   const HftSymbolSink *sink);

#endif							/* HFT_TOKENIZER_WINDOW_H */
