/*-------------------------------------------------------------------------
 *
 * vertex_token.c
 *	  From a Google credential to an access token.
 *
 * A credential is the JSON key file of a service account, whose private key
 * signs a request for a token (RFC 7523); or the word "metadata", which asks
 * the machine's metadata server, where a superuser allowed it; or an access
 * token itself, which signs as it is.
 *
 *-------------------------------------------------------------------------
 */
#include <string.h>

#include "provider/jwt.h"
#include "provider/vertex.h"

#define TOKEN_URL "https://oauth2.googleapis.com/token"
#define SCOPE "https://www.googleapis.com/auth/cloud-platform"
#define METADATA_PATH \
	"/computeMetadata/v1/instance/service-accounts/default/token?scopes=" SCOPE
#define LIFETIME_S 3600
#define SKEW_S 30				/* our clock may be ahead of theirs */

typedef enum Kind
{
	KIND_TOKEN,
	KIND_KEY_FILE,
	KIND_METADATA
} Kind;

static Kind
kind_of(const char *secret)
{
	if (strcmp(secret, "metadata") == 0)
		return KIND_METADATA;
	return secret[strspn(secret, " \t\r\n")] == '{' ? KIND_KEY_FILE :
		KIND_TOKEN;
}

/* One scope opens all three hosts. */
static const char *
audience(const HftServerFacts *server, const char *secret,
		 const HftRequest *request)
{
	return kind_of(secret) == KIND_TOKEN ? NULL : "cloud-platform";
}

/* ---- service account ---- */

/*
 * NULL when the key file can be used.  It does not choose where it is sent:
 * an address in it must be the one we go to anyway (F34).
 */
static const char *
check_key(const json_t *key, const char *token_url)
{
	const char *type = hft_pick_word(key, "type");
	const char *uri = hft_pick_word(key, "token_uri");
	const char *universe = hft_pick_word(key, "universe_domain");

	if (type == NULL || strcmp(type, "service_account") != 0)
		return "The key file is not that of a service account.";
	if (hft_pick_word(key, "private_key") == NULL ||
		hft_pick_word(key, "client_email") == NULL)
		return "The key file lacks private_key or client_email.";
	if (uri != NULL && strcmp(uri, token_url) != 0)
		return "The key file names another token_uri than the server's "
			"option token_url.";
	if (universe != NULL && strcmp(universe, "googleapis.com") != 0)
		return "The key file belongs to another cloud than googleapis.com.";
	return NULL;
}

static const char *
sign_assertion(const HftCall *call, const json_t *key, const char *token_url,
			   const char **problem)
{
	json_t	   *header = json_pack("{s:s, s:s, s:s*}", "alg", "RS256",
								   "typ", "JWT", "kid",
								   hft_pick_word(key, "private_key_id"));
	json_t	   *claims;
	json_int_t	issued = call->now - SKEW_S;
	const char *assertion = NULL;

	claims = json_pack("{s:s, s:s, s:s, s:I, s:I}",
					   "iss", hft_pick_word(key, "client_email"),
					   "scope", SCOPE, "aud", token_url, "iat", issued,
					   "exp", issued + LIFETIME_S);
	*problem = "There is no memory to sign the token request.";
	if (header != NULL && claims != NULL)
		assertion = hft_jwt_rs256(call->arena,
								  hft_json_text(call->arena, header),
								  hft_json_text(call->arena, claims),
								  hft_pick_word(key, "private_key"), problem);
	json_decref(header);
	json_decref(claims);
	return assertion;
}

/* The JSON library frees without wiping. */
static void
wipe_key(json_t *key)
{
	json_t	   *private = json_object_get(key, "private_key");

	if (json_is_string(private))
		explicit_bzero((char *) json_string_value(private),
					   json_string_length(private));
	json_decref(key);
}

static bool
ask_token_service(const HftCall *call, const char *secret,
				  HftRequest *request, HftOutcome *outcome)
{
	const char *option = hft_server_option(call, "token_url");
	const char *url = option ? option : TOKEN_URL;
	const char *problem;
	const char *assertion = NULL;
	const char *body;
	json_t	   *key = hft_json_parse(secret, strlen(secret), &problem);

	problem = check_key(key, url);
	if (problem == NULL)
		assertion = sign_assertion(call, key, url, &problem);
	wipe_key(key);
	if (assertion == NULL)
		return hft_outcome_refuse(outcome, problem, "Put the JSON key file "
								  "of a service account into "
								  "hft.secret_directory.");
	body = hft_arena_printf(call->arena, "grant_type=urn%%3Aietf%%3Aparams%%"
							"3Aoauth%%3Agrant-type%%3Ajwt-bearer&"
							"assertion=%s", assertion);
	hft_request_init(request, "POST", url);
	hft_request_body(request, "application/x-www-form-urlencoded", body,
					 body ? strlen(body) : 0);
	return hft_outcome_ready(outcome, call);
}

/* ---- metadata server ---- */

static bool
ask_metadata_server(const HftCall *call, HftRequest *request,
					HftOutcome *outcome)
{
	const char *url = hft_server_option(call, "metadata_url");

	if (url == NULL)
		return hft_outcome_refuse(outcome, "The server does not allow the "
								  "machine's own account.", "A superuser "
								  "allows it with the server option "
								  "metadata_url.");
	hft_compose(request, call, "GET", url, "%s", METADATA_PATH);
	(void) hft_request_header(request, "Metadata-Flavor", "Google");
	return hft_outcome_ready(outcome, call);
}

static bool
token_request(const HftCall *call, const char *secret, const char *name,
			  HftRequest *request, HftOutcome *outcome)
{
	if (kind_of(secret) == KIND_METADATA)
		return ask_metadata_server(call, request, outcome);
	return ask_token_service(call, secret, request, outcome);
}

const HftTokenSource hft_vertex_tokens = {
	.audience = audience,
	.request = token_request,
	.response = hft_token_read
};
