/*-------------------------------------------------------------------------
 *
 * test_example_gemini.c
 *	  Examples in Gemini's shape, and those it cannot hold.
 *
 * Each example that can be written is compared as a whole line; each that
 * cannot is refused by the writer and by the rule alike, for the same reason.
 *
 *-------------------------------------------------------------------------
 */
#include "example/rule.h"
#include "example/writers.h"
#include "tap.h"

#define USER "{\"role\":\"user\",\"content\":\"q\"}"
#define ASSISTANT "{\"role\":\"assistant\",\"content\":\"a\"}"
#define Q "{\"role\":\"user\",\"parts\":[{\"text\":\"q\"}]}"
#define A "{\"role\":\"model\",\"parts\":[{\"text\":\"a\"}]}"
#define CALL(id, name, arguments) \
	"{\"id\":\"" id "\",\"type\":\"function\",\"function\":{\"name\":\"" name \
	"\",\"arguments\":\"" arguments "\"}}"
#define ANSWER(id, content) \
	"{\"role\":\"tool\",\"tool_call_id\":\"" id "\",\"content\":\"" content "\"}"
#define CALLS(calls) \
	"{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[" calls "]}"

static const char *const written[][2] = {
	{"{\"messages\":[" USER "," ASSISTANT "]}",
	"{\"contents\":[" Q "," A "]}"},
	{"{\"messages\":[{\"role\":\"system\",\"content\":\"s\"},"
		"{\"role\":\"developer\",\"content\":\"d\"}," USER "," ASSISTANT "]}",
		"{\"systemInstruction\":{\"role\":\"system\",\"parts\":[{\"text\":"
	"\"s\"},{\"text\":\"d\"}]},\"contents\":[" Q "," A "]}"},
	{"{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\","
		"\"text\":\"x\"},{\"type\":\"text\",\"text\":\"y\"}]},"
		"{\"role\":\"assistant\",\"content\":null,\"refusal\":\"no\"}]}",
		"{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"x\"},"
		"{\"text\":\"y\"}]},{\"role\":\"model\",\"parts\":[{\"text\":\"no\"}]}"
	"]}"},
	{"{\"messages\":[" USER "," CALLS(CALL("1", "f", "{\\\"x\\\": 1}") ","
									  CALL("2", "g", "{}")) ","
		ANSWER("2", "{\\\"y\\\":2}") "," ANSWER("1", "three") "," ASSISTANT
		"],\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\","
		"\"strict\":true,\"description\":\"d\"}}]}",
		"{\"contents\":[" Q ",{\"role\":\"model\",\"parts\":[{\"functionCall\":"
		"{\"name\":\"f\",\"args\":{\"x\":1}}},{\"functionCall\":{\"name\":"
		"\"g\",\"args\":{}}}]},{\"role\":\"user\",\"parts\":["
		"{\"functionResponse\":{\"name\":\"g\",\"response\":{\"y\":2}}},"
		"{\"functionResponse\":{\"name\":\"f\",\"response\":{\"result\":"
		"\"three\"}}}]}," A "],\"tools\":[{\"functionDeclarations\":[{\"name\":"
	"\"f\",\"description\":\"d\"}]}]}"},
	{"{\"messages\":[" USER ",{\"role\":\"assistant\",\"content\":\"a\","
	"\"weight\":1}],\"weight\":1}", "{\"contents\":[" Q "," A "]}"},
};

static const char *const refused[][2] = {
	{"{\"messages\":[" ASSISTANT "," USER "," ASSISTANT "]}", "first message"},
	{"{\"messages\":[" USER "]}", "last message"},
	{"{\"messages\":[" USER ",{\"role\":\"system\",\"content\":\"s\"},"
	ASSISTANT "]}", "middle"},
	{"{\"messages\":[{\"role\":\"system\",\"content\":\"s\"}]}",
	"besides instructions"},
	{"{\"messages\":[" USER ",{\"role\":\"assistant\",\"content\":\"a\","
	"\"weight\":0}]}", "weight 0"},
	{"{\"messages\":[" USER "," ASSISTANT "],\"weight\":0.5}",
	"weight of an example"},
	{"{\"text\":\"t\"}", "Plain text"},
	{"{\"messages\":[" USER "," ASSISTANT "],\"functions\":[]}", "old form"},
	{"{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\","
		"\"image_url\":{\"url\":\"data:image/png;base64,AAAA\"}}]}," ASSISTANT
	"]}", "Images"},
};

static char found[600];

static void
note(void *arg, const HftRule *rule, const char *message)
{
	if (rule->format != NULL && strcmp(rule->format, "gemini") == 0)
		snprintf(found + strlen(found), sizeof(found) - strlen(found),
				 "%s: %s\n", rule->id, message);
}

/* What the rules of this shape say about an example. */
static const char *
findings(const char *text)
{
	HftExample	example;

	found[0] = '\0';
	hft_example_init(&example);
	if (hft_example_read(&example, text, strlen(text)).status ==
		HFT_EXAMPLE_OK)
		hft_example_check(&example, note, NULL);
	hft_example_free(&example);
	return found;
}

static void
test_written(void)
{
	for (size_t i = 0; i < sizeof(written) / sizeof(written[0]); i++)
	{
		HftBuffer	line;
		const char *problem;

		hft_buffer_init(&line, 100000);
		problem = hft_write_gemini(written[i][0], strlen(written[i][0]),
								   &line);
		is_text(problem, NULL, "an example is written");
		hft_buffer_putc(&line, '\0');
		is_text(line.data, written[i][1], "as Gemini reads it");
		is_text(findings(written[i][0]), "", "and no rule minds");
		hft_buffer_free(&line);
	}
}

static void
test_refused(void)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
	{
		HftBuffer	line;
		const char *problem;

		hft_buffer_init(&line, 100000);
		problem = hft_write_gemini(refused[i][0], strlen(refused[i][0]),
								   &line);
		ok(problem != NULL && strstr(problem, refused[i][1]) != NULL,
		   "refused: %s", problem ? problem : refused[i][0]);
		ok(problem != NULL && strstr(findings(refused[i][0]), problem) != NULL,
		   "and a rule says so");
		hft_buffer_free(&line);
	}
}

/* A question need not be answered yet; what is left out is told. */
static void
test_chat(void)
{
	static const char question[] = "{\"messages\":[" USER "]}";
	static const char wrong[] = "{\"messages\":[" USER ","
	CALLS(CALL("1", "f", "7")) "]}";
	HftBuffer	line;

	hft_buffer_init(&line, 100000);
	is_text(hft_write_gemini_chat(question, strlen(question), &line), NULL,
			"a question is written for chat");
	ok(hft_write_gemini_chat(wrong, strlen(wrong), &line) != NULL,
	   "arguments that are no object are refused");
	hft_buffer_free(&line);
	ok(strstr(findings("{\"messages\":[{\"role\":\"user\",\"content\":\"q\","
					   "\"name\":\"n\"}," ASSISTANT "]}"),
			  "gemini_dropped: message 1 has the key \"name\"") != NULL,
	   "a name that is left out is told");
}

int
main(void)
{
	test_written();
	test_refused();
	test_chat();
	return tap_done();
}
