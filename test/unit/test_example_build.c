/*-------------------------------------------------------------------------
 *
 * test_example_build.c
 *	  Rows become canonical lines, lines become training files, and the draw
 *	  of the split is the one that is documented.
 *
 * The draws were computed with Python's hashlib from the words in draw.h, so
 * a change of the definition cannot pass unseen.
 *
 *-------------------------------------------------------------------------
 */
#include <stdlib.h>

#include "example/draw.h"
#include "example/writer.h"
#include "tap.h"

/* SHA-256("k" 0x00 value), first 8 bytes / 2^64; AB: "a" 0x00 "b" */
#define U_Q 0.020167035383
#define U_GROUP 0.823017942685
#define U_AB 0.535643719043
#define U_S 0.903288653187
#define U_T 0.989736247157

static HftExample example;
static HftBuffer line;

static HftText
text(const char *string)
{
	return (HftText) {string, string ? strlen(string) : 0};
}

static void
builds(HftMethod method, const HftRow *row, const char *expected)
{
	HftExampleProblem problem;

	hft_buffer_reset(&line);
	problem = hft_example_build(&example, method, row, &line);
	is_text(problem.status == HFT_EXAMPLE_OK ? line.data : problem.text,
			expected, expected);
}

static void
builds_messages(const char *messages, const char *expected)
{
	HftRow		row = {0};

	row.column[HFT_COLUMN_MESSAGES] = text(messages);
	builds(HFT_METHOD_SFT, &row, expected);
}

static void
test_order(void)
{
	builds_messages("[{\"content\": \"q\", \"role\": \"user\"}]",
					"{\"messages\":[{\"role\":\"user\",\"content\":\"q\"}]}");
	builds_messages("{\"tools\":[{\"function\":{\"parameters\":{\"b\":1,\"a\":2},"
					"\"name\":\"f\"},\"type\":\"function\"}],\"note\":{\"z\":1,\"y\":2},"
					"\"messages\":[]}",
					"{\"messages\":[],\"tools\":[{\"type\":\"function\",\"function\":"
					"{\"name\":\"f\",\"parameters\":{\"b\":1,\"a\":2}}}],"
					"\"note\":{\"z\":1,\"y\":2}}");
	builds_messages("[{\"weight\":0,\"tool_calls\":[{\"function\":{\"arguments\":"
					"\"{}\",\"name\":\"f\"},\"type\":\"function\",\"id\":\"1\"}],"
					"\"content\":null,\"mood\":\"x\",\"role\":\"assistant\"}]",
					"{\"messages\":[{\"role\":\"assistant\",\"content\":null,"
					"\"tool_calls\":[{\"id\":\"1\",\"type\":\"function\",\"function\":"
					"{\"name\":\"f\",\"arguments\":\"{}\"}}],\"weight\":0,"
					"\"mood\":\"x\"}]}");
	builds_messages("[{\"role\":\"user\",\"content\":\"q\",\"name\":null,"
					"\"weight\":null}]",
					"{\"messages\":[{\"role\":\"user\",\"content\":\"q\"}]}");
	builds_messages("[{\"x\":1}]", "{\"messages\":[{\"x\":1}]}");
	builds_messages("[7,null]", "{\"messages\":[7,null]}");
	builds_messages("{\"messages\":7}", "{\"messages\":7}");
	builds_messages("{\"other\":7}", "{\"other\":7}");
	builds_messages("7", "{\"messages\":7}");
	builds_messages("null", "{\"messages\":null}");
	builds_messages("{\"messages\":null,\"tools\":null}", "{\"messages\":null}");
	/* a raw newline between tokens must not break the line (F50, R33) */
	builds_messages("[\n{\"role\":\n\"user\",\r\n\"content\":\"a\\nb\"}]\n",
					"{\"messages\":[{\"role\":\"user\",\"content\":\"a\\nb\"}]}");
	builds_messages("[", "invalid JSON");
	builds_messages("[\"\xff\"]", "invalid UTF-8 or half a surrogate pair");
}

