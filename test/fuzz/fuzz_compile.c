/*-------------------------------------------------------------------------
 *
 * fuzz_compile.c
 *	  Any file as a vocabulary: it is refused with a message, or what is made
 *	  of it can be opened, counts, and encodes as many tokens as it counts.
 *
 * A start that is all bytes in the form of a rank file lets short inputs
 * get as far as the tables.
 *
 *-------------------------------------------------------------------------
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tokenizer/compile.h"

#define MAX_INPUT	65536
#define START_ROOM	4096

static HftEncoding *like;		/* whose tables of Unicode are taken */
static HftSection unicode[HFT_NSECTIONS];
static char start[START_ROOM];

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
prepare(void)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	int			i;

	if (start[0] != '\0')
		return;
	check(hft_encoding_open("build/vocab/hft-qwen3.vocab",
							&like) == HFT_TOKEN_OK, "build/vocab");
	hft_encoding_sections(like, unicode);
	for (i = 0; i < 256; i++)
		sprintf(start + strlen(start), "%c%c== %d\n", digits[i >> 2],
				digits[(i & 3) << 4], i);
}

/* Open the image as a file and use it on the input itself. */
static void
use_image(const HftVocabImage *image, const uint8_t *data, size_t size)
{
	int			fd = memfd_create("vocab", 0);
	char		path[40];
	HftEncoding *enc;
	int64_t		n;

	check(write(fd, image->data, image->size) == (ssize_t) image->size,
		  "memfd");
	sprintf(path, "/proc/self/fd/%d", fd);
	check(hft_encoding_open(path, &enc) == HFT_TOKEN_OK &&
		  hft_encoding_verify(enc) == HFT_TOKEN_OK, "image cannot be opened");
	close(fd);
	n = hft_encoding_count(enc, (const char *) data, size);
	check(n == hft_encoding_encode(enc, (const char *) data, size, NULL, 0),
		  "count is not the number of ids");
	hft_encoding_close(enc);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const patterns[] = {
		NULL, "cl100k", "o200k", "qwen", "tekken", "deepseek", "blanks", NULL
	};
	static char input[START_ROOM + MAX_INPUT];
	size_t		len = 0;
	HftVocabInput request = {"mine", NULL, input, 0, unicode, NULL};
	HftVocabImage image;

	if (size == 0 || size > MAX_INPUT)
		return 0;
	prepare();
	request.pattern = patterns[data[0] & 7];
	if (data[0] & 8)
	{
		len = strlen(start);
		memcpy(input, start, len);
	}
	memcpy(input + len, data + 1, size - 1);
	request.size = len + size - 1;
	if (hft_vocab_compile(&request, &image))
		use_image(&image, data, size);
	else
		check(image.error[0] != '\0', "refused without a word");
	free(image.data);
	return 0;
}
