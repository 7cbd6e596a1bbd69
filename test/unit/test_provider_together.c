/*-------------------------------------------------------------------------
 *
 * test_provider_together.c
 *	  Files, jobs and histories of the Together adapter.
 *
 * Each step gets its cursor from the text of the step before, so a pass also
 * says that a crash between any two steps does no harm.
 *
 *-------------------------------------------------------------------------
 */
#include "provider_rig.h"

#define ERROR_BODY(message) \
	"{\"error\":{\"message\":\"" message "\",\"type\":" \
	"\"invalid_request_error\",\"param\":null,\"code\":null}}"
#define DIGITS "83339444abcdef01"

static void
together_init(Rig *rig)
{
	rig_init(rig, "together");
	rig->job.base_model = "Qwen/Qwen3.5-9B";
	rig->job.remote_id = "ft-1";
	rig->job.remote_state = "running";
	rig->file.remote_id = "file-1";
}

/* ---- files ---- */

static const HftResponse redirect = {
	.status = 302, .content_type = "",
	.headers = (const HftHeader[]) {
		{"location", "https://store.example/put?X-Amz-Signature=abc"},
		{"x-together-file-id", "file-7"}
	},
	.nheaders = 2, .body = "", .body_length = 0
};

static void
test_redirect_upload(void)
{
	Rig			rig;
	HftResponse stored = {.status = 200, .content_type = "", .body = ""};

	together_init(&rig);
	rig_ask(&rig, HFT_OP_UPLOAD);
	is_request(&rig, "POST", "https://host/v1/files");
	is_text(rig.request.prefix, "purpose=fine-tune&file_name="
			"hft-triage-2c26b46b.jsonl&file_type=jsonl&checksum=" RIG_SHA,
			"R28: the content's hash is sent");
	rig_answer_with(&rig, HFT_OP_UPLOAD, &redirect);
	is_int(rig.outcome.progress, HFT_MORE, "the redirect is a step of ours");
	rig_ask(&rig, HFT_OP_UPLOAD);
	is_request(&rig, "PUT", "https://store.example/put?X-Amz-Signature=abc");
	is_int(rig.request.auth, HFT_AUTH_NONE, "P5: no key for the storage");
	is_int(rig.request.dataset_length, 1000, "the file and nothing else");
	is_int(rig.request.prefix_length + rig.request.suffix_length, 0, "bare");
	rig_answer_with(&rig, HFT_OP_UPLOAD, &stored);
	rig_ask(&rig, HFT_OP_UPLOAD);
	is_request(&rig, "POST", "https://host/v1/files/file-7/preprocess");
	is_int(rig.request.auth, HFT_AUTH_SERVER, "the key is ours again");
	rig_answer(&rig, HFT_OP_UPLOAD, 405, ERROR_BODY("no such method"));
	is_int(rig.outcome.progress, HFT_DONE, "preprocess may be gone");
	is_text(rig.outcome.remote_id, "file-7", "the file's id");
	rig_done(&rig);
}

static void
test_upload_trouble(void)
{
	Rig			rig;
	HftHeader	evil[] = {
		{"location", "file:///etc/passwd"}, {"x-together-file-id", "f"}
	};
	HftResponse bad = redirect;
	HftResponse expired = {.status = 403, .content_type = "application/xml",
	.body = "<Error/>", .body_length = 8};

	together_init(&rig);
	rig_answer(&rig, HFT_OP_UPLOAD, 409, "{\"file_id\":\"file-9\"}");
	is_int(rig.outcome.progress, HFT_DONE, "K07: content is there already");
	is_text(rig.outcome.remote_id, "file-9", "K07: and adopted");
	bad.headers = evil;
	rig_answer_with(&rig, HFT_OP_UPLOAD, &bad);
	is_int(rig.outcome.error, HFT_ERROR_BAD_ANSWER, "F34: only http(s)");
	bad.nheaders = 0;
	rig_answer_with(&rig, HFT_OP_UPLOAD, &bad);
	is_int(rig.outcome.error, HFT_ERROR_BAD_ANSWER, "a redirect to nowhere");
	for (int i = 0; i < 2; i++)
	{
		rig_answer_with(&rig, HFT_OP_UPLOAD, &redirect);
		rig_answer_with(&rig, HFT_OP_UPLOAD, &expired);
		is_int(rig.outcome.progress, HFT_MORE, "K06: expired, begin again");
		rig_ask(&rig, HFT_OP_UPLOAD);
		is_text(rig.request.url, "https://host/v1/files", "from the start");
	}
	rig_answer_with(&rig, HFT_OP_UPLOAD, &redirect);
	rig_answer_with(&rig, HFT_OP_UPLOAD, &expired);
	is_int(rig.outcome.error, HFT_ERROR_REFUSED, "but not for ever");
	expired.status = 503;
	rig_answer_with(&rig, HFT_OP_UPLOAD, &expired);
	is_int(rig.outcome.error, HFT_ERROR_TRANSIENT, "a storage may be down");
	rig_done(&rig);
}

