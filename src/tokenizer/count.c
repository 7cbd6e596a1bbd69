/*-------------------------------------------------------------------------
 *
 * count.c
 *	  Counting: pieces of a text to numbers of tokens.
 *
 *-------------------------------------------------------------------------
 */
#include "tokenizer/internal.h"
#include "tokenizer/window.h"

/* Tokens of a longer piece that is taken as a whole. */
static int64_t
count_whole(HftEncoding *enc, const uint8_t *piece, size_t len)
{
	uint64_t	hash = hft_word_hash(piece, len);
	int64_t		count = hft_long_find(&enc->long_cache, hash, piece, len);

	if (count > 0)
		return count;
	count = 1;
	if (hft_word_find(&enc->vocab, piece, len) == HFT_NO_TOKEN)
		count = hft_merge_piece(&enc->vocab, &enc->space, piece, len,
								NULL);
	if (count > 0)
		hft_long_store(&enc->long_cache, hash, piece, len, count);
	return count;
}

/* Count the parts that were put aside. */
static int64_t
count_parts(HftEncoding *enc)
{
	HftBatch   *parts = &enc->parts;
	int64_t		known;
	int64_t		unknown;

	if (parts->n == 0)
		return 0;
	known = enc->kernel->probe(&enc->cache, parts);
	unknown = hft_count_unknown(enc, parts);
	parts->n = 0;
	return unknown < 0 ? unknown : known + unknown;
}

/*
 * A part of a piece that no token crosses the ends of: its tokens, or 0 when
 * it is put aside, because many short ones are looked up faster together.
 */
static int64_t
take_part(HftEncoding *enc, const uint8_t *part, size_t len)
{
	HftBatch   *parts = &enc->parts;

	/* a token that only whole pieces give must not be found in a part */
	if (enc->vocab.header->unreachable != 0)
		return hft_merge_piece(&enc->vocab, &enc->space, part, len, NULL);
	if (len > HFT_CACHED_BYTES)
		return count_whole(enc, part, len);
	parts->start[parts->n] = part - parts->base;
	parts->end[parts->n++] = part - parts->base + len;
	return parts->n == HFT_BATCH_PIECES ? count_parts(enc) : 0;
}

/*
 * Tokens of a piece that is too long to be remembered in a line, but for
 * parts put aside.  Where characters beyond ASCII let it be cut, its parts
 * come back in other pieces and are what is worth remembering.
 */
static int64_t
count_giant(HftEncoding *enc, const uint8_t *piece, size_t len)
{
	const uint8_t *end = piece + len;
	const uint8_t *cut;
	HftCutter	cutter;
	int64_t		total = 0;

	if ((piece[0] | piece[1] | piece[len / 2]) < 0x80)
		return count_whole(enc, piece, len);
	hft_cut_start(&cutter, &enc->vocab, &enc->cuts, piece, len);
	cut = hft_cut_next(&cutter);
	if (cut == end)
		return count_whole(enc, piece, len);
	for (; piece < end; piece = cut, cut = hft_cut_next(&cutter))
	{
		int64_t		count = take_part(enc, piece, cut - piece);

		if (count < 0)
			return count;
		total += count;
	}
	return total;
}

/* Tokens of a piece of 16 to 31 bytes. */
static int64_t
count_wide(HftEncoding *enc, const uint8_t *piece, size_t len)
{
	HftWideEntry key = make_wide_key(piece, len, enc->batch.limit);
	int64_t		before = count_parts(enc);
	int64_t		count;

	count = hft_wide_find(&enc->wide_cache, &key);
	if (count > 0 || before < 0)
		return before < 0 ? before : before + count;
	count = count_giant(enc, piece, len);
	if (count >= 0)
	{
		int64_t		rest = count_parts(enc);

		count = rest < 0 ? rest : count + rest;
	}
	if (count > 0 && count <= HFT_COUNT_MAX)
		hft_wide_store(&enc->wide_cache, &key, count);
	return count < 0 ? count : before + count;
}

/*
 * Tokens of the pieces of a batch that are too long for a line; the others
 * that are missing stay in its list.
 */
static int64_t
count_longer(HftEncoding *enc, HftBatch *batch)
{
	int64_t		total = 0;
	int			left = 0;
	int			i;

	for (i = 0; i < batch->nmissing; i++)
	{
		int			which = batch->missing[i];
		const uint8_t *piece = batch->base + batch->start[which];
		uint32_t	len = batch->end[which] - batch->start[which];
		int64_t		count;

		if (len <= HFT_CACHED_BYTES)
		{
			batch->missing[left++] = which;
			continue;
		}
		count = len <= HFT_WIDE_BYTES ? count_wide(enc, piece, len) :
			count_giant(enc, piece, len);
		if (count < 0)
			return count;
		total += count;
	}
	batch->nmissing = left;
	return total;
}

/* Count one batch of pieces of the stretch that ends at "end". */
static int64_t
count_batch(HftTokenScan *scan, const uint8_t *end, void *unused)
{
	HftEncoding *enc = scan->enc;
	HftBatch   *batch = &enc->batch;
	int64_t		longer;
	int64_t		parts;
	int64_t		unknown;

	hft_scan_split(scan, end);
	scan->tokens += enc->kernel->probe(&enc->cache, batch);
	if (batch->nmissing == 0)
		return 0;
	enc->parts.base = batch->base;
	enc->parts.limit = batch->limit;
	enc->parts.end = enc->part_end;
	enc->parts.n = 0;
	longer = count_longer(enc, batch);
	if (longer < 0)
		return longer;
	parts = count_parts(enc);
	if (parts < 0)
		return parts;
	unknown = hft_count_unknown(enc, batch);
	scan->tokens += longer + parts + unknown;
	return unknown < 0 ? unknown : 0;
}

/* An added token is one token. */
static void
count_added(HftTokenScan *scan, const HftVocabExtra *added, void *unused)
{
	scan->tokens++;
}

HftTokenStatus
hft_scan_step(HftTokenScan *scan, size_t bytes)
{
	return hft_scan_advance(scan, bytes, count_batch, count_added, NULL);
}

int64_t
hft_encoding_count(HftEncoding *enc, const char *text, size_t len)
{
	const volatile sig_atomic_t *stop = enc->space.stop;
	HftTokenScan scan;
	HftTokenStatus status = hft_scan_begin(&scan, enc, text, len);

	enc->space.stop = NULL;
	if (status == HFT_TOKEN_OK)
		status = hft_scan_step(&scan, scan.len);
	enc->space.stop = stop;
	return status == HFT_TOKEN_OK ? scan.tokens : -1;
}
