/*-------------------------------------------------------------------------
 *
 * test_provider_vertex.c
 *	  Google Vertex AI: documented answers, and those that nobody documents.
 *
 * Every step goes through the cursor's text, so each is also the step after
 * a crash.
 *
 *-------------------------------------------------------------------------
 */
#include <math.h>

#include "provider_rig.h"

#define OPTIONS "{\"project\":\"p\",\"bucket\":\"b\"}"
#define JOB "projects/1/locations/us-central1/tuningJobs/9"
#define RUN "projects/1/locations/us-central1/tensorboards/5/experiments/e/runs/r"
#define ENDPOINT "projects/1/locations/us/endpoints/654"
#define MIB (INT64_C(1024) * 1024)

static void
init(Rig *rig)
{
	rig_init(rig, "vertex");
	rig->server.base_url = "https://aiplatform.googleapis.com";
	rig->server.options = OPTIONS;
	rig->job.base_model = "gemini-3.1-flash-lite";
	rig->job.training_file = "gs://b/hft/x.jsonl";
	rig->job.remote_id = JOB;
	rig->file.bytes = 40 * MIB;
	rig->file.remote_id = "gs://b/hft/a/x.jsonl";
}

static HftOutcome *
answer_header(Rig *rig, HftOp op, int status, const char *name,
			  const char *value)
{
	HftHeader	header = {name, value};
	HftResponse response = {
		.status = status, .content_type = "", .body = "",
		.headers = &header, .nheaders = 1
	};

	return rig_answer_with(rig, op, &response);
}

static const char *
header_of(const Rig *rig, const char *name)
{
	for (int i = 0; i < rig->request.nheaders; i++)
		if (strcmp(rig->request.headers[i].name, name) == 0)
			return rig->request.headers[i].value;
	return NULL;
}

/* ---- upload ---- */

static void
begin_upload(Rig *rig)
{
	rig_cursor(rig, NULL);
	rig_ask(rig, HFT_OP_UPLOAD);
	answer_header(rig, HFT_OP_UPLOAD, 200, "Location", "https://s/session");
	rig_ask(rig, HFT_OP_UPLOAD);
}

static void
test_upload(void)
{
	Rig			rig;

	init(&rig);
	ok(rig_ask(&rig, HFT_OP_UPLOAD) &&
	   strstr(rig.request.url, "https://storage.googleapis.com/upload/storage/"
			  "v1/b/b/o?uploadType=resumable&ifGenerationMatch=0&name=hft%2F"),
	   "a session is begun for an object that must not exist");
	begin_upload(&rig);
	is_text(header_of(&rig, "Content-Range"), "bytes 0-16777215/41943040",
			"the first part");
	ok(rig.request.auth == HFT_AUTH_NONE, "goes without our token");
	answer_header(&rig, HFT_OP_UPLOAD, 308, "Range", "bytes=0-300000");
	rig_ask(&rig, HFT_OP_UPLOAD);
	is_int(rig.request.dataset_offset, 262144,
		   "less was kept: go on at the border before it");
	answer_header(&rig, HFT_OP_UPLOAD, 308, "X", "");
	ok(rig.outcome.progress == HFT_WAIT, "308 without Range: nothing is kept");
	rig_ask(&rig, HFT_OP_UPLOAD);
	is_int(rig.request.dataset_offset, 0, "and it begins at the top");
	rig_answer(&rig, HFT_OP_UPLOAD, 503, "busy");
	ok(rig.outcome.progress == HFT_WAIT, "a 503 is waited for");
	rig_ask(&rig, HFT_OP_UPLOAD);
	is_text(header_of(&rig, "Content-Range"), "bytes */41943040",
			"and then it is asked what is kept");
	is_int(rig.request.dataset_length, 0, "without bytes");
	answer_header(&rig, HFT_OP_UPLOAD, 308, "Range", "bytes=0-33554431");
	rig_ask(&rig, HFT_OP_UPLOAD);
	is_text(header_of(&rig, "Content-Range"),
			"bytes 33554432-41943039/41943040", "the last part");
	rig_answer(&rig, HFT_OP_UPLOAD, 200, "{\"bucket\":\"b\",\"name\":\"n.jsonl\","
			   "\"size\":\"41943040\"}");
	is_text(rig.outcome.remote_id, "gs://b/n.jsonl", "it is stored");
	rig_done(&rig);
}

