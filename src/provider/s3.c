/*-------------------------------------------------------------------------
 *
 * s3.c
 *	  Requests to an S3-compatible object store, and its answers.
 *
 *-------------------------------------------------------------------------
 */
#include "provider/s3.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "provider/bedrock.h"
#include "provider/classify.h"
#include "provider/xml.h"

#define MAX_BUCKET 63
#define MAX_URI 1024
#define BUCKET "abcdefghijklmnopqrstuvwxyz0123456789.-"
#define RIGHTS "Give the caller s3:PutObject, s3:GetObject and s3:ListBucket " \
	"on the bucket, then call hft.retry_job()."
#define REGION "Bucket, jobs and models are in one region: compare it with " \
	"the server's option \"region\"."

static const HftErrorRule rules[] = {
	{0, "SlowDown", NULL, HFT_ERROR_RATE_LIMITED, 0, NULL},
	{0, "InternalError", NULL, HFT_ERROR_TRANSIENT, 0, NULL},
	{0, "ServiceUnavailable", NULL, HFT_ERROR_TRANSIENT, 0, NULL},
	{0, "RequestTimeout", NULL, HFT_ERROR_TRANSIENT, 0, NULL},
	{0, "OperationAborted", NULL, HFT_ERROR_TRANSIENT, 0, NULL},
	{0, "ConditionalRequestConflict", NULL, HFT_ERROR_TRANSIENT, 0, NULL},
	{0, "RequestTimeTooSkewed", NULL, HFT_ERROR_TRANSIENT, 0,
	"Compare the server's clock with the right time: S3 bears 15 minutes."},
	{0, "AccessDenied", NULL, HFT_ERROR_LIMIT, 0, RIGHTS},
	{0, "NoSuchBucket", NULL, HFT_ERROR_REFUSED, 0,
	"See the server's option \"bucket\"."},
	{0, "PermanentRedirect", NULL, HFT_ERROR_REFUSED, 0, REGION},
	{0, "AuthorizationHeaderMalformed", NULL, HFT_ERROR_REFUSED, 0, REGION},
	{0, "ExpiredToken", NULL, HFT_ERROR_CREDENTIAL, 0,
	"The session token has expired: put a new one into the key file."},
	{0, "InvalidToken", NULL, HFT_ERROR_CREDENTIAL, 0, NULL},
	{0, "InvalidAccessKeyId", NULL, HFT_ERROR_CREDENTIAL, 0, NULL},
	{0, "SignatureDoesNotMatch", NULL, HFT_ERROR_CREDENTIAL, 0,
	"The secret key does not belong to the access key."},
	{0, NULL, NULL, HFT_ERROR_NONE, 0, NULL}
};

static const char *const lists[] = {"Contents", NULL};

/* ---- addresses ---- */

/* "s3://bucket/key": where the key begins, and how long the bucket is */
static const char *
split_uri(const char *uri, size_t *bucket)
{
	if (uri == NULL || strncmp(uri, "s3://", 5) != 0)
		return NULL;
	uri += 5;
	*bucket = strcspn(uri, "/");
	if (*bucket < 3 || *bucket > MAX_BUCKET || strspn(uri, BUCKET) < *bucket)
		return NULL;
	return uri + *bucket + (uri[*bucket] == '/');
}

/* A key keeps its slashes, and nothing else of what is reserved. */
static const char *
encode_key(HftArena *arena, const char *key)
{
	char	   *copy = hft_arena_strdup(arena, key);
	const char *encoded = "";

	while (copy != NULL && encoded != NULL)
	{
		char	   *slash = strchr(copy, '/');

		if (slash != NULL)
			*slash = '\0';
		encoded = hft_arena_printf(arena, "%s%s%s", encoded,
								   hft_url_encode(arena, copy),
								   slash ? "/" : "");
		copy = slash ? slash + 1 : NULL;
	}
	return encoded;
}

/*
 * The bucket goes into the host's name, as AWS wants it, unless it has dots,
 * which no certificate covers, or the server is another.
 */
static bool
is_path_style(const HftCall *call, const char *bucket, size_t length)
{
	const char *style = hft_server_option(call, "s3_style");

	if (style != NULL)
		return strcmp(style, "path") == 0;
	return hft_server_option(call, "s3_base_url") != NULL ||
		memchr(bucket, '.', length) != NULL;
}

/* "https://s3.region.amazonaws.com", or what the server says */
static const char *
base_of(const HftCall *call)
{
	const char *base = hft_server_option(call, "s3_base_url");

	return base ? base : hft_bedrock_regional(call, "s3");
}

const char *
hft_s3_url(const HftCall *call, const char *uri)
{
	const char *base = base_of(call);
	const char *host = base ? strstr(base, "://") : NULL;
	size_t		length;
	const char *key = split_uri(uri, &length);

	if (key == NULL || host == NULL)
		return NULL;
	uri += 5;
	key = encode_key(call->arena, key);
	if (is_path_style(call, uri, length))
		return hft_arena_printf(call->arena, "%s/%.*s/%s", base,
								(int) length, uri, key);
	return hft_arena_printf(call->arena, "%.*s%.*s.%s/%s",
							(int) (host + 3 - base), base, (int) length, uri,
							host + 3, key);
}

