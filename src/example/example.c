/*-------------------------------------------------------------------------
 *
 * example.c
 *	  From a row to a training example in canonical form.
 *
 *-------------------------------------------------------------------------
 */
#include "example/example.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "example/utf8.h"

#define NUMBER_LENGTH 64

#define MADE_STRING(value) \
	{.type = HFT_JSON_STRING, .span = 1, .length = sizeof(value) - 1, \
	 .text = value}

static const HftJsonNode role_nodes[] = {
	[HFT_ROLE_SYSTEM] = MADE_STRING("system"),
	[HFT_ROLE_DEVELOPER] = MADE_STRING("developer"),
	[HFT_ROLE_USER] = MADE_STRING("user"),
	[HFT_ROLE_ASSISTANT] = MADE_STRING("assistant"),
	[HFT_ROLE_TOOL] = MADE_STRING("tool"),
	[HFT_ROLE_FUNCTION] = MADE_STRING("function")
};

static const HftJsonNode zero_node = {
	.type = HFT_JSON_NUMBER, .span = 1, .length = 1, .text = "0"
};

/* ---- how things are laid out ---- */

static const HftJsonShape image_shape = {{{"url", NULL}, {"detail", NULL}}};
static const HftJsonShape function_call_shape = {
	{{"name", NULL}, {"arguments", NULL}}
};
static const HftJsonShape tool_call_shape = {
	{{"id", NULL}, {"type", NULL}, {"function", &function_call_shape}}
};
static const HftJsonShape function_shape = {
	{{"name", NULL}, {"description", NULL}, {"strict", NULL},
	{"parameters", NULL}}
};
const HftJsonShape hft_shape_tools = {
	{{"type", NULL}, {"function", &function_shape}}
};
const HftJsonShape hft_shape_content = {
	{{"type", NULL}, {"text", NULL}, {"image_url", &image_shape}}
};

static const HftJsonKey message_keys[HFT_KEY_COUNT] = {
	[HFT_KEY_ROLE] = {"role", NULL},
	[HFT_KEY_NAME] = {"name", NULL},
	[HFT_KEY_CONTENT] = {"content", &hft_shape_content},
	[HFT_KEY_TOOL_CALLS] = {"tool_calls", &tool_call_shape},
	[HFT_KEY_TOOL_CALL_ID] = {"tool_call_id", NULL},
	[HFT_KEY_WEIGHT] = {"weight", NULL},
	[HFT_KEY_FUNCTION_CALL] = {"function_call", &function_call_shape},
	[HFT_KEY_REFUSAL] = {"refusal", NULL},
	[HFT_KEY_REASONING] = {"reasoning", NULL},
	[HFT_KEY_REASONING_CONTENT] = {"reasoning_content", NULL}
};

static const HftJsonKey top_keys[HFT_TOP_COUNT] = {
	[HFT_TOP_MESSAGES] = {"messages", NULL},
	[HFT_TOP_TEXT] = {"text", NULL},
	[HFT_TOP_TOOLS] = {"tools", &hft_shape_tools},
	[HFT_TOP_PARALLEL_TOOL_CALLS] = {"parallel_tool_calls", NULL},
	[HFT_TOP_FUNCTIONS] = {"functions", &function_shape},
	[HFT_TOP_WEIGHT] = {"weight", NULL}
};

const char *
hft_message_key_name(HftMessageKey key)
{
	return message_keys[key].name;
}

const char *
hft_role_name(HftRole role)
{
	return role >= HFT_ROLE_SYSTEM ? role_nodes[role].text : "";
}

/* Place of a key among "nkeys" keys, or -1. */
static int
find_key(const HftJsonKey *keys, int nkeys, const HftJsonNode *key)
{
	for (int i = 0; i < nkeys; i++)
		if (hft_json_equals(key, keys[i].name))
			return i;
	return -1;
}

/* ---- the example's memory ---- */

