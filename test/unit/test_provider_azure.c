/*-------------------------------------------------------------------------
 *
 * test_provider_azure.c
 *	  Azure OpenAI: both families of paths, both kinds of keys, a job found
 *	  by its file, and deployments of the resource manager.
 *
 *-------------------------------------------------------------------------
 */
#include "provider/azure.h"
#include "provider/token.h"
#include "provider_rig.h"

#define ERROR_BODY(code, message) \
	"{\"error\":{\"code\":\"" code "\",\"message\":\"" message "\"}}"
#define PLACE "\"subscription\":\"sub-1\",\"resource_group\":\"rg 1\"," \
	"\"account\":\"acct\""
#define ARM "https://management.azure.com/subscriptions/sub-1/" \
	"resourceGroups/rg%201/providers/Microsoft.CognitiveServices/accounts/" \
	"acct/deployments/"
#define NAME "triage-83339444abcdef01"
#define PRINCIPAL "{\"tenant_id\":\"t/1\",\"client_id\":\"c\"," \
	"\"client_secret\":\"s&s\"}"
#define DATED "{\"api_version\":\"2024-10-21\"}"
#define PREVIEW "{\"api_version\":\"2025-04-01-preview\"}"

static void
azure_init(Rig *rig)
{
	rig_init(rig, "azure");
	rig->server.base_url = "https://r.openai.azure.com";
}

/* ---- addresses ---- */

static void
test_families(void)
{
	static const char *const urls[] = {
		"https://r.openai.azure.com", "https://r.openai.azure.com/openai",
		"https://r.openai.azure.com/openai/v1"
	};
	Rig			rig;

	azure_init(&rig);
	for (int i = 0; i < 3; i++)
	{
		rig.server.base_url = urls[i];
		rig_ask(&rig, HFT_OP_STATUS);
		is_request(&rig, "GET", "https://r.openai.azure.com/openai/v1/"
				   "fine_tuning/jobs/ftjob-abc");
	}
	rig.server.options = "{\"api_version\":\"preview\"}";
	rig_ask(&rig, HFT_OP_STATUS);
	is_request(&rig, "GET", "https://r.openai.azure.com/openai/v1/"
			   "fine_tuning/jobs/ftjob-abc?api-version=preview");
	rig.server.options = DATED;
	rig_ask(&rig, HFT_OP_STATUS);
	is_request(&rig, "GET", "https://r.openai.azure.com/openai/fine_tuning/"
			   "jobs/ftjob-abc?api-version=2024-10-21");
	rig_ask(&rig, HFT_OP_FIND_FILE);
	is_request(&rig, "GET", "https://r.openai.azure.com/openai/files?purpose="
			   "fine-tune&api-version=2024-10-21");
	rig_ask(&rig, HFT_OP_CHAT);
	is_request(&rig, "POST", "https://r.openai.azure.com/openai/deployments/"
			   "ft%3Am/chat/completions?api-version=2024-10-21");
	rig_ask(&rig, HFT_OP_DELETE_MODEL);
	is_request(&rig, "DELETE", "https://r.openai.azure.com/openai/v1/models/"
			   "ft%3Am");
	rig.server.options = "{}";
	rig_ask(&rig, HFT_OP_MODEL_INFO);
	is_request(&rig, "GET", "https://r.openai.azure.com/openai/models/ft%3Am"
			   "?api-version=2024-10-21");
	rig_done(&rig);
}

/* ---- keys ---- */

/* The header that a secret and a token sign with. */
static const char *
sign(Rig *rig, const char *secret, const char *token, const char *header)
{
	HftCredentials credentials = {secret, token};

	if (hft_sign_request(&rig->server, &rig->request, &credentials, RIG_NOW,
						 rig->call.arena) != NULL)
		return "refused";
	return rig_header(rig, header);
}

static const char *
audience_of(Rig *rig, const char *secret)
{
	return hft_azure_tokens.audience(&rig->server, secret, &rig->request);
}

