/*-------------------------------------------------------------------------
 *
 * options.c
 *	  Checking values against the option tables of a platform.
 *
 *-------------------------------------------------------------------------
 */
#include "provider/options.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "provider/pick.h"

/* Tables are short: a walk is faster than anything that would be built. */
const HftOptionSpec *
hft_option_lookup(const HftOptionSpec *specs, const char *name)
{
	for (; specs != NULL && specs->name != NULL; specs++)
	{
		if (strcmp(specs->name, name) == 0)
			return specs;
	}
	return NULL;
}

/* All sentences about options begin alike. */
static const char *
say(HftArena *arena, const HftOptionSpec *spec, const char *must)
{
	return hft_arena_printf(arena, "The option \"%s\" must be %s.",
							spec->name, must);
}

/* A sentence when the number is outside of the bounds of the option. */
static const char *
check_range(HftArena *arena, const HftOptionSpec *spec, double value)
{
	const char *from;
	bool		is_open = spec->min == HFT_POSITIVE;

	if (spec->min == 0 && spec->max == 0)
		return NULL;
	if (value >= spec->min && value <= spec->max)
		return NULL;
	from = is_open ? "greater than 0" :
		hft_arena_printf(arena, "at least %.10g", spec->min);
	if (spec->max == HFT_NO_MAX)
		return say(arena, spec, from);
	return say(arena, spec, hft_arena_printf(arena, "%s and at most %.10g",
											 from, spec->max));
}

/* Is "word" one of "a|b|c"? */
static bool
is_choice(const char *choices, const char *word)
{
	size_t		length = strlen(word);

	while (length > 0 && *choices != '\0')
	{
		size_t		choice = strcspn(choices, "|");

		if (choice == length && memcmp(choices, word, length) == 0)
			return true;
		choices += choice + (choices[choice] == '|');
	}
	return false;
}

/* A sentence when the text is none of the choices, too long or unprintable. */
static const char *
check_word(HftArena *arena, const HftOptionSpec *spec, const char *word)
{
	size_t		length = 0;

	if (spec->choices != NULL)
		return is_choice(spec->choices, word) ? NULL :
			say(arena, spec, hft_arena_printf(arena, "one of %s",
											  spec->choices));
	for (const char *c = word; *c != '\0'; c++)
	{
		/* it may become a header or part of a URL (R26, F76) */
		if ((unsigned char) *c < ' ' || *c == 0x7f)
			return say(arena, spec, "free of control characters");
		length += ((unsigned char) *c & 0xC0) != 0x80;
	}
	if (spec->max > 0 && (length < spec->min || length > spec->max))
		return say(arena, spec,
				   hft_arena_printf(arena, "%.0f to %.0f characters long",
									spec->min, spec->max));
	return NULL;
}

/*
 * Only the shape; the address behind it is checked when it is used (R23).
 * User and password would end up in logs (F73).
 */
static const char *
check_url(HftArena *arena, const HftOptionSpec *spec, const char *url)
{
	bool		has_scheme = strncasecmp(url, "https://", 8) == 0 ||
		strncasecmp(url, "http://", 7) == 0;

	if (!has_scheme || strpbrk(url, " \\@?#\"<>") != NULL)
		return say(arena, spec, "a URL such as https://host/v1, without "
				   "user, query or fragment");
	return check_word(arena, spec, url);
}

/* 8.0 is an integer: jsonb prints what the user typed. */
static bool
is_integral(const json_t *value)
{
	return json_is_integer(value) ||
		(json_is_real(value) &&
		 json_real_value(value) == floor(json_real_value(value)));
}

/* Type first, then range. */
static const char *
check_number(HftArena *arena, const HftOptionSpec *spec, const json_t *value,
			 bool integral)
{
	if (!json_is_number(value) || (integral && !is_integral(value)))
		return say(arena, spec, integral ? "an integer" : "a number");
	return check_range(arena, spec, json_number_value(value));
}

/* "auto", or whatever word the table gives instead */
static bool
is_auto(const HftOptionSpec *spec, const json_t *value)
{
	return json_is_string(value) &&
		is_choice(spec->choices ? spec->choices : "auto",
				  json_string_value(value));
}

/*
 * One case a type; a switch over all of them, so that the compiler misses
 * none.
 */
static const char *
check_value(HftArena *arena, const HftOptionSpec *spec, const json_t *value)
{
	const char *word = json_string_value(value);

	/* "true|false|auto" may be written as JSON means it */
	if (spec->type == HFT_OPTION_TEXT && spec->choices != NULL &&
		json_is_boolean(value))
		word = json_is_true(value) ? "true" : "false";
	switch (spec->type)
	{
		case HFT_OPTION_TEXT:
			return word ? check_word(arena, spec, word) :
				say(arena, spec, "a text");
		case HFT_OPTION_URL:
			return word ? check_url(arena, spec, word) :
				say(arena, spec, "a URL");
		case HFT_OPTION_BOOL:
			return json_is_boolean(value) ? NULL :
				say(arena, spec, "true or false");
		case HFT_OPTION_INT:
			return check_number(arena, spec, value, true);
		case HFT_OPTION_NUMBER:
			return check_number(arena, spec, value, false);
		case HFT_OPTION_OBJECT:
			return json_is_object(value) || json_is_array(value) ? NULL :
				say(arena, spec, "a JSON object or array");
		case HFT_OPTION_INT_OR_AUTO:
		case HFT_OPTION_NUMBER_OR_AUTO:
			return is_auto(spec, value) ? NULL :
				check_number(arena, spec, value,
							 spec->type == HFT_OPTION_INT_OR_AUTO);
	}
	return say(arena, spec, "of a known type");
}

/* "json" comes from jsonb or from a user; broken JSON is a sentence, too. */
const char *
hft_option_check(HftArena *arena, const HftOptionSpec *spec, const char *json)
{
	const char *problem;
	json_t	   *value = hft_json_parse(json, strlen(json), &problem);

	if (value == NULL)
		return say(arena, spec, "valid JSON");
	problem = check_value(arena, spec, value);
	json_decref(value);
	return problem;
}

/* Words are taken as they are; numbers and booleans read as JSON. */
const char *
hft_option_check_text(HftArena *arena, const HftOptionSpec *spec,
					  const char *text)
{
	bool		is_word = spec->type == HFT_OPTION_TEXT ||
		spec->type == HFT_OPTION_URL;
	json_t	   *value;
	const char *problem;

	if (!is_word)
		return hft_option_check(arena, spec, text);
	value = json_string(text);
	if (value == NULL)
		return say(arena, spec, "valid UTF-8");
	problem = check_value(arena, spec, value);
	json_decref(value);
	return problem;
}

/*
 * Members are looked at in the order of the text; the first that does not fit
 * is reported.
 */
const char *
hft_options_check(HftArena *arena, const HftOptionSpec *specs,
				  const char *json, const char **unknown)
{
	const char *problem = NULL;
	json_t	   *object = hft_json_parse(json, strlen(json), &problem);
	const char *name;
	json_t	   *value;

	*unknown = NULL;
	if (problem == NULL && !json_is_object(object))
		problem = "The options must be a JSON object.";
	json_object_foreach(object, name, value)
	{
		const HftOptionSpec *spec = hft_option_lookup(specs, name);

		if (spec == NULL)
		{
			*unknown = hft_arena_strdup(arena, name);
			problem = hft_arena_printf(arena, "There is no option \"%s\".",
									   name);
		}
		else
			problem = check_value(arena, spec, value);
		if (problem != NULL)
			break;
	}
	json_decref(object);
	return problem;
}
