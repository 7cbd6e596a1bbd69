/*-------------------------------------------------------------------------
 *
 * classify.c
 *	  What an HTTP status and an error body mean for a job.
 *
 * Proof that nothing was done (R29) is given only by the platform itself: a
 * status that it documents as a rejection, with its error object in JSON.  A
 * proxy's page, a 408 and any 5xx prove nothing, whatever they say.
 *
 *-------------------------------------------------------------------------
 */
#include "provider/classify.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "provider/times.h"

#define MS_PER_S 1000

/* ---- Retry-After ---- */

/*
 * A delay as we obey it: at most an hour, so that a wrong clock at the
 * platform does not lose a job for ten years (F25).
 */
static int64_t
cap_retry(double ms)
{
	/* zero and less say nothing: our own backoff decides */
	if (!(ms > 0))
		return HFT_UNKNOWN;
	return ms > HFT_RETRY_MAX_MS ? HFT_RETRY_MAX_MS : (int64_t) ms;
}

/* A plain decimal number, or -1. */
static double
parse_delay(const char *text)
{
	char	   *end;
	double		value;

	while (*text == ' ')
		text++;
	if (!isdigit((unsigned char) *text) ||
		strspn(text, "0123456789. ") != strlen(text))
		return -1;
	value = strtod(text, &end);
	return end[strspn(end, " ")] == '\0' ? value : -1;
}

/*
 * The finer header first, as the platforms' own clients do; then seconds,
 * then a date, which is measured against our clock.
 */
int64_t
hft_answer_retry_ms(const HftResponse *response, int64_t now)
{
	const char *text = hft_response_header(response, "retry-after-ms");
	double		delay = text ? parse_delay(text) : -1;
	int64_t		date;

	if (delay > 0)
		return cap_retry(delay);
	text = hft_response_header(response, "retry-after");
	if (text == NULL)
		return HFT_UNKNOWN;
	delay = parse_delay(text);
	if (delay >= 0)
		return cap_retry(delay * MS_PER_S);
	date = hft_time_http(text);
	if (date == HFT_UNKNOWN)
		return HFT_UNKNOWN;
	return cap_retry(((double) date - (double) now) * MS_PER_S);
}

/* ---- error bodies ---- */

/* The platform's words: {"error":{...}}, {"error":"..."}, {"message":...}. */
typedef struct ErrorBody
{
	const char *code;
	const char *type;
	const char *message;
	const char *param;
} ErrorBody;

/* Fill in what is there; members stay NULL when the body is NULL, too. */
static void
read_error(const HftCall *call, const json_t *body, ErrorBody *error)
{
	const json_t *object = hft_pick_object(body, "error");

	memset(error, 0, sizeof(*error));
	if (object == NULL)
	{
		error->message = hft_pick_text(call->arena, body, "error");
		object = body;
	}
	if (error->message == NULL)
		error->message = hft_pick_text(call->arena, object, "message");
	if (error->message == NULL)
		error->message = hft_pick_text(call->arena, object, "detail");
	error->code = hft_pick_id(call->arena, object, "code");
	error->type = hft_pick_id(call->arena, object, "type");
	error->param = hft_pick_id(call->arena, object, "param");
}

/* Platforms put the same word now into code, now into type. */
static bool
is_code(const ErrorBody *error, const char *code)
{
	return (error->code != NULL && strcmp(error->code, code) == 0) ||
		(error->type != NULL && strcmp(error->type, code) == 0);
}

/* The first rule whose conditions all hold; NULL when the status decides. */
static const HftErrorRule *
find_rule(const HftErrorRule *rules, int status, const ErrorBody *error,
		  bool has_delay)
{
	for (; rules != NULL && rules->error != HFT_ERROR_NONE; rules++)
	{
		if (rules->status != 0 && rules->status != status)
			continue;
		if (rules->without_delay && has_delay)
			continue;
		if (rules->code != NULL && !is_code(error, rules->code))
			continue;
		if (rules->phrase != NULL &&
			(error->message == NULL ||
			 strcasestr(error->message, rules->phrase) == NULL))
			continue;
		return rules;
	}
	return NULL;
}