static void
test_columns(void)
{
	HftRow		row = {0};

	row.column[HFT_COLUMN_USER] = text("q \"x\"\n");
	row.column[HFT_COLUMN_ASSISTANT] = text("a");
	builds(HFT_METHOD_SFT, &row,
		   "{\"messages\":[{\"role\":\"user\",\"content\":\"q \\\"x\\\"\\n\"},"
		   "{\"role\":\"assistant\",\"content\":\"a\"}]}");
	row.column[HFT_COLUMN_SYSTEM] = text("s");
	row.column[HFT_COLUMN_TOOLS] = text("[{}]");
	row.column[HFT_COLUMN_WEIGHT] = text("0.0");
	builds(HFT_METHOD_SFT, &row,
		   "{\"messages\":[{\"role\":\"system\",\"content\":\"s\"},"
		   "{\"role\":\"user\",\"content\":\"q \\\"x\\\"\\n\"},"
		   "{\"role\":\"assistant\",\"content\":\"a\",\"weight\":0}],"
		   "\"tools\":[{}]}");
	ok(!hft_message_trained(&example.messages[2]), "weight 0 is not trained");
	row.column[HFT_COLUMN_SYSTEM] = row.column[HFT_COLUMN_TOOLS] = text(NULL);
	row.column[HFT_COLUMN_WEIGHT] = text("1");
	builds(HFT_METHOD_SFT, &row,
		   "{\"messages\":[{\"role\":\"user\",\"content\":\"q \\\"x\\\"\\n\"},"
		   "{\"role\":\"assistant\",\"content\":\"a\"}]}");
	ok(hft_message_trained(&example.messages[1]), "weight 1 is");
	row.column[HFT_COLUMN_WEIGHT] = text("0.25");
	builds(HFT_METHOD_SFT, &row,
		   "{\"messages\":[{\"role\":\"user\",\"content\":\"q \\\"x\\\"\\n\"},"
		   "{\"role\":\"assistant\",\"content\":\"a\"}],\"weight\":0.25}");
	row.column[HFT_COLUMN_WEIGHT] = text("NaN");
	builds(HFT_METHOD_SFT, &row,
		   "a weight must be a finite number, 0 or greater");
	row.column[HFT_COLUMN_WEIGHT] = text("-1");
	builds(HFT_METHOD_SFT, &row,
		   "a weight must be a finite number, 0 or greater");
	row.column[HFT_COLUMN_WEIGHT] = text(NULL);
	row.column[HFT_COLUMN_ASSISTANT] = text(NULL);
	builds(HFT_METHOD_SFT, &row, "null");
	row.column[HFT_COLUMN_ASSISTANT] = text("caf\xe9");
	builds(HFT_METHOD_SFT, &row, "invalid UTF-8 or half a surrogate pair");
	row.column[HFT_COLUMN_TOOLS] = text("[}");
	row.column[HFT_COLUMN_ASSISTANT] = text("a");
	builds(HFT_METHOD_SFT, &row, "invalid JSON");
	row.column[HFT_COLUMN_TEXT] = text("plain é");
	row.column[HFT_COLUMN_TOOLS] = text(NULL);
	builds(HFT_METHOD_TEXT, &row, "{\"text\":\"plain é\"}");
	example.ascii = true;
	builds(HFT_METHOD_TEXT, &row, "{\"text\":\"plain \\u00e9\"}");
	example.ascii = false;
}

static void
writes(const char *format, const char *body, const char *expected)
{
	const HftWriter *writer = hft_writer_lookup(format);
	const char *problem;

	hft_buffer_reset(&line);
	problem = writer->write(body, strlen(body), &line);
	is_text(problem ? problem : line.data, expected, expected);
}