static void
test_upload_breaks(void)
{
	Rig			rig;

	init(&rig);
	begin_upload(&rig);
	rig_answer(&rig, HFT_OP_UPLOAD, 410, "Gone");
	ok(rig.outcome.progress == HFT_MORE && rig_ask(&rig, HFT_OP_UPLOAD) &&
	   strcmp(rig.request.method, "POST") == 0,
	   "a session that is gone is begun again");
	rig_answer(&rig, HFT_OP_UPLOAD, 412, "{\"error\":{\"code\":412,"
			   "\"message\":\"x\"}}");
	ok(rig.outcome.progress == HFT_MORE && rig_ask(&rig, HFT_OP_UPLOAD) &&
	   strcmp(rig.request.method, "GET") == 0,
	   "an object that exists is looked at");
	rig_answer(&rig, HFT_OP_UPLOAD, 200, "{\"bucket\":\"b\",\"name\":\"n\","
			   "\"size\":\"41943040\",\"metadata\":{\"hft_sha256\":\""
			   RIG_SHA "\"}}");
	is_text(rig.outcome.remote_id, "gs://b/n", "and adopted when it is ours");
	rig_cursor(&rig, "{\"stage\":\"compare\"}");
	rig_answer(&rig, HFT_OP_UPLOAD, 200, "{\"bucket\":\"b\",\"name\":\"n\","
			   "\"size\":\"7\"}");
	ok(rig.outcome.error == HFT_ERROR_REFUSED, "and left alone when not");
	begin_upload(&rig);
	answer_header(&rig, HFT_OP_UPLOAD, 308, "Range", "bytes=0-99999999999");
	ok(rig.outcome.error == HFT_ERROR_BAD_ANSWER,
	   "more than was sent cannot be kept");
	for (int i = 0; i < 20 && rig.outcome.progress != HFT_FAILED; i++)
		rig_answer(&rig, HFT_OP_UPLOAD, 410, "Gone");
	ok(rig.outcome.progress == HFT_FAILED, "restarts are bounded");
	rig.server.options = "{\"project\":\"p\"}";
	rig_cursor(&rig, NULL);
	ok(!rig_ask(&rig, HFT_OP_UPLOAD) && rig.outcome.hint != NULL,
	   "without a bucket nothing is sent");
	rig_done(&rig);
}

/* ---- create ---- */

static void
test_create(void)
{
	Rig			rig;

	init(&rig);
	rig.job.hyperparameters = "{\"adapter_size\":8}";
	ok(rig_ask(&rig, HFT_OP_CREATE), "a job is created");
	is_text(rig.request.url, "https://us-central1-aiplatform.googleapis.com/"
			"v1/projects/p/locations/us-central1/tuningJobs",
			"at the host of its region");
	ok(rig.request.effect == HFT_EFFECT_PAID, "which is paid");
	ok(strstr(rig.request.prefix, "\"epochCount\":\"3\"") != NULL,
	   "epochs are always sent, as a string");
	ok(strstr(rig.request.prefix, "ADAPTER_SIZE_EIGHT") != NULL, "adapter");
	ok(strstr(rig.request.prefix, "\"hft_job\":\"" RIG_TOKEN "\"") != NULL &&
	   strstr(rig.request.prefix, "triage-" RIG_TOKEN) != NULL,
	   "our mark is in the label and in the display name");
	rig.job.hyperparameters = "{\"adapter_size\":3}";
	ok(!rig_ask(&rig, HFT_OP_CREATE), "a size that is none is refused");
	rig.job.hyperparameters = "{}";
	rig.server.options = "{\"bucket\":\"b\"}";
	ok(!rig_ask(&rig, HFT_OP_CREATE) && rig.outcome.hint != NULL,
	   "without a project nothing is bought");
	rig_done(&rig);
}

