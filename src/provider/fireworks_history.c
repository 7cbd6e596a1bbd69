/*-------------------------------------------------------------------------
 *
 * fireworks_history.c
 *	  The losses of a job at Fireworks: a file behind a signed URL.
 *
 * The URL expires, so each run asks for a fresh one, and then reads the file
 * whole, since nothing promises that a part of it can be had.  What was read
 * in an earlier run is skipped while the file begins with the same bytes
 * (size and hash in the cursor); a job that was started again writes another
 * file, which is read from its beginning.  There are neither events nor
 * checkpoints.
 *
 * The cursor holds job, size, hash; within a run url; tries while a job that
 * is over has no file.
 *
 *-------------------------------------------------------------------------
 */
#include <openssl/sha.h>
#include <string.h>

#include "provider/fireworks.h"
#include "provider/late.h"

#define MAX_TRIES 3				/* fresh URLs in a run */
#define HASH_BYTES 16
#define HASH_TEXT (2 * HASH_BYTES + 1)

/* The cursor, when it is this job's; else a new one. */
static json_t *
open_cursor(const HftCall *call)
{
	json_t	   *cursor = hft_json_object(call->cursor);
	const char *job = hft_pick_word(cursor, "job");

	if (job == NULL || strcmp(job, call->job->remote_id) != 0)
	{
		json_object_clear(cursor);
		json_object_set_new(cursor, "job",
							json_string(call->job->remote_id));
	}
	return cursor;
}

static bool
is_over(const HftCall *call)
{
	return hft_fireworks_state(call->job->remote_state) >=
		HFT_REMOTE_SUCCEEDED;
}

/* Supervised jobs tell the URL themselves, the others by a call. */
static bool
is_supervised(const HftCall *call)
{
	return strstr(call->job->remote_id, "/supervisedFineTuningJobs/") != NULL;
}

/* ---- request ---- */

/* The file, from the storage, without our key (P5). */
static void
ask_file(const HftCall *call, const char *url, HftRequest *request)
{
	hft_request_init(request, "GET", hft_arena_strdup(call->arena, url));
	request->auth = HFT_AUTH_NONE;
	request->response_limit = HFT_FIREWORKS_FILE_LIMIT;
}

bool
hft_fireworks_history_request(const HftCall *call, HftRequest *request,
							  HftOutcome *outcome)
{
	json_t	   *cursor;
	const char *url;
	bool		asking;

	if (call->job->remote_id == NULL)
		return hft_outcome_refuse(outcome, "The job is not at the platform.",
								  NULL);
	cursor = open_cursor(call);
	url = hft_pick_word(cursor, "url");
	asking = !hft_url_is_plain(url);
	if (!asking)
		ask_file(call, url, request);
	json_decref(cursor);
	if (!asking)
		return hft_outcome_ready(outcome, call);
	return hft_fireworks_compose(call, request, outcome, "GET",
								 call->job->remote_id, is_supervised(call) ?
								 "" : ":getMetricsFileEndpoint");
}

/* ---- response ---- */

/* Done; what was read is kept for the next run, the address is not. */
static void
end_run(const HftCall *call, json_t *cursor, HftOutcome *outcome)
{
	json_object_del(cursor, "url");
	json_object_del(cursor, "tries");
	json_object_del(cursor, "renewed");
	hft_outcome_save(outcome, call, json_incref(cursor));
}

/*
 * There is no file yet.  One of a job that succeeded is late and waited for a
 * little (F43); others may never have written any.
 */
static void
go_without(const HftCall *call, json_t *cursor, HftOutcome *outcome)
{
	hft_outcome_init(outcome);
	json_object_del(cursor, "url");
	if (hft_fireworks_state(call->job->remote_state) != HFT_REMOTE_SUCCEEDED
		|| !hft_late_wait(outcome, call, cursor, "metrics"))
		end_run(call, cursor, outcome);
}

