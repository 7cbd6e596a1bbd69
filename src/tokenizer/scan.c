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
	next = enc->kernel->split[enc->vocab.header->split]
		(&enc->vocab, text + scan->done, end, &enc->batch);
	scan->done = next - text;
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

		if (scan->done == scan->stop)
			scan->stop = hft_added_find(&scan->enc->vocab, text + scan->done,
										text + scan->len, &added) - text;
		if (scan->stop > scan->done)
		{
			if (!take_batch(scan, text + scan->stop, context))
				return HFT_TOKEN_NO_MEMORY;
			continue;
		}
		take_added(scan, added, context);
		scan->done += added->len;
		scan->stop = scan->done;
	}
	return HFT_TOKEN_OK;
}