void
hft_example_init(HftExample *example)
{
	memset(example, 0, sizeof(*example));
	hft_json_init(&example->json);
	hft_json_init(&example->tools);
	hft_json_init(&example->weight);
}

void
hft_example_free(HftExample *example)
{
	hft_json_free(&example->json);
	hft_json_free(&example->tools);
	hft_json_free(&example->weight);
	free(example->messages);
	hft_example_init(example);
}

static void
clear_example(HftExample *example)
{
	example->root = NULL;
	memset(example->top, 0, sizeof(example->top));
	example->nmessages = 0;
	example->nmade = 0;
	example->duplicates = false;
}

static HftMessage *
add_message(HftExample *example)
{
	HftMessage *message;

	if (example->nmessages == example->room)
	{
		int			room = example->room ? example->room * 2 : 8;
		HftMessage *messages = realloc(example->messages,
									   room * sizeof(HftMessage));

		if (messages == NULL)
			return NULL;
		example->messages = messages;
		example->room = room;
	}
	message = &example->messages[example->nmessages++];
	memset(message, 0, sizeof(*message));
	return message;
}

static HftExampleProblem
problem(HftExampleStatus status, HftColumn column, const char *text)
{
	return (HftExampleProblem) {status, column, text};
}

static HftExampleProblem
no_problem(void)
{
	return problem(HFT_EXAMPLE_OK, HFT_COLUMN_MESSAGES, NULL);
}

static HftExampleProblem
json_problem(HftJsonStatus status, HftColumn column)
{
	static const HftExampleStatus map[] = {
		[HFT_JSON_SYNTAX] = HFT_EXAMPLE_INVALID,
		[HFT_JSON_ENCODING] = HFT_EXAMPLE_ENCODING,
		[HFT_JSON_TOO_DEEP] = HFT_EXAMPLE_TOO_LARGE,
		[HFT_JSON_TOO_LARGE] = HFT_EXAMPLE_TOO_LARGE,
		[HFT_JSON_NO_MEMORY] = HFT_EXAMPLE_NO_MEMORY
	};

	return problem(map[status], column, hft_json_status_text(status));
}

/* ---- reading JSON ---- */

static HftRole
role_of(const HftJsonNode *node)
{
	if (!hft_json_is(node, HFT_JSON_STRING))
		return HFT_ROLE_MISSING;
	for (HftRole role = HFT_ROLE_SYSTEM; role <= HFT_ROLE_FUNCTION; role++)
		if (node->length == role_nodes[role].length &&
			memcmp(node->text, role_nodes[role].text, node->length) == 0)
			return role;
	return HFT_ROLE_UNKNOWN;
}

static bool
take_message(HftExample *example, const HftJsonNode *node)
{
	HftMessage *message = add_message(example);
	const HftJsonNode *key = node + 1;

	if (message == NULL)
		return false;
	message->node = node;
	if (node->type != HFT_JSON_OBJECT)
		return true;
	for (uint32_t i = 0; i < node->count; i++, key += 1 + key[1].span)
	{
		int			place = key->shadowed ? -1 :
			find_key(message_keys, HFT_KEY_COUNT, key);

		if (place >= 0 && (key[1].type != HFT_JSON_NULL ||
						   place == HFT_KEY_CONTENT))
			message->key[place] = key + 1;
	}
	message->role = role_of(message->key[HFT_KEY_ROLE]);
	return true;
}

static HftExampleProblem
take_messages(HftExample *example, const HftJsonNode *messages)
{
	const HftJsonNode *element = messages + 1;

	example->top[HFT_TOP_MESSAGES] = messages;
	if (messages->type != HFT_JSON_ARRAY)
		return no_problem();
	for (uint32_t i = 0; i < messages->count; i++, element += element->span)
		if (!take_message(example, element))
			return json_problem(HFT_JSON_NO_MEMORY, HFT_COLUMN_MESSAGES);
	return no_problem();
}

