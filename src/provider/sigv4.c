/*-------------------------------------------------------------------------
 *
 * sigv4.c
 *	  AWS Signature Version 4 over a finished request.
 *
 * libcurl 7.88's signer is wrong for an encoded path (every ARN), for a
 * query that is not sorted, for names without a value; so it is done here,
 * over the bytes that will be sent.  The steps and their names are those of
 * the specification: canonical request, string to sign, signing key.
 *
 *-------------------------------------------------------------------------
 */
#include "provider/sigv4.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/buffer.h"

#define ALGORITHM "AWS4-HMAC-SHA256"
#define HASH_BYTES 32
#define HASH_DIGITS (2 * HASH_BYTES)
#define MAX_CANONICAL (256 * 1024)
#define MAX_PAIRS 64
#define NO_MEMORY "There is no memory to sign the request."

/* "20150830T123600Z" and its date */
typedef struct Stamp
{
	char		time[17];
	char		date[9];
} Stamp;

typedef struct Span
{
	const char *text;
	size_t		length;
} Span;

/* ---- digests ---- */

static void
put_hex(char *text, const unsigned char *bytes)
{
	for (int i = 0; i < HASH_BYTES; i++)
	{
		text[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
		text[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
	}
	text[HASH_DIGITS] = '\0';
}

/* False only when OpenSSL has no memory. */
static bool
hash_hex(char *text, const char *first, size_t first_length,
		 const char *second, size_t second_length)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	unsigned char hash[HASH_BYTES];
	bool		done = context != NULL &&
		EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1 &&
		EVP_DigestUpdate(context, first, first_length) == 1 &&
		EVP_DigestUpdate(context, second, second_length) == 1 &&
		EVP_DigestFinal_ex(context, hash, NULL) == 1;

	EVP_MD_CTX_free(context);
	if (done)
		put_hex(text, hash);
	return done;
}

static bool
hmac(unsigned char *out, const void *key, size_t key_length, const char *text)
{
	return HMAC(EVP_sha256(), key, (int) key_length,
				(const unsigned char *) text, strlen(text), out, NULL) != NULL;
}

/* ---- what is signed: path and query ---- */

/* Locale must not decide what a URL is: no isalnum(). */
static bool
is_unreserved(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		(c >= '0' && c <= '9') || (c != '\0' && strchr("-._~", c) != NULL);
}

static void
put_encoded(HftBuffer *out, const char *text, size_t length, bool slashes)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < length; i++)
	{
		unsigned char c = (unsigned char) text[i];

		if (is_unreserved(text[i]) || (slashes && c == '/'))
			hft_buffer_putc(out, text[i]);
		else
		{
			hft_buffer_putc(out, '%');
			hft_buffer_putc(out, digits[c >> 4]);
			hft_buffer_putc(out, digits[c & 15]);
		}
	}
}

/* Take the last segment off; what is left ends with a slash. */
static void
drop_segment(HftBuffer *path)
{
	if (path->length <= 1)
		return;
	path->length--;
	while (path->length > 0 && path->data[path->length - 1] != '/')
		path->length--;
	path->data[path->length] = '\0';
}

/* RFC 3986's dot segments resolved, and empty ones left out. */
static void
normalize(HftBuffer *out, const char *path, size_t length)
{
	const char *end = path + length;

	hft_buffer_putc(out, '/');
	while (path < end && !out->failed)
	{
		const char *slash = memchr(path, '/', (size_t) (end - path));
		size_t		width = (size_t) ((slash ? slash : end) - path);

		if (width == 2 && memcmp(path, "..", 2) == 0)
			drop_segment(out);
		else if (width > 0 && !(width == 1 && *path == '.'))
		{
			hft_buffer_append(out, path, width);
			if (slash != NULL)
				hft_buffer_putc(out, '/');
		}
		path += width + 1;
	}
}

