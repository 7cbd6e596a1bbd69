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
 * For each corpus, in a process of its own: the first pass of a handle that
 * was just opened, then rounds in which each contender takes its turn, so
 * that all see the same weather on the machine: counting, the yardstick's
 * counting where there is one (yardstick.c), encoding, splitting alone, and
 * checking that the text is UTF-8.  Printed are medians; "x" is the median
 * of the rounds' ratios to the yardstick.  Times are of the processor.
 *
 *-------------------------------------------------------------------------
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <x86intrin.h>
#endif

#include "tokenizer/internal.h"
#include "tokenizer/unicode.h"

#define MAX_ROUNDS	99
#define CORPORA		"build/corpora/"
#define SLACK		256			/* the yardstick reads behind a text */

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
	corpus.data = calloc(1, corpus.size + SLACK);
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

/* ---- the yardstick, where it was linked */

extern void cl100k_base_open(char *encoding) __attribute__((weak));
extern long long cl100k_base_count(const char *text, unsigned len)
			__attribute__((weak));
extern void o200k_base_open(char *encoding) __attribute__((weak));
extern long long o200k_base_count(const char *text, unsigned len)
			__attribute__((weak));

static long long (*yardstick) (const char *text, unsigned len);

static int64_t
yardstick_corpus(HftEncoding *enc, const Corpus *corpus)
{
	int64_t		tokens = 0;
	size_t		at;

	for (at = 0; at < corpus->size; at += 4 + row_size(corpus->data + at))
		tokens += yardstick(corpus->data + at + 4,
							row_size(corpus->data + at));
	return tokens;
}

static void
put_base64(FILE *out, const uint8_t *bytes, size_t n)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"abcdefghijklmnopqrstuvwxyz0123456789+/";

	for (; n > 0; bytes += 3, n -= n < 3 ? n : 3)
	{
		uint32_t	three = bytes[0] << 16 | (n > 1 ? bytes[1] << 8 : 0) |
			(n > 2 ? bytes[2] : 0);

		putc(digits[three >> 18], out);
		putc(digits[three >> 12 & 63], out);
		putc(n > 1 ? digits[three >> 6 & 63] : '=', out);
		putc(n > 2 ? digits[three & 63] : '=', out);
	}
}

static FILE *
create_file(const char *path)
{
	FILE	   *out = fopen(path, "w");

	if (out == NULL)
	{
		perror(path);
		exit(1);
	}
	return out;
}

static void
write_ranks(const HftVocab *vocab)
{
	char		path[100];
	FILE	   *out;
	uint32_t	i;

	snprintf(path, sizeof(path), "tok/vocab/%s.tiktoken",
			 vocab->header->name);
	out = create_file(path);
	for (i = 0; i < vocab->header->tokens; i++)
	{
		put_base64(out, vocab->bytes + vocab->offsets[i],
				   vocab->offsets[i + 1] - vocab->offsets[i]);
		fprintf(out, " %u\n", i);
	}
	fclose(out);
}

/* Classes as the yardstick writes them: by kind, and by kind and case. */
static void
write_classes(const HftVocab *vocab)
{
	FILE	   *kinds = create_file("tok/proto/ucls.bin");
	FILE	   *cases = create_file("tok/proto/ucls16.bin");
	uint32_t	code;

	for (code = 0; code < HFT_CODE_POINTS; code++)
	{
		uint8_t		c = code_class(vocab, code);
		int			kind = c & HFT_CHAR_LETTER ? 1 :
			c & HFT_CHAR_NUMBER ? 2 : c & HFT_CHAR_SPACE ? 3 : 0;

		putc(kind, kinds);
		putc(kind | (c & HFT_CHAR_UPPER ? 0x10 : c & HFT_CHAR_LOWER ? 0x20 :
					 c & HFT_CHAR_CASELESS ? 0x30 :
					 c & HFT_CHAR_MARK ? 0x40 : 0), cases);
	}
	fclose(kinds);
	fclose(cases);
}

/* Open the yardstick of an encoding, silently, from a folder of its own. */
static void
open_yardstick(const HftVocab *vocab)
{
	char	   *name = (char *) vocab->header->name;
	void		(*open) (char *) = NULL;
	char		here[4096];
	int			terminal;

	if (strcmp(name, "cl100k_base") == 0)
		open = cl100k_base_open, yardstick = cl100k_base_count;
	else if (strcmp(name, "o200k_base") == 0)
		open = o200k_base_open, yardstick = o200k_base_count;
	if (open == NULL || getcwd(here, sizeof(here)) == NULL)
		return;
	mkdir("build/yardstick", 0777);
	if (chdir("build/yardstick") != 0)
		exit(1);
	mkdir("tok", 0777);
	mkdir("tok/vocab", 0777);
	mkdir("tok/proto", 0777);
	write_ranks(vocab);
	write_classes(vocab);
	fflush(stdout);
	terminal = dup(1);
	if (freopen("/dev/null", "w", stdout) == NULL)
		exit(1);
	open(name);
	fflush(stdout);
	if (dup2(terminal, 1) < 0 || chdir(here) != 0)
		exit(1);
}

/* ---- rounds */

typedef int64_t (*Work) (HftEncoding *enc, const Corpus *corpus);

typedef enum Contender
{
	OURS, YARDSTICK, ENCODE, SPLIT, UTF8, NCONTENDERS
} Contender;