#define PART(n) "{\"PartNumber\":" n ",\"URL\":\"https://s.example/" n \
	"\",\"Headers\":{\"x-amz-a\":\"b\"}}"

/* Answers for a list of parts as the platform gives it, "count" of them. */
static char *
write_parts(int count)
{
	char	   *text = malloc((size_t) count * 120 + 100);
	int			at = sprintf(text, "{\"upload_id\":\"up\",\"file_id\":"
							 "\"file-8\",\"parts\":[");

	for (int n = count; n > 0; n--)
		at += sprintf(text + at, "%s{\"PartNumber\":%d,\"URL\":"
					  "\"https://s.example/%d\",\"Headers\":"
					  "{\"x-amz-a\":\"b\"}}", n < count ? "," : "", n, n);
	sprintf(text + at, "]}");
	return text;
}

static void
test_parts(void)
{
	Rig			rig;
	char	   *parts = write_parts(21);
	HftHeader	etag = {"ETag", "\"e1\""};
	HftResponse stored = {.status = 200, .content_type = "", .body = "",
	.headers = &etag, .nheaders = 1};

	together_init(&rig);
	rig.file.bytes = INT64_C(21) * 250 * 1024 * 1024;
	rig_ask(&rig, HFT_OP_UPLOAD);
	is_request(&rig, "POST", "https://host/v1/files/multipart/initiate");
	body_has(&rig, "\"num_parts\":21");
	rig_answer(&rig, HFT_OP_UPLOAD, 200, parts);
	is_int(rig.outcome.progress, HFT_MORE, "parts are sent");
	for (int part = 1; part <= 21; part++)
	{
		rig_ask(&rig, HFT_OP_UPLOAD);
		if (part == 2)
		{
			is_request(&rig, "PUT", "https://s.example/2");
			is_text(rig_header(&rig, "x-amz-a"), "b", "the given headers");
			is_int(rig.request.nheaders, 1, "and no other");
			is_int(rig.request.dataset_offset, 250 * 1024 * 1024, "offset");
			is_int(rig.request.auth, HFT_AUTH_NONE, "P5: no key");
		}
		rig_answer_with(&rig, HFT_OP_UPLOAD, &stored);
	}
	rig_ask(&rig, HFT_OP_UPLOAD);
	is_request(&rig, "POST", "https://host/v1/files/multipart/complete");
	body_has(&rig, "{\"part_number\":21,\"etag\":\"e1\"}");
	rig_answer(&rig, HFT_OP_UPLOAD, 200, "{\"file\":{\"id\":\"file-8\"}}");
	rig_ask(&rig, HFT_OP_UPLOAD);
	is_request(&rig, "POST", "https://host/v1/files/file-8/preprocess");
	rig_answer(&rig, HFT_OP_UPLOAD, 200, "{\"id\":\"file-8\"}");
	is_text(rig.outcome.remote_id, "file-8", "complete");
	free(parts);
	rig_done(&rig);
}

