/*-------------------------------------------------------------------------
 *
 * bench_tokens.c
 *	  How fast the tokenizer is.
 *
 *		bench_tokens [-n ROUNDS] [-k KERNEL] [VOCABULARY FILE.rows...]
 *
 * Without a vocabulary: OpenAI's two, on what tok_corpora.py left in
 * build/corpora.
 *
 * For each corpus: the first pass of a handle that was just opened, the
 * median of the following passes, encoding, splitting alone, and, as a
 * yardstick in the same run, checking that it is UTF-8.  Times are of the
 * processor, so that other processes disturb less.
 *
 *-------------------------------------------------------------------------
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tokenizer/internal.h"
#include "tokenizer/unicode.h"

#define MAX_ROUNDS	99
#define CORPORA		"build/corpora/"

static const char *const corpora[4] = {
	CORPORA "english.rows", CORPORA "code.rows", CORPORA "multi.rows",
	CORPORA "chat.rows"
};

typedef struct Corpus
{
	char	   *data;
	size_t		size;			/* of the file */
	size_t		bytes;			/* of its documents */
	int			documents;
} Corpus;

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec + t.tv_nsec * 1e-9;
}

static uint32_t
row_size(const char *row)
{
	uint32_t	size;

	memcpy(&size, row, sizeof(size));
	return size;
}

static Corpus
read_corpus(const char *path)
{
	Corpus		corpus = {0};
	FILE	   *in = fopen(path, "rb");
	size_t		at;

	if (in == NULL)
	{
		perror(path);
		exit(1);
	}
	fseek(in, 0, SEEK_END);
	corpus.size = ftell(in);
	rewind(in);
	corpus.data = malloc(corpus.size);
	if (fread(corpus.data, 1, corpus.size, in) != corpus.size)
		exit(1);
	fclose(in);
	for (at = 0; at < corpus.size; at += 4 + row_size(corpus.data + at))
	{
		corpus.bytes += row_size(corpus.data + at);
		corpus.documents++;
	}
	return corpus;
}

static int64_t
count_corpus(HftEncoding *enc, const Corpus *corpus)
{
	int64_t		tokens = 0;
	size_t		at;

	for (at = 0; at < corpus->size; at += 4 + row_size(corpus->data + at))
		tokens += hft_encoding_count(enc, corpus->data + at + 4,
									 row_size(corpus->data + at));
	return tokens;
}

static int64_t
encode_corpus(HftEncoding *enc, const Corpus *corpus)
{
	static uint32_t ids[1 << 20];
	int64_t		tokens = 0;
	size_t		at;

	for (at = 0; at < corpus->size; at += 4 + row_size(corpus->data + at))
		tokens += hft_encoding_encode(enc, corpus->data + at + 4,
									  row_size(corpus->data + at), ids,
									  1 << 20);
	return tokens;
}

static int64_t
split_corpus(HftEncoding *enc, const Corpus *corpus)
{
	HftSplitBatch split = enc->kernel->split[enc->vocab.header->split];
	int64_t		pieces = 0;
	size_t		at;

	for (at = 0; at < corpus->size; at += 4 + row_size(corpus->data + at))
	{
		const uint8_t *p = (const uint8_t *) corpus->data + at + 4;
		const uint8_t *end = p + row_size(corpus->data + at);

		enc->batch.limit = end;
		while (p < end)
		{
			p = split(&enc->vocab, p, end, &enc->batch);
			pieces += enc->batch.n;
		}
	}
	return pieces;
}

static int64_t
check_corpus(HftEncoding *enc, const Corpus *corpus)
{
	int64_t		bad = 0;
	size_t		at;

	for (at = 0; at < corpus->size; at += 4 + row_size(corpus->data + at))
	{
		const uint8_t *p = (const uint8_t *) corpus->data + at + 4;
		const uint8_t *end = p + row_size(corpus->data + at);
		uint32_t	code;

		while (p < end)
		{
			p += decode_char(p, end, &code);
			bad += code == HFT_BAD_CHAR;
		}
	}
	return bad;
}

