/*-------------------------------------------------------------------------
 *
 * chat.c
 *	  What chat formats add to the contents of a conversation.
 *
 * The numbers follow from the public templates (ChatML, Llama 3, Gemma,
 * DeepSeek, Mistral) and, for OpenAI, from its cookbook, whose worked
 * examples the tests repeat.
 *
 *-------------------------------------------------------------------------
 */
#include <stdlib.h>
#include <string.h>

#include "tokenizer/chat.h"

typedef struct ChatFormat
{
	int			conversation;	/* once */
	int			prompt;			/* once, when the model is to answer next */
	int			user;			/* around a message, its role included */
	int			assistant;
	int			system;
	int			tool;
	bool		counts_role;	/* the role is text of its own */
	bool		trims;			/* white space around a content is dropped */
	bool		newline_before; /* a newline stands right before a content */
	int			call;			/* around a call's name and arguments */
	int			function;		/* per tool, 0: its JSON is the text */
} ChatFormat;

/*
 * OpenAI primes the reply also where a training example ends, so that is in
 * "conversation".  Its role words are one token each, but are counted, since
 * the column takes any word.
 */
static const ChatFormat formats[] = {
	[HFT_CHAT_NONE] = {0},
	[HFT_CHAT_OPENAI] = {3, 0, 3, 3, 3, 3, true, false, false, 3, 7},
	[HFT_CHAT_OPENAI_OLD] = {3, 0, 3, 3, 3, 3, true, false, false, 3, 10},
	[HFT_CHAT_HARMONY] = {0, 2, 4, 6, 4, 4, false, false, false, 3, 0},
	[HFT_CHAT_LLAMA3] = {1, 4, 5, 5, 5, 6, false, true, false, 3, 0},
	[HFT_CHAT_QWEN2_5] = {0, 3, 5, 5, 5, 5, false, false, true, 3, 0},
	[HFT_CHAT_QWEN3] = {0, 3, 5, 5, 5, 5, false, false, true, 3, 0},
	[HFT_CHAT_GEMMA] = {1, 3, 5, 5, 1, 5, false, true, false, 3, 0},
	[HFT_CHAT_DEEPSEEK_V3] = {1, 1, 1, 2, 0, 1, false, false, false, 3, 0},
	[HFT_CHAT_MISTRAL] = {1, 0, 2, 1, 2, 2, false, false, false, 3, 0},
};

#define NAME_EXTRA			1	/* OpenAI: beside the tokens of a name */
#define QWEN3_EMPTY_THINK	4	/* before the last answer */
#define PROPERTIES_EXTRA	3	/* OpenAI's rendering of tool parameters */
#define PROPERTY_EXTRA		3
#define ENUM_EXTRA			(-3)
#define ENUM_VALUE_EXTRA	3
#define TOOLS_EXTRA			12

#define QWEN2_5_SYSTEM	"You are Qwen, created by Alibaba Cloud. " \
						"You are a helpful assistant."

static bool
is_role(const HftChatMessage *message, const char *role)
{
	return message->role.len == strlen(role) &&
		memcmp(message->role.data, role, message->role.len) == 0;
}

static int
role_overhead(const ChatFormat *format, const HftChatMessage *message)
{
	if (is_role(message, "assistant"))
		return format->assistant;
	if (is_role(message, "system") || is_role(message, "developer"))
		return format->system;
	if (is_role(message, "tool") || is_role(message, "function"))
		return format->tool;
	return format->user;
}

/* Add the tokens of a text to *total. */
static HftTokenStatus
add_text(HftChatCount *count, HftTokenText text, int64_t *total)
{
	int64_t		n;

	if (text.data == NULL || text.len == 0)
		return HFT_TOKEN_OK;
	n = hft_encoding_count(count->enc, text.data, text.len);
	if (n < 0)
		return HFT_TOKEN_NO_MEMORY;
	*total += n;
	return HFT_TOKEN_OK;
}