static void
test_parts_expired(void)
{
	Rig			rig;
	char	   *parts = write_parts(21);
	HftResponse expired = {.status = 403, .content_type = "", .body = ""};

	together_init(&rig);
	rig.file.bytes = INT64_C(21) * 250 * 1024 * 1024;
	rig_answer(&rig, HFT_OP_UPLOAD, 200, parts);
	rig_answer_with(&rig, HFT_OP_UPLOAD, &expired);
	rig_ask(&rig, HFT_OP_UPLOAD);
	is_request(&rig, "POST", "https://host/v1/files/multipart/abort");
	is_text(rig.request.prefix,
			"{\"upload_id\":\"up\",\"file_id\":\"file-8\"}", "which upload");
	rig_answer(&rig, HFT_OP_UPLOAD, 404, ERROR_BODY("gone"));
	rig_ask(&rig, HFT_OP_UPLOAD);
	is_text(rig.request.url, "https://host/v1/files/multipart/initiate",
			"K06: begins again");
	rig_answer(&rig, HFT_OP_UPLOAD, 200,
			   "{\"upload_id\":\"u\",\"file_id\":\"f\",\"parts\":["
			   PART("1") "]}");
	is_int(rig.outcome.error, HFT_ERROR_BAD_ANSWER, "too few parts");
	free(parts);
	rig_done(&rig);
}

static void
test_file_status(void)
{
	Rig			rig;

	together_init(&rig);
	rig_answer(&rig, HFT_OP_FIND_FILE, 200, "{\"data\":["
			   "{\"id\":\"file-0\",\"filename\":\"hft-triage-2c26b46b.jsonl\""
			   ",\"bytes\":0},{\"id\":\"file-3\",\"bytes\":1000,"
			   "\"filename\":\"hft-triage-2c26b46b.jsonl\"}]}");
	is_int(rig.outcome.nfound, 1, "found by name and size");
	is_text(rig.outcome.found[0].id, "file-3", "the right one");
	rig_ask(&rig, HFT_OP_FILE_STATUS);
	is_request(&rig, "GET", "https://host/v1/files/file-1");
	rig_answer(&rig, HFT_OP_FILE_STATUS, 200,
			   "{\"id\":\"file-1\",\"processing_status\":\"RUNNING\"}");
	is_int(rig.outcome.progress, HFT_WAIT, "being looked at");
	rig_answer(&rig, HFT_OP_FILE_STATUS, 200, "{\"id\":\"file-1\","
			   "\"processing_status\":\"INVALID_FORMAT\","
			   "\"validation_report\":{\"error_type\":\"INVALID_FORMAT\","
			   "\"error\":\"Missing role on line 17\"}}");
	is_int(rig.outcome.error, HFT_ERROR_REFUSED, "F42: refused");
	is_int(rig.outcome.bad_line, 17, "F42: the line");
	rig_answer(&rig, HFT_OP_FILE_STATUS, 200,
			   "{\"id\":\"file-1\",\"processing_status\":\"COMPLETED\"}");
	is_int(rig.outcome.progress, HFT_DONE, "ready");
	rig_answer(&rig, HFT_OP_FILE_STATUS, 200,
			   "{\"id\":\"file-1\",\"Processed\":false}");
	is_int(rig.outcome.progress, HFT_WAIT, "an old server: wait a little");
	rig.call.now += 200;
	rig_answer(&rig, HFT_OP_FILE_STATUS, 200,
			   "{\"id\":\"file-1\",\"Processed\":false}");
	is_int(rig.outcome.progress, HFT_DONE, "but not for ever");
	rig_done(&rig);
}

/* ---- create, estimate, find ---- */

