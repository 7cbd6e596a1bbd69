/*-------------------------------------------------------------------------
 *
 * token.c
 *	  Reading the answer of an OAuth 2 token endpoint (RFC 6749, 5).
 *
 * The endpoint judges the key, so whatever it refuses is the credential's
 * fault, unless it passes by itself.
 *
 *-------------------------------------------------------------------------
 */
#include "provider/token.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "provider/answer.h"

#define LIFETIME_MAX (7 * 86400)

/* In seconds; a number, or its digits in a string, as some services write. */
static int64_t
pick_lifetime(const json_t *body)
{
	int64_t		lifetime = hft_pick_int(body, "expires_in", 1, LIFETIME_MAX);
	const char *digits = hft_pick_word(body, "expires_in");

	if (digits != NULL && *digits != '\0' && strlen(digits) <= 6 &&
		strspn(digits, "0123456789") == strlen(digits))
		lifetime = strtol(digits, NULL, 10);
	return lifetime > 0 && lifetime <= LIFETIME_MAX ? lifetime : HFT_UNKNOWN;
}

static bool
is_bearer(const char *token)
{
	for (; *token != '\0'; token++)
	{
		if (*token <= ' ' || *token >= 0x7f)
			return false;
	}
	return true;
}

/* {"error": "invalid_grant", "error_description": "..."}, or less. */
static void
read_refusal(const HftCall *call, const HftResponse *response,
			 const json_t *body, HftOutcome *outcome)
{
	bool		passes = response->status >= 500 || response->status == 408;
	const char *words = hft_pick_text(call->arena, body, "error_description");

	if (words == NULL)
		words = hft_arena_printf(call->arena, "The token service answered "
								 "HTTP %d.", response->status);
	hft_outcome_fail(outcome, passes ? HFT_ERROR_TRANSIENT :
					 response->status == 429 ? HFT_ERROR_RATE_LIMITED :
					 HFT_ERROR_CREDENTIAL, words, NULL);
	outcome->code = hft_pick_id(call->arena, body, "error");
	outcome->retry_after_ms = hft_answer_retry_ms(response, call->now);
}

static bool
read_grant(const HftCall *call, const json_t *body, HftTokenGrant *grant,
		   HftOutcome *outcome)
{
	const char *type = hft_pick_word(body, "token_type");
	const char *token = hft_pick_word(body, "access_token");

	grant->token = hft_arena_strdup(call->arena, token);
	grant->lifetime_s = pick_lifetime(body);
	if (grant->token != NULL && *grant->token != '\0' &&
		is_bearer(grant->token) && grant->lifetime_s != HFT_UNKNOWN &&
		(type == NULL || strcasecmp(type, "bearer") == 0))
		return true;
	hft_outcome_fail(outcome, HFT_ERROR_BAD_ANSWER, "The token service's "
					 "answer has no usable token or lifetime.", NULL);
	return false;
}

bool
hft_token_read(const HftCall *call, const HftResponse *response,
			   HftTokenGrant *grant, HftOutcome *outcome)
{
	const char *problem;
	json_t	   *body = hft_json_parse(response->body, response->body_length,
									  &problem);
	bool		granted = false;

	if (response->status < 200 || response->status > 299)
		read_refusal(call, response, body, outcome);
	else if (!json_is_object(body))
		hft_outcome_fail(outcome, HFT_ERROR_NOT_PROVIDER, "The answer of the "
						 "token service is no JSON object.", NULL);
	else
		granted = read_grant(call, body, grant, outcome);
	json_decref(body);
	return granted;
}
