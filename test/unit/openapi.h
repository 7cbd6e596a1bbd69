/*-------------------------------------------------------------------------
 *
 * openapi.h
 *	  Holding a JSON value, or a request, against an OpenAPI description.
 *
 * As much of JSON Schema as the descriptions of our platforms use.  A keyword
 * that is not known here is ignored, so the check may be too mild, never too
 * strict.
 *
 *-------------------------------------------------------------------------
 */
#ifndef OPENAPI_H
#define OPENAPI_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* The first fault found, for the test's output. */
static char openapi_fault[300];

static bool openapi_fits(const json_t *doc, const json_t *schema,
						 const json_t *value);

static bool
openapi_say(const char *what, const char *name)
{
	snprintf(openapi_fault, sizeof(openapi_fault), "%s: %s", what, name);
	return false;
}

/* What "#/a/b" points to; the schema itself when it is no reference. */
static const json_t *
openapi_resolve(const json_t *doc, const json_t *schema)
{
	const char *ref = json_string_value(json_object_get(schema, "$ref"));
	char		path[300];
	char	   *save;

	if (ref == NULL)
		return schema;
	snprintf(path, sizeof(path), "%s", ref + 2);
	schema = doc;
	for (char *part = strtok_r(path, "/", &save); part != NULL;
		 part = strtok_r(NULL, "/", &save))
		schema = json_object_get(schema, part);
	return schema;
}

static bool
openapi_is_type(const char *type, const json_t *value)
{
	switch (json_typeof(value))
	{
		case JSON_OBJECT:
			return strcmp(type, "object") == 0;
		case JSON_ARRAY:
			return strcmp(type, "array") == 0;
		case JSON_STRING:
			return strcmp(type, "string") == 0;
		case JSON_INTEGER:
			return strcmp(type, "integer") == 0 || strcmp(type, "number") == 0;
		case JSON_REAL:
			return strcmp(type, "number") == 0;
		case JSON_NULL:
			return strcmp(type, "null") == 0;
		default:
			return strcmp(type, "boolean") == 0;
	}
}

static bool
openapi_type_fits(const json_t *type, const json_t *value)
{
	size_t		i;
	json_t	   *one;

	if (type == NULL)
		return true;
	if (json_is_string(type))
		return openapi_is_type(json_string_value(type), value);
	json_array_foreach(type, i, one)
	{
		if (openapi_is_type(json_string_value(one), value))
			return true;
	}
	return false;
}

static bool
openapi_is_among(const json_t *list, const json_t *value)
{
	size_t		i;
	json_t	   *one;

	json_array_foreach(list, i, one)
	{
		if (json_equal(one, value))
			return true;
	}
	return false;
}

static bool
openapi_members_fit(const json_t *doc, const json_t *schema,
					const json_t *value)
{
	const json_t *properties = json_object_get(schema, "properties");
	const json_t *more = json_object_get(schema, "additionalProperties");
	const char *name;
	json_t	   *member;
	size_t		i;

	json_array_foreach(json_object_get(schema, "required"), i, member)
	{
		if (json_object_get(value, json_string_value(member)) == NULL)
			return openapi_say("missing", json_string_value(member));
	}
	json_object_foreach((json_t *) value, name, member)
	{
		const json_t *known = json_object_get(properties, name);

		if (known == NULL && json_is_false(more))
			return openapi_say("not a member", name);
		if (known == NULL && json_is_object(more))
			known = more;
		if (known != NULL && !openapi_fits(doc, known, member))
		{
			if (strlen(openapi_fault) < sizeof(openapi_fault) - 80)
				snprintf(openapi_fault + strlen(openapi_fault), 80, " in %s",
						 name);
			return false;
		}
	}
	return true;
}

static bool
openapi_bounds_fit(const json_t *schema, const json_t *value)
{
	double		number = json_number_value(value);
	const json_t *min = json_object_get(schema, "minimum");
	const json_t *max = json_object_get(schema, "maximum");
	const json_t *above = json_object_get(schema, "exclusiveMinimum");
	const json_t *length = json_object_get(schema, "maxLength");

	if (json_is_string(value) && json_is_integer(length))
		return (json_int_t) json_string_length(value) <=
			json_integer_value(length);
	if (!json_is_number(value))
		return true;
	return !(min && number < json_number_value(min)) &&
		!(max && number > json_number_value(max)) &&
		!(json_is_number(above) && number <= json_number_value(above));
}

