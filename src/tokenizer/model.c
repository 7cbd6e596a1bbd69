/*-------------------------------------------------------------------------
 *
 * model.c
 *	  The registry of model names.
 *
 * Names are compared without regard to case, and the rules are tried in
 * order, so a special rule stands before a general one.  A tuned model
 * counts as its base model: OpenAI names it inside the id, "ft:BASE:...",
 * others leave the name of the base in it, which is why most patterns may
 * begin and end with anything.
 *
 *-------------------------------------------------------------------------
 */
#include <string.h>

#include "base/closest.h"
#include "tokenizer/model.h"

#define MAX_NAME	64

static const HftTokenModel models[] = {
	/* the encodings themselves */
	{"cl100k_base", "cl100k_base", HFT_CHAT_NONE, true},
	{"o200k_base", "o200k_base", HFT_CHAT_NONE, true},
	{"o200k_harmony", "o200k_base", HFT_CHAT_HARMONY, true},
	{"llama3_1", "llama3_1", HFT_CHAT_NONE, true},
	{"qwen3", "qwen3", HFT_CHAT_NONE, true},
	{"deepseek_v3", "deepseek_v3", HFT_CHAT_NONE, true},
	{"tekken", "tekken", HFT_CHAT_NONE, true},
	{"gemma3", "gemma3", HFT_CHAT_NONE, true},
	{"gemini", "gemini", HFT_CHAT_NONE, true},

	/* OpenAI */
	{"*gpt-oss*", "o200k_base", HFT_CHAT_HARMONY, true},
	{"gpt-4o*", "o200k_base", HFT_CHAT_OPENAI, true},
	{"gpt-4.1*", "o200k_base", HFT_CHAT_OPENAI, true},
	{"gpt-4.5*", "o200k_base", HFT_CHAT_OPENAI, true},
	{"chatgpt-4o*", "o200k_base", HFT_CHAT_OPENAI, true},
	{"gpt-5*", "o200k_base", HFT_CHAT_OPENAI, false},
	{"o1*", "o200k_base", HFT_CHAT_OPENAI, false},
	{"o3*", "o200k_base", HFT_CHAT_OPENAI, false},
	{"o4-mini*", "o200k_base", HFT_CHAT_OPENAI, false},
	{"gpt-4*", "cl100k_base", HFT_CHAT_OPENAI_OLD, true},
	{"gpt-3.5-turbo*", "cl100k_base", HFT_CHAT_OPENAI_OLD, true},
	{"gpt-35-turbo*", "cl100k_base", HFT_CHAT_OPENAI_OLD, true},
	{"text-embedding-3-*", "cl100k_base", HFT_CHAT_NONE, true},
	{"text-embedding-ada-002", "cl100k_base", HFT_CHAT_NONE, true},
	{"babbage-002", "cl100k_base", HFT_CHAT_NONE, true},
	{"davinci-002", "cl100k_base", HFT_CHAT_NONE, true},

	/* distillations keep the vocabulary of what they were distilled into */
	{"*deepseek-r1-distill-llama*", "llama3_1", HFT_CHAT_DEEPSEEK_V3, false},
	{"*deepseek-r1-distill-qwen*", "qwen3", HFT_CHAT_DEEPSEEK_V3, false},
	{"*deepseek-v3*", "deepseek_v3", HFT_CHAT_DEEPSEEK_V3, true},
	{"*deepseek-r1*", "deepseek_v3", HFT_CHAT_DEEPSEEK_V3, true},
	{"*deepseek-v4*", "deepseek_v3", HFT_CHAT_DEEPSEEK_V3, false},

	/* Llama; Amazon spells it without the hyphen */
	{"*llama-3*", "llama3_1", HFT_CHAT_LLAMA3, true},
	{"*llama3*", "llama3_1", HFT_CHAT_LLAMA3, true},
	{"*llama-v3*", "llama3_1", HFT_CHAT_LLAMA3, true},
	{"*llama-4*", "o200k_base", HFT_CHAT_LLAMA3, false},
	{"*llama4*", "o200k_base", HFT_CHAT_LLAMA3, false},

	/* Qwen: 3.5 and later have a vocabulary of their own */
	{"*qwen3.*", "qwen3", HFT_CHAT_QWEN3, false},
	{"*qwen3p*", "qwen3", HFT_CHAT_QWEN3, false},
	{"*qwen3*", "qwen3", HFT_CHAT_QWEN3, true},
	{"*qwen2*", "qwen3", HFT_CHAT_QWEN2_5, true},

	/* Mistral's tekken models */
	{"*mistral-nemo*", "tekken", HFT_CHAT_MISTRAL, true},
	{"*mistral-small-latest", "tekken", HFT_CHAT_MISTRAL, true},
	{"*mistral-small-25*", "tekken", HFT_CHAT_MISTRAL, true},
	{"*mistral-small-24b*", "tekken", HFT_CHAT_MISTRAL, true},
	{"*mistral-small-3*", "tekken", HFT_CHAT_MISTRAL, true},
	{"*mistral-large-latest", "tekken", HFT_CHAT_MISTRAL, true},
	{"*mistral-large-25*", "tekken", HFT_CHAT_MISTRAL, true},
	{"*mistral-large-3*", "tekken", HFT_CHAT_MISTRAL, true},
	{"*ministral-*", "tekken", HFT_CHAT_MISTRAL, true},
	{"*pixtral-12b*", "tekken", HFT_CHAT_MISTRAL, true},

	/* Google: Gemini's own formatting of a chat is not public */
	{"*gemma-3*", "gemma3", HFT_CHAT_GEMMA, true},
	{"*gemma3*", "gemma3", HFT_CHAT_GEMMA, true},
	{"*gemma-4*", "gemma3", HFT_CHAT_GEMMA, false},
	{"*gemma-2*", "gemini", HFT_CHAT_GEMMA, true},
	{"*gemma-7b*", "gemini", HFT_CHAT_GEMMA, true},
	{"*gemini-1*", "gemini", HFT_CHAT_GEMMA, false},
	{"*gemini-2*", "gemma3", HFT_CHAT_GEMMA, false},
	{"*gemini-3*", "gemma3", HFT_CHAT_GEMMA, false},

	/* vocabularies that are not public: the nearest one */
	{"*nova-micro*", "cl100k_base", HFT_CHAT_OPENAI, false},
	{"*nova-lite*", "cl100k_base", HFT_CHAT_OPENAI, false},
	{"*nova-2-lite*", "cl100k_base", HFT_CHAT_OPENAI, false},
	{"*nova-pro*", "cl100k_base", HFT_CHAT_OPENAI, false},
	{"*claude-*", "cl100k_base", HFT_CHAT_OPENAI, false},
};

