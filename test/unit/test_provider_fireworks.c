/*-------------------------------------------------------------------------
 *
 * test_provider_fireworks.c
 *	  Data sets, jobs, histories and answers of the Fireworks adapter.
 *
 * Each step gets its cursor from the text of the step before, so a pass also
 * says that a crash between any two steps does no harm.
 *
 *-------------------------------------------------------------------------
 */
#include "provider_rig.h"
#include "provider_rows_fireworks.h"

#define MINE "https://host/v1/accounts/acme/"
#define DATASET "hft-2c26b46b68ffc68ff99b453c1d30413413422d70"
#define JOB_ID "hft-0198f0c21111722283339444abcdef01"
#define TAKEN "{\"code\":6,\"message\":\"exists\"}"
#define ABSENT "{\"code\":5,\"message\":\"not found\"}"
#define READY "{\"name\":\"accounts/acme/datasets/" DATASET \
	"\",\"state\":\"READY\"}"
#define UPLOADING "{\"name\":\"accounts/acme/datasets/" DATASET \
	"\",\"state\":\"UPLOADING\"}"

static void
fireworks_init(Rig *rig)
{
	rig_init(rig, "fireworks");
	fireworks_facts(rig);
}

/* ---- data sets ---- */

static void
test_upload(void)
{
	Rig			rig;

	fireworks_init(&rig);
	rig_ask(&rig, HFT_OP_UPLOAD);
	is_request(&rig, "POST", MINE "datasets");
	is_text(rig.request.prefix, "{\"datasetId\":\"" DATASET "\",\"dataset\":"
			"{\"displayName\":\"hft-triage-2c26b46b.jsonl\",\"format\":"
			"\"CHAT\",\"exampleCount\":\"100\",\"userUploaded\":{}}}",
			"R28: the id is the content's hash; 64 bits travel as a text");
	rig_answer(&rig, HFT_OP_UPLOAD, 200, UPLOADING);
	rig_ask(&rig, HFT_OP_UPLOAD);
	is_request(&rig, "POST", MINE "datasets/" DATASET ":upload");
	is_int(rig.request.dataset_length, 1000, "all of it");
	rig_answer(&rig, HFT_OP_UPLOAD, 200, "{\"id\":\"x\"}");
	is_int(rig.outcome.progress, HFT_DONE, "sent");
	is_text(rig.outcome.remote_id, "accounts/acme/datasets/" DATASET,
			"the full name is the id");
	rig_cursor(&rig, NULL);
	rig_answer(&rig, HFT_OP_UPLOAD, 409, TAKEN);
	rig_ask(&rig, HFT_OP_UPLOAD);
	is_request(&rig, "GET", MINE "datasets/" DATASET);
	rig_answer(&rig, HFT_OP_UPLOAD, 200, READY);
	is_int(rig.outcome.progress, HFT_DONE, "K07: it is there, and adopted");
	rig_cursor(&rig, "{\"stage\":\"look\"}");
	rig_answer(&rig, HFT_OP_UPLOAD, 200, UPLOADING);
	rig_ask(&rig, HFT_OP_UPLOAD);
	is_request(&rig, "POST", MINE "datasets/" DATASET ":upload");
	rig_answer(&rig, HFT_OP_UPLOAD, 400, "{\"code\":9,\"message\":\"im\"}");
	rig_ask(&rig, HFT_OP_UPLOAD);
	is_text(rig.request.method, "GET", "K06: filled meanwhile: look");
	rig_answer(&rig, HFT_OP_UPLOAD, 404, ABSENT);
	rig_ask(&rig, HFT_OP_UPLOAD);
	body_has(&rig, "\"datasetId\":\"" DATASET "-2\"");
	rig_done(&rig);
}

