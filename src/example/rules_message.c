/*-------------------------------------------------------------------------
 *
 * rules_message.c
 *	  Rules about messages: roles, contents, keys, weights.
 *
 *-------------------------------------------------------------------------
 */
#include <string.h>

#include "example/rule_checks.h"

#define OPENAI_KEYS \
	(1u << HFT_KEY_ROLE | 1u << HFT_KEY_CONTENT | 1u << HFT_KEY_NAME | \
	 1u << HFT_KEY_TOOL_CALLS | 1u << HFT_KEY_TOOL_CALL_ID | \
	 1u << HFT_KEY_FUNCTION_CALL | 1u << HFT_KEY_WEIGHT | \
	 1u << HFT_KEY_REFUSAL)

/* Old functions have a rule of their own; a refusal is sent as content. */
#define TOGETHER_KEYS \
	(((1u << HFT_KEY_COUNT) - 1) & ~(1u << HFT_KEY_NAME))

static bool
is_plain_text(const HftCheck *check)
{
	return check->example->top[HFT_TOP_TEXT] != NULL;
}

/* ---- shape ---- */

void
hft_check_messages_missing(HftCheck *check)
{
	const HftJsonNode *given = check->example->top[HFT_TOP_MESSAGES];

	if (is_plain_text(check))
		return;
	if (given != NULL && given->type != HFT_JSON_ARRAY)
		hft_check_fail(check, "\"messages\" is not an array");
	else if (given == NULL && check->example->nmessages == 0)
		hft_check_fail(check, "there is no \"messages\"");
}

void
hft_check_messages_empty(HftCheck *check)
{
	const HftJsonNode *given = check->example->top[HFT_TOP_MESSAGES];

	if (hft_json_is(given, HFT_JSON_ARRAY) && given->count == 0)
		hft_check_fail(check, "\"messages\" is empty");
}

void
hft_check_message_not_object(HftCheck *check)
{
	for (int i = 0; i < check->example->nmessages; i++)
	{
		const HftJsonNode *node = check->example->messages[i].node;

		if (node != NULL && node->type != HFT_JSON_OBJECT)
			hft_check_fail(check, "message %d is not an object", i + 1);
	}
}

void
hft_check_duplicate_key(HftCheck *check)
{
	if (check->example->duplicates)
		hft_check_fail(check, "an object has the same key more than once; the last counts");
}

void
hft_check_text_unsupported(HftCheck *check)
{
	if (is_plain_text(check))
		hft_check_fail(check, "the example is plain text");
}

void
hft_check_text_empty(HftCheck *check)
{
	const HftJsonNode *text = check->example->top[HFT_TOP_TEXT];

	if (text != NULL && text->type != HFT_JSON_STRING)
		hft_check_fail(check, "\"text\" is not a string");
	else if (text != NULL && text->length == 0)
		hft_check_fail(check, "\"text\" is empty");
}

/* ---- roles ---- */

void
hft_check_role_missing(HftCheck *check)
{
	for each_message(check, message, i)
		if (message->role == HFT_ROLE_MISSING)
			hft_check_fail(check, "message %d has no role", i + 1);
}

void
hft_check_role_unknown(HftCheck *check)
{
	for each_message(check, message, i)
		if (message->role == HFT_ROLE_UNKNOWN)
			hft_check_fail(check, "message %d has the unknown role \"%s\"",
						   i + 1,
						   hft_check_quote(check, message->key[HFT_KEY_ROLE]));
}

void
hft_check_assistant_missing(HftCheck *check)
{
	if (check->example->nmessages == 0)
		return;
	for each_message(check, message, i)
		if (message->role == HFT_ROLE_ASSISTANT)
			return;
	hft_check_fail(check, "no message is the assistant's");
}

void
hft_check_assistant_not_last(HftCheck *check)
{
	int			last = check->example->nmessages - 1;

	if (last >= 0 &&
		check->example->messages[last].role != HFT_ROLE_ASSISTANT)
		hft_check_fail(check, "the last message, %d, is not the assistant's",
					   last + 1);
}