static void
test_create(void)
{
	Rig			rig;

	together_init(&rig);
	rig.job.validation_file = "file-V";
	rig.job.hyperparameters = "{\"n_epochs\":2,\"learning_rate\":1e-05,"
		"\"lora_r\":8,\"lr_scheduler\":\"cosine\",\"packing\":true}";
	rig.job.options = "{\"seed\":7}";
	rig_ask(&rig, HFT_OP_CREATE);
	is_request(&rig, "POST", "https://host/v1/fine-tunes");
	is_text(rig.request.prefix, "{\"training_file\":\"file-AAA\",\"model\":"
			"\"Qwen/Qwen3.5-9B\",\"n_epochs\":2,\"n_evals\":2,"
			"\"training_method\":{\"method\":\"sft\",\"train_on_inputs\":"
			"\"auto\"},\"training_type\":{\"type\":\"Lora\",\"lora_r\":8,"
			"\"lora_alpha\":16,\"lora_dropout\":0.0,"
			"\"lora_trainable_modules\":\"all-linear\"},"
			"\"validation_file\":\"file-V\",\"batch_size\":\"max\","
			"\"n_checkpoints\":1,\"learning_rate\":1e-5,\"packing\":true,"
			"\"random_seed\":7,\"lr_scheduler\":{\"lr_scheduler_type\":"
			"\"cosine\",\"lr_scheduler_args\":{\"min_lr_ratio\":0.0,"
			"\"num_cycles\":0.5}},\"suffix\":\"triage-" DIGITS "\"}",
			"R28: the suffix carries our token");
	is_int(rig.request.effect, HFT_EFFECT_PAID, "R27: it costs money");
	rig.job.suffix = "a suffix that is much longer than sixty-four "
		"characters with our token";
	rig_ask(&rig, HFT_OP_CREATE);
	body_has(&rig, "\"suffix\":\"a suffix that is much longer than "
			 "sixty-four ch-" DIGITS "\"");
	rig.job.validation_file = NULL;
	rig.job.hyperparameters = "{\"n_evals\":3}";
	ok(!rig_ask(&rig, HFT_OP_CREATE), "n_evals without validation");
	rig.job.hyperparameters = "{\"training_type\":\"full\","
		"\"dpo_beta\":0.2}";
	rig.job.method = "dpo";
	rig_ask(&rig, HFT_OP_CREATE);
	body_has(&rig, "\"training_method\":{\"method\":\"dpo\",\"dpo_beta\":0.2}"
			 ",\"training_type\":{\"type\":\"Full\"}");
	rig.job.method = "rft";
	ok(!rig_ask(&rig, HFT_OP_CREATE), "reinforcement is refused");
	rig_answer(&rig, HFT_OP_CREATE, 402, ERROR_BODY("no credit"));
	is_int(rig.outcome.error, HFT_ERROR_LIMIT, "F28: 402");
	ok(rig.outcome.proof_not_done, "R29: and nothing was created");
	rig_answer(&rig, HFT_OP_CREATE, 524, "<html>timeout</html>");
	is_int(rig.outcome.error, HFT_ERROR_TRANSIENT, "524 of the proxy");
	ok(!rig.outcome.proof_not_done, "R29: proves nothing");
	rig_done(&rig);
}

static void
test_estimate(void)
{
	Rig			rig;

	together_init(&rig);
	rig_ask(&rig, HFT_OP_ESTIMATE);
	is_request(&rig, "POST", "https://host/v1/fine-tunes/estimate-price");
	is_int(rig.request.effect, HFT_EFFECT_READ, "asking is free");
	rig_answer(&rig, HFT_OP_ESTIMATE, 200, "{\"estimation_available\":true,"
			   "\"estimated_total_price\":6.71,\"allowed_to_proceed\":true,"
			   "\"estimated_train_token_count\":1491033}");
	is_int(rig.outcome.amount_nano, INT64_C(6710000000), "dollars to nano");
	rig_answer(&rig, HFT_OP_ESTIMATE, 200, "{\"estimation_available\":false,"
			   "\"unavailable_reason\":\"multimodal_dataset\"}");
	is_int(rig.outcome.amount_nano, HFT_UNKNOWN, "P10: unknown is unknown");
	is_text(rig.outcome.code, "multimodal_dataset", "and why");
	rig_answer(&rig, HFT_OP_ESTIMATE, 200, "{\"estimated_total_price\":600,"
			   "\"allowed_to_proceed\":false}");
	is_int(rig.outcome.error, HFT_ERROR_LIMIT, "F28: over the limit");
	rig_done(&rig);
}