static void
address_answer(const HftCall *call, const HftResponse *response,
			   json_t *cursor, HftOutcome *outcome)
{
	HftAnswer	answer;
	const char *url;

	if (!hft_fireworks_open(&answer, call, response, outcome))
		return;
	url = hft_pick_word(answer.root, is_supervised(call) ?
						"metricsFileSignedUrl" : "signedUrl");
	if (hft_url_is_plain(url))
	{
		json_object_set_new(cursor, "url", json_string(url));
		hft_outcome_more(outcome, call, json_incref(cursor));
	}
	else
		go_without(call, cursor, outcome);
	hft_answer_close(&answer, call, outcome);
}

/* The beginning of a hash over the first "size" bytes, as text. */
static void
hash_prefix(const HftResponse *response, size_t size, char text[HASH_TEXT])
{
	unsigned char hash[SHA256_DIGEST_LENGTH];

	SHA256((const unsigned char *) response->body, size, hash);
	for (int i = 0; i < HASH_BYTES; i++)
	{
		text[2 * i] = "0123456789abcdef"[hash[i] >> 4];
		text[2 * i + 1] = "0123456789abcdef"[hash[i] & 15];
	}
	text[HASH_TEXT - 1] = '\0';
}

/* How much of the file was read before: nothing, when it is another one. */
static size_t
known_size(const HftResponse *response, const json_t *cursor)
{
	int64_t		size = hft_pick_count(cursor, "size");
	const char *hash = hft_pick_word(cursor, "hash");
	char		text[HASH_TEXT];

	if (size == HFT_UNKNOWN || hash == NULL ||
		(size_t) size > response->body_length)
		return 0;
	hash_prefix(response, (size_t) size, text);
	return strcmp(text, hash) == 0 ? (size_t) size : 0;
}

/* A page where a file should be is a stranger's (F33). */
static bool
is_page(const HftResponse *response)
{
	size_t		i = strspn(response->body, " \t\r\n");

	return response->body[i] == '<';
}

static void
file_answer(const HftCall *call, const HftResponse *response,
			json_t *cursor, HftOutcome *outcome)
{
	char		text[HASH_TEXT];
	size_t		size;

	if (is_page(response))
	{
		hft_outcome_fail(outcome, HFT_ERROR_NOT_PROVIDER,
						 "Something else than the metrics file was answered.",
						 NULL);
		return;
	}
	size = hft_fireworks_read_metrics(call, response,
									  known_size(response, cursor),
									  is_over(call), outcome);
	hash_prefix(response, size, text);
	json_object_set_new(cursor, "size", json_integer((json_int_t) size));
	json_object_set_new(cursor, "hash", json_string(text));
	end_run(call, cursor, outcome);
}

/*
 * The storage's refusals: not written yet, or the address has expired and
 * another is asked for, or it passes.
 */
static void
storage_refused(const HftCall *call, const HftResponse *response,
				json_t *cursor, HftOutcome *outcome)
{
	int64_t		renewed = hft_pick_count(cursor, "renewed");

	if (response->status == 404)
	{
		go_without(call, cursor, outcome);
		return;
	}
	renewed = renewed == HFT_UNKNOWN ? 1 : renewed + 1;
	json_object_del(cursor, "url");
	if (response->status < 500 && response->status >= 400 &&
		response->status != 429 && renewed <= MAX_TRIES)
	{
		json_object_set_new(cursor, "renewed", json_integer(renewed));
		hft_outcome_more(outcome, call, json_incref(cursor));
		return;
	}
	hft_outcome_fail(outcome, HFT_ERROR_TRANSIENT,
					 hft_arena_printf(call->arena, "The platform's storage "
									  "answered HTTP %d.", response->status),
					 NULL);
	outcome->retry_after_ms = hft_answer_retry_ms(response, call->now);
}

void
hft_fireworks_history_response(const HftCall *call,
							   const HftResponse *response,
							   HftOutcome *outcome)
{
	json_t	   *cursor = open_cursor(call);

	if (!hft_url_is_plain(hft_pick_word(cursor, "url")))
		address_answer(call, response, cursor, outcome);
	else if (response->status >= 200 && response->status <= 299)
		file_answer(call, response, cursor, outcome);
	else
		storage_refused(call, response, cursor, outcome);
	json_decref(cursor);
	if (hft_arena_failed(call->arena))
		hft_outcome_fail(outcome, HFT_ERROR_MEMORY,
						 "The answer is too large.", NULL);
}