static void
check_error(int status, const char *type, const char *body,
			HftErrorClass error, bool proof)
{
	Rig			rig;
	HftResponse response = {
		.status = status, .content_type = type, .body = body,
		.body_length = strlen(body)
	};

	init(&rig);
	rig_ask(&rig, HFT_OP_CREATE);
	rig_answer_with(&rig, HFT_OP_CREATE, &response);
	ok(rig.outcome.error == error && rig.outcome.proof_not_done == proof,
	   "%d %s: class %d, proof %d", status, body, rig.outcome.error,
	   rig.outcome.proof_not_done);
	rig_done(&rig);
}

#define STATUS(code, word) \
	"{\"error\":{\"code\":" #code ",\"message\":\"m\",\"status\":\"" word "\"}}"

static void
test_errors(void)
{
	static const char json[] = "application/json";
	Rig			rig;

	check_error(400, json, STATUS(400, "INVALID_ARGUMENT"),
				HFT_ERROR_REFUSED, true);
	check_error(401, json, STATUS(401, "UNAUTHENTICATED"),
				HFT_ERROR_CREDENTIAL, true);
	check_error(403, json, STATUS(403, "PERMISSION_DENIED"),
				HFT_ERROR_REFUSED, true);
	check_error(404, json, STATUS(404, "NOT_FOUND"), HFT_ERROR_REFUSED, true);
	check_error(409, json, STATUS(409, "ABORTED"), HFT_ERROR_TRANSIENT, true);
	check_error(429, json, STATUS(429, "RESOURCE_EXHAUSTED"),
				HFT_ERROR_RATE_LIMITED, true);
	check_error(499, json, STATUS(499, "CANCELLED"), HFT_ERROR_TRANSIENT,
				false);
	check_error(500, json, STATUS(500, "INTERNAL"), HFT_ERROR_TRANSIENT,
				false);
	check_error(503, json, STATUS(503, "UNAVAILABLE"), HFT_ERROR_TRANSIENT,
				false);
	check_error(504, json, STATUS(504, "DEADLINE_EXCEEDED"),
				HFT_ERROR_TRANSIENT, false);
	check_error(404, "text/html; charset=UTF-8",
				"<title>Error 404 (Not Found)!!1</title>",
				HFT_ERROR_REFUSED, true);
	check_error(404, "text/html", "<html>a proxy</html>",
				HFT_ERROR_NOT_PROVIDER, false);

	init(&rig);
	rig_ask(&rig, HFT_OP_CREATE);
	rig_answer(&rig, HFT_OP_CREATE, 429, "{\"error\":{\"code\":429,"
			   "\"message\":\"m\",\"status\":\"RESOURCE_EXHAUSTED\","
			   "\"details\":[{\"retryDelay\":\"12s\"},{\"fieldViolations\":"
			   "[{\"field\":\"f\",\"description\":\"why\"}]}]}}");
	is_int(rig.outcome.retry_after_ms, 12000, "RetryInfo is honoured");
	is_text(rig.outcome.code, "RESOURCE_EXHAUSTED", "the status is the code");
	is_text(rig.outcome.message, "m f: why", "field violations are told");
	rig_done(&rig);
}

/* ---- jobs ---- */

