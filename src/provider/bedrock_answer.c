/*-------------------------------------------------------------------------
 *
 * bedrock_answer.c
 *	  Errors of AWS's JSON services in the shape that classify.c reads.
 *
 * The kind of an error is in a header, or in the body as __type or code; the
 * message is spelled in two ways.
 *
 *-------------------------------------------------------------------------
 */
#include <string.h>

#include "provider/bedrock.h"
#include "provider/classify.h"

#define RIGHTS "Give the caller the rights that the platform's page in the " \
	"documentation lists (also iam:PassRole on the role), then call " \
	"hft.retry_job()."
#define KEYS "Put a valid key into the key file."

/*
 * 403 is the key's fault only where the error says so: a missing right is
 * mended in IAM, and the key stays as it is.
 */
const HftErrorRule hft_bedrock_rules[] = {
	{0, "ThrottlingException", NULL, HFT_ERROR_RATE_LIMITED, 0, NULL},
	{0, "TooManyRequestsException", NULL, HFT_ERROR_RATE_LIMITED, 0, NULL},
	{0, "RequestLimitExceeded", NULL, HFT_ERROR_RATE_LIMITED, 0, NULL},
	{0, "SlowDown", NULL, HFT_ERROR_RATE_LIMITED, 0, NULL},
	{0, "ServiceQuotaExceededException", NULL, HFT_ERROR_LIMIT, 0,
	"Raise the quota (Service Quotas), or free some of it, then call "
	"hft.retry_job()."},
	{0, "ModelNotReadyException", NULL, HFT_ERROR_TRANSIENT, 0, NULL},
	{0, "ModelErrorException", NULL, HFT_ERROR_TRANSIENT, 0, NULL},
	{0, "ModelTimeoutException", NULL, HFT_ERROR_TRANSIENT, 0, NULL},
	{0, "AccessDeniedException", NULL, HFT_ERROR_LIMIT, 0, RIGHTS},
	{0, "UnrecognizedClientException", NULL, HFT_ERROR_CREDENTIAL, 0, KEYS},
	{0, "InvalidSignatureException", "expired", HFT_ERROR_TRANSIENT, 0,
	"Compare the server's clock with the right time: AWS bears 5 minutes."},
	{0, "InvalidSignatureException", NULL, HFT_ERROR_CREDENTIAL, 0,
	"The secret key does not belong to the access key, or the region is "
	"another one."},
	{0, "IncompleteSignature", NULL, HFT_ERROR_CREDENTIAL, 0, KEYS},
	{0, "MissingAuthenticationToken", NULL, HFT_ERROR_CREDENTIAL, 0, KEYS},
	{0, "MissingAuthenticationTokenException", NULL, HFT_ERROR_CREDENTIAL, 0,
	KEYS},
	{0, "ExpiredTokenException", NULL, HFT_ERROR_CREDENTIAL, 0,
	"The session token has expired: put a new one into the key file."},
	{0, "ExpiredToken", NULL, HFT_ERROR_CREDENTIAL, 0,
	"The session token has expired: put a new one into the key file."},
	{0, "ConflictException", NULL, HFT_ERROR_REFUSED, 0, NULL},
	{0, "ResourceInUseException", NULL, HFT_ERROR_REFUSED, 0, NULL},
	{0, NULL, NULL, HFT_ERROR_NONE, 0, NULL}
};

/* "aws.namespace#ValidationException:http://..." without what is around it */
static const char *
plain_kind(HftArena *arena, const char *kind)
{
	const char *mark = kind ? strchr(kind, '#') : NULL;
	size_t		length;

	if (mark != NULL)
		kind = mark + 1;
	length = kind ? strcspn(kind, ": \t") : 0;
	return length > 0 && length <= HFT_ID_LIMIT ?
		hft_arena_strndup(arena, kind, length) : NULL;
}

/* The error as {"code", "message"}; NULL when AWS did not write it. */
static json_t *
read_error(const HftCall *call, const HftResponse *response)
{
	const char *problem;
	json_t	   *body = hft_json_parse(response->body, response->body_length,
									  &problem);
	const char *kind = hft_response_header(response, "x-amzn-ErrorType");
	const char *message = hft_pick_text(call->arena, body, "message");
	json_t	   *error = NULL;

	if (message == NULL)
		message = hft_pick_text(call->arena, body, "Message");
	if (kind == NULL)
		kind = hft_pick_id(call->arena, body, "__type");
	if (kind == NULL)
		kind = hft_pick_id(call->arena, body, "code");
	kind = plain_kind(call->arena, kind);
	if (kind != NULL || message != NULL)
		error = json_pack("{s:s*, s:s*}", "code", kind, "message", message);
	json_decref(body);
	return error;
}

bool
hft_bedrock_is_success(const HftCall *call, const HftResponse *response,
					   HftOutcome *outcome)
{
	json_t	   *error;

	if (response->status >= 200 && response->status < 300)
		return true;
	error = read_error(call, response);
	hft_classify(call, response, error, hft_bedrock_rules, outcome);
	json_decref(error);
	return false;
}

bool
hft_bedrock_open(HftAnswer *answer, const HftCall *call,
				 const HftResponse *response, HftOutcome *outcome)
{
	return hft_bedrock_is_success(call, response, outcome) &&
		hft_answer_open(answer, call, response, hft_bedrock_rules, outcome);
}