/* ---- status ---- */

/*
 * What a status means when the platform's code says nothing else.  401 and
 * 403 are about the key until a rule knows better: parking a server's jobs is
 * undone by a new key, a failed job by nobody (F27).
 */
static HftErrorClass
class_of_status(int status)
{
	switch (status)
	{
		case 401:
		case 403:
		case 407:
			return HFT_ERROR_CREDENTIAL;
		case 402:
			return HFT_ERROR_LIMIT;
		case 404:
		case 410:
			return HFT_ERROR_LOST;
		case 408:
		case 409:
		case 425:
			return HFT_ERROR_TRANSIENT;
		case 429:
			return HFT_ERROR_RATE_LIMITED;
		default:
			break;
	}
	if (status >= 500)
		return HFT_ERROR_TRANSIENT;
	return status >= 400 ? HFT_ERROR_REFUSED : HFT_ERROR_NOT_PROVIDER;
}

/* Statuses that the platforms document as "rejected, nothing done" (R29). */
static bool
is_rejection(int status)
{
	static const int rejections[] = {
		400, 401, 402, 403, 404, 409, 413, 415, 422, 429, 0
	};

	for (int i = 0; rejections[i] != 0; i++)
	{
		if (rejections[i] == status)
			return true;
	}
	return false;
}

/* The platform knows best whether to come back; it cannot know about 5xx. */
static HftErrorClass
obey_should_retry(const HftResponse *response, HftErrorClass error)
{
	const char *should = hft_response_header(response, "x-should-retry");

	if (should == NULL)
		return error;
	if (strcasecmp(should, "true") == 0 && error == HFT_ERROR_REFUSED)
		return HFT_ERROR_TRANSIENT;
	if (strcasecmp(should, "false") == 0 && error == HFT_ERROR_RATE_LIMITED)
		return HFT_ERROR_LIMIT;
	return error;
}

/* 3xx is never followed (R23, F34); a page instead of JSON is a stranger. */
static bool
is_stranger(const HftResponse *response, const json_t *body)
{
	if (response->status < 400)
		return true;
	if (response->status >= 500 || body != NULL)
		return false;
	return response->content_type != NULL &&
		strncasecmp(response->content_type, "text/html", 9) == 0;
}

/*
 * The platform's words go into the outcome as they are: whoever shows them
 * redacts them first (R41).
 */
void
hft_classify(const HftCall *call, const HftResponse *response,
			 const json_t *body, const HftErrorRule *rules,
			 HftOutcome *outcome)
{
	int64_t		delay_ms = hft_answer_retry_ms(response, call->now);
	ErrorBody	error;
	const HftErrorRule *rule;
	HftErrorClass class;

	if (is_stranger(response, body))
	{
		hft_outcome_fail(outcome, HFT_ERROR_NOT_PROVIDER,
						 hft_arena_printf(call->arena, "Something else than "
										  "the platform answered (HTTP %d).",
										  response->status),
						 "Check base_url and any proxy on the way.");
		return;
	}
	read_error(call, body, &error);
	rule = find_rule(rules, response->status, &error,
					 delay_ms != HFT_UNKNOWN);
	class = rule ? rule->error :
		obey_should_retry(response, class_of_status(response->status));
	hft_outcome_fail(outcome, class, error.message,
					 rule ? rule->hint : NULL);
	if (outcome->message == NULL)
		outcome->message = hft_arena_printf(call->arena, "HTTP status %d.",
											response->status);
	outcome->code = error.code ? error.code : error.type;
	if (outcome->code == NULL)
		outcome->code = hft_arena_printf(call->arena, "http_%d",
										 response->status);
	outcome->retry_after_ms = delay_ms;
	if (outcome->retry_after_ms == HFT_UNKNOWN && rule && rule->retry_ms > 0)
		outcome->retry_after_ms = rule->retry_ms;
	outcome->proof_not_done = is_rejection(response->status) &&
		(error.message != NULL || error.code != NULL);
	outcome->bad_line = hft_line_in_text(error.message);
}