static void
test_status(void)
{
	static const struct
	{
		const char *word;
		HftRemoteState state;
	}			words[] =
	{
		{"QUEUED", HFT_REMOTE_QUEUED}, {"PENDING", HFT_REMOTE_QUEUED},
		{"RUNNING", HFT_REMOTE_RUNNING}, {"CANCELLING", HFT_REMOTE_RUNNING},
		{"UPDATING", HFT_REMOTE_RUNNING}, {"PAUSED", HFT_REMOTE_PAUSED},
		{"SUCCEEDED", HFT_REMOTE_SUCCEEDED},
		{"PARTIALLY_SUCCEEDED", HFT_REMOTE_SUCCEEDED},
		{"FAILED", HFT_REMOTE_FAILED}, {"EXPIRED", HFT_REMOTE_FAILED},
		{"CANCELLED", HFT_REMOTE_CANCELLED}, {"NEW", HFT_REMOTE_UNKNOWN},
	};
	Rig			rig;
	char		body[200];

	init(&rig);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
	{
		snprintf(body, sizeof(body), "{\"name\":\"" JOB "\",\"state\":"
				 "\"JOB_STATE_%s\"}", words[i].word);
		rig_ask(&rig, HFT_OP_STATUS);
		rig_answer(&rig, HFT_OP_STATUS, 200, body);
		is_int(rig.outcome.state, words[i].state, words[i].word);
	}
	rig_answer(&rig, HFT_OP_STATUS, 200, "{\"name\":\"" JOB "\",\"state\":"
			   "\"JOB_STATE_FAILED\",\"error\":{\"code\":13,\"message\":"
			   "\"endpoint creation failed\"},\"tunedModel\":{\"model\":"
			   "\"projects/1/locations/l/models/987@1\"}}");
	is_text(rig.outcome.tuned_model, "projects/1/locations/l/models/987@1",
			"a failed job's model is kept");
	is_text(rig.outcome.code, "INTERNAL", "and gRPC's number has a name");
	rig_answer(&rig, HFT_OP_STATUS, 200, "{\"name\":\"" JOB "\",\"state\":"
			   "\"JOB_STATE_SUCCEEDED\",\"supervisedTuningSpec\":"
			   "{\"hyperParameters\":{\"epochCount\":\"3\"}},"
			   "\"tunedModel\":{\"model\":\"projects/1/locations/l/models/9@1\","
			   "\"endpoint\":\"" ENDPOINT "\"},\"tuningDataStats\":"
			   "{\"supervisedTuningDataStats\":{\"totalBillableTokenCount\":"
			   "\"116000\",\"tuningStepCount\":\"120\"}}}");
	is_int(rig.outcome.trained_tokens, 348000, "tokens of one pass x epochs");
	is_int(rig.outcome.steps_total, 120, "steps");
	is_text(rig.outcome.tuned_model, ENDPOINT, "an endpoint goes first");
	rig_answer(&rig, HFT_OP_STATUS, 200, "{\"name\":\"projects/../x\"}");
	ok(rig.outcome.error == HFT_ERROR_BAD_ANSWER && rig.outcome.remote_id ==
	   NULL, "a name that leads elsewhere is none (F76)");
	rig.job.remote_id = "projects/1/locations/l/tuningJobs/../9";
	ok(!rig_ask(&rig, HFT_OP_STATUS), "nor is it asked for");
	rig_done(&rig);
}

static void
test_find(void)
{
	Rig			rig;

	init(&rig);
	ok(rig_ask(&rig, HFT_OP_FIND) &&
	   strstr(rig.request.url, "tuningJobs?pageSize=100") != NULL,
	   "a job is looked for by listing");
	rig_answer(&rig, HFT_OP_FIND, 200, "{\"tuningJobs\":[{\"name\":\"" JOB "\","
			   "\"labels\":{\"hft_job\":\"another\"}}],"
			   "\"nextPageToken\":\"a/b\"}");
	ok(rig.outcome.progress == HFT_MORE && rig.outcome.nfound == 0,
	   "on the first page there are others");
	rig_ask(&rig, HFT_OP_FIND);
	ok(strstr(rig.request.url, "&pageToken=a%2Fb") != NULL, "the next page");
	rig_answer(&rig, HFT_OP_FIND, 200, "{\"tuningJobs\":[{\"name\":\"" JOB "\","
			   "\"tunedModelDisplayName\":\"x-" RIG_TOKEN "\"},{\"name\":\""
			   JOB "0\",\"labels\":{\"hft_job\":\"" RIG_TOKEN "\"}}],"
			   "\"nextPageToken\":\"a/b\"}");
	ok(rig.outcome.error == HFT_ERROR_BAD_ANSWER,
	   "a listing that repeats its page fails (F37)");
	is_int(rig.outcome.nfound, 2, "found by display name and by label");
	rig_cursor(&rig, NULL);
	rig_answer(&rig, HFT_OP_FIND, 200, "{}");
	ok(rig.outcome.progress == HFT_DONE && rig.outcome.nfound == 0,
	   "an empty object is an empty account");
	rig_done(&rig);
}

/* ---- history ---- */