static HftExampleProblem
take_root(HftExample *example, const HftJsonNode *root)
{
	const HftJsonNode *key = root + 1;

	example->root = root;
	for (uint32_t i = 0; i < root->count; i++, key += 1 + key[1].span)
	{
		int			place = key->shadowed ? -1 :
			find_key(top_keys, HFT_TOP_COUNT, key);

		if (place >= 0 && (key[1].type != HFT_JSON_NULL ||
						   place == HFT_TOP_MESSAGES))
			example->top[place] = key + 1;
	}
	if (example->top[HFT_TOP_MESSAGES] != NULL)
		return take_messages(example, example->top[HFT_TOP_MESSAGES]);
	return no_problem();
}

static HftExampleProblem
read_example(HftExample *example, HftText text)
{
	HftJsonStatus status = hft_json_read(&example->json, text.data,
										  text.length);

	if (status != HFT_JSON_OK)
		return json_problem(status, HFT_COLUMN_MESSAGES);
	example->duplicates = example->json.duplicates;
	if (example->json.nodes[0].type == HFT_JSON_OBJECT)
		return take_root(example, &example->json.nodes[0]);
	return take_messages(example, &example->json.nodes[0]);
}

HftExampleProblem
hft_example_read(HftExample *example, const char *text, size_t length)
{
	clear_example(example);
	return read_example(example, (HftText) {text, length});
}

/* ---- reading columns ---- */

/* A string node for a column's text; NULL when it is no UTF-8. */
static const HftJsonNode *
make_node(HftExample *example, HftText text)
{
	HftJsonNode *node = &example->made[example->nmade];

	if (!hft_utf8_valid(text.data, text.length))
		return NULL;
	example->nmade++;
	memset(node, 0, sizeof(*node));
	node->type = HFT_JSON_STRING;
	node->span = 1;
	node->length = (uint32_t) text.length;
	node->text = text.data;
	return node;
}

static HftExampleProblem
take_turn(HftExample *example, const HftRow *row, HftColumn column,
		  HftRole role)
{
	HftText		text = row->column[column];
	const HftJsonNode *node;
	HftMessage *message;

	if (text.data == NULL)
		return column == HFT_COLUMN_SYSTEM ? no_problem() :
			problem(HFT_EXAMPLE_NULL, column, "null");
	if (text.length > HFT_JSON_MAX_BYTES)
		return json_problem(HFT_JSON_TOO_LARGE, column);
	node = make_node(example, text);
	if (node == NULL)
		return json_problem(HFT_JSON_ENCODING, column);
	message = add_message(example);
	if (message == NULL)
		return json_problem(HFT_JSON_NO_MEMORY, column);
	message->role = role;
	message->key[HFT_KEY_ROLE] = &role_nodes[role];
	message->key[HFT_KEY_CONTENT] = node;
	return no_problem();
}

static HftExampleProblem
take_turns(HftExample *example, const HftRow *row)
{
	static const struct
	{
		HftColumn	column;
		HftRole		role;
	}			turns[] = {
		{HFT_COLUMN_SYSTEM, HFT_ROLE_SYSTEM},
		{HFT_COLUMN_USER, HFT_ROLE_USER},
		{HFT_COLUMN_ASSISTANT, HFT_ROLE_ASSISTANT}
	};
	HftExampleProblem result = no_problem();

	for (int i = 0; i < 3 && result.status == HFT_EXAMPLE_OK; i++)
		result = take_turn(example, row, turns[i].column, turns[i].role);
	return result;
}

static HftExampleProblem
take_tools(HftExample *example, HftText text)
{
	HftJsonStatus status;

	if (text.data == NULL)
		return no_problem();
	status = hft_json_read(&example->tools, text.data, text.length);
	if (status != HFT_JSON_OK)
		return json_problem(status, HFT_COLUMN_TOOLS);
	example->duplicates |= example->tools.duplicates;
	if (example->tools.nodes[0].type != HFT_JSON_NULL)
		example->top[HFT_TOP_TOOLS] = &example->tools.nodes[0];
	return no_problem();
}

