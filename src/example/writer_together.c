/*-------------------------------------------------------------------------
 *
 * writer_together.c
 *	  Together's training files: conversations, or plain text.
 *
 * Of an example go messages, tools and weight; of a message role, content,
 * tool_calls, tool_call_id, weight and reasoning.  A developer is called
 * system, a refusal is what the assistant said.  The old form of functions
 * has no counterpart.  Rules "key_dropped" and "functions_unsupported" tell
 * of what is left out here, so they change together.
 *
 *-------------------------------------------------------------------------
 */
#include "example/writers.h"

#include "example/example.h"

static const HftMessageKey kept_keys[] = {
	HFT_KEY_TOOL_CALLS, HFT_KEY_TOOL_CALL_ID, HFT_KEY_WEIGHT,
	HFT_KEY_REASONING, HFT_KEY_REASONING_CONTENT
};

/* The reader of this process; kept so that a line costs no allocation. */
static HftExample reader;

static void
write_content(HftBuffer *line, const HftMessage *message)
{
	const HftJsonNode *content = message->key[HFT_KEY_CONTENT];

	if ((content == NULL || content->type == HFT_JSON_NULL) &&
		message->key[HFT_KEY_REFUSAL] != NULL)
		content = message->key[HFT_KEY_REFUSAL];
	if (content == NULL)
		return;
	hft_buffer_puts(line, ",\"content\":");
	hft_json_write(line, content, &hft_shape_content, false);
}

static const char *
write_message(HftBuffer *line, const HftMessage *message)
{
	if (message->role == HFT_ROLE_FUNCTION ||
		message->key[HFT_KEY_FUNCTION_CALL] != NULL)
		return "A function in the old form cannot be expressed: use tools.";
	if (message->key[HFT_KEY_ROLE] == NULL)
		return "A message has no role.";
	hft_buffer_puts(line, "{\"role\":");
	if (message->role == HFT_ROLE_DEVELOPER)
		hft_buffer_puts(line, "\"system\"");
	else
		hft_json_write(line, message->key[HFT_KEY_ROLE], NULL, false);
	write_content(line, message);
	for (size_t i = 0; i < sizeof(kept_keys) / sizeof(kept_keys[0]); i++)
	{
		const HftJsonNode *value = message->key[kept_keys[i]];

		if (value == NULL)
			continue;
		hft_buffer_puts(line, ",\"");
		hft_buffer_puts(line, hft_message_key_name(kept_keys[i]));
		hft_buffer_puts(line, "\":");
		hft_json_write(line, value, NULL, false);
	}
	hft_buffer_putc(line, '}');
	return NULL;
}

static const char *
write_messages(HftBuffer *line, const HftExample *example)
{
	hft_buffer_puts(line, "{\"messages\":[");
	for (int i = 0; i < example->nmessages; i++)
	{
		const char *problem;

		if (i > 0)
			hft_buffer_putc(line, ',');
		problem = write_message(line, &example->messages[i]);
		if (problem != NULL)
			return problem;
	}
	hft_buffer_putc(line, ']');
	return NULL;
}

static const char *
write_example(HftBuffer *line, const HftExample *example)
{
	const HftJsonNode *const *top = example->top;

	if (top[HFT_TOP_FUNCTIONS] != NULL)
		return "A function in the old form cannot be expressed: use tools.";
	if (top[HFT_TOP_TEXT] != NULL)
	{
		hft_buffer_puts(line, "{\"text\":");
		hft_json_write(line, top[HFT_TOP_TEXT], NULL, false);
	}
	else
	{
		const char *problem = write_messages(line, example);

		if (problem != NULL)
			return problem;
	}
	if (top[HFT_TOP_TOOLS] != NULL)
	{
		hft_buffer_puts(line, ",\"tools\":");
		hft_json_write(line, top[HFT_TOP_TOOLS], &hft_shape_tools, false);
	}
	if (top[HFT_TOP_WEIGHT] != NULL)
	{
		hft_buffer_puts(line, ",\"weight\":");
		hft_json_write(line, top[HFT_TOP_WEIGHT], NULL, false);
	}
	hft_buffer_putc(line, '}');
	return line->failed ? "out of memory" : NULL;
}

const char *
hft_write_together(const char *body, size_t length, HftBuffer *line)
{
	HftExampleProblem problem = hft_example_read(&reader, body, length);

	if (problem.status != HFT_EXAMPLE_OK)
		return problem.text;
	return write_example(line, &reader);
}
