/*-------------------------------------------------------------------------
 *
 * seal.h
 *	  A version in the making: its examples go into hft.example, its splits
 *	  are counted and hashed.
 *
 * Include postgres.h first.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_SEAL_H
#define HFT_SEAL_H

#include "common/sha2.h"

#include "example/draw.h"

typedef struct HftSeal HftSeal;

typedef struct HftSplitTotal
{
	int64		rows;
	int64		tokens;
	int64		trained_tokens;
	int64		longest;
	int64		bytes;			/* of the file: lines with their newlines */
	uint8		sha256[PG_SHA256_DIGEST_LENGTH];	/* of the file */
} HftSplitTotal;

typedef struct HftTotals
{
	HftSplitTotal split[HFT_SPLIT_COUNT];
	uint8		sha256[PG_SHA256_DIGEST_LENGTH];	/* of the splits' hashes */
} HftTotals;

typedef struct HftLine
{
	HftSplitKind split;
	int32		tokens;
	int32		trained_tokens;
	Datum		source_key;		/* text; 0: none */
	struct varlena *body;		/* canonical line without newline */
} HftLine;

/* "splits": the Datums of the enum hft.split, in order */
extern HftSeal *hft_seal_begin(int64 version, const Datum *splits);

/* n that the next example of the split gets */
extern int64 hft_seal_next(const HftSeal *seal, HftSplitKind split);
extern void hft_seal_add(HftSeal *seal, const HftLine *line);
extern void hft_seal_end(HftSeal *seal, HftTotals *totals);

/* SHA-256 over the hashes of all three splits, in order; of no rows, too. */
extern void hft_seal_combine(HftTotals *totals);

/* A SHA-256 in the making that an ERROR frees, too. */
typedef struct HftDigest HftDigest;

extern HftDigest *hft_digest_begin(void);
extern void hft_digest_add(HftDigest *digest, const void *data, size_t length);
extern void hft_digest_end(HftDigest *digest, uint8 *sha256);

#endif							/* HFT_SEAL_H */
