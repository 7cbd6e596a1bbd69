/*-------------------------------------------------------------------------
 *
 * vertex_upload.c
 *	  Sending a training file to Cloud Storage, resumably.
 *
 * A session is begun for an object that must not exist yet; its address
 * authorises by itself, so the parts go there without our token.  Parts are
 * multiples of 256 KiB but the last.  308 means "more", and its Range header
 * how much is kept, which may be less than was sent, or nothing.
 *
 * The cursor: stage ("put", "ask", "compare"), session, offset, tries (of
 * asking in a row), restarts.
 *
 *-------------------------------------------------------------------------
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "provider/vertex.h"

#define PART (INT64_C(16) * 1024 * 1024)
#define GRAIN (256 * 1024)
#define MAX_SESSION 8192
#define MAX_RESTARTS 3
#define MAX_TRIES 8
#define FIRST_WAIT_MS 1000
#define RESUME_INCOMPLETE 308

static bool
is_stage(const json_t *cursor, const char *stage)
{
	const char *word = hft_pick_word(cursor, "stage");

	return word != NULL && strcmp(word, stage) == 0;
}

static int64_t
count_of(const json_t *cursor, const char *name)
{
	int64_t		count = hft_pick_count(cursor, name);

	return count == HFT_UNKNOWN ? 0 : count;
}

/* ---- requests ---- */

/* POST .../o?uploadType=resumable: create only, whatever happened before. */
static bool
compose_begin(const HftCall *call, HftRequest *request, HftOutcome *outcome)
{
	const char *bucket = hft_vertex_bucket(call, outcome);
	const char *object = hft_vertex_object(call);

	if (bucket == NULL)
		return false;
	hft_compose(request, call, "POST", hft_vertex_storage(call),
				"/upload/storage/v1/b/%s/o?uploadType=resumable&"
				"ifGenerationMatch=0&name=%s",
				hft_url_encode(call->arena, bucket),
				hft_url_encode(call->arena, object));
	hft_compose_json(request, call,
					 json_pack("{s:s, s:{s:s}}", "contentType",
							   "application/jsonl", "metadata", "hft_sha256",
							   call->file->sha256));
	(void) hft_request_header(request, "X-Upload-Content-Type",
							  "application/jsonl");
	return hft_request_header(request, "X-Upload-Content-Length",
							  hft_arena_printf(call->arena, "%" PRId64,
											   call->file->bytes));
}

/* PUT to the session: a part, or with no bytes the question what is kept. */
static bool
compose_put(const HftCall *call, HftRequest *request, const json_t *cursor)
{
	int64_t		total = call->file->bytes;
	int64_t		offset = count_of(cursor, "offset");
	int64_t		length = total - offset < PART ? total - offset : PART;
	const char *range;

	if (is_stage(cursor, "ask"))
	{
		length = 0;
		range = hft_arena_printf(call->arena, "bytes */%" PRId64, total);
	}
	else
		range = hft_arena_printf(call->arena, "bytes %" PRId64 "-%" PRId64
								 "/%" PRId64, offset, offset + length - 1,
								 total);
	hft_request_init(request, "PUT", hft_pick_text(call->arena, cursor,
												   "session"));
	hft_request_body(request, NULL, "", 0);
	request->dataset_offset = length > 0 ? offset : 0;
	request->dataset_length = length;
	request->auth = HFT_AUTH_NONE;
	request->effect = HFT_EFFECT_REPEATABLE;
	request->pace = HFT_PACE_UPLOAD;
	return hft_request_header(request, "Content-Range", range);
}

bool
hft_vertex_upload_request(const HftCall *call, HftRequest *request,
						  HftOutcome *outcome)
{
	json_t	   *cursor = hft_json_object(call->cursor);
	bool		composed;

	if (is_stage(cursor, "put") || is_stage(cursor, "ask"))
		composed = compose_put(call, request, cursor);
	else if (is_stage(cursor, "compare"))
		composed = hft_vertex_find_file_request(call, request, outcome);
	else
		composed = compose_begin(call, request, outcome);
	json_decref(cursor);
	return composed && hft_outcome_ready(outcome, call);
}

/* ---- answers ---- */

/*
 * The address comes from an answer: it must not smuggle anything into the
 * request (R26, F34).
 */
static bool
is_session(const char *url)
{
	if (url == NULL || strlen(url) > MAX_SESSION ||
		(strncasecmp(url, "https://", 8) != 0 &&
		 strncasecmp(url, "http://", 7) != 0))
		return false;
	for (; *url != '\0'; url++)
	{
		if (*url <= ' ' || *url >= 0x7f)
			return false;
	}
	return true;
}

static json_t *
new_cursor(const json_t *old, const char *stage, const char *session,
		   int64_t offset)
{
	return json_pack("{s:s, s:s?, s:I, s:I}", "stage", stage, "session",
					 session, "offset", (json_int_t) offset, "restarts",
					 (json_int_t) count_of(old, "restarts"));
}

/* The session began; or the object is there, and it is to be looked at. */
static void
begin_response(const HftCall *call, const HftResponse *response,
			   const json_t *cursor, HftOutcome *outcome)
{
	const char *session = hft_response_header(response, "Location");

	if (response->status == 412)
	{
		hft_outcome_more(outcome, call, new_cursor(cursor, "compare", NULL,
												   0));
		return;
	}
	if (response->status < 200 || response->status > 299)
		hft_vertex_refused(call, response, outcome);
	else if (!is_session(session))
		hft_outcome_fail(outcome, HFT_ERROR_BAD_ANSWER, "Cloud Storage gave "
						 "no address for the upload.", NULL);
	else
		hft_outcome_more(outcome, call, new_cursor(cursor, "put", session,
												   0));
}

