/*-------------------------------------------------------------------------
 *
 * rules.c
 *	  What platforms demand of training data: the table.
 *
 * The demands are those that OpenAI and Together document or enforce; a rule
 * that only one of them has carries the name of its training-file format.
 *
 *-------------------------------------------------------------------------
 */
#include "example/rule.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "example/rule_checks.h"

static const HftRule rules[] = {
	{"messages_missing", HFT_ERROR, NULL, hft_check_messages_missing,
	"An example is an object with an array \"messages\", or with \"text\"."},
	{"messages_empty", HFT_ERROR, NULL, hft_check_messages_empty,
	"An example has at least one message."},
	{"message_not_object", HFT_ERROR, NULL, hft_check_message_not_object,
	"Every message is an object."},
	{"role_missing", HFT_ERROR, NULL, hft_check_role_missing,
	"Every message has a role, which is a string."},
	{"role_unknown", HFT_ERROR, NULL, hft_check_role_unknown,
	"A role is system, developer, user, assistant, tool or function."},
	{"content_missing", HFT_ERROR, NULL, hft_check_content_missing,
	"A message has content; only an assistant's may call a tool or refuse instead."},
	{"content_type", HFT_ERROR, NULL, hft_check_content_type,
	"Content is a string or an array of parts."},
	{"content_empty", HFT_WARNING, NULL, hft_check_content_empty,
	"Content says something."},
	{"content_part", HFT_ERROR, NULL, hft_check_content_part,
	"A part of content is a text or an image_url."},
	{"key_unrecognized", HFT_ERROR, "openai", hft_check_key_unrecognized,
	"A message has only keys that the platform knows."},
	{"key_dropped", HFT_WARNING, "together", hft_check_key_dropped,
	"A key of a message that the platform does not know is not sent."},
	{"top_key_unrecognized", HFT_ERROR, "openai",
		hft_check_top_key_unrecognized,
	"An example has only the keys messages, tools, parallel_tool_calls and functions."},
	{"top_key_dropped", HFT_WARNING, "together", hft_check_top_key_dropped,
	"A key of an example that the platform does not know is not sent."},
	{"duplicate_key", HFT_WARNING, NULL, hft_check_duplicate_key,
	"No object has a key twice; where one does, the last counts."},
	{"assistant_missing", HFT_ERROR, NULL, hft_check_assistant_missing,
	"At least one message is the assistant's."},
	{"assistant_not_last", HFT_WARNING, NULL, hft_check_assistant_not_last,
	"The last message is the assistant's: nothing is learned from what follows it."},
	{"nothing_trained", HFT_WARNING, NULL, hft_check_nothing_trained,
	"At least one message of the assistant has a weight other than 0."},
	{"weight_invalid", HFT_ERROR, NULL, hft_check_weight_invalid,
	"The weight of a message is the integer 0 or 1."},
	{"weight_misplaced", HFT_WARNING, "openai", hft_check_weight_misplaced,
	"Only messages of the assistant have a weight."},
	{"name_invalid", HFT_ERROR, NULL, hft_check_name_invalid,
	"The name of a message is a string."},
	{"special_token", HFT_ERROR, "openai", hft_check_special_token,
	"No text holds one of the platform's control tokens, such as <|endoftext|>."},
	{"first_role", HFT_ERROR, "together", hft_check_first_role,
	"The first message is the system's or the user's."},
	{"alternation", HFT_ERROR, "together", hft_check_alternation,
	"User and assistant take turns."},
	{"sample_weight", HFT_ERROR, "openai", hft_check_sample_weight,
	"An example has no weight other than 0 or 1."},
	{"sample_weight_invalid", HFT_ERROR, NULL,
		hft_check_sample_weight_invalid,
	"The weight of an example is a number, 0 or greater."},
	{"text_unsupported", HFT_ERROR, "openai", hft_check_text_unsupported,
	"An example is a conversation: plain text is not trained on."},
	{"text_empty", HFT_ERROR, NULL, hft_check_text_empty,
	"The text of an example is a string and not empty."},

	{"tool_calls_invalid", HFT_ERROR, NULL, hft_check_tool_calls_invalid,
	"Every tool call has an id, type \"function\", and a function's name and arguments as strings."},
	{"tool_calls_misplaced", HFT_ERROR, NULL, hft_check_tool_calls_misplaced,
	"Only the assistant calls tools."},
	{"tool_arguments_invalid", HFT_ERROR, NULL,
		hft_check_tool_arguments_invalid,
	"The arguments of a call are the text of a JSON object."},
	{"tool_call_id_missing", HFT_ERROR, NULL, hft_check_tool_call_id_missing,
	"A message of a tool says which call it answers."},
	{"tool_call_id_unknown", HFT_ERROR, NULL, hft_check_tool_call_id_unknown,
	"A message of a tool answers a call made before it."},
	{"tool_call_unanswered", HFT_WARNING, NULL,
		hft_check_tool_call_unanswered,
	"Every call is answered before the assistant speaks again."},
	{"tool_unknown", HFT_WARNING, NULL, hft_check_tool_unknown,
	"Every function that is called is among the example's tools."},
	{"tools_invalid", HFT_ERROR, NULL, hft_check_tools_invalid,
	"\"tools\" is an array of {\"type\":\"function\",\"function\":{\"name\":...}}."},
	{"tool_name_invalid", HFT_ERROR, "openai", hft_check_tool_name_invalid,
	"The name of a function is 1 to 64 letters, digits, _ or -."},
	{"parallel_tool_calls_type", HFT_ERROR, NULL, hft_check_parallel_type,
	"\"parallel_tool_calls\" is true or false."},
	{"functions_invalid", HFT_ERROR, NULL, hft_check_functions_invalid,
	"\"functions\" (the old form of tools) is an array of 1 to 128."},
	{"functions_unsupported", HFT_ERROR, "together",
		hft_check_functions_unsupported,
	"Functions are given as tools: the old forms are not understood."},

	{"gemini_unsupported", HFT_ERROR, "gemini",
		hft_check_gemini_unsupported,
	"Gemini can hold the example: text, tools, the user first, the assistant last, no weights."},
	{"gemini_dropped", HFT_WARNING, "gemini", hft_check_gemini_dropped,
	"Names and reasoning of messages are not sent."},

	{"image_misplaced", HFT_ERROR, NULL, hft_check_image_misplaced,
	"Images are in messages of the user only."},
	{"image_count", HFT_ERROR, NULL, hft_check_image_count,
	"An example has at most 10 images."},
	{"image_url", HFT_ERROR, NULL, hft_check_image_url,
	"An image is an https URL, or data: in JPEG, PNG or WEBP and base64."},
	{"image_remote", HFT_ERROR, "together", hft_check_image_remote,
	"An image is part of the example (data:), not somewhere else."},
	{"image_size", HFT_ERROR, NULL, hft_check_image_size,
	"An image has at most 10 MB."},
	{"image_detail", HFT_ERROR, "openai", hft_check_image_detail,
	"The detail of an image is low, high or auto."},
	{"content_style", HFT_ERROR, "together", hft_check_content_style,
	"The contents of an example are all strings or all arrays."},

	{"bedrock_unfit", HFT_ERROR, "bedrock", hft_check_bedrock_unfit,
	"An example is a conversation in text: instructions first, then user and assistant in turns, the assistant last."},
	{"bedrock_claude_unfit", HFT_ERROR, "bedrock_claude",
		hft_check_bedrock_unfit,
	"An example is a conversation in text: instructions first, then user and assistant in turns, the assistant last."},
	{"bedrock_prompt_unfit", HFT_ERROR, "bedrock_prompt",
		hft_check_bedrock_prompt_unfit,
	"An example is one message of the user and one of the assistant, in text."},
	{"bedrock_reserved", HFT_ERROR, "bedrock", hft_check_bedrock_reserved,
	"No text holds System:, User:, Bot:, Assistant:, [EOS], <image> or <video>: they fail the whole job."},
	{"bedrock_weight", HFT_WARNING, "bedrock", hft_check_bedrock_weight,
	"No message of the assistant has weight 0: the files have no weights."},

	{"tokens_over_limit", HFT_WARNING, NULL, NULL,
	"An example fits the model's training context; what is over is cut off."},
	{"examples_too_few", HFT_ERROR, "openai", NULL,
	"There are at least 10 examples to train on."},
	{"examples_recommended", HFT_INFO, NULL, NULL,
	"50 examples or more are recommended."},
	{"duplicate_example", HFT_WARNING, NULL, NULL,
	"No example is there twice."},
	{"validation_in_training", HFT_WARNING, NULL, NULL,
	"No example to validate or test with is trained on."},
	{"duplicates_partial", HFT_INFO, NULL, NULL,
	"Equal examples were looked for only as far as maintenance_work_mem reaches."},
	{"images_too_many", HFT_ERROR, "openai", NULL,
	"At most 50,000 examples have images."},
	{"file_too_large", HFT_ERROR, "openai", NULL,
	"A training file has at most 8 GB."},
	{"findings_cut", HFT_INFO, NULL, NULL,
	"Of a rule's findings only the first are kept; all are counted."}
};

