/*-------------------------------------------------------------------------
 *
 * test_token_nfc.c
 *	  Form C is Unicode 16's: all cases of its own test, and all characters
 *	  that the test says nothing of.
 *
 * The rules are those at the head of NormalizationTest.txt: form C of the
 * source, of its form C and of its form D is its form C; form C of forms KC
 * and KD is form KC; and a character that is no source of part 1 is its own
 * form C.  The cases are written by src/tokenizer/vocab/regenerate.mjs.
 *
 *-------------------------------------------------------------------------
 */
#include <stdlib.h>

#include "tap.h"
#include "tokenizer/internal.h"
#include "tokenizer/unicode.h"

#define CASES		"gzip -dc test/unit/data/nfc16.txt.gz"
#define MAX_TEXT	256

typedef struct Text
{
	uint8_t		bytes[MAX_TEXT];
	size_t		len;
} Text;

static HftEncoding *enc;
static HftRewrite rewrite;
static bool listed[HFT_CODE_POINTS];
static int	checks;
static int	wrong;

static void
append_code(Text *text, uint32_t code)
{
	uint8_t    *p = text->bytes + text->len;

	if (code < 0x80)
		p[0] = code;
	else if (code < 0x800)
		p[0] = 0xC0 | code >> 6;
	else if (code < 0x10000)
		p[0] = 0xE0 | code >> 12;
	else
		p[0] = 0xF0 | code >> 18;
	text->len += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	for (uint8_t *last = text->bytes + text->len - 1; last > p; last--)
	{
		*last = 0x80 | (code & 0x3F);
		code >>= 6;
	}
}

/* "1e0a 0323" as a text. */
static Text
read_text(const char *codes)
{
	Text		text = {{0}};
	char	   *end;

	while (*codes != '\0')
	{
		append_code(&text, strtoul(codes, &end, 16));
		codes = end + strspn(end, " ");
	}
	return text;
}

/*
 * Form C of a text is as expected; and no text passes for form C that is
 * not.
 */
static void
check_form(const Text *text, const Text *expected, const char *what)
{
	const uint8_t *end = text->bytes + text->len;
	bool		same = text->len == expected->len &&
		memcmp(text->bytes, expected->bytes, text->len) == 0;

	checks++;
	rewrite.len = 0;
	if (hft_nfc_append(&enc->vocab, &rewrite, text->bytes, end) &&
		rewrite.len == expected->len &&
		memcmp(rewrite.text, expected->bytes, rewrite.len) == 0 &&
		(same || !hft_nfc_is(&enc->vocab, text->bytes, end)))
		return;
	if (++wrong <= 10)
		printf("# wrong: %s", what);
}

static void
check_case(char *line)
{
	Text		form[5];
	char		copy[2048];
	char	   *field = line;
	int			n = 0;
	int			i;

	strcpy(copy, line);
	line[strcspn(line, "\n")] = '\0';
	while (field != NULL && n < 5)
		form[n++] = read_text(strsep(&field, ";"));
	for (i = 0; i < 3; i++)
		check_form(&form[i], &form[1], copy);
	for (i = 3; i < n; i++)
		check_form(&form[i], &form[3], copy);
}

static void
test_cases(void)
{
	FILE	   *in = popen(CASES, "r");
	char		line[2048];
	int			part = -1;
	int			cases = 0;

	while (fgets(line, sizeof(line), in) != NULL)
	{
		if (line[0] == '#')
			continue;
		if (line[0] == '@')
		{
			part = atoi(line + strlen("@part"));
			continue;
		}
		if (part == 1)
			listed[strtoul(line, NULL, 16)] = true;
		check_case(line);
		cases++;
	}
	pclose(in);
	ok(cases > 19000 && wrong == 0, "%d cases, %d comparisons, %d wrong",
	   cases, checks, wrong);
}

static void
test_others(void)
{
	uint32_t	code;
	char		what[32];

	checks = wrong = 0;
	for (code = 0; code < HFT_CODE_POINTS; code++)
	{
		Text		text = {{0}};

		if (listed[code] || (code >= 0xD800 && code < 0xE000))
			continue;
		append_code(&text, code);
		sprintf(what, "U+%04X\n", code);
		check_form(&text, &text, what);
	}
	ok(checks > 1000000 && wrong == 0, "%d other characters, %d wrong",
	   checks, wrong);
}

int
main(void)
{
	hft_encoding_open("build/vocab/hft-qwen3.vocab", &enc);
	if (ok(enc != NULL, "a vocabulary that normalizes"))
	{
		test_cases();
		test_others();
	}
	hft_rewrite_free(&rewrite);
	hft_encoding_close(enc);
	return tap_done();
}
