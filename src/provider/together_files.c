/*-------------------------------------------------------------------------
 *
 * together_files.c
 *	  Training files at Together: find, send, wait for, delete.
 *
 * The platform answers the announcement of a file with a redirect to a
 * signed URL of some storage; the bytes go there without our key.  Because
 * the announcement carries the content's SHA-256, a file that is there
 * already is named by a 409 instead, and sending twice leaves one file.
 *
 * The cursor of an upload: stage ("put", "preprocess"; files above 5 GiB see
 * together_parts.c), url, file, restarts.
 *
 *-------------------------------------------------------------------------
 */
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "provider/together.h"

#define MAX_ONE_PUT (INT64_C(5) * 1024 * 1024 * 1024)
#define MAX_RESTARTS 2
#define STATUS_WAIT_MS 5000
#define FILE_ID_HEADER "X-Together-File-Id"

/* how long (s) a file may be without any word on its processing */
#define SILENCE_GRACE 120

/* ---- find ---- */

/* GET /files: all of them, there are no pages and no filters. */
bool
hft_together_find_file_request(const HftCall *call, HftRequest *request,
							   HftOutcome *outcome)
{
	hft_compose(request, call, "GET", hft_together_base(call), "/files");
	request->response_limit = HFT_TOGETHER_LIST_LIMIT;
	return hft_outcome_ready(outcome, call);
}

/* A file that was announced and never sent has another size. */
static bool
is_our_file(const HftCall *call, const json_t *file)
{
	const char *name = hft_pick_word(file, "filename");
	const char *status = hft_pick_word(file, "processing_status");
	const char *purpose = hft_pick_word(file, "purpose");

	if (status != NULL && (strcasecmp(status, "FAILED") == 0 ||
						   strcasecmp(status, "INVALID_FORMAT") == 0))
		return false;
	return name != NULL && strcmp(name, call->file->filename) == 0 &&
		hft_pick_count(file, "bytes") == call->file->bytes &&
		(purpose == NULL || strcmp(purpose, "fine-tune") == 0);
}

/* The first that fits; the same content is stored only once here. */
void
hft_together_find_file_response(const HftCall *call,
								const HftResponse *response,
								HftOutcome *outcome)
{
	HftAnswer	answer;
	size_t		i;
	json_t	   *file;

	if (!hft_answer_open(&answer, call, response, hft_together_rules,
						 outcome))
		return;
	json_array_foreach(hft_pick_array(answer.root, "data"), i, file)
	{
		if (outcome->nfound == 0 && is_our_file(call, file))
			hft_outcome_found(outcome, call, file,
							  hft_pick_id(call->arena, file,
										  "processing_status"));
	}
	hft_answer_close(&answer, call, outcome);
}

/* ---- send ---- */

typedef enum Stage
{
	STAGE_BEGIN,
	STAGE_PUT,
	STAGE_PARTS,				/* together_parts.c knows more */
	STAGE_PREPROCESS
} Stage;

/* Request and answer come to the same stage: both read the saved cursor. */
static Stage
stage_of(const HftCall *call, const json_t *cursor)
{
	const char *stage = hft_pick_word(cursor, "stage");

	if (stage != NULL && strcmp(stage, "preprocess") == 0)
		return STAGE_PREPROCESS;
	if (call->file->bytes > MAX_ONE_PUT)
		return STAGE_PARTS;
	return stage != NULL && strcmp(stage, "put") == 0 ? STAGE_PUT :
		STAGE_BEGIN;
}

/*
 * POST /files announces the file.  Of the three encodings that the platform's
 * clients use, a form is the plainest.
 */
static void
compose_begin(const HftCall *call, HftRequest *request)
{
	const char *name = hft_url_encode(call->arena, call->file->filename);
	const char *body = hft_arena_printf(call->arena, "purpose=fine-tune&"
										"file_name=%s&file_type=jsonl&"
										"checksum=%s", name,
										call->file->sha256);

	hft_compose(request, call, "POST", hft_together_base(call), "/files");
	hft_request_body(request, "application/x-www-form-urlencoded", body,
					 body ? strlen(body) : 0);
}

/* The bytes and nothing else: the storage refuses chunks and forms. */
bool
hft_together_put(const HftCall *call, HftRequest *request, const char *url,
				 int64_t offset, int64_t length)
{
	if (!hft_url_is_plain(url))
		return false;
	hft_request_init(request, "PUT", hft_arena_strdup(call->arena, url));
	hft_request_body(request, NULL, "", 0);
	request->dataset_offset = offset;
	request->dataset_length = length;
	request->auth = HFT_AUTH_NONE;
	request->effect = HFT_EFFECT_REPEATABLE;
	request->pace = HFT_PACE_UPLOAD;
	return true;
}

/* POST /files/{id}/preprocess */
static void
compose_preprocess(const HftCall *call, HftRequest *request,
				   const json_t *cursor)
{
	hft_compose(request, call, "POST", hft_together_base(call),
				"/files/%s/preprocess",
				hft_url_encode(call->arena, hft_pick_word(cursor, "file")));
}