const HftRule *
hft_rules(int *n)
{
	*n = sizeof(rules) / sizeof(rules[0]);
	return rules;
}

const HftRule *
hft_rule_lookup(const char *id)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (strcmp(rules[i].id, id) == 0)
			return &rules[i];
	return NULL;
}

const char *
hft_severity_name(HftSeverity severity)
{
	static const char *const names[] = {
		[HFT_INFO] = "info",
		[HFT_WARNING] = "warning",
		[HFT_ERROR] = "error"
	};

	return names[severity];
}

void
hft_example_check(const HftExample *example, HftReport report, void *arg)
{
	HftCheck	check = {example, NULL, report, arg, ""};

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
	{
		check.rule = &rules[i];
		if (rules[i].check != NULL)
			rules[i].check(&check);
	}
}

void
hft_check_fail(HftCheck *check, const char *format,...)
{
	char		message[512];
	va_list		args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	check->report(check->arg, check->rule, message);
}

/* Findings are stored in the database's encoding: ASCII is in every one. */
const char *
hft_check_quote(HftCheck *check, const HftJsonNode *node)
{
	size_t		length = node->length;
	size_t		room = sizeof(check->quoted) - 4;
	size_t		i;

	for (i = 0; i < length && i < room; i++)
		check->quoted[i] = node->text[i] >= ' ' && node->text[i] <= '~' ?
			node->text[i] : '?';
	strcpy(check->quoted + i, length > room ? "..." : "");
	return check->quoted;
}