static int
compare_times(const void *a, const void *b)
{
	double		x = *(const double *) a;
	double		y = *(const double *) b;

	return (x > y) - (x < y);
}

/* MB/s of the median round. */
static double
speed(int64_t (*work) (HftEncoding *, const Corpus *), HftEncoding *enc,
	  const Corpus *corpus, int rounds)
{
	double		times[MAX_ROUNDS];
	int			i;

	for (i = 0; i < rounds; i++)
	{
		double		start = seconds();

		if (work(enc, corpus) < 0)
			exit(1);
		times[i] = seconds() - start;
	}
	qsort(times, rounds, sizeof(double), compare_times);
	return corpus->bytes / 1e6 / times[rounds / 2];
}

static HftEncoding *
open_encoding(const char *path, const char *kernel)
{
	HftEncoding *enc;
	HftTokenStatus status = hft_encoding_open(path, &enc);

	if (status != HFT_TOKEN_OK)
	{
		fprintf(stderr, "%s %s\n", path, hft_token_status_text(status));
		exit(1);
	}
	if (kernel != NULL)
		enc->kernel = hft_kernel_find(kernel);
	if (enc->kernel == NULL)
	{
		fprintf(stderr, "no kernel \"%s\" on this machine\n", kernel);
		exit(1);
	}
	return enc;
}

static void
bench_corpus(const char *vocabulary, const char *kernel, const char *path,
			 int rounds)
{
	Corpus		corpus = read_corpus(path);
	HftEncoding *enc = open_encoding(vocabulary, kernel);
	double		first = speed(count_corpus, enc, &corpus, 1);
	double		warm = speed(count_corpus, enc, &corpus, rounds);

	printf("%-12s %-7s %-28.28s %10lld %8.1f %8.1f %8.1f %8.1f %9.1f\n",
		   hft_encoding_info(enc).name, enc->kernel->name,
		   strrchr(path, '/') ? strrchr(path, '/') + 1 : path,
		   (long long) count_corpus(enc, &corpus), first, warm,
		   speed(encode_corpus, enc, &corpus, 3),
		   speed(split_corpus, enc, &corpus, rounds),
		   speed(check_corpus, enc, &corpus, rounds));
	fflush(stdout);
	hft_encoding_close(enc);
	free(corpus.data);
}

int
main(int argc, char **argv)
{
	const char *kernel = NULL;
	int			rounds = 7;
	int			option;
	int			i;

	while ((option = getopt(argc, argv, "n:k:")) != -1)
	{
		if (option == 'n')
			rounds = atoi(optarg);
		else if (option == 'k')
			kernel = optarg;
		else
			return 1;
	}
	if (rounds < 1 || rounds > MAX_ROUNDS || argc - optind == 1)
	{
		fprintf(stderr, "usage: %s [-n rounds] [-k kernel] [vocabulary "
				"corpus...]\n", argv[0]);
		return 1;
	}
	if (argc == optind && access(CORPORA "english.rows", R_OK) != 0)
	{
		printf("no corpora: run test/bench/tok_corpora.py " CORPORA "\n");
		return 0;
	}
	printf("%-12s %-7s %-28s %10s %8s %8s %8s %8s %9s\n", "encoding",
		   "kernel", "corpus, MB/s:", "tokens", "first", "warm", "encode",
		   "split", "utf8");
	for (i = 0; argc == optind && i < 8; i++)
		bench_corpus(i < 4 ? "build/vocab/hft-cl100k_base.vocab" :
					 "build/vocab/hft-o200k_base.vocab", kernel,
					 corpora[i % 4], rounds);
	for (i = optind + 1; i < argc; i++)
		bench_corpus(argv[optind], kernel, argv[i], rounds);
	return 0;
}