bool
hft_s3_is_plain(const char *uri)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-!_*'()./";

	return uri != NULL && strncmp(uri, "s3://", 5) == 0 &&
		strlen(uri) <= MAX_URI && strstr(uri + 5, "//") == NULL &&
		strstr(uri, "/../") == NULL &&
		strspn(uri + 5, plain) == strlen(uri + 5);
}

/* ---- requests ---- */

bool
hft_s3_refuse(HftOutcome *outcome)
{
	return hft_outcome_refuse(outcome, "The server's options name no usable "
							  "place in S3.", "It needs \"region\" and "
							  "\"bucket\"; \"prefix\" may have letters, "
							  "digits and -!_*'().");
}

bool
hft_s3_compose(const HftCall *call, HftRequest *request, const char *method,
			   const char *uri, const char *query)
{
	const char *url = hft_s3_url(call, uri);

	if (url == NULL)
		return false;
	hft_request_init(request, method,
					 hft_arena_printf(call->arena, "%s%s", url, query));
	request->audience = HFT_BEDROCK_S3;
	if (strcmp(method, "GET") != 0)
		request->effect = HFT_EFFECT_REPEATABLE;
	return true;
}

bool
hft_s3_compose_list(const HftCall *call, HftRequest *request,
					const char *uri, const char *token)
{
	size_t		length;
	const char *key = split_uri(uri, &length);
	const char *query;

	if (key == NULL)
		return false;
	query = hft_arena_printf(call->arena, "?list-type=2&max-keys=1000"
							 "&prefix=%s", hft_url_encode(call->arena, key));
	if (token != NULL)
		query = hft_arena_printf(call->arena, "%s&continuation-token=%s",
								 query, hft_url_encode(call->arena, token));
	uri = hft_arena_strndup(call->arena, uri, 5 + length);
	if (query == NULL || !hft_s3_compose(call, request, "GET", uri, query))
		return false;
	request->response_limit = HFT_BEDROCK_LIST_LIMIT;
	return true;
}

/* ---- answers ---- */

/* The document's root as an object; NULL when it is not the one named. */
static json_t *
read_root(const HftResponse *response, const char *root)
{
	const char *start = response->body + strspn(response->body, " \t\r\n");
	const char *problem;
	json_t	   *document;
	json_t	   *object;

	if (*start != '<')
		return NULL;
	document = hft_xml_parse(response->body, response->body_length, lists,
							 &problem);
	object = json_incref(hft_pick_object(document, root));
	json_decref(document);
	return object;
}

/* The store's error as {"code", "message"}; NULL when it sent none. */
static json_t *
read_error(const HftCall *call, const HftResponse *response)
{
	json_t	   *root = read_root(response, "Error");
	json_t	   *error = NULL;

	if (root != NULL)
		error = json_pack("{s:s*, s:s*}",
						  "code", hft_pick_id(call->arena, root, "Code"),
						  "message", hft_pick_text(call->arena, root,
												   "Message"));
	json_decref(root);
	return error;
}

/*
 * A success may carry an error, found out after the status had to be sent;
 * a redirect is one if it says so in XML: another region has the bucket.
 */
bool
hft_s3_is_success(const HftCall *call, const HftResponse *response,
				  HftOutcome *outcome)
{
	HftResponse shown = *response;
	json_t	   *error = read_error(call, response);

	if (error == NULL && response->status >= 200 && response->status < 300)
		return true;
	if (error != NULL && response->status < 400)
		shown.status = 400;
	hft_classify(call, &shown, error, rules, outcome);

	/* what is said inside of a success came after the work had begun */
	if (response->status < 300)
		outcome->proof_not_done = false;
	json_decref(error);
	return false;
}

json_t *
hft_s3_open(const HftCall *call, const HftResponse *response,
			const char *root, HftOutcome *outcome)
{
	json_t	   *object;

	if (!hft_s3_is_success(call, response, outcome))
		return NULL;
	object = read_root(response, root);
	if (object == NULL)
		hft_outcome_fail(outcome, HFT_ERROR_NOT_PROVIDER,
						 "Something else than S3 answered.",
						 "Check s3_base_url and any proxy on the way.");
	return object;
}

const json_t *
hft_s3_find(const json_t *listing, const char *uri)
{
	size_t		length;
	const char *key = split_uri(uri, &length);
	size_t		i;
	json_t	   *object;

	json_array_foreach(hft_pick_array(listing, "Contents"), i, object)
	{
		const char *theirs = hft_pick_word(object, "Key");

		if (key != NULL && theirs != NULL && strcmp(theirs, key) == 0)
			return object;
	}
	return NULL;
}

int64_t
hft_s3_count(const json_t *object, const char *name)
{
	const char *digits = hft_pick_word(object, name);

	if (digits == NULL || *digits == '\0' || strlen(digits) > 18 ||
		strspn(digits, "0123456789") != strlen(digits))
		return HFT_UNKNOWN;
	return strtoll(digits, NULL, 10);
}

bool
hft_s3_is_error(const HftOutcome *outcome, const char *code)
{
	return outcome->progress == HFT_FAILED && outcome->code != NULL &&
		strcmp(outcome->code, code) == 0;
}
