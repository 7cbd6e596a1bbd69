/*-------------------------------------------------------------------------
 *
 * together_parts.c
 *	  Files above 5 GiB at Together: initiate, parts, complete, abort.
 *
 * The cursor holds upload, file and a list of parts; a part has its signed
 * url and headers until it arrived, then its etag.  When a URL has expired
 * the whole upload is aborted and begins again.
 *
 *-------------------------------------------------------------------------
 */
#include <inttypes.h>
#include <string.h>

#include "provider/together.h"

#define PART_TARGET (INT64_C(250) * 1024 * 1024)
#define MAX_PARTS 250
#define MAX_PART_HEADERS 16
#define MAX_ETAG 256

/* As many as the platform's own client would make. */
static int64_t
part_count(const HftCall *call)
{
	int64_t		parts = (call->file->bytes + PART_TARGET - 1) / PART_TARGET;

	return parts > MAX_PARTS ? MAX_PARTS : parts;
}

/* Bytes of every part but the last. */
static int64_t
part_bytes(const HftCall *call)
{
	int64_t		parts = part_count(call);

	return (call->file->bytes + parts - 1) / parts;
}

/* Index of the first part that has not arrived; the number when all have. */
static size_t
next_part(const json_t *parts)
{
	size_t		i;
	json_t	   *part;

	json_array_foreach(parts, i, part)
	{
		if (hft_pick_word(part, "etag") == NULL)
			break;
	}
	return i;
}

/* The upload is given up; only its abort is missing. */
static bool
is_aborting(const json_t *cursor)
{
	const char *stage = hft_pick_word(cursor, "stage");

	return stage != NULL && strcmp(stage, "abort") == 0;
}

/* ---- requests ---- */

/* POST /files/multipart/initiate: an address for every part at once. */
static void
compose_initiate(const HftCall *call, HftRequest *request)
{
	hft_compose(request, call, "POST", hft_together_base(call),
				"/files/multipart/initiate");
	hft_compose_json(request, call,
					 json_pack("{s:s, s:I, s:I, s:s, s:s, s:s}",
							   "file_name", call->file->filename,
							   "file_size", (json_int_t) call->file->bytes,
							   "num_parts", (json_int_t) part_count(call),
							   "purpose", "fine-tune",
							   "file_type", "jsonl",
							   "checksum", call->file->sha256));
	request->response_limit = HFT_TOGETHER_LIST_LIMIT;
}

/*
 * PUT of the first part that has not arrived; false when its address cannot
 * be used.
 */
static bool
compose_part(const HftCall *call, HftRequest *request, const json_t *parts)
{
	size_t		index = next_part(parts);
	const json_t *part = json_array_get(parts, index);
	int64_t		offset = (int64_t) index * part_bytes(call);
	int64_t		left = call->file->bytes - offset;
	const char *name;
	json_t	   *value;

	if (!hft_together_put(call, request, hft_pick_word(part, "url"), offset,
						  left < part_bytes(call) ? left : part_bytes(call)))
		return false;
	json_object_foreach(hft_pick_object(part, "headers"), name, value)
	{
		/* exactly the given ones: they are part of what was signed */
		if (!hft_request_header(request,
								hft_arena_strdup(call->arena, name),
								hft_arena_strdup(call->arena,
												 json_string_value(value))))
			return false;
	}
	return true;
}

/* What proves to the storage that we mean the parts it has. */
static json_t *
list_etags(const json_t *parts)
{
	json_t	   *list = json_array();
	size_t		i;
	json_t	   *part;

	json_array_foreach(parts, i, part)
		json_array_append_new(list,
							  json_pack("{s:I, s:O}", "part_number",
										(json_int_t) i + 1, "etag",
										json_object_get(part, "etag")));
	return list;
}

/* complete or abort: both name the upload */
static void
compose_end(const HftCall *call, HftRequest *request, const json_t *cursor,
			bool complete)
{
	json_t	   *body = json_pack("{s:O, s:O}",
								 "upload_id",
								 json_object_get(cursor, "upload"),
								 "file_id", json_object_get(cursor, "file"));

	if (complete)
		json_object_set_new(body, "parts",
							list_etags(hft_pick_array(cursor, "parts")));
	hft_compose(request, call, "POST", hft_together_base(call),
				"/files/multipart/%s", complete ? "complete" : "abort");
	hft_compose_json(request, call, body);
}

/* One step: initiate, a part, complete or abort. */
bool
hft_together_parts_request(const HftCall *call, HftRequest *request,
						   HftOutcome *outcome)
{
	json_t	   *cursor = hft_json_object(call->cursor);
	json_t	   *parts = hft_pick_array(cursor, "parts");
	bool		composed = true;

	if (parts == NULL)
		compose_initiate(call, request);
	else if (is_aborting(cursor))
		compose_end(call, request, cursor, false);
	else if (next_part(parts) == json_array_size(parts))
		compose_end(call, request, cursor, true);
	else
		composed = compose_part(call, request, parts);
	json_decref(cursor);
	if (!composed)
		return hft_outcome_refuse(outcome, "The platform's signed address "
								  "cannot be used.", NULL);
	return true;
}

/* ---- responses ---- */

/* One of the two spellings of a member. */
static json_t *
either(const json_t *object, const char *name, const char *other)
{
	json_t	   *value = json_object_get(object, name);

	return value ? value : json_object_get(object, other);
}

