/*-------------------------------------------------------------------------
 *
 * hft_vocab.c
 *	  Compile a vocabulary into the file that backends map.
 *
 * At build time Unicode's tables come from our own texts, later from a
 * vocabulary that is already compiled.
 *
 *-------------------------------------------------------------------------
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "tokenizer/tool/tool.h"

const char *tool_name = "hft-vocab";

static const char usage[] =
"usage: hft-vocab [OPTION]... OUTPUT [INPUT]\n"
"Compiles a tokenizer.json, a .tiktoken or one of our own vocabularies.\n"
"  -n, --name=NAME        name of the encoding\n"
"  -p, --pattern=PATTERN  cl100k, o200k, qwen, tekken, deepseek or blanks,\n"
"                         where INPUT does not say it\n"
"  -l, --like=FILE        compiled vocabulary to take Unicode's tables from\n"
"  -u, --unicode=DIR      directory of unicode16.txt and nfc16.txt instead\n"
"INPUT is standard input by default.  The server looks for OUTPUT, named\n"
"hft-NAME.vocab, beside its extension files and in its data directory's\n"
"folder \"hft\".\n";

static const struct option options[] = {
	{"name", required_argument, NULL, 'n'},
	{"pattern", required_argument, NULL, 'p'},
	{"like", required_argument, NULL, 'l'},
	{"unicode", required_argument, NULL, 'u'},
	{"help", no_argument, NULL, 'h'},
	{NULL}
};

static HftSection unicode[HFT_NSECTIONS];

static void
read_like(const char *path)
{
	HftEncoding *like;
	HftTokenStatus status = hft_encoding_open(path, &like);

	if (status == HFT_TOKEN_OK)
		status = hft_encoding_verify(like);
	if (status != HFT_TOKEN_OK)
		fail("\"%s\" %s", path, hft_token_status_text(status));
	hft_encoding_sections(like, unicode);
}

static void
read_folder(const char *folder)
{
	char		classes[4096];
	char		normal[4096];

	snprintf(classes, sizeof(classes), "%s/unicode16.txt", folder);
	snprintf(normal, sizeof(normal), "%s/nfc16.txt", folder);
	read_unicode(unicode, classes, normal);
}

static void
read_options(int argc, char **argv, HftVocabInput *input)
{
	int			c;

	while ((c = getopt_long(argc, argv, "n:p:l:u:h", options, NULL)) != -1)
		switch (c)
		{
			case 'n':
				input->name = optarg;
				break;
			case 'p':
				input->pattern = optarg;
				break;
			case 'l':
				read_like(optarg);
				break;
			case 'u':
				read_folder(optarg);
				break;
			case 'h':
				fputs(usage, stdout);
				exit(0);
			default:
				fputs(usage, stderr);
				exit(2);
		}
	if (argc - optind < 1 || argc - optind > 2)
	{
		fputs(usage, stderr);
		exit(2);
	}
	if (unicode[HFT_SECTION_CLASS_INDEX].size == 0)
		fail("Unicode's tables are missing: use --like or --unicode");
}

/* The whole file or none: a server may be looking. */
static void
write_image(const HftVocabImage *image, const char *path)
{
	char	   *name = allocate(strlen(path) + sizeof(".tmp"));
	FILE	   *out;

	sprintf(name, "%s.tmp", path);
	out = fopen(name, "wb");
	if (out == NULL || fwrite(image->data, 1, image->size,
							  out) != image->size ||
		fclose(out) != 0 || rename(name, path) != 0)
		fail("cannot write \"%s\": %s", path, strerror(errno));
}

int
main(int argc, char **argv)
{
	HftVocabInput input = {0};
	HftVocabImage image;
	const char *path;
	FILE	   *in = stdin;

	read_options(argc, argv, &input);
	path = argv[optind + 1];
	if (path != NULL)
		in = fopen(path, "rb");
	if (in == NULL)
		fail("cannot open \"%s\": %s", path, strerror(errno));
	input.data = read_all(in, &input.size);
	if (ferror(in))
		fail("cannot read \"%s\": %s", path ? path : "-", strerror(errno));
	input.unicode = unicode;
	if (!hft_vocab_compile(&input, &image))
		fail("\"%s\": %s", path ? path : "-", image.error);
	write_image(&image, argv[optind]);
	return 0;
}