static void
test_signed_upload(void)
{
	Rig			rig;
	HftResponse stored = {.status = 200, .content_type = "", .body = ""};
	HftResponse expired = {.status = 403, .content_type = "", .body = ""};
	const char *address = "{\"filenameToSignedUrls\":{\"other\":"
		"\"https://store.example/p?X-Goog-SignedHeaders=host%3B"
		"x-goog-content-length-range&s=1\"}}";

	fireworks_init(&rig);
	rig.file.bytes = 200000000;
	rig_answer(&rig, HFT_OP_UPLOAD, 200, UPLOADING);
	rig_ask(&rig, HFT_OP_UPLOAD);
	is_request(&rig, "POST", MINE "datasets/" DATASET ":getUploadEndpoint");
	body_has(&rig, "\"hft-triage-2c26b46b.jsonl\":\"200000000\"");
	rig_answer(&rig, HFT_OP_UPLOAD, 200, address);
	rig_ask(&rig, HFT_OP_UPLOAD);
	is_text(rig.request.method, "PUT", "to the storage");
	is_int(rig.request.auth, HFT_AUTH_NONE, "P5: without our key");
	is_text(rig_header(&rig, "x-goog-content-length-range"),
			"200000000,200000000", "the header that was signed");
	rig_answer_with(&rig, HFT_OP_UPLOAD, &expired);
	rig_ask(&rig, HFT_OP_UPLOAD);
	is_request(&rig, "POST", MINE "datasets/" DATASET ":getUploadEndpoint");
	rig_answer(&rig, HFT_OP_UPLOAD, 200, address);
	rig_answer_with(&rig, HFT_OP_UPLOAD, &stored);
	rig_ask(&rig, HFT_OP_UPLOAD);
	is_request(&rig, "POST", MINE "datasets/" DATASET ":validateUpload");
	ok(strstr(rig.call.cursor, "store.example") == NULL,
	   "P5: the address is forgotten");
	rig_answer(&rig, HFT_OP_UPLOAD, 200, "{}");
	is_int(rig.outcome.progress, HFT_DONE, "done");
	rig_cursor(&rig, "{\"stage\":\"ask\"}");
	rig_answer(&rig, HFT_OP_UPLOAD, 200, "{\"filenameToSignedUrls\":"
			   "{\"a\":\"file:///etc/passwd\"}}");
	is_int(rig.outcome.error, HFT_ERROR_BAD_ANSWER, "F34: only http(s)");
	rig_done(&rig);
}

static void
test_file_status(void)
{
	Rig			rig;

	fireworks_init(&rig);
	rig_answer(&rig, HFT_OP_FIND_FILE, 404, ABSENT);
	is_int(rig.outcome.nfound, 0, "K05: nothing is there");
	is_int(rig.outcome.error, HFT_ERROR_NONE, "which is no error");
	rig_answer(&rig, HFT_OP_FIND_FILE, 200, UPLOADING);
	is_int(rig.outcome.nfound, 0, "K06: to be filled is not found");
	rig_answer(&rig, HFT_OP_FIND_FILE, 200, READY);
	is_int(rig.outcome.nfound, 1, "K07: found");
	rig_answer(&rig, HFT_OP_FILE_STATUS, 200, UPLOADING);
	is_int(rig.outcome.progress, HFT_WAIT, "not READY: wait");
	rig.call.now += 4000;
	rig_answer(&rig, HFT_OP_FILE_STATUS, 200, UPLOADING);
	is_int(rig.outcome.error, HFT_ERROR_REFUSED, "but not for ever");
	rig_answer(&rig, HFT_OP_FILE_STATUS, 200, "{\"name\":\"accounts/acme/"
			   "datasets/d\",\"state\":\"UPLOADING\",\"status\":{\"code\":"
			   "\"INVALID_ARGUMENT\",\"message\":\"line 17: no role\"}}");
	is_int(rig.outcome.error, HFT_ERROR_REFUSED, "F42: told by the status");
	is_int(rig.outcome.bad_line, 17, "F42: with the line");
	rig_done(&rig);
}

/* ---- create, estimate, find ---- */