static void
test_keys(void)
{
	Rig			rig;

	azure_init(&rig);
	rig.server.options = "{" PLACE "}";
	rig_ask(&rig, HFT_OP_STATUS);
	is_text(audience_of(&rig, "key-1"), NULL, "a key needs no token");
	is_text(sign(&rig, "key-1", NULL, "api-key"), "key-1", "it signs");
	is_text(rig_header(&rig, "Authorization"), NULL, "and nothing else");
	rig_ask(&rig, HFT_OP_STATUS);
	is_text(audience_of(&rig, PRINCIPAL),
			"data https://cognitiveservices.azure.com/.default",
			"a principal needs one");
	is_text(sign(&rig, PRINCIPAL, "tok", "Authorization"), "Bearer tok",
			"which signs");
	is_text(rig_header(&rig, "api-key"), NULL, "alone");
	rig_ask(&rig, HFT_OP_STATUS);
	is_text(audience_of(&rig, "{\"api_key\":\"k2\"}"), NULL,
			"a key beside a principal");
	is_text(sign(&rig, "{\"api_key\":\"k2\"}", NULL, "api-key"), "k2",
			"signs by itself");
	rig.deployment.remote_id = NAME;
	rig_ask(&rig, HFT_OP_DEPLOY_STATUS);
	is_text(audience_of(&rig, "{\"api_key\":\"k2\"}"),
			"arm https://management.azure.com/.default",
			"but not at the resource manager");
	is_text(sign(&rig, "key-1", NULL, "api-key"), "refused",
			"which takes no key");
	rig_done(&rig);
}

static void
test_exchange(void)
{
	Rig			rig;

	azure_init(&rig);
	hft_outcome_init(&rig.outcome);
	ok(hft_azure_tokens.request(&rig.call, PRINCIPAL, "arm https://m/.default",
								&rig.request, &rig.outcome), "an exchange");
	is_request(&rig, "POST", "https://login.microsoftonline.com/t%2F1/oauth2/"
			   "v2.0/token");
	is_text(rig.request.prefix, "client_id=c&client_secret=s%26s&grant_type="
			"client_credentials&scope=https%3A%2F%2Fm%2F.default", "its form");
	rig.server.options = "{\"login_url\":\"https://login.us\"}";
	hft_azure_tokens.request(&rig.call, "{\"tenant\":\"t\",\"appId\":\"c\","
							 "\"password\":\"p\"}", "data s", &rig.request,
							 &rig.outcome);
	is_request(&rig, "POST", "https://login.us/t/oauth2/v2.0/token");
	ok(!hft_azure_tokens.request(&rig.call, "{\"tenant\":\"t\"}", "data s",
								 &rig.request, &rig.outcome),
	   "half a principal is refused");
	rig_done(&rig);
}

/* ---- jobs ---- */

