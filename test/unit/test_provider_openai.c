/*-------------------------------------------------------------------------
 *
 * test_provider_openai.c
 *	  Every operation of the OpenAI adapter: what it asks, what it makes of
 *	  the answers that are documented, and of those that are only reported.
 *
 * Each step gets its cursor from the text of the step before, so a pass also
 * says that a crash between any two steps does no harm.
 *
 *-------------------------------------------------------------------------
 */
#include "provider_rig.h"

#define JOB_HEAD "{\"object\":\"fine_tuning.job\",\"id\":\"ftjob-abc\"," \
	"\"model\":\"gpt-4.1-mini-2025-04-14\",\"created_at\":1790000000,"
#define ERROR_BODY(code, message) \
	"{\"error\":{\"message\":\"" message "\",\"type\":" \
	"\"invalid_request_error\",\"param\":null,\"code\":\"" code "\"}}"

/* ---- files ---- */

static void
test_find_file(void)
{
	Rig			rig;

	rig_init(&rig, "openai");
	rig_ask(&rig, HFT_OP_FIND_FILE);
	is_request(&rig, "GET", "https://host/v1/files?purpose=fine-tune&"
			   "limit=1000&order=desc");
	rig_answer(&rig, HFT_OP_FIND_FILE, 200, "{\"object\":\"list\",\"data\":["
			   "{\"id\":\"file-1\",\"bytes\":999,"
			   "\"filename\":\"hft-triage-2c26b46b.jsonl\"},"
			   "{\"id\":\"file-2\",\"bytes\":1000,\"filename\":\"other\"}],"
			   "\"has_more\":true}");
	is_int(rig.outcome.progress, HFT_MORE, "a second page is asked for");
	rig_ask(&rig, HFT_OP_FIND_FILE);
	is_request(&rig, "GET", "https://host/v1/files?purpose=fine-tune&"
			   "limit=1000&order=desc&after=file-2");
	rig_answer(&rig, HFT_OP_FIND_FILE, 200, "{\"data\":[{\"id\":\"file-3\","
			   "\"filename\":\"hft-triage-2c26b46b.jsonl\",\"bytes\":1000,"
			   "\"status\":\"processed\"}],\"has_more\":true}");
	is_int(rig.outcome.progress, HFT_DONE, "found: no further page");
	is_int(rig.outcome.nfound, 1, "found by name and size");
	is_text(rig.outcome.found[0].id, "file-3", "the right one");
	rig_done(&rig);
}

static void
test_one_shot_upload(void)
{
	Rig			rig;

	rig_init(&rig, "openai");
	rig.file.filename = "a\"b\r\nX: y.jsonl";
	rig_ask(&rig, HFT_OP_UPLOAD);
	is_request(&rig, "POST", "https://host/v1/files");
	is_text(rig_header(&rig, "content-type"), "multipart/form-data; boundary="
			"hft-2c26b46b68ffc68ff99b453c1d30413413422d70", "boundary");
	is_text(rig.request.prefix,
			"--hft-2c26b46b68ffc68ff99b453c1d30413413422d70\r\n"
			"Content-Disposition: form-data; name=\"purpose\"\r\n\r\n"
			"fine-tune\r\n"
			"--hft-2c26b46b68ffc68ff99b453c1d30413413422d70\r\n"
			"Content-Disposition: form-data; name=\"file\"; "
			"filename=\"a%22b%0D%0AX: y.jsonl\"\r\n"
			"Content-Type: application/jsonl\r\n\r\n",
			"F76: a file name cannot end its header");
	is_text(rig.request.suffix,
			"\r\n--hft-2c26b46b68ffc68ff99b453c1d30413413422d70--\r\n",
			"the closing boundary");
	is_int(rig.request.dataset_length, 1000, "all of the data set");
	is_int(rig.request.effect, HFT_EFFECT_REPEATABLE, "litter, not a bill");
	rig_answer(&rig, HFT_OP_UPLOAD, 200, "{\"id\":\"file-9\",\"status\":"
			   "\"uploaded\",\"expires_at\":1790003600}");
	is_text(rig.outcome.remote_id, "file-9", "file id");
	is_int(rig.outcome.expires_ms, INT64_C(1790003600000), "expiry");
	rig_done(&rig);
}

