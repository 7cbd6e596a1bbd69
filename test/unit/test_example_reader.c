/*-------------------------------------------------------------------------
 *
 * test_example_reader.c
 *	  Other platforms' lines become examples, and come back as they were.
 *
 * Each line says what it becomes.  Then conversations are made at random,
 * written in every format, read, and must be the same examples; a reader
 * that drops a turn, a call or an answer cannot pass.
 *
 *-------------------------------------------------------------------------
 */
#include <stdlib.h>

#include "example/example.h"
#include "example/reader.h"
#include "example/rule.h"
#include "example/writer.h"
#include "tap.h"

#define ROUNDS 2000

static HftReader reader;
static HftExample example;
static HftBuffer read_line;
static HftBuffer canonical;

/* The canonical line of what was read, or the problem. */
static const char *
take(const char *text, size_t length)
{
	HftRow		row = {0};
	HftExampleProblem problem;
	const char *unread;

	hft_buffer_reset(&read_line);
	hft_buffer_reset(&canonical);
	unread = hft_reader_read(&reader, text, length, &read_line);
	if (unread != NULL)
		return unread;
	row.column[HFT_COLUMN_MESSAGES] =
		(HftText) {read_line.data, read_line.length};
	problem = hft_example_build(&example, HFT_METHOD_SFT, &row, &canonical);
	return problem.status == HFT_EXAMPLE_OK ? canonical.data : problem.text;
}

static void
becomes(const char *shape, const char *line, const char *expected)
{
	is_text(take(line, strlen(line)), expected, line);
	is_text(reader.shape, shape, shape);
}

#define GEMINI_Q "{\"role\":\"user\",\"parts\":[{\"text\":\"q\"}]}"
#define Q "{\"role\":\"user\",\"content\":\"q\"}"
#define A "{\"role\":\"assistant\",\"content\":\"a\"}"

static void
test_gemini(void)
{
	becomes("gemini", "{\"systemInstruction\":{\"role\":\"system\",\"parts\":"
			"[{\"text\":\"s\"}]},\"contents\":[" GEMINI_Q ",{\"role\":\"model\","
			"\"parts\":[{\"text\":\"a\"}]}]}",
			"{\"messages\":[{\"role\":\"system\",\"content\":\"s\"}," Q "," A "]}");
	becomes("gemini", "{\"system_instruction\":{\"parts\":[{\"text\":\"s\"},"
			"{\"text\":\"t\"}]},\"contents\":[" GEMINI_Q "]}",
			"{\"messages\":[{\"role\":\"system\",\"content\":[{\"type\":\"text\","
			"\"text\":\"s\"},{\"type\":\"text\",\"text\":\"t\"}]}," Q "]}");
	becomes("gemini", "{\"contents\":[{\"role\":\"model\",\"parts\":["
			"{\"functionCall\":{\"name\":\"f\",\"args\":{\"x\":1}}},"
			"{\"functionCall\":{\"name\":\"g\",\"args\":{}}}]},"
			"{\"role\":\"user\",\"parts\":["
			"{\"functionResponse\":{\"name\":\"g\",\"response\":{\"n\":2}}},"
			"{\"functionResponse\":{\"name\":\"f\",\"response\":"
			"{\"result\":\"one\"}}}]}],\"tools\":[{\"functionDeclarations\":"
			"[{\"name\":\"f\",\"parameters\":{\"type\":\"object\"}}]}]}",
			"{\"messages\":[{\"role\":\"assistant\",\"tool_calls\":["
			"{\"id\":\"call_1\",\"type\":\"function\",\"function\":"
			"{\"name\":\"f\",\"arguments\":\"{\\\"x\\\":1}\"}},"
			"{\"id\":\"call_2\",\"type\":\"function\",\"function\":"
			"{\"name\":\"g\",\"arguments\":\"{}\"}}]},"
			"{\"role\":\"tool\",\"content\":\"{\\\"n\\\":2}\","
			"\"tool_call_id\":\"call_2\"},{\"role\":\"tool\",\"content\":\"one\","
			"\"tool_call_id\":\"call_1\"}],\"tools\":[{\"type\":\"function\","
			"\"function\":{\"name\":\"f\",\"parameters\":"
			"{\"type\":\"object\"}}}]}");
	/* a result that is the text of an object stays inside its object */
	becomes("gemini", "{\"contents\":[{\"role\":\"user\",\"parts\":["
			"{\"functionResponse\":{\"name\":\"f\",\"response\":"
			"{\"result\":\" {}\"}}}]}]}",
			"{\"messages\":[{\"role\":\"tool\",\"content\":"
			"\"{\\\"result\\\":\\\" {}\\\"}\"}]}");
	becomes("gemini", "{\"contents\":[{\"role\":\"user\",\"parts\":["
			"{\"text\":\"q\"},{\"inlineData\":{\"mimeType\":\"image/png\","
			"\"data\":\"AA==\"}},{\"file_data\":{\"mime_type\":\"image/png\","
			"\"file_uri\":\"gs://b/i\"}},{\"fileData\":{\"mimeType\":"
			"\"audio/mp3\",\"fileUri\":\"gs://b/a\"}}]},{\"role\":\"model\","
			"\"parts\":[{\"text\":\"hm\",\"thought\":true},{\"text\":\"a\"}]}],"
			"\"generationConfig\":{}}",
			"{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\","
			"\"text\":\"q\"},{\"type\":\"image_url\",\"image_url\":{\"url\":"
			"\"data:image/png;base64,AA==\"}},{\"type\":\"image_url\","
			"\"image_url\":{\"url\":\"gs://b/i\"}},{\"fileData\":{\"mimeType\":"
			"\"audio/mp3\",\"fileUri\":\"gs://b/a\"}}]},{\"role\":\"assistant\","
			"\"content\":\"a\",\"reasoning_content\":\"hm\"}],"
			"\"generationConfig\":{}}");
	becomes("gemini", "{\"contents\":[7,{\"role\":\"user\"}]}",
			"{\"messages\":[7,{\"role\":\"user\"}]}");
}