static void
test_create(void)
{
	Rig			rig;

	azure_init(&rig);
	rig.job.hyperparameters = "{\"n_epochs\":3,\"beta\":0.1}";
	rig.job.options = "{\"metadata\":{\"team\":\"a\"},\"seed\":7,"
		"\"training_type\":\"Developer\"}";
	rig_ask(&rig, HFT_OP_CREATE);
	is_request(&rig, "POST", "https://r.openai.azure.com/openai/v1/"
			   "fine_tuning/jobs");
	is_text(rig.request.prefix, "{\"model\":\"gpt-4.1-mini-2025-04-14\","
			"\"training_file\":\"file-AAA\",\"trainingType\":\"Developer\","
			"\"suffix\":\"triage\",\"method\":{\"type\":\"supervised\","
			"\"supervised\":{\"hyperparameters\":{\"n_epochs\":3}}},"
			"\"metadata\":{\"team\":\"a\",\"hft_key\":\"" RIG_TOKEN "\"},"
			"\"seed\":7}", "v1");
	is_int(rig.request.effect, HFT_EFFECT_PAID, "R27: it costs money");
	rig.server.options = DATED;
	rig.job.options = "{}";
	rig_ask(&rig, HFT_OP_CREATE);
	is_text(rig.request.prefix, "{\"model\":\"gpt-4.1-mini-2025-04-14\","
			"\"training_file\":\"file-AAA\",\"trainingType\":"
			"\"globalStandard\",\"suffix\":\"triage\",\"hyperparameters\":"
			"{\"n_epochs\":3}}", "dated: neither method nor metadata");
	rig.job.method = "dpo";
	ok(!rig_ask(&rig, HFT_OP_CREATE), "so no dpo");
	rig.server.options = PREVIEW;
	ok(rig_ask(&rig, HFT_OP_CREATE), "a later version knows it");
	body_has(&rig, "\"dpo\":{\"hyperparameters\":{\"n_epochs\":3,"
			 "\"beta\":0.1}}");
	rig.job.suffix = "a b";
	ok(!rig_ask(&rig, HFT_OP_CREATE), "a suffix without blanks");
	rig.job.suffix = "0123456789012345678901234567890123456789x";
	ok(!rig_ask(&rig, HFT_OP_CREATE), "of 40 characters");
	rig.job.suffix = NULL;
	rig.job.base_model = "gpt-4o";
	ok(!rig_ask(&rig, HFT_OP_CREATE), "dated models only");
	rig_done(&rig);
}

/* F28: a full store parks the job, a rate passes. */
static void
test_create_errors(void)
{
	static const HftHeader delay[] = {{"retry-after", "7"}};
	const char *quota = ERROR_BODY("429", "quota of call rate exceeded");
	HftResponse rate = {
		.status = 429, .content_type = "application/json", .headers = delay,
		.nheaders = 1, .body = quota, .body_length = strlen(quota)
	};
	Rig			rig;
	HftOutcome *o;

	azure_init(&rig);
	o = rig_answer(&rig, HFT_OP_UPLOAD, 429,
				   ERROR_BODY("quotaExceeded", "File quota reached: 100"));
	is_int(o->error, HFT_ERROR_LIMIT, "F28: the store is full");
	ok(o->hint != NULL, "with what to do");
	o = rig_answer_with(&rig, HFT_OP_STATUS, &rate);
	is_int(o->error, HFT_ERROR_RATE_LIMITED, "F25: a rate says when");
	is_int(o->retry_after_ms, 7000, "to come back");
	o = rig_answer(&rig, HFT_OP_CREATE, 400, ERROR_BODY("invalidPayload",
				   "The specified base model does not support fine-tuning."));
	is_int(o->error, HFT_ERROR_REFUSED, "the misleading refusal");
	ok(o->hint != NULL && strstr(o->hint, "training_type") != NULL,
	   "its usual reason");
	o = rig_answer(&rig, HFT_OP_STATUS, 401,
				   "{\"statusCode\":401,\"message\":\"Access denied\"}");
	is_int(o->error, HFT_ERROR_CREDENTIAL, "F27: a gateway's refusal");
	is_text(o->message, "Access denied", "in its words");
	o = rig_answer(&rig, HFT_OP_CREATE, 201, "{\"id\":\"ftjob-1\","
				   "\"status\":\"pending\",\"organization_id\":null,"
				   "\"result_files\":null,\"seed\":null}");
	is_text(o->remote_id, "ftjob-1", "F35: 201 with nulls");
	is_int(o->state, HFT_REMOTE_QUEUED, "pending");
	rig_done(&rig);
}

#define JOB(id, more) "{\"id\":\"" id "\",\"status\":\"running\"," more "}"
#define KEY(token) "\"metadata\":{\"hft_key\":\"" token "\"}"
#define FILE_OF(id) "\"training_file\":\"" id "\""