static void
test_find(void)
{
	Rig			rig;

	together_init(&rig);
	rig_ask(&rig, HFT_OP_FIND);
	is_request(&rig, "GET", "https://host/v1/fine-tunes");
	rig_answer(&rig, HFT_OP_FIND, 200, "{\"data\":["
			   "{\"id\":\"ft-2\",\"status\":\"running\",\"suffix\":\"other\"},"
			   "{\"id\":\"ft-3\",\"status\":\"running\",\"created_at\":"
			   "\"2026-01-02T03:04:05.5Z\",\"suffix\":\"triage-" DIGITS
			   "\"},{\"id\":\"ft-4\",\"status\":\"completed\","
			   "\"model_output_name\":\"acct/m-triage-" DIGITS "-1\"}]}");
	is_int(rig.outcome.nfound, 2, "F39, F40: those with our digits");
	is_text(rig.outcome.found[0].id, "ft-3", "by suffix");
	is_int(rig.outcome.found[0].at_ms, INT64_C(1767323045500), "its time");
	is_text(rig.outcome.found[1].tuned_model, "acct/m-triage-" DIGITS "-1",
			"by the name of its model");
	rig_answer(&rig, HFT_OP_LIST, 200,
			   "{\"data\":[{\"id\":\"ft-2\"},{\"id\":\"ft-3\"}]}");
	is_int(rig.outcome.nfound, 2, "import takes all");
	rig_done(&rig);
}

/* ---- status ---- */

static void
test_status(void)
{
	Rig			rig;
	HftOutcome *o;

	together_init(&rig);
	rig_ask(&rig, HFT_OP_STATUS);
	is_request(&rig, "GET", "https://host/v1/fine-tunes/ft-1");
	o = rig_answer(&rig, HFT_OP_STATUS, 200, "{\"id\":\"ft-1\",\"status\":"
				   "\"completed\",\"token_count\":4473099,\"total_price\":"
				   "6709648500,\"model_output_name\":\"acct/m\","
				   "\"model_object_id\":\"ml_1\",\"batch_size\":\"max\"}");
	is_int(o->state, HFT_REMOTE_SUCCEEDED, "completed");
	is_int(o->amount_nano, INT64_C(6709648500), "billed in nano-dollars");
	is_text(o->tuned_model, "acct/m", "tuned model");
	is_text(o->effective, "{\"batch_size\":\"max\"}", "what it chose");
	o = rig_answer(&rig, HFT_OP_STATUS, 200, "{\"id\":\"ft-1\",\"status\":"
				   "\"completed\",\"token_count\":4473099,"
				   "\"total_price\":671}");
	is_int(o->amount_nano, HFT_UNKNOWN, "cents are not nano-dollars");
	o = rig_answer(&rig, HFT_OP_STATUS, 200, "{\"id\":\"ft-1\",\"status\":"
				   "\"completed\",\"token_count\":1000,"
				   "\"total_price\":4000000000}");
	is_int(o->amount_nano, INT64_C(4000000000), "the minimum charge");
	o = rig_answer(&rig, HFT_OP_STATUS, 200, "{\"id\":\"ft-1\",\"status\":"
				   "\"user_error\",\"total_price\":4000000000,"
				   "\"token_count\":9000000,\"events\":[{\"type\":"
				   "\"JOB_USER_ERROR\",\"message\":\"line 17 is bad\"},"
				   "{\"type\":\"refund\"}]}");
	is_int(o->state, HFT_REMOTE_FAILED, "failed");
	is_text(o->message, "line 17 is bad", "F42: why");
	is_int(o->bad_line, 17, "F42: the line");
	is_int(o->amount_nano, 0, "refunded");
	o = rig_answer(&rig, HFT_OP_STATUS, 200,
				   "{\"id\":\"ft-1\",\"status\":\"thinking\"}");
	is_int(o->state, HFT_REMOTE_UNKNOWN, "F35: an unknown word");
	rig_done(&rig);
}

#define RESTARTED "{\"id\":\"ft-1\",\"status\":\"error\",\"created_at\":" \
	"\"2026-01-02T00:00:00Z\",\"events\":[{\"type\":\"job_restarted\"," \
	"\"message\":\"Restarted as ft-22.\"}]}"
