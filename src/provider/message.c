/*-------------------------------------------------------------------------
 *
 * message.c
 *	  Requests and answers as plain data.
 *
 *-------------------------------------------------------------------------
 */
#include "provider/message.h"

#include <string.h>
#include <strings.h>

#define MAX_URL 8192

/* The harmless request: signed by the server's key, repeatable at will. */
void
hft_request_init(HftRequest *request, const char *method, const char *url)
{
	memset(request, 0, sizeof(*request));
	request->method = method;
	request->url = url;
}

/* A control character in a header would start another one (R26, F76). */
static bool
is_header_text(const char *text)
{
	if (text == NULL)
		return false;
	for (; *text != '\0'; text++)
	{
		if (((unsigned char) *text < ' ' && *text != '\t') || *text == 0x7f)
			return false;
	}
	return true;
}

/* Name and value are kept, not copied; they live in the arena. */
bool
hft_request_header(HftRequest *request, const char *name, const char *value)
{
	HftHeader  *header;

	if (request->nheaders >= HFT_MAX_HEADERS || !is_header_text(name) ||
		!is_header_text(value) || *name == '\0' || strpbrk(name, ": \t"))
		return false;
	header = &request->headers[request->nheaders++];
	header->name = name;
	header->value = value;
	return true;
}

/* A body of no bytes is still a body: Content-Length 0 is sent. */
void
hft_request_body(HftRequest *request, const char *content_type,
				 const char *body, size_t length)
{
	if (content_type != NULL)
		(void) hft_request_header(request, "Content-Type", content_type);
	request->has_body = true;
	request->prefix = body;
	request->prefix_length = length;
}

/* Names are compared as HTTP does; the first of several wins. */
const char *
hft_response_header(const HftResponse *response, const char *name)
{
	for (int i = 0; i < response->nheaders; i++)
	{
		if (strcasecmp(response->headers[i].name, name) == 0)
			return response->headers[i].value;
	}
	return NULL;
}

/*
 * RFC 3986, 2.3.  Not isalnum(): the server's locale must not decide what a
 * URL is.
 */
static bool
is_unreserved(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		(c >= '0' && c <= '9') || (c != '\0' && strchr("-._~", c) != NULL);
}

/* Three bytes for one at the most, so one allocation suffices. */
char *
hft_url_encode(HftArena *arena, const char *string)
{
	static const char digits[] = "0123456789ABCDEF";
	char	   *encoded = NULL;
	char	   *out;

	if (string != NULL)
		encoded = hft_arena_alloc(arena, strlen(string) * 3 + 1);
	if (encoded == NULL)
		return NULL;
	out = encoded;
	for (; *string != '\0'; string++)
	{
		unsigned char c = (unsigned char) *string;

		if (is_unreserved(*string))
			*out++ = *string;
		else
		{
			*out++ = '%';
			*out++ = digits[c >> 4];
			*out++ = digits[c & 15];
		}
	}
	return encoded;
}

/*
 * Absolute http(s), printable, of sane length: it must not smuggle a header
 * in, nor name a file.  Whether the host behind it is allowed is the engine's
 * to say.
 */
bool
hft_url_is_plain(const char *url)
{
	if (url == NULL || strlen(url) > MAX_URL ||
		(strncasecmp(url, "https://", 8) != 0 &&
		 strncasecmp(url, "http://", 7) != 0))
		return false;
	for (; *url != '\0'; url++)
	{
		if (*url <= ' ' || *url >= 0x7f)
			return false;
	}
	return true;
}
