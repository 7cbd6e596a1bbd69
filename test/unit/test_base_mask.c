/*-------------------------------------------------------------------------
 *
 * test_base_mask.c
 *	  No secret survives masking, and little else is lost (R41, F73).
 *
 * A mask that swallows everything would hide every secret, so each case
 * gives the whole expected text.
 *
 *-------------------------------------------------------------------------
 */
#include "base/mask.h"

#include <stdlib.h>

#include "tap.h"

static void
check(const char *text, const char *expected)
{
	HftBuffer	out;

	hft_buffer_init(&out, 10000);
	hft_mask_text(&out, text, false);
	is_text(out.data ? out.data : "", expected, expected);
	hft_buffer_free(&out);
}

static void
test_live_secrets(void)
{
	ok(hft_mask_remember("hunter2!"), "remember a secret");
	ok(hft_mask_remember("hunter2!-and-more"), "and one that contains it");
	ok(hft_mask_remember("hunter2!"), "and the first again");
	ok(hft_mask_remember("abc"), "and one too short to be kept");
	check("key hunter2! was refused", "key **** was refused");
	check("hunter2!-and-more, twice: hunter2!hunter2!",
		  "****, twice: ********");
	check("hunter2 is not it, nor is abc", "hunter2 is not it, nor is abc");
	check("cut off: hunter2!-and-m", "cut off: ****");
	check("hunter2!-and-", "****");
	hft_mask_drop("hunter2!-and-more");
	hft_mask_drop("never known");
	check("hunter2!-and-more", "****-and-more");
	hft_mask_forget();
	check("forgotten: hunter2!", "forgotten: hunter2!");
}

static void
test_many_secrets(void)
{
	char		text[40];
	int			leaked = 0;

	for (int i = 0; i < 1000; i++)
	{
		snprintf(text, sizeof(text), "%c-secret-number-%d", 'a' + i % 26, i);
		hft_mask_remember(text);
	}
	for (int i = 0; i < 1000; i++)
	{
		HftBuffer	out;

		snprintf(text, sizeof(text), "%c-secret-number-%d", 'a' + i % 26, i);
		hft_buffer_init(&out, 100);
		hft_mask_text(&out, text, false);
		leaked += strcmp(out.data, "****") != 0;
		hft_buffer_free(&out);
	}
	is_int(leaked, 0, "a thousand secrets, all masked whole");
	hft_mask_forget();
}

static void
test_shapes(void)
{
	check("Incorrect API key provided: sk-proj-abcDEF_123456.",
		  "Incorrect API key provided: ****");
	check("Authorization: Bearer abc.def-123", "Authorization: Bearer ****");
	check("authorization:bearer   abcdef", "authorization:bearer   ****");
	check("Basic dXNlcjpwYXNzd29yZA==", "Basic ****");
	check("Basic checks failed", "Basic checks failed");
	check("https://b.s3.amazonaws.com/f?X-Amz-Signature=0a1b2c&x=1",
		  "https://b.s3.amazonaws.com/f?X-Amz-Signature=****&x=1");
	check("https://h/v1?key=AIzaSyA&alt=json", "https://h/v1?key=****&alt=json");
	check("{\"api_key\": \"short\", \"n\": 1}",
		  "{\"api_key\": \"****\", \"n\": 1}");
	check("{\\\"client_secret\\\":\\\"qwe\\\"}",
		  "{\\\"client_secret\\\":\\\"****\\\"}");
	check("X-Api-Key: abc", "X-Api-Key: ****");
	check("https://me:pass@host/x", "https://****@host/x");
	check("https://host/a@b", "https://host/a@b");
	check("AKIAIOSFODNN7EXAMPLE", "****");
	check("jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "jwt ****");
	check("-----BEGIN PRIVATE KEY-----\nMII\n-----END PRIVATE KEY----- ok",
		  "**** ok");
	check("-----BEGIN PRIVATE KEY-----\nMII", "****");
}

static void
test_harmless(void)
{
	check("task-12345678901 and risk-averse-people",
		  "task-12345678901 and risk-averse-people");
	check("max tokens: 4096, tokens: 12345678901234",
		  "max tokens: 4096, tokens: 12345678901234");
	check("sk-", "sk-");
	check("Bearer", "Bearer");
	check("", "");
}

static void
test_bytes(void)
{
	HftBuffer	out;

	check("gr\xC3\xBC\xC3\x9F \xF0\x9F\x98\x80",
		  "gr\xC3\xBC\xC3\x9F \xF0\x9F\x98\x80");
	check("a\xFF" "b", "a\xEF\xBF\xBD" "b");
	check("\xC0\xAF\xED\xA0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD"
		  "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
	check("cut \xE2\x82", "cut \xEF\xBF\xBD\xEF\xBF\xBD");
	check("a\r\x1B[2Jb\tc\nd", "a  [2Jb\tc\nd");

	hft_buffer_init(&out, 100);
	hft_mask_text(&out, "\xC3\xBC\xFFz", true);
	is_text(out.data, "??z", "ASCII only");
	hft_buffer_free(&out);

	hft_buffer_init(&out, 4);
	hft_mask_text(&out, "abc\xC3\xBC", false);
	is_text(out.data, "abc", "cut between characters");
	ok(out.failed, "and said so");
	hft_buffer_free(&out);
}

int
main(void)
{
	test_live_secrets();
	test_many_secrets();
	test_shapes();
	test_harmless();
	test_bytes();
	return tap_done();
}
