/*-------------------------------------------------------------------------
 *
 * test_token_compile.c
 *	  Compiling vocabularies: what is understood gives the same encoding
 *	  whatever form it comes in, what is not is refused with its place.
 *
 *-------------------------------------------------------------------------
 */
#include <stdlib.h>
#include <unistd.h>

#include "tap.h"
#include "tokenizer/compile.h"

#define MAX_JSON	65536

static HftSection unicode[HFT_NSECTIONS];

/* A tokenizer.json of all bytes, "ab" and "abc", with parts to replace. */
typedef struct Parts
{
	const char *normalizer;
	const char *pattern;
	const char *step;			/* before the pattern's */
	const char *tokens;			/* beside the bytes */
	const char *merges;
	const char *added;
	const char *model;			/* more keys of the model */
} Parts;

static const Parts plain = {
	"null", "\\\\p{N}{1,3}", "", ",\"ab\":256,\"abc\":257",
	"\"a b\",[\"ab\",\"c\"]", "", ""
};

#define CL100K "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\\\r\\\\n\\\\p{L}" \
	"\\\\p{N}]?\\\\p{L}+|\\\\p{N}{1,3}| ?[^\\\\s\\\\p{L}\\\\p{N}]+" \
	"[\\\\r\\\\n]*|\\\\s*[\\\\r\\\\n]+|\\\\s+(?!\\\\S)|\\\\s+"

/* The 256 bytes in GPT-2's alphabet. */
static void
append_bytes(char *json)
{
	int			other = 256;
	int			i;

	for (i = 0; i < 256; i++)
	{
		bool		itself = (i >= 33 && i <= 126) ||
			(i >= 161 && i <= 172) || i >= 174;

		sprintf(json + strlen(json), "%s\"\\u%04x\":%d", i > 0 ? "," : "",
				itself ? i : other, i);
		other += !itself;
	}
}

static const char *
make_json(const Parts *parts)
{
	static char json[MAX_JSON];

	sprintf(json, "{\"normalizer\":%s,\"pre_tokenizer\":{\"type\":"
			"\"Sequence\",\"pretokenizers\":[%s{\"type\":\"Split\","
			"\"pattern\":{\"Regex\":\"%s\"}},{\"type\":\"ByteLevel\","
			"\"add_prefix_space\":false,\"use_regex\":false}]},"
			"\"added_tokens\":[%s],\"model\":{\"type\":\"BPE\"%s,"
			"\"merges\":[%s],\"vocab\":{",
			parts->normalizer, parts->step, parts->pattern, parts->added,
			parts->model, parts->merges);
	append_bytes(json);
	sprintf(json + strlen(json), "%s}}}", parts->tokens);
	return json;
}

static HftVocabImage
compile(const char *name, const char *pattern, const char *data, size_t size)
{
	HftVocabInput input = {name, pattern, data, size, unicode, NULL};
	HftVocabImage image;

	(void) hft_vocab_compile(&input, &image);
	return image;
}

/* Open an image as the file it is meant to be. */
static HftEncoding *
open_image(const HftVocabImage *image)
{
	char		path[] = "/tmp/hft-vocab-XXXXXX";
	FILE	   *out = fdopen(mkstemp(path), "wb");
	HftEncoding *enc;

	if (image->data != NULL)
		fwrite(image->data, 1, image->size, out);
	fclose(out);
	if (hft_encoding_open(path, &enc) == HFT_TOKEN_OK &&
		hft_encoding_verify(enc) != HFT_TOKEN_OK)
	{
		hft_encoding_close(enc);
		enc = NULL;
	}
	unlink(path);
	return enc;
}

static void
encodes(HftVocabImage image, const char *text, const char *ids,
		const char *what)
{
	HftEncoding *enc = open_image(&image);
	uint32_t	got[16];
	char		list[160] = "";
	int64_t		n = 0;
	int64_t		i;

	if (ok(enc != NULL, "%s: %s", what, image.error))
		n = hft_encoding_encode(enc, text, strlen(text), got, 16);
	for (i = 0; i < n; i++)
		sprintf(list + strlen(list), i > 0 ? " %u" : "%u", got[i]);
	is_text(list, ids, what);
	hft_encoding_close(enc);
	free(image.data);
}

static void
refuses_json(const Parts *parts, const char *message)
{
	const char *json = make_json(parts);
	HftVocabImage image = compile("mine", NULL, json, strlen(json));

	is_text(image.error, message, "refused");
	ok(image.data == NULL, "and nothing is made of it");
	free(image.data);
}

static void
refuses(const char *data, const char *pattern, const char *message)
{
	HftVocabImage image = compile("mine", pattern, data, strlen(data));

	is_text(image.error, message, "refused");
	free(image.data);
}

