/*-------------------------------------------------------------------------
 *
 * fireworks_files.c
 *	  Training files at Fireworks: data sets, made, filled and waited for.
 *
 * A data set's id is made from the content's hash, so the same content is
 * sent once.  An upload is a walk whose step the cursor names:
 *
 *	(none)		POST the data set; 409: "look" what it is
 *	look		GET it: READY ends the walk, UPLOADING goes on with the bytes
 *	send		up to 150 MB: one multipart request
 *	ask			larger: ask for a signed URL
 *	put			the bytes, to the storage, without our key
 *	validate	say that they are there
 *
 * The id of a data set that was deleted may stay taken for a while: then the
 * next one in a row is used ("n" in the cursor).  A data set has no state
 * "failed": its status tells, or a deadline.
 *
 *-------------------------------------------------------------------------
 */
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "provider/fireworks.h"

#define HASH_DIGITS 40
#define MAX_ONE_POST INT64_C(150000000)
#define MAX_GENERATION 9
#define MAX_RESTARTS 3
#define STATUS_WAIT_MS 5000
#define READY_SECONDS 3600		/* until a data set must be usable */

/* ---- names ---- */

/* The id of the n-th data set for this content. */
static const char *
planned_id(const HftCall *call, const json_t *cursor)
{
	int64_t		n = hft_pick_int(cursor, "n", 2, MAX_GENERATION);

	if (n == HFT_UNKNOWN)
		return hft_arena_printf(call->arena, "hft-%.*s", HASH_DIGITS,
								call->file->sha256);
	return hft_arena_printf(call->arena, "hft-%.*s-%" PRId64, HASH_DIGITS,
							call->file->sha256, n);
}

static const char *
planned_name(const HftCall *call, const json_t *cursor)
{
	return hft_fireworks_name(call, "datasets", planned_id(call, cursor));
}

static bool
is_ready(const json_t *dataset)
{
	const char *state = hft_pick_word(dataset, "state");

	return state != NULL && strcasecmp(state, "READY") == 0;
}

/* ---- find ---- */

/* GET of the planned name: no listing can be late about it. */
bool
hft_fireworks_find_file_request(const HftCall *call, HftRequest *request,
								HftOutcome *outcome)
{
	return hft_fireworks_compose(call, request, outcome, "GET",
								 planned_name(call, NULL), "");
}

/* One that is still to be filled was not found: the upload goes on with it. */
void
hft_fireworks_find_file_response(const HftCall *call,
								 const HftResponse *response,
								 HftOutcome *outcome)
{
	HftAnswer	answer;
	json_t	   *file;

	if (!hft_fireworks_open(&answer, call, response, outcome))
	{
		if (outcome->error == HFT_ERROR_LOST)
			hft_outcome_init(outcome);
		return;
	}
	file = json_pack("{s:O?}", "id", json_object_get(answer.root, "name"));
	if (is_ready(answer.root))
		hft_outcome_found(outcome, call, file, "READY");
	json_decref(file);
	hft_answer_close(&answer, call, outcome);
}

/* ---- send: requests ---- */

/* The client counts the lines; 64 bits travel as a text. */
static bool
ask_begin(const HftCall *call, const json_t *cursor, HftRequest *request,
		  HftOutcome *outcome)
{
	const char *rows = hft_arena_printf(call->arena, "%" PRId64,
										call->file->rows);

	if (!hft_fireworks_compose(call, request, outcome, "POST",
							   hft_fireworks_collection(call, "datasets"),
							   ""))
		return false;
	hft_compose_json(request, call,
					 json_pack("{s:s?, s:{s:s, s:s, s:s?, s:{}}}",
							   "datasetId", planned_id(call, cursor),
							   "dataset",
							   "displayName", call->file->filename,
							   "format", "CHAT",
							   "exampleCount", rows, "userUploaded"));
	return true;
}

/* GET of what is there under our name. */
static bool
ask_look(const HftCall *call, const json_t *cursor, HftRequest *request,
		 HftOutcome *outcome)
{
	return hft_fireworks_compose(call, request, outcome, "GET",
								 planned_name(call, cursor), "");
}

