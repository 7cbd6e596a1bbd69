/*-------------------------------------------------------------------------
 *
 * pick.c
 *	  Reading JSON that a stranger wrote.
 *
 * jansson recurses up to 2048 levels and allocates some hundred bytes for an
 * empty object, so depth and number of values are counted in one pass over
 * the bytes before it sees them.  It refuses by itself what jsonb would
 * refuse later: invalid UTF-8, lone surrogates, \u0000, 1e400 (F30, F32).
 *
 *-------------------------------------------------------------------------
 */
#include "provider/pick.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "provider/found.h"
#include "provider/times.h"

#define MS_PER_S 1000
#define MAX_UNIX_S INT64_C(253402300799)	/* the end of the year 9999 */

/* 2^53: beyond it a double no longer tells neighbouring integers apart */
#define MAX_EXACT_DOUBLE 9007199254740992.0

/* enough for every decimal that people write, and 0.15 stays 0.15 */
#define REAL_DIGITS 15

/*
 * NULL when the text keeps the limits.  *exotic tells whether a letter of
 * NaN or Infinity stands outside of strings.
 */
static const char *
check_limits(const char *text, size_t length, bool *exotic)
{
	bool		in_string = false;
	int			depth = 0;
	int			values = 1;

	*exotic = false;
	for (size_t i = 0; i < length; i++)
	{
		char		c = text[i];

		if (c == '"')
			in_string = !in_string;
		else if (in_string)
			i += c == '\\';
		else if (c == '{' || c == '[')
		{
			values++;
			if (++depth > HFT_JSON_DEPTH)
				return "The JSON is nested too deeply.";
		}
		else if (c == '}' || c == ']')
			depth--;
		else if (c == ',')
			values++;
		else if (c == 'N' || c == 'I')
			*exotic = true;
		if (values > HFT_JSON_VALUES)
			return "The JSON has too many values.";
	}
	return NULL;
}

/* Overwrite a token at "text" with an empty string and blanks. */
static size_t
blank_token(char *text, const char *end)
{
	static const char *const tokens[] = {"NaN", "Infinity", "-Infinity"};

	for (int i = 0; i < 3; i++)
	{
		size_t		length = strlen(tokens[i]);

		if (length <= (size_t) (end - text) &&
			memcmp(text, tokens[i], length) == 0)
		{
			memset(text, ' ', length);
			text[0] = text[1] = '"';
			return length;
		}
	}
	return 1;
}

/* A copy without NaN and Infinity, of the same length. */
static char *
copy_without_tokens(const char *text, size_t length)
{
	char	   *copy = malloc(length);
	bool		in_string = false;
	size_t		step;

	if (copy == NULL)
		return NULL;
	memcpy(copy, text, length);
	for (size_t i = 0; i < length; i += step)
	{
		step = 1;
		if (copy[i] == '"')
			in_string = !in_string;
		else if (in_string)
			step += copy[i] == '\\';
		else if (copy[i] == 'N' || copy[i] == 'I' || copy[i] == '-')
			step = blank_token(copy + i, copy + length);
	}
	return copy;
}