void
hft_check_nothing_trained(HftCheck *check)
{
	bool		any = false;

	for each_message(check, message, i)
	{
		if (hft_message_trained(message))
			return;
		any |= message->role == HFT_ROLE_ASSISTANT;
	}
	if (any)
		hft_check_fail(check, "every message of the assistant has weight 0");
}

void
hft_check_first_role(HftCheck *check)
{
	HftRole		role;

	if (check->example->nmessages == 0)
		return;
	role = check->example->messages[0].role;
	if (role == HFT_ROLE_ASSISTANT || role == HFT_ROLE_TOOL)
		hft_check_fail(check, "the first message is of role \"%s\"",
					   hft_role_name(role));
}

/* A tool's answer, or a call for one, starts a new turn. */
void
hft_check_alternation(HftCheck *check)
{
	HftRole		last = HFT_ROLE_MISSING;

	for each_message(check, message, i)
	{
		if (message->role == HFT_ROLE_TOOL)
			last = HFT_ROLE_MISSING;
		if (message->role != HFT_ROLE_USER &&
			message->role != HFT_ROLE_ASSISTANT)
			continue;
		if (message->role == last)
			hft_check_fail(check, "message %d is the second in a row of role \"%s\"",
						   i + 1, hft_role_name(last));
		last = message->role;
	}
}

/* ---- contents ---- */

static bool
speaks_otherwise(const HftMessage *message)
{
	return message->role == HFT_ROLE_ASSISTANT &&
		(message->key[HFT_KEY_TOOL_CALLS] != NULL ||
		 message->key[HFT_KEY_FUNCTION_CALL] != NULL ||
		 message->key[HFT_KEY_REFUSAL] != NULL);
}

void
hft_check_content_missing(HftCheck *check)
{
	for each_message(check, message, i)
	{
		const HftJsonNode *content = message->key[HFT_KEY_CONTENT];

		if ((content == NULL || content->type == HFT_JSON_NULL) &&
			!speaks_otherwise(message))
			hft_check_fail(check, "message %d has no content", i + 1);
	}
}

void
hft_check_content_type(HftCheck *check)
{
	for each_message(check, message, i)
	{
		const HftJsonNode *content = message->key[HFT_KEY_CONTENT];

		if (content != NULL && content->type != HFT_JSON_NULL &&
			content->type != HFT_JSON_STRING &&
			content->type != HFT_JSON_ARRAY)
			hft_check_fail(check, "the content of message %d is neither a string nor an array",
						   i + 1);
	}
}

void
hft_check_content_empty(HftCheck *check)
{
	for each_message(check, message, i)
	{
		const HftJsonNode *content = message->key[HFT_KEY_CONTENT];

		if (!speaks_otherwise(message) &&
			((hft_json_is(content, HFT_JSON_STRING) &&
			  content->length == 0) ||
			 (hft_json_is(content, HFT_JSON_ARRAY) && content->count == 0)))
			hft_check_fail(check, "the content of message %d is empty",
						   i + 1);
	}
}

void
hft_check_name_invalid(HftCheck *check)
{
	for each_message(check, message, i)
		if (message->key[HFT_KEY_NAME] != NULL &&
			message->key[HFT_KEY_NAME]->type != HFT_JSON_STRING)
			hft_check_fail(check, "the name of message %d is not a string",
						   i + 1);
}

/* Report the first control token of a text. */
static void
check_tokens(HftCheck *check, int i, const HftJsonNode *text)
{
	static const char *const tokens[] = {
		"<|endoftext|>", "<|fim_prefix|>", "<|fim_middle|>",
		"<|fim_suffix|>", "<|endofprompt|>", "<|im_start|>", "<|im_end|>",
		"<|im_sep|>", "<|start|>", "<|end|>", "<|message|>", "<|channel|>",
		"<|return|>", "<|call|>", "<|constrain|>", "<|startoftext|>", NULL
	};
	const char *end = text->text + text->length;
	const char *at = text->text;

	while ((at = memmem(at, end - at, "<|", 2)) != NULL)
	{
		for (const char *const *token = tokens; *token != NULL; token++)
		{
			size_t		length = strlen(*token);

			if ((size_t) (end - at) < length ||
				memcmp(at, *token, length) != 0)
				continue;
			hft_check_fail(check, "message %d holds the control token %s",
						   i + 1, *token);
			return;
		}
		at += 2;
	}
}

