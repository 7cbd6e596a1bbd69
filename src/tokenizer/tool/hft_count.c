/*-------------------------------------------------------------------------
 *
 * hft_count.c
 *	  Count the tokens of files, of lines, or of texts in JSON.
 *
 * What the SQL functions do, for a shell: the same library, the same
 * vocabularies, no server.
 *
 *-------------------------------------------------------------------------
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tokenizer/model.h"
#include "tokenizer/tool/tool.h"

#define MAX_PATH	4096

const char *tool_name = "hft-count";

static const char usage[] =
"usage: hft-count [OPTION]... [FILE]...\n"
"Counts the tokens of each FILE, or of standard input.\n"
"  -m, --model=MODEL        count for this model (default gpt-4o)\n"
"  -e, --encoding=ENCODING  count in this encoding\n"
"  -l, --lines              count each line, without its newline\n"
"  -j, --jsonl              count each line's JSON: a string, or the \"text\"\n"
"                           of an object; implies --lines\n"
"  -i, --ids                print the ids instead of their number\n"
"  -d, --directory=DIR      of the compiled vocabularies, hft-*.vocab\n";

static const struct option options[] = {
	{"model", required_argument, NULL, 'm'},
	{"encoding", required_argument, NULL, 'e'},
	{"lines", no_argument, NULL, 'l'},
	{"jsonl", no_argument, NULL, 'j'},
	{"ids", no_argument, NULL, 'i'},
	{"directory", required_argument, NULL, 'd'},
	{"help", no_argument, NULL, 'h'},
	{NULL}
};

static struct
{
	const char *encoding;
	const char *directory;
	bool		lines;
	bool		json;
	bool		ids;
}			option;

static const char *
encoding_of_model(const char *name)
{
	const HftTokenModel *model = hft_token_model_find(name, strlen(name));

	if (model == NULL)
		fail("no tokenizer is known for model \"%s\"", name);
	return model->encoding;
}

static void
read_options(int argc, char **argv)
{
	int			c;

	while ((c = getopt_long(argc, argv, "m:e:ljid:h", options, NULL)) != -1)
		switch (c)
		{
			case 'm':
				option.encoding = encoding_of_model(optarg);
				break;
			case 'e':
				option.encoding = optarg;
				break;
			case 'j':
				option.json = true;
				option.lines = true;
				break;
			case 'l':
				option.lines = true;
				break;
			case 'i':
				option.ids = true;
				break;
			case 'd':
				option.directory = optarg;
				break;
			case 'h':
				fputs(usage, stdout);
				exit(0);
			default:
				fputs(usage, stderr);
				exit(2);
		}
	if (option.encoding == NULL)
		option.encoding = encoding_of_model("gpt-4o");
}

/* "../vocab" from where this program is, as the makefile has it. */
static const char *
own_directory(void)
{
	static char path[MAX_PATH];
	ssize_t		len = readlink("/proc/self/exe", path, sizeof(path) - 10);
	char	   *slash;

	path[len > 0 ? len : 0] = '\0';
	slash = strrchr(path, '/');
	strcpy(slash ? slash : path, "/../vocab");
	return path;
}

static HftEncoding *
open_vocabulary(void)
{
	HftEncoding *enc;
	HftTokenStatus status;
	char		path[MAX_PATH + 64];

	if (!hft_vocab_name_valid(option.encoding))
		fail("invalid name of an encoding: \"%s\"", option.encoding);
	if (option.directory == NULL)
		option.directory = own_directory();
	snprintf(path, sizeof(path), "%s/hft-%s.vocab", option.directory,
			 option.encoding);
	status = hft_encoding_open(path, &enc);
	if (status == HFT_TOKEN_NO_FILE)
		fail("cannot open \"%s\": %s", path, strerror(errno));
	if (status != HFT_TOKEN_OK)
		fail("\"%s\" %s", path, hft_token_status_text(status));
	return enc;
}

static void
print_ids(HftEncoding *enc, const char *text, size_t len, int64_t n)
{
	uint32_t   *ids = allocate((n + 1) * sizeof(uint32_t));
	int64_t		i;

	if (hft_encoding_encode(enc, text, len, ids, n) != n)
		fail("out of memory");
	for (i = 0; i < n; i++)
		printf(i > 0 ? " %u" : "%u", ids[i]);
	putchar('\n');
	free(ids);
}

/* Count a text, and print its ids if those are wanted. */
static int64_t
count_text(HftEncoding *enc, const char *text, size_t len)
{
	int64_t		n = hft_encoding_count(enc, text, len);

	if (n < 0)
		fail("a text is too long, or memory ran out");
	if (option.ids)
		print_ids(enc, text, len, n);
	return n;
}

static int64_t
count_json(HftEncoding *enc, const char *line, size_t len, int number)
{
	json_error_t error;
	json_t	   *json = json_loadb(line, len, JSON_DECODE_ANY | JSON_ALLOW_NUL,
								  &error);
	const json_t *text = json_is_object(json) ?
		json_object_get(json, "text") : json;
	int64_t		n;

	if (json == NULL)
		fail("line %d: %s", number, error.text);
	if (!json_is_string(text))
		fail("line %d is no string and has no \"text\"", number);
	n = count_text(enc, json_string_value(text), json_string_length(text));
	json_decref(json);
	return n;
}

static int64_t
count_lines(HftEncoding *enc, FILE *in)
{
	char	   *line = NULL;
	size_t		room = 0;
	ssize_t		len;
	int			number = 0;
	int64_t		total = 0;

	while ((len = getline(&line, &room, in)) >= 0)
	{
		int64_t		n;

		number++;
		if (len > 0 && line[len - 1] == '\n')
			len--;
		n = option.json ? count_json(enc, line, len, number) :
			count_text(enc, line, len);
		if (!option.ids)
			printf("%" PRId64 "\n", n);
		total += n;
	}
	free(line);
	return total;
}

static int64_t
count_file(HftEncoding *enc, const char *path)
{
	FILE	   *in = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
	int64_t		n;

	if (in == NULL)
		fail("cannot open \"%s\": %s", path, strerror(errno));
	if (option.lines)
		n = count_lines(enc, in);
	else
	{
		size_t		len;
		char	   *text = read_all(in, &len);

		n = count_text(enc, text, len);
		free(text);
	}
	if (ferror(in))
		fail("cannot read \"%s\": %s", path, strerror(errno));
	if (in != stdin)
		fclose(in);
	return n;
}

int
main(int argc, char **argv)
{
	HftEncoding *enc;
	int64_t		total = 0;
	int			i;

	read_options(argc, argv);
	enc = open_vocabulary();
	if (optind == argc)
	{
		total = count_file(enc, "-");
		if (!option.lines && !option.ids)
			printf("%" PRId64 "\n", total);
	}
	for (i = optind; i < argc; i++)
	{
		int64_t		n = count_file(enc, argv[i]);

		total += n;
		if (!option.lines && !option.ids)
			printf("%" PRId64 " %s\n", n, argv[i]);
	}
	if (argc - optind > 1 && !option.lines && !option.ids)
		printf("%" PRId64 " total\n", total);
	hft_encoding_close(enc);
	if (fflush(stdout) != 0)
		fail("cannot write: %s", strerror(errno));
	return 0;
}