/* The object exists: what we sent before, or somebody else's. */
static void
compare_response(const HftCall *call, const HftResponse *response,
				 HftOutcome *outcome)
{
	hft_vertex_find_file_response(call, response, outcome);
	if (outcome->progress == HFT_FAILED)
		return;
	if (outcome->nfound > 0)
	{
		outcome->remote_id = outcome->found[0].id;
		outcome->remote_state = outcome->found[0].state;
		outcome->nfound = 0;
		return;
	}
	if (response->status == 404)
		hft_outcome_more(outcome, call, hft_json_new());
	else
		hft_outcome_fail(outcome, HFT_ERROR_REFUSED, "The bucket holds "
						 "another object under the file's name.",
						 "Delete it, then call hft.retry_job().");
}

/* "bytes=0-N": bytes up to N are kept.  No header: none is. */
static int64_t
kept_bytes(const HftResponse *response)
{
	const char *range = hft_response_header(response, "Range");
	int64_t		last;

	if (range == NULL)
		return 0;
	if (sscanf(range, "bytes=0-%" SCNd64, &last) != 1 || last < 0)
		return HFT_UNKNOWN;
	return last + 1;
}

/*
 * Go on behind what is kept, at a border that parts may begin at.  A part of
 * which nothing is kept is sent again a few times.
 */
static void
go_on(const HftCall *call, const HftResponse *response,
	  const json_t *cursor, HftOutcome *outcome)
{
	const char *session = hft_pick_word(cursor, "session");
	int64_t		kept = kept_bytes(response);
	int64_t		tries;
	bool		asked;
	bool		moved;
	json_t	   *next;

	if (kept == HFT_UNKNOWN || kept >= call->file->bytes)
	{
		hft_outcome_fail(outcome, HFT_ERROR_BAD_ANSWER, "Cloud Storage says "
						 "that it keeps more than was sent.", NULL);
		return;
	}
	kept -= kept % GRAIN;
	asked = is_stage(cursor, "ask");
	moved = kept > count_of(cursor, "offset");
	tries = count_of(cursor, "tries") + !asked;
	if (!moved && tries > MAX_TRIES)
	{
		hft_outcome_fail(outcome, HFT_ERROR_TRANSIENT, "Cloud Storage keeps "
						 "none of what is sent.", NULL);
		return;
	}
	next = new_cursor(cursor, "put", session, kept);
	if (!moved)
		json_object_set_new(next, "tries", json_integer(tries));
	if (moved || asked)
		hft_outcome_more(outcome, call, next);
	else
		hft_outcome_wait(outcome, call, next, FIRST_WAIT_MS);
}

/* The session is gone: begin again, a few times. */
static void
start_again(const HftCall *call, const json_t *cursor, HftOutcome *outcome)
{
	int64_t		restarts = count_of(cursor, "restarts") + 1;

	if (restarts <= MAX_RESTARTS)
		hft_outcome_more(outcome, call, json_pack("{s:I}", "restarts",
												  (json_int_t) restarts));
	else
		hft_outcome_fail(outcome, HFT_ERROR_REFUSED, "Cloud Storage gives up "
						 "every upload that is begun.", NULL);
}

/* After a break nobody knows what is kept: ask before sending more. */
static void
ask_later(const HftCall *call, const HftResponse *response,
		  const json_t *cursor, HftOutcome *outcome)
{
	int64_t		tries = count_of(cursor, "tries") + 1;
	int64_t		wait_ms = hft_answer_retry_ms(response, call->now);
	json_t	   *next;

	if (tries > MAX_TRIES)
	{
		hft_vertex_refused(call, response, outcome);
		return;
	}
	next = new_cursor(cursor, "ask", hft_pick_word(cursor, "session"),
					  count_of(cursor, "offset"));
	json_object_set_new(next, "tries", json_integer(tries));
	if (wait_ms == HFT_UNKNOWN)
		wait_ms = (int64_t) FIRST_WAIT_MS << tries;
	hft_outcome_wait(outcome, call, next, wait_ms);
}

/* The object as it is stored. */
static void
read_object(const HftCall *call, const HftResponse *response,
			HftOutcome *outcome)
{
	HftAnswer	answer;

	if (!hft_vertex_open(&answer, call, response, outcome))
		return;
	outcome->remote_id = hft_vertex_gs(call, answer.root);
	outcome->remote_state = "stored";
	if (outcome->remote_id == NULL ||
		hft_vertex_int(answer.root, "size") != call->file->bytes)
	{
		outcome->remote_id = NULL;
		hft_outcome_fail(outcome, HFT_ERROR_BAD_ANSWER, "Cloud Storage does "
						 "not say that it stored the whole file.", NULL);
	}
	hft_answer_close(&answer, call, outcome);
}

static void
put_response(const HftCall *call, const HftResponse *response,
			 const json_t *cursor, HftOutcome *outcome)
{
	int			status = response->status;

	if (status == RESUME_INCOMPLETE)
		go_on(call, response, cursor, outcome);
	else if (status == 404 || status == 410)
		start_again(call, cursor, outcome);
	else if (status >= 500 || status == 408 || status == 429)
		ask_later(call, response, cursor, outcome);
	else
		read_object(call, response, outcome);
}

void
hft_vertex_upload_response(const HftCall *call, const HftResponse *response,
						   HftOutcome *outcome)
{
	json_t	   *cursor = hft_json_object(call->cursor);

	if (is_stage(cursor, "put") || is_stage(cursor, "ask"))
		put_response(call, response, cursor, outcome);
	else if (is_stage(cursor, "compare"))
		compare_response(call, response, outcome);
	else
		begin_response(call, response, cursor, outcome);
	json_decref(cursor);
}
