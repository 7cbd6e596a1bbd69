/*-------------------------------------------------------------------------
 *
 * test_token_encoding.c
 *	  What encodings promise besides exact ids: files are checked, input of
 *	  any shape is handled in time that grows with its length, and nothing
 *	  outside of a text is read.
 *
 *-------------------------------------------------------------------------
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "tap.h"
#include "tokenizer/tokenizer.h"

#define VOCABULARY	"build/vocab/hft-o200k_base.vocab"

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec * 1e-9;
}

/* The first "size" bytes of the vocabulary as a file, one of them changed. */
static HftTokenStatus
open_changed(size_t size, size_t at, uint8_t change)
{
	char		path[] = "/tmp/hft-vocab-XXXXXX";
	char	   *bytes = malloc(size);
	FILE	   *in = fopen(VOCABULARY, "rb");
	FILE	   *out = fdopen(mkstemp(path), "wb");
	HftEncoding *enc;
	HftTokenStatus status;

	size = fread(bytes, 1, size, in);
	if (at < size)
		bytes[at] ^= change;
	fwrite(bytes, 1, size, out);
	fclose(in);
	fclose(out);
	free(bytes);
	status = hft_encoding_open(path, &enc);
	if (status == HFT_TOKEN_OK)
		status = hft_encoding_verify(enc);
	hft_encoding_close(enc);
	unlink(path);
	return status;
}

static void
test_files(void)
{
	size_t		whole = 64 * 1024 * 1024;
	HftEncoding *enc;

	is_int(hft_encoding_open("build/vocab/none", &enc), HFT_TOKEN_NO_FILE,
		   "a file that is not there");
	is_int(open_changed(whole, whole, 0), HFT_TOKEN_OK, "a copy");
	is_int(open_changed(0, 0, 0), HFT_TOKEN_NO_FILE, "an empty file");
	is_int(open_changed(100, 100, 0), HFT_TOKEN_BAD_FILE, "part of a header");
	is_int(open_changed(100000, 100000, 0), HFT_TOKEN_BAD_FILE,
		   "a truncated file");
	is_int(open_changed(whole, 0, 1), HFT_TOKEN_BAD_FILE, "other magic");
	is_int(open_changed(whole, 8, 1), HFT_TOKEN_BAD_VERSION,
		   "another version");
	is_int(open_changed(whole, 12, 5), HFT_TOKEN_BAD_VERSION,
		   "another byte order");
	is_int(open_changed(whole, 40, 1), HFT_TOKEN_BAD_FILE,
		   "a changed header");
	is_int(open_changed(whole, 5000000, 1), HFT_TOKEN_BAD_FILE,
		   "a changed body");
}

/* Count "unit" repeated to "size" bytes; returns the seconds it took. */
static double
time_run(HftEncoding *enc, const char *unit, size_t size)
{
	size_t		len = strlen(unit);
	char	   *text = malloc(size + len);
	size_t		at;
	double		start;

	for (at = 0; at < size; at += len)
		memcpy(text + at, unit, len);
	start = seconds();
	if (hft_encoding_count(enc, text, size) <= 0)
		start = -1e9;
	free(text);
	return seconds() - start;
}

/*
 * A quadratic merge of 100,000 letters takes minutes; the bound leaves a
 * sanitizer its factor of ten.
 */
static void
test_long_pieces(HftEncoding *enc)
{
	static const char *const units[] = {"a", "A", "\n", " ", "7", "-", "ab",
		"\xE4\xB8\xAD", "\xC3\xA9", "\xCC\x80", "\xFF", "aA\xE4\xB8\xAD"};
	int			i;

	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		ok(time_run(enc, units[i], 100000) < 1.0,
		   "100,000 bytes of one unit, number %d", i);
}