/* Join the texts with a separator in the scratch memory. */
static HftTokenStatus
join_texts(HftChatCount *count, const HftTokenText *texts, int n,
		   char separator, HftTokenText *joined)
{
	size_t		size = n;
	char	   *to;
	int			i;

	for (i = 0; i < n; i++)
		size += texts[i].len;
	if (size > count->scratch_size)
	{
		to = realloc(count->scratch, size);
		if (to == NULL)
			return HFT_TOKEN_NO_MEMORY;
		count->scratch = to;
		count->scratch_size = size;
	}
	to = count->scratch;
	for (i = 0; i < n; i++)
	{
		if (i > 0)
			*to++ = separator;
		if (texts[i].len > 0)
			memcpy(to, texts[i].data, texts[i].len);
		to += texts[i].len;
	}
	joined->data = count->scratch;
	joined->len = to - count->scratch;
	return HFT_TOKEN_OK;
}

static inline bool
is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static HftTokenText
trim_text(HftTokenText text, bool left, bool right)
{
	while (left && text.len > 0 && is_blank(text.data[0]))
	{
		text.data++;
		text.len--;
	}
	while (right && text.len > 0 && is_blank(text.data[text.len - 1]))
		text.len--;
	return text;
}

/*
 * A content after "\n": the pattern takes both newlines of "\n\nfoo" into
 * one piece, so a content that starts with one is counted together with the
 * newline of the format.
 */
static HftTokenStatus
add_after_newline(HftChatCount *count, HftTokenText text, int64_t *total)
{
	HftTokenText parts[2] = {{"", 0}};
	HftTokenStatus status;

	parts[1] = text;
	status = join_texts(count, parts, 2, '\n', &text);
	if (status == HFT_TOKEN_OK)
		status = add_text(count, text, total);
	*total -= 1;
	return status;
}

static HftTokenStatus
add_content(HftChatCount *count, const ChatFormat *format,
			const HftChatMessage *message, int64_t *total)
{
	HftTokenStatus status = HFT_TOKEN_OK;
	int			last = message->nparts - 1;
	int			i;

	for (i = 0; i <= last && status == HFT_TOKEN_OK; i++)
	{
		HftTokenText part = message->parts[i];

		if (format->trims)
			part = trim_text(part, i == 0, i == last);
		if (format->newline_before && i == 0 && part.len > 0 &&
			part.data[0] == '\n')
			status = add_after_newline(count, part, total);
		else
			status = add_text(count, part, total);
	}
	return status;
}

static HftTokenStatus
add_calls(HftChatCount *count, const ChatFormat *format,
		  const HftChatMessage *message, int64_t *total)
{
	HftTokenStatus status = HFT_TOKEN_OK;
	int			i;

	for (i = 0; i < message->ncalls && status == HFT_TOKEN_OK; i++)
	{
		*total += format->call;
		status = add_text(count, message->calls[i].name, total);
		if (status == HFT_TOKEN_OK)
			status = add_text(count, message->calls[i].arguments, total);
	}
	return status;
}

void
hft_chat_begin(HftChatCount *count, HftChatRule rule, HftImageRule images,
			   HftEncoding *enc)
{
	memset(count, 0, sizeof(*count));
	count->exact = true;
	count->rule = rule;
	count->images = images;
	count->enc = enc;
	count->overhead = formats[rule].conversation;
	count->tokens = count->overhead;
}

/* Qwen 2.5 puts a system message of its own where there is none. */
static HftTokenStatus
add_default_system(HftChatCount *count, const HftChatMessage *message)
{
	HftTokenText text = {QWEN2_5_SYSTEM, sizeof(QWEN2_5_SYSTEM) - 1};
	int64_t		n = formats[count->rule].system;
	HftTokenStatus status;

	if (count->rule != HFT_CHAT_QWEN2_5 || count->messages > 0 ||
		is_role(message, "system"))
		return HFT_TOKEN_OK;
	status = add_text(count, text, &n);
	count->overhead += n;
	count->tokens += n;
	return status;
}

