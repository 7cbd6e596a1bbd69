/*-------------------------------------------------------------------------
 *
 * vertex_files.c
 *	  Training files in Cloud Storage: find, look at, delete.
 *
 * A file's name in the bucket is made from the hash of its bytes, so the
 * same content has one place and a repeated upload meets itself.  The hash
 * is also kept as metadata of the object, and compared.
 *
 *-------------------------------------------------------------------------
 */
#include <string.h>

#include "provider/vertex.h"

#define FOLDER "hft"
#define GS "gs://"
#define HASH_DIGITS 32

const char *
hft_vertex_bucket(const HftCall *call, HftOutcome *outcome)
{
	const char *bucket = hft_server_option(call, "bucket");

	if (bucket == NULL)
		hft_outcome_refuse(outcome, "The server does not say which bucket "
						   "training files go to.", "ALTER SERVER ... OPTIONS "
						   "(ADD bucket '...') names one in the region of the "
						   "jobs.");
	return bucket;
}

/* The platform knows a training file by the end of its name. */
const char *
hft_vertex_object(const HftCall *call)
{
	return hft_arena_printf(call->arena, FOLDER "/%.*s/%s", HASH_DIGITS,
							call->file->sha256, call->file->filename);
}

bool
hft_vertex_compose_object(const HftCall *call, HftRequest *request,
						  const char *bucket, const char *object)
{
	hft_compose(request, call, "GET", hft_vertex_storage(call),
				"/storage/v1/b/%s/o/%s",
				hft_url_encode(call->arena, bucket),
				hft_url_encode(call->arena, object));
	return true;
}

/*
 * The size must be ours, and so must the hash where the object has one: an
 * object of that name may have been put there by hand.
 */
static bool
is_ours(const HftCall *call, const json_t *object)
{
	const char *sha256 = hft_pick_word(hft_pick_object(object, "metadata"),
									   "hft_sha256");

	return hft_vertex_int(object, "size") == call->file->bytes &&
		sha256 != NULL && strcmp(sha256, call->file->sha256) == 0;
}

const char *
hft_vertex_gs(const HftCall *call, const json_t *object)
{
	const char *bucket = hft_pick_id(call->arena, object, "bucket");
	const char *name = hft_pick_id(call->arena, object, "name");

	if (bucket == NULL || name == NULL)
		return NULL;
	return hft_arena_printf(call->arena, GS "%s/%s", bucket, name);
}

/* ---- find ---- */

bool
hft_vertex_find_file_request(const HftCall *call, HftRequest *request,
							 HftOutcome *outcome)
{
	const char *bucket = hft_vertex_bucket(call, outcome);

	return bucket != NULL &&
		hft_vertex_compose_object(call, request, bucket,
								  hft_vertex_object(call)) &&
		hft_outcome_ready(outcome, call);
}

/* What is not there, or not whole, was not found. */
void
hft_vertex_find_file_response(const HftCall *call,
							  const HftResponse *response,
							  HftOutcome *outcome)
{
	HftAnswer	answer;
	HftFound   *found;

	if (response->status == 404)
		return;
	if (!hft_vertex_open(&answer, call, response, outcome))
		return;
	found = hft_arena_alloc(call->arena, sizeof(HftFound));
	if (found != NULL && is_ours(call, answer.root))
	{
		found->id = hft_vertex_gs(call, answer.root);
		found->state = "stored";
		found->at_ms = hft_pick_time(answer.root, "timeCreated");
		outcome->found = found;
		outcome->nfound = found->id != NULL;
	}
	hft_answer_close(&answer, call, outcome);
}

/* ---- status, delete ---- */

/* GET or DELETE of the object that the file's id names. */
static bool
compose_file(const HftCall *call, HftRequest *request, const char *method,
			 HftOutcome *outcome)
{
	const char *id = call->file->remote_id;
	const char *slash = id && strncmp(id, GS, strlen(GS)) == 0 ?
		strchr(id + strlen(GS), '/') : NULL;
	const char *bucket;

	if (slash == NULL || slash[1] == '\0')
		return hft_outcome_refuse(outcome, "The file is not in Cloud "
								  "Storage.", NULL);
	id += strlen(GS);
	bucket = hft_arena_strndup(call->arena, id, slash - id);
	(void) hft_vertex_compose_object(call, request, bucket, slash + 1);
	request->method = method;
	return hft_outcome_ready(outcome, call);
}

bool
hft_vertex_file_status_request(const HftCall *call, HftRequest *request,
							   HftOutcome *outcome)
{
	return compose_file(call, request, "GET", outcome);
}

/* Cloud Storage does not look into files: a stored one is ready. */
void
hft_vertex_file_status_response(const HftCall *call,
								const HftResponse *response,
								HftOutcome *outcome)
{
	HftAnswer	answer;

	if (!hft_vertex_open(&answer, call, response, outcome))
		return;
	outcome->remote_id = hft_vertex_gs(call, answer.root);
	outcome->remote_state = "stored";
	if (hft_vertex_int(answer.root, "size") != call->file->bytes)
		hft_outcome_fail(outcome, HFT_ERROR_LOST, "The object in Cloud "
						 "Storage is not the file that was sent.", NULL);
	hft_answer_close(&answer, call, outcome);
}

bool
hft_vertex_delete_file_request(const HftCall *call, HftRequest *request,
							   HftOutcome *outcome)
{
	bool		composed = compose_file(call, request, "DELETE", outcome);

	request->effect = HFT_EFFECT_REPEATABLE;
	return composed;
}

void
hft_vertex_delete_file_response(const HftCall *call,
								const HftResponse *response,
								HftOutcome *outcome)
{
	hft_answer_deleted(call, response, hft_vertex_rules, outcome);
}