static void
walk(Rig *rig, const char *url, const char *body)
{
	rig_ask(rig, HFT_OP_HISTORY);
	ok(strstr(rig->request.url, url) != NULL, "asks %s", url);
	rig_answer(rig, HFT_OP_HISTORY, 200, body);
}

#define LIVE_JOB(state) "{\"name\":\"" JOB "\",\"state\":\"JOB_STATE_" state \
	"\",\"experiment\":\"projects/1/locations/us-central1/metadataStores/" \
	"default/contexts/e\",\"tunedModel\":{\"checkpoints\":[{\"checkpointId\":" \
	"\"1\",\"step\":\"40\",\"endpoint\":\"" ENDPOINT "\"}]}}"
#define SERIES(step) "{\"tensorboardTimeSeries\":[{\"name\":\"" RUN \
	"/timeSeries/1\",\"displayName\":\"/train_total_loss\",\"valueType\":" \
	"\"SCALAR\",\"metadata\":{\"maxStep\":\"" step "\"}}]}"

static void
test_history(void)
{
	Rig			rig;

	init(&rig);
	walk(&rig, "tuningJobs/9", "{\"name\":\"" JOB "\",\"state\":"
		 "\"JOB_STATE_RUNNING\"}");
	ok(rig.outcome.progress == HFT_DONE, "without an experiment: later");
	walk(&rig, "tuningJobs/9", LIVE_JOB("RUNNING"));
	is_int(rig.outcome.ncheckpoints, 1, "a checkpoint");
	is_text(rig.outcome.checkpoints[0].model, ENDPOINT, "with its endpoint");
	walk(&rig, "contexts/e", "{\"metadata\":{\"backing_tensorboard_resource\":"
		 "\"projects/1/locations/us-central1/tensorboards/5\"}}");
	walk(&rig, "tensorboards/5/experiments/e/runs",
		 "{\"tensorboardRuns\":[{\"name\":\"" RUN "\"}]}");
	walk(&rig, "runs/r/timeSeries", SERIES("2"));
	walk(&rig, "timeSeries/1:read?maxDataPoints=-1",
		 "{\"timeSeriesData\":{\"values\":[{\"step\":\"1\",\"scalar\":"
		 "{\"value\":1.93}},{\"step\":\"2\",\"scalar\":{}}]}}");
	is_int(rig.outcome.nmetrics, 2, "two points");
	is_text(rig.outcome.metrics[0].name, "train_loss", "by our name");
	ok(rig.outcome.metrics[1].value == 0.0, "an absent value is zero");
	ok(rig.outcome.progress == HFT_DONE, "the walk is over");

	/* the next poll: nothing new, then one point */
	walk(&rig, "tuningJobs/9", LIVE_JOB("RUNNING"));
	walk(&rig, "runs/r/timeSeries", SERIES("2"));
	ok(rig.outcome.progress == HFT_DONE, "nothing new: two requests");
	walk(&rig, "tuningJobs/9", LIVE_JOB("SUCCEEDED"));
	walk(&rig, "runs/r/timeSeries", SERIES("3"));
	walk(&rig, ":read", "{\"timeSeriesData\":{\"values\":[{\"step\":\"2\","
		 "\"scalar\":{}},{\"step\":\"3\",\"scalar\":{\"value\":1}}]}}");
	is_int(rig.outcome.nmetrics, 1, "only the new point comes");
	rig_done(&rig);
}

static void
test_late_history(void)
{
	Rig			rig;
	int			waits = 0;

	init(&rig);
	for (int i = 0; i < 20; i++)
	{
		rig_ask(&rig, HFT_OP_HISTORY);
		rig_answer(&rig, HFT_OP_HISTORY, 200, "{\"name\":\"" JOB "\","
				   "\"state\":\"JOB_STATE_SUCCEEDED\"}");
		if (rig.outcome.progress != HFT_WAIT)
			break;
		waits++;
	}
	ok(waits > 0 && rig.outcome.progress == HFT_DONE &&
	   rig.outcome.nevents == 1,
	   "a curve that never comes is waited for, then done without (F43)");
	rig_done(&rig);
}

/* ---- serving ---- */

