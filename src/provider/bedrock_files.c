/*-------------------------------------------------------------------------
 *
 * bedrock_files.c
 *	  Training files for Bedrock: objects in the server's bucket.
 *
 * The key of an object has the content's hash in it, and nothing is ever
 * overwritten ("If-None-Match: *"), so an object that is there is the one we
 * mean, whoever sent it.  Files of more than one part see bedrock_parts.c.
 * The cursor of a plain upload: verify, when the store said that the object
 * exists.  The remote id is the object's URI.
 *
 *-------------------------------------------------------------------------
 */
#include <inttypes.h>
#include <string.h>

#include "provider/bedrock_files.h"

#define HASH_DIGITS 32			/* of 64: enough to tell contents apart */

/* "s3://bucket/prefix/hash/name.jsonl" */
const char *
hft_bedrock_file_uri(const HftCall *call)
{
	const char *folder = hft_bedrock_folder(call);
	const char *uri;

	if (folder == NULL)
		return NULL;
	uri = hft_arena_printf(call->arena, "%s/%.*s/%s", folder, HASH_DIGITS,
						   call->file->sha256, call->file->filename);
	return hft_s3_is_plain(uri) ? uri : NULL;
}

/* ---- find ---- */

bool
hft_bedrock_ask_object(const HftCall *call, HftRequest *request,
					   const char *uri, HftOutcome *outcome)
{
	if (uri == NULL || !hft_s3_compose_list(call, request, uri, NULL))
		return hft_s3_refuse(outcome);
	return hft_outcome_ready(outcome, call);
}

/* Keys are listed in their order, so a full match comes first. */
bool
hft_bedrock_read_object(const HftCall *call, const HftResponse *response,
						const char *uri, HftOutcome *outcome)
{
	json_t	   *listing = hft_s3_open(call, response, "ListBucketResult",
									  outcome);
	const json_t *object = hft_s3_find(listing, uri);
	bool		is_there = object != NULL &&
		hft_s3_count(object, "Size") == call->file->bytes;

	json_decref(listing);
	return is_there;
}

/* GET the listing of this one key: unlike HEAD it says what is wrong. */
bool
hft_bedrock_find_file_request(const HftCall *call, HftRequest *request,
							  HftOutcome *outcome)
{
	return hft_bedrock_ask_object(call, request, hft_bedrock_file_uri(call),
								  outcome);
}

void
hft_bedrock_find_file_response(const HftCall *call,
							   const HftResponse *response,
							   HftOutcome *outcome)
{
	const char *uri = hft_bedrock_file_uri(call);
	json_t	   *file;

	if (!hft_bedrock_read_object(call, response, uri, outcome))
		return;
	file = json_pack("{s:s?}", "id", uri);
	hft_outcome_found(outcome, call, file, "stored");
	json_decref(file);
}

/* ---- send ---- */

static bool
is_verifying(const HftCall *call)
{
	json_t	   *cursor = hft_json_object(call->cursor);
	bool		verifying = hft_pick_bool(cursor, "verify", false);

	json_decref(cursor);
	return verifying;
}

bool
hft_bedrock_upload_request(const HftCall *call, HftRequest *request,
						   HftOutcome *outcome)
{
	const char *uri = hft_bedrock_file_uri(call);

	if (is_verifying(call))
		return hft_bedrock_ask_object(call, request, uri, outcome);
	if (uri == NULL)
		return hft_s3_refuse(outcome);
	if (call->file->bytes > hft_bedrock_part_bytes(call))
		return hft_bedrock_parts_request(call, request, outcome);
	if (!hft_s3_compose(call, request, "PUT", uri, ""))
		return hft_s3_refuse(outcome);
	hft_request_body(request, "application/jsonl", "", 0);
	(void) hft_request_header(request, "If-None-Match", "*");
	request->body_sha256 = call->file->sha256;
	request->dataset_length = call->file->bytes;
	request->pace = HFT_PACE_UPLOAD;
	return hft_outcome_ready(outcome, call);
}

void
hft_bedrock_stored(const HftCall *call, HftOutcome *outcome)
{
	hft_outcome_init(outcome);
	outcome->remote_id = hft_bedrock_file_uri(call);
	outcome->remote_state = "stored";
}

void
hft_bedrock_go_verify(const HftCall *call, HftOutcome *outcome)
{
	hft_outcome_init(outcome);
	hft_outcome_more(outcome, call, json_pack("{s:b}", "verify", 1));
}

/* It exists, or a lost answer said so: it counts when it is all there. */
static void
verify_response(const HftCall *call, const HftResponse *response,
				HftOutcome *outcome)
{
	if (hft_bedrock_read_object(call, response, hft_bedrock_file_uri(call),
								outcome))
		hft_bedrock_stored(call, outcome);
	else if (outcome->progress != HFT_FAILED)
		hft_outcome_fail(outcome, HFT_ERROR_REFUSED,
						 "The bucket has another object where the training "
						 "file is to be.", "Delete it, or set the server's "
						 "option \"prefix\".");
}

/* 412: somebody stored it before, most likely we. */
void
hft_bedrock_upload_response(const HftCall *call, const HftResponse *response,
							HftOutcome *outcome)
{
	if (is_verifying(call))
		verify_response(call, response, outcome);
	else if (call->file->bytes > hft_bedrock_part_bytes(call))
		hft_bedrock_parts_response(call, response, outcome);
	else if (hft_s3_is_success(call, response, outcome))
		hft_bedrock_stored(call, outcome);
	else if (response->status == 412)
		hft_bedrock_go_verify(call, outcome);
}

/* ---- look again, delete ---- */

/* An object is ready as soon as it is there; it may have been deleted. */
bool
hft_bedrock_file_status_request(const HftCall *call, HftRequest *request,
								HftOutcome *outcome)
{
	return hft_bedrock_ask_object(call, request, call->file->remote_id,
								  outcome);
}

void
hft_bedrock_file_status_response(const HftCall *call,
								 const HftResponse *response,
								 HftOutcome *outcome)
{
	if (hft_bedrock_read_object(call, response, call->file->remote_id,
								outcome))
		outcome->remote_state = "stored";
	else if (outcome->progress != HFT_FAILED)
		hft_outcome_fail(outcome, HFT_ERROR_LOST,
						 "The training file is not in the bucket any more.",
						 NULL);
}

/* DELETE of what is gone is a success as well (K16). */
bool
hft_bedrock_delete_file_request(const HftCall *call, HftRequest *request,
								HftOutcome *outcome)
{
	if (!hft_s3_compose(call, request, "DELETE", call->file->remote_id, ""))
		return hft_s3_refuse(outcome);
	return hft_outcome_ready(outcome, call);
}

void
hft_bedrock_delete_file_response(const HftCall *call,
								 const HftResponse *response,
								 HftOutcome *outcome)
{
	(void) hft_s3_is_success(call, response, outcome);
	if (outcome->error == HFT_ERROR_LOST)
		hft_outcome_init(outcome);
}
