/*-------------------------------------------------------------------------
 *
 * xml.c
 *	  Reading the XML that object stores answer with.
 *
 * One pass over the bytes with a stack of open elements.  The JSON library
 * checks UTF-8; names are compared byte by byte, so a prefix is part of one.
 *
 *-------------------------------------------------------------------------
 */
#include "provider/xml.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MAX_NAME 64
#define MAX_CODE_POINT 0x10FFFF

typedef struct Element
{
	char		name[MAX_NAME + 1];
	json_t	   *children;		/* an object */
	char	   *text;			/* as long as the rest of the document */
	size_t		length;
} Element;

typedef struct Reader
{
	const char *at;
	const char *end;
	const char *const *lists;
	Element		stack[HFT_XML_DEPTH + 1];	/* the lowest is the document */
	int			depth;
	int			elements;
	char	   *texts;			/* room for the text of all open elements */
	size_t		used;
	const char *problem;		/* the first that was found */
} Reader;

static bool
fail(Reader *reader, const char *problem)
{
	if (reader->problem == NULL)
		reader->problem = problem;
	return false;
}

static bool
starts_with(const Reader *reader, const char *word)
{
	size_t		length = strlen(word);

	return (size_t) (reader->end - reader->at) >= length &&
		memcmp(reader->at, word, length) == 0;
}

/* Behind the next "word"; false when there is none. */
static bool
skip_past(Reader *reader, const char *word)
{
	const char *found = memmem(reader->at,
							   (size_t) (reader->end - reader->at), word,
							   strlen(word));

	if (found == NULL)
		return fail(reader, "The XML ends too early.");
	reader->at = found + strlen(word);
	return true;
}

/* ---- text ---- */

static void
put_byte(Reader *reader, char c)
{
	Element    *element = &reader->stack[reader->depth];

	element->text[element->length++] = c;
	reader->used++;
}

/* As UTF-8; never longer than its reference was. */
static void
put_code_point(Reader *reader, uint32_t c)
{
	if (c < 0x80)
		put_byte(reader, (char) c);
	else if (c < 0x800)
	{
		put_byte(reader, (char) (0xC0 | c >> 6));
		put_byte(reader, (char) (0x80 | (c & 0x3F)));
	}
	else if (c < 0x10000)
	{
		put_byte(reader, (char) (0xE0 | c >> 12));
		put_byte(reader, (char) (0x80 | (c >> 6 & 0x3F)));
		put_byte(reader, (char) (0x80 | (c & 0x3F)));
	}
	else
	{
		put_byte(reader, (char) (0xF0 | c >> 18));
		put_byte(reader, (char) (0x80 | (c >> 12 & 0x3F)));
		put_byte(reader, (char) (0x80 | (c >> 6 & 0x3F)));
		put_byte(reader, (char) (0x80 | (c & 0x3F)));
	}
}

/* "#38" or "#x26" between '&' and ';'. */
static bool
put_number(Reader *reader, const char *digits, size_t length)
{
	int			base = length > 1 && *digits == 'x' ? 16 : 10;
	uint32_t	value = 0;

	for (size_t i = base == 16; i < length; i++)
	{
		const char *hex = "0123456789abcdef";
		const char *found = memchr(hex, digits[i] | (digits[i] > '9' ? 0x20 :
													 0), (size_t) base);

		if (found == NULL)
			return fail(reader, "The XML has a reference that is no number.");
		value = value * (uint32_t) base + (uint32_t) (found - hex);
		if (value > MAX_CODE_POINT)
			return fail(reader, "The XML has a reference to no character.");
	}
	if (value == 0 || (value >= 0xD800 && value <= 0xDFFF))
		return fail(reader, "The XML has a reference to no character.");
	put_code_point(reader, value);
	return true;
}

static bool
read_reference(Reader *reader)
{
	static const char *const names[][2] = {
		{"amp", "&"}, {"lt", "<"}, {"gt", ">"}, {"quot", "\""}, {"apos", "'"}
	};
	const char *name = ++reader->at;
	size_t		length;

	if (!skip_past(reader, ";"))
		return false;
	length = (size_t) (reader->at - name) - 1;
	if (length > 1 && *name == '#')
		return put_number(reader, name + 1, length - 1);
	for (int i = 0; i < 5; i++)
	{
		if (strlen(names[i][0]) == length &&
			memcmp(names[i][0], name, length) == 0)
		{
			put_byte(reader, *names[i][1]);
			return true;
		}
	}
	return fail(reader, "The XML has an entity that is not known.");
}

static bool
read_cdata(Reader *reader)
{
	const char *text = reader->at + strlen("<![CDATA[");

	reader->at = text;
	if (!skip_past(reader, "]]>"))
		return false;
	for (; text < reader->at - 3; text++)
		put_byte(reader, *text);
	return true;
}

/* ---- elements ---- */

static bool
is_list(const Reader *reader, const char *name)
{
	for (const char *const *list = reader->lists; *list != NULL; list++)
	{
		if (strcmp(*list, name) == 0)
			return true;
	}
	return false;
}

