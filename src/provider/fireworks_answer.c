/*-------------------------------------------------------------------------
 *
 * fireworks_answer.c
 *	  What the answers of Fireworks have in common: errors, money, status.
 *
 * Errors of the control plane are google.rpc.Status: a number, a message that
 * may be empty, and details of which one may have a reason.  Those of the
 * inference plane are OpenAI's.  Whole numbers of 64 bits come as texts.
 *
 *-------------------------------------------------------------------------
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "provider/fireworks.h"

#define NANO INT64_C(1000000000)
#define MAX_UNITS INT64_C(1000000000)
#define QUOTA_WAIT_MS (INT64_C(120) * 1000)

const HftErrorRule hft_fireworks_rules[] = {
	{401, NULL, NULL, HFT_ERROR_CREDENTIAL, 0, NULL},
	{403, NULL, NULL, HFT_ERROR_CREDENTIAL, 0,
	"The key may not act for the account that the server option account_id "
	"names: set the one or the other right."},
	{402, NULL, NULL, HFT_ERROR_LIMIT, 0,
	"See to the account's payment, then call hft.retry_job()."},
	{412, NULL, NULL, HFT_ERROR_LIMIT, 0,
	"The account is suspended, its payment is missing, or the hardware is "
	"not to be had; see to it, then call hft.retry_job()."},
	{429, NULL, "quota", HFT_ERROR_RATE_LIMITED, QUOTA_WAIT_MS,
	"The account's quota is used up; the platform's page raises it."},
	{499, NULL, NULL, HFT_ERROR_TRANSIENT, 0, NULL},
	{0, NULL, NULL, HFT_ERROR_NONE, 0, NULL}
};

/* google.rpc.Code by its number */
static const char *const rpc_codes[] = {
	"OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED",
	"NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED",
	"FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED",
	"INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED"
};

#define RPC_CODES ((int64_t) (sizeof(rpc_codes) / sizeof(rpc_codes[0])))

/* The first reason among the details: finer than the code. */
static const char *
pick_reason(const HftCall *call, const json_t *body)
{
	size_t		i;
	json_t	   *detail;

	json_array_foreach(hft_pick_array(body, "details"), i, detail)
	{
		const char *reason = hft_pick_id(call->arena, detail, "reason");

		if (reason != NULL)
			return reason;
	}
	return NULL;
}

/* Documented rejections; what may pass by itself proves nothing (R29). */
static bool
is_rejection(int status)
{
	return status >= 400 && status < 500 && status != 408 && status != 499;
}

/*
 * Put google.rpc's words into a failure that only the status has judged.  A
 * code of that list is the platform's own word, even without any message.
 */
static void
explain(const HftCall *call, const HftResponse *response, HftOutcome *outcome)
{
	const char *problem;
	json_t	   *body = hft_json_parse(response->body, response->body_length,
									  &problem);
	int64_t		code = hft_pick_int(body, "code", 1, RPC_CODES - 1);

	if (code != HFT_UNKNOWN)
	{
		const char *reason = pick_reason(call, body);

		outcome->code = reason ? reason : rpc_codes[code];
		outcome->proof_not_done = is_rejection(response->status);
		if (outcome->message == NULL || *outcome->message == '\0' ||
			hft_pick_word(body, "message") == NULL)
			outcome->message = hft_arena_printf(call->arena,
												"The platform answered %s "
												"(HTTP %d).", rpc_codes[code],
												response->status);
	}
	json_decref(body);
}

bool
hft_fireworks_open(HftAnswer *answer, const HftCall *call,
				   const HftResponse *response, HftOutcome *outcome)
{
	if (hft_answer_open(answer, call, response, hft_fireworks_rules, outcome))
		return true;
	if (response->status >= 400)
		explain(call, response, outcome);
	return false;
}

bool
hft_fireworks_succeeded(const HftCall *call, const HftResponse *response,
						HftOutcome *outcome)
{
	if (hft_answer_is_success(call, response, hft_fireworks_rules, outcome))
		return true;
	if (response->status >= 400)
		explain(call, response, outcome);
	return false;
}

bool
hft_fireworks_is_taken(const HftOutcome *outcome)
{
	return outcome->progress == HFT_FAILED && outcome->code != NULL &&
		strcmp(outcome->code, "ALREADY_EXISTS") == 0;
}

/* ---- numbers ---- */

/* An int64 as proto3 writes it, a text; some servers write a number. */
static int64_t
pick_long(const json_t *object, const char *key)
{
	const char *word = hft_pick_word(object, key);
	char	   *end;
	long long	value;

	if (word == NULL)
		return hft_pick_count(object, key);
	if (*word == '\0' || strlen(word) > 18)
		return HFT_UNKNOWN;
	value = strtoll(word, &end, 10);
	return *end == '\0' && value >= 0 ? value : HFT_UNKNOWN;
}

/* Members that are zero may be left out; both left out is no price. */
int64_t
hft_fireworks_money(const json_t *object, const char *key)
{
	const json_t *money = hft_pick_object(object, key);
	const char *currency = hft_pick_word(money, "currencyCode");
	int64_t		units = pick_long(money, "units");
	int64_t		nanos = hft_pick_int(money, "nanos", 0, NANO - 1);

	if ((units == HFT_UNKNOWN && nanos == HFT_UNKNOWN) || units > MAX_UNITS ||
		(currency != NULL && *currency != '\0' &&
		 strcmp(currency, "USD") != 0))
		return HFT_UNKNOWN;
	return (units == HFT_UNKNOWN ? 0 : units) * NANO +
		(nanos == HFT_UNKNOWN ? 0 : nanos);
}

/* ---- status ---- */

/*
 * {code, message} inside a resource, where the code is a name.  A base model
 * that was deprecated fails late and with INTERNAL alone.
 */
void
hft_fireworks_read_status(const HftCall *call, const json_t *resource,
						  HftOutcome *outcome)
{
	const json_t *status = hft_pick_object(resource, "status");
	const char *code = hft_pick_id(call->arena, status, "code");
	const char *message = hft_pick_text(call->arena, status, "message");

	if (code != NULL && strcmp(code, "OK") != 0)
		outcome->code = code;
	if (message != NULL && *message != '\0')
		outcome->message = message;
	outcome->bad_line = hft_line_in_text(message);
	if (code != NULL && strcmp(code, "INTERNAL") == 0)
		outcome->hint = "The base model may have been deprecated; else call "
			"hft.retry_job().";
	else if (code != NULL && strcmp(code, "INVALID_ARGUMENT") == 0)
		outcome->hint = "The data or the settings are at fault: "
			"hft.check_dataset() names examples.";
}
