/*-------------------------------------------------------------------------
 *
 * test_example_rules.c
 *	  Every rule about a row has an example that breaks it and one that does
 *	  not.
 *
 * The findings of each example are compared as a whole, so a rule that fires
 * too often fails here as well; and rules that no example breaks are named.
 *
 *-------------------------------------------------------------------------
 */
#include <stdlib.h>

#include "example/rule.h"
#include "tap.h"

typedef struct Case
{
	const char *example;
	const char *findings;		/* rule ids, in the table's order */
} Case;

#define USER "{\"role\":\"user\",\"content\":\"q\"}"
#define ASSISTANT "{\"role\":\"assistant\",\"content\":\"a\"}"
#define CALL(arguments) \
	"{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"c1\"," \
	"\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":" \
	arguments "}}]}"
#define ANSWER "{\"role\":\"tool\",\"tool_call_id\":\"c1\",\"content\":\"1\"}"
#define TOOLS "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]"
#define PNG "data:image/png;base64,AAAA"
#define IMAGE(url) "{\"type\":\"image_url\",\"image_url\":{\"url\":\"" url "\"}}"
#define TEXT "{\"type\":\"text\",\"text\":\"t\"}"
#define PARTS(parts) "{\"role\":\"user\",\"content\":[" parts "]}"
#define STYLED "{\"role\":\"assistant\",\"content\":[" TEXT "]}"
#define TEN(x) x "," x "," x "," x "," x "," x "," x "," x "," x "," x

