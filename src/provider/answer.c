/*-------------------------------------------------------------------------
 *
 * answer.c
 *	  From an HTTP answer to JSON, or to an error in our own words.
 *
 *-------------------------------------------------------------------------
 */
#include "provider/answer.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "provider/classify.h"

/* ---- outcomes ---- */

/* Keep a cursor, which is taken over, whatever the progress. */
void
hft_outcome_save(HftOutcome *outcome, const HftCall *call, json_t *cursor)
{
	outcome->cursor = hft_json_text(call->arena, cursor);
	json_decref(cursor);

	/* going on without a cursor would begin the operation again (F10) */
	if (outcome->cursor == NULL)
		hft_outcome_fail(outcome, HFT_ERROR_MEMORY,
						 "There is no memory to go on.", NULL);
}

/* The operation goes on at once with this cursor. */
void
hft_outcome_more(HftOutcome *outcome, const HftCall *call, json_t *cursor)
{
	outcome->progress = HFT_MORE;
	hft_outcome_save(outcome, call, cursor);
}

/* The operation goes on with this cursor, but not before wait_ms. */
void
hft_outcome_wait(HftOutcome *outcome, const HftCall *call, json_t *cursor,
				 int64_t wait_ms)
{
	outcome->progress = HFT_WAIT;
	outcome->wait_ms = wait_ms;
	hft_outcome_save(outcome, call, cursor);
}

/*
 * A failure in our own words; proof, code and delay are the caller's to add.
 */
void
hft_outcome_fail(HftOutcome *outcome, HftErrorClass error,
				 const char *message, const char *hint)
{
	outcome->progress = HFT_FAILED;
	outcome->error = error;
	outcome->message = message;
	outcome->hint = hint;
}

/*
 * A search for a file ends with this one.  A file without a usable id was not
 * found: it is sent again, which is litter and no harm.
 */
void
hft_outcome_found(HftOutcome *outcome, const HftCall *call,
				  const json_t *file, const char *state)
{
	HftFound   *found = hft_arena_alloc(call->arena, sizeof(HftFound));

	if (found == NULL)
		return;
	found->id = hft_pick_id(call->arena, file, "id");
	found->state = state;
	found->at_ms = hft_pick_time(file, "created_at");
	if (found->id == NULL)
		return;
	outcome->found = found;
	outcome->nfound = 1;
	outcome->remote_id = found->id;
	outcome->remote_state = state;
}

/* What is refused before it is sent was certainly not done. */
bool
hft_outcome_refuse(HftOutcome *outcome, const char *message,
				   const char *hint)
{
	hft_outcome_fail(outcome, HFT_ERROR_REFUSED, message, hint);
	outcome->proof_not_done = true;
	return false;
}

/*
 * Asked once, at the end: the arena's failure is sticky, so no step before
 * needs to look.
 */
bool
hft_outcome_ready(HftOutcome *outcome, const HftCall *call)
{
	if (!hft_arena_failed(call->arena))
		return true;
	hft_outcome_fail(outcome, HFT_ERROR_MEMORY,
					 "The request is too large.", NULL);
	outcome->proof_not_done = true;
	return false;
}

/* ---- opening and closing ---- */

/*
 * JSON by its type, or by its looks where no type is given.  A proxy's page
 * with status 200 must never be read as success (F33).
 */
static bool
is_json_type(const HftResponse *response)
{
	const char *type = response->content_type;
	size_t		length;

	if (type == NULL || *type == '\0')
		return response->body_length == 0 || response->body[0] != '<';
	length = strcspn(type, "; \t");
	if (length >= 5 && strncasecmp(type + length - 5, "+json", 5) == 0)
		return true;
	return (length == 16 && strncasecmp(type, "application/json", 16) == 0)
		|| (length == 9 && strncasecmp(type, "text/json", 9) == 0);
}

