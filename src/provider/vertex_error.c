/*-------------------------------------------------------------------------
 *
 * vertex_error.c
 *	  What Google says when it refuses, in its own ways.
 *
 * Vertex answers with google.rpc.Status, Cloud Storage with its own object
 * or with plain text, and the front end of both with a page of HTML when an
 * address does not exist at this host.
 *
 *-------------------------------------------------------------------------
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "provider/vertex.h"

#define MS_PER_S 1000

const HftErrorRule hft_vertex_rules[] = {
	{403, NULL, "has not been used", HFT_ERROR_REFUSED, 0,
	"Enable the API aiplatform.googleapis.com in the project, wait some "
	"minutes, then call hft.retry_job()."},

	/* 403 is a missing right; another key would rarely have it */
	{403, NULL, NULL, HFT_ERROR_REFUSED, 0,
	"The account needs roles/aiplatform.user on the project and "
	"roles/storage.objectUser on the bucket; then call hft.retry_job()."},
	{400, NULL, "adapter size", HFT_ERROR_REFUSED, 0,
	"Which sizes a base model allows depends on the model and the region."},
	{400, NULL, "JSONL", HFT_ERROR_REFUSED, 0,
	"hft.check_dataset() names the examples at fault."},
	{499, NULL, NULL, HFT_ERROR_TRANSIENT, 0, NULL},
	{0, NULL, NULL, HFT_ERROR_NONE, 0, NULL}
};

/* The page of Google's front end for an address it does not know. */
static bool
is_front_end_page(const HftResponse *response)
{
	return response->status == 404 && response->content_type != NULL &&
		strncasecmp(response->content_type, "text/html", 9) == 0 &&
		strstr(response->body, "Error 404 (Not Found)") != NULL;
}

/* "12s", "0.5s" of a RetryInfo; HFT_UNKNOWN. */
static int64_t
delay_in(const json_t *detail)
{
	const char *text = hft_pick_word(detail, "retryDelay");
	char	   *end;
	double		seconds;

	if (text == NULL || *text < '0' || *text > '9')
		return HFT_UNKNOWN;
	seconds = strtod(text, &end);
	if (strcmp(end, "s") != 0 || !(seconds > 0))
		return HFT_UNKNOWN;
	return seconds * MS_PER_S > HFT_RETRY_MAX_MS ? HFT_RETRY_MAX_MS :
		(int64_t) (seconds * MS_PER_S);
}

/* Field violations say what the message leaves out. */
static void
add_violations(const HftCall *call, const json_t *detail, HftOutcome *outcome)
{
	size_t		i;
	json_t	   *violation;

	json_array_foreach(hft_pick_array(detail, "fieldViolations"), i,
					   violation)
	{
		const char *field = hft_pick_word(violation, "field");
		const char *why = hft_pick_word(violation, "description");

		if (field != NULL && why != NULL)
			outcome->message = hft_arena_printf(call->arena, "%s %s: %s",
												outcome->message, field, why);
	}
}

/* Vertex's word is the status, Cloud Storage's the reason. */
static void
read_details(const HftCall *call, const json_t *error, HftOutcome *outcome)
{
	const char *code = hft_pick_id(call->arena, error, "status");
	size_t		i;
	json_t	   *detail;

	if (code == NULL)
		code = hft_pick_id(call->arena,
						   json_array_get(hft_pick_array(error, "errors"), 0),
						   "reason");
	if (code != NULL)
		outcome->code = code;
	json_array_foreach(hft_pick_array(error, "details"), i, detail)
	{
		int64_t		delay = delay_in(detail);

		if (delay != HFT_UNKNOWN && outcome->retry_after_ms == HFT_UNKNOWN)
			outcome->retry_after_ms = delay;
		add_violations(call, detail, outcome);
	}
	outcome->bad_line = hft_line_in_text(outcome->message);
}

void
hft_vertex_refused(const HftCall *call, const HftResponse *response,
				   HftOutcome *outcome)
{
	const char *problem;
	json_t	   *body;

	if (is_front_end_page(response))
	{
		hft_outcome_fail(outcome, HFT_ERROR_LOST, "Nothing has this address "
						 "at this host.", "Location and host do not fit each "
						 "other: look at the options location and base_url "
						 "of the server.");
		outcome->code = "NOT_FOUND";
		outcome->proof_not_done = true;
		return;
	}
	(void) hft_answer_is_success(call, response, hft_vertex_rules, outcome);
	if (outcome->error == HFT_ERROR_NOT_PROVIDER)
		return;
	body = hft_json_parse(response->body, response->body_length, &problem);
	read_details(call, hft_pick_object(body, "error"), outcome);
	json_decref(body);
}

bool
hft_vertex_open(HftAnswer *answer, const HftCall *call,
				const HftResponse *response, HftOutcome *outcome)
{
	if (response->status < 200 || response->status > 299)
	{
		hft_vertex_refused(call, response, outcome);
		return false;
	}
	return hft_answer_open(answer, call, response, hft_vertex_rules, outcome);
}
