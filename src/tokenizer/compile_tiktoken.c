/*-------------------------------------------------------------------------
 *
 * compile_tiktoken.c
 *	  Reading a rank file: a line "base64(token) SP rank" per token.
 *
 * The ranks are the ids and the order of merging at once.  The file says
 * nothing of the pattern, nor of special tokens, which ordinary text never
 * gives.
 *
 *-------------------------------------------------------------------------
 */
#include <openssl/evp.h>
#include <string.h>

#include "tokenizer/compile_parts.h"

#define MAX_BASE64	(HFT_TOKEN_MAX_BYTES / 3 * 4)

/* The token of a line; returns its length. */
static int
read_token(HftCompiler *c, const char *line, size_t len, uint8_t *to)
{
	int			n;

	if (len == 0 || len % 4 != 0 || len > MAX_BASE64)
		hft_compile_fail(c, "line %u is not \"base64 rank\"", c->tokens + 1);
	n = EVP_DecodeBlock(to, (const unsigned char *) line, len);
	if (n <= 0)
		hft_compile_fail(c, "the token of line %u is not base64",
						 c->tokens + 1);
	return n - (line[len - 1] == '=') - (line[len - 2] == '=');
}

static void
check_rank(HftCompiler *c, const char *at, const char *end)
{
	uint64_t	rank = 0;

	for (; at < end && *at >= '0' && *at <= '9' && rank < UINT32_MAX; at++)
		rank = rank * 10 + (*at - '0');
	if (at < end && *at == '\r')
		at++;
	if (at != end || rank != c->tokens)
		hft_compile_fail(c, "line %u does not have rank %u", c->tokens + 1,
						 c->tokens);
}

static void
read_line(HftCompiler *c, const char *line, const char *end)
{
	const char *blank = memchr(line, ' ', end - line);
	uint32_t	used = c->offsets[c->tokens];
	uint32_t	len;

	if (blank == NULL)
		hft_compile_fail(c, "line %u is not \"base64 rank\"", c->tokens + 1);
	if (c->tokens == 1u << HFT_SYMBOL_BITS)
		hft_compile_fail(c, "more than %u tokens", c->tokens);
	len = read_token(c, line, blank - line, c->bytes + used);
	check_rank(c, blank + 1, end);
	c->offsets[++c->tokens] = used + len;
	if (len > c->longest)
		c->longest = len;
}

void
hft_compile_tiktoken(HftCompiler *c)
{
	const char *at = c->input->data;
	const char *end = at + c->input->size;

	hft_compile_known(c);
	if (c->split == HFT_NSPLITS)
		hft_compile_fail(c, "a rank file does not say its pattern; name one "
						 "of %s", hft_split_names());
	if (c->split == HFT_SPLIT_BLANKS)
		hft_compile_fail(c, "pattern \"blanks\" needs the merges, which a "
						 "rank file does not have");
	c->normalizes = c->split == HFT_SPLIT_QWEN;
	c->whole_pieces = true;
	c->offsets = hft_compile_allocate(c, ((1u << HFT_SYMBOL_BITS) + 1) *
									  sizeof(uint32_t));
	c->bytes = hft_compile_allocate(c, c->input->size + 4);
	while (at < end)
	{
		const char *newline = memchr(at, '\n', end - at);

		if (newline == NULL)
			newline = end;
		read_line(c, at, newline);
		at = newline + 1;
	}
	if (c->tokens == 0)
		hft_compile_fail(c, "the file is empty");
}
