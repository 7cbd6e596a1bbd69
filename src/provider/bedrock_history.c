/*-------------------------------------------------------------------------
 *
 * bedrock_history.c
 *	  What happened in a job at Bedrock, read when it is over.
 *
 * The API tells stages and final losses; the curve is in CSV files in the
 * bucket, written when the job ends, at places that differ by model.  So the
 * job is asked where its results are, the folder is listed, and every file
 * with the right name is read, in pieces.  The cursor of the walk:
 *
 *	folder		"s3://.../model-customization-job-id/"
 *	token		of the listing's next page
 *	files		URIs of CSV files met so far
 *	listed		the listing is complete
 *	offset, header	in the first of the files, while it is read
 *	done		nothing is left to read
 *
 * A server without a bucket is not asked for files: then the key need not be
 * good for S3.  What the bucket does not give is noted, and gone without.
 *
 *-------------------------------------------------------------------------
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "provider/bedrock_metrics.h"
#include "provider/late.h"

#define PIECE_BYTES (INT64_C(4) * 1024 * 1024)
#define MAX_FILES 20
#define MAX_PAGES 100

static bool
is_over(const HftCall *call)
{
	return hft_bedrock_state(call->job->remote_state) >=
		HFT_REMOTE_SUCCEEDED;
}

static const char *
first_file(const json_t *cursor)
{
	return json_string_value(json_array_get(hft_pick_array(cursor, "files"),
											0));
}

/* ---- requests ---- */

/* GET of the next piece of the first file. */
static bool
ask_piece(const HftCall *call, HftRequest *request, const json_t *cursor)
{
	int64_t		offset = hft_pick_count(cursor, "offset");
	const char *range;

	if (offset == HFT_UNKNOWN)
		offset = 0;
	range = hft_arena_printf(call->arena, "bytes=%" PRId64 "-%" PRId64,
							 offset, offset + PIECE_BYTES - 1);
	if (!hft_s3_compose(call, request, "GET", first_file(cursor), ""))
		return false;
	request->response_limit = HFT_BEDROCK_LIST_LIMIT;
	return hft_request_header(request, "Range", range);
}

/*
 * While the job runs there is nothing to read, nor when all was read: done
 * without asking.
 */
bool
hft_bedrock_history_request(const HftCall *call, HftRequest *request,
							HftOutcome *outcome)
{
	json_t	   *cursor = hft_json_object(call->cursor);
	const char *folder = hft_pick_id(call->arena, cursor, "folder");
	bool		done = !is_over(call) ||
		hft_pick_bool(cursor, "done", false);
	bool		composed = true;

	if (done)
		;
	else if (folder == NULL)
		composed = hft_bedrock_compose_job(call, request, "GET",
										   call->job->remote_id, "", outcome);
	else if (!hft_pick_bool(cursor, "listed", false))
		composed = hft_s3_compose_list(call, request, folder,
									   hft_pick_word(cursor, "token")) ||
			hft_s3_refuse(outcome);
	else
		composed = ask_piece(call, request, cursor) || hft_s3_refuse(outcome);
	json_decref(cursor);
	return !done && composed && hft_outcome_ready(outcome, call);
}

/* ---- the job ---- */

static void
add_event(const HftCall *call, HftOutcome *outcome, const char *id,
		  const char *level, const char *message, int64_t at_ms)
{
	HftEvent	event = {
		.id = id, .at_ms = at_ms, .level = level, .type = "message",
		.message = message
	};

	if (outcome->events == NULL)
		outcome->events = hft_arena_alloc(call->arena, 8 * sizeof(HftEvent));
	if (outcome->events != NULL && id != NULL && message != NULL)
		outcome->events[outcome->nevents++] = event;
}

/* The stages, with when they ended, are all the events there are. */
static void
read_stages(const HftCall *call, const json_t *job, HftOutcome *outcome)
{
	static const char *const stages[][2] = {
		{"validationDetails", "validation of the data"},
		{"dataProcessingDetails", "processing of the data"},
		{"trainingDetails", "training"}
	};
	const json_t *details = hft_pick_object(job, "statusDetails");

	for (int i = 0; i < 3; i++)
	{
		const json_t *stage = hft_pick_object(details, stages[i][0]);
		const char *status = hft_pick_id(call->arena, stage, "status");

		if (status == NULL)
			continue;
		add_event(call, outcome, stages[i][0],
				  strcmp(status, "Failed") == 0 ? "error" : "info",
				  hft_arena_printf(call->arena, "%s: %s", stages[i][1],
								   status),
				  hft_pick_time(stage, "lastModifiedTime"));
	}
}

/* Nothing more to read, now and in later runs. */
static void
end_run(const HftCall *call, HftOutcome *outcome)
{
	hft_outcome_save(outcome, call, json_pack("{s:b}", "done", 1));
}

static void
read_job(const HftCall *call, const HftResponse *response,
		 HftOutcome *outcome)
{
	HftAnswer	answer;
	const char *folder;
	const char *id;

	if (!hft_bedrock_open(&answer, call, response, outcome))
		return;
	read_stages(call, answer.root, outcome);
	folder = hft_pick_text(call->arena,
						   hft_pick_object(answer.root, "outputDataConfig"),
						   "s3Uri");
	id = hft_bedrock_arn_tail(hft_pick_id(call->arena, answer.root,
										  "jobArn"));
	if (folder == NULL || id == NULL || hft_bedrock_folder(call) == NULL)
		end_run(call, outcome);
	else
	{
		size_t		length = strlen(folder);

		folder = hft_arena_printf(call->arena, "%s%s"
								  "model-customization-job-%s/", folder,
								  length > 0 && folder[length - 1] == '/' ?
								  "" : "/", id);
		hft_outcome_more(outcome, call,
						 json_pack("{s:s?, s:[]}", "folder", folder,
								   "files"));
	}
	hft_answer_close(&answer, call, outcome);
}