/* Parts up to "last", which is the number of the last one. */
static void
send_parts(Rig *rig, int first, int last)
{
	for (int part = first; part <= last; part++)
	{
		char		body[80];

		rig_ask(rig, HFT_OP_UPLOAD);
		is_request(rig, "POST", "https://host/v1/uploads/upload_1/parts");
		is_int(rig->request.dataset_offset,
			   INT64_C(64000000) * (part - 1), "offset of the part");
		snprintf(body, sizeof(body), "{\"id\":\"part_%d\"}", part);
		rig_answer(rig, HFT_OP_UPLOAD, 200, body);
		is_int(rig->outcome.progress, HFT_MORE, "more to send");
	}
}

static void
test_parts_upload(void)
{
	Rig			rig;

	rig_init(&rig, "openai");
	rig.file.bytes = INT64_C(600000000);
	rig_ask(&rig, HFT_OP_UPLOAD);
	is_request(&rig, "POST", "https://host/v1/uploads");
	is_text(rig.request.prefix, "{\"filename\":\"hft-triage-2c26b46b.jsonl\","
			"\"purpose\":\"fine-tune\",\"bytes\":600000000,"
			"\"mime_type\":\"text/jsonl\"}", "the upload is announced");
	rig_answer(&rig, HFT_OP_UPLOAD, 200, "{\"id\":\"upload_1\"}");
	send_parts(&rig, 1, 9);
	rig_ask(&rig, HFT_OP_UPLOAD);
	is_int(rig.request.dataset_offset, INT64_C(576000000), "last offset");
	is_int(rig.request.dataset_length, INT64_C(24000000), "the rest");
	rig_answer(&rig, HFT_OP_UPLOAD, 200, "{\"id\":\"part_10\"}");
	rig_ask(&rig, HFT_OP_UPLOAD);
	is_request(&rig, "POST", "https://host/v1/uploads/upload_1/complete");
	is_text(rig.request.prefix, "{\"part_ids\":[\"part_1\",\"part_2\","
			"\"part_3\",\"part_4\",\"part_5\",\"part_6\",\"part_7\","
			"\"part_8\",\"part_9\",\"part_10\"]}", "parts in order");
	rig_answer(&rig, HFT_OP_UPLOAD, 200, "{\"id\":\"upload_1\",\"status\":"
			   "\"completed\",\"file\":{\"id\":\"file-5\"}}");
	is_int(rig.outcome.progress, HFT_DONE, "complete");
	is_text(rig.outcome.remote_id, "file-5", "the file of the upload");
	rig_done(&rig);
}

/* K06: an upload that expired begins again, but not for ever. */
static void
test_parts_expired(void)
{
	Rig			rig;

	rig_init(&rig, "openai");
	rig.file.bytes = INT64_C(600000000);
	for (int restart = 0; restart < 2; restart++)
	{
		rig_answer(&rig, HFT_OP_UPLOAD, 200, "{\"id\":\"upload_1\"}");
		send_parts(&rig, 1, 1);
		rig_answer(&rig, HFT_OP_UPLOAD, 404, ERROR_BODY("x", "expired"));
		is_int(rig.outcome.progress, HFT_MORE, "expired: begin again");
		rig_ask(&rig, HFT_OP_UPLOAD);
		is_text(rig.request.url, "https://host/v1/uploads", "from the start");
	}
	rig_answer(&rig, HFT_OP_UPLOAD, 200, "{\"id\":\"upload_1\"}");
	rig_answer(&rig, HFT_OP_UPLOAD, 404, ERROR_BODY("x", "expired"));
	is_int(rig.outcome.progress, HFT_FAILED, "a third time is too often");
	rig.file.bytes = INT64_C(8000000001);
	ok(!rig_ask(&rig, HFT_OP_UPLOAD), "F51: more than 8 GB is refused");
	ok(rig.outcome.proof_not_done, "and nothing was done");
	rig_done(&rig);
}

