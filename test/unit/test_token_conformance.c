/*-------------------------------------------------------------------------
 *
 * test_token_conformance.c
 *	  Counts and ids are those of the reference implementations.
 *
 * Vectors are lines of JSON: text, n, and the ids or, where they are many,
 * the SHA-256 of the ids in decimal with commas between.  A small set lies in
 * test/unit/data; a large one is read where it lies beside the checkout.  A
 * file without a line, or a line without ids, is a failure, so an empty file
 * cannot pass.  Every kernel this machine can run is held to them.
 *
 *-------------------------------------------------------------------------
 */
#include <jansson.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "tap.h"
#include "tokenizer/internal.h"

static bool
same_ids(const json_t *ids, const uint32_t *got, size_t n)
{
	size_t		i;

	if (json_array_size(ids) != n)
		return false;
	for (i = 0; i < n; i++)
		if (json_integer_value(json_array_get(ids, i)) != got[i])
			return false;
	return true;
}

static bool
same_digest(const char *expected, const uint32_t *got, size_t n)
{
	char	   *text = malloc(n * 11 + 1);
	unsigned char digest[SHA256_DIGEST_LENGTH];
	char		hex[2 * SHA256_DIGEST_LENGTH + 1];
	size_t		len = 0;
	size_t		i;

	for (i = 0; i < n; i++)
		len += sprintf(text + len, i ? ",%u" : "%u", got[i]);
	SHA256((unsigned char *) text, len, digest);
	for (i = 0; i < sizeof(digest); i++)
		sprintf(hex + 2 * i, "%02x", digest[i]);
	free(text);
	return strcmp(hex, expected) == 0;
}

/* Count, encode and decode one text; tells what is wrong, NULL if nothing. */
static const char *
check_line(HftEncoding *enc, const json_t *line, bool rewrites)
{
	const json_t *text = json_object_get(line, "text");
	const json_t *ids = json_object_get(line, "ids");
	const char *sha = json_string_value(json_object_get(line, "sha256"));
	size_t		n = json_integer_value(json_object_get(line, "n"));
	size_t		len = json_string_length(text);
	const char *bytes = json_string_value(text);
	uint32_t   *got = malloc((n + 1) * sizeof(uint32_t));
	char	   *back = malloc(len + 1);
	size_t		back_len = 0;
	const char *wrong = NULL;

	if (bytes == NULL || (ids == NULL && sha == NULL))
		wrong = "line is incomplete";
	else if (hft_encoding_count(enc, bytes, len) != n)
		wrong = "count";
	else if (hft_encoding_encode(enc, bytes, len, got, n) != n)
		wrong = "number of ids";
	else if (ids != NULL ? !same_ids(ids, got, n) : !same_digest(sha, got, n))
		wrong = "ids";
	else if (!rewrites &&
			 (hft_encoding_decode(enc, got, n, back, len, &back_len) !=
			  HFT_TOKEN_OK || back_len != len ||
			  memcmp(back, bytes, len) != 0))
		wrong = "decoded text";
	free(got);
	free(back);
	return wrong;
}

static void
check_stream(HftEncoding *enc, FILE *in, const char *name, bool rewrites)
{
	char	   *line = NULL;
	size_t		room = 0;
	int			lines = 0;
	int			wrong = 0;

	while (getline(&line, &room, in) > 0)
	{
		json_t	   *json = json_loads(line, 0, NULL);
		const char *what = check_line(enc, json, rewrites);

		lines++;
		if (what != NULL && ++wrong <= 10)
			printf("# %s line %d: %s: %.200s\n", name, lines, what, line);
		json_decref(json);
	}
	free(line);
	ok(lines > 0 && wrong == 0, "%s: %d lines, %d mismatches", name, lines,
	   wrong);
}

/* The large set, where it lies beside the checkout or its work tree. */
static void
check_shared(HftEncoding *enc, const char *name, bool rewrites)
{
	const char *places[] = {"../shared", "../../shared"};
	struct stat st;
	int			i;

	for (i = 0; i < 2; i++)
	{
		char		command[200];
		FILE	   *in;

		snprintf(command, sizeof(command),
				 "%s/tokenizer/conformance/%s.jsonl.zst", places[i], name);
		if (stat(command, &st) != 0)
			continue;
		snprintf(command, sizeof(command),
				 "zstd -dcq %s/tokenizer/conformance/%s.jsonl.zst",
				 places[i], name);
		in = popen(command, "r");
		check_stream(enc, in, name, rewrites);
		pclose(in);
		return;
	}
	ok(true, "%s # SKIP no large set beside the checkout", name);
}

static void
check_own(HftEncoding *enc, const char *name, bool rewrites)
{
	char		path[200];
	char		title[200];
	FILE	   *in;

	snprintf(path, sizeof(path), "test/unit/data/tokens-%s.jsonl", name);
	snprintf(title, sizeof(title), "%s, own vectors", name);
	in = fopen(path, "r");
	if (!ok(in != NULL, "%s", path))
		return;
	check_stream(enc, in, title, rewrites);
	fclose(in);
}

static void
check_kernels(HftEncoding *enc, const char *name, bool rewrites)
{
	static const char *const kernels[] = {"none", "avx2", "avx512"};
	int			i;

	for (i = 0; i < sizeof(kernels) / sizeof(kernels[0]); i++)
	{
		enc->kernel = hft_kernel_find(kernels[i]);
		if (enc->kernel == NULL)
		{
			ok(true, "kernel %s # SKIP not on this machine", kernels[i]);
			continue;
		}
		printf("# kernel %s\n", kernels[i]);
		/* empty caches, so that this kernel fills them */
		hft_cache_free(&enc->cache);
		hft_long_free(&enc->long_cache);
		if (!ok(hft_cache_create(&enc->cache), "empty cache"))
			return;
		check_own(enc, name, rewrites);
		check_shared(enc, name, rewrites);
	}
}

int
main(void)
{
	static const struct
	{
		const char *name;
		bool		rewrites;	/* decoding does not give the text back */
		bool		extra;		/* by "make extra-vocabularies" only */
	}			encodings[] = {
		{"cl100k_base", false},
		{"o200k_base", false},
		{"tekken", false},
		{"deepseek_v3", false},
		{"qwen3", true},
		{"llama3_1", false, true},
		{"gemma3", true, true},
		{"gemini", true, true},
	};
	int			i;

	for (i = 0; i < sizeof(encodings) / sizeof(encodings[0]); i++)
	{
		HftEncoding *enc;
		char		path[200];
		HftTokenStatus status;

		snprintf(path, sizeof(path), "build/vocab/hft-%s.vocab",
				 encodings[i].name);
		status = hft_encoding_open(path, &enc);
		if (status == HFT_TOKEN_OK)
			status = hft_encoding_verify(enc);
		if (encodings[i].extra && status == HFT_TOKEN_NO_FILE)
			ok(true, "%s # SKIP not made", path);
		else if (ok(status == HFT_TOKEN_OK, "%s", path))
			check_kernels(enc, encodings[i].name, encodings[i].rewrites);
		hft_encoding_close(enc);
	}
	return tap_done();
}