/* PUT to the address of the redirect. */
static bool
compose_put(const HftCall *call, HftRequest *request, const json_t *cursor,
			HftOutcome *outcome)
{
	if (!hft_together_put(call, request, hft_pick_word(cursor, "url"), 0,
						  call->file->bytes))
		return hft_outcome_refuse(outcome, "The platform's signed address "
								  "cannot be used.", NULL);
	return hft_request_header(request, "Content-Type",
							  "application/octet-stream");
}

/* One step of the upload: what the cursor says is missing. */
bool
hft_together_upload_request(const HftCall *call, HftRequest *request,
							HftOutcome *outcome)
{
	json_t	   *cursor = hft_json_object(call->cursor);
	bool		composed = true;

	switch (stage_of(call, cursor))
	{
		case STAGE_BEGIN:
			compose_begin(call, request);
			break;
		case STAGE_PUT:
			composed = compose_put(call, request, cursor, outcome);
			break;
		case STAGE_PARTS:
			composed = hft_together_parts_request(call, request, outcome);
			break;
		case STAGE_PREPROCESS:
			compose_preprocess(call, request, cursor);
			break;
	}
	json_decref(cursor);
	return composed && hft_outcome_ready(outcome, call);
}

/* The address is forgotten here: it is a secret while it lives. */
void
hft_together_go_preprocess(const HftCall *call, const char *file_id,
						   HftOutcome *outcome)
{
	hft_outcome_more(outcome, call,
					 json_pack("{s:s, s:s}", "stage", "preprocess",
							   "file", file_id));
}

/* The content is there already, sent by us or by anybody in the project. */
bool
hft_together_adopt(const HftCall *call, const HftResponse *response,
				   HftOutcome *outcome)
{
	const char *problem;
	json_t	   *body;

	if (response->status != 409)
		return false;
	body = hft_json_parse(response->body, response->body_length, &problem);
	outcome->remote_id = hft_pick_id(call->arena, body, "file_id");
	json_decref(body);
	return outcome->remote_id != NULL;
}

/* The redirect to the storage. */
static void
begin_response(const HftCall *call, const HftResponse *response,
			   json_t *cursor, HftOutcome *outcome)
{
	const char *url = hft_response_header(response, "Location");
	const char *file = hft_response_header(response, FILE_ID_HEADER);
	json_t	   *id;

	if (hft_together_adopt(call, response, outcome))
		return;
	if (response->status != 302 && response->status != 303 &&
		response->status != 307)
	{
		if (hft_answer_is_success(call, response, hft_together_rules,
								  outcome))
			hft_outcome_fail(outcome, HFT_ERROR_BAD_ANSWER,
							 "The platform gave no storage for the file.",
							 NULL);
		return;
	}
	id = json_pack("{s:s?}", "id", file);
	file = hft_pick_id(call->arena, id, "id");
	json_decref(id);
	if (!hft_url_is_plain(url) || file == NULL)
	{
		hft_outcome_fail(outcome, HFT_ERROR_BAD_ANSWER, "The platform's "
						 "redirect has no usable address or file id.", NULL);
		return;
	}
	json_object_set_new(cursor, "stage", json_string("put"));
	json_object_set_new(cursor, "url", json_string(url));
	json_object_set_new(cursor, "file", json_string(file));
	hft_outcome_more(outcome, call, json_incref(cursor));
}

/*
 * What passes is tried again with the same address; anything else may mean
 * that it expired, so a new one is asked for.
 */
void
hft_together_storage_failed(const HftCall *call, const HftResponse *response,
							json_t *again, HftOutcome *outcome)
{
	json_t	   *cursor = hft_json_object(call->cursor);
	int64_t		restarts = hft_pick_count(cursor, "restarts");
	bool		passes = response->status >= 500 || response->status == 408 ||
		response->status == 429;

	json_decref(cursor);
	restarts = restarts == HFT_UNKNOWN ? 1 : restarts + 1;
	if (!passes && restarts <= MAX_RESTARTS)
	{
		json_object_set_new(again, "restarts", json_integer(restarts));
		hft_outcome_more(outcome, call, again);
		return;
	}
	json_decref(again);
	hft_outcome_fail(outcome, passes ? HFT_ERROR_TRANSIENT :
					 HFT_ERROR_REFUSED,
					 hft_arena_printf(call->arena, "The platform's storage "
									  "answered HTTP %d.", response->status),
					 NULL);
	outcome->retry_after_ms = hft_answer_retry_ms(response, call->now);
}

/* The storage answers with a status alone. */
static void
put_response(const HftCall *call, const HftResponse *response,
			 const json_t *cursor, HftOutcome *outcome)
{
	const char *file = hft_pick_id(call->arena, cursor, "file");

	if (response->status < 200 || response->status > 299)
		hft_together_storage_failed(call, response, hft_json_new(), outcome);
	else if (file != NULL)
		hft_together_go_preprocess(call, file, outcome);
}

/*
 * Whether the platform still wants to be asked to look at a file is unknown;
 * a refusal is no failure, the file's own status tells.
 */