#define OLD_JOB "{\"id\":\"ft-0\",\"status\":\"error\",\"created_at\":" \
	"\"2026-01-01T00:00:00Z\",\"suffix\":\"x-" DIGITS "\"}"
#define HEIR "{\"id\":\"ft-22\",\"status\":\"running\",\"created_at\":" \
	"\"2026-01-02T00:10:00Z\",\"suffix\":\"x-" DIGITS "\"}"

static void
test_restarted(void)
{
	Rig			rig;

	together_init(&rig);
	rig_answer(&rig, HFT_OP_STATUS, 200, RESTARTED);
	is_int(rig.outcome.progress, HFT_MORE, "restarted: look for the heir");
	rig_ask(&rig, HFT_OP_STATUS);
	is_request(&rig, "GET", "https://host/v1/fine-tunes");
	rig_answer(&rig, HFT_OP_STATUS, 200,
			   "{\"data\":[" RESTARTED "," OLD_JOB "]}");
	is_int(rig.outcome.progress, HFT_WAIT, "not listed yet; never backwards");
	rig_answer(&rig, HFT_OP_STATUS, 200,
			   "{\"data\":[" RESTARTED "," OLD_JOB "," HEIR "]}");
	is_int(rig.outcome.progress, HFT_DONE, "found");
	is_text(rig.outcome.remote_id, "ft-22", "the job goes on as another");
	is_int(rig.outcome.state, HFT_REMOTE_RUNNING, "and runs");
	ok(strstr(rig.outcome.info, "\"restarted_from\":\"ft-1\"") != NULL,
	   "its old id is kept");
	rig_done(&rig);
}

static void
test_restarted_without_heir(void)
{
	Rig			rig;
	int			steps = 0;

	together_init(&rig);
	rig_answer(&rig, HFT_OP_STATUS, 200, RESTARTED);
	while (rig.outcome.progress != HFT_DONE && steps++ < 20)
	{
		rig_ask(&rig, HFT_OP_STATUS);
		rig_answer(&rig, HFT_OP_STATUS, 200,
				   strcmp(rig.request.url, "https://host/v1/fine-tunes") == 0
				   ? "{\"data\":[]}" : RESTARTED);
	}
	is_int(rig.outcome.progress, HFT_DONE, "an end is found");
	is_int(rig.outcome.state, HFT_REMOTE_FAILED, "the old job's word stands");
	rig_done(&rig);
}

static void
test_cancel(void)
{
	Rig			rig;

	together_init(&rig);
	rig_ask(&rig, HFT_OP_CANCEL);
	is_request(&rig, "POST", "https://host/v1/fine-tunes/ft-1/cancel");
	rig_answer(&rig, HFT_OP_CANCEL, 400, ERROR_BODY("not cancellable"));
	rig_ask(&rig, HFT_OP_CANCEL);
	is_request(&rig, "GET", "https://host/v1/fine-tunes/ft-1");
	rig_answer(&rig, HFT_OP_CANCEL, 200,
			   "{\"id\":\"ft-1\",\"status\":\"completed\"}");
	is_int(rig.outcome.state, HFT_REMOTE_SUCCEEDED, "F44: too late");
	is_text(rig.outcome.code, "too_late", "F44: and called so");
	ok(rig.provider->operations[HFT_OP_PAUSE].request == NULL &&
	   rig.provider->operations[HFT_OP_PAUSE].instead != NULL,
	   "no pause, but advice");
	rig_done(&rig);
}

/* ---- history ---- */