static const Case cases[] = {
	{"[" USER "," ASSISTANT "]", ""},
	{"{\"messages\":[" USER "," ASSISTANT "],\"parallel_tool_calls\":true}", ""},
	{"{}", "messages_missing"},
	{"{\"messages\":7}", "messages_missing"},
	{"7", "messages_missing"},
	{"{\"messages\":null}", "messages_missing"},
	{"[]", "messages_empty"},
	{"[1," USER "," ASSISTANT "]", "message_not_object"},
	{"[{\"content\":\"q\"}," ASSISTANT "]", "role_missing"},
	{"[{\"role\":7,\"content\":\"q\"}," ASSISTANT "]", "role_missing"},
	{"[{\"role\":\"bot\",\"content\":\"q\"}," ASSISTANT "]", "role_unknown"},
	{"[{\"role\":\"user\"}," ASSISTANT "]", "content_missing"},
	{"[{\"role\":\"user\",\"content\":null}," ASSISTANT "]",
	"content_missing"},
	{"[" USER ",{\"role\":\"assistant\",\"refusal\":\"no\"}]", ""},
	{"[{\"role\":\"user\",\"content\":7}," ASSISTANT "]", "content_type"},
	{"[{\"role\":\"user\",\"content\":\"\"}," ASSISTANT "]", "content_empty"},
	{"[" PARTS("") "," STYLED "]", "content_empty"},
	{"[" PARTS("7") "," STYLED "]", "content_part"},
	{"[" PARTS("{\"type\":\"audio\"}") "," STYLED "]", "content_part"},
	{"[" PARTS(TEXT) "," STYLED "]", ""},
	{"[{\"role\":\"user\",\"content\":\"q\",\"mood\":1}," ASSISTANT "]",
	"key_unrecognized key_dropped"},
	{"[" USER ",{\"role\":\"assistant\",\"content\":\"a\",\"reasoning\":\"r\"}]",
	"key_unrecognized"},
	{"[{\"role\":\"user\",\"content\":\"q\",\"name\":\"n\"}," ASSISTANT "]",
	"key_dropped"},
	{"{\"messages\":[" USER "," ASSISTANT "],\"note\":1}",
	"top_key_unrecognized top_key_dropped"},
	{"[{\"role\":\"user\",\"content\":\"q\",\"content\":\"r\"}," ASSISTANT "]",
	"duplicate_key"},
	{"[" USER "]", "assistant_missing assistant_not_last"},
	{"[" USER "," ASSISTANT "," USER "]", "assistant_not_last"},
	{"[" USER ",{\"role\":\"assistant\",\"content\":\"a\",\"weight\":0}]",
	"nothing_trained"},
	{"[" USER ",{\"role\":\"assistant\",\"content\":\"a\",\"weight\":2}]",
	"weight_invalid"},
	{"[" USER ",{\"role\":\"assistant\",\"content\":\"a\",\"weight\":\"1\"}]",
	"weight_invalid"},
	{"[{\"role\":\"user\",\"content\":\"q\",\"weight\":1}," ASSISTANT "]",
	"weight_misplaced"},
	{"[{\"role\":\"user\",\"content\":\"q\",\"name\":7}," ASSISTANT "]",
	"key_dropped name_invalid"},
	{"[{\"role\":\"user\",\"content\":\"a <| b <|endoftext|>\"}," ASSISTANT "]",
	"special_token"},
	{"[{\"role\":\"user\",\"content\":\"a <| b\"}," ASSISTANT "]", ""},
	{"[" ASSISTANT "," USER "," ASSISTANT "]", "first_role"},
	{"[{\"role\":\"developer\",\"content\":\"s\"}," USER "," ASSISTANT "]", ""},
	{"[" USER "," USER "," ASSISTANT "]", "alternation"},
	{"[" USER "," ASSISTANT "," ASSISTANT "]", "alternation"},
	{"{\"messages\":[" USER "," ASSISTANT "],\"weight\":0.5}", "sample_weight"},
	{"{\"messages\":[" USER "," ASSISTANT "],\"weight\":-1}",
	"sample_weight sample_weight_invalid"},
	{"{\"text\":\"t\"}", "text_unsupported"},
	{"{\"text\":\"\"}", "text_unsupported text_empty"},
	{"{\"text\":7}", "text_unsupported text_empty"},

	{"{\"messages\":[" USER "," CALL("\"{}\"") "," ANSWER "," ASSISTANT "],"
	TOOLS "}", ""},
	{"{\"messages\":[" USER "," CALL("\"{}\"") "]," TOOLS "}", ""},
	{"{\"messages\":[" USER "," CALL("{}") "]," TOOLS "}",
	"tool_calls_invalid"},
	{"[" USER ",{\"role\":\"assistant\",\"tool_calls\":[]}]",
	"tool_calls_invalid"},
	{"[" USER ",{\"role\":\"assistant\",\"tool_calls\":[7]}]",
	"tool_calls_invalid"},
	{"{\"messages\":[" USER "," CALL("\"x\"") "]," TOOLS "}",
	"tool_arguments_invalid"},
	{"{\"messages\":[" USER "," CALL("\"[]\"") "]," TOOLS "}",
	"tool_arguments_invalid"},
	{"{\"messages\":[{\"role\":\"user\",\"content\":\"q\",\"tool_calls\":"
		"[{\"id\":\"c1\",\"type\":\"function\",\"function\":{\"name\":\"f\","
	"\"arguments\":\"{}\"}}]}," ANSWER "," ASSISTANT "]," TOOLS "}",
	"tool_calls_misplaced tool_call_id_unknown"},
	{"{\"messages\":[" USER "," CALL("\"{}\"")
		",{\"role\":\"tool\",\"content\":\"1\"}," ASSISTANT "]," TOOLS "}",
	"tool_call_id_missing tool_call_unanswered"},
	{"[" USER "," ANSWER "," ASSISTANT "]", "tool_call_id_unknown"},
	{"{\"messages\":[" USER "," CALL("\"{}\"") "," USER "," ASSISTANT "],"
	TOOLS "}", "tool_call_unanswered"},
	{"[" USER "," CALL("\"{}\"") "]", "tool_unknown"},
	{"{\"messages\":[" USER "," ASSISTANT "],\"tools\":7}", "tools_invalid"},
	{"{\"messages\":[" USER "," ASSISTANT "],\"tools\":[{}]}",
	"tools_invalid"},
	{"{\"messages\":[" USER "," ASSISTANT "],\"tools\":[{\"type\":\"function\","
	"\"function\":{\"name\":\"a b\"}}]}", "tool_name_invalid"},
	{"{\"messages\":[" USER "," ASSISTANT "],\"parallel_tool_calls\":1}",
	"parallel_tool_calls_type"},
	{"{\"messages\":[" USER "," ASSISTANT "],\"functions\":[]}",
	"functions_invalid functions_unsupported"},
	{"{\"messages\":[" USER "," ASSISTANT "],\"functions\":[{}]}",
	"functions_invalid functions_unsupported"},
	{"{\"messages\":[" USER "," ASSISTANT "],\"functions\":[{\"name\":\"f\"}]}",
	"functions_unsupported"},

	{"[" PARTS(TEXT "," IMAGE(PNG)) "," STYLED "]", ""},
	{"[" PARTS(TEXT) ",{\"role\":\"assistant\",\"content\":[" IMAGE(PNG) "]}]",
	"image_misplaced"},
	{"[" PARTS(TEN(IMAGE(PNG))) "," STYLED "]", ""},
	{"[" PARTS(TEN(IMAGE(PNG)) "," IMAGE(PNG)) "," STYLED "]", "image_count"},
	{"[" PARTS(IMAGE("http://x")) "," STYLED "]", "image_url"},
	{"[" PARTS(IMAGE("data:image/gif;base64,AA")) "," STYLED "]", "image_url"},
	{"[" PARTS(IMAGE("https://x")) "," STYLED "]", "image_remote"},
	{"[" PARTS("{\"type\":\"image_url\",\"image_url\":{\"url\":\"" PNG
			   "\",\"detail\":\"best\"}}") "," STYLED "]", "image_detail"},
	{"[" PARTS(IMAGE(PNG)) "," ASSISTANT "]", "content_style"}
};