static void
test_create(void)
{
	Rig			rig;

	fireworks_init(&rig);
	rig.job.suffix = "1 Triage, of Cards!";
	rig.job.hyperparameters = "{\"n_epochs\":2,\"lora_r\":16,"
		"\"lr_scheduler\":\"cosine\",\"min_lr_ratio\":0.1,\"batch_size\":4}";
	rig_ask(&rig, HFT_OP_CREATE);
	is_request(&rig, "POST", MINE "supervisedFineTuningJobs"
			   "?supervisedFineTuningJobId=" JOB_ID);
	is_text(rig.request.prefix, "{\"displayName\":\"triage\",\"dataset\":"
			"\"accounts/acme/datasets/hft-t\",\"outputModel\":"
			"\"accounts/acme/models/triage-of-cards-83339444abcdef01\","
			"\"epochs\":2,\"loraRank\":16,\"baseModel\":"
			"\"accounts/fireworks/models/qwen3-8b\",\"evalAutoCarveout\":"
			"false,\"batchSizeSamples\":4,\"lrScheduler\":{\"cosine\":"
			"{\"minLrRatio\":0.1}}}", "R28: names we choose");
	is_int(rig.request.effect, HFT_EFFECT_PAID, "R27: it costs money");
	rig_answer(&rig, HFT_OP_CREATE, 409, TAKEN);
	is_int(rig.outcome.progress, HFT_DONE, "K11: taken by us");
	is_text(rig.outcome.remote_id, "accounts/acme/supervisedFineTuningJobs/"
			JOB_ID, "K11: and adopted");
	rig_answer(&rig, HFT_OP_CREATE, 404, ABSENT);
	is_int(rig.outcome.error, HFT_ERROR_REFUSED, "F45: no such model");
	rig_answer(&rig, HFT_OP_CREATE, 412, "{\"code\":9,\"message\":\"s\"}");
	is_int(rig.outcome.error, HFT_ERROR_LIMIT, "F28: suspended");
	ok(rig.outcome.proof_not_done, "R29: and nothing was created");
	rig_answer(&rig, HFT_OP_CREATE, 503, "{\"code\":14,\"message\":\"u\"}");
	ok(!rig.outcome.proof_not_done, "R29: 503 proves nothing");
	is_text(rig.outcome.code, "UNAVAILABLE", "numbers become words");
	rig_answer(&rig, HFT_OP_CREATE, 200, "{\"state\":\"JOB_STATE_PENDING\"}");
	is_int(rig.outcome.error, HFT_ERROR_BAD_ANSWER, "no name is no proof");
	rig_done(&rig);
}

static void
test_refusals(void)
{
	static const char *const bad[] = {
		"{\"lora_r\":5}", "{\"max_context_length\":1000}",
		"{\"n_epochs\":1000}", NULL
	};
	Rig			rig;

	fireworks_init(&rig);
	rig.job.train_rows = 4000;
	for (int i = 0; bad[i] != NULL; i++)
	{
		rig.job.hyperparameters = bad[i];
		ok(!rig_ask(&rig, HFT_OP_CREATE), "%s is refused", bad[i]);
	}
	rig.job.hyperparameters = "{}";
	rig.job.method = "dpo";
	ok(!rig_ask(&rig, HFT_OP_CREATE), "only sft data sets");
	rig.job.method = "sft";
	rig.server.options = "{}";
	ok(!rig_ask(&rig, HFT_OP_CREATE), "an account is needed");
	ok(strstr(rig.outcome.hint, "account_id") != NULL, "which is said");
	rig.server.options = "{\"account_id\":\"a/../b\"}";
	ok(!rig_ask(&rig, HFT_OP_STATUS) || rig.request.url != NULL,
	   "a name that we know needs none");
	ok(!rig_ask(&rig, HFT_OP_LIST), "F76: a path is no account");
	rig.call.model = "accounts/a/models/../../x";
	ok(!rig_ask(&rig, HFT_OP_MODEL_INFO), "F76: nor a name");
	rig.call.model = "qwen3-8b";
	rig_ask(&rig, HFT_OP_MODEL_INFO);
	is_text(rig.request.url,
			"https://host/v1/accounts/fireworks/models/qwen3-8b",
			"a base model by its last part");
	rig_done(&rig);
}

static void
test_money_and_find(void)
{
	Rig			rig;

	fireworks_init(&rig);
	rig_ask(&rig, HFT_OP_ESTIMATE);
	is_int(rig.request.effect, HFT_EFFECT_READ, "asking is free");
	rig_answer(&rig, HFT_OP_ESTIMATE, 200, "{\"estimatedCost\":{"
			   "\"currencyCode\":\"USD\",\"units\":\"12\","
			   "\"nanos\":500000000}}");
	is_int(rig.outcome.amount_nano, INT64_C(12500000000), "dollars to nano");
	rig_answer(&rig, HFT_OP_ESTIMATE, 200, "{\"estimatedCost\":{"
			   "\"currencyCode\":\"EUR\",\"units\":\"12\"}}");
	is_int(rig.outcome.amount_nano, HFT_UNKNOWN, "P10: another currency");
	rig_answer(&rig, HFT_OP_ESTIMATE, 200, "{}");
	is_int(rig.outcome.amount_nano, HFT_UNKNOWN, "P10: nothing said");
	rig_ask(&rig, HFT_OP_FIND);
	is_request(&rig, "GET", MINE "supervisedFineTuningJobs/" JOB_ID);
	rig_answer(&rig, HFT_OP_FIND, 404, ABSENT);
	is_int(rig.outcome.nfound, 0, "F39: absent");
	is_int(rig.outcome.error, HFT_ERROR_NONE, "F39: which is an answer");
	rig_answer(&rig, HFT_OP_FIND, 200, "{\"name\":\"" FW_JOB "\"}");
	is_int(rig.outcome.nfound, 1, "F39: found by the planned name");
	rig_answer(&rig, HFT_OP_LIST, 200, "{\"nextPageToken\":\"a\"}");
	is_int(rig.outcome.progress, HFT_MORE, "F37: a second page");
	rig_answer(&rig, HFT_OP_LIST, 200, "{\"nextPageToken\":\"a\"}");
	is_int(rig.outcome.error, HFT_ERROR_BAD_ANSWER, "F37: no end");
	rig_done(&rig);
}

