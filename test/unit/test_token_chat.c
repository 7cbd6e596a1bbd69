/*-------------------------------------------------------------------------
 *
 * test_token_chat.c
 *	  What chat formats add, against worked examples that were published or
 *	  counted by rendering the public template.
 *
 *-------------------------------------------------------------------------
 */
#include "tap.h"
#include "tokenizer/chat.h"

#define TEXT(s) {s, sizeof(s) - 1}
#define MAX_MESSAGES 8

typedef struct Line
{
	const char *role;
	const char *name;
	const char *content;
	bool		trained;
} Line;

/* OpenAI's cookbook: 129 tokens with cl100k_base, 124 with o200k_base. */
static const Line jargon[] = {
	{"system", NULL, "You are a helpful, pattern-following assistant that "
		"translates corporate jargon into plain English."},
	{"system", "example_user",
		"New synergies will help drive top-line growth."},
	{"system", "example_assistant",
		"Things working well together will increase revenue."},
	{"system", "example_user", "Let's circle back when we have more "
		"bandwidth to touch base on opportunities for increased leverage."},
	{"system", "example_assistant", "Let's talk later when we're less busy "
		"about how to do better."},
	{"user", NULL, "This late pivot means we don't have time to boil the "
		"ocean for the client deliverable."},
	{NULL}
};

/* 34 and 33 alone, 105 and 101 with the tool. */
static const Line weather[] = {
	{"system", NULL, "You are a helpful assistant that can answer to "
		"questions about the weather."},
	{"user", NULL, "What's the weather like in San Francisco?"},
	{NULL}
};

static const Line exchange[] = {
	{"system", NULL, "Be brief."},
	{"user", NULL, "Hello"},
	{"assistant", NULL, "Hi there", true},
	{NULL}
};

static const HftTokenText units[] = {TEXT("celsius"), TEXT("fahrenheit")};
static const HftChatProperty properties[] = {
	{TEXT("location"), TEXT("string"),
	TEXT("The city and state, e.g. San Francisco, CA")},
	{TEXT("unit"), TEXT("string"),
	TEXT("The unit of temperature to return"), units, 2}
};
static const HftChatTool weather_tool = {
	TEXT("get_current_weather"),
	TEXT("Get the current weather in a given location"), properties, 2,
	TEXT("{}")
};

static HftTokenText
make_text(const char *s)
{
	HftTokenText text = {s, s ? strlen(s) : 0};

	return text;
}

static HftChatCount
count_lines(HftChatRule rule, HftEncoding *enc, const Line *line,
			const HftChatTool *tool)
{
	HftChatCount count;

	hft_chat_begin(&count, rule, HFT_IMAGES_NONE, enc);
	if (tool != NULL)
		hft_chat_tool(&count, tool);
	for (; line->role != NULL; line++)
	{
		HftTokenText content = make_text(line->content);
		HftChatMessage message = {{0}};

		message.role = make_text(line->role);
		message.name = make_text(line->name);
		message.parts = &content;
		message.nparts = 1;
		message.trained = line->trained;
		hft_chat_message(&count, &message);
	}
	hft_chat_end(&count);
	return count;
}

static void
test_openai(HftEncoding *cl100k, HftEncoding *o200k)
{
	HftChatCount count;

	is_int(count_lines(HFT_CHAT_OPENAI_OLD, cl100k, jargon, NULL).tokens,
			  129, "six messages, cl100k_base");
	is_int(count_lines(HFT_CHAT_OPENAI, o200k, jargon, NULL).tokens, 124,
			  "six messages, o200k_base");
	is_int(count_lines(HFT_CHAT_OPENAI_OLD, cl100k, weather, NULL).tokens,
			  34, "two messages, cl100k_base");
	is_int(count_lines(HFT_CHAT_OPENAI, o200k, weather, NULL).tokens, 33,
			  "two messages, o200k_base");
	is_int(count_lines(HFT_CHAT_OPENAI_OLD, cl100k, weather,
						  &weather_tool).tokens, 105,
			  "with a tool, cl100k_base");
	count = count_lines(HFT_CHAT_OPENAI, o200k, weather, &weather_tool);
	is_int(count.tokens, 101, "with a tool, o200k_base");
	is_int(count.trained_tokens, 0, "a prompt trains nothing");
	count = count_lines(HFT_CHAT_OPENAI, o200k, exchange, NULL);
	is_int(count.trained_tokens, 2, "the answer is trained");
	is_int(count.tokens - count.overhead, 3 + 1 + 2,
			  "what is not overhead is content");
}