/* Value of a number that is finite and short, else -1. */
static double
number_value(const HftJsonNode *node)
{
	char		number[NUMBER_LENGTH];
	double		value;

	if (node->type != HFT_JSON_NUMBER || node->length >= sizeof(number))
		return -1;
	memcpy(number, node->text, node->length);
	number[node->length] = '\0';
	value = strtod(number, NULL);
	return isfinite(value) ? value : -1;
}

/*
 * A row's weight of 1 is the default; 0 goes to its assistant messages, for
 * that is what every platform knows; anything else is the example's own.
 */
static HftExampleProblem
take_weight(HftExample *example, HftText text)
{
	HftJsonStatus status;
	double		weight;

	if (text.data == NULL)
		return no_problem();
	status = hft_json_read(&example->weight, text.data, text.length);
	weight = status == HFT_JSON_OK ?
		number_value(&example->weight.nodes[0]) : -1;
	if (weight < 0)
		return problem(HFT_EXAMPLE_INVALID, HFT_COLUMN_WEIGHT,
					   "a weight must be a finite number, 0 or greater");
	if (weight != 0 && weight != 1)
		example->top[HFT_TOP_WEIGHT] = &example->weight.nodes[0];
	for (int i = 0; i < example->nmessages && weight == 0; i++)
		if (example->messages[i].role == HFT_ROLE_ASSISTANT &&
			example->messages[i].key[HFT_KEY_WEIGHT] == NULL)
			example->messages[i].key[HFT_KEY_WEIGHT] = &zero_node;
	return no_problem();
}

static HftExampleProblem
take_text(HftExample *example, HftText text)
{
	if (text.data == NULL)
		return problem(HFT_EXAMPLE_NULL, HFT_COLUMN_TEXT, "null");
	if (text.length > HFT_JSON_MAX_BYTES)
		return json_problem(HFT_JSON_TOO_LARGE, HFT_COLUMN_TEXT);
	example->top[HFT_TOP_TEXT] = make_node(example, text);
	if (example->top[HFT_TOP_TEXT] == NULL)
		return json_problem(HFT_JSON_ENCODING, HFT_COLUMN_TEXT);
	return no_problem();
}

static HftExampleProblem
take_row(HftExample *example, HftMethod method, const HftRow *row)
{
	HftExampleProblem result;

	if (method == HFT_METHOD_TEXT)
		result = take_text(example, row->column[HFT_COLUMN_TEXT]);
	else if (row->column[HFT_COLUMN_MESSAGES].data != NULL)
		result = read_example(example, row->column[HFT_COLUMN_MESSAGES]);
	else if (row->column[HFT_COLUMN_USER].data == NULL &&
			 row->column[HFT_COLUMN_ASSISTANT].data == NULL)
		result = problem(HFT_EXAMPLE_NULL, HFT_COLUMN_MESSAGES, "null");
	else
		result = take_turns(example, row);
	if (result.status == HFT_EXAMPLE_OK)
		result = take_tools(example, row->column[HFT_COLUMN_TOOLS]);
	if (result.status == HFT_EXAMPLE_OK)
		result = take_weight(example, row->column[HFT_COLUMN_WEIGHT]);
	return result;
}

/* ---- writing ---- */

static void
write_key(HftBuffer *line, const char *name, bool *first)
{
	hft_buffer_puts(line, *first ? "\"" : ",\"");
	hft_buffer_puts(line, name);
	hft_buffer_puts(line, "\":");
	*first = false;
}

/* Members of an object whose keys are none of "keys", as they came. */
static void
write_others(HftBuffer *line, const HftJsonNode *object,
			 const HftJsonKey *keys, int nkeys, bool ascii, bool *first)
{
	const HftJsonNode *key = object + 1;

	for (uint32_t i = 0; i < object->count; i++, key += 1 + key[1].span)
	{
		if (key->shadowed || find_key(keys, nkeys, key) >= 0)
			continue;
		if (!*first)
			hft_buffer_putc(line, ',');
		*first = false;
		hft_json_write_string(line, key->text, key->length, ascii);
		hft_buffer_putc(line, ':');
		hft_json_write(line, key + 1, NULL, ascii);
	}
}