static void
put_path(HftBuffer *out, const HftSigv4Scope *scope, Span path)
{
	HftBuffer	normal;

	hft_buffer_init(&normal, MAX_CANONICAL);
	if (scope->normalize_path)
	{
		normalize(&normal, path.text, path.length);
		out->failed |= normal.failed;
		path = (Span) {normal.data, normal.length};
	}
	if (path.length == 0)
		hft_buffer_putc(out, '/');
	else if (scope->encode_path)
		put_encoded(out, path.text, path.length, true);
	else
		hft_buffer_append(out, path.text, path.length);
	hft_buffer_free(&normal);
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decoded, then encoded in the one right way. */
static void
put_query_part(HftBuffer *out, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
	{
		char		c = text[i];

		if (c == '%' && i + 2 < length && hex_value(text[i + 1]) >= 0 &&
			hex_value(text[i + 2]) >= 0)
		{
			c = (char) (hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
			i += 2;
		}
		put_encoded(out, &c, 1, false);
	}
}

/* By name, then by value; a pair is "name\0value". */
static int
compare_pairs(const void *left, const void *right)
{
	const char *a = *(const char *const *) left;
	const char *b = *(const char *const *) right;
	int			order = strcmp(a, b);

	return order ? order : strcmp(a + strlen(a) + 1, b + strlen(b) + 1);
}

/* One "name=value" of the query, as the arena keeps it; NULL: no memory. */
static const char *
read_pair(HftArena *arena, const char *text, size_t length)
{
	const char *sign = memchr(text, '=', length);
	size_t		name = sign ? (size_t) (sign - text) : length;
	HftBuffer	pair;
	char	   *kept = NULL;

	hft_buffer_init(&pair, MAX_CANONICAL);
	put_query_part(&pair, text, name);
	hft_buffer_putc(&pair, '\0');
	if (sign != NULL)
		put_query_part(&pair, sign + 1, length - name - 1);
	if (!pair.failed)
		kept = hft_arena_alloc(arena, pair.length + 1);
	if (kept != NULL)
		memcpy(kept, pair.data, pair.length);
	hft_buffer_free(&pair);
	return kept;
}

/* False for a query with more parts than we ever write. */
static bool
put_query(HftBuffer *out, HftArena *arena, Span query)
{
	const char *pairs[MAX_PAIRS];
	const char *end = query.text + query.length;
	int			npairs = 0;

	for (const char *at = query.text; at < end;)
	{
		const char *next = memchr(at, '&', (size_t) (end - at));
		size_t		length = (size_t) ((next ? next : end) - at);

		if (npairs == MAX_PAIRS)
			return false;
		if (length > 0 &&
			(pairs[npairs++] = read_pair(arena, at, length)) == NULL)
			return false;
		at += length + 1;
	}
	qsort(pairs, (size_t) npairs, sizeof(pairs[0]), compare_pairs);
	for (int i = 0; i < npairs; i++)
	{
		hft_buffer_printf(out, "%s%s=", i > 0 ? "&" : "", pairs[i]);
		hft_buffer_puts(out, pairs[i] + strlen(pairs[i]) + 1);
	}
	return true;
}

/* ---- what is signed: headers ---- */

/* By name whatever its case; equal names stay in their order. */
static void
sort_headers(HftHeader *headers, int count)
{
	for (int i = 1; i < count; i++)
	{
		HftHeader	header = headers[i];
		int			place = i;

		for (; place > 0 &&
			 strcasecmp(headers[place - 1].name, header.name) > 0; place--)
			headers[place] = headers[place - 1];
		headers[place] = header;
	}
}

static void
put_lower(HftBuffer *out, const char *text)
{
	for (; *text != '\0'; text++)
		hft_buffer_putc(out, *text >= 'A' && *text <= 'Z' ?
						(char) (*text | 0x20) : *text);
}

/* Without blanks around it, and with one where there are several. */
static void
put_trimmed(HftBuffer *out, const char *value)
{
	bool		blank = false;
	bool		any = false;

	for (; *value != '\0'; value++)
	{
		if (*value == ' ' || *value == '\t')
		{
			blank = any;
			continue;
		}
		if (blank)
			hft_buffer_putc(out, ' ');
		hft_buffer_putc(out, *value);
		blank = false;
		any = true;
	}
}

/* Does the same name go on in this place? */
static bool
repeats(const HftHeader *headers, int i)
{
	return i > 0 && strcasecmp(headers[i].name, headers[i - 1].name) == 0;
}

static void
put_headers(HftBuffer *out, const HftHeader *headers, int count)
{
	for (int i = 0; i < count; i++)
	{
		if (repeats(headers, i))
			hft_buffer_putc(out, ',');
		else
		{
			if (i > 0)
				hft_buffer_putc(out, '\n');
			put_lower(out, headers[i].name);
			hft_buffer_putc(out, ':');
		}
		put_trimmed(out, headers[i].value);
	}
	hft_buffer_puts(out, "\n\n");
}

static void
put_names(HftBuffer *out, const HftHeader *headers, int count)
{
	for (int i = 0; i < count; i++)
	{
		if (repeats(headers, i))
			continue;
		if (i > 0)
			hft_buffer_putc(out, ';');
		put_lower(out, headers[i].name);
	}
}

/* ---- the parts of a URL ---- */

typedef struct Address
{
	const char *host;			/* as libcurl will send it */
	Span		path;
	Span		query;
} Address;

/* libcurl leaves the port away where it is the scheme's own. */
static size_t
host_length(const char *url, const char *host, size_t length)
{
	const char *port = strncmp(url, "https:", 6) == 0 ? ":443" : ":80";
	size_t		width = strlen(port);

	if (length > width && memcmp(host + length - width, port, width) == 0)
		return length - width;
	return length;
}

static bool
split_url(Address *address, const char *url, HftArena *arena)
{
	const char *host = strstr(url, "://");
	const char *rest;
	size_t		path;

	if (host == NULL)
		return false;
	host += 3;
	rest = host + strcspn(host, "/?#");
	address->host = hft_arena_strndup(arena, host,
									  host_length(url, host,
												  (size_t) (rest - host)));
	path = strcspn(rest, "?#");
	address->path = (Span) {rest, path};
	rest += path;
	if (*rest == '?')
		rest++;
	address->query = (Span) {rest, strcspn(rest, "#")};
	return address->host != NULL;
}

/* ---- the steps ---- */

/* The hash of the body: told, or made of what is in memory. */
static const char *
hash_body(const HftRequest *request, HftArena *arena)
{
	char	   *hash;

	if (request->body_sha256 != NULL)
		return request->body_sha256;
	if (request->dataset_length > 0)
		return NULL;
	hash = hft_arena_alloc(arena, HASH_DIGITS + 1);
	if (hash == NULL ||
		!hash_hex(hash, request->prefix, request->prefix_length,
				  request->suffix, request->suffix_length))
		return NULL;
	return hash;
}

/*
 * The canonical request into "out", the list of signed headers into "names".
 */
static bool
write_canonical(HftBuffer *out, HftBuffer *names, const HftRequest *request,
				const HftSigv4Scope *scope, const char *body_hash,
				HftArena *arena)
{
	HftHeader	headers[HFT_MAX_HEADERS + 1];
	int			count = request->nheaders;
	Address		address;

	if (!split_url(&address, request->url, arena))
		return false;
	memcpy(headers, request->headers, sizeof(HftHeader) * (size_t) count);
	headers[count++] = (HftHeader) {"host", address.host};
	sort_headers(headers, count);
	put_names(names, headers, count);

	hft_buffer_printf(out, "%s\n", request->method);
	put_path(out, scope, address.path);
	hft_buffer_putc(out, '\n');
	if (!put_query(out, arena, address.query))
		return false;
	hft_buffer_putc(out, '\n');
	put_headers(out, headers, count);
	hft_buffer_puts(out, names->data);
	hft_buffer_printf(out, "\n%s", body_hash);
	return !out->failed && !names->failed;
}

/* The key of a day, region and service, out of the secret. */
static bool
derive_key(unsigned char *key, const HftSigv4Keys *keys,
		   const HftSigv4Scope *scope, const Stamp *stamp, HftArena *arena)
{
	char	   *secret = hft_arena_printf(arena, "AWS4%s", keys->secret_key);
	const char *const parts[] = {
		stamp->date, scope->region, scope->service, "aws4_request"
	};
	bool		done = secret != NULL &&
		hmac(key, secret, strlen(secret), parts[0]);

	for (int i = 1; done && i < 4; i++)
	{
		unsigned char previous[HASH_BYTES];

		memcpy(previous, key, HASH_BYTES);
		done = hmac(key, previous, HASH_BYTES, parts[i]);
		OPENSSL_cleanse(previous, sizeof(previous));
	}
	return done;
}

/* The signature in hex; NULL: no memory. */
static const char *
make_signature(const HftBuffer *canonical, const HftSigv4Keys *keys,
			   const HftSigv4Scope *scope, const Stamp *stamp,
			   HftArena *arena)
{
	char		hash[HASH_DIGITS + 1];
	unsigned char key[HASH_BYTES];
	unsigned char bytes[HASH_BYTES];
	char	   *signature = hft_arena_alloc(arena, HASH_DIGITS + 1);
	const char *text;
	bool		done;

	if (signature == NULL ||
		!hash_hex(hash, canonical->data, canonical->length, NULL, 0))
		return NULL;
	text = hft_arena_printf(arena, ALGORITHM "\n%s\n%s/%s/%s/aws4_request\n%s",
							stamp->time, stamp->date, scope->region,
							scope->service, hash);
	done = text != NULL && derive_key(key, keys, scope, stamp, arena) &&
		hmac(bytes, key, HASH_BYTES, text);
	OPENSSL_cleanse(key, sizeof(key));
	if (!done)
		return NULL;
	put_hex(signature, bytes);
	return signature;
}

static bool
make_stamp(Stamp *stamp, int64_t now)
{
	time_t		seconds = (time_t) now;
	struct tm	parts;

	return gmtime_r(&seconds, &parts) != NULL &&
		strftime(stamp->time, sizeof(stamp->time), "%Y%m%dT%H%M%SZ",
				 &parts) == sizeof(stamp->time) - 1 &&
		strftime(stamp->date, sizeof(stamp->date), "%Y%m%d", &parts) ==
		sizeof(stamp->date) - 1;
}

/* The headers that are part of what is signed. */
static bool
add_headers(HftRequest *request, const HftSigv4Keys *keys,
			const HftSigv4Scope *scope, const Stamp *stamp,
			const char *body_hash, HftArena *arena)
{
	if (scope->sign_body &&
		!hft_request_header(request, "x-amz-content-sha256", body_hash))
		return false;
	if (keys->session_token != NULL &&
		!hft_request_header(request, "X-Amz-Security-Token",
							keys->session_token))
		return false;
	return hft_request_header(request, "X-Amz-Date",
							  hft_arena_strdup(arena, stamp->time));
}

/*
 * The secret stays in the arena, which the engine wipes after the transfer.
 */
const char *
hft_sigv4_sign(HftRequest *request, const HftSigv4Keys *keys,
			   const HftSigv4Scope *scope, int64_t now, HftArena *arena)
{
	const char *body_hash = hash_body(request, arena);
	const char *signature = NULL;
	HftBuffer	canonical;
	HftBuffer	names;
	Stamp		stamp;
	bool		added = false;

	if (body_hash == NULL || !make_stamp(&stamp, now))
		return "The request has a body whose hash is not known.";
	if (!add_headers(request, keys, scope, &stamp, body_hash, arena))
		return "The session token cannot be sent in a header.";
	hft_buffer_init(&canonical, MAX_CANONICAL);
	hft_buffer_init(&names, MAX_CANONICAL);
	if (write_canonical(&canonical, &names, request, scope, body_hash, arena))
		signature = make_signature(&canonical, keys, scope, &stamp, arena);
	if (signature != NULL)
		added = hft_request_header(request, "Authorization",
								   hft_arena_printf(arena, ALGORITHM
													" Credential=%s/%s/%s/%s/"
													"aws4_request, SignedHeaders"
													"=%s, Signature=%s",
													keys->access_key,
													stamp.date, scope->region,
													scope->service,
													names.data, signature));
	hft_buffer_free(&canonical);
	hft_buffer_free(&names);
	return added ? NULL : NO_MEMORY;
}
