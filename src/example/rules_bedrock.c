/*-------------------------------------------------------------------------
 *
 * rules_bedrock.c
 *	  Rules of Bedrock's training files: what fits, and reserved words.
 *
 *-------------------------------------------------------------------------
 */
#include <string.h>

#include "example/bedrock.h"
#include "example/rule_checks.h"

static void
report(HftCheck *check, HftBedrockMisfit misfit)
{
	size_t		length = misfit.text ? strlen(misfit.text) - 1 : 0;

	if (misfit.text == NULL)
		return;
	if (misfit.message > 0)
		hft_check_fail(check, "message %d: %.*s", misfit.message,
					   (int) length, misfit.text);
	else
		hft_check_fail(check, "%.*s", (int) length, misfit.text);
}

void
hft_check_bedrock_unfit(HftCheck *check)
{
	report(check, hft_bedrock_chat_misfit(check->example));
}

void
hft_check_bedrock_prompt_unfit(HftCheck *check)
{
	report(check, hft_bedrock_prompt_misfit(check->example));
}

/* Is one of the reserved words at the byte that all of a kind share? */
static const char *
word_at(const char *text, const char *at, const char *end)
{
	static const struct
	{
		const char *word;
		int			place;		/* of its telling byte */
	}			words[] = {
		{"System:", 6}, {"User:", 4}, {"Bot:", 3}, {"Assistant:", 9},
		{"[EOS]", 0}, {"<image>", 0}, {"<video>", 0}
	};

	for (int i = 0; i < 7; i++)
	{
		const char *start = at - words[i].place;
		size_t		length = strlen(words[i].word);

		if (at - text >= words[i].place &&
			(size_t) (end - start) >= length &&
			memcmp(start, words[i].word, length) == 0)
			return words[i].word;
	}
	return NULL;
}

/* The first reserved word of a text, or NULL. */
static const char *
find_word(const HftJsonNode *text)
{
	static const char telling[] = {':', '[', '<'};
	const char *end = text->text + text->length;

	for (int i = 0; i < 3; i++)
	{
		const char *at = text->text;

		while ((at = memchr(at, telling[i], (size_t) (end - at))) != NULL)
		{
			const char *word = word_at(text->text, at, end);

			if (word != NULL)
				return word;
			at++;
		}
	}
	return NULL;
}

/* The service fails the whole job for one of them. */
void
hft_check_bedrock_reserved(HftCheck *check)
{
	for each_message(check, message, i)
	{
		HftTexts	texts = hft_texts(message->key[HFT_KEY_CONTENT]);
		const HftJsonNode *text;
		const char *word = NULL;

		while (word == NULL && (text = hft_texts_next(&texts)) != NULL)
			word = find_word(text);
		if (word != NULL)
			hft_check_fail(check, "message %d holds the reserved text \"%s\"",
						   i + 1, word);
	}
}

/* There is no weight in these files: all of the assistant's is learned. */
void
hft_check_bedrock_weight(HftCheck *check)
{
	for each_message(check, message, i)
		if (message->role == HFT_ROLE_ASSISTANT &&
			!hft_message_trained(message))
			hft_check_fail(check, "message %d has weight 0, and is trained on all the same",
						   i + 1);
}