static const Work works[NCONTENDERS] = {
	count_corpus, yardstick_corpus, encode_corpus, split_corpus, check_corpus
};

static int
compare_doubles(const void *a, const void *b)
{
	double		x = *(const double *) a;
	double		y = *(const double *) b;

	return (x > y) - (x < y);
}

static double
median(double *values, int n)
{
	qsort(values, n, sizeof(double), compare_doubles);
	return values[n / 2];
}

/* MB/s of one pass. */
static double
pass_speed(Contender who, HftEncoding *enc, const Corpus *corpus)
{
	double		start = seconds();

	if (who == YARDSTICK && yardstick == NULL)
		return 0;
	if (works[who] (enc, corpus) < 0)
		exit(1);
	return corpus->bytes / 1e6 / (seconds() - start);
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

/* Ticks of the processor's constant clock per second, 0 if it has none. */
static double
clock_rate(void)
{
#if defined(__x86_64__)
	struct timespec t;
	struct timespec from;
	uint64_t	ticks = __rdtsc();

	clock_gettime(CLOCK_MONOTONIC, &from);
	do
		clock_gettime(CLOCK_MONOTONIC, &t);
	while ((t.tv_sec - from.tv_sec) * 1e9 + t.tv_nsec - from.tv_nsec < 2e7);
	return (__rdtsc() - ticks) /
		(t.tv_sec - from.tv_sec + (t.tv_nsec - from.tv_nsec) * 1e-9);
#else
	return 0;
#endif
}

static void
bench_corpus(const char *vocabulary, const char *kernel, const char *path,
			 int rounds)
{
	Corpus		corpus = read_corpus(path);
	HftEncoding *enc = open_encoding(vocabulary, kernel);
	const char *file = strrchr(path, '/');
	double		speed[NCONTENDERS][MAX_ROUNDS];
	double		ratio[MAX_ROUNDS];
	double		first[2];
	double		ours;
	int64_t		tokens;
	int			who;
	int			i;

	open_yardstick(&enc->vocab);
	first[0] = pass_speed(OURS, enc, &corpus);
	first[1] = pass_speed(YARDSTICK, enc, &corpus);
	for (i = 0; i < rounds; i++)
	{
		for (who = 0; who < NCONTENDERS; who++)
			speed[who][i] = pass_speed(who, enc, &corpus);
		ratio[i] = yardstick != NULL ?
			speed[OURS][i] / speed[YARDSTICK][i] : 0;
	}
	tokens = count_corpus(enc, &corpus);
	if (yardstick != NULL && yardstick_corpus(enc, &corpus) != tokens)
		printf("the yardstick counts otherwise!\n");
	ours = median(speed[OURS], rounds);
	printf("%-12s %-7s %-13.13s %9lld | %6.0f %6.0f %5.2f | %6.0f %6.0f %5.2f"
		   " %5.2f | %6.0f %6.0f %6.0f\n",
		   enc->vocab.header->name, enc->kernel->name,
		   file != NULL ? file + 1 : path, (long long) tokens,
		   first[0], first[1], first[1] > 0 ? first[0] / first[1] : 0, ours,
		   median(speed[YARDSTICK], rounds), median(ratio, rounds),
		   clock_rate() / 1e6 / ours, median(speed[ENCODE], rounds),
		   median(speed[SPLIT], rounds), median(speed[UTF8], rounds));
	hft_encoding_close(enc);
	free(corpus.data);
}

/* In a process of its own, so that nothing is warm. */
static void
bench_apart(const char *vocabulary, const char *kernel, const char *path,
			int rounds)
{
	pid_t		child;

	fflush(stdout);
	child = fork();
	if (child == 0)
	{
		bench_corpus(vocabulary, kernel, path, rounds);
		exit(0);
	}
	waitpid(child, NULL, 0);
}

static void
print_machine(void)
{
	char		line[300];
	FILE	   *in = fopen("/proc/cpuinfo", "r");

	while (in != NULL && fgets(line, sizeof(line), in) != NULL)
		if (strncmp(line, "model name", 10) == 0)
		{
			printf("%s", strchr(line, ':') + 2);
			break;
		}
	if (in != NULL)
		fclose(in);
	printf("kernels:%s%s none; MB/s of processor time\n",
		   hft_kernel_find("avx512") ? " avx512" : "",
		   hft_kernel_find("avx2") ? " avx2" : "");
	printf("%-12s %-7s %-13s %9s | %20s | %26s | %6s %6s %6s\n", "", "", "",
		   "", "first pass", "warm", "", "", "");
	printf("%-12s %-7s %-13s %9s | %6s %6s %5s | %6s %6s %5s %5s |"
		   " %6s %6s %6s\n", "encoding", "kernel", "corpus", "tokens",
		   "ours", "yards.", "x", "ours", "yards.", "x", "c/B", "encode",
		   "split", "utf8");
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
	print_machine();
	for (i = 0; argc == optind && i < 8; i++)
		bench_apart(i < 4 ? "build/vocab/hft-cl100k_base.vocab" :
					"build/vocab/hft-o200k_base.vocab", kernel,
					corpora[i % 4], rounds);
	for (i = optind + 1; i < argc; i++)
		bench_apart(argv[optind], kernel, argv[i], rounds);
	return 0;
}
