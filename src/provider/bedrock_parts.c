/*-------------------------------------------------------------------------
 *
 * bedrock_parts.c
 *	  Large files to S3: begin, parts, complete, abort.
 *
 * The cursor holds upload, etags (of the parts that arrived, in order), and
 * at its end stage: "abort", then restarts or, when the object turned out to
 * be there, exists.  Sending a part again replaces it, so a crash between
 * any two requests costs one part.
 *
 * The hash of a part is not known before it is read, and it is read while it
 * is sent: the signature says so, and the bytes are TLS's to protect.
 *
 *-------------------------------------------------------------------------
 */
#include <inttypes.h>
#include <string.h>

#include "provider/bedrock_files.h"
#include "provider/sigv4.h"

#define MIB (INT64_C(1024) * 1024)
#define PART_MB 64
#define MAX_PARTS 1000			/* S3 takes 10,000; the cursor has them all */
#define MAX_RESTARTS 2
#define MAX_ETAG 256

/* The server's part size, or what makes the file fit into MAX_PARTS. */
int64_t
hft_bedrock_part_bytes(const HftCall *call)
{
	json_t	   *options = hft_json_object(call->server->options);
	int64_t		part = hft_pick_int(options, "part_size_mb", 5, 5120);
	int64_t		least = (call->file->bytes + MAX_PARTS - 1) / MAX_PARTS;

	json_decref(options);
	part = (part == HFT_UNKNOWN ? PART_MB : part) * MIB;
	return part > least ? part : least;
}

static size_t
part_count(const HftCall *call)
{
	int64_t		part = hft_bedrock_part_bytes(call);

	return (size_t) ((call->file->bytes + part - 1) / part);
}

static bool
is_aborting(const json_t *cursor)
{
	return hft_pick_bool(cursor, "abort", false);
}

/* ---- requests ---- */

/* "?uploadId=..." */
static const char *
upload_query(const HftCall *call, const json_t *cursor)
{
	return hft_arena_printf(call->arena, "?uploadId=%s",
							hft_url_encode(call->arena,
										   hft_pick_word(cursor, "upload")));
}

/* PUT of the first part that has not arrived. */
static bool
compose_part(const HftCall *call, HftRequest *request, const char *uri,
			 const json_t *cursor)
{
	size_t		done = json_array_size(hft_pick_array(cursor, "etags"));
	int64_t		part = hft_bedrock_part_bytes(call);
	int64_t		offset = (int64_t) done * part;
	int64_t		left = call->file->bytes - offset;
	const char *query = hft_arena_printf(call->arena, "%s&partNumber=%zu",
										 upload_query(call, cursor),
										 done + 1);

	if (!hft_s3_compose(call, request, "PUT", uri, query))
		return false;
	hft_request_body(request, NULL, "", 0);
	request->body_sha256 = HFT_SIGV4_UNSIGNED;
	request->dataset_offset = offset;
	request->dataset_length = left < part ? left : part;
	request->pace = HFT_PACE_UPLOAD;
	return true;
}

/* The list of parts, as XML; etags have nothing to escape but quotes. */
static const char *
write_parts(const HftCall *call, const json_t *cursor)
{
	const char *text = "<CompleteMultipartUpload xmlns=\""
		"http://s3.amazonaws.com/doc/2006-03-01/\">";
	size_t		room = strlen(text) + 40;
	size_t		i;
	json_t	   *etag;
	char	   *body;
	char	   *at;

	json_array_foreach(hft_pick_array(cursor, "etags"), i, etag)
		room += json_string_length(etag) + 100;
	body = at = hft_arena_alloc(call->arena, room);
	if (body == NULL)
		return NULL;
	at = stpcpy(at, text);
	json_array_foreach(hft_pick_array(cursor, "etags"), i, etag)
		at += snprintf(at, room - (size_t) (at - body),
					   "<Part><PartNumber>%zu</PartNumber><ETag>&quot;%s"
					   "&quot;</ETag></Part>", i + 1,
					   json_string_value(etag));
	stpcpy(at, "</CompleteMultipartUpload>");
	return body;
}

/* POST ?uploadId: from here on the object is there, or not at all. */
static bool
compose_complete(const HftCall *call, HftRequest *request, const char *uri,
				 const json_t *cursor)
{
	const char *body = write_parts(call, cursor);

	if (!hft_s3_compose(call, request, "POST", uri,
						upload_query(call, cursor)))
		return false;
	hft_request_body(request, "application/xml", body,
					 body ? strlen(body) : 0);
	(void) hft_request_header(request, "If-None-Match", "*");
	request->pace = HFT_PACE_UPLOAD;
	return true;
}

/* POST ?uploads= */
static bool
compose_begin(const HftCall *call, HftRequest *request, const char *uri)
{
	if (!hft_s3_compose(call, request, "POST", uri, "?uploads="))
		return false;
	hft_request_body(request, "application/jsonl", "", 0);
	return true;
}