#define NMODELS	(sizeof(models) / sizeof(models[0]))

static inline char
fold_char(char c)
{
	return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

/* Does the pattern cover the whole name?  Backs up to the last '*' only. */
static bool
match_pattern(const char *pattern, const char *name, size_t len)
{
	const char *star = NULL;
	size_t		star_at = 0;
	size_t		i = 0;

	while (i < len)
	{
		if (*pattern == '*')
		{
			star = ++pattern;
			star_at = i;
		}
		else if (*pattern == fold_char(name[i]))
		{
			pattern++;
			i++;
		}
		else if (star != NULL)
		{
			pattern = star;
			i = ++star_at;
		}
		else
			return false;
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

/* The base model inside "ft:BASE:organization:suffix:id". */
static void
strip_tuning(const char **name, size_t *len)
{
	const char *colon;

	if (*len < 3 || strncmp(*name, "ft:", 3) != 0)
		return;
	*name += 3;
	*len -= 3;
	colon = memchr(*name, ':', *len);
	if (colon != NULL)
		*len = colon - *name;
}

const HftTokenModel *
hft_token_model_find(const char *name, size_t len)
{
	int			i;

	strip_tuning(&name, &len);
	for (i = 0; i < NMODELS; i++)
		if (match_pattern(models[i].pattern, name, len))
			return &models[i];
	return NULL;
}

const HftTokenModel *
hft_token_model_list(int *n)
{
	*n = NMODELS;
	return models;
}

/* A pattern without its stars: the middle of a name. */
static void
strip_stars(char *to, const char *pattern)
{
	for (; *pattern != '\0'; pattern++)
		if (*pattern != '*')
			*to++ = *pattern;
	*to = '\0';
}

const char *
hft_token_model_nearest(const char *name, size_t len)
{
	static char names[NMODELS][MAX_NAME];
	static const char *choices[NMODELS + 1];
	char		word[MAX_NAME];
	int			i;

	for (i = 0; i < NMODELS && choices[i] == NULL; i++)
	{
		strip_stars(names[i], models[i].pattern);
		choices[i] = names[i];
	}
	strip_tuning(&name, &len);
	if (len >= sizeof(word))
		return NULL;
	memcpy(word, name, len);
	word[len] = '\0';
	return hft_closest(word, choices);
}

const char *
hft_chat_rule_name(HftChatRule rule)
{
	static const char *const names[] = {
		[HFT_CHAT_NONE] = "none",
		[HFT_CHAT_OPENAI] = "openai",
		[HFT_CHAT_OPENAI_OLD] = "openai_old",
		[HFT_CHAT_HARMONY] = "harmony",
		[HFT_CHAT_LLAMA3] = "llama3",
		[HFT_CHAT_QWEN2_5] = "qwen2_5",
		[HFT_CHAT_QWEN3] = "qwen3",
		[HFT_CHAT_GEMMA] = "gemma",
		[HFT_CHAT_DEEPSEEK_V3] = "deepseek_v3",
		[HFT_CHAT_MISTRAL] = "mistral",
	};

	return names[rule];
}
