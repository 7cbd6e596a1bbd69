/*-------------------------------------------------------------------------
 *
 * fuzz_tokens.c
 *	  Any bytes, any encoding, any kernel: the count is the number of ids,
 *	  decoding gives the bytes back, and the ids are those of a slow merge.
 *
 * The slow merge looks every concatenation up in the list of tokens, so it
 * shares neither the table of pairs, nor the heap, nor the cuts, nor the
 * cache with what it checks; and it splits with the scalar automata.
 *
 *-------------------------------------------------------------------------
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tokenizer/internal.h"

#define MAX_TEXT	4096

static const char *const names[] = {
	"cl100k_base", "o200k_base", "tekken", "deepseek_v3", "qwen3"
};

static const char *const kernels[] = {"avx512", "avx2", "none"};

#define NENCODINGS (sizeof(names) / sizeof(names[0]))

static HftEncoding *encodings[NENCODINGS];

static void
check(bool right, const char *what)
{
	if (!right)
	{
		fprintf(stderr, "%s\n", what);
		abort();
	}
}

static void
open_encodings(void)
{
	int			i;

	for (i = 0; i < NENCODINGS && encodings[i] == NULL; i++)
	{
		char		path[100];

		snprintf(path, sizeof(path), "build/vocab/hft-%s.vocab", names[i]);
		check(hft_encoding_open(path, &encodings[i]) == HFT_TOKEN_OK, path);
	}
}

/* Tokens of a piece, by looking up all neighbours after every merge. */
static size_t
merge_slowly(const HftVocab *vocab, const uint8_t *piece, size_t len,
			 uint32_t *ids)
{
	size_t		start[3 * MAX_TEXT + 1];
	size_t		n = len;
	size_t		i;

	for (i = 0; i <= len; i++)
		start[i] = i;
	if (hft_word_find(vocab, piece, len) != HFT_NO_TOKEN)
	{
		start[1] = len;
		n = 1;
	}
	while (n > 1)
	{
		uint32_t	best = HFT_NO_TOKEN;
		size_t		at = 0;

		for (i = 0; i + 1 < n; i++)
		{
			uint32_t	rank = hft_word_find(vocab, piece + start[i],
											 start[i + 2] - start[i]);

			if (rank < best)
			{
				best = rank;
				at = i;
			}
		}
		if (best == HFT_NO_TOKEN)
			break;
		memmove(start + at + 1, start + at + 2,
				(n - at - 1) * sizeof(start[0]));
		n--;
	}
	for (i = 0; i < n; i++)
		ids[i] = hft_word_find(vocab, piece + start[i],
							   start[i + 1] - start[i]) +
			vocab->header->first_id;
	return n;
}

static size_t
encode_slowly(HftEncoding *enc, const uint8_t *p, const uint8_t *end,
			  uint32_t *ids)
{
	size_t		n = 0;

	while (p < end)
	{
		const HftVocabExtra *added;
		const uint8_t *stop = hft_added_find(&enc->vocab, p, end, &added);
		int			i;

		while (p < stop)
		{
			HftBatch	batch;

			p = hft_split_batch(&enc->vocab, p, stop, &batch);
			for (i = 0; i < batch.n; i++)
				n += merge_slowly(&enc->vocab, batch.base + batch.start[i],
								  batch.start[i + 1] - batch.start[i],
								  ids + n);
		}
		if (added != NULL)
		{
			ids[n++] = added->id;
			p += added->len;
		}
	}
	return n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* form C is at most three times as long */
	static uint32_t ids[3 * MAX_TEXT];
	static uint32_t slow[3 * MAX_TEXT];
	static char back[3 * MAX_TEXT];
	HftEncoding *enc;
	const char *text;
	HftTokenScan scan;
	size_t		len;
	int64_t		n;

	open_encodings();
	if (size < 2 || size > MAX_TEXT)
		return 0;
	enc = encodings[data[0] % NENCODINGS];
	enc->kernel = hft_kernel_find(kernels[data[0] / NENCODINGS % 3]);
	if (enc->kernel == NULL)
		return 0;
	text = (const char *) data + 1;
	size--;
	n = hft_encoding_encode(enc, text, size, ids, 3 * MAX_TEXT);
	check(n == hft_encoding_count(enc, text, size), "count");
	hft_scan_begin(&scan, enc, text, size);
	while (scan.done < scan.len)
		hft_scan_step(&scan, data[0] + 1);
	check(scan.tokens == n, "scan");
	check(hft_encoding_decode(enc, ids, n, back, 3 * MAX_TEXT,
							  &len) == HFT_TOKEN_OK &&
		  len == scan.len && memcmp(back, scan.text, len) == 0, "decode");
	/* of the text as its encoding sees it, which is in form C for Qwen */
	text = scan.text;
	check(encode_slowly(enc, (const uint8_t *) text,
						(const uint8_t *) text + scan.len, slow) == n &&
		  memcmp(ids, slow, n * sizeof(ids[0])) == 0, "ids");
	return 0;
}