/* ---- models ---- */

/* Training contexts as the platforms give them; a prefix is enough. */
static const struct
{
	const char *prefix;
	int64_t		tokens;
}			token_limits[] = {
	{"gpt-4o", 65536},
	{"gpt-4.1", 65536},
	{"gpt-3.5-turbo", 16385},
	{"deepseek-ai/DeepSeek-V4-Flash", 131072},
	{"deepseek-ai/DeepSeek-V3.1", 65536},
	{"nvidia/Nemotron-3-Nano-Omni-30B", 65536},
	{"nvidia/NVIDIA-Nemotron-3-Super-120B", 49152},
	{"Qwen/Qwen3.5-397B-A17B", 32768},
	{"Qwen/Qwen3.5-122B-A10B", 65536},
	{"Qwen/Qwen3.5-35B-A3B", 65536},
	{"Qwen/Qwen3.6-35B-A3B", 65536},
	{"Qwen/Qwen3.5-27B", 32768},
	{"Qwen/Qwen3.6-27B", 32768},
	{"Qwen/Qwen3.5-9B", 65536},
	{"Qwen/Qwen3.5-4B", 131072},
	{"Qwen/Qwen3.5-2B", 131072},
	{"Qwen/Qwen3.5-0.8B", 131072},
	{"moonshotai/Kimi-K2", 32768},
	{"zai-org/GLM-5.1", 50688},
	{"openai/gpt-oss-20b", 131072},
	{"openai/gpt-oss-120b", 65536},
	{"meta-llama/Llama-4-Scout-17B", 65536},
	{"meta-llama/Llama-4-Maverick-17B", 16384},
	{"meta-llama/Llama-3.3-70B", 24576},
	{"meta-llama/Meta-Llama-3.1-8B", 131072},
	{"google/gemma-4-31B-it-VLM", 24576},
	{"google/gemma-4-31B-it", 49152},
	{"google/gemma-4-26B-A4B-it", 49152},
	{"mistralai/Mixtral-8x7B", 32768},
	{"amazon.nova-", 32000},
	{"meta.llama3-2-90b", 10000},
	{"meta.llama3-", 16000},
	{"anthropic.claude-3-haiku-2024", 32000}
};

int64_t
hft_model_token_limit(const char *model)
{
	if (strncmp(model, "ft:", 3) == 0)
		model += 3;
	for (size_t i = 0; i < sizeof(token_limits) / sizeof(token_limits[0]); i++)
		if (strncmp(model, token_limits[i].prefix,
					strlen(token_limits[i].prefix)) == 0)
			return token_limits[i].tokens;
	return 0;
}