static void
test_file_status(void)
{
	Rig			rig;

	rig_init(&rig, "openai");
	rig_ask(&rig, HFT_OP_FILE_STATUS);
	is_request(&rig, "GET", "https://host/v1/files/file-AAA");
	rig_answer(&rig, HFT_OP_FILE_STATUS, 200,
			   "{\"id\":\"file-AAA\",\"status\":\"uploaded\"}");
	is_int(rig.outcome.progress, HFT_WAIT, "not read yet");
	rig.call.now += 200;
	rig_answer(&rig, HFT_OP_FILE_STATUS, 200,
			   "{\"id\":\"file-AAA\",\"status\":\"uploaded\"}");
	is_int(rig.outcome.progress, HFT_DONE, "the job may wait for it, too");
	rig_answer(&rig, HFT_OP_FILE_STATUS, 200, "{\"id\":\"file-AAA\","
			   "\"status\":\"error\",\"status_details\":"
			   "\"Example 17 has no assistant message\"}");
	is_int(rig.outcome.error, HFT_ERROR_REFUSED, "F42: refused");
	is_int(rig.outcome.bad_line, 17, "F42: the line");
	rig_answer(&rig, HFT_OP_FILE_STATUS, 200, "{\"id\":\"file-AAA\"}");
	is_int(rig.outcome.progress, HFT_DONE, "F35: no status is no obstacle");
	rig_answer(&rig, HFT_OP_DELETE_FILE, 404, ERROR_BODY("x", "no file"));
	is_int(rig.outcome.progress, HFT_DONE, "K16: gone is deleted");
	is_int(rig.outcome.error, HFT_ERROR_NONE, "K16: no error");
	rig_done(&rig);
}

/* ---- create and find ---- */

static void
test_create(void)
{
	Rig			rig;

	rig_init(&rig, "openai");
	rig.job.hyperparameters = "{\"n_epochs\":3,\"batch_size\":\"auto\","
		"\"learning_rate_multiplier\":0.15,\"beta\":0.1}";
	rig.job.options = "{\"seed\":7,\"metadata\":{\"team\":\"a\","
		"\"hft_key\":\"forged\"}}";
	rig.job.validation_file = "file-BBB";
	rig.server.options = "{\"organization\":\"org-1\",\"project\":\"p-1\"}";
	rig_ask(&rig, HFT_OP_CREATE);
	is_request(&rig, "POST", "https://host/v1/fine_tuning/jobs");
	is_text(rig.request.prefix, "{\"model\":\"gpt-4.1-mini-2025-04-14\","
			"\"training_file\":\"file-AAA\",\"method\":{\"type\":"
			"\"supervised\",\"supervised\":{\"hyperparameters\":"
			"{\"n_epochs\":3,\"batch_size\":\"auto\","
			"\"learning_rate_multiplier\":0.15}}},\"metadata\":"
			"{\"team\":\"a\",\"hft_key\":\"" RIG_TOKEN "\"},"
			"\"validation_file\":\"file-BBB\",\"suffix\":\"triage\","
			"\"seed\":7}", "R28: the body carries our token");
	is_int(rig.request.effect, HFT_EFFECT_PAID, "R27: it costs money");
	is_text(rig_header(&rig, "OpenAI-Organization"), "org-1", "organisation");
	is_text(rig_header(&rig, "OpenAI-Project"), "p-1", "project");
	rig.job.method = "dpo";
	rig_ask(&rig, HFT_OP_CREATE);
	body_has(&rig, "\"dpo\":{\"hyperparameters\":{\"n_epochs\":3,"
			 "\"batch_size\":\"auto\",\"learning_rate_multiplier\":0.15,"
			 "\"beta\":0.1}}");
	rig.job.method = "rft";
	ok(!rig_ask(&rig, HFT_OP_CREATE), "reinforcement is refused");
	rig.job.method = "sft";
	rig.server.options = "{\"organization\":\"a\\r\\nb: c\"}";
	ok(!rig_ask(&rig, HFT_OP_CREATE), "F76: no line break in a header");
	rig_done(&rig);
}