/* All of it in one request. */
static bool
ask_send(const HftCall *call, const json_t *cursor, HftRequest *request,
		 HftOutcome *outcome)
{
	if (!hft_fireworks_compose(call, request, outcome, "POST",
							   planned_name(call, cursor), ":upload"))
		return false;
	hft_compose_upload(request, call, NULL, "file", 0, call->file->bytes);
	return true;
}

/* An address for more than one request takes. */
static bool
ask_address(const HftCall *call, const json_t *cursor, HftRequest *request,
			HftOutcome *outcome)
{
	const char *bytes = hft_arena_printf(call->arena, "%" PRId64,
										 call->file->bytes);

	if (!hft_fireworks_compose(call, request, outcome, "POST",
							   planned_name(call, cursor),
							   ":getUploadEndpoint"))
		return false;
	hft_compose_json(request, call,
					 json_pack("{s:{s:s?}}", "filenameToSize",
							   call->file->filename, bytes));
	return true;
}

/*
 * The bytes and nothing else.  The range of lengths is sent where it was
 * signed: the storage wants exactly the headers that were.
 */
static bool
ask_put(const HftCall *call, const json_t *cursor, HftRequest *request,
		HftOutcome *outcome)
{
	const char *url = hft_pick_word(cursor, "url");
	bool		signs_range;

	if (!hft_url_is_plain(url))
		return hft_outcome_refuse(outcome, "The platform's signed address "
								  "cannot be used.", NULL);
	signs_range = strcasestr(url, "x-goog-content-length-range") != NULL;
	hft_request_init(request, "PUT", hft_arena_strdup(call->arena, url));
	hft_request_body(request, "application/octet-stream", "", 0);
	request->dataset_length = call->file->bytes;
	request->auth = HFT_AUTH_NONE;
	request->effect = HFT_EFFECT_REPEATABLE;
	request->pace = HFT_PACE_UPLOAD;
	if (signs_range)
		hft_request_header(request, "x-goog-content-length-range",
						   hft_arena_printf(call->arena,
											"%" PRId64 ",%" PRId64,
											call->file->bytes,
											call->file->bytes));
	return true;
}

/* The bytes are there. */
static bool
ask_validate(const HftCall *call, const json_t *cursor, HftRequest *request,
			 HftOutcome *outcome)
{
	if (!hft_fireworks_compose(call, request, outcome, "POST",
							   planned_name(call, cursor),
							   ":validateUpload"))
		return false;
	hft_compose_json(request, call, hft_json_new());
	return true;
}

/* ---- send: answers ---- */

/* The cursor at another step; what a step keeps for itself is dropped. */
static void
go_to(const HftCall *call, json_t *cursor, const char *stage,
	  HftOutcome *outcome)
{
	hft_outcome_init(outcome);
	json_object_del(cursor, "url");
	json_object_set_new(cursor, "stage", json_string(stage));
	hft_outcome_more(outcome, call, json_incref(cursor));
}

/* The step that takes the bytes. */
static void
go_fill(const HftCall *call, json_t *cursor, HftOutcome *outcome)
{
	go_to(call, cursor, call->file->bytes > MAX_ONE_POST ? "ask" : "send",
		  outcome);
}

/* The upload is over; whether the content is good is asked for later. */
static void
finish(const HftCall *call, const json_t *cursor, HftOutcome *outcome)
{
	hft_outcome_init(outcome);
	outcome->remote_id = planned_name(call, cursor);
}

/* Begin the walk's middle again, a few times; false when it was enough. */
static bool
try_again(const HftCall *call, json_t *cursor, const char *stage,
		  HftOutcome *outcome)
{
	int64_t		restarts = hft_pick_count(cursor, "restarts");

	restarts = restarts == HFT_UNKNOWN ? 1 : restarts + 1;
	if (restarts > MAX_RESTARTS)
		return false;
	json_object_set_new(cursor, "restarts", json_integer(restarts));
	go_to(call, cursor, stage, outcome);
	return true;
}

static void
begin_answer(const HftCall *call, const HftResponse *response,
			 json_t *cursor, HftOutcome *outcome)
{
	if (hft_fireworks_succeeded(call, response, outcome))
		go_fill(call, cursor, outcome);
	else if (hft_fireworks_is_taken(outcome))
		go_to(call, cursor, "look", outcome);
}