/* ---- the listing ---- */

/* The folder's bucket, in front of a listed key. */
static void
keep_file(const HftCall *call, json_t *cursor, const char *key)
{
	const char *folder = hft_pick_word(cursor, "folder");
	json_t	   *files = hft_pick_array(cursor, "files");
	int			bucket = (int) (5 + strcspn(folder + 5, "/"));

	if (hft_bedrock_is_metrics(key) && json_array_size(files) < MAX_FILES)
		json_array_append_new(files, json_sprintf("%.*s/%s", bucket, folder,
												  key));
}

/* Over, all pages read: read the files, or wait for them a little (F43). */
static void
finish_listing(const HftCall *call, json_t *cursor, HftOutcome *outcome)
{
	if (first_file(cursor) != NULL)
	{
		json_object_set_new(cursor, "listed", json_true());
		hft_outcome_more(outcome, call, json_incref(cursor));
	}
	else if (hft_bedrock_state(call->job->remote_state) !=
			 HFT_REMOTE_SUCCEEDED ||
			 !hft_late_wait(outcome, call, cursor, "metrics"))
		end_run(call, outcome);
}

static void
read_listing(const HftCall *call, const HftResponse *response, json_t *cursor,
			 HftOutcome *outcome)
{
	json_t	   *root = hft_s3_open(call, response, "ListBucketResult",
								   outcome);
	const char *token = hft_pick_text(call->arena, root,
									  "NextContinuationToken");
	int64_t		pages = hft_pick_count(cursor, "pages");
	size_t		i;
	json_t	   *object;

	if (root == NULL)
		return;
	json_array_foreach(hft_pick_array(root, "Contents"), i, object)
	{
		if (hft_pick_word(object, "Key") != NULL)
			keep_file(call, cursor, hft_pick_word(object, "Key"));
	}
	json_decref(root);
	json_object_del(cursor, "token");
	pages = pages == HFT_UNKNOWN ? 1 : pages + 1;
	if (token == NULL || *token == '\0' || pages > MAX_PAGES)
	{
		finish_listing(call, cursor, outcome);
		return;
	}
	json_object_set_new(cursor, "token", json_string(token));
	json_object_set_new(cursor, "pages", json_integer(pages));
	hft_outcome_more(outcome, call, json_incref(cursor));
}

/* ---- the files ---- */

/* The next file, or the end. */
static void
next_file(const HftCall *call, json_t *cursor, HftOutcome *outcome)
{
	json_array_remove(hft_pick_array(cursor, "files"), 0);
	json_object_del(cursor, "offset");
	json_object_del(cursor, "header");
	if (first_file(cursor) != NULL)
		hft_outcome_more(outcome, call, json_incref(cursor));
	else
		end_run(call, outcome);
}

/*
 * Whole lines are read; what is cut off comes again with the next piece.  A
 * server that knows no ranges sends everything.
 */
static void
read_piece(const HftCall *call, const HftResponse *response, json_t *cursor,
		   HftOutcome *outcome)
{
	int64_t		offset = hft_pick_count(cursor, "offset");
	HftSheetPiece piece = {
		.uri = first_file(cursor), .text = response->body,
		.length = response->body_length,
		.header = hft_pick_text(call->arena, cursor, "header")
	};
	bool		is_last = response->status == 200 ||
		(int64_t) response->body_length < PIECE_BYTES;
	size_t		used;

	if (!hft_s3_is_success(call, response, outcome))
	{
		if (response->status != 416)
			return;
		hft_outcome_init(outcome);
		next_file(call, cursor, outcome);
		return;
	}
	if (response->status == 200 && offset > 0)
	{
		size_t		skip = (size_t) offset < piece.length ? (size_t) offset :
		piece.length;

		piece.text += skip;
		piece.length -= skip;
	}
	used = hft_bedrock_read_metrics(call, &piece, is_last, outcome);
	if (is_last || used == 0)
	{
		next_file(call, cursor, outcome);
		return;
	}
	json_object_set_new(cursor, "header", json_string(piece.header));
	json_object_set_new(cursor, "offset",
						json_integer((offset > 0 ? offset : 0) +
									 (int64_t) used));
	hft_outcome_more(outcome, call, json_incref(cursor));
}

/* ---- dispatch ---- */

/* The job succeeded all the same: say what was not to be had (F43). */
static void
go_without(const HftCall *call, HftOutcome *outcome)
{
	const char *reason = outcome->message;

	if (outcome->error != HFT_ERROR_LIMIT &&
		outcome->error != HFT_ERROR_REFUSED &&
		outcome->error != HFT_ERROR_LOST)
		return;
	hft_outcome_init(outcome);
	add_event(call, outcome, "hft-no-metrics", "warn",
			  hft_arena_printf(call->arena, "the results in the bucket cannot "
							   "be read: %s", reason ? reason : ""),
			  call->now * 1000);
	end_run(call, outcome);
}

void
hft_bedrock_history_response(const HftCall *call, const HftResponse *response,
							 HftOutcome *outcome)
{
	json_t	   *cursor = hft_json_object(call->cursor);

	if (hft_pick_word(cursor, "folder") == NULL)
		read_job(call, response, outcome);
	else if (!hft_pick_bool(cursor, "listed", false))
		read_listing(call, response, cursor, outcome);
	else
		read_piece(call, response, cursor, outcome);
	if (hft_pick_word(cursor, "folder") != NULL)
		go_without(call, outcome);
	json_decref(cursor);
}