static void
test_writers(void)
{
	int			n;
	const HftWriter *writers = hft_writer_list(&n);

	for (int i = 0; i < n; i++)
		ok(hft_writer_lookup(writers[i].format) == &writers[i],
		   "format %s is found", writers[i].format);
	ok(hft_writer_lookup("parquet") == NULL, "an unknown one is not");
	writes("openai", "{\"messages\":[7],\"x\":1}", "{\"messages\":[7],\"x\":1}");
	writes("together",
		   "{\"messages\":[{\"role\":\"developer\",\"name\":\"n\",\"content\":\"s\"},"
		   "{\"role\":\"assistant\",\"weight\":1,\"refusal\":\"no\",\"mood\":1}],"
		   "\"tools\":[{\"type\":\"function\"}],\"parallel_tool_calls\":true,"
		   "\"weight\":0.5,\"note\":1}",
		   "{\"messages\":[{\"role\":\"system\",\"content\":\"s\"},"
		   "{\"role\":\"assistant\",\"content\":\"no\",\"weight\":1}],"
		   "\"tools\":[{\"type\":\"function\"}],\"weight\":0.5}");
	writes("together", "{\"text\":\"t\"}", "{\"text\":\"t\"}");
	writes("together", "{\"messages\":[{\"role\":\"function\"}]}",
		   "A function in the old form cannot be expressed: use tools.");
	writes("together", "{\"messages\":[],\"functions\":[{}]}",
		   "A function in the old form cannot be expressed: use tools.");
	writes("together", "{\"messages\":[7]}", "A message has no role.");
	writes("together", "{", "invalid JSON");
}

static HftSplitKind
draw(const char *messages, const char *group, double validation, double test)
{
	HftSplitter splitter;
	HftSplitKind split;

	hft_splitter_init(&splitter, "k", validation, test);
	hft_example_read(&example, messages, strlen(messages));
	split = hft_splitter_draw(&splitter, &example, text(group));
	hft_splitter_free(&splitter);
	return split;
}

/* The draw of the value lies at "u": just below and just above tell. */
static void
draws(const char *messages, const char *group, double u)
{
	is_int(draw(messages, group, u + 1e-9, 0), HFT_SPLIT_VALIDATION, messages);
	is_int(draw(messages, group, u - 1e-9, 0), HFT_SPLIT_TRAIN, messages);
	is_int(draw(messages, group, 0, 1 - u + 1e-9), HFT_SPLIT_TEST, messages);
	is_int(draw(messages, group, 0, 1 - u - 1e-9), HFT_SPLIT_TRAIN, messages);
}

#define USER(x) "{\"role\":\"user\",\"content\":\"" x "\"}"
#define ASSISTANT "{\"role\":\"assistant\",\"content\":\"a\"}"

static void
test_draw(void)
{
	draws("[" USER("q") "," ASSISTANT "]", NULL, U_Q);
	draws("[{\"role\":\"system\",\"content\":\"s\"}," USER("q") "]", NULL, U_Q);
	draws("[" USER("x") "," ASSISTANT "]", "group", U_GROUP);
	draws("[" USER("a") "," ASSISTANT "," USER("b") "]", NULL, U_AB);
	draws("[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\"},"
		  "{\"type\":\"text\",\"text\":\"b\"}]}]", NULL, U_AB);
	draws("[{\"role\":\"system\",\"content\":\"s\"}," ASSISTANT "]", NULL, U_S);
	draws("{\"text\":\"t\"}", NULL, U_T);
	is_int(hft_split_lookup("test", 4), HFT_SPLIT_TEST, "a split by name");
	is_int(hft_split_lookup("testing", 7), HFT_SPLIT_COUNT, "or none");
}

int
main(void)
{
	hft_example_init(&example);
	hft_buffer_init(&line, 1 << 20);
	test_order();
	test_columns();
	test_writers();
	test_draw();
	hft_example_free(&example);
	hft_buffer_free(&line);
	return tap_done();
}