static void
test_create_answers(void)
{
	Rig			rig;
	HftOutcome *o;

	rig_init(&rig, "openai");
	o = rig_answer(&rig, HFT_OP_CREATE, 200, JOB_HEAD
				   "\"status\":\"validating_files\",\"error\":{},"
				   "\"hyperparameters\":{\"n_epochs\":3}}");
	is_text(o->remote_id, "ftjob-abc", "job id");
	is_int(o->state, HFT_REMOTE_QUEUED, "validating counts as queued");
	o = rig_answer(&rig, HFT_OP_CREATE, 200, JOB_HEAD "\"status\":null}");
	is_int(o->error, HFT_ERROR_BAD_ANSWER, "F35: a job without status");
	ok(!o->proof_not_done, "F39: and no proof that there is none");
	o = rig_answer(&rig, HFT_OP_CREATE, 403,
				   ERROR_BODY("training_not_available", "closed"));
	is_int(o->error, HFT_ERROR_REFUSED, "closed for good");
	ok(o->proof_not_done && o->hint != NULL, "proved and explained");
	o = rig_answer(&rig, HFT_OP_CREATE, 400,
				   ERROR_BODY("invalid_value", "File file-A is not ready"));
	is_int(o->error, HFT_ERROR_TRANSIENT, "a file that is not ready passes");
	ok(o->proof_not_done, "R29: nothing was created");
	o = rig_answer(&rig, HFT_OP_CREATE, 429,
				   ERROR_BODY("daily_rate_limit_exceeded", "8 a day"));
	is_int(o->error, HFT_ERROR_RATE_LIMITED, "daily limit");
	ok(o->retry_after_ms >= 3600000, "waits for hours, not seconds");
	o = rig_answer(&rig, HFT_OP_CREATE, 429,
				   ERROR_BODY("insufficient_quota", "pay first"));
	is_int(o->error, HFT_ERROR_LIMIT, "F28: quota");
	o = rig_answer(&rig, HFT_OP_CREATE, 404,
				   ERROR_BODY("model_not_found", "no such model"));
	is_int(o->error, HFT_ERROR_REFUSED, "an unknown model is no lost job");
	o = rig_answer(&rig, HFT_OP_CREATE, 500,
				   ERROR_BODY("server_error", "sorry"));
	is_int(o->error, HFT_ERROR_TRANSIENT, "F26: 500");
	ok(!o->proof_not_done, "R29: a 500 proves nothing");
	rig_done(&rig);
}

#define OURS "{\"id\":\"ftjob-1\",\"status\":\"queued\",\"created_at\":5," \
	"\"metadata\":{\"hft_key\":\"" RIG_TOKEN "\"}}"
#define THEIRS "{\"id\":\"ftjob-2\",\"status\":\"running\"," \
	"\"metadata\":{\"hft_key\":\"other\"}}"

static void
test_find(void)
{
	Rig			rig;
	HftOutcome *o;

	rig_init(&rig, "openai");
	rig_ask(&rig, HFT_OP_FIND);
	is_request(&rig, "GET", "https://host/v1/fine_tuning/jobs?limit=100&"
			   "metadata%5Bhft_key%5D=" RIG_TOKEN);
	o = rig_answer(&rig, HFT_OP_FIND, 200, "{\"data\":[" THEIRS ",{\"id\":"
				   "\"ftjob-3\",\"status\":\"failed\",\"metadata\":null}],"
				   "\"has_more\":true}");
	is_int(o->nfound, 0, "a server that ignores the filter");
	rig_ask(&rig, HFT_OP_FIND);
	ok(strstr(rig.request.url, "&after=ftjob-3") != NULL, "the next page");
	o = rig_answer(&rig, HFT_OP_FIND, 200,
				   "{\"data\":[" OURS "],\"has_more\":false}");
	is_int(o->progress, HFT_DONE, "all pages seen");
	is_int(o->nfound, 1, "F39: ours is found");
	is_text(o->found[0].token, RIG_TOKEN, "with the token");
	is_int(o->found[0].at_ms, 5000, "and its time, for F40");
	rig_done(&rig);
}

/* F37: a listing that repeats itself must not pass for complete. */
static void
test_find_stuck(void)
{
	Rig			rig;
	const char *page = "{\"data\":[" THEIRS "],\"has_more\":true}";

	rig_init(&rig, "openai_compatible");
	rig_answer(&rig, HFT_OP_FIND, 400, ERROR_BODY("x", "unknown parameter"));
	is_int(rig.outcome.progress, HFT_MORE, "a server without the filter");
	rig_ask(&rig, HFT_OP_FIND);
	is_request(&rig, "GET", "https://host/v1/fine_tuning/jobs?limit=100");
	rig_answer(&rig, HFT_OP_FIND, 200, page);
	is_int(rig.outcome.progress, HFT_MORE, "first page");
	rig_ask(&rig, HFT_OP_FIND);
	is_request(&rig, "GET", "https://host/v1/fine_tuning/jobs?limit=100&"
			   "after=ftjob-2");
	rig_answer(&rig, HFT_OP_FIND, 200, page);
	is_int(rig.outcome.error, HFT_ERROR_BAD_ANSWER, "F37: page repeats");
	rig_answer(&rig, HFT_OP_FIND, 400, ERROR_BODY("x", "no"));
	is_int(rig.outcome.error, HFT_ERROR_REFUSED, "refused a second time");
	rig_done(&rig);
}