static void
write_message(HftBuffer *line, const HftMessage *message, bool ascii)
{
	bool		first = true;

	if (message->node != NULL && message->node->type != HFT_JSON_OBJECT)
	{
		hft_json_write(line, message->node, NULL, ascii);
		return;
	}
	hft_buffer_putc(line, '{');
	for (int i = 0; i < HFT_KEY_COUNT; i++)
	{
		if (message->key[i] == NULL)
			continue;
		write_key(line, message_keys[i].name, &first);
		hft_json_write(line, message->key[i], message_keys[i].shape, ascii);
	}
	if (message->node != NULL)
		write_others(line, message->node, message_keys, HFT_KEY_COUNT,
					 ascii, &first);
	hft_buffer_putc(line, '}');
}

static void
write_messages(HftBuffer *line, const HftExample *example)
{
	const HftJsonNode *given = example->top[HFT_TOP_MESSAGES];

	if (given != NULL && given->type != HFT_JSON_ARRAY)
	{
		hft_json_write(line, given, NULL, example->ascii);
		return;
	}
	hft_buffer_putc(line, '[');
	for (int i = 0; i < example->nmessages; i++)
	{
		if (i > 0)
			hft_buffer_putc(line, ',');
		write_message(line, &example->messages[i], example->ascii);
	}
	hft_buffer_putc(line, ']');
}

static void
write_example(HftBuffer *line, const HftExample *example)
{
	bool		first = true;

	hft_buffer_putc(line, '{');
	if (example->top[HFT_TOP_MESSAGES] != NULL || example->nmessages > 0)
	{
		write_key(line, top_keys[HFT_TOP_MESSAGES].name, &first);
		write_messages(line, example);
	}
	for (int i = HFT_TOP_MESSAGES + 1; i < HFT_TOP_COUNT; i++)
	{
		if (example->top[i] == NULL)
			continue;
		write_key(line, top_keys[i].name, &first);
		hft_json_write(line, example->top[i], top_keys[i].shape,
					   example->ascii);
	}
	if (example->root != NULL)
		write_others(line, example->root, top_keys, HFT_TOP_COUNT,
					 example->ascii, &first);
	hft_buffer_putc(line, '}');
}

HftExampleProblem
hft_example_build(HftExample *example, HftMethod method, const HftRow *row,
				  HftBuffer *line)
{
	HftExampleProblem result;

	clear_example(example);
	result = take_row(example, method, row);
	if (result.status != HFT_EXAMPLE_OK)
		return result;
	write_example(line, example);
	if (line->failed)
		return json_problem(HFT_JSON_TOO_LARGE, HFT_COLUMN_MESSAGES);
	return no_problem();
}

/* ---- looking ---- */

HftTexts
hft_texts(const HftJsonNode *content)
{
	HftTexts	texts = {content, 0, false};

	if (hft_json_is(content, HFT_JSON_STRING))
		texts.left = 1;
	else if (hft_json_is(content, HFT_JSON_ARRAY))
	{
		texts.left = content->count;
		texts.at = content + 1;
		texts.parts = true;
	}
	return texts;
}

const HftJsonNode *
hft_texts_next(HftTexts *texts)
{
	while (texts->left > 0)
	{
		const HftJsonNode *node = texts->at;
		const HftJsonNode *text;

		texts->left--;
		texts->at += node->span;
		text = texts->parts ? hft_json_member(node, "text") : node;
		if (hft_json_is(text, HFT_JSON_STRING))
			return text;
	}
	return NULL;
}

bool
hft_message_trained(const HftMessage *message)
{
	const HftJsonNode *weight = message->key[HFT_KEY_WEIGHT];

	return message->role == HFT_ROLE_ASSISTANT &&
		!(hft_json_is(weight, HFT_JSON_NUMBER) &&
		  weight->length == 1 && weight->text[0] == '0');
}