bool
hft_bedrock_parts_request(const HftCall *call, HftRequest *request,
						  HftOutcome *outcome)
{
	const char *uri = hft_bedrock_file_uri(call);
	json_t	   *cursor = hft_json_object(call->cursor);
	bool		composed;

	if (hft_pick_word(cursor, "upload") == NULL)
		composed = compose_begin(call, request, uri);
	else if (is_aborting(cursor))
		composed = hft_s3_compose(call, request, "DELETE", uri,
								  upload_query(call, cursor));
	else if (json_array_size(hft_pick_array(cursor, "etags")) ==
			 part_count(call))
		composed = compose_complete(call, request, uri, cursor);
	else
		composed = compose_part(call, request, uri, cursor);
	json_decref(cursor);
	return composed ? hft_outcome_ready(outcome, call) :
		hft_s3_refuse(outcome);
}

/* ---- responses ---- */

static void
begin_response(const HftCall *call, const HftResponse *response,
			   json_t *cursor, HftOutcome *outcome)
{
	json_t	   *root = hft_s3_open(call, response,
								   "InitiateMultipartUploadResult", outcome);
	const char *upload = hft_pick_id(call->arena, root, "UploadId");

	json_decref(root);
	if (outcome->progress == HFT_FAILED)
		return;
	if (upload == NULL)
	{
		hft_outcome_fail(outcome, HFT_ERROR_BAD_ANSWER,
						 "The store's upload has no usable id.", NULL);
		return;
	}
	json_object_set_new(cursor, "upload", json_string(upload));
	json_object_set_new(cursor, "etags", json_array());
	hft_outcome_more(outcome, call, json_incref(cursor));
}

/*
 * Give the upload up, which costs money as long as it is open; then begin
 * again, a few times, or look at the object that stands in its way.
 */
static void
go_abort(const HftCall *call, json_t *cursor, bool exists,
		 HftOutcome *outcome)
{
	int64_t		restarts = hft_pick_count(cursor, "restarts");

	restarts = restarts == HFT_UNKNOWN ? 1 : restarts + 1;
	if (!exists && restarts > MAX_RESTARTS)
		return;
	json_object_set_new(cursor, "abort", json_true());
	json_object_set_new(cursor, "exists", json_boolean(exists));
	json_object_set_new(cursor, "restarts", json_integer(restarts));
	hft_outcome_init(outcome);
	hft_outcome_more(outcome, call, json_incref(cursor));
}

/* Aborted or not, go on: what stays open the bucket's own rules remove. */
static void
abort_response(const HftCall *call, const json_t *cursor, HftOutcome *outcome)
{
	json_t	   *again = json_pack("{s:I}", "restarts",
								  (json_int_t) hft_pick_count(cursor,
															  "restarts"));

	if (!hft_pick_bool(cursor, "exists", false))
	{
		hft_outcome_more(outcome, call, again);
		return;
	}
	json_decref(again);
	hft_bedrock_go_verify(call, outcome);
}

/* The etag without its quotes; NULL when it is none that XML can carry. */
static const char *
read_etag(const HftCall *call, const HftResponse *response)
{
	const char *etag = hft_response_header(response, "ETag");
	size_t		length;

	if (etag == NULL)
		return NULL;
	etag += *etag == '"';
	length = strcspn(etag, "\"");
	if (length == 0 || length > MAX_ETAG || strcspn(etag, "<>&") < length)
		return NULL;
	return hft_arena_strndup(call->arena, etag, length);
}

static void
part_response(const HftCall *call, const HftResponse *response,
			  json_t *cursor, HftOutcome *outcome)
{
	const char *etag = read_etag(call, response);

	if (!hft_s3_is_success(call, response, outcome))
	{
		if (hft_s3_is_error(outcome, "NoSuchUpload"))
			go_abort(call, cursor, false, outcome);
		return;
	}
	if (etag == NULL)
	{
		hft_outcome_fail(outcome, HFT_ERROR_BAD_ANSWER,
						 "The store gave no etag for a part.", NULL);
		return;
	}
	json_array_append_new(hft_pick_array(cursor, "etags"), json_string(etag));
	hft_outcome_more(outcome, call, json_incref(cursor));
}

/*
 * An upload that is not known any more was completed by a request whose
 * answer was lost, or is gone: the object tells which.
 */
static void
complete_response(const HftCall *call, const HftResponse *response,
				  json_t *cursor, HftOutcome *outcome)
{
	json_t	   *root = hft_s3_open(call, response,
								   "CompleteMultipartUploadResult", outcome);

	if (root != NULL)
		hft_bedrock_stored(call, outcome);
	else if (response->status == 412 ||
			 hft_s3_is_error(outcome, "NoSuchUpload"))
		go_abort(call, cursor, true, outcome);
	else if (outcome->error == HFT_ERROR_REFUSED)
		go_abort(call, cursor, false, outcome);
	json_decref(root);
}

/* The answer belongs to the step that the cursor says is missing. */
void
hft_bedrock_parts_response(const HftCall *call, const HftResponse *response,
						   HftOutcome *outcome)
{
	json_t	   *cursor = hft_json_object(call->cursor);

	if (hft_pick_word(cursor, "upload") == NULL)
		begin_response(call, response, cursor, outcome);
	else if (is_aborting(cursor))
		abort_response(call, cursor, outcome);
	else if (json_array_size(hft_pick_array(cursor, "etags")) ==
			 part_count(call))
		complete_response(call, response, cursor, outcome);
	else
		part_response(call, response, cursor, outcome);
	json_decref(cursor);
}
