/*-------------------------------------------------------------------------
 *
 * test_example_json.c
 *	  The JSON reader takes what jsonb takes and nothing else, and what it
 *	  read is written back compactly.
 *
 * A reader that accepted everything would pass the first half, one that
 * refused everything the second: so both are here for each kind of value.
 *
 *-------------------------------------------------------------------------
 */
#include <stdlib.h>

#include "example/json.h"
#include "tap.h"

static HftJson json;
static HftBuffer out;

/* Reads, writes back and compares; "expected" NULL: the text itself. */
static void
takes(const char *text, const char *expected)
{
	HftJsonStatus status = hft_json_read(&json, text, strlen(text));

	hft_buffer_reset(&out);
	if (status == HFT_JSON_OK)
		hft_json_write(&out, json.nodes, NULL, false);
	is_text(status == HFT_JSON_OK ? out.data : hft_json_status_text(status),
			expected ? expected : text, text);
}

static void
refuses(const char *text, size_t length, HftJsonStatus expected)
{
	/* exactly as long, so that reading past the end is noticed */
	char	   *copy = malloc(length ? length : 1);

	memcpy(copy, text, length);
	is_int(hft_json_read(&json, copy, length), expected, text);
	free(copy);
}

#define SYNTAX(text) refuses(text, sizeof(text) - 1, HFT_JSON_SYNTAX)
#define ENCODING(text) refuses(text, sizeof(text) - 1, HFT_JSON_ENCODING)

static void
test_values(void)
{
	takes("null", NULL);
	takes(" true ", "true");
	takes("\t\r\nfalse", "false");
	takes("[]", NULL);
	takes("{}", NULL);
	takes("[1,-0,0.5,1e5,1E-5,1.25e+10,123456789012345678901234567890]",
		  NULL);
	takes("{ \"a\" : [ 1 , { \"b\" : null } ] }", "{\"a\":[1,{\"b\":null}]}");
	SYNTAX("");
	SYNTAX(" ");
	SYNTAX("nul");
	SYNTAX("nulll");
	SYNTAX("True");
	SYNTAX("01");
	SYNTAX("+1");
	SYNTAX("1.");
	SYNTAX(".5");
	SYNTAX("1e");
	SYNTAX("-");
	SYNTAX("NaN");
	SYNTAX("Infinity");
	SYNTAX("[1,]");
	SYNTAX("[,1]");
	SYNTAX("[1 2]");
	SYNTAX("[1");
	SYNTAX("[1}");
	SYNTAX("{\"a\":1,}");
	SYNTAX("{\"a\"}");
	SYNTAX("{a:1}");
	SYNTAX("{1:1}");
	SYNTAX("{\"a\":1");
	SYNTAX("1 1");
	SYNTAX("// no");
	SYNTAX("\xEF\xBB\xBF{}");
	SYNTAX("1\0");
}

static void
test_strings(void)
{
	takes("\"\"", NULL);
	takes("\"plain text that is longer than a word\"", NULL);
	takes("\"a\\\"b\\\\c\\/d\"", "\"a\\\"b\\\\c/d\"");
	takes("\"\\b\\f\\n\\r\\t\"", NULL);
	takes("\"\\u0000\\u001f\\u007f\"", "\"\\u0000\\u001f\x7f\"");
	takes("\"\\u00e9\\u20AC\\ud83d\\ude00\"", "\"é€😀\"");
	takes("\"Zürich 東京 😀 and on\"", NULL);
	SYNTAX("\"");
	SYNTAX("\"abc");
	SYNTAX("\"\\\"");
	SYNTAX("\"\\x41\"");
	SYNTAX("\"\\u12\"");
	SYNTAX("\"\\u12g4\"");
	SYNTAX("\"\\u123");
	SYNTAX("\"a\nb\"");
	SYNTAX("\"12345678\tb\"");
	SYNTAX("\"a\0b\"");
	ENCODING("\"\\ud800\"");
	ENCODING("\"\\ud800x\"");
	ENCODING("\"\\ud800\\u0041\"");
	ENCODING("\"\\udc00\"");
	ENCODING("\"\xff\"");
	ENCODING("\"12345678\x80\"");
	ENCODING("\"\xc0\xaf\"");
	ENCODING("\"\xe0\x80\x80\"");
	ENCODING("\"\xed\xa0\x80\"");
	ENCODING("\"\xf4\x90\x80\x80\"");
	ENCODING("\"\xf0\x9f\x98\"");
	ENCODING("\"\xc3");
	ENCODING("\"\\n\xc3\x28\"");
}