static void
test_json(void)
{
	Parts		parts = plain;
	const char *json;

	parts.pattern = CL100K;
	json = make_json(&parts);
	encodes(compile("mine", NULL, json, strlen(json)), "abcab",
			"257 256", "bytes and two merges");

	/* a token that no merge gives: whole pieces may be looked up or not */
	parts.merges = "\"a b\"";
	json = make_json(&parts);
	encodes(compile("mine", NULL, json, strlen(json)), "abc",
			"256 99", "is not found where merges decide");
	parts.model = ",\"ignore_merges\":true";
	json = make_json(&parts);
	encodes(compile("mine", NULL, json, strlen(json)), "abc abc",
			"257 32 256 99", "is found as a whole piece");

	parts.added = "{\"id\":300,\"content\":\"<x>\",\"special\":false},"
		"{\"id\":301,\"content\":\"<y>\",\"special\":true}";
	json = make_json(&parts);
	encodes(compile("mine", NULL, json, strlen(json)), "<x><y>",
			"300 60 121 62", "added tokens, ordinary and special");

	parts = plain;
	json = make_json(&parts);
	encodes(compile("mine", "cl100k", json, strlen(json)), "abcab",
			"257 256", "a pattern that is named");
}

static void
test_bad_json(void)
{
	Parts		parts = plain;

	refuses_json(&plain, "key \"pre_tokenizer\": unknown pattern "
				 "\"\\p{N}{1,3}\"");
	parts.pattern = CL100K;
	parts.normalizer = "{\"type\":\"NFKC\"}";
	refuses_json(&parts, "key \"normalizer\": type \"NFKC\" is not "
				 "supported");
	parts.normalizer = "null";
	parts.step = "{\"type\":\"Digits\"},";
	refuses_json(&parts, "key \"pre_tokenizer\": type \"Digits\" with these "
				 "settings is not supported");
	parts.step = "";
	parts.tokens = ",\"ab\":256,\"abc\":256";
	refuses_json(&parts, "key \"model.vocab\": tokens \"ab\" and \"abc\" "
				 "have the same id");
	parts.tokens = ",\"ab\":256,\"abc\":-1";
	refuses_json(&parts, "key \"model.vocab\": token \"abc\" has no id "
				 "below 258");
	parts.tokens = ",\"ab\":256,\"\\u20ac\":257";
	refuses_json(&parts, "key \"model.vocab\": token \"\u20ac\" is not made "
				 "of bytes");
	parts.tokens = plain.tokens;
	parts.merges = "\"a b\",\"ab\"";
	refuses_json(&parts, "key \"model.merges\": element 1 is not a pair");
	parts.merges = "\"a b\",\"ab d\"";
	refuses_json(&parts, "key \"model.merges\": \"abd\" is no token");
	parts.merges = "";
	refuses_json(&parts, "key \"model.merges\": 0 of them do not fit the "
				 "tables");
	refuses("{\"model\":", NULL, "line 1, column 9: unexpected token near "
			"end of file");
	refuses("{\"model\":{\"type\":\"Unigram\",\"vocab\":[]}}", NULL,
			"key \"model\": not a byte-pair encoding");
}

static void
test_rank_file(void)
{
	char		file[8192] = "";
	const char *name = "llama3_1";
	HftVocabImage image;
	int			i;

	for (i = 0; i < 256; i++)
	{
		static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			"abcdefghijklmnopqrstuvwxyz0123456789+/";

		sprintf(file + strlen(file), "%c%c== %d\n", digits[i >> 2],
				digits[(i & 3) << 4], i);
	}
	refuses(file, NULL, "a rank file does not say its pattern; name one of "
			"cl100k, o200k, qwen, tekken, deepseek, blanks");
	refuses(file, "polly", "unknown pattern \"polly\"; there are "
			"cl100k, o200k, qwen, tekken, deepseek, blanks");
	refuses(file + 7, "cl100k", "line 1 does not have rank 0");
	refuses("", "cl100k", "the file is empty");
	refuses("AA== 0\n", "cl100k", "byte 1 is no token");
	refuses("AA==\n", "cl100k", "line 1 is not \"base64 rank\"");
	refuses("!!!! 0\n", "cl100k", "the token of line 1 is not base64");
	image = compile(name, NULL, file, strlen(file));
	ok(strstr(image.error, "this is not the vocabulary that \"llama3_1\" "
			  "stands for") != NULL, "a known name is not given away");
	image = compile("Mine", "cl100k", file, strlen(file));
	ok(strstr(image.error, "lower case") != NULL, "names have a form");
	strcat(file, "YWI= 256\nYWJj 257\n");
	encodes(compile("mine", "cl100k", file, strlen(file)), "abcab",
			"257 256", "a rank file");
	strcat(file, "YWI= 258\n");
	refuses(file, "cl100k", "tokens 256 and 258 are the same");
}

int
main(void)
{
	HftEncoding *like;

	hft_encoding_open("build/vocab/hft-qwen3.vocab", &like);
	if (ok(like != NULL, "a vocabulary with Unicode's tables"))
	{
		hft_encoding_sections(like, unicode);
		test_json();
		test_bad_json();
		test_rank_file();
	}
	hft_encoding_close(like);
	return tap_done();
}