/* On top of the contents of a system, user and assistant exchange. */
static void
test_templates(HftEncoding *enc)
{
	is_int(count_lines(HFT_CHAT_LLAMA3, enc, exchange, NULL).overhead, 16,
			  "Llama 3 exchange");
	is_int(count_lines(HFT_CHAT_QWEN2_5, enc, exchange, NULL).overhead,
			  15, "Qwen 2.5 exchange");
	is_int(count_lines(HFT_CHAT_QWEN3, enc, exchange, NULL).overhead,
			  19, "Qwen 3 exchange with its empty think block");
	is_int(count_lines(HFT_CHAT_GEMMA, enc, exchange, NULL).overhead, 12,
			  "Gemma exchange");
	is_int(count_lines(HFT_CHAT_DEEPSEEK_V3, enc, exchange,
						  NULL).overhead, 4, "DeepSeek exchange");
	is_int(count_lines(HFT_CHAT_NONE, enc, exchange, NULL).overhead, 0,
			  "no format, no overhead");
}

static void
is_model(const char *name, const char *encoding, const char *rule)
{
	const HftTokenModel *model = hft_token_model_find(name, strlen(name));

	is_text(model ? model->encoding : NULL, encoding, name);
	is_text(model ? hft_chat_rule_name(model->chat) : NULL, rule, name);
}

static void
test_models(void)
{
	is_model("gpt-4o", "o200k_base", "openai");
	is_model("gpt-4o-mini-2024-07-18", "o200k_base", "openai");
	is_model("ft:gpt-4o-mini-2024-07-18:org::id", "o200k_base", "openai");
	is_model("ft:gpt-3.5-turbo-0125:org:name:id:ckpt-step-10",
			 "cl100k_base", "openai_old");
	is_model("gpt-4.1-nano-2025-04-14", "o200k_base", "openai");
	is_model("gpt-4-0613", "cl100k_base", "openai_old");
	is_model("openai/gpt-oss-20b", "o200k_base", "harmony");
	is_model("meta-llama/Meta-Llama-3.1-8B-Instruct-Reference", "llama3_1",
			 "llama3");
	is_model("meta.llama3-1-8b-instruct-v1:0:128k", "llama3_1", "llama3");
	is_model("deepseek-ai/DeepSeek-R1-Distill-Qwen-14B", "qwen3",
			 "deepseek_v3");
	is_model("Qwen/Qwen3-8B", "qwen3", "qwen3");
	is_model("Qwen/Qwen2.5-72B-Instruct", "qwen3", "qwen2_5");
	is_model("open-mistral-nemo", "tekken", "mistral");
	is_model("google/gemma-3-27b-it", "gemma3", "gemma");
	is_model("gemini-2.5-flash", "gemma3", "gemma");
	is_model("o200k_base", "o200k_base", "none");
	is_model("open-mistral-7b", NULL, NULL);
	is_model("", NULL, NULL);
	is_model("gpt-", NULL, NULL);
	is_int(hft_token_model_find("Qwen/Qwen3.5-9B", 15)->exact, false,
			  "Qwen 3.5 is an estimate");
	is_text(hft_token_model_nearest("gpt4o", 5), "gpt-4o",
			"nearest to gpt4o");
	is_text(hft_token_model_nearest("zzzzzzzzzzzzzzzz", 16), NULL,
			"nearest to nothing");
}

/* Tokens of an image of a size and detail, -1 of a size that is wrong. */
static void
is_image(HftImageRule rule, uint32_t width, uint32_t height,
		 HftImageDetail detail, int64_t tokens, bool exact)
{
	HftImage	image = {width, height, detail};
	bool		got = true;
	char		name[80];

	snprintf(name, sizeof(name), "%s, %u x %u, detail %d",
			 hft_image_rule_name(rule), width, height, detail);
	is_int(hft_image_tokens(rule, &image, &got), tokens, name);
	ok(got == exact, "%s exact", exact ? "is" : "is not");
}

