/*-------------------------------------------------------------------------
 *
 * rules_gemini.c
 *	  What of an example Gemini's conversations can hold.
 *
 * Kept beside the writer, which asks the same question first: what a rule
 * lets pass can be written.
 *
 *-------------------------------------------------------------------------
 */
#include "example/gemini.h"

#include "example/rule_checks.h"

static bool
is_instruction(const HftMessage *message)
{
	return message->role == HFT_ROLE_SYSTEM ||
		message->role == HFT_ROLE_DEVELOPER;
}

static bool
is_zero(const HftJsonNode *number)
{
	return hft_json_is(number, HFT_JSON_NUMBER) && number->length == 1 &&
		number->text[0] == '0';
}

static bool
is_one(const HftJsonNode *number)
{
	return hft_json_is(number, HFT_JSON_NUMBER) && number->length == 1 &&
		number->text[0] == '1';
}

/* Text, or parts that all are text. */
static bool
is_text_only(const HftJsonNode *content)
{
	const HftJsonNode *part = hft_json_first(content);

	if (!hft_json_is(content, HFT_JSON_ARRAY))
		return true;
	for (uint32_t i = 0; i < content->count; i++, part += part->span)
	{
		if (!hft_json_is(hft_json_member(part, "text"), HFT_JSON_STRING))
			return false;
	}
	return true;
}

static const char *
message_problem(const HftMessage *message, bool trained)
{
	if (message->role == HFT_ROLE_FUNCTION ||
		message->key[HFT_KEY_FUNCTION_CALL] != NULL)
		return "A function in the old form cannot be expressed: use tools.";
	if (message->role == HFT_ROLE_MISSING ||
		message->role == HFT_ROLE_UNKNOWN)
		return "A message has no role that can be expressed.";
	if (!is_text_only(message->key[HFT_KEY_CONTENT]))
		return "Images cannot be expressed: they would have to be in Cloud Storage.";
	if (trained && message->role == HFT_ROLE_ASSISTANT &&
		is_zero(message->key[HFT_KEY_WEIGHT]))
		return "A message of weight 0 cannot be expressed: all turns of the model are trained on.";
	return NULL;
}

/* Instructions come first, then the user; trained is what comes last. */
static const char *
order_problem(const HftExample *example, bool trained)
{
	const HftMessage *messages = example->messages;
	int			first = 0;

	while (first < example->nmessages && is_instruction(&messages[first]))
		first++;
	if (first == example->nmessages)
		return "There is no message besides instructions.";
	if (messages[first].role != HFT_ROLE_USER)
		return "The first message after the instructions is not the user's.";
	for (int i = first; i < example->nmessages; i++)
	{
		if (is_instruction(&messages[i]))
			return "An instruction stands in the middle of the conversation.";
	}
	if (trained &&
		messages[example->nmessages - 1].role != HFT_ROLE_ASSISTANT)
		return "The last message is not the assistant's.";
	return NULL;
}

const char *
hft_gemini_problem(const HftExample *example, bool trained)
{
	const HftJsonNode *weight = example->top[HFT_TOP_WEIGHT];

	if (example->top[HFT_TOP_TEXT] != NULL)
		return "Plain text cannot be expressed: Gemini learns conversations.";
	if (example->top[HFT_TOP_FUNCTIONS] != NULL)
		return "A function in the old form cannot be expressed: use tools.";
	if (weight != NULL && !is_one(weight))
		return "The weight of an example cannot be expressed.";
	for (int i = 0; i < example->nmessages; i++)
	{
		const char *problem = message_problem(&example->messages[i], trained);

		if (problem != NULL)
			return problem;
	}
	return order_problem(example, trained);
}

void
hft_check_gemini_unsupported(HftCheck *check)
{
	const char *problem = hft_gemini_problem(check->example, true);

	if (problem != NULL)
		hft_check_fail(check, "%s", problem);
}

/* What is left out although it meant something. */
void
hft_check_gemini_dropped(HftCheck *check)
{
	static const HftMessageKey keys[] = {
		HFT_KEY_NAME, HFT_KEY_REASONING, HFT_KEY_REASONING_CONTENT
	};

	for each_message(check, message, i)
	{
		for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++)
		{
			if (message->key[keys[k]] != NULL)
				hft_check_fail(check, "message %d has the key \"%s\", which is not sent",
							   i + 1, hft_message_key_name(keys[k]));
		}
	}
}
