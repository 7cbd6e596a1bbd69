/*-------------------------------------------------------------------------
 *
 * openai_files.c
 *	  Training files at OpenAI: find, send, wait for, delete.
 *
 * A file's name is the only mark of ours that it can carry, so the name has
 * the content's hash in it, and is looked up, with the size, before a file
 * is sent again (R28, K06, K07).
 *
 *-------------------------------------------------------------------------
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "provider/openai.h"

#define MAX_ONE_SHOT INT64_C(512000000) /* the documented 512 MB, decimal */
#define STATUS_WAIT_MS 2000

/*
 * At OpenAI a file may be trained on while it is still "uploaded": the job
 * waits.  So we wait for "processed" only this long (s), unless the dialect
 * has another time, and then let the job decide.
 */
#define PROCESSING_GRACE 120

/* ---- find ---- */

/* GET /files, newest first: the file of a crash is among the newest. */
bool
hft_openai_find_file_request(const HftCall *call, HftRequest *request,
							 HftOutcome *outcome)
{
	hft_compose(request, call, "GET", hft_openai_base(call),
				"/files?purpose=fine-tune&limit=1000&order=desc%s",
				hft_page_query(call));
	request->response_limit = HFT_PAGE_LIMIT;
	return hft_openai_finish(call, request, outcome);
}

/* Words of a file that is not, or will soon not be, there. */
static bool
is_going(const char *status)
{
	return status != NULL && (strcmp(status, "deleted") == 0 ||
							  strcmp(status, "deleting") == 0);
}

/*
 * Same name, same size where it is told, and the platform could read it.
 */
static bool
is_our_file(const HftCall *call, const json_t *file)
{
	const char *name = hft_pick_word(file, "filename");
	const char *status = hft_pick_word(file, "status");
	int64_t		bytes = hft_pick_count(file, "bytes");

	return name != NULL && strcmp(name, call->file->filename) == 0 &&
		(bytes == HFT_UNKNOWN || bytes == call->file->bytes) &&
		!is_going(status) &&
		(status == NULL || strcmp(status, "error") != 0);
}

/*
 * Two files of the same content may carry the name; either will do, and the
 * walk ends with the first.
 */
void
hft_openai_find_file_response(const HftCall *call,
							  const HftResponse *response,
							  HftOutcome *outcome)
{
	HftAnswer	answer;
	size_t		i;
	json_t	   *file;

	if (!hft_openai_open(&answer, call, response, outcome))
		return;
	json_array_foreach(hft_pick_array(answer.root, "data"), i, file)
	{
		if (outcome->nfound == 0 && is_our_file(call, file))
			hft_outcome_found(outcome, call, file,
							  hft_pick_id(call->arena, file, "status"));
	}
	if (outcome->nfound == 0)
		(void) hft_page_next(outcome, call, &answer, answer.cursor);
	hft_answer_close(&answer, call, outcome);
}

/* ---- send ---- */

/*
 * POST /files, or the next step of /uploads.  No expiry is asked for unless
 * the server's options do: a file must outlive the job's time in the queue.
 */
bool
hft_openai_upload_request(const HftCall *call, HftRequest *request,
						  HftOutcome *outcome)
{
	int64_t		life = hft_openai_file_life(call);
	HftField	fields[4] = {{"purpose", "fine-tune"}};
	char		seconds[24];

	if (life > 0)
	{
		fields[1] = (HftField) {"expires_after[anchor]", "created_at"};
		fields[2] = (HftField) {"expires_after[seconds]", seconds};
		snprintf(seconds, sizeof(seconds), "%" PRId64, life);
	}
	if (call->file->bytes > MAX_ONE_SHOT)
		return hft_openai_parts_request(call, request, outcome);
	hft_compose(request, call, "POST", hft_openai_base(call), "/files");
	hft_compose_upload(request, call, fields, "file", 0, call->file->bytes);
	return hft_openai_finish(call, request, outcome);
}