/* The part with this number, as the cursor keeps it; NULL when unusable. */
static json_t *
find_part(const json_t *parts, int64_t number)
{
	size_t		i;
	json_t	   *part;

	json_array_foreach(parts, i, part)
	{
		const json_t *url = either(part, "URL", "UploadURL");
		const json_t *theirs = either(part, "PartNumber", "part_number");
		json_t	   *headers = hft_pick_object(part, "Headers");

		if (json_integer_value(theirs) != number)
			continue;
		if (!hft_url_is_plain(json_string_value(url)) ||
			json_object_size(headers) > MAX_PART_HEADERS)
			return NULL;
		return json_pack("{s:s, s:O?}", "url", json_string_value(url),
						 "headers", headers);
	}
	return NULL;
}

/* The upload as the cursor keeps it; false when the answer lacks something. */
static bool
keep_upload(const HftCall *call, HftAnswer *answer)
{
	const char *upload = hft_pick_id(call->arena, answer->root, "upload_id");
	const char *file = hft_pick_id(call->arena, answer->root, "file_id");
	json_t	   *parts = json_array();
	bool		usable = upload != NULL && file != NULL;

	for (int64_t n = 1; usable && n <= part_count(call); n++)
	{
		json_t	   *part = find_part(hft_pick_array(answer->root, "parts"),
									 n);

		usable = part != NULL;
		if (usable)
			json_array_append_new(parts, part);
	}
	json_object_set_new(answer->cursor, "parts", parts);
	if (!usable)
		return false;
	json_object_set_new(answer->cursor, "stage", json_string("parts"));
	json_object_set_new(answer->cursor, "upload", json_string(upload));
	json_object_set_new(answer->cursor, "file", json_string(file));
	return true;
}

/* Or the 409 that names a file of the same content. */
static void
initiate_response(const HftCall *call, const HftResponse *response,
				  HftOutcome *outcome)
{
	HftAnswer	answer;

	if (hft_together_adopt(call, response, outcome))
		return;
	if (!hft_answer_open(&answer, call, response, hft_together_rules,
						 outcome))
		return;
	if (keep_upload(call, &answer))
		hft_outcome_more(outcome, call, json_incref(answer.cursor));
	else
		hft_outcome_fail(outcome, HFT_ERROR_BAD_ANSWER, "The platform's "
						 "upload has no usable list of parts.", NULL);
	hft_answer_close(&answer, call, outcome);
}

/* The storage's etag without its quotes; NULL when it is none. */
static const char *
read_etag(const HftCall *call, const HftResponse *response)
{
	const char *etag = hft_response_header(response, "ETag");
	size_t		length;

	if (etag == NULL)
		return NULL;
	etag += strspn(etag, "\"");
	length = strcspn(etag, "\"");
	if (length == 0 || length > MAX_ETAG)
		return NULL;
	return hft_arena_strndup(call->arena, etag, length);
}

/* The address of a part that arrived is dropped from the cursor. */
static void
part_response(const HftCall *call, const HftResponse *response,
			  json_t *cursor, HftOutcome *outcome)
{
	json_t	   *parts = hft_pick_array(cursor, "parts");
	const char *etag = read_etag(call, response);
	json_t	   *done;

	if (response->status < 200 || response->status > 299)
	{
		json_object_set_new(cursor, "stage", json_string("abort"));
		hft_together_storage_failed(call, response, json_incref(cursor),
									outcome);
		return;
	}
	done = etag ? json_pack("{s:s}", "etag", etag) : NULL;
	if (done == NULL)
	{
		hft_outcome_fail(outcome, HFT_ERROR_BAD_ANSWER, "The platform's "
						 "storage gave no etag.", NULL);
		return;
	}
	json_array_set_new(parts, next_part(parts), done);
	hft_outcome_more(outcome, call, json_incref(cursor));
}

/*
 * Some versions answer with the file, others with an object around it, and
 * one with neither: then it is the id we know.
 */
static void
complete_response(const HftCall *call, const HftResponse *response,
				  HftOutcome *outcome)
{
	HftAnswer	answer;
	const json_t *file;
	const char *id;

	if (!hft_answer_open(&answer, call, response, hft_together_rules,
						 outcome))
		return;
	file = hft_pick_object(answer.root, "file");
	id = hft_pick_id(call->arena, file ? file : answer.root, "id");
	if (id == NULL)
		id = hft_pick_id(call->arena, answer.cursor, "file");
	hft_together_go_preprocess(call, id, outcome);
	hft_answer_close(&answer, call, outcome);
}

/* Aborted or not, begin again; the count of restarts is kept. */
static void
abort_response(const HftCall *call, const json_t *cursor, HftOutcome *outcome)
{
	static const char *const kept[] = {"restarts", NULL};
	json_t	   *again = hft_json_new();

	hft_json_copy(again, cursor, kept);
	hft_outcome_more(outcome, call, again);
}

/* The answer belongs to the step that the cursor says is missing. */
void
hft_together_parts_response(const HftCall *call, const HftResponse *response,
							HftOutcome *outcome)
{
	json_t	   *cursor = hft_json_object(call->cursor);
	json_t	   *parts = hft_pick_array(cursor, "parts");

	if (parts == NULL)
		initiate_response(call, response, outcome);
	else if (is_aborting(cursor))
		abort_response(call, cursor, outcome);
	else if (next_part(parts) == json_array_size(parts))
		complete_response(call, response, outcome);
	else
		part_response(call, response, cursor, outcome);
	json_decref(cursor);
}