/* Taken, and not there: deleted lately.  The next id is free. */
static void
skip_deleted(const HftCall *call, json_t *cursor, HftOutcome *outcome)
{
	int64_t		n = hft_pick_int(cursor, "n", 2, MAX_GENERATION);

	n = n == HFT_UNKNOWN ? 2 : n + 1;
	if (n > MAX_GENERATION)
		return;
	json_object_set_new(cursor, "n", json_integer(n));
	go_to(call, cursor, "begin", outcome);
}

/* K07: sent before, or by another job; immutable once it is READY. */
static void
look_answer(const HftCall *call, const HftResponse *response,
			json_t *cursor, HftOutcome *outcome)
{
	HftAnswer	answer;

	if (!hft_fireworks_open(&answer, call, response, outcome))
	{
		if (outcome->error == HFT_ERROR_LOST)
			skip_deleted(call, cursor, outcome);
		return;
	}
	if (is_ready(answer.root))
		finish(call, cursor, outcome);
	else
		go_fill(call, cursor, outcome);
	hft_answer_close(&answer, call, outcome);
}

/* A refusal may mean that it has become READY meanwhile: look. */
static void
last_answer(const HftCall *call, const HftResponse *response,
			json_t *cursor, HftOutcome *outcome)
{
	if (hft_fireworks_succeeded(call, response, outcome))
		finish(call, cursor, outcome);
	else if (response->status == 400 || response->status == 409)
		(void) try_again(call, cursor, "look", outcome);
}

/* The address of the file, or of the only one. */
static const char *
pick_address(const HftCall *call, const json_t *root)
{
	json_t	   *urls = hft_pick_object(root, "filenameToSignedUrls");
	const char *url = hft_pick_word(urls, call->file->filename);
	void	   *first = json_object_iter(urls);

	if (url == NULL && json_object_size(urls) == 1)
		url = json_string_value(json_object_iter_value(first));
	return url;
}

static void
address_answer(const HftCall *call, const HftResponse *response,
			   json_t *cursor, HftOutcome *outcome)
{
	HftAnswer	answer;
	const char *url;

	if (!hft_fireworks_open(&answer, call, response, outcome))
		return;
	url = pick_address(call, answer.root);
	if (hft_url_is_plain(url))
	{
		json_object_set_new(cursor, "stage", json_string("put"));
		json_object_set_new(cursor, "url", json_string(url));
		hft_outcome_more(outcome, call, json_incref(cursor));
	}
	else
		hft_outcome_fail(outcome, HFT_ERROR_BAD_ANSWER,
						 "The platform gave no usable address for the file.",
						 NULL);
	hft_answer_close(&answer, call, outcome);
}

/*
 * What passes is tried again at the same address; anything else may mean that
 * it expired, so a new one is asked for.
 */
static void
put_answer(const HftCall *call, const HftResponse *response, json_t *cursor,
		   HftOutcome *outcome)
{
	bool		passes = response->status >= 500 || response->status == 408 ||
		response->status == 429;

	if (response->status >= 200 && response->status <= 299)
	{
		go_to(call, cursor, "validate", outcome);
		return;
	}
	if (!passes && try_again(call, cursor, "ask", outcome))
		return;
	hft_outcome_fail(outcome, passes ? HFT_ERROR_TRANSIENT :
					 HFT_ERROR_REFUSED,
					 hft_arena_printf(call->arena, "The platform's storage "
									  "answered HTTP %d.", response->status),
					 NULL);
	outcome->retry_after_ms = hft_answer_retry_ms(response, call->now);
}

/* ---- send: the walk ---- */

typedef struct Step
{
	const char *stage;
	bool		(*ask) (const HftCall *call, const json_t *cursor,
						HftRequest *request, HftOutcome *outcome);
	void		(*read) (const HftCall *call, const HftResponse *response,
						 json_t *cursor, HftOutcome *outcome);
} Step;

static const Step steps[] = {
	{"begin", ask_begin, begin_answer},
	{"look", ask_look, look_answer},
	{"send", ask_send, last_answer},
	{"ask", ask_address, address_answer},
	{"put", ask_put, put_answer},
	{"validate", ask_validate, last_answer},
	{NULL, NULL, NULL}
};