/* ---- status, control, listing ---- */

static void
test_status(void)
{
	Rig			rig;
	HftOutcome *o;

	rig_init(&rig, "openai");
	rig.job.remote_id = "ft job/1";
	rig_ask(&rig, HFT_OP_STATUS);
	is_request(&rig, "GET", "https://host/v1/fine_tuning/jobs/ft%20job%2F1");
	o = rig_answer(&rig, HFT_OP_STATUS, 200, JOB_HEAD "\"status\":"
				   "\"succeeded\",\"finished_at\":1790000900,"
				   "\"fine_tuned_model\":\"ft:gpt-4.1-mini::x\","
				   "\"trained_tokens\":12345,\"result_files\":[\"file-R\"],"
				   "\"error\":{\"code\":null,\"message\":null},\"method\":"
				   "{\"type\":\"supervised\",\"supervised\":"
				   "{\"hyperparameters\":{\"n_epochs\":3}}}}");
	is_int(o->state, HFT_REMOTE_SUCCEEDED, "succeeded");
	is_text(o->tuned_model, "ft:gpt-4.1-mini::x", "tuned model");
	is_int(o->trained_tokens, 12345, "billed tokens");
	is_text(o->effective, "{\"n_epochs\":3}", "what it chose");
	is_text(o->code, NULL, "an error object of nulls is no error");
	o = rig_answer(&rig, HFT_OP_STATUS, 200, JOB_HEAD "\"status\":\"failed\","
				   "\"error\":{\"code\":\"invalid_training_file\","
				   "\"message\":\"Invalid file format. Line 17: bad\"}}");
	is_int(o->progress, HFT_DONE, "the call itself succeeded");
	is_int(o->state, HFT_REMOTE_FAILED, "the job did not");
	is_int(o->bad_line, 17, "F42: the line");
	ok(o->hint != NULL, "a hint");
	o = rig_answer(&rig, HFT_OP_STATUS, 200,
				   "{\"id\":\"j\",\"status\":\"warming_up\",\"new\":[1]}");
	is_int(o->state, HFT_REMOTE_UNKNOWN, "F35: unknown word");
	is_text(o->remote_state, "warming_up", "F35: kept as it is");
	is_int(o->trained_tokens, HFT_UNKNOWN, "P10: unknown is not zero");
	o = rig_answer(&rig, HFT_OP_STATUS, 404, ERROR_BODY("x", "no job"));
	is_int(o->error, HFT_ERROR_LOST, "F29: lost");
	o = rig_answer(&rig, HFT_OP_STATUS, 401,
				   ERROR_BODY("invalid_api_key", "wrong key"));
	is_int(o->error, HFT_ERROR_CREDENTIAL, "F27: the key");
	rig_done(&rig);
}

static void
test_cancel(void)
{
	Rig			rig;

	rig_init(&rig, "openai");
	rig_ask(&rig, HFT_OP_CANCEL);
	is_request(&rig, "POST",
			   "https://host/v1/fine_tuning/jobs/ftjob-abc/cancel");
	rig_answer(&rig, HFT_OP_CANCEL, 400, ERROR_BODY("x", "already over"));
	is_int(rig.outcome.progress, HFT_MORE, "F44: refused, so look");
	rig_ask(&rig, HFT_OP_CANCEL);
	is_request(&rig, "GET", "https://host/v1/fine_tuning/jobs/ftjob-abc");
	rig_answer(&rig, HFT_OP_CANCEL, 200, JOB_HEAD "\"status\":\"succeeded\"}");
	is_int(rig.outcome.progress, HFT_DONE, "F44: too late is done");
	is_int(rig.outcome.state, HFT_REMOTE_SUCCEEDED, "F44: its state stands");
	is_text(rig.outcome.code, "too_late", "F44: and is called so");
	rig_answer(&rig, HFT_OP_CANCEL, 200, JOB_HEAD "\"status\":\"running\"}");
	is_int(rig.outcome.error, HFT_ERROR_REFUSED, "a live job: really refused");
	rig_cursor(&rig, NULL);
	rig_answer(&rig, HFT_OP_CANCEL, 200,
			   JOB_HEAD "\"status\":\"cancelled\"}");
	is_int(rig.outcome.state, HFT_REMOTE_CANCELLED, "cancelled");
	rig_ask(&rig, HFT_OP_PAUSE);
	is_request(&rig, "POST",
			   "https://host/v1/fine_tuning/jobs/ftjob-abc/pause");
	rig_answer(&rig, HFT_OP_PAUSE, 200, JOB_HEAD "\"status\":\"paused\"}");
	is_int(rig.outcome.state, HFT_REMOTE_PAUSED, "paused");
	rig_ask(&rig, HFT_OP_RESUME);
	is_request(&rig, "POST",
			   "https://host/v1/fine_tuning/jobs/ftjob-abc/resume");
	rig_answer(&rig, HFT_OP_RESUME, 200, JOB_HEAD "\"status\":\"queued\"}");
	is_int(rig.outcome.state, HFT_REMOTE_QUEUED, "resumed");
	rig_done(&rig);
}

