/*-------------------------------------------------------------------------
 *
 * internal.h
 *	  An open encoding, and the way of a text through it.
 *
 * A kernel splits the text into a batch of pieces and asks the cache for the
 * number of tokens of each; it is there once per instruction set.  For what
 * the cache does not know, word.c tells whether a piece is a token as it
 * stands, merge.c builds tokens out of bytes where it is not, and cut.c
 * shortens the long pieces that merge.c sees.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_TOKENIZER_INTERNAL_H
#define HFT_TOKENIZER_INTERNAL_H

#include "tokenizer/cut.h"
#include "tokenizer/token_cache.h"
#include "tokenizer/vocab.h"

#define HFT_BATCH_PIECES	448
#define HFT_BLOCK_BYTES		64	/* a kernel looks at so many at once */

/* Piece boundaries: piece i is start[i] .. end[i], from "base". */
typedef struct HftBatch
{
	const uint8_t *base;
	const uint8_t *limit;		/* end of what may be read */
	int			n;
	int			nmissing;		/* pieces the cache did not know */
	uint32_t   *end;			/* start + 1 where pieces are neighbours */
	uint32_t	start[HFT_BATCH_PIECES + HFT_BLOCK_BYTES + 1];
	uint16_t	missing[HFT_BATCH_PIECES];
} HftBatch;

/* Fill a batch from "text" on; returns where the next one starts. */
typedef const uint8_t *(*HftSplitBatch) (const HftVocab *vocab,
										 const uint8_t *text,
										 const uint8_t *end,
										 HftBatch *batch);

typedef struct HftKernel
{
	const char *name;
	bool		(*usable) (void);
	HftSplitBatch split[HFT_NSPLITS];

	/* tokens of the pieces the cache knows; lists the others as missing */
	int64_t		(*probe) (const HftCache *cache, HftBatch *batch);
} HftKernel;

struct HftEncoding
{
	HftVocab	vocab;
	size_t		map_size;
	const HftKernel *kernel;
	HftMergeSpace space;
	HftCutMemo	cuts;
	HftRewrite	rewrite;
	HftCache	cache;
	HftWideCache wide_cache;
	HftLongCache long_cache;
	HftTokenCache token_cache;
	HftBatch	batch;
	HftBatch	parts;			/* of long pieces in the batch */
	uint32_t	part_end[HFT_BATCH_PIECES + HFT_BLOCK_BYTES];
};

/* kernel.c: the best that runs here, or by name for tests; may be NULL */
extern const HftKernel *hft_kernel_find(const char *name);
extern const HftKernel hft_kernel_none;
extern const HftKernel hft_kernel_avx2;
extern const HftKernel hft_kernel_avx512;

/* scan.c: a batch is not below 0, or what hft_merge() failed with */
typedef int64_t (*HftTakeBatch) (HftTokenScan *scan, const uint8_t *end,
								 void *context);
typedef void (*HftTakeAdded) (HftTokenScan *scan, const HftVocabExtra *added,
							  void *context);
extern void hft_scan_split(HftTokenScan *scan, const uint8_t *end);
extern HftTokenStatus hft_scan_advance(HftTokenScan *scan, size_t bytes,
									   HftTakeBatch take_batch,
									   HftTakeAdded take_added,
									   void *context);

/* unknown.c: tokens of the missing pieces, which a line can hold */
extern int64_t hft_count_unknown(HftEncoding *enc, HftBatch *batch);

/* split.c */
extern const uint8_t *hft_split_batch(const HftVocab *vocab,
									  const uint8_t *text,
									  const uint8_t *end, HftBatch *batch);

#endif							/* HFT_TOKENIZER_INTERNAL_H */
