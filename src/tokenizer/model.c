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

/* Where a row's facts are from. */
#define NAME		"the name of an encoding"
#define TIKTOKEN	"OpenAI's tiktoken"
#define COOKBOOK	"OpenAI's tiktoken and cookbook"
#define TEMPLATE	"the model's tokenizer.json and chat template"
#define MISTRAL		"the model's tokenizer.json, Mistral's cookbook"
#define GOOGLE		"Google's SDK counts with Gemma's vocabulary; how Gemini " \
					"formats a chat is not public"
#define REASONING	"OpenAI's tiktoken; its rule for models that reason is " \
					"not public"
#define DISTILLED	"vocabulary of the model it was distilled into, chat " \
					"format of DeepSeek"
#define OLDER		"an earlier model of the family: its own vocabulary is " \
					"not here"
#define NOTHING		"vocabulary and chat format are not public: another one's"

static const HftTokenModel models[] = {
	/* the encodings themselves */
	{"cl100k_base", "cl100k_base", HFT_CHAT_NONE,
	HFT_IMAGES_NONE, true, NAME},
	{"o200k_base", "o200k_base", HFT_CHAT_NONE,
	HFT_IMAGES_NONE, true, NAME},
	{"o200k_harmony", "o200k_base", HFT_CHAT_HARMONY,
	HFT_IMAGES_NONE, true, TEMPLATE},
	{"llama3_1", "llama3_1", HFT_CHAT_NONE,
	HFT_IMAGES_NONE, true, NAME},
	{"qwen3", "qwen3", HFT_CHAT_NONE,
	HFT_IMAGES_NONE, true, NAME},
	{"deepseek_v3", "deepseek_v3", HFT_CHAT_NONE,
	HFT_IMAGES_NONE, true, NAME},
	{"tekken", "tekken", HFT_CHAT_NONE,
	HFT_IMAGES_NONE, true, NAME},
	{"gemma3", "gemma3", HFT_CHAT_NONE,
	HFT_IMAGES_NONE, true, NAME},
	{"gemini", "gemini", HFT_CHAT_NONE,
	HFT_IMAGES_NONE, true, NAME},

	/* OpenAI */
	{"*gpt-oss*", "o200k_base", HFT_CHAT_HARMONY,
	HFT_IMAGES_NONE, true, TEMPLATE},
	{"gpt-4o-mini*", "o200k_base", HFT_CHAT_OPENAI,
	HFT_IMAGES_OPENAI_4O_MINI, true, COOKBOOK},
	{"gpt-4o*", "o200k_base", HFT_CHAT_OPENAI,
	HFT_IMAGES_OPENAI, true, COOKBOOK},
	{"gpt-4.1-mini*", "o200k_base", HFT_CHAT_OPENAI,
	HFT_IMAGES_OPENAI_MINI, true, COOKBOOK},
	{"gpt-4.1-nano*", "o200k_base", HFT_CHAT_OPENAI,
	HFT_IMAGES_OPENAI_NANO, true, COOKBOOK},
	{"gpt-4.1*", "o200k_base", HFT_CHAT_OPENAI,
	HFT_IMAGES_OPENAI, true, COOKBOOK},
	{"gpt-4.5*", "o200k_base", HFT_CHAT_OPENAI,
	HFT_IMAGES_OPENAI, true, COOKBOOK},
	{"chatgpt-4o*", "o200k_base", HFT_CHAT_OPENAI,
	HFT_IMAGES_OPENAI, true, COOKBOOK},
	{"gpt-5-mini*", "o200k_base", HFT_CHAT_OPENAI,
	HFT_IMAGES_OPENAI_MINI, false, REASONING},
	{"gpt-5-nano*", "o200k_base", HFT_CHAT_OPENAI,
	HFT_IMAGES_OPENAI_NANO, false, REASONING},
	{"gpt-5*", "o200k_base", HFT_CHAT_OPENAI,
	HFT_IMAGES_OPENAI_5, false, REASONING},
	{"o1*", "o200k_base", HFT_CHAT_OPENAI,
	HFT_IMAGES_OPENAI_O, false, REASONING},
	{"o3*", "o200k_base", HFT_CHAT_OPENAI,
	HFT_IMAGES_OPENAI_O, false, REASONING},
	{"o4-mini*", "o200k_base", HFT_CHAT_OPENAI,
	HFT_IMAGES_OPENAI_O4_MINI, false, REASONING},
	{"gpt-4*", "cl100k_base", HFT_CHAT_OPENAI_OLD,
	HFT_IMAGES_OPENAI, true, COOKBOOK},
	{"gpt-3.5-turbo*", "cl100k_base", HFT_CHAT_OPENAI_OLD,
	HFT_IMAGES_NONE, true, COOKBOOK},
	{"gpt-35-turbo*", "cl100k_base", HFT_CHAT_OPENAI_OLD,
	HFT_IMAGES_NONE, true, COOKBOOK},
	{"text-embedding-3-*", "cl100k_base", HFT_CHAT_NONE,
	HFT_IMAGES_NONE, true, TIKTOKEN},
	{"text-embedding-ada-002", "cl100k_base", HFT_CHAT_NONE,
	HFT_IMAGES_NONE, true, TIKTOKEN},
	{"babbage-002", "cl100k_base", HFT_CHAT_NONE,
	HFT_IMAGES_NONE, true, TIKTOKEN},
	{"davinci-002", "cl100k_base", HFT_CHAT_NONE,
	HFT_IMAGES_NONE, true, TIKTOKEN},

	/* distillations keep the vocabulary of what they were distilled into */
	{"*deepseek-r1-distill-llama*", "llama3_1", HFT_CHAT_DEEPSEEK_V3,
	HFT_IMAGES_NONE, false, DISTILLED},
	{"*deepseek-r1-distill-qwen*", "qwen3", HFT_CHAT_DEEPSEEK_V3,
	HFT_IMAGES_NONE, false, DISTILLED},
	{"*deepseek-v3*", "deepseek_v3", HFT_CHAT_DEEPSEEK_V3,
	HFT_IMAGES_NONE, true, TEMPLATE},
	{"*deepseek-r1*", "deepseek_v3", HFT_CHAT_DEEPSEEK_V3,
	HFT_IMAGES_NONE, true, TEMPLATE},
	{"*deepseek-v4*", "deepseek_v3", HFT_CHAT_DEEPSEEK_V3,
	HFT_IMAGES_NONE, false, OLDER},

	/* Llama; Amazon spells it without the hyphen */
	{"*llama-3*", "llama3_1", HFT_CHAT_LLAMA3,
	HFT_IMAGES_NONE, true, TEMPLATE},
	{"*llama3*", "llama3_1", HFT_CHAT_LLAMA3,
	HFT_IMAGES_NONE, true, TEMPLATE},
	{"*llama-v3*", "llama3_1", HFT_CHAT_LLAMA3,
	HFT_IMAGES_NONE, true, TEMPLATE},
	{"*llama-4*", "o200k_base", HFT_CHAT_LLAMA3,
	HFT_IMAGES_NONE, false, OLDER},
	{"*llama4*", "o200k_base", HFT_CHAT_LLAMA3,
	HFT_IMAGES_NONE, false, OLDER},

	/* Qwen: 3.5 and later have a vocabulary of their own */
	{"*qwen3.*", "qwen3", HFT_CHAT_QWEN3,
	HFT_IMAGES_NONE, false, OLDER},
	{"*qwen3p*", "qwen3", HFT_CHAT_QWEN3,
	HFT_IMAGES_NONE, false, OLDER},
	{"*qwen3*", "qwen3", HFT_CHAT_QWEN3,
	HFT_IMAGES_NONE, true, TEMPLATE},
	{"*qwen2*", "qwen3", HFT_CHAT_QWEN2_5,
	HFT_IMAGES_NONE, true, TEMPLATE},

	/* Mistral's tekken models */
	{"*mistral-nemo*", "tekken", HFT_CHAT_MISTRAL,
	HFT_IMAGES_NONE, true, MISTRAL},
	{"*mistral-small-latest", "tekken", HFT_CHAT_MISTRAL,
	HFT_IMAGES_NONE, true, MISTRAL},
	{"*mistral-small-25*", "tekken", HFT_CHAT_MISTRAL,
	HFT_IMAGES_NONE, true, MISTRAL},
	{"*mistral-small-24b*", "tekken", HFT_CHAT_MISTRAL,
	HFT_IMAGES_NONE, true, MISTRAL},
	{"*mistral-small-3*", "tekken", HFT_CHAT_MISTRAL,
	HFT_IMAGES_NONE, true, MISTRAL},
	{"*mistral-large-latest", "tekken", HFT_CHAT_MISTRAL,
	HFT_IMAGES_NONE, true, MISTRAL},
	{"*mistral-large-25*", "tekken", HFT_CHAT_MISTRAL,
	HFT_IMAGES_NONE, true, MISTRAL},
	{"*mistral-large-3*", "tekken", HFT_CHAT_MISTRAL,
	HFT_IMAGES_NONE, true, MISTRAL},
	{"*ministral-*", "tekken", HFT_CHAT_MISTRAL,
	HFT_IMAGES_NONE, true, MISTRAL},
	{"*pixtral-12b*", "tekken", HFT_CHAT_MISTRAL,
	HFT_IMAGES_NONE, true, MISTRAL},

	/* Google: Gemini's own formatting of a chat is not public */
	{"*gemma-3*", "gemma3", HFT_CHAT_GEMMA,
	HFT_IMAGES_GEMMA, true, TEMPLATE},
	{"*gemma3*", "gemma3", HFT_CHAT_GEMMA,
	HFT_IMAGES_GEMMA, true, TEMPLATE},
	{"*gemma-4*", "gemma3", HFT_CHAT_GEMMA,
	HFT_IMAGES_GEMMA, false, OLDER},
	{"*gemma-2*", "gemini", HFT_CHAT_GEMMA,
	HFT_IMAGES_NONE, true, TEMPLATE},
	{"*gemma-7b*", "gemini", HFT_CHAT_GEMMA,
	HFT_IMAGES_NONE, true, TEMPLATE},
	{"*gemini-1*", "gemini", HFT_CHAT_GEMMA,
	HFT_IMAGES_GEMINI, false, GOOGLE},
	{"*gemini-2*", "gemma3", HFT_CHAT_GEMMA,
	HFT_IMAGES_GEMINI, false, GOOGLE},
	{"*gemini-3*", "gemma3", HFT_CHAT_GEMMA,
	HFT_IMAGES_GEMINI_3, false, GOOGLE},

	/* vocabularies that are not public: the nearest one */
	{"*nova-micro*", "cl100k_base", HFT_CHAT_OPENAI,
	HFT_IMAGES_NONE, false, NOTHING},
	{"*nova-lite*", "cl100k_base", HFT_CHAT_OPENAI,
	HFT_IMAGES_NOVA, false, NOTHING},
	{"*nova-2-lite*", "cl100k_base", HFT_CHAT_OPENAI,
	HFT_IMAGES_NOVA, false, NOTHING},
	{"*nova-pro*", "cl100k_base", HFT_CHAT_OPENAI,
	HFT_IMAGES_NOVA, false, NOTHING},
	{"*claude-*", "cl100k_base", HFT_CHAT_OPENAI,
	HFT_IMAGES_CLAUDE, false, NOTHING},
};

#define NMODELS	(sizeof(models) / sizeof(models[0]))

static inline char
fold_char(char c)
{
	return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

/* Backs up to the last '*' only. */
bool
hft_token_pattern_match(const char *pattern, const char *name, size_t len)
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

void
hft_token_base_model(const char **name, size_t *len)
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

	hft_token_base_model(&name, &len);
	for (i = 0; i < NMODELS; i++)
		if (hft_token_pattern_match(models[i].pattern, name, len))
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
	hft_token_base_model(&name, &len);
	if (len >= sizeof(word))
		return NULL;
	memcpy(word, name, len);
	word[len] = '\0';
	return hft_closest(word, choices);
}

static const char *const chat_names[HFT_NCHAT_RULES] = {
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

const char *
hft_chat_rule_name(HftChatRule rule)
{
	return chat_names[rule];
}

bool
hft_chat_rule_find(const char *name, HftChatRule *rule)
{
	int			i;

	for (i = 0; i < HFT_NCHAT_RULES; i++)
		if (strcmp(chat_names[i], name) == 0)
		{
			*rule = i;
			return true;
		}
	return false;
}