static void
test_find(void)
{
	Rig			rig;
	HftOutcome *o;

	azure_init(&rig);
	rig_ask(&rig, HFT_OP_FIND);
	is_request(&rig, "GET", "https://r.openai.azure.com/openai/v1/"
			   "fine_tuning/jobs?limit=100");
	o = rig_answer(&rig, HFT_OP_FIND, 200, "{\"data\":["
				   JOB("j1", FILE_OF("file-ZZZ")) "],\"has_more\":true}");
	is_int(o->nfound, 0, "somebody else's job");
	rig.server.options = DATED;
	rig_ask(&rig, HFT_OP_FIND);
	is_request(&rig, "GET", "https://r.openai.azure.com/openai/fine_tuning/"
			   "jobs?limit=100&after=j1&api-version=2024-10-21");
	o = rig_answer(&rig, HFT_OP_FIND, 200, "{\"data\":["
				   JOB("j2", FILE_OF("file-AAA")) ","
				   JOB("j3", FILE_OF("file-AAA") "," KEY("other")) ","
				   JOB("j4", FILE_OF("file-B") "," KEY(RIG_TOKEN)) ","
				   JOB("j5", FILE_OF("file-AAA") ",\"metadata\":null")
				   "],\"has_more\":false}");
	is_int(o->nfound, 3, "F39: by the file, or by our mark");
	is_text(o->found[0].id, "j2", "the file alone");
	is_text(o->found[1].id, "j4", "our mark alone");
	is_text(o->found[2].id, "j5", "the file, and no mark at all");
	is_int(o->progress, HFT_DONE, "all pages seen");
	rig_done(&rig);
}

static void
test_states(void)
{
	static const struct
	{
		const char *word;
		HftRemoteState state;
	}			words[] = {
		{"created", HFT_REMOTE_QUEUED}, {"pending", HFT_REMOTE_QUEUED},
		{"pausing", HFT_REMOTE_RUNNING}, {"paused", HFT_REMOTE_PAUSED},
		{"resuming", HFT_REMOTE_RUNNING}, {"cancelled", HFT_REMOTE_CANCELLED}
	};
	Rig			rig;
	char		body[200];

	azure_init(&rig);
	for (int i = 0; i < 6; i++)
	{
		snprintf(body, sizeof(body), "{\"id\":\"j\",\"status\":\"%s\"}",
				 words[i].word);
		is_int(rig_answer(&rig, HFT_OP_STATUS, 200, body)->state,
			   words[i].state, words[i].word);
	}
	rig_answer(&rig, HFT_OP_MODEL_INFO, 200, "{\"id\":\"m\",\"deprecation\":"
			   "{\"fine_tune\":1807660800,\"inference\":1823385600}}");
	is_text(rig.outcome.retires_on, "2027-10-13", "the day of retirement");
	rig_answer(&rig, HFT_OP_MODEL_INFO, 200, "{\"id\":\"m\",\"object\":"
			   "\"model\"}");
	is_text(rig.outcome.retires_on, NULL, "P10: unknown is unknown");
	rig_done(&rig);
}

static void
test_file(void)
{
	Rig			rig;
	HftOutcome *o;

	azure_init(&rig);
	o = rig_answer(&rig, HFT_OP_FIND_FILE, 200, "{\"data\":[{\"id\":\"f1\","
				   "\"filename\":\"hft-triage-2c26b46b.jsonl\",\"bytes\":null,"
				   "\"status\":\"deleting\"},{\"id\":\"f2\",\"filename\":"
				   "\"hft-triage-2c26b46b.jsonl\",\"bytes\":null,\"status\":"
				   "\"pending\"}]}");
	is_text(o->remote_id, "f2", "K07: found without its size");
	o = rig_answer(&rig, HFT_OP_FILE_STATUS, 200,
				   "{\"id\":\"f2\",\"status\":\"running\"}");
	is_int(o->progress, HFT_WAIT, "read at leisure");
	rig.call.now += 599;
	rig_answer(&rig, HFT_OP_FILE_STATUS, 200,
			   "{\"id\":\"f2\",\"status\":\"running\"}");
	is_int(rig.outcome.progress, HFT_WAIT, "for ten minutes");
	rig_answer(&rig, HFT_OP_FILE_STATUS, 200,
			   "{\"id\":\"f2\",\"status\":\"deleted\"}");
	is_int(rig.outcome.error, HFT_ERROR_LOST, "F41: gone");
	rig_done(&rig);
}