static void
test_chat(void)
{
	Rig			rig;

	init(&rig);
	rig.chat.model = ENDPOINT;
	rig.chat.options = "{\"max_tokens\":5,\"stop\":\"x\"}";
	ok(rig_ask(&rig, HFT_OP_CHAT), "a tuned model is asked");
	is_text(rig.request.url, "https://aiplatform.us.rep.googleapis.com/v1/"
			ENDPOINT ":generateContent", "at the host of its location");
	ok(strstr(rig.request.prefix, "\"maxOutputTokens\":5") &&
	   strstr(rig.request.prefix, "\"stopSequences\":[\"x\"]"),
	   "options are translated");
	rig_answer(&rig, HFT_OP_CHAT, 200, "{\"candidates\":[{\"content\":"
			   "{\"parts\":[{\"text\":\"hmm\",\"thought\":true},{\"text\":\"a\"},"
			   "{\"text\":\"b\"}]},\"finishReason\":\"STOP\"}],"
			   "\"usageMetadata\":{\"promptTokenCount\":4,"
			   "\"candidatesTokenCount\":9,\"thoughtsTokenCount\":2}}");
	is_text(rig.outcome.text, "ab", "the text, without thoughts");
	is_int(rig.outcome.output_tokens, 11, "which are billed");
	rig_answer(&rig, HFT_OP_CHAT, 200, "{\"candidates\":[{\"finishReason\":"
			   "\"SAFETY\"}],\"usageMetadata\":{\"promptTokenCount\":4}}");
	ok(rig.outcome.progress == HFT_DONE && rig.outcome.text == NULL &&
	   strstr(rig.outcome.info, "SAFETY") != NULL, "content may be missing");
	rig.chat.model = "projects/1/locations/l/models/987@1";
	ok(!rig_ask(&rig, HFT_OP_CHAT) && rig.outcome.hint != NULL,
	   "a model is not called by its own name");
	rig.chat.model = "gemini-2.5-flash";
	rig.chat.options = "{\"mood\":1}";
	ok(!rig_ask(&rig, HFT_OP_CHAT), "an unknown option is refused");
	rig_done(&rig);
}

static void
test_undeploy(void)
{
	Rig			rig;

	init(&rig);
	rig.deployment.remote_id = ENDPOINT;
	rig_ask(&rig, HFT_OP_UNDEPLOY);
	rig_answer(&rig, HFT_OP_UNDEPLOY, 200, "{\"name\":\"" ENDPOINT "\","
			   "\"deployedModels\":[{\"id\":\"77\"}]}");
	ok(rig_ask(&rig, HFT_OP_UNDEPLOY) &&
	   strstr(rig.request.url, ":undeployModel") != NULL &&
	   strstr(rig.request.prefix, "\"77\"") != NULL,
	   "the model goes off the endpoint");
	rig_answer(&rig, HFT_OP_UNDEPLOY, 200, "{\"name\":\"" ENDPOINT
			   "/operations/1\"}");
	ok(rig.outcome.progress == HFT_WAIT && rig_ask(&rig, HFT_OP_UNDEPLOY) &&
	   strstr(rig.request.url, "/operations/1") != NULL,
	   "the operation is asked");
	rig_answer(&rig, HFT_OP_UNDEPLOY, 200, "{\"done\":true}");
	rig_ask(&rig, HFT_OP_UNDEPLOY);
	rig_answer(&rig, HFT_OP_UNDEPLOY, 200, "{\"name\":\"" ENDPOINT "\"}");
	ok(rig_ask(&rig, HFT_OP_UNDEPLOY) &&
	   strcmp(rig.request.method, "DELETE") == 0, "the endpoint goes");
	rig_answer(&rig, HFT_OP_UNDEPLOY, 404, STATUS(404, "NOT_FOUND"));
	ok(rig.outcome.progress == HFT_DONE, "what is gone is taken down (K16)");
	rig_done(&rig);
}

int
main(void)
{
	test_upload();
	test_upload_breaks();
	test_create();
	test_errors();
	test_status();
	test_find();
	test_history();
	test_late_history();
	test_chat();
	test_undeploy();
	return tap_done();
}
