/*-------------------------------------------------------------------------
 *
 * writer_bedrock.c
 *	  Bedrock's training files: three shapes for its families of models.
 *
 *	bedrock			{"schemaVersion", "system": [{"text"}], "messages": [...]}
 *	bedrock_prompt	{"prompt", "completion"}
 *	bedrock_claude	{"system", "messages": [{"role", "content"}]}
 *
 * All are text: tools, images and plain text have no place in them.  What
 * the misfit functions refuse is a finding of the data set's; they are asked
 * again here, because findings can be overridden.
 *
 *-------------------------------------------------------------------------
 */
#include "example/writers.h"

#include <string.h>

#include "example/bedrock.h"

/* The reader of this process; kept so that a line costs no allocation. */
static HftExample reader;

static bool
is_instruction(const HftMessage *message)
{
	return message->role == HFT_ROLE_SYSTEM ||
		message->role == HFT_ROLE_DEVELOPER;
}

/* ---- what fits ---- */

/* Text alone: a string, or parts that all are. */
static bool
is_text(const HftJsonNode *content)
{
	HftTexts	texts = hft_texts(content);
	uint32_t	parts = texts.left;
	uint32_t	found = 0;

	while (hft_texts_next(&texts) != NULL)
		found++;
	return parts > 0 && found == parts;
}

/* A sentence about one message by itself; NULL: it fits. */
static const char *
judge_message(const HftMessage *message)
{
	if (message->key[HFT_KEY_TOOL_CALLS] != NULL ||
		message->key[HFT_KEY_FUNCTION_CALL] != NULL ||
		message->role == HFT_ROLE_TOOL || message->role == HFT_ROLE_FUNCTION)
		return "Calls of tools and their answers cannot be expressed.";
	if (!is_instruction(message) && message->role != HFT_ROLE_USER &&
		message->role != HFT_ROLE_ASSISTANT)
		return "A message has no role that can be expressed.";
	if (!is_text(message->key[HFT_KEY_CONTENT]))
		return "A message has content that is not text.";
	return NULL;
}

static const char *
judge_top(const HftExample *example)
{
	if (example->top[HFT_TOP_TEXT] != NULL)
		return "Plain text cannot be expressed: it needs a conversation.";
	if (example->top[HFT_TOP_TOOLS] != NULL ||
		example->top[HFT_TOP_FUNCTIONS] != NULL)
		return "Tools cannot be expressed.";
	return NULL;
}

/* How many messages of instruction an example begins with. */
static int
count_instructions(const HftExample *example)
{
	int			n = 0;

	while (n < example->nmessages && is_instruction(&example->messages[n]))
		n++;
	return n;
}

HftBedrockMisfit
hft_bedrock_chat_misfit(const HftExample *example)
{
	int			first = count_instructions(example);
	HftBedrockMisfit misfit = {judge_top(example), 0};
	HftRole		turn = HFT_ROLE_USER;

	for (int i = 0; misfit.text == NULL && i < example->nmessages; i++)
	{
		const HftMessage *message = &example->messages[i];

		misfit.message = i + 1;
		misfit.text = judge_message(message);
		if (misfit.text != NULL || i < first)
			continue;
		if (message->role != turn)
			misfit.text = "User and assistant take turns, and the user begins.";
		turn = turn == HFT_ROLE_USER ? HFT_ROLE_ASSISTANT : HFT_ROLE_USER;
	}
	if (misfit.text == NULL &&
		(turn != HFT_ROLE_USER || example->nmessages == first))
		misfit = (HftBedrockMisfit) {
			"A conversation ends with the assistant.", example->nmessages
		};
	if (misfit.text == NULL)
		misfit.message = 0;
	return misfit;
}

HftBedrockMisfit
hft_bedrock_prompt_misfit(const HftExample *example)
{
	HftBedrockMisfit misfit = hft_bedrock_chat_misfit(example);

	if (misfit.text == NULL && example->nmessages != 2)
		misfit.text = "A prompt has one message of the user, and no "
			"instruction besides it; a completion one of the assistant.";
	return misfit;
}

/* ---- writing ---- */

