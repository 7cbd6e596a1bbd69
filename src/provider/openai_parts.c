/*-------------------------------------------------------------------------
 *
 * openai_parts.c
 *	  Files above 512 MB: begin, parts of 64 MB, complete.
 *
 * The cursor holds the upload's id and the ids of the parts that arrived, so
 * an upload goes on where it stopped; the next offset follows from their
 * number.  There is no way to ask for the parts of an upload, so a part
 * whose answer was lost is sent again: only parts that are listed count.
 * An upload lives for an hour; when it is gone, it begins again.
 *
 *-------------------------------------------------------------------------
 */
#include <inttypes.h>
#include <string.h>

#include "provider/openai.h"

#define PART_BYTES INT64_C(64000000)	/* the documented 64 MB, decimal */
#define MAX_BYTES INT64_C(8000000000)
#define MAX_RESTARTS 2

typedef enum Stage
{
	STAGE_BEGIN,
	STAGE_PART,
	STAGE_COMPLETE
} Stage;

/* Every part but the last is full, so their number is the offset. */
static int64_t
sent_bytes(const json_t *cursor)
{
	return (int64_t) json_array_size(hft_pick_array(cursor, "parts")) *
		PART_BYTES;
}

/* Request and answer come to the same stage: both read the saved cursor. */
static Stage
stage_of(const HftCall *call, const json_t *cursor)
{
	if (hft_pick_word(cursor, "upload") == NULL)
		return STAGE_BEGIN;
	return sent_bytes(cursor) < call->file->bytes ? STAGE_PART :
		STAGE_COMPLETE;
}

/* POST /uploads */
static void
compose_begin(const HftCall *call, HftRequest *request)
{
	int64_t		life = hft_openai_file_life(call);
	json_t	   *body = json_pack("{s:s, s:s, s:I, s:s}",
								 "filename", call->file->filename,
								 "purpose", "fine-tune",
								 "bytes", (json_int_t) call->file->bytes,
								 "mime_type", "text/jsonl");

	if (life > 0)
		json_object_set_new(body, "expires_after",
							json_pack("{s:s, s:I}", "anchor", "created_at",
									  "seconds", (json_int_t) life));
	hft_compose(request, call, "POST", hft_openai_base(call), "/uploads");
	hft_compose_json(request, call, body);
}

/* POST /uploads/{id}/parts with the next slice. */
static void
compose_part(const HftCall *call, HftRequest *request, const json_t *cursor)
{
	int64_t		offset = sent_bytes(cursor);
	int64_t		left = call->file->bytes - offset;

	hft_compose(request, call, "POST", hft_openai_base(call),
				"/uploads/%s/parts",
				hft_url_encode(call->arena, hft_pick_word(cursor, "upload")));
	hft_compose_upload(request, call, NULL, "data", offset,
					   left < PART_BYTES ? left : PART_BYTES);
}

/* POST /uploads/{id}/complete: the parts in order make the file. */
static void
compose_complete(const HftCall *call, HftRequest *request,
				 const json_t *cursor)
{
	hft_compose(request, call, "POST", hft_openai_base(call),
				"/uploads/%s/complete",
				hft_url_encode(call->arena, hft_pick_word(cursor, "upload")));
	hft_compose_json(request, call,
					 json_pack("{s:O}", "part_ids",
							   hft_pick_array(cursor, "parts")));
}

/* One step of the upload: what the cursor says is missing. */
bool
hft_openai_parts_request(const HftCall *call, HftRequest *request,
						 HftOutcome *outcome)
{
	json_t	   *cursor = hft_json_object(call->cursor);

	if (call->file->bytes > MAX_BYTES)
	{
		json_decref(cursor);
		return hft_outcome_refuse(outcome, "The training file is larger than "
								  "the platform's 8 GB.",
								  "Make the data set smaller.");
	}
	switch (stage_of(call, cursor))
	{
		case STAGE_BEGIN:
			compose_begin(call, request);
			break;
		case STAGE_PART:
			compose_part(call, request, cursor);
			break;
		case STAGE_COMPLETE:
			compose_complete(call, request, cursor);
			break;
	}
	json_decref(cursor);
	return hft_openai_finish(call, request, outcome);
}

/* The upload expired or was cancelled: begin again, a few times. */
static void
begin_again(const HftCall *call, HftOutcome *outcome)
{
	json_t	   *cursor = hft_json_object(call->cursor);
	int64_t		restarts = hft_pick_count(cursor, "restarts");
	bool		has_upload = hft_pick_word(cursor, "upload") != NULL;

	json_decref(cursor);
	restarts = restarts == HFT_UNKNOWN ? 1 : restarts + 1;
	if (!has_upload || restarts > MAX_RESTARTS)
		return;
	hft_outcome_init(outcome);
	hft_outcome_more(outcome, call,
					 json_pack("{s:I}", "restarts", (json_int_t) restarts));
}

/* Keep the id of what just arrived; false when the answer has none. */
static bool
keep_id(const HftCall *call, HftAnswer *answer, Stage stage)
{
	const char *id = hft_pick_id(call->arena, answer->root, "id");
	json_t	   *parts = hft_pick_array(answer->cursor, "parts");

	if (id == NULL)
		return false;
	if (stage == STAGE_BEGIN)
	{
		json_object_set_new(answer->cursor, "upload", json_string(id));
		json_object_set_new(answer->cursor, "parts", json_array());
		return true;
	}
	return json_array_append_new(parts, json_string(id)) == 0;
}

/*
 * A refusal of any step means that the upload is gone: there is nothing else
 * in these requests that could be refused.
 */
void
hft_openai_parts_response(const HftCall *call, const HftResponse *response,
						  HftOutcome *outcome)
{
	HftAnswer	answer;
	Stage		stage;

	if (!hft_openai_open(&answer, call, response, outcome))
	{
		if (outcome->error == HFT_ERROR_REFUSED ||
			outcome->error == HFT_ERROR_LOST)
			begin_again(call, outcome);
		return;
	}
	stage = stage_of(call, answer.cursor);
	if (stage == STAGE_COMPLETE)
		hft_openai_read_file(call, hft_pick_object(answer.root, "file"),
							 outcome);
	else if (keep_id(call, &answer, stage))
		hft_outcome_more(outcome, call, json_incref(answer.cursor));
	else
		hft_outcome_fail(outcome, HFT_ERROR_BAD_ANSWER,
						 "The platform's upload has no usable id.", NULL);
	hft_answer_close(&answer, call, outcome);
}