HftTokenStatus
hft_chat_message(HftChatCount *count, const HftChatMessage *message)
{
	const ChatFormat *format = &formats[count->rule];
	int64_t		content = 0;
	int64_t		overhead = role_overhead(format, message);
	HftTokenStatus status = add_default_system(count, message);
	int			i;

	for (i = 0; i < message->nimages; i++)
		content += hft_image_tokens(count->images, &message->images[i],
									&count->exact);
	if (status == HFT_TOKEN_OK)
		status = add_content(count, format, message, &content);
	if (status == HFT_TOKEN_OK)
		status = add_calls(count, format, message, &content);
	if (status == HFT_TOKEN_OK && format->counts_role)
		status = add_text(count, message->role, &overhead);
	if (status == HFT_TOKEN_OK && format->counts_role &&
		message->name.data != NULL)
	{
		overhead += NAME_EXTRA;
		status = add_text(count, message->name, &overhead);
	}
	count->tokens += content + overhead;
	count->overhead += overhead;
	if (message->trained)
		count->trained_tokens += content;
	count->answered = is_role(message, "assistant");
	count->messages++;
	return status;
}

/* "name:type:description", a full stop at its end dropped. */
static HftTokenStatus
add_signature(HftChatCount *count, const HftTokenText *texts, int n)
{
	HftTokenText parts[3];
	HftTokenText joined;
	HftTokenText *last = &parts[n - 1];
	HftTokenStatus status;

	memcpy(parts, texts, n * sizeof(HftTokenText));
	if (last->len > 0 && last->data[last->len - 1] == '.')
		last->len--;
	status = join_texts(count, parts, n, ':', &joined);
	if (status == HFT_TOKEN_OK)
		status = add_text(count, joined, &count->tokens);
	return status;
}

static HftTokenStatus
add_property(HftChatCount *count, const HftChatProperty *property)
{
	HftTokenText texts[3];
	HftTokenStatus status;
	int			i;

	texts[0] = property->name;
	texts[1] = property->type;
	texts[2] = property->description;
	count->tokens += PROPERTY_EXTRA;
	if (property->nvalues > 0)
		count->tokens += ENUM_EXTRA;
	status = add_signature(count, texts, 3);
	for (i = 0; i < property->nvalues && status == HFT_TOKEN_OK; i++)
	{
		count->tokens += ENUM_VALUE_EXTRA;
		status = add_text(count, property->values[i], &count->tokens);
	}
	return status;
}

static HftTokenStatus
add_function(HftChatCount *count, const ChatFormat *format,
			 const HftChatTool *tool)
{
	HftTokenText texts[2];
	HftTokenStatus status;
	int			i;

	if (count->tools == 0)
		count->tokens += TOOLS_EXTRA;
	count->tokens += format->function;
	texts[0] = tool->name;
	texts[1] = tool->description;
	status = add_signature(count, texts, 2);
	if (tool->nproperties > 0)
		count->tokens += PROPERTIES_EXTRA;
	for (i = 0; i < tool->nproperties && status == HFT_TOKEN_OK; i++)
		status = add_property(count, &tool->properties[i]);
	return status;
}

HftTokenStatus
hft_chat_tool(HftChatCount *count, const HftChatTool *tool)
{
	const ChatFormat *format = &formats[count->rule];
	int64_t		before = count->tokens;
	HftTokenStatus status;

	if (format->function > 0)
		status = add_function(count, format, tool);
	else
		status = add_text(count, tool->json, &count->tokens);
	count->overhead += count->tokens - before;
	count->tools++;
	return status;
}

void
hft_chat_end(HftChatCount *count)
{
	int			extra = 0;

	if (!count->answered)
		extra = formats[count->rule].prompt;
	else if (count->rule == HFT_CHAT_QWEN3)
		extra = QWEN3_EMPTY_THINK;
	count->tokens += extra;
	count->overhead += extra;
	free(count->scratch);
	count->scratch = NULL;
	count->scratch_size = 0;
}