static char found[1024];
static bool broken[128];

/* Bedrock's rules judge whole shapes: test_example_bedrock.c has them. */
static bool
is_elsewhere(const HftRule *rule)
{
	return rule->format != NULL && strncmp(rule->format, "bedrock", 7) == 0;
}

static void
note(void *arg, const HftRule *rule, const char *message)
{
	int			n;

	if (is_elsewhere(rule))
		return;
	broken[rule - hft_rules(&n)] = true;
	if (message[0] == '\0' || strchr(message, '\n') != NULL)
		strcat(found, "(no message) ");
	/* what Gemini's shape cannot hold is test_example_gemini.c's */
	if (rule->format != NULL && strcmp(rule->format, "gemini") == 0)
		return;
	/* twice the same rule is one word here */
	if (strstr(found, rule->id) == NULL ||
		strcmp(strstr(found, rule->id) + strlen(rule->id), " ") != 0)
	{
		strcat(found, rule->id);
		strcat(found, " ");
	}
}

static void
check(HftExample *example, const char *text, const char *expected)
{
	HftExampleProblem problem = hft_example_read(example, text, strlen(text));

	found[0] = '\0';
	if (problem.status == HFT_EXAMPLE_OK)
		hft_example_check(example, note, NULL);
	else
		strcpy(found, problem.text);
	if (found[0] != '\0' && found[strlen(found) - 1] == ' ')
		found[strlen(found) - 1] = '\0';
	is_text(found, expected, strlen(text) < 300 ? text : expected);
}

/* More than 10 MB, so it is made here. */
static void
check_large_image(HftExample *example)
{
	size_t		size = 15 * 1024 * 1024;
	char	   *text = malloc(size);
	size_t		length;

	length = sprintf(text, "[{\"role\":\"user\",\"content\":[{\"type\":"
					 "\"image_url\",\"image_url\":{\"url\":\"" PNG);
	memset(text + length, 'A', size - 1024 - length);
	strcpy(text + size - 1024, "\"}}]}," STYLED "]");
	check(example, text, "image_size");
	free(text);
}

int
main(void)
{
	HftExample	example;
	int			n;
	const HftRule *rules = hft_rules(&n);

	hft_example_init(&example);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check(&example, cases[i].example, cases[i].findings);
	check_large_image(&example);
	for (int i = 0; i < n; i++)
		if (rules[i].check != NULL && !is_elsewhere(&rules[i]))
			ok(broken[i], "rule %s has an example", rules[i].id);
	ok(hft_rule_lookup("no_such_rule") == NULL, "no rule for an unknown id");
	is_int(hft_model_token_limit("ft:gpt-4o-mini-2024-07-18:x::y"), 65536,
		   "limit of a tuned model");
	is_int(hft_model_token_limit("unknown"), 0, "no limit where none is known");
	hft_example_free(&example);
	return tap_done();
}