/* Every byte in every place of a word is escaped just when it must be. */
static void
test_escapes(void)
{
	int			wrong = 0;

	for (int byte = 0; byte < 0x80; byte++)
		for (int place = 0; place < 20; place++)
		{
			char		text[20];

			memset(text, 'a', sizeof(text));
			text[place] = (char) byte;
			hft_buffer_reset(&out);
			hft_json_write_string(&out, text, sizeof(text), false);
			wrong += (out.length > sizeof(text) + 2) !=
				(byte < 0x20 || byte == '"' || byte == '\\');
			wrong += hft_json_read(&json, out.data, out.length) !=
				HFT_JSON_OK || json.nodes[0].length != sizeof(text) ||
				memcmp(json.nodes[0].text, text, sizeof(text)) != 0;
		}
	is_int(wrong, 0, "what is written is read again, byte by byte");
	hft_buffer_reset(&out);
	hft_json_write_string(&out, "é😀", strlen("é😀"), true);
	is_text(out.data, "\"\\u00e9\\ud83d\\ude00\"", "written in ASCII");
}

static void
test_keys(void)
{
	char		wide[8192] = "{";
	char		expected[8192] = "{";

	takes("{\"a\":1,\"b\":2,\"a\":3}", "{\"b\":2,\"a\":3}");
	ok(json.duplicates, "a key twice is noticed");
	takes("{\"a\":1,\"b\":2}", NULL);
	ok(!json.duplicates, "and forgotten with the next text");
	takes("{\"a\":{\"x\":1},\"\\u0061\":2}", "{\"a\":2}");
	/* wide enough for the other way of finding them */
	for (int i = 0; i < 100; i++)
		sprintf(wide + strlen(wide), "%s\"k%d\":%d", i ? "," : "", i % 60, i);
	strcat(wide, "}");
	for (int i = 40; i < 100; i++)
		sprintf(expected + strlen(expected), "%s\"k%d\":%d",
				i > 40 ? "," : "", i % 60, i);
	strcat(expected, "}");
	takes(wide, expected);
	hft_json_read(&json, "{\"a\":1,\"b\":[2],\"a\":3}", 21);
	is_int(hft_json_member(json.nodes, "a")->text[0], '3',
		   "a look-up finds the last");
	ok(hft_json_member(json.nodes, "c") == NULL, "or nothing");
}

static void
test_limits(void)
{
	char		deep[4096];

	memset(deep, '[', HFT_JSON_MAX_DEPTH);
	memset(deep + HFT_JSON_MAX_DEPTH, ']', HFT_JSON_MAX_DEPTH);
	is_int(hft_json_read(&json, deep, 2 * HFT_JSON_MAX_DEPTH), HFT_JSON_OK,
		   "as deep as allowed");
	memset(deep, '[', sizeof(deep));
	is_int(hft_json_read(&json, deep, sizeof(deep)), HFT_JSON_TOO_DEEP,
		   "deeper (F32)");
}

int
main(void)
{
	hft_json_init(&json);
	hft_buffer_init(&out, 1 << 20);
	test_values();
	test_strings();
	test_escapes();
	test_keys();
	test_limits();
	hft_json_free(&json);
	hft_buffer_free(&out);
	return tap_done();
}