/* The file object; it may be "uploaded" for a while yet. */
void
hft_openai_upload_response(const HftCall *call, const HftResponse *response,
						   HftOutcome *outcome)
{
	HftAnswer	answer;

	if (call->file->bytes > MAX_ONE_SHOT)
	{
		hft_openai_parts_response(call, response, outcome);
		return;
	}
	if (!hft_openai_open(&answer, call, response, outcome))
		return;
	hft_openai_read_file(call, answer.root, outcome);
	hft_answer_close(&answer, call, outcome);
}

/* "file" may be NULL: then the outcome is a bad answer. */
void
hft_openai_read_file(const HftCall *call, const json_t *file,
					 HftOutcome *outcome)
{
	outcome->remote_id = hft_pick_id(call->arena, file, "id");
	outcome->remote_state = hft_pick_text(call->arena, file, "status");
	outcome->expires_ms = hft_pick_time(file, "expires_at");
	if (outcome->remote_id == NULL)
		hft_outcome_fail(outcome, HFT_ERROR_BAD_ANSWER,
						 "The platform's file has no usable id.", NULL);
}

/* ---- wait ---- */

/* An operation on one file that we know by its id. */
static bool
compose_file(const HftCall *call, HftRequest *request, const char *method,
			 HftOutcome *outcome)
{
	if (call->file->remote_id == NULL)
		return hft_outcome_refuse(outcome, "The file is not at the platform.",
								  NULL);
	hft_compose(request, call, method, hft_openai_base(call), "/files/%s",
				hft_url_encode(call->arena, call->file->remote_id));
	return hft_openai_finish(call, request, outcome);
}

/* GET /files/{id} */
bool
hft_openai_file_status_request(const HftCall *call, HftRequest *request,
							   HftOutcome *outcome)
{
	return compose_file(call, request, "GET", outcome);
}

/* The file is not processed yet: wait, but not for ever. */
static void
wait_for_file(const HftCall *call, const json_t *cursor, HftOutcome *outcome)
{
	int64_t		since = hft_pick_count(cursor, "since");
	int			grace = hft_openai_dialect(call)->file_wait_s;

	if (grace == 0)
		grace = PROCESSING_GRACE;
	if (since == HFT_UNKNOWN || since > call->now)
		since = call->now;
	if (call->now - since < grace)
		hft_outcome_wait(outcome, call,
						 json_pack("{s:I}", "since", (json_int_t) since),
						 STATUS_WAIT_MS);
}

/* The platform read the file and will not train on it. */
static void
fail_file(const HftCall *call, const json_t *file, HftOutcome *outcome)
{
	const char *details = hft_pick_text(call->arena, file, "status_details");

	hft_outcome_fail(outcome, HFT_ERROR_REFUSED, details ? details :
					 "The platform could not read the training file.",
					 "hft.check_dataset() names the examples at fault.");
	outcome->code = "invalid_file";
	outcome->bad_line = hft_line_in_text(details);
}

/*
 * No status at all is as good as "processed": the member is deprecated, and
 * the job validates the file anyway (F35).
 */
void
hft_openai_file_status_response(const HftCall *call,
								const HftResponse *response,
								HftOutcome *outcome)
{
	HftAnswer	answer;
	const char *status;

	if (!hft_openai_open(&answer, call, response, outcome))
		return;
	hft_openai_read_file(call, answer.root, outcome);
	status = outcome->remote_state;
	if (outcome->progress != HFT_FAILED && status != NULL)
	{
		if (strcmp(status, "error") == 0)
			fail_file(call, answer.root, outcome);
		else if (is_going(status))
			hft_outcome_fail(outcome, HFT_ERROR_LOST,
							 "The platform has deleted the file.", NULL);
		else if (strcmp(status, "processed") != 0)
			wait_for_file(call, answer.cursor, outcome);
	}
	hft_answer_close(&answer, call, outcome);
}

/* ---- delete ---- */

/* DELETE /files/{id} */
bool
hft_openai_delete_file_request(const HftCall *call, HftRequest *request,
							   HftOutcome *outcome)
{
	return compose_file(call, request, "DELETE", outcome);
}

/* 200 with a body, 204 without one, or 404: it is gone. */
void
hft_openai_delete_file_response(const HftCall *call,
								const HftResponse *response,
								HftOutcome *outcome)
{
	hft_answer_deleted(call, response, hft_openai_rules(call), outcome);
}
