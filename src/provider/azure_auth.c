/*-------------------------------------------------------------------------
 *
 * azure_auth.c
 *	  API keys and Entra tokens for Azure OpenAI.
 *
 * A key file holds an API key, or a JSON object with a service principal
 * (tenant, client id and secret, in any of the spellings that Azure's own
 * tools write), and perhaps an api_key beside it.  The API key is enough for
 * everything but deployments: the resource manager takes tokens only.
 *
 *-------------------------------------------------------------------------
 */
#include <string.h>

#include "provider/azure.h"
#include "provider/token.h"

#define LOGIN_URL "https://login.microsoftonline.com"

typedef struct Principal
{
	const char *tenant;
	const char *client;
	const char *secret;
} Principal;

/* NULL when the key file is no JSON object, but a key. */
static json_t *
open_key(const char *secret)
{
	return secret != NULL && *secret == '{' ? hft_json_object(secret) : NULL;
}

/* The parser's copies of the secrets do not outlive the key (R37). */
static void
close_key(json_t *key)
{
	const char *name;
	json_t	   *value;

	json_object_foreach(key, name, value)
	{
		char	   *text = (char *) json_string_value(value);

		if (text != NULL)
			explicit_bzero(text, json_string_length(value));
	}
	json_decref(key);
}

/* The first of the names that the key has; NULL ends them. */
static const char *
pick_first(const json_t *key, const char *const *names)
{
	const char *found = NULL;

	for (; found == NULL && *names != NULL; names++)
		found = hft_pick_word(key, *names);
	return found;
}

static Principal
read_principal(const json_t *key)
{
	static const char *const tenants[] = {
		"tenant_id", "tenantId", "tenant", NULL
	};
	static const char *const clients[] = {
		"client_id", "clientId", "appId", NULL
	};
	static const char *const secrets[] = {
		"client_secret", "clientSecret", "password", NULL
	};

	return (Principal) {
		.tenant = pick_first(key, tenants),
		.client = pick_first(key, clients),
		.secret = pick_first(key, secrets)
	};
}

static bool
is_for_arm(const HftRequest *request)
{
	return request->audience != NULL &&
		strncmp(request->audience, HFT_AZURE_ARM,
				strlen(HFT_AZURE_ARM)) == 0;
}

/* ---- tokens ---- */

/* A key that can be used as it is needs no token. */
static const char *
name_audience(const HftServerFacts *server, const char *secret,
			  const HftRequest *request)
{
	json_t	   *key = open_key(secret);
	bool		needs_token = key != NULL &&
		(is_for_arm(request) || hft_pick_word(key, "api_key") == NULL);

	close_key(key);
	return needs_token ? request->audience : NULL;
}

/* client_id=...&client_secret=...&grant_type=...&scope=... */
static const char *
write_form(const HftCall *call, const Principal *principal,
		   const char *scope)
{
	return hft_arena_printf(call->arena, "client_id=%s&client_secret=%s&"
							"grant_type=client_credentials&scope=%s",
							hft_url_encode(call->arena, principal->client),
							hft_url_encode(call->arena, principal->secret),
							hft_url_encode(call->arena, scope));
}

/* POST {login}/{tenant}/oauth2/v2.0/token */
static void
compose_exchange(const HftCall *call, const Principal *principal,
				 const char *scope, HftRequest *request)
{
	const char *login = hft_server_option(call, "login_url");
	const char *form = write_form(call, principal, scope);

	hft_compose(request, call, "POST", login ? login : LOGIN_URL,
				"/%s/oauth2/v2.0/token",
				hft_url_encode(call->arena, principal->tenant));
	hft_request_body(request, "application/x-www-form-urlencoded", form,
					 form ? strlen(form) : 0);
}

static bool
token_request(const HftCall *call, const char *secret, const char *audience,
			  HftRequest *request, HftOutcome *outcome)
{
	const char *scope = strchr(audience, ' ') + 1;
	json_t	   *key = open_key(secret);
	Principal	principal = read_principal(key);
	bool		complete = principal.tenant != NULL &&
		principal.client != NULL && principal.secret != NULL;

	if (complete)
		compose_exchange(call, &principal, scope, request);
	close_key(key);
	if (!complete)
		return hft_outcome_refuse(outcome, "The key file lacks tenant_id, "
								  "client_id or client_secret.", NULL);
	return hft_outcome_ready(outcome, call);
}

const HftTokenSource hft_azure_tokens = {
	.audience = name_audience,
	.request = token_request,
	.response = hft_token_read
};

/* ---- signing ---- */

/* The API key, into the arena alone, which is wiped. */
static const char *
copy_api_key(const char *secret, HftArena *arena)
{
	json_t	   *key = open_key(secret);
	const char *copy = key == NULL ? hft_arena_strdup(arena, secret) :
		hft_arena_strdup(arena, hft_pick_word(key, "api_key"));

	close_key(key);
	return copy;
}

const char *
hft_azure_sign(const HftServerFacts *server, HftRequest *request,
			   const HftCredentials *credentials, int64_t now,
			   HftArena *arena)
{
	if (credentials->token != NULL)
		return hft_sign_bearer(server, request, credentials, now, arena);
	if (is_for_arm(request))
		return "Deployments need the key file of a service principal: a JSON "
			"object with tenant_id, client_id and client_secret.";
	return hft_sign_key(request, "api-key",
						copy_api_key(credentials->secret, arena));
}