void
hft_check_special_token(HftCheck *check)
{
	for each_message(check, message, i)
	{
		HftTexts	texts = hft_texts(message->key[HFT_KEY_CONTENT]);
		const HftJsonNode *text;

		while ((text = hft_texts_next(&texts)) != NULL)
			check_tokens(check, i, text);
	}
}

/* ---- keys ---- */

/* Report members of a message that are none of "known". */
static void
check_keys(HftCheck *check, const HftMessage *message, int i, unsigned known,
		   const char *what)
{
	const HftJsonNode *key;

	if (message->node == NULL)
		return;
	key = message->node + 1;
	for (uint32_t j = 0; j < message->node->count; j++, key += 1 + key[1].span)
	{
		int			place = 0;

		while (place < HFT_KEY_COUNT &&
			   !hft_json_equals(key, hft_message_key_name(place)))
			place++;
		if (key->shadowed ||
			(place < HFT_KEY_COUNT &&
			 ((known >> place & 1) || message->key[place] == NULL)))
			continue;
		hft_check_fail(check, "message %d has the key \"%s\", %s", i + 1,
					   hft_check_quote(check, key), what);
	}
}

void
hft_check_key_unrecognized(HftCheck *check)
{
	for each_message(check, message, i)
		check_keys(check, message, i, OPENAI_KEYS, "which is refused");
}

void
hft_check_key_dropped(HftCheck *check)
{
	for each_message(check, message, i)
		check_keys(check, message, i, TOGETHER_KEYS, "which is not sent");
}

/* Report members of the example besides "known" (NULL-terminated). */
static void
check_top_keys(HftCheck *check, const char *const *known, const char *what)
{
	const HftJsonNode *root = check->example->root;
	const HftJsonNode *key = hft_json_first(root);

	if (root == NULL)
		return;
	for (uint32_t i = 0; i < root->count; i++, key += 1 + key[1].span)
	{
		const char *const *name = known;

		while (*name != NULL && !hft_json_equals(key, *name))
			name++;
		if (*name == NULL && !key->shadowed)
			hft_check_fail(check, "the example has the key \"%s\", %s",
						   hft_check_quote(check, key), what);
	}
}

/* "text" and "weight" have rules of their own. */
static const char *const top_names[] = {
	"messages", "tools", "parallel_tool_calls", "functions", "text",
	"weight", NULL
};

void
hft_check_top_key_unrecognized(HftCheck *check)
{
	check_top_keys(check, top_names, "which is refused");
}

void
hft_check_top_key_dropped(HftCheck *check)
{
	check_top_keys(check, top_names, "which is not sent");
}

/* ---- weights ---- */

void
hft_check_weight_invalid(HftCheck *check)
{
	for each_message(check, message, i)
	{
		const HftJsonNode *weight = message->key[HFT_KEY_WEIGHT];

		if (weight != NULL &&
			!(weight->type == HFT_JSON_NUMBER && weight->length == 1 &&
			  (weight->text[0] == '0' || weight->text[0] == '1')))
			hft_check_fail(check, "the weight of message %d is neither 0 nor 1",
						   i + 1);
	}
}

void
hft_check_weight_misplaced(HftCheck *check)
{
	for each_message(check, message, i)
		if (message->key[HFT_KEY_WEIGHT] != NULL &&
			message->role != HFT_ROLE_ASSISTANT)
			hft_check_fail(check, "message %d has a weight but is not the assistant's",
						   i + 1);
}

void
hft_check_sample_weight(HftCheck *check)
{
	const HftJsonNode *weight = check->example->top[HFT_TOP_WEIGHT];

	if (weight != NULL)
		hft_check_fail(check, "the example has a weight of its own");
}

void
hft_check_sample_weight_invalid(HftCheck *check)
{
	const HftJsonNode *weight = check->example->top[HFT_TOP_WEIGHT];

	if (weight != NULL &&
		(weight->type != HFT_JSON_NUMBER || weight->text[0] == '-'))
		hft_check_fail(check, "the weight of the example is not a number of 0 or more");
}