static void
test_expiry(void)
{
	Rig			rig;

	azure_init(&rig);
	rig_ask(&rig, HFT_OP_UPLOAD);
	ok(strstr(rig.request.prefix, "expires_after") == NULL,
	   "a file stays until it is deleted");
	rig.server.options = "{\"file_days\":14}";
	rig_ask(&rig, HFT_OP_UPLOAD);
	body_has(&rig, "name=\"expires_after[anchor]\"\r\n\r\ncreated_at");
	body_has(&rig, "name=\"expires_after[seconds]\"\r\n\r\n1209600");
	rig.file.bytes = 600000000;
	rig_ask(&rig, HFT_OP_UPLOAD);
	body_has(&rig, "\"expires_after\":{\"anchor\":\"created_at\","
			 "\"seconds\":1209600}");
	rig_done(&rig);
}

static void
test_result_file(void)
{
	Rig			rig;
	HftOutcome *o;

	azure_init(&rig);
	rig.job.remote_state = "succeeded";
	rig_cursor(&rig, "{\"phase\":\"result\",\"file\":\"f\"}");
	o = rig_answer(&rig, HFT_OP_HISTORY, 200, "step,train_loss,"
				   "validation_mean_token_accuracy\n1,0.5,0.25\n");
	is_int(o->nmetrics, 2, "a result file");
	is_text(o->metrics[1].name, "valid_accuracy", "one name for it");
	rig_done(&rig);
}

/* ---- deployments ---- */

#define DEPLOYED(model, state) "{\"name\":\"" NAME "\",\"sku\":{\"name\":" \
	"\"GlobalStandard\"},\"properties\":{\"model\":{\"name\":\"" model "\"}," \
	"\"provisioningState\":\"" state "\"}}"

static void
test_deploy(void)
{
	Rig			rig;
	HftOutcome *o;

	azure_init(&rig);
	ok(!rig_ask(&rig, HFT_OP_DEPLOY), "where it deploys must be known");
	rig.server.options = "{" PLACE "}";
	rig_ask(&rig, HFT_OP_DEPLOY);
	is_request(&rig, "GET", ARM NAME "?api-version=2024-10-21");
	is_int(rig.request.effect, HFT_EFFECT_READ, "it looks first");
	o = rig_answer(&rig, HFT_OP_DEPLOY, 404,
				   ERROR_BODY("DeploymentNotFound", "none"));
	is_int(o->progress, HFT_MORE, "none is there");
	rig.deployment.options = "{\"sku\":\"DeveloperTier\",\"capacity\":50}";
	rig_ask(&rig, HFT_OP_DEPLOY);
	is_request(&rig, "PUT", ARM NAME "?api-version=2024-10-21");
	is_int(rig.request.effect, HFT_EFFECT_PAID, "R27: it costs money");
	is_text(rig.request.prefix, "{\"sku\":{\"name\":\"DeveloperTier\","
			"\"capacity\":50},\"properties\":{\"model\":{\"format\":"
			"\"OpenAI\",\"name\":\"acct/m\",\"version\":\"1\"}}}", "the wish");
	o = rig_answer(&rig, HFT_OP_DEPLOY, 409,
				   ERROR_BODY("RequestConflict", "busy"));
	is_int(o->error, HFT_ERROR_TRANSIENT, "another change is under way");
	is_int(o->retry_after_ms, 30000, "half a minute");
	o = rig_answer(&rig, HFT_OP_DEPLOY, 201, DEPLOYED("acct/m", "Accepted"));
	is_text(o->remote_id, NAME, "its name is its id");
	is_text(o->tuned_model, NAME, "and what a chat names");
	rig_cursor(&rig, NULL);
	o = rig_answer(&rig, HFT_OP_DEPLOY, 200, DEPLOYED("acct/m", "Creating"));
	is_int(o->progress, HFT_DONE, "R28: found, not made again");
	o = rig_answer(&rig, HFT_OP_DEPLOY, 200, DEPLOYED("other", "Succeeded"));
	is_int(o->error, HFT_ERROR_REFUSED, "somebody else's is left alone");
	o = rig_answer(&rig, HFT_OP_DEPLOY, 403,
				   ERROR_BODY("AuthorizationFailed", "no role"));
	is_int(o->error, HFT_ERROR_REFUSED, "a missing role is not the key's");
	rig_cursor(&rig, "{\"looked\":true}");
	o = rig_answer(&rig, HFT_OP_DEPLOY, 404,
				   ERROR_BODY("ParentResourceNotFound", "no account"));
	is_int(o->error, HFT_ERROR_REFUSED, "no account, no deployment");
	rig_done(&rig);
}