/* Texts that end at the last byte before a page nobody may touch. */
static void
test_page_guard(HftEncoding *enc)
{
	static const char text[] = "Some words, 12345 digits;\n\n and caf\xC3\xA9 "
		"\xE4\xB8\xAD\xE6\x96\x87 don't   \xF0\x9F\x98\x80 "
		"0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	size_t		page = sysconf(_SC_PAGESIZE);
	char	   *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
							 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	bool		same = true;
	size_t		len;

	mprotect(pages + page, page, PROT_NONE);
	for (len = 0; len < sizeof(text); len++)
	{
		char	   *copy = pages + page - len;
		uint32_t	ids[sizeof(text)];
		int64_t		n;

		memcpy(copy, text, len);
		n = hft_encoding_encode(enc, copy, len, ids, sizeof(text));
		same = same && n == hft_encoding_count(enc, copy, len) &&
			n == hft_encoding_count(enc, text, len);
	}
	ok(same, "texts of every length at the end of a page");
	munmap(pages, 2 * page);
}

static void
test_steps(HftEncoding *enc)
{
	static const char unit[] = "Steps of a scan add up, in 7 or in 70000. ";
	size_t		size = 1000 * (sizeof(unit) - 1);
	char	   *text = malloc(size + 1);
	HftTokenScan scan;
	int			steps = 0;
	int			i;

	for (i = 0; i < 1000; i++)
		strcpy(text + i * (sizeof(unit) - 1), unit);
	is_int(hft_scan_begin(&scan, enc, text, size), HFT_TOKEN_OK, "begin");
	while (scan.done < scan.len && steps++ < 100000)
		if (hft_scan_step(&scan, 1) != HFT_TOKEN_OK)
			break;
	is_int(scan.tokens, hft_encoding_count(enc, text, size),
		   "steps add up to the whole");
	ok(steps > 10, "it took %d steps", steps);
	is_int(hft_encoding_count(enc, text, HFT_TOKEN_MAX_TEXT + 1), -1,
		   "a text above the limit is refused");
	free(text);
}

/* A piece as long as its text can be left in the middle and taken again. */
static void
test_stop(HftEncoding *enc)
{
	size_t		size = 100000;
	char	   *text = malloc(size);
	volatile sig_atomic_t flag = 1;
	HftTokenScan scan;

	memset(text, 'q', size);
	hft_encoding_stop_on(enc, &flag);
	is_int(hft_scan_begin(&scan, enc, text, size), HFT_TOKEN_OK, "begin");
	is_int(hft_scan_step(&scan, size), HFT_TOKEN_STOPPED, "stopped");
	is_int(scan.done, 0, "the scan stands where it stood");
	flag = 0;
	is_int(hft_scan_step(&scan, size), HFT_TOKEN_OK, "taken again");
	flag = 1;
	is_int(hft_encoding_count(enc, text, size), scan.tokens,
		   "and a count in one call does not look");
	hft_encoding_stop_on(enc, NULL);
	free(text);
}

static void
test_room(HftEncoding *enc)
{
	uint32_t	ids[4] = {7, 7, 7, 7};
	char		text[8] = "#######";
	size_t		len;

	is_int(hft_encoding_encode(enc, "a b c d e", 9, ids, 3), 5,
		   "all ids are counted");
	is_int(ids[3], 7, "only as many are stored as there is room");
	is_int(hft_encoding_decode(enc, ids, 3, text, 2, &len), HFT_TOKEN_OK,
		   "decoding into little room");
	is_int(len, 5, "tells the whole length");
	is_text(text, "a #####", "and stores what fits");
	ids[1] = UINT32_MAX;
	is_int(hft_encoding_decode(enc, ids, 3, text, 2, &len), HFT_TOKEN_BAD_ID,
		   "an id that is none");
	ids[1] = 199999;
	is_int(hft_encoding_decode(enc, ids + 1, 1, NULL, 0, &len), HFT_TOKEN_OK,
		   "a special token can be decoded");
	is_int(len, strlen("<|endoftext|>"), "to its name");
}

int
main(void)
{
	HftEncoding *enc;

	test_files();
	if (ok(hft_encoding_open(VOCABULARY, &enc) == HFT_TOKEN_OK,
		   VOCABULARY))
	{
		test_long_pieces(enc);
		test_page_guard(enc);
		test_steps(enc);
		test_stop(enc);
		test_room(enc);
		hft_encoding_close(enc);
	}
	return tap_done();
}
