/*-------------------------------------------------------------------------
 *
 * test_token_split.c
 *	  The kernels split any text as the scalar automata do, and count it as
 *	  the plain kernel does.
 *
 * Texts are drawn from alphabets that make the rules meet: each class of
 * character in one, two, three and four bytes, contractions, what lies at the
 * edges of the classes, and bytes that are no character.  They end and begin
 * at pages that nobody may touch.
 *
 *-------------------------------------------------------------------------
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tap.h"
#include "tokenizer/internal.h"

#define ROUNDS		20000
#define MAX_TEXT	700
#define MAX_PIECES	(MAX_TEXT + 1)

/* Each text draws from one of these; later ones are taken more often. */
static const char *const alphabets[][24] = {
	{"a", "B", "1", " ", "\n", "\t", "'", "/", ".", "\r"},
	{"'s", "'S", "'re", "'LL", "'d", "a", "B", " ", ".", "\xC5\xBF",
	"'\xC5\xBF", "'r", "\xC3\xA9", "\xE4\xB8\xAD", "'", "'Ve"},
	{"\xC3\xA9", "\xC3\x89", "\xC2\xAA", "\xC7\x85", "\xCC\x81", "\xC2\xA0",
	"\xC2\xAB", "\xC2\xB2", "a", "A", " ", "\n", "."},
	{"\xE4\xB8\xAD", "\xE2\x80\x94", "\xE3\x80\x80", "\xE0\xB8\x81",
	"\xE0\xB8\xB1", "\xE1\xBA\xA0", "\xE1\xBA\xA1", "\xEA\xB0\x80", "B", "c",
	" ", "\n", "1"},
	{"\xF0\x9F\x98\x80", "\xEF\xB8\x8F", "\xE2\x80\x8D", "\xF0\x90\x90\x80",
	"\xF0\x90\x90\xA8", "\xF0\x9F\x8F\xBD", "\xF0\xA0\x80\x80", " ", "a",
	"B", "\n", "/"},
	{"\xFF", "\xC3", "\x80", "\xE4\xB8", "\xF0\x9F", "\xED\xA0\x80",
	"\xE0\x80\x80", "\xC0\x80", "\xF4\x90\x80\x80", "\xC3\xA9", "a", " ",
	"\xF0\x80\x80\x80", "\xE4\xB8\xAD", "\xF5", "\n"},
	{"A", "B", "\xD0\x94", "\xD0\xB4", "\xE4\xB8\xAD", "\xCC\x81", "a", "'s",
	" ", "\xCA\xB0", "1", "\xD6\xBF", "."},
	{"word", "Word", "WORD", " ", " ", "  ", "\n", "\n\n", ", ", ". ",
	"\xD1\x81\xD0\xBB\xD0\xBE\xD0\xB2\xD0\xBE", "\xC3\xA9t\xC3\xA9", "12345",
	"\xE6\x97\xA5\xE6\x9C\xAC", "\xE2\x80\x94", "don't", "();", "    ",
	"\xE0\xB8\x81\xE0\xB8\xB3", "\xF0\x9F\x98\x80", "_", "/"},
};

#define NALPHABETS	(sizeof(alphabets) / sizeof(alphabets[0]))

static const HftKernel *const kernels[] = {
#if defined(__x86_64__)
	&hft_kernel_avx2, &hft_kernel_avx512
#endif
};

static uint32_t
draw(uint32_t below)
{
	static uint64_t state = 88172645463325252;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (state >> 33) % below;
}

static size_t
draw_text(uint8_t *text)
{
	const char *const *alphabet = alphabets[draw(NALPHABETS)];
	size_t		goal = draw(MAX_TEXT - 8);
	size_t		len = 0;
	int			letters = 0;
	const char *last = "";

	while (letters < 24 && alphabet[letters] != NULL)
		letters++;
	while (len < goal)
	{
		/* repeat often: runs are what masks can get wrong */
		const char *next = draw(3) ? alphabet[draw(letters)] : last;

		if (len + strlen(next) > MAX_TEXT)
			break;
		memcpy(text + len, next, strlen(next));
		len += strlen(next);
		last = next;
	}
	return len;
}