/* {"text":"..."},... */
static void
write_blocks(HftBuffer *line, const HftMessage *message, bool *first)
{
	HftTexts	texts = hft_texts(message->key[HFT_KEY_CONTENT]);
	const HftJsonNode *text;

	while ((text = hft_texts_next(&texts)) != NULL)
	{
		hft_buffer_puts(line, *first ? "{\"text\":" : ",{\"text\":");
		hft_json_write(line, text, NULL, false);
		hft_buffer_putc(line, '}');
		*first = false;
	}
}

/*
 * The texts of a message as one string.  A string is written with its
 * quotes, so the closing one is taken back for each text that follows, and
 * so is its opening one.
 */
static void
write_joined(HftBuffer *line, const HftMessage *message, bool *first)
{
	HftTexts	texts = hft_texts(message->key[HFT_KEY_CONTENT]);
	const HftJsonNode *text;

	while ((text = hft_texts_next(&texts)) != NULL)
	{
		size_t		before = line->length;

		hft_json_write(line, text, NULL, false);
		if (!*first && !line->failed)
		{
			/* between them there were a closing and an opening quote */
			memmove(line->data + before - 1, line->data + before + 1,
					line->length - before);
			line->length -= 2;
		}
		*first = false;
	}
}

static const char *
ended(HftBuffer *line)
{
	hft_buffer_putc(line, '}');
	return line->failed ? "out of memory" : NULL;
}

/* The example in the reader; a sentence when it is none. */
static const char *
read_example(const char *body, size_t length)
{
	HftExampleProblem problem = hft_example_read(&reader, body, length);

	return problem.status == HFT_EXAMPLE_OK ? NULL : problem.text;
}

const char *
hft_write_bedrock(const char *body, size_t length, HftBuffer *line)
{
	const char *problem = read_example(body, length);
	int			first = count_instructions(&reader);
	bool		begins = true;

	if (problem == NULL)
		problem = hft_bedrock_chat_misfit(&reader).text;
	if (problem != NULL)
		return problem;
	hft_buffer_puts(line, "{\"schemaVersion\":\"bedrock-conversation-2024\"");
	if (first > 0)
		hft_buffer_puts(line, ",\"system\":[");
	for (int i = 0; i < first; i++)
		write_blocks(line, &reader.messages[i], &begins);
	hft_buffer_puts(line, first > 0 ? "],\"messages\":[" : ",\"messages\":[");
	for (int i = first; i < reader.nmessages; i++)
	{
		begins = true;
		hft_buffer_printf(line, "%s{\"role\":\"%s\",\"content\":[",
						  i > first ? "," : "",
						  hft_role_name(reader.messages[i].role));
		write_blocks(line, &reader.messages[i], &begins);
		hft_buffer_puts(line, "]}");
	}
	hft_buffer_putc(line, ']');
	return ended(line);
}

const char *
hft_write_bedrock_prompt(const char *body, size_t length, HftBuffer *line)
{
	const char *problem = read_example(body, length);
	bool		begins = true;

	if (problem == NULL)
		problem = hft_bedrock_prompt_misfit(&reader).text;
	if (problem != NULL)
		return problem;
	hft_buffer_puts(line, "{\"prompt\":");
	write_joined(line, &reader.messages[0], &begins);
	hft_buffer_puts(line, ",\"completion\":");
	begins = true;
	write_joined(line, &reader.messages[1], &begins);
	return ended(line);
}

const char *
hft_write_bedrock_claude(const char *body, size_t length, HftBuffer *line)
{
	const char *problem = read_example(body, length);
	int			first = count_instructions(&reader);
	bool		begins = true;

	if (problem == NULL)
		problem = hft_bedrock_chat_misfit(&reader).text;
	if (problem != NULL)
		return problem;
	hft_buffer_puts(line, first > 0 ? "{\"system\":" : "{");
	for (int i = 0; i < first; i++)
		write_joined(line, &reader.messages[i], &begins);
	hft_buffer_puts(line, first > 0 ? ",\"messages\":[" : "\"messages\":[");
	for (int i = first; i < reader.nmessages; i++)
	{
		begins = true;
		hft_buffer_printf(line, "%s{\"role\":\"%s\",\"content\":",
						  i > first ? "," : "",
						  hft_role_name(reader.messages[i].role));
		write_joined(line, &reader.messages[i], &begins);
		hft_buffer_putc(line, '}');
	}
	hft_buffer_putc(line, ']');
	return ended(line);
}