/* ---- status ---- */

static void
test_states(void)
{
	static const struct
	{
		const char *word;
		HftRemoteState state;
	}			words[] = {
		{"JOB_STATE_CREATING", HFT_REMOTE_QUEUED},
		{"JOB_STATE_RE_QUEUEING", HFT_REMOTE_QUEUED},
		{"JOB_STATE_RUNNING", HFT_REMOTE_RUNNING},
		{"JOB_STATE_WRITING_RESULTS", HFT_REMOTE_RUNNING},
		{"JOB_STATE_PAUSED", HFT_REMOTE_PAUSED},
		{"JOB_STATE_COMPLETED", HFT_REMOTE_SUCCEEDED},
		{"JOB_STATE_EARLY_STOPPED", HFT_REMOTE_SUCCEEDED},
		{"JOB_STATE_EXPIRED", HFT_REMOTE_FAILED},
		{"JOB_STATE_CANCELLED", HFT_REMOTE_CANCELLED},
		{"JOB_STATE_NOVEL", HFT_REMOTE_UNKNOWN},
	};
	char		body[300];
	Rig			rig;

	fireworks_init(&rig);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
	{
		snprintf(body, sizeof(body), "{\"name\":\"" FW_JOB "\",\"state\":"
				 "\"%s\",\"outputModel\":\"accounts/acme/models/m\"}",
				 words[i].word);
		rig_answer(&rig, HFT_OP_STATUS, 200, body);
		is_int(rig.outcome.state, words[i].state, "F35: a word");
		ok((rig.outcome.tuned_model != NULL) ==
		   (words[i].state == HFT_REMOTE_SUCCEEDED),
		   "%s: a model exactly after success", words[i].word);
	}
	rig_answer(&rig, HFT_OP_STATUS, 200, "{\"name\":\"" FW_JOB "\"}");
	is_text(rig.outcome.remote_state, "JOB_STATE_UNSPECIFIED",
			"what proto3 leaves out");
	rig_answer(&rig, HFT_OP_STATUS, 200, "{\"name\":\"" FW_JOB "\",\"state\":"
			   "\"JOB_STATE_FAILED\",\"status\":{\"code\":\"INTERNAL\"},"
			   "\"estimatedCost\":{\"units\":\"5\"}}");
	is_text(rig.outcome.code, "INTERNAL", "why it failed");
	ok(rig.outcome.hint != NULL, "and what may be behind it");
	is_int(rig.outcome.amount_nano, HFT_UNKNOWN, "P10: no bill of a failure");
	rig_answer(&rig, HFT_OP_STATUS, 403, "{\"code\":7}");
	is_int(rig.outcome.error, HFT_ERROR_CREDENTIAL, "F27: the wrong account");
	ok(*rig.outcome.message != '\0', "said in words, though they said none");
	rig_done(&rig);
}

static void
test_cancel(void)
{
	Rig			rig;

	fireworks_init(&rig);
	rig_ask(&rig, HFT_OP_CANCEL);
	is_request(&rig, "POST", "https://host/v1/" FW_JOB ":cancel");
	rig_answer(&rig, HFT_OP_CANCEL, 200, "{}");
	is_int(rig.outcome.progress, HFT_DONE, "accepted");
	rig_answer(&rig, HFT_OP_CANCEL, 400, "{\"code\":9,\"message\":\"over\"}");
	rig_ask(&rig, HFT_OP_CANCEL);
	is_text(rig.request.method, "GET", "F44: refused: look at the job");
	rig_answer(&rig, HFT_OP_CANCEL, 200, "{\"name\":\"" FW_JOB "\",\"state\":"
			   "\"JOB_STATE_COMPLETED\"}");
	is_text(rig.outcome.code, "too_late", "F44: too late");
	rig_done(&rig);
}

/* ---- history ---- */