static void
test_history(void)
{
	Rig			rig;
	HftOutcome *o;

	together_init(&rig);
	rig_ask(&rig, HFT_OP_HISTORY);
	is_request(&rig, "GET", "https://host/v1/fine-tunes/ft-1/metrics");
	o = rig_answer(&rig, HFT_OP_HISTORY, 200, "{\"metrics\":["
				   "{\"timestamp\":1779196193564587000,"
				   "\"train/global_step\":1,\"train/loss\":2.43,"
				   "\"train/grad_norm\":NaN,\"eval/x\":-Infinity},"
				   "{\"timestamp\":1779196253000000000,\"eval/loss\":1.97,"
				   "\"train/global_step\":10,\"train/reward\":0.5}]}");
	is_int(o->nmetrics, 3, "NaN and Infinity are absent");
	is_text(o->metrics[0].name, "train_loss", "canonical name");
	is_int(o->metrics[0].at_ms, INT64_C(1779196193564), "ns to ms");
	is_text(o->metrics[1].name, "valid_loss", "evaluation");
	is_int(o->metrics[1].step, 10, "of step 10");
	is_text(o->metrics[2].name, "train/reward", "other names as they are");
	rig_ask(&rig, HFT_OP_HISTORY);
	is_request(&rig, "GET", "https://host/v1/fine-tunes/ft-1/events");
	o = rig_answer(&rig, HFT_OP_HISTORY, 200, "{\"data\":["
				   "{\"created_at\":\"2026-01-01T00:00:00Z\",\"type\":"
				   "\"JOB_START\",\"level\":\"legacy_iwarning\","
				   "\"message\":\"go\",\"total_steps\":20},"
				   "{\"created_at\":\"2026-01-01T00:00:01Z\",\"type\":"
				   "\"checkpoint_save\",\"message\":\"saved\"}]}");
	is_int(o->nevents, 2, "events");
	is_text(o->events[0].type, "job_start", "types are folded");
	is_text(o->events[0].level, "warn", "levels are ours");
	is_int((long long) strlen(o->events[0].id), 32, "a digest for an id");
	is_int(o->steps_total, 20, "steps in all");
	rig_ask(&rig, HFT_OP_HISTORY);
	is_request(&rig, "GET", "https://host/v1/fine-tunes/ft-1/checkpoints");
	o = rig_answer(&rig, HFT_OP_HISTORY, 200, "{\"data\":[{\"step\":10,"
				   "\"checkpoint_type\":\"Intermediate\"}]}");
	is_int(o->progress, HFT_DONE, "the run is complete");
	is_text(o->checkpoints[0].model, "ft-1:10", "what one can go on from");
	rig_ask(&rig, HFT_OP_HISTORY);
	is_request(&rig, "GET", "https://host/v1/fine-tunes/ft-1/metrics?"
			   "global_step_from=10");
	rig.job.remote_state = "completed";
	rig_ask(&rig, HFT_OP_HISTORY);
	is_request(&rig, "GET", "https://host/v1/fine-tunes/ft-1/metrics");
	rig.job.remote_state = "running";
	rig.job.remote_id = "ft-22";
	rig_ask(&rig, HFT_OP_HISTORY);
	is_request(&rig, "GET", "https://host/v1/fine-tunes/ft-22/metrics");
	rig_done(&rig);
}

/* F43: what is late after success is waited for, then done without. */
static void
test_late_checkpoints(void)
{
	Rig			rig;
	int			waits = 0;

	together_init(&rig);
	rig.job.remote_state = "completed";
	rig_cursor(&rig, "{\"job\":\"ft-1\",\"phase\":\"checkpoints\","
			   "\"step\":3}");
	do
		rig_answer(&rig, HFT_OP_HISTORY, waits % 2 ? 404 : 200,
				   waits % 2 ? ERROR_BODY("no") : "{\"data\":[]}");
	while (rig.outcome.progress == HFT_WAIT && waits++ < 10);
	is_int(waits, 3, "F43: three times");
	is_int(rig.outcome.progress, HFT_DONE, "F43: then it is over");
	is_text(rig.outcome.events[0].level, "warn", "F43: with a warning");
	is_text(rig.call.cursor, "{\"job\":\"ft-1\",\"step\":3}",
			"what the next run needs");
	rig_done(&rig);
}

int
main(void)
{
	test_redirect_upload();
	test_upload_trouble();
	test_parts();
	test_parts_expired();
	test_file_status();
	test_create();
	test_estimate();
	test_find();
	test_status();
	test_restarted();
	test_restarted_without_heir();
	test_cancel();
	test_history();
	test_late_checkpoints();
	return tap_done();
}