/* oneOf, anyOf: one at least; allOf: each.  NULL lists fit. */
static bool
openapi_unions_fit(const json_t *doc, const json_t *schema,
				   const json_t *value)
{
	static const char *const any[] = {"oneOf", "anyOf"};
	const json_t *list;
	size_t		i;
	json_t	   *one;

	for (int n = 0; n < 2; n++)
	{
		bool		fits = false;

		list = json_object_get(schema, any[n]);
		json_array_foreach(list, i, one)
			fits |= openapi_fits(doc, one, value);
		if (list != NULL && !fits)
			return false;
	}
	json_array_foreach(json_object_get(schema, "allOf"), i, one)
	{
		if (!openapi_fits(doc, one, value))
			return false;
	}
	return true;
}

static bool
openapi_fits(const json_t *doc, const json_t *schema, const json_t *value)
{
	const json_t *fixed;
	size_t		i;
	json_t	   *item;

	schema = openapi_resolve(doc, schema);
	if (!json_is_object(schema))
		return true;
	fixed = json_object_get(schema, "const");
	if (!openapi_type_fits(json_object_get(schema, "type"), value))
		return openapi_say("type", "wrong");
	if (fixed != NULL && !json_equal(fixed, value))
		return openapi_say("const", "wrong");
	if (json_object_get(schema, "enum") != NULL &&
		!openapi_is_among(json_object_get(schema, "enum"), value))
		return openapi_say("enum", "wrong");
	if (!openapi_bounds_fit(schema, value))
		return openapi_say("bounds", "exceeded");
	if (json_is_object(value) && !openapi_members_fit(doc, schema, value))
		return false;
	json_array_foreach(value, i, item)
	{
		if (!openapi_fits(doc, json_object_get(schema, "items"), item))
			return false;
	}
	return openapi_unions_fit(doc, schema, value);
}

/* Does "/files/file-1" match "/files/{file_id}"? */
static bool
openapi_path_matches(const char *pattern, const char *path)
{
	while (*pattern != '\0' && *path != '\0' && *path != '?')
	{
		if (*pattern == '{')
		{
			pattern += strcspn(pattern, "}") + 1;
			path += strcspn(path, *pattern == ':' ? ":/?" : "/?");
		}
		else if (*pattern++ != *path++)
			return false;
	}
	return *pattern == '\0' && (*path == '\0' || *path == '?');
}

/*
 * The operation of a path and method; fixed paths go before patterns, and
 * "{id}:verb" before "{id}".
 */
static const json_t *
openapi_operation(const json_t *doc, const char *method, const char *path)
{
	const json_t *found = NULL;
	const char *pattern;
	char		lower[10];
	json_t	   *item;
	size_t		best = SIZE_MAX;

	for (size_t i = 0; i <= strlen(method) && i < sizeof(lower); i++)
		lower[i] = method[i] | (method[i] ? 0x20 : 0);
	json_object_foreach(json_object_get(doc, "paths"), pattern, item)
	{
		size_t		rank = 1000 - strlen(pattern);

		for (const char *c = pattern; *c != '\0'; c++)
			rank += *c == '{' ? 1000 : 0;
		if (rank < best && openapi_path_matches(pattern, path) &&
			json_object_get(item, lower) != NULL)
		{
			best = rank;
			found = json_object_get(item, lower);
		}
	}
	return found;
}

/* Is every name of the query a parameter of the operation? */
static bool
openapi_query_fits(const json_t *doc, const json_t *operation,
				   const char *path)
{
	const char *at = strchr(path, '?');

	while (at != NULL && *at != '\0')
	{
		size_t		length = strcspn(at + 1, "=%&");
		bool		known = false;
		size_t		i;
		json_t	   *one;

		json_array_foreach(json_object_get(operation, "parameters"), i, one)
		{
			const json_t *parameter = openapi_resolve(doc, one);
			const char *name =
				json_string_value(json_object_get(parameter, "name"));

			known |= name != NULL && strlen(name) == length &&
				strncmp(name, at + 1, length) == 0;
		}
		if (!known)
			return openapi_say("not a parameter", at + 1);
		at = strchr(at + 1, '&');
	}
	return true;
}

/* The schema of a body of this type: of the request, or of an answer. */
static const json_t *
openapi_body_schema(const json_t *holder, const char *type)
{
	const json_t *content = json_object_get(holder, "content");

	return json_object_get(json_object_get(content, type), "schema");
}

#endif							/* OPENAPI_H */
