/*-------------------------------------------------------------------------
 *
 * seal.c
 *	  A version in the making: its examples go into hft.example, its splits
 *	  are counted and hashed.
 *
 * Training examples are stored as they come.  The others, usually few, wait
 * in tuplestores and follow behind: so the table is clustered by its key,
 * every index entry goes to the right end of the index, and an upload reads
 * one run of pages.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "executor/tuptable.h"
#include "miscadmin.h"
#include "utils/tuplestore.h"

#include "dataset/bulk.h"
#include "dataset/seal.h"

/* columns of hft.example */
enum
{
	EXAMPLE_VERSION,
	EXAMPLE_N,
	EXAMPLE_SPLIT,
	EXAMPLE_TOKENS,
	EXAMPLE_TRAINED_TOKENS,
	EXAMPLE_BYTES,
	EXAMPLE_SOURCE_KEY,
	EXAMPLE_BODY,
	EXAMPLE_COLUMNS
};

struct HftSeal
{
	HftBulk    *bulk;
	Datum		version;
	Datum		splits[HFT_SPLIT_COUNT];
	Tuplestorestate *waiting[HFT_SPLIT_COUNT];	/* none for training */
	HftDigest  *digests[HFT_SPLIT_COUNT];
	HftSplitTotal totals[HFT_SPLIT_COUNT];
};

HftSeal *
hft_seal_begin(int64 version, const Datum *splits)
{
	HftSeal    *seal = palloc0(sizeof(HftSeal));

	seal->bulk = hft_bulk_begin("example");
	seal->version = Int64GetDatum(version);
	memcpy(seal->splits, splits, sizeof(seal->splits));
	for (int i = 0; i < HFT_SPLIT_COUNT; i++)
	{
		seal->digests[i] = hft_digest_begin();
		if (i != HFT_SPLIT_TRAIN)
			seal->waiting[i] = tuplestore_begin_heap(false, false,
													 work_mem / 2);
	}
	return seal;
}

int64
hft_seal_next(const HftSeal *seal, HftSplitKind split)
{
	return seal->totals[split].rows + 1;
}

static void
count_line(HftSeal *seal, const HftLine *line, Size length)
{
	HftSplitTotal *total = &seal->totals[line->split];

	total->rows++;
	total->tokens += line->tokens;
	total->trained_tokens += line->trained_tokens;
	total->longest = Max(total->longest, line->tokens);
	total->bytes += length + 1;
}

/* The body's last byte is followed by a NUL, see HftBuffer. */
static void
digest_line(HftDigest *digest, struct varlena *body)
{
	char	   *data = VARDATA(body);
	Size		length = VARSIZE(body) - VARHDRSZ;

	data[length] = '\n';
	hft_digest_add(digest, data, length + 1);
	data[length] = '\0';
}

void
hft_seal_add(HftSeal *seal, const HftLine *line)
{
	Datum		values[EXAMPLE_COLUMNS];
	bool		nulls[EXAMPLE_COLUMNS] = {false};
	Size		length = VARSIZE(line->body) - VARHDRSZ;

	count_line(seal, line, length);
	digest_line(seal->digests[line->split], line->body);
	values[EXAMPLE_VERSION] = seal->version;
	values[EXAMPLE_N] = Int64GetDatum(seal->totals[line->split].rows);
	values[EXAMPLE_SPLIT] = seal->splits[line->split];
	values[EXAMPLE_TOKENS] = Int32GetDatum(line->tokens);
	values[EXAMPLE_TRAINED_TOKENS] = Int32GetDatum(line->trained_tokens);
	values[EXAMPLE_BYTES] = Int32GetDatum((int32) length);
	nulls[EXAMPLE_SOURCE_KEY] = line->source_key == 0;
	values[EXAMPLE_SOURCE_KEY] = line->source_key;
	values[EXAMPLE_BODY] = PointerGetDatum(line->body);
	if (line->split == HFT_SPLIT_TRAIN)
		hft_bulk_add(seal->bulk, values, nulls);
	else
		tuplestore_putvalues(seal->waiting[line->split],
							 hft_bulk_descriptor(seal->bulk), values, nulls);
}

static void
store_waiting(HftSeal *seal, Tuplestorestate *waiting)
{
	TupleTableSlot *slot =
		MakeSingleTupleTableSlot(hft_bulk_descriptor(seal->bulk),
								 &TTSOpsMinimalTuple);

	while (tuplestore_gettupleslot(waiting, true, false, slot))
	{
		CHECK_FOR_INTERRUPTS();
		slot_getallattrs(slot);
		hft_bulk_add(seal->bulk, slot->tts_values, slot->tts_isnull);
	}
	ExecDropSingleTupleTableSlot(slot);
	tuplestore_end(waiting);
}

void
hft_seal_combine(HftTotals *totals)
{
	HftDigest  *digest = hft_digest_begin();

	for (int i = 0; i < HFT_SPLIT_COUNT; i++)
		hft_digest_add(digest, totals->split[i].sha256,
					   PG_SHA256_DIGEST_LENGTH);
	hft_digest_end(digest, totals->sha256);
}

void
hft_seal_end(HftSeal *seal, HftTotals *totals)
{
	memcpy(totals->split, seal->totals, sizeof(totals->split));
	for (int i = 0; i < HFT_SPLIT_COUNT; i++)
	{
		if (seal->waiting[i] != NULL)
			store_waiting(seal, seal->waiting[i]);
		hft_digest_end(seal->digests[i], totals->split[i].sha256);
	}
	hft_bulk_end(seal->bulk);
	hft_seal_combine(totals);
	pfree(seal);
}