/* The platforms' own examples, and bills for known images. */
static void
test_image_rules(void)
{
	is_image(HFT_IMAGES_OPENAI, 1024, 1024, HFT_DETAIL_HIGH, 765, true);
	is_image(HFT_IMAGES_OPENAI, 2048, 4096, HFT_DETAIL_HIGH, 1105, true);
	is_image(HFT_IMAGES_OPENAI, 4096, 8192, HFT_DETAIL_LOW, 85, true);
	is_image(HFT_IMAGES_OPENAI, 128, 64, HFT_DETAIL_HIGH, 255, true);
	is_image(HFT_IMAGES_OPENAI, 128, 64, HFT_DETAIL_AUTO, 255, false);
	is_image(HFT_IMAGES_OPENAI, 0, 0, HFT_DETAIL_HIGH, 765, false);
	is_image(HFT_IMAGES_OPENAI, 0, 0, HFT_DETAIL_LOW, 85, true);
	is_image(HFT_IMAGES_OPENAI_4O_MINI, 128, 64, HFT_DETAIL_HIGH, 8500, true);
	is_image(HFT_IMAGES_OPENAI_O, 128, 64, HFT_DETAIL_HIGH, 225, true);
	is_image(HFT_IMAGES_OPENAI_MINI, 1024, 1024, HFT_DETAIL_HIGH, 1659,
			 false);
	is_image(HFT_IMAGES_OPENAI_MINI, 1800, 2400, HFT_DETAIL_LOW, 2353,
			 false);
	is_image(HFT_IMAGES_OPENAI_MINI, 100000, 1, HFT_DETAIL_LOW, 2489, false);
	is_image(HFT_IMAGES_GEMINI, 384, 384, HFT_DETAIL_AUTO, 258, false);
	is_image(HFT_IMAGES_GEMINI, 960, 540, HFT_DETAIL_AUTO, 6 * 258, false);
	is_image(HFT_IMAGES_CLAUDE, 1000, 1000, HFT_DETAIL_AUTO, 1334, false);
	is_image(HFT_IMAGES_CLAUDE, 9000, 9000, HFT_DETAIL_AUTO, 1600, false);
	is_image(HFT_IMAGES_GEMMA, 10, 10, HFT_DETAIL_AUTO, 260, false);
	is_image(HFT_IMAGES_NONE, 10, 10, HFT_DETAIL_AUTO, 0, false);
}

static void
is_size(const char *url, uint32_t width, uint32_t height, const char *what)
{
	HftImage	image = {7, 7};
	bool		known = hft_image_measure(url, strlen(url), &image);

	ok(known == (width > 0) && image.width == width &&
	   image.height == height, "%s is %u x %u", what, image.width,
	   image.height);
}

/* Headers of images of 600 x 400, in every format. */
static void
test_image_sizes(void)
{
	static const char png[] = "data:image/png;base64,"
		"iVBORw0KGgoAAAANSUhEUgAAAlgAAAGQ";
	char		cut[sizeof(png)];
	size_t		i;

	is_size(png, 600, 400, "PNG");
	is_size("data:image/gif;base64,R0lGODlhWAKQAQ==", 600, 400, "GIF");
	is_size("data:image/jpeg;base64,"
			"/9j/4AAEAAD/2wAEAAD//8AACwgBkAJYAwERAA==", 600, 400, "JPEG");
	is_size("data:image/webp;base64,"
			"UklGRgAAAABXRUJQVlA4WAoAAAAAAAAAVwIAjwEA", 600, 400,
			"extended WebP");
	is_size("data:image/webp;base64,"
			"UklGRgAAAABXRUJQVlA4TAAAAAAvV8JjAA==", 600, 400,
			"lossless WebP");
	is_size("data:image/webp;base64,"
			"UklGRgAAAABXRUJQVlA4IAAAAAAAAACdASpYApAB", 600, 400,
			"lossy WebP");
	is_size("https://example.org/a.png", 0, 0, "an address");
	is_size("data:image/png,iVBORw0KGgo", 0, 0, "not base64");
	is_size("data:image/jpeg;base64,/9j/4AAA", 0, 0, "a segment of nothing");
	is_size("data:image/png;base64,####", 0, 0, "garbage");
	for (i = 0; i < sizeof(png) - 1; i++)
	{
		HftImage	image;

		memcpy(cut, png, i);
		if (hft_image_measure(cut, i, &image))
			break;
	}
	is_int(i, sizeof(png) - 1, "a PNG that is cut has no size");
}

int
main(void)
{
	HftEncoding *cl100k;
	HftEncoding *o200k;

	test_image_rules();
	test_image_sizes();
	hft_encoding_open("build/vocab/hft-cl100k_base.vocab", &cl100k);
	hft_encoding_open("build/vocab/hft-o200k_base.vocab", &o200k);
	if (ok(cl100k != NULL && o200k != NULL, "vocabularies open"))
	{
		test_openai(cl100k, o200k);
		test_templates(o200k);
		test_models();
	}
	hft_encoding_close(cl100k);
	hft_encoding_close(o200k);
	return tap_done();
}
