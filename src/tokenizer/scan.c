/*-------------------------------------------------------------------------
 *
 * scan.c
 *	  Walking through a text in steps.
 *
 * A scan stands between two pieces, so it can rest there for as long as its
 * caller likes.  Added tokens divide the text into stretches; the end of the
 * current one is remembered, for to the pattern it is the end of the text.
 *
 *-------------------------------------------------------------------------
 */
#include "tokenizer/internal.h"

HftTokenStatus
hft_scan_begin(HftTokenScan *scan, HftEncoding *enc, const char *text,
			   size_t len)
{
	memset(scan, 0, sizeof(*scan));
	if (enc->space.room > HFT_KEPT_ROOM)
		hft_merge_free(&enc->space);
	if (enc->rewrite.text_room > HFT_KEPT_ROOM)
		hft_rewrite_free(&enc->rewrite);
	if (len > HFT_TOKEN_MAX_TEXT)
		return HFT_TOKEN_TOO_LONG;
	scan->enc = enc;
	scan->text = text;
	scan->len = len;
	return hft_rewrite(&enc->vocab, &enc->rewrite, &scan->text, &scan->len);
}

/* Fill the encoding's batch from where the scan stands, and move it on. */
void
hft_scan_split(HftTokenScan *scan, const uint8_t *end)
{
	HftEncoding *enc = scan->enc;
	const uint8_t *text = (const uint8_t *) scan->text;
	const uint8_t *next;

	enc->batch.limit = text + scan->len;
	enc->batch.end = enc->batch.start + 1;
	next = enc->kernel->split[enc->vocab.header->split]
		(&enc->vocab, text + scan->done, end, &enc->batch);
	scan->done = next - text;
}

void
hft_encoding_stop_on(HftEncoding *enc, const volatile sig_atomic_t *flag)
{
	enc->space.stop = flag;
}

/* Take a batch; where that fails, the scan stands before it again. */
static HftTokenStatus
take_or_stay(HftTokenScan *scan, HftTakeBatch take_batch, void *context)
{
	HftTokenScan before = *scan;
	int64_t		result = take_batch(scan, (const uint8_t *) scan->text +
									scan->stop, context);

	if (result >= 0)
		return HFT_TOKEN_OK;
	*scan = before;
	return result == HFT_MERGE_STOPPED ? HFT_TOKEN_STOPPED :
		HFT_TOKEN_NO_MEMORY;
}

/*
 * Go on for about "bytes" bytes: take_batch() is called for each batch of
 * pieces, take_added() for each added token.
 */
HftTokenStatus
hft_scan_advance(HftTokenScan *scan, size_t bytes, HftTakeBatch take_batch,
				 HftTakeAdded take_added, void *context)
{
	const uint8_t *text = (const uint8_t *) scan->text;
	size_t		left = scan->len - scan->done;
	size_t		goal = scan->done + (bytes < left ? bytes : left);

	while (scan->done < goal)
	{
		const HftVocabExtra *added;
		HftTokenStatus status;

		if (scan->done == scan->stop)
			scan->stop = hft_added_find(&scan->enc->vocab, text + scan->done,
										text + scan->len, &added) - text;
		if (scan->stop > scan->done)
		{
			status = take_or_stay(scan, take_batch, context);
			if (status != HFT_TOKEN_OK)
				return status;
			continue;
		}
		take_added(scan, added, context);
		scan->done += added->len;
		scan->stop = scan->done;
	}
	return HFT_TOKEN_OK;
}