static void
test_converse(void)
{
	becomes("converse", "{\"schemaVersion\":\"bedrock-conversation-2024\","
			"\"system\":[{\"text\":\"s\"}],\"messages\":[{\"role\":\"user\","
			"\"content\":[{\"text\":\"q\"}]},{\"role\":\"assistant\",\"content\":"
			"[{\"text\":\"a\"}]}]}",
			"{\"messages\":[{\"role\":\"system\",\"content\":\"s\"}," Q "," A "]}");
	becomes("converse", "{\"messages\":[{\"role\":\"assistant\",\"content\":["
			"{\"reasoningContent\":{\"reasoningText\":{\"text\":\"hm\"}}},"
			"{\"text\":\"a\"},{\"toolUse\":{\"toolUseId\":\"t1\",\"name\":\"f\","
			"\"input\":{\"x\":1}}}]},{\"role\":\"user\",\"content\":["
			"{\"toolResult\":{\"toolUseId\":\"t1\",\"content\":[{\"json\":"
			"{\"n\":1}}]}},{\"toolResult\":{\"toolUseId\":\"t2\",\"content\":"
			"[{\"text\":\"x\"}]}},{\"text\":\"q\"}]}],\"toolConfig\":{\"tools\":"
			"[{\"toolSpec\":{\"name\":\"f\",\"description\":\"d\",\"inputSchema\":"
			"{\"json\":{\"type\":\"object\"}}}}]}}",
			"{\"messages\":[{\"role\":\"assistant\",\"content\":\"a\","
			"\"tool_calls\":[{\"id\":\"t1\",\"type\":\"function\",\"function\":"
			"{\"name\":\"f\",\"arguments\":\"{\\\"x\\\":1}\"}}],"
			"\"reasoning_content\":\"hm\"},{\"role\":\"tool\",\"content\":"
			"\"{\\\"n\\\":1}\",\"tool_call_id\":\"t1\"},{\"role\":\"tool\","
			"\"content\":\"x\",\"tool_call_id\":\"t2\"}," Q "],\"tools\":"
			"[{\"type\":\"function\",\"function\":{\"name\":\"f\","
			"\"description\":\"d\",\"parameters\":{\"type\":\"object\"}}}]}");
	becomes("converse", "{\"messages\":[{\"role\":\"user\",\"content\":["
			"{\"text\":\"q\"},{\"image\":{\"format\":\"png\",\"source\":"
			"{\"bytes\":\"AA==\"}}},{\"image\":{\"format\":\"png\",\"source\":"
			"{\"s3Location\":{\"uri\":\"s3://b/i\"}}}},{\"document\":{}}]}]}",
			"{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\","
			"\"text\":\"q\"},{\"type\":\"image_url\",\"image_url\":{\"url\":"
			"\"data:image/png;base64,AA==\"}},{\"type\":\"image_url\","
			"\"image_url\":{\"url\":\"s3://b/i\"}},{\"document\":{}}]}]}");
}

static void
test_others(void)
{
	becomes("openai", "{\"messages\":[" Q "," A "],\"weight\":1}",
			"{\"messages\":[" Q "," A "],\"weight\":1}");
	becomes("openai", "[" Q "," A "]", "{\"messages\":[" Q "," A "]}");
	becomes("openai", "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":"
			"\"text\",\"text\":\"q\"}]}]}",
			"{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\","
			"\"text\":\"q\"}]}]}");
	becomes("anthropic", "{\"system\":\"s\",\"messages\":[" Q "," A "]}",
			"{\"messages\":[{\"role\":\"system\",\"content\":\"s\"}," Q "," A "]}");
	becomes("pair", "{\"prompt\":\"q\",\"completion\":\"a\"}",
			"{\"messages\":[" Q "," A "]}");
	becomes("pair", "{\"id\":7,\"system\":null,\"user\":\"q\",\"assistant\":"
			"\"a\",\"weight\":0.5,\"mood\":\"x\"}",
			"{\"messages\":[" Q "," A "],\"weight\":0.5,\"mood\":\"x\"}");
	becomes("input", "{\"input\":\"t\"}", "{\"text\":\"t\"}");
	becomes("openai", "{\"text\":\"t\"}", "{\"text\":\"t\"}");
	ok(take("{", 1) != NULL && canonical.length == 0, "what is no JSON");
}