static void
preprocess_response(const HftCall *call, const HftResponse *response,
					const json_t *cursor, HftOutcome *outcome)
{
	if (!hft_answer_is_success(call, response, hft_together_rules, outcome)
		&& outcome->error != HFT_ERROR_LOST &&
		outcome->error != HFT_ERROR_REFUSED && response->status != 409)
		return;
	hft_outcome_init(outcome);
	outcome->remote_id = hft_pick_id(call->arena, cursor, "file");
}

/*
 * The answers of these steps are no JSON objects, mostly, so each reads its
 * own; the arena is asked about at the end.
 */
void
hft_together_upload_response(const HftCall *call, const HftResponse *response,
							 HftOutcome *outcome)
{
	json_t	   *cursor = hft_json_object(call->cursor);

	switch (stage_of(call, cursor))
	{
		case STAGE_BEGIN:
			begin_response(call, response, cursor, outcome);
			break;
		case STAGE_PUT:
			put_response(call, response, cursor, outcome);
			break;
		case STAGE_PARTS:
			hft_together_parts_response(call, response, outcome);
			break;
		case STAGE_PREPROCESS:
			preprocess_response(call, response, cursor, outcome);
			break;
	}
	json_decref(cursor);
	if (hft_arena_failed(call->arena))
		hft_outcome_fail(outcome, HFT_ERROR_MEMORY,
						 "The answer is too large.", NULL);
}

/* ---- wait ---- */

/* GET or DELETE /files/{id} */
static bool
compose_file(const HftCall *call, HftRequest *request, const char *method,
			 HftOutcome *outcome)
{
	if (call->file->remote_id == NULL)
		return hft_outcome_refuse(outcome, "The file is not at the platform.",
								  NULL);
	hft_compose(request, call, method, hft_together_base(call), "/files/%s",
				hft_url_encode(call->arena, call->file->remote_id));
	return hft_outcome_ready(outcome, call);
}

/* GET /files/{id} */
bool
hft_together_file_status_request(const HftCall *call, HftRequest *request,
								 HftOutcome *outcome)
{
	return compose_file(call, request, "GET", outcome);
}

/* The file was looked at and refused. */
static void
fail_file(const HftCall *call, const json_t *report, HftOutcome *outcome)
{
	const char *error = hft_pick_text(call->arena, report, "error");

	hft_outcome_fail(outcome, HFT_ERROR_REFUSED, error ? error :
					 "The platform could not read the training file.",
					 "hft.check_dataset() names the examples at fault.");
	outcome->code = hft_pick_id(call->arena, report, "error_type");
	outcome->bad_line = hft_line_in_text(error);
}

/* No word on the processing: believe "Processed", but not its absence. */
static void
wait_in_silence(const HftCall *call, const HftAnswer *answer,
				HftOutcome *outcome)
{
	int64_t		since = hft_pick_count(answer->cursor, "since");

	if (hft_pick_bool(answer->root, "Processed", true))
		return;
	if (since == HFT_UNKNOWN || since > call->now)
		since = call->now;
	if (call->now - since < SILENCE_GRACE)
		hft_outcome_wait(outcome, call,
						 json_pack("{s:I}", "since", (json_int_t) since),
						 STATUS_WAIT_MS);
}

/* The report is kept whatever it says: it counts the lines. */
static void
read_processing(const HftCall *call, const HftAnswer *answer,
				HftOutcome *outcome)
{
	const json_t *report = hft_pick_object(answer->root, "validation_report");
	const char *status = outcome->remote_state;

	outcome->info = hft_json_text(call->arena, report);
	if (status == NULL)
		wait_in_silence(call, answer, outcome);
	else if (strcasecmp(status, "FAILED") == 0 ||
			 strcasecmp(status, "INVALID_FORMAT") == 0)
		fail_file(call, report, outcome);
	else if (strcasecmp(status, "COMPLETED") != 0)
	{
		outcome->progress = HFT_WAIT;
		outcome->wait_ms = STATUS_WAIT_MS;
	}
}

/*
 * A status that says "not yet" is waited for without end: files of 50 GiB
 * take their time.
 */
void
hft_together_file_status_response(const HftCall *call,
								  const HftResponse *response,
								  HftOutcome *outcome)
{
	HftAnswer	answer;

	if (!hft_answer_open(&answer, call, response, hft_together_rules,
						 outcome))
		return;
	outcome->remote_id = hft_pick_id(call->arena, answer.root, "id");
	outcome->remote_state = hft_pick_id(call->arena, answer.root,
										"processing_status");
	if (outcome->remote_id == NULL)
		hft_outcome_fail(outcome, HFT_ERROR_BAD_ANSWER,
						 "The platform's file has no usable id.", NULL);
	else
		read_processing(call, &answer, outcome);
	hft_answer_close(&answer, call, outcome);
}

/* ---- delete ---- */

/* DELETE /files/{id} */
bool
hft_together_delete_file_request(const HftCall *call, HftRequest *request,
								 HftOutcome *outcome)
{
	return compose_file(call, request, "DELETE", outcome);
}

/* A file that is gone is deleted (K16). */
void
hft_together_delete_file_response(const HftCall *call,
								  const HftResponse *response,
								  HftOutcome *outcome)
{
	hft_answer_deleted(call, response, hft_together_rules, outcome);
}