static void
test_list(void)
{
	Rig			rig;

	rig_init(&rig, "openai");
	rig_ask(&rig, HFT_OP_LIST);
	is_request(&rig, "GET", "https://host/v1/fine_tuning/jobs?limit=100");
	rig_answer(&rig, HFT_OP_LIST, 200,
			   "{\"data\":[" OURS "," THEIRS ",{\"id\":7}],"
			   "\"has_more\":false}");
	is_int(rig.outcome.nfound, 2, "every job that has an id");
	ok(strstr(rig.outcome.found[1].raw, "\"running\"") != NULL, "as it is");
	rig_answer(&rig, HFT_OP_LIST, 200, "{\"object\":\"list\"}");
	is_int(rig.outcome.error, HFT_ERROR_BAD_ANSWER, "no data, no listing");
	rig_done(&rig);
}

/* ---- chat and models ---- */

static void
test_serve(void)
{
	Rig			rig;
	HftOutcome *o;

	rig_init(&rig, "openai");
	rig.chat.options = "{\"temperature\":0.2}";
	rig_ask(&rig, HFT_OP_CHAT);
	is_request(&rig, "POST", "https://host/v1/chat/completions");
	is_text(rig.request.prefix, "{\"model\":\"ft:m\",\"messages\":[{\"role\":"
			"\"user\",\"content\":\"hi\"}],\"temperature\":0.2}", "chat body");
	is_int(rig.request.effect, HFT_EFFECT_PAID, "R22a: an answer is billed");
	o = rig_answer(&rig, HFT_OP_CHAT, 200, "{\"choices\":[{\"message\":"
				   "{\"content\":\"hello\"},\"finish_reason\":\"stop\"}],"
				   "\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":2,"
				   "\"prompt_tokens_details\":{\"cached_tokens\":4}}}");
	is_text(o->text, "hello", "text");
	is_int(o->input_tokens, 9, "input tokens");
	is_int(o->cached_tokens, 4, "cached tokens");
	is_int(o->output_tokens, 2, "output tokens");
	rig.chat.options = "{\"stream\":true}";
	ok(!rig_ask(&rig, HFT_OP_CHAT), "no streaming");
	rig_ask(&rig, HFT_OP_MODEL_INFO);
	is_request(&rig, "GET", "https://host/v1/models/ft%3Am");
	o = rig_answer(&rig, HFT_OP_MODEL_INFO, 200, "{\"id\":\"ft:m\","
				   "\"owned_by\":\"org\",\"shutdown_date\":\"2027-01-14\"}");
	is_text(o->retires_on, "2027-01-14", "retirement");
	o = rig_answer(&rig, HFT_OP_MODEL_INFO, 200, "{\"id\":\"ft:m\","
				   "\"shutdown_date\":\"soon, or later\"}");
	is_text(o->retires_on, NULL, "R25: only a date is a date");
	rig_ask(&rig, HFT_OP_DELETE_MODEL);
	is_request(&rig, "DELETE", "https://host/v1/models/ft%3Am");
	rig_answer(&rig, HFT_OP_DELETE_MODEL, 404, ERROR_BODY("x", "gone"));
	is_int(rig.outcome.error, HFT_ERROR_NONE, "K16: gone is deleted");
	rig_done(&rig);
}

int
main(void)
{
	test_find_file();
	test_one_shot_upload();
	test_parts_upload();
	test_parts_expired();
	test_file_status();
	test_create();
	test_create_answers();
	test_find();
	test_find_stuck();
	test_status();
	test_cancel();
	test_list();
	test_serve();
	return tap_done();
}
