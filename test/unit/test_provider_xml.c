/*-------------------------------------------------------------------------
 *
 * test_provider_xml.c
 *	  Reading the XML of object stores: what is taken, what is refused.
 *
 *-------------------------------------------------------------------------
 */
#include <stdlib.h>

#include "provider/xml.h"
#include "tap.h"

static const char *const lists[] = {"Contents", "Part", NULL};

/* The document as compact JSON, or the problem behind "! ". */
static const char *
read_xml(const char *text, size_t length)
{
	static char result[2000];
	const char *problem;
	json_t	   *root = hft_xml_parse(text, length, lists, &problem);
	char	   *json = root ? json_dumps(root, JSON_COMPACT) : NULL;

	snprintf(result, sizeof(result), "%s%s", json ? "" : "! ",
			 json ? json : problem ? problem : "(none)");
	free(json);
	json_decref(root);
	return result;
}

static void
reads(const char *text, const char *json, const char *name)
{
	is_text(read_xml(text, strlen(text)), json, name);
}

static void
refuses(const char *text, const char *phrase, const char *name)
{
	const char *result = read_xml(text, strlen(text));

	if (!ok(*result == '!' && strstr(result, phrase) != NULL, "%s", name))
		printf("# %s\n", result);
}

static void
test_documents(void)
{
	reads("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>NoSuchKey"
		  "</Code><Message>No &lt;key&gt; &amp; &#x263a;&#65;</Message>"
		  "<HostId/></Error>",
		  "{\"Error\":{\"Code\":\"NoSuchKey\",\"Message\":"
		  "\"No <key> & \xe2\x98\xba" "A\",\"HostId\":\"\"}}", "an error");
	reads("  \n <R xmlns=\"http://a/>b\"><Contents><Key>a</Key></Contents>\n"
		  "<Contents><Key>b</Key></Contents><N>1</N></R>\n",
		  "{\"R\":{\"Contents\":[{\"Key\":\"a\"},{\"Key\":\"b\"}],"
		  "\"N\":\"1\"}}", "a listing, whitespace streamed before it");
	reads("<R><Contents><Key>a</Key></Contents></R>",
		  "{\"R\":{\"Contents\":[{\"Key\":\"a\"}]}}", "a list of one");
	reads("<R><ETag>&quot;x&quot;</ETag><!-- <no> --><V><![CDATA[<&>]]></V>"
		  "</R >",
		  "{\"R\":{\"ETag\":\"\\\"x\\\"\",\"V\":\"<&>\"}}",
		  "comments and CDATA");
	reads("<R><a>1</a><a>2</a></R>", "{\"R\":{\"a\":\"2\"}}",
		  "of what repeats and is no list the last counts");
}

static void
test_refusals(void)
{
	char		deep[200] = "";

	for (int i = 0; i < 20; i++)
		strcat(deep, "<a>");
	refuses("", "one root", "nothing");
	refuses("hello", "one root", "no element");
	refuses("<a></a><b></b>", "one root", "two roots");
	refuses("<a><b></a></b>", "not open", "crossed elements");
	refuses("</a>", "not open", "an end without a start");
	refuses("<a>", "too early", "a start without an end");
	refuses("<a b=\">", "too early", "an open quote");
	refuses("<a>&amp", "too early", "half a reference");
	refuses("<a>&evil;</a>", "entity", "an entity of its own");
	refuses("<!DOCTYPE a [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><a/>",
			"document type", "a document type");
	refuses("<a>&#0;</a>", "no character", "the character 0");
	refuses("<a>&#xD800;</a>", "no character", "half a pair");
	refuses("<a>&#9999999999;</a>", "no character", "a number too large");
	refuses("<a>&#x;</a>", "no number", "a number without digits");
	refuses("<a>&#1x;</a>", "no number", "a number that is none");
	refuses("<a>\xc3(</a>", "UTF-8", "text that is not UTF-8");
	refuses("<a><\xff/></a>", "UTF-8", "a name that is not UTF-8");
	refuses("<></>", "name", "no name");
	refuses(deep, "deeply", "F32: nested without end");
	is_text(read_xml("<a>\0</a>", 8), "! The XML has a NUL byte.",
			"F30: a NUL");
}

/* Many elements: bounded, and in time. */
static void
test_length(void)
{
	size_t		count = HFT_XML_ELEMENTS + 1;
	char	   *text = malloc(count * 4 + 10);
	char	   *at = text + sprintf(text, "<r>");

	for (size_t i = 1; i < count; i++)
		at += sprintf(at, "<a/>");
	sprintf(at, "</r>");
	refuses(text, "too long", "F32: elements without end");
	free(text);
}

int
main(void)
{
	test_documents();
	test_refusals();
	test_length();
	return tap_done();
}