/* The error body as JSON, or NULL. */
static json_t *
read_error_body(const HftResponse *response)
{
	const char *problem;

	if (!is_json_type(response))
		return NULL;
	return hft_json_parse(response->body, response->body_length, &problem);
}

/*
 * Status first (R25): the body of a failure is read for its error object
 * only, and never as data.
 */
bool
hft_answer_is_success(const HftCall *call, const HftResponse *response,
					  const HftErrorRule *rules, HftOutcome *outcome)
{
	json_t	   *body;

	if (response->status >= 200 && response->status < 300)
		return true;
	body = read_error_body(response);
	hft_classify(call, response, body, rules, outcome);
	json_decref(body);
	return false;
}

/*
 * Deleting twice must end as deleting once: a worker that died between the
 * answer and its record asks again (K16).
 */
void
hft_answer_deleted(const HftCall *call, const HftResponse *response,
				   const HftErrorRule *rules, HftOutcome *outcome)
{
	(void) hft_answer_is_success(call, response, rules, outcome);
	if (outcome->error == HFT_ERROR_LOST)
		hft_outcome_init(outcome);
}

/*
 * Content type before size, size before parsing (R25).  An answer of 200 that
 * is no object of JSON leaves the effect in doubt: nothing here sets
 * proof_not_done.
 */
bool
hft_answer_open(HftAnswer *answer, const HftCall *call,
				const HftResponse *response, const HftErrorRule *rules,
				HftOutcome *outcome)
{
	const char *problem = "The answer is not a JSON object.";

	if (!hft_answer_is_success(call, response, rules, outcome))
		return false;
	if (!is_json_type(response))
	{
		hft_outcome_fail(outcome, HFT_ERROR_NOT_PROVIDER,
						 "Something else than the platform answered.",
						 "Check base_url and any proxy on the way.");
		return false;
	}
	answer->root = hft_json_parse(response->body, response->body_length,
								  &problem);
	if (!json_is_object(answer->root))
	{
		json_decref(answer->root);
		hft_outcome_fail(outcome, HFT_ERROR_BAD_ANSWER, problem ? problem :
						 "The answer is not a JSON object.", NULL);
		return false;
	}
	answer->cursor = hft_json_object(call->cursor);
	return true;
}

/*
 * Everything taken out of the answer was copied into the arena, so the JSON
 * can go.  Half an answer is none: an arena that gave out turns whatever was
 * read into a failure.
 */
void
hft_answer_close(HftAnswer *answer, const HftCall *call, HftOutcome *outcome)
{
	json_decref(answer->root);
	json_decref(answer->cursor);
	if (hft_arena_failed(call->arena))
		hft_outcome_fail(outcome, HFT_ERROR_MEMORY,
						 "The answer is too large.", NULL);
}

/* ---- texts of validation ---- */

/* The number right behind one of the words, at "text"; or HFT_UNKNOWN. */
static int64_t
number_after_word(const char *text)
{
	static const char *const words[] = {"example", "line", "row", NULL};

	for (int i = 0; words[i] != NULL; i++)
	{
		size_t		length = strlen(words[i]);
		const char *digits = text + length;

		if (strncasecmp(text, words[i], length) != 0)
			continue;
		digits += strspn(digits, " #:");
		if (isdigit((unsigned char) *digits) && strspn(digits, "0123456789") < 12)
			return strtoll(digits, NULL, 10);
	}
	return HFT_UNKNOWN;
}

/*
 * The first number behind one of the words, anywhere in the text.  Lines are
 * counted from 1, as the platforms do.
 */
int64_t
hft_line_in_text(const char *text)
{
	int64_t		line = HFT_UNKNOWN;

	for (const char *at = text; at != NULL && *at != '\0'; at++)
	{
		/* only whole words: "baseline 3" is none */
		if (at > text && isalpha((unsigned char) at[-1]))
			continue;
		line = number_after_word(at);
		if (line > 0)
			return line;
	}
	return HFT_UNKNOWN;
}
