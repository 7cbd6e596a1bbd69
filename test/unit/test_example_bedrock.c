/*-------------------------------------------------------------------------
 *
 * test_example_bedrock.c
 *	  Bedrock's training files: what is written, what is a finding.
 *
 * Writers and rules must agree: what a format's rules let pass is written,
 * and what its writer refuses is a finding.
 *
 *-------------------------------------------------------------------------
 */
#include <jansson.h>
#include <stdlib.h>

#include "example/rule.h"
#include "example/writer.h"
#include "tap.h"

static HftExample reader;
static char findings[1000];

static void
note(void *arg, const HftRule *rule, const char *message)
{
	if (rule->format == NULL || strcmp(rule->format, arg) != 0)
		return;
	snprintf(findings + strlen(findings),
			 sizeof(findings) - strlen(findings), "%s%s",
			 findings[0] ? " " : "", rule->id);
	if (message[0] == '\0' || strchr(message, '\n') != NULL)
		strcat(findings, " (no message)");
}

/* The line that the format's writer makes, or "! " and its problem. */
static const char *
write_line(const char *format, const char *text)
{
	static char line[2000];
	const HftWriter *writer = hft_writer_lookup(format);
	HftBuffer	buffer;
	const char *problem;
	json_t	   *json;

	hft_buffer_init(&buffer, 100000);
	problem = writer->write(text, strlen(text), &buffer);
	snprintf(line, sizeof(line), "%s%s", problem ? "! " : "",
			 problem ? problem : buffer.data);
	json = json_loads(line, 0, NULL);
	ok((json != NULL) == (problem == NULL), "a line is JSON");
	json_decref(json);
	hft_buffer_free(&buffer);
	return line;
}

static void
check(const char *format, const char *text, const char *expected,
	  const char *line)
{
	bool		refused;

	findings[0] = '\0';
	(void) hft_example_read(&reader, text, strlen(text));
	hft_example_check(&reader, note, (void *) format);
	is_text(findings, expected, text);
	is_text(write_line(format, text), line, format);
	refused = line[0] == '!';
	ok(refused == (strstr(findings, "unfit") != NULL),
	   "rule and writer agree");
}

#define U "{\"role\":\"user\",\"content\":\"q\"}"
#define A "{\"role\":\"assistant\",\"content\":\"a\"}"
#define S "{\"role\":\"system\",\"content\":\"s \\\"x\\\"\"}"
#define CALL "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[]}"
#define TURNS "! User and assistant take turns, and the user begins."
#define CHAT_HEAD "{\"schemaVersion\":\"bedrock-conversation-2024\","
#define CHAT_QA "\"messages\":[{\"role\":\"user\",\"content\":[{\"text\":\"q\"}]}," \
	"{\"role\":\"assistant\",\"content\":[{\"text\":\"a\"}]}]}"

static void
test_chat(void)
{
	check("bedrock", "[" U "," A "]", "", CHAT_HEAD CHAT_QA);
	check("bedrock", "[" S "," U "," A "]", "",
		  CHAT_HEAD "\"system\":[{\"text\":\"s \\\"x\\\"\"}]," CHAT_QA);
	check("bedrock", "[{\"role\":\"developer\",\"content\":\"d\"}," S "," U
		  "," A "]", "", CHAT_HEAD "\"system\":[{\"text\":\"d\"},"
		  "{\"text\":\"s \\\"x\\\"\"}]," CHAT_QA);
	check("bedrock", "[{\"role\":\"user\",\"content\":[{\"type\":\"text\","
		  "\"text\":\"one\"},{\"type\":\"text\",\"text\":\"two\"}]}," A "]",
		  "", CHAT_HEAD "\"messages\":[{\"role\":\"user\",\"content\":["
		  "{\"text\":\"one\"},{\"text\":\"two\"}]},{\"role\":\"assistant\","
		  "\"content\":[{\"text\":\"a\"}]}]}");
	check("bedrock", "[" A "," U "," A "]", "bedrock_unfit", TURNS);
	check("bedrock", "[" U "," U "," A "]", "bedrock_unfit", TURNS);
	check("bedrock", "[" U "," S "," A "]", "bedrock_unfit", TURNS);
	check("bedrock", "[" U "," A "," U "]", "bedrock_unfit",
		  "! A conversation ends with the assistant.");
	check("bedrock", "[" S "]", "bedrock_unfit",
		  "! A conversation ends with the assistant.");
	check("bedrock", "[" U "," CALL "]", "bedrock_unfit",
		  "! Calls of tools and their answers cannot be expressed.");
	check("bedrock", "[" U ",{\"role\":\"tool\",\"content\":\"1\"}," A
		  "]", "bedrock_unfit",
		  "! Calls of tools and their answers cannot be expressed.");
	check("bedrock", "[{\"role\":\"user\",\"content\":[{\"type\":"
		  "\"image_url\",\"image_url\":{\"url\":\"https://x\"}}]}," A "]",
		  "bedrock_unfit", "! A message has content that is not text.");
	check("bedrock", "[{\"role\":\"bot\",\"content\":\"q\"}," A "]",
		  "bedrock_unfit", "! A message has no role that can be expressed.");
	check("bedrock", "{\"text\":\"t\"}", "bedrock_unfit",
		  "! Plain text cannot be expressed: it needs a conversation.");
	check("bedrock", "{\"messages\":[" U "," A "],\"tools\":[]}",
		  "bedrock_unfit", "! Tools cannot be expressed.");
}