static void
test_standing(void)
{
	Rig			rig;
	HftOutcome *o;

	azure_init(&rig);
	rig.server.options = "{" PLACE ",\"arm_url\":\"https://arm\"}";
	rig.deployment.remote_id = NAME;
	o = rig_answer(&rig, HFT_OP_DEPLOY_STATUS, 200,
				   DEPLOYED("m", "Succeeded"));
	is_int(o->state, HFT_REMOTE_RUNNING, "ready");
	o = rig_answer(&rig, HFT_OP_DEPLOY_STATUS, 200, DEPLOYED("m", "Failed"));
	is_int(o->state, HFT_REMOTE_FAILED, "failed");
	o = rig_answer(&rig, HFT_OP_DEPLOY_STATUS, 200, DEPLOYED("m", "Moving"));
	is_int(o->state, HFT_REMOTE_QUEUED, "moving");
	o = rig_answer(&rig, HFT_OP_DEPLOY_STATUS, 404,
				   ERROR_BODY("DeploymentNotFound", "none"));
	is_int(o->error, HFT_ERROR_LOST, "deleted after idle days");
	ok(o->hint != NULL && strstr(o->hint, "15 days") != NULL, "which it says");
	rig_ask(&rig, HFT_OP_UNDEPLOY);
	is_text(rig.request.method, "DELETE", "taken down");
	rig_answer(&rig, HFT_OP_UNDEPLOY, 202, "");
	is_int(rig.outcome.progress, HFT_WAIT, "accepted is not gone");
	rig_ask(&rig, HFT_OP_UNDEPLOY);
	is_text(rig.request.method, "GET", "so look");
	rig_answer(&rig, HFT_OP_UNDEPLOY, 200, DEPLOYED("m", "Deleting"));
	is_int(rig.outcome.progress, HFT_WAIT, "still there");
	o = rig_answer(&rig, HFT_OP_UNDEPLOY, 404, ERROR_BODY("x", "gone"));
	is_int(o->state, HFT_REMOTE_CANCELLED, "K16: gone");
	rig_answer(&rig, HFT_OP_FIND_DEPLOYMENT, 200, DEPLOYED("m", "Succeeded"));
	is_text(rig.outcome.found[0].id, NAME, "found by its name");
	rig_answer(&rig, HFT_OP_FIND_DEPLOYMENT, 404, ERROR_BODY("x", "none"));
	is_int(rig.outcome.nfound, 0, "or not");
	rig_done(&rig);
}

int
main(void)
{
	test_families();
	test_keys();
	test_exchange();
	test_create();
	test_create_errors();
	test_find();
	test_states();
	test_file();
	test_expiry();
	test_result_file();
	test_deploy();
	test_standing();
	return tap_done();
}