/* An unknown stage is the first: a data set is not made twice. */
static const Step *
step_of(const json_t *cursor)
{
	const char *stage = hft_pick_word(cursor, "stage");

	for (const Step *step = steps; stage != NULL && step->stage != NULL;
		 step++)
	{
		if (strcmp(step->stage, stage) == 0)
			return step;
	}
	return steps;
}

bool
hft_fireworks_upload_request(const HftCall *call, HftRequest *request,
							 HftOutcome *outcome)
{
	json_t	   *cursor = hft_json_object(call->cursor);
	bool		composed = step_of(cursor)->ask(call, cursor, request,
												outcome);

	json_decref(cursor);
	return composed && hft_outcome_ready(outcome, call);
}

void
hft_fireworks_upload_response(const HftCall *call,
							  const HftResponse *response,
							  HftOutcome *outcome)
{
	json_t	   *cursor = hft_json_object(call->cursor);

	step_of(cursor)->read(call, response, cursor, outcome);
	json_decref(cursor);
	if (hft_arena_failed(call->arena))
		hft_outcome_fail(outcome, HFT_ERROR_MEMORY,
						 "The answer is too large.", NULL);
}

/* ---- wait ---- */

/* GET of the data set that the upload ended with. */
bool
hft_fireworks_file_status_request(const HftCall *call, HftRequest *request,
								  HftOutcome *outcome)
{
	if (call->file->remote_id == NULL)
		return hft_outcome_refuse(outcome, "The file is not at the platform.",
								  NULL);
	return hft_fireworks_compose(call, request, outcome, "GET",
								 call->file->remote_id, "");
}

/* Not READY: a fault told by its status, or time that is left, or not. */
static void
wait_for_ready(const HftCall *call, const HftAnswer *answer,
			   HftOutcome *outcome)
{
	int64_t		since = hft_pick_count(answer->cursor, "since");

	hft_fireworks_read_status(call, answer->root, outcome);
	if (since == HFT_UNKNOWN || since > call->now)
		since = call->now;
	if (outcome->code != NULL)
		hft_outcome_fail(outcome, HFT_ERROR_REFUSED, outcome->message ?
						 outcome->message : "The platform could not read the "
						 "training file.",
						 "hft.check_dataset() names the examples at fault.");
	else if (call->now - since < READY_SECONDS)
		hft_outcome_wait(outcome, call,
						 json_pack("{s:I}", "since", (json_int_t) since),
						 STATUS_WAIT_MS);
	else
		hft_outcome_fail(outcome, HFT_ERROR_REFUSED, "The data set has not "
						 "become READY within an hour.",
						 "Delete it at the platform, then call "
						 "hft.retry_job().");
}

void
hft_fireworks_file_status_response(const HftCall *call,
								   const HftResponse *response,
								   HftOutcome *outcome)
{
	HftAnswer	answer;

	if (!hft_fireworks_open(&answer, call, response, outcome))
		return;
	outcome->remote_id = hft_pick_id(call->arena, answer.root, "name");
	outcome->remote_state = hft_pick_id(call->arena, answer.root, "state");
	if (outcome->remote_id == NULL)
		hft_outcome_fail(outcome, HFT_ERROR_BAD_ANSWER,
						 "The platform's data set has no usable name.", NULL);
	else if (!is_ready(answer.root))
		wait_for_ready(call, &answer, outcome);
	hft_answer_close(&answer, call, outcome);
}

/* ---- delete ---- */

bool
hft_fireworks_delete_file_request(const HftCall *call, HftRequest *request,
								  HftOutcome *outcome)
{
	if (call->file->remote_id == NULL)
		return hft_outcome_refuse(outcome, "The file is not at the platform.",
								  NULL);
	return hft_fireworks_compose(call, request, outcome, "DELETE",
								 call->file->remote_id, "");
}

/* A data set that is gone is deleted (K16). */
void
hft_fireworks_delete_file_response(const HftCall *call,
								   const HftResponse *response,
								   HftOutcome *outcome)
{
	hft_answer_deleted(call, response, hft_fireworks_rules, outcome);
}