#define LINE1 "{\"step\":1,\"train/loss\":1.5,\"train/lr\":0.1,\"x\":null}\n"
#define LINE2 "{\"step\":2,\"train/loss\":1.2}\n"
#define TORN "{\"step\":3,\"train/lo"

static HftOutcome *
file_answer(Rig *rig, int status, const char *body)
{
	HftResponse response = {
		.status = status, .content_type = "application/octet-stream",
		.body = body, .body_length = strlen(body)
	};

	rig_answer(rig, HFT_OP_HISTORY, 200, "{\"name\":\"" FW_JOB "\","
			   "\"metricsFileSignedUrl\":\"https://store.example/m?s=1\"}");
	rig_ask(rig, HFT_OP_HISTORY);
	return rig_answer_with(rig, HFT_OP_HISTORY, &response);
}

static void
test_metrics(void)
{
	Rig			rig;
	HftOutcome *o;

	fireworks_init(&rig);
	o = file_answer(&rig, 200, LINE1 TORN);
	is_int(rig.request.auth, HFT_AUTH_NONE, "P5: no key for the storage");
	is_int(o->nmetrics, 2, "a torn line is left for later");
	is_text(o->metrics[0].name, "train_loss", "our name");
	ok(strstr(rig.call.cursor, "store.example") == NULL, "P5: forgotten");
	o = file_answer(&rig, 200, LINE1 LINE2 TORN);
	is_int(o->nmetrics, 1, "what was read is not read again");
	is_int(o->metrics[0].step, 2, "the new line");
	o = file_answer(&rig, 200, LINE2);
	is_int(o->nmetrics, 1, "F36: another file is read from its beginning");
	rig.job.remote_state = "JOB_STATE_COMPLETED";
	o = file_answer(&rig, 200, LINE2 "{\"step\":3,\"eval/loss\":2}");
	is_int(o->nmetrics, 1, "at the end an unterminated line counts");
	is_text(o->metrics[0].name, "valid_loss", "validation");
	o = file_answer(&rig, 200, LINE2 "no json\n" LINE1);
	is_int(o->nevents, 1, "F30: broken lines are told");
	o = file_answer(&rig, 200, "<html>sign in</html>");
	is_int(o->error, HFT_ERROR_NOT_PROVIDER, "F33: a page is no file");
	rig_cursor(&rig, NULL);
	o = file_answer(&rig, 200, "{\"timestamp\":1790000000.5,\"step\":7,"
					"\"data\":{\"train/loss\":0.5,\"train/seq\":3}}\n");
	is_int(o->nmetrics, 2, "the older trainer's lines");
	is_int(o->metrics[0].at_ms, INT64_C(1790000000500), "with their time");
	rig_done(&rig);
}

static void
test_metrics_trouble(void)
{
	Rig			rig;

	fireworks_init(&rig);
	is_int(file_answer(&rig, 404, "")->progress, HFT_DONE,
		   "F43: not written yet");
	file_answer(&rig, 403, "<Error>Request has expired</Error>");
	is_int(rig.outcome.progress, HFT_MORE, "expired: another address");
	rig_ask(&rig, HFT_OP_HISTORY);
	is_text(rig.request.url, "https://host/v1/" FW_JOB, "asked for anew");
	is_int(file_answer(&rig, 503, "")->error, HFT_ERROR_TRANSIENT,
		   "a storage may be down");
	rig.job.remote_state = "JOB_STATE_COMPLETED";
	rig_cursor(&rig, NULL);
	for (int i = 0; i < 3; i++)
	{
		rig_answer(&rig, HFT_OP_HISTORY, 200, "{\"name\":\"" FW_JOB "\"}");
		is_int(rig.outcome.progress, HFT_WAIT, "F43: late, wait");
	}
	rig_answer(&rig, HFT_OP_HISTORY, 200, "{\"name\":\"" FW_JOB "\"}");
	is_int(rig.outcome.progress, HFT_DONE, "F43: go without");
	is_int(rig.outcome.nevents, 1, "F43: and say so");
	rig.job.remote_id = "accounts/acme/dpoJobs/p";
	rig_cursor(&rig, NULL);
	rig_ask(&rig, HFT_OP_HISTORY);
	is_request(&rig, "GET", MINE "dpoJobs/p:getMetricsFileEndpoint");
	rig_done(&rig);
}

int
main(void)
{
	test_upload();
	test_signed_upload();
	test_file_status();
	test_create();
	test_refusals();
	test_money_and_find();
	test_states();
	test_cancel();
	test_metrics();
	test_metrics_trouble();
	return tap_done();
}