/* The caller's text is never changed: what has NaN in it is copied first. */
json_t *
hft_json_parse(const char *text, size_t length, const char **problem)
{
	json_error_t error;
	json_t	   *root;
	char	   *copy = NULL;
	bool		exotic;

	*problem = check_limits(text, length, &exotic);
	if (*problem != NULL)
		return NULL;
	if (exotic)
		copy = copy_without_tokens(text, length);
	root = json_loadb(copy ? copy : text, length,
					  JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
	free(copy);
	if (root == NULL)
		*problem = json_error_code(&error) == json_error_out_of_memory ?
			"There is no memory to read the JSON." :
			"The text is not valid JSON.";
	return root;
}

/*
 * Cursors and facts are ours; one that is broken is read as none, and the
 * operation begins again.
 */
json_t *
hft_json_object(const char *text)
{
	const char *problem;
	json_t	   *root = NULL;

	if (text != NULL)
		root = hft_json_parse(text, strlen(text), &problem);
	if (json_is_object(root))
		return root;
	json_decref(root);
	return hft_json_new();
}

/*
 * Measured, then written into the arena: the library never allocates for us,
 * so nothing has to be freed.
 */
char *
hft_json_text(HftArena *arena, const json_t *value)
{
	const size_t flags = JSON_COMPACT | JSON_ENCODE_ANY |
		JSON_REAL_PRECISION(REAL_DIGITS);
	size_t		length;
	char	   *text;

	if (value == NULL)
		return NULL;
	length = json_dumpb(value, NULL, 0, flags);
	text = length > 0 ? hft_arena_alloc(arena, length + 1) : NULL;
	if (text != NULL)
		json_dumpb(value, text, length, flags);
	return text;
}

/* No copy, no bounds: for comparing only. */
const char *
hft_pick_word(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

/*
 * An id over the limit is refused and not cut: half an id would be another
 * thing's (F32).
 */
const char *
hft_pick_id(HftArena *arena, const json_t *object, const char *key)
{
	const char *word = hft_pick_word(object, key);
	size_t		length = word ? strlen(word) : 0;

	if (length == 0 || length > HFT_ID_LIMIT)
		return NULL;
	for (size_t i = 0; i < length; i++)
	{
		/* an id becomes part of URLs and of tables people read */
		if ((unsigned char) word[i] <= ' ' || word[i] == 0x7f)
			return NULL;
	}
	return hft_arena_strndup(arena, word, length);
}

/* Texts are for people: better the beginning than nothing. */
const char *
hft_pick_text(HftArena *arena, const json_t *object, const char *key)
{
	const char *word = hft_pick_word(object, key);
	size_t		length;

	if (word == NULL)
		return NULL;
	length = strnlen(word, HFT_TEXT_LIMIT + 1);
	if (length > HFT_TEXT_LIMIT)
	{
		/* never in the middle of a character */
		length = HFT_TEXT_LIMIT;
		while (length > 0 && ((unsigned char) word[length] & 0xC0) == 0x80)
			length--;
	}
	return hft_arena_strndup(arena, word, length);
}

/* Reals that are whole count: some servers write 3.0 for 3. */
int64_t
hft_pick_int(const json_t *object, const char *key, int64_t min, int64_t max)
{
	const json_t *value = json_object_get(object, key);
	int64_t		number;

	if (json_is_integer(value))
		number = json_integer_value(value);
	else if (json_is_real(value) &&
			 fabs(json_real_value(value)) <= MAX_EXACT_DOUBLE &&
			 json_real_value(value) == floor(json_real_value(value)))
		number = (int64_t) json_real_value(value);
	else
		return HFT_UNKNOWN;
	return number >= min && number <= max ? number : HFT_UNKNOWN;
}

/* Negative counts are nonsense, and HFT_UNKNOWN is one of them. */
int64_t
hft_pick_count(const json_t *object, const char *key)
{
	return hft_pick_int(object, key, 0, INT64_MAX);
}

/* The parser refuses infinity, so what is a number is finite. */
double
hft_pick_number(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return json_is_number(value) ? json_number_value(value) : NAN;
}

/* Only true and false; 0 and "false" are another type. */
bool
hft_pick_bool(const json_t *object, const char *key, bool if_absent)
{
	const json_t *value = json_object_get(object, key);

	return json_is_boolean(value) ? json_is_true(value) : if_absent;
}

/* A year of five digits is a unit mistaken: milliseconds for seconds. */
int64_t
hft_pick_time(const json_t *object, const char *key)
{
	double		seconds = hft_pick_number(object, key);

	if (isnan(seconds))
		return hft_time_rfc3339(hft_pick_word(object, key));
	if (seconds <= 0 || seconds > MAX_UNIX_S)
		return HFT_UNKNOWN;
	return (int64_t) (seconds * MS_PER_S);
}

/* So that a chain of picks needs no tests in between. */
json_t *
hft_pick_object(const json_t *object, const char *key)
{
	json_t	   *value = json_object_get(object, key);

	return json_is_object(value) ? value : NULL;
}

/* NULL has no elements: json_array_foreach() takes it. */
json_t *
hft_pick_array(const json_t *object, const char *key)
{
	json_t	   *value = json_object_get(object, key);

	return json_is_array(value) ? value : NULL;
}

/* null is absent: it would only fill a column with the word. */
const char *
hft_pick_json(HftArena *arena, const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return json_is_null(value) ? NULL : hft_json_text(arena, value);
}