/* What fits and would not be learned as meant, or fail the job later. */
static void
test_words(void)
{
	static const char *const reserved[] = {
		"a System: b", "User:", "x Bot: y", "Assistant:", "the [EOS]",
		"<image>", "an <video>"
	};
	static const char *const free_words[] = {
		"user: q", "Users: 3", "[eos]", "<images>", "Time: 12:30", "["
	};
	char		text[200];

	for (size_t i = 0; i < 7; i++)
	{
		snprintf(text, sizeof(text), "[{\"role\":\"user\",\"content\":"
				 "\"%s\"}," A "]", reserved[i]);
		findings[0] = '\0';
		(void) hft_example_read(&reader, text, strlen(text));
		hft_example_check(&reader, note, (void *) "bedrock");
		is_text(findings, "bedrock_reserved", reserved[i]);
	}
	for (size_t i = 0; i < 6; i++)
	{
		snprintf(text, sizeof(text), "[{\"role\":\"user\",\"content\":"
				 "\"%s\"}," A "]", free_words[i]);
		findings[0] = '\0';
		(void) hft_example_read(&reader, text, strlen(text));
		hft_example_check(&reader, note, (void *) "bedrock");
		is_text(findings, "", free_words[i]);
	}
	check("bedrock", "[" U ",{\"role\":\"assistant\",\"content\":\"a\","
		  "\"weight\":0}]", "bedrock_weight", CHAT_HEAD CHAT_QA);
}

static void
test_others(void)
{
	check("bedrock_prompt", "[" U "," A "]", "",
		  "{\"prompt\":\"q\",\"completion\":\"a\"}");
	check("bedrock_prompt", "[{\"role\":\"user\",\"content\":[{\"type\":"
		  "\"text\",\"text\":\"one \\\"\"},{\"type\":\"text\",\"text\":"
		  "\"\"},{\"type\":\"text\",\"text\":\"two\"}]}," A "]", "",
		  "{\"prompt\":\"one \\\"two\",\"completion\":\"a\"}");
	check("bedrock_prompt", "[" S "," U "," A "]", "bedrock_prompt_unfit",
		  "! A prompt has one message of the user, and no instruction "
		  "besides it; a completion one of the assistant.");
	check("bedrock_claude", "[" S "," S "," U "," A "]", "",
		  "{\"system\":\"s \\\"x\\\"s \\\"x\\\"\",\"messages\":[" U
		  "," A "]}");
	check("bedrock_claude", "[" U "," A "]", "",
		  "{\"messages\":[" U "," A "]}");
	check("bedrock_claude", "[" A "]", "bedrock_claude_unfit", TURNS);
}

int
main(void)
{
	hft_example_init(&reader);
	test_chat();
	test_words();
	test_others();
	ok(hft_model_token_limit("amazon.nova-micro-v1:0:128k") == 32000,
	   "the context of Nova's training");
	hft_example_free(&reader);
	return tap_done();
}
