/*-------------------------------------------------------------------------
 *
 * signer.c
 *	  Pure functions that turn credentials into headers.
 *
 * A platform is a row of the table; how it signs is a function.  Requests
 * that go to a signed URL carry no credential at all: the storage behind it
 * belongs to somebody else (P5).
 *
 *-------------------------------------------------------------------------
 */
#include "provider/signer.h"

#include <string.h>

#include "provider/azure.h"
#include "provider/bedrock.h"

typedef const char *(*SignFunction) (const HftServerFacts *server,
									 HftRequest *request,
									 const HftCredentials *credentials,
									 int64_t now, HftArena *arena);

/* Visible ASCII only: a line break would add a header (R26). */
static bool
is_token(const char *secret)
{
	for (const char *c = secret; *c != '\0'; c++)
	{
		if (*c <= ' ' || *c >= 0x7f)
			return false;
	}
	return *secret != '\0';
}

const char *
hft_sign_key(HftRequest *request, const char *header, const char *key)
{
	if (key == NULL || !is_token(key))
		return "The API key is empty or has a character that no key has.";
	if (!hft_request_header(request, header, key))
		return "The request has too many headers.";
	return NULL;
}

/* What signs is copied into the arena alone, which is wiped. */
const char *
hft_sign_bearer(const HftServerFacts *server, HftRequest *request,
				const HftCredentials *credentials, int64_t now,
				HftArena *arena)
{
	const char *bearer = credentials->token ? credentials->token :
		credentials->secret;
	char	   *value;

	if (bearer == NULL || !is_token(bearer))
		return "The API key is empty or has a character that no key has.";
	value = hft_arena_printf(arena, "Bearer %s", bearer);
	if (value == NULL)
		return "There is no memory to sign the request.";
	if (!hft_request_header(request, "Authorization", value))
		return "The request has too many headers.";
	return NULL;
}

static const struct
{
	const char *provider;
	SignFunction sign;
}			signers[] =
{
	{"azure", hft_azure_sign},
	{"fireworks", hft_sign_bearer},
	{"openai", hft_sign_bearer},
	{"openai_compatible", hft_sign_bearer},
	{"together", hft_sign_bearer},
	{"vertex", hft_sign_bearer},
	{"bedrock", hft_sign_bedrock},
	{NULL, NULL}
};

/* An unknown platform is an error, not an unsigned request. */
const char *
hft_sign_request(const HftServerFacts *server, HftRequest *request,
				 const HftCredentials *credentials, int64_t now,
				 HftArena *arena)
{
	if (request->auth == HFT_AUTH_NONE)
		return NULL;
	for (int i = 0; signers[i].provider != NULL; i++)
	{
		if (strcmp(signers[i].provider, server->provider) == 0)
			return signers[i].sign(server, request, credentials, now, arena);
	}
	return "There is no way to sign requests for this platform.";
}