/* ---- there and back ---- */

static unsigned
draw(unsigned below)
{
	return (unsigned) random() % below;
}

static void
put_words(HftBuffer *line)
{
	static const char *const words[] = {
		"one", "\\\"two\\\"", "drei\\n", "\\u00e4\\u20ac", "{\\\"a\\\":1}", " ",
		"\\\\", "User:"
	};

	hft_buffer_putc(line, '"');
	for (unsigned n = 1 + draw(3); n > 0; n--)
		hft_buffer_puts(line, words[draw(8)]);
	hft_buffer_puts(line, ".\"");
}

/* Calls of the assistant, and an answer to each. */
static void
put_round_of_tools(HftBuffer *line, int *calls)
{
	int			n = 1 + draw(2);

	hft_buffer_puts(line, ",{\"role\":\"assistant\",\"tool_calls\":[");
	for (int i = 0; i < n; i++)
		hft_buffer_printf(line, "%s{\"id\":\"call_%d\",\"type\":\"function\","
						  "\"function\":{\"name\":\"f%u\",\"arguments\":"
						  "\"{\\\"x\\\":%u}\"}}", i > 0 ? "," : "",
						  *calls + i + 1, draw(2), draw(100));
	hft_buffer_puts(line, "]}");
	for (int i = 0; i < n; i++)
	{
		hft_buffer_puts(line, ",{\"role\":\"tool\",\"content\":");
		if (draw(2))
			put_words(line);
		else
			hft_buffer_printf(line, "\"{\\\"n\\\":%u}\"", draw(100));
		hft_buffer_printf(line, ",\"tool_call_id\":\"call_%d\"}",
						  *calls + i + 1);
	}
	*calls += n;
}

/* A conversation that every format can hold. */
static void
make_conversation(HftBuffer *line)
{
	int			calls = 0;

	hft_buffer_reset(line);
	hft_buffer_puts(line, "{\"messages\":[");
	if (draw(2))
	{
		hft_buffer_puts(line, "{\"role\":\"system\",\"content\":");
		put_words(line);
		hft_buffer_puts(line, "},");
	}
	for (unsigned turns = 1 + draw(3); turns > 0; turns--)
	{
		hft_buffer_puts(line, "{\"role\":\"user\",\"content\":");
		put_words(line);
		hft_buffer_putc(line, '}');
		if (draw(3) == 0)
			put_round_of_tools(line, &calls);
		hft_buffer_puts(line, ",{\"role\":\"assistant\",\"content\":");
		put_words(line);
		hft_buffer_puts(line, turns > 1 ? "}," : "}");
	}
	hft_buffer_puts(line, "]");
	if (calls > 0)
		hft_buffer_puts(line, ",\"tools\":[{\"type\":\"function\",\"function\":"
						"{\"name\":\"f0\",\"description\":\"d\",\"parameters\":"
						"{\"type\":\"object\",\"properties\":{}}}},"
						"{\"type\":\"function\",\"function\":{\"name\":\"f1\","
						"\"description\":\"e\",\"parameters\":"
						"{\"type\":\"object\",\"properties\":{}}}}]");
	hft_buffer_putc(line, '}');
}

/* Conversations in a format, read again; what it cannot write is skipped. */
static void
there_and_back(const HftWriter *writer)
{
	HftBuffer	made;
	HftBuffer	before;
	HftBuffer	written;
	int			same = 0;
	int			written_lines = 0;

	hft_buffer_init(&made, 1 << 20);
	hft_buffer_init(&before, 1 << 20);
	hft_buffer_init(&written, 1 << 20);
	srandom(20261122);
	for (int i = 0; i < ROUNDS; i++)
	{
		make_conversation(&made);
		hft_buffer_reset(&before);
		hft_buffer_puts(&before, take(made.data, made.length));
		hft_buffer_reset(&written);
		if (writer->write(before.data, before.length, &written) != NULL)
			continue;
		written_lines++;
		if (strcmp(take(written.data, written.length), before.data) == 0)
			same++;
		else if (same == written_lines - 1)
			printf("# before:  %s\n# written: %s\n# read:    %s\n",
				   before.data, written.data, canonical.data);
	}
	ok(written_lines > ROUNDS / 10, "%s writes conversations (%d)",
	   writer->format, written_lines);
	is_int(same, written_lines, "and they come back as they were");
	hft_buffer_free(&made);
	hft_buffer_free(&before);
	hft_buffer_free(&written);
}

int
main(void)
{
	int			n;
	const HftWriter *writers = hft_writer_list(&n);

	hft_reader_init(&reader);
	hft_example_init(&example);
	hft_buffer_init(&read_line, 1 << 20);
	hft_buffer_init(&canonical, 1 << 20);
	test_gemini();
	test_converse();
	test_others();
	for (int i = 0; i < n; i++)
		there_and_back(&writers[i]);
	hft_reader_free(&reader);
	hft_example_free(&example);
	hft_buffer_free(&read_line);
	hft_buffer_free(&canonical);
	return tap_done();
}
