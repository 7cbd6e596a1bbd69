/*-------------------------------------------------------------------------
 *
 * test_token_window.c
 *	  Giant pieces: merged in windows they give what they give as a whole,
 *	  and no text makes the work grow faster than its length.
 *
 * Work is counted in steps of merging, not in time, so that a busy machine
 * cannot fail the test.
 *
 *-------------------------------------------------------------------------
 */
#include <stdlib.h>

#include "tap.h"
#include "tokenizer/internal.h"
#include "tokenizer/window.h"

#define MAX_PIECE	6000

static const char *const units[] = {
	"a", "A", "\n", " ", "7", "-", "ab", "abc", "the", "aB", "\t\n", "!?", "=",
	"\xE4\xB8\xAD", "\xE4\xB8\xAD\xE3\x81\x82", "\xC3\xA9", "\xCC\x80",
	"\xD1\x8F" "a", "\xFF", "\x80", "aA\xE4\xB8\xAD", "xyzzy ", "0123456789"
};

#define NUNITS	(sizeof(units) / sizeof(units[0]))

typedef struct Symbols
{
	uint32_t	symbol[MAX_PIECE];
	int64_t		n;
} Symbols;

static void
take(void *context, const uint32_t *symbol, int64_t n)
{
	Symbols    *symbols = context;

	memcpy(symbols->symbol + symbols->n, symbol, n * sizeof(symbol[0]));
	symbols->n += n;
}

static void
drop(void *context)
{
	((Symbols *) context)->n = 0;
}

static uint32_t
draw(uint32_t below)
{
	static uint64_t state = 0x9E3779B97F4A7C15;

	state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (state >> 33) % below;
}

/* A text of one unit, of few, of any bytes, or of pieces of tokens. */
static size_t
draw_piece(const HftVocab *vocab, uint8_t *piece, int round)
{
	size_t		size = 1030 + draw(MAX_PIECE - 1100 - 64);
	size_t		len = 0;

	while (len < size)
	{
		uint32_t	token = draw(vocab->header->tokens);
		const char *unit = units[round % 4 ? draw(1 + round % 7) : round / 4 %
								 NUNITS];
		const uint8_t *from = (const uint8_t *) unit;
		size_t		n = strlen(unit);

		if (round % 4 == 3)
		{
			from = vocab->bytes + vocab->offsets[token];
			n = vocab->offsets[token + 1] - vocab->offsets[token];
			n = n > 64 ? 64 : n - draw(n) / 2;
		}
		memcpy(piece + len, from, n);
		if (round % 4 == 2 && draw(3) == 0)
			piece[len] = draw(256);
		len += n;
	}
	return len;
}

static void
test_same(HftEncoding *enc, const char *name)
{
	static uint8_t piece[MAX_PIECE];
	static Symbols windows;
	HftSymbolSink sink = {take, drop, &windows};
	int			wrong = 0;
	int			round;

	for (round = 0; round < 600; round++)
	{
		size_t		len = draw_piece(&enc->vocab, piece, round);
		int64_t		n;

		windows.n = 0;
		n = hft_merge_piece(&enc->vocab, &enc->space, piece, len, &sink);
		if (n != windows.n ||
			n != hft_merge(&enc->vocab, &enc->space, piece, len) ||
			memcmp(windows.symbol, enc->space.symbol,
				   n * sizeof(uint32_t)) != 0)
			wrong++;
	}
	is_int(wrong, 0, name);
}

/* Steps to count so many bytes of one unit, with empty caches. */
static uint64_t
steps_of(const char *path, const char *unit, size_t size)
{
	size_t		len = strlen(unit);
	char	   *text = malloc(size + len);
	HftEncoding *enc;
	uint64_t	steps;
	size_t		at;

	for (at = 0; at < size; at += len)
		memcpy(text + at, unit, len);
	if (hft_encoding_open(path, &enc) != HFT_TOKEN_OK ||
		hft_encoding_count(enc, text, size) <= 0)
		return UINT64_MAX;
	steps = enc->space.steps;
	hft_encoding_close(enc);
	free(text);
	return steps;
}

static void
test_steps(const char *path, const char *name)
{
	int			superlinear = 0;
	int			i;

	for (i = 0; i < NUNITS; i++)
	{
		uint64_t	few = steps_of(path, units[i], 50000);
		uint64_t	many = steps_of(path, units[i], 1000000);

		/* 20 times the text; what does not grow gets some room */
		if (few == UINT64_MAX || many > 20 * few + 20000)
		{
			printf("# unit %d: %llu and %llu\n", i, (long long) few,
				   (long long) many);
			superlinear++;
		}
	}
	ok(superlinear == 0, "%s: a million bytes of a unit", name);
}

int
main(void)
{
	static const struct
	{
		const char *name;
		bool		extra;		/* by "make extra-vocabularies" only */
	}			encodings[] = {
		{"cl100k_base"}, {"o200k_base"}, {"qwen3"}, {"tekken"},
		{"deepseek_v3"}, {"llama3_1", true}, {"gemma3", true},
		{"gemini", true}
	};
	int			i;

	for (i = 0; i < sizeof(encodings) / sizeof(encodings[0]); i++)
	{
		HftEncoding *enc;
		char		path[100];
		HftTokenStatus status;

		snprintf(path, sizeof(path), "build/vocab/hft-%s.vocab",
				 encodings[i].name);
		status = hft_encoding_open(path, &enc);
		if (encodings[i].extra && status == HFT_TOKEN_NO_FILE)
			ok(true, "%s # SKIP not made", path);
		else if (ok(status == HFT_TOKEN_OK, "%s", path))
		{
			test_same(enc, encodings[i].name);
			test_steps(path, encodings[i].name);
		}
		hft_encoding_close(enc);
	}
	return tap_done();
}