/* The value becomes a member of what is open; it is taken over. */
static bool
add_member(Reader *reader, const char *name, json_t *value)
{
	json_t	   *children = reader->stack[reader->depth].children;
	json_t	   *list = json_object_get(children, name);

	if (value == NULL)
		return fail(reader, "The XML has text that is not UTF-8.");
	if (!is_list(reader, name))
		return json_object_set_new(children, name, value) == 0 ||
			fail(reader, "The XML has a name that is not UTF-8.");
	if (list == NULL)
	{
		list = json_array();
		if (json_object_set_new(children, name, list) != 0)
		{
			json_decref(value);
			return fail(reader, "There is no memory to read the XML.");
		}
	}
	return json_array_append_new(list, value) == 0 ||
		fail(reader, "There is no memory to read the XML.");
}

static bool
open_element(Reader *reader, const char *name, size_t length)
{
	Element    *element;

	if (length == 0 || length > MAX_NAME)
		return fail(reader, "The XML has an element without a usable name.");
	if (reader->depth == HFT_XML_DEPTH ||
		++reader->elements > HFT_XML_ELEMENTS)
		return fail(reader, "The XML is nested too deeply or too long.");
	element = &reader->stack[++reader->depth];
	memcpy(element->name, name, length);
	element->name[length] = '\0';
	element->text = reader->texts + reader->used;
	element->length = 0;
	element->children = hft_json_new();
	return element->children != NULL ||
		fail(reader, "There is no memory to read the XML.");
}

/*
 * Text between the children of an element is layout; so is that of an
 * element that has any.
 */
static bool
close_element(Reader *reader)
{
	Element    *element = &reader->stack[reader->depth--];
	json_t	   *value = element->children;

	if (json_object_size(value) == 0)
	{
		json_decref(value);
		value = json_stringn(element->text, element->length);
	}
	reader->used = (size_t) (element->text - reader->texts);
	return add_member(reader, element->name, value);
}

/* Behind the '>' of a start tag, quoted ones passed over. */
static bool
skip_attributes(Reader *reader, bool *empty)
{
	char		quote = '\0';

	for (; reader->at < reader->end; reader->at++)
	{
		char		c = *reader->at;

		if (quote != '\0')
			quote = c == quote ? '\0' : quote;
		else if (c == '"' || c == '\'')
			quote = c;
		else if (c == '>')
		{
			*empty = reader->at[-1] == '/';
			reader->at++;
			return true;
		}
	}
	return fail(reader, "The XML ends too early.");
}

static bool
read_start(Reader *reader)
{
	const char *name = ++reader->at;
	bool		empty;

	while (reader->at < reader->end &&
		   memchr(" \t\r\n/>", *reader->at, 6) == NULL)
		reader->at++;
	return open_element(reader, name, (size_t) (reader->at - name)) &&
		skip_attributes(reader, &empty) &&
		(!empty || close_element(reader));
}

static bool
read_end(Reader *reader)
{
	const Element *element = &reader->stack[reader->depth];
	size_t		length = strlen(element->name);

	reader->at += 2;
	if (reader->depth == 0 || !starts_with(reader, element->name))
		return fail(reader, "The XML closes what is not open.");
	reader->at += length;
	while (reader->at < reader->end &&
		   memchr(" \t\r\n", *reader->at, 4) != NULL)
		reader->at++;
	if (reader->at == reader->end || *reader->at++ != '>')
		return fail(reader, "The XML closes what is not open.");
	return close_element(reader);
}

/* ---- the document ---- */

static bool
read_next(Reader *reader)
{
	if (*reader->at == '&')
		return read_reference(reader);
	if (*reader->at != '<')
	{
		put_byte(reader, *reader->at++);
		return true;
	}
	if (starts_with(reader, "<?"))
		return skip_past(reader, "?>");
	if (starts_with(reader, "<!--"))
		return skip_past(reader, "-->");
	if (starts_with(reader, "<![CDATA["))
		return read_cdata(reader);
	if (starts_with(reader, "<!"))
		return fail(reader, "The XML has a document type, which is not read.");
	return starts_with(reader, "</") ? read_end(reader) : read_start(reader);
}

/* A NUL would end texts early; a document has one root. */
static bool
read_document(Reader *reader)
{
	if (memchr(reader->at, '\0', (size_t) (reader->end - reader->at)) != NULL)
		return fail(reader, "The XML has a NUL byte.");
	while (reader->at < reader->end)
	{
		if (!read_next(reader))
			return false;
	}
	if (reader->depth > 0)
		return fail(reader, "The XML ends too early.");
	if (json_object_size(reader->stack[0].children) != 1)
		return fail(reader, "The XML does not have one root.");
	return true;
}

json_t *
hft_xml_parse(const char *text, size_t length, const char *const *lists,
			  const char **problem)
{
	Reader		reader = {.at = text, .end = text + length, .lists = lists};
	json_t	   *root = hft_json_new();
	bool		done = false;

	reader.texts = malloc(length + 1);
	reader.stack[0].text = reader.texts;
	reader.stack[0].children = root;
	if (reader.texts == NULL || root == NULL)
		fail(&reader, "There is no memory to read the XML.");
	else
		done = read_document(&reader);
	for (; !done && reader.depth > 0; reader.depth--)
		json_decref(reader.stack[reader.depth].children);
	free(reader.texts);
	*problem = reader.problem;
	if (done)
		return root;
	json_decref(root);
	return NULL;
}