/* The ends of all pieces; returns their number. */
static int
split_text(const HftVocab *vocab, HftSplitBatch split, const uint8_t *text,
		   size_t len, uint32_t *ends)
{
	static HftBatch batch;
	const uint8_t *p = text;
	int			n = 0;
	int			i;

	while (p < text + len)
	{
		const uint8_t *next = split(vocab, p, text + len, &batch);

		for (i = 1; i <= batch.n && n < MAX_PIECES; i++)
			ends[n++] = batch.base + batch.start[i] - text;
		p = next;
	}
	return n;
}

static void
show_difference(const uint8_t *text, size_t len)
{
	size_t		i;

	printf("# ");
	for (i = 0; i < len; i++)
		printf("\\x%02X", text[i]);
	printf("\n");
}

/* Texts the kernel splits otherwise than the automaton. */
static int
count_differences(const HftKernel *kernel, const HftVocab *vocab,
				  uint8_t *pages, size_t page)
{
	static uint32_t expected[MAX_PIECES];
	static uint32_t got[MAX_PIECES];
	uint8_t		drawn[MAX_TEXT];
	int			wrong = 0;
	int			i;

	for (i = 0; i < ROUNDS; i++)
	{
		size_t		len = draw_text(drawn);
		uint8_t    *text = i % 2 ? pages + page : pages + 2 * page - len;
		int			n;

		memcpy(text, drawn, len);
		n = split_text(vocab, hft_split_batch, text, len, expected);
		if ((split_text(vocab, kernel->split[vocab->header->split], text,
						len, got) != n ||
			 memcmp(expected, got, n * sizeof(got[0])) != 0) &&
			wrong++ < 5)
			show_difference(text, len);
	}
	return wrong;
}

/*
 * Texts a kernel counts otherwise than the plain one, with small texts as
 * often as large ones.  Their bytes are not to be read past.
 */
static int
count_miscounts(HftEncoding *enc, const HftKernel *kernel, uint8_t *pages,
				size_t page)
{
	static uint32_t ids[MAX_TEXT];
	uint8_t		drawn[MAX_TEXT];
	int			wrong = 0;
	int			i;

	for (i = 0; i < ROUNDS; i++)
	{
		size_t		len = draw_text(drawn) >> draw(6);
		const char *text = (char *) pages + 2 * page - len;
		int64_t		n;

		memcpy(pages + 2 * page - len, drawn, len);
		enc->kernel = &hft_kernel_none;
		n = hft_encoding_count(enc, text, len);
		enc->kernel = kernel;
		if ((hft_encoding_count(enc, text, len) != n ||
			 hft_encoding_encode(enc, text, len, ids, MAX_TEXT) != n) &&
			wrong++ < 5)
			show_difference(drawn, len);
	}
	return wrong;
}

static void
test_kernel(HftEncoding *enc, const char *name, const HftKernel *kernel,
			uint8_t *pages, size_t page)
{
	if (!kernel->usable())
	{
		ok(true, "%s # SKIP not on this machine", kernel->name);
		return;
	}
	ok(count_differences(kernel, &enc->vocab, pages, page) == 0,
	   "%s splits as the automaton of %s", kernel->name, name);
	ok(count_miscounts(enc, kernel, pages, page) == 0,
	   "%s counts as the plain kernel does for %s", kernel->name, name);
}

int
main(void)
{
	static const char *const names[] = {"cl100k_base", "o200k_base", "qwen3",
	"tekken", "deepseek_v3"};
	size_t		page = sysconf(_SC_PAGESIZE);
	uint8_t    *pages = mmap(NULL, 3 * page, PROT_READ | PROT_WRITE,
							 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int			i;
	int			k;

	mprotect(pages, page, PROT_NONE);
	mprotect(pages + 2 * page, page, PROT_NONE);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
	{
		HftEncoding *enc;
		char		path[100];

		snprintf(path, sizeof(path), "build/vocab/hft-%s.vocab", names[i]);
		if (!ok(hft_encoding_open(path, &enc) == HFT_TOKEN_OK, "%s", path))
			continue;
		for (k = 0; k < sizeof(kernels) / sizeof(kernels[0]); k++)
			test_kernel(enc, names[i], kernels[k], pages, page);
		hft_encoding_close(enc);
	}
	return tap_done();
}
