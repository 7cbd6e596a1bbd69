/*-------------------------------------------------------------------------
 *
 * test_provider_fireworks_serving.c
 *	  Deployments, adapters, chat and models of the Fireworks adapter.
 *
 *-------------------------------------------------------------------------
 */
#include "provider_rig.h"
#include "provider_rows_fireworks.h"

#define MINE "https://host/v1/accounts/acme/"
#define PLACE "accounts/acme/deployments/hft-0198f0c21111722283339444abcdef01"
#define MODEL "{\"name\":\"accounts/acme/models/m\",\"state\":\"READY\"," \
	"\"peftDetails\":{\"baseModel\":\"accounts/fireworks/models/qwen3-8b\"}}"
#define TAKEN "{\"code\":6,\"message\":\"exists\"}"
#define ABSENT "{\"code\":5,\"message\":\"not found\"}"
#define GPU "\"accelerator_type\":\"NVIDIA_H100_80GB\""

static void
serving_init(Rig *rig, const char *options)
{
	rig_init(rig, "fireworks");
	fireworks_facts(rig);
	rig->deployment.options = options;
	rig->deployment.remote_id = PLACE;
}

static void
test_merged(void)
{
	Rig			rig;

	serving_init(&rig, "{" GPU ",\"min_replicas\":1}");
	rig_ask(&rig, HFT_OP_DEPLOY);
	is_request(&rig, "GET", MINE "models/m");
	rig_answer(&rig, HFT_OP_DEPLOY, 200,
			   "{\"name\":\"n\",\"state\":\"UPLOADING\"}");
	is_int(rig.outcome.progress, HFT_WAIT, "the model is on its way");
	rig_answer(&rig, HFT_OP_DEPLOY, 200, MODEL);
	rig_ask(&rig, HFT_OP_DEPLOY);
	is_request(&rig, "GET", "https://host/v1/" PLACE);
	rig_answer(&rig, HFT_OP_DEPLOY, 404, ABSENT);
	is_int(rig.outcome.progress, HFT_MORE, "it is not there yet");
	rig_ask(&rig, HFT_OP_DEPLOY);
	is_request(&rig, "POST", MINE "deployments?deploymentId="
			   "hft-0198f0c21111722283339444abcdef01");
	is_text(rig.request.prefix, "{\"baseModel\":\"accounts/acme/models/m\","
			"\"displayName\":\"triage\",\"acceleratorType\":"
			"\"NVIDIA_H100_80GB\",\"minReplicaCount\":1,"
			"\"maxReplicaCount\":1}", "the tuned model itself is served");
	is_int(rig.request.effect, HFT_EFFECT_PAID, "R27: it costs money");
	rig_answer(&rig, HFT_OP_DEPLOY, 409, TAKEN);
	rig_ask(&rig, HFT_OP_DEPLOY);
	is_text(rig.request.method, "GET", "K11: taken: it is there after all");
	rig_answer(&rig, HFT_OP_DEPLOY, 200, "{\"name\":\"" PLACE
			   "\",\"state\":\"CREATING\"}");
	is_int(rig.outcome.progress, HFT_DONE, "found");
	is_text(rig.outcome.remote_id, PLACE, "by its planned name");
	rig_cursor(&rig, NULL);
	rig_answer(&rig, HFT_OP_DEPLOY_STATUS, 200, "{\"name\":\"" PLACE
			   "\",\"state\":\"READY\",\"acceleratorType\":"
			   "\"NVIDIA_H100_80GB\",\"acceleratorCount\":2,"
			   "\"replicaCount\":3}");
	is_int(rig.outcome.state, HFT_REMOTE_RUNNING, "it answers");
	is_text(rig.outcome.tuned_model, PLACE, "under its own name");
	is_int(rig.outcome.units, 6, "GPUs that are paid for");
	is_text(rig.outcome.price_options,
			"{\"accelerator_type\":\"NVIDIA_H100_80GB\"}", "of this kind");
	rig_answer(&rig, HFT_OP_DEPLOY_STATUS, 200, "{\"name\":\"" PLACE
			   "\",\"state\":\"READY\"}");
	is_int(rig.outcome.units, 0, "asleep it costs nothing");
	rig_done(&rig);
}

static void
test_options(void)
{
	static const char *const bad[] = {
		"{}", "{\"gpu\":1}", "{\"deployment\":\"accounts/a/deployments/d\","
		"\"min_replicas\":1}", "{" GPU ",\"max_replicas\":0}", NULL
	};
	Rig			rig;

	for (int i = 0; bad[i] != NULL; i++)
	{
		serving_init(&rig, bad[i]);
		ok(!rig_ask(&rig, HFT_OP_DEPLOY), "%s is refused", bad[i]);
		rig_done(&rig);
	}
}

static void
test_host(void)
{
	Rig			rig;
	const char *ready = "{\"name\":\"" PLACE "\",\"state\":\"READY\","
		"\"enableAddons\":true,\"replicaCount\":1}";

	serving_init(&rig, "{" GPU ",\"adapters\":true}");
	rig_cursor(&rig, "{\"model\":\"accounts/fireworks/models/qwen3-8b\","
			   "\"seen\":true}");
	rig_ask(&rig, HFT_OP_DEPLOY);
	body_has(&rig, "{\"baseModel\":\"accounts/fireworks/models/qwen3-8b\"");
	body_has(&rig, "\"enableAddons\":true");
	rig_cursor(&rig, NULL);
	rig_answer(&rig, HFT_OP_DEPLOY_STATUS, 200, ready);
	rig_ask(&rig, HFT_OP_DEPLOY_STATUS);
	is_request(&rig, "GET", MINE "deployedModels?pageSize=200");
	rig_answer(&rig, HFT_OP_DEPLOY_STATUS, 200, "{\"deployedModels\":["
			   "{\"model\":\"accounts/acme/models/m\",\"deployment\":\"o\"}"
			   "]}");
	rig_ask(&rig, HFT_OP_DEPLOY_STATUS);
	is_request(&rig, "POST", MINE "deployedModels");
	body_has(&rig, "{\"model\":\"accounts/acme/models/m\",\"deployment\":\""
			 PLACE "\"");
	rig_answer(&rig, HFT_OP_DEPLOY_STATUS, 200, "{\"state\":\"DEPLOYING\"}");
	is_int(rig.outcome.progress, HFT_WAIT, "it is being loaded");
	rig_answer(&rig, HFT_OP_DEPLOY_STATUS, 200, "{\"deployedModels\":["
			   "{\"model\":\"accounts/acme/models/m\",\"deployment\":\""
			   PLACE "\",\"state\":\"DEPLOYED\"}]}");
	is_int(rig.outcome.state, HFT_REMOTE_RUNNING, "loaded: it answers");
	is_text(rig.outcome.tuned_model, "accounts/acme/models/m#" PLACE,
			"under the name that no other adapter has");
	rig_done(&rig);
}

static void
test_guest(void)
{
	Rig			rig;

	serving_init(&rig, "{\"deployment\":\"" FW_PLACE "\"}");
	rig_answer(&rig, HFT_OP_DEPLOY, 200, MODEL);
	rig_ask(&rig, HFT_OP_DEPLOY);
	is_request(&rig, "GET", "https://host/v1/" FW_PLACE);
	rig_answer(&rig, HFT_OP_DEPLOY, 200, "{\"name\":\"" FW_PLACE "\"}");
	is_int(rig.outcome.error, HFT_ERROR_REFUSED, "it takes no adapters");
	rig_answer(&rig, HFT_OP_DEPLOY, 404, ABSENT);
	is_int(rig.outcome.error, HFT_ERROR_REFUSED, "it is not there");
	rig_answer(&rig, HFT_OP_DEPLOY, 200, "{\"name\":\"" FW_PLACE
			   "\",\"enableAddons\":true,\"replicaCount\":2}");
	is_text(rig.outcome.remote_id, FW_PLACE, "the host's name");
	is_int(rig.outcome.hourly_nano, 0, "the host pays");
	rig_cursor(&rig, NULL);
	rig_answer(&rig, HFT_OP_DEPLOY, 200, "{\"name\":\"accounts/acme/models/"
			   "m\",\"state\":\"READY\",\"kind\":\"HF_BASE_MODEL\"}");
	is_int(rig.outcome.error, HFT_ERROR_REFUSED, "no adapter, no guest");
	rig_done(&rig);
}

static void
test_undeploy(void)
{
	Rig			rig;
	const char *ours = "{\"name\":\"accounts/acme/deployedModels/x\","
		"\"model\":\"accounts/acme/models/m\",\"deployment\":\"" PLACE "\"}";
	char		page[600];

	serving_init(&rig, "{" GPU ",\"adapters\":true}");
	snprintf(page, sizeof(page), "{\"deployedModels\":[%s,{\"model\":\"o\","
			 "\"deployment\":\"" PLACE "\"}]}", ours);
	rig_answer(&rig, HFT_OP_UNDEPLOY, 200, page);
	is_int(rig.outcome.error, HFT_ERROR_REFUSED, "others are on it: wait");
	snprintf(page, sizeof(page), "{\"deployedModels\":[%s]}", ours);
	rig_answer(&rig, HFT_OP_UNDEPLOY, 200, page);
	rig_ask(&rig, HFT_OP_UNDEPLOY);
	is_request(&rig, "DELETE", MINE "deployedModels/x");
	rig_answer(&rig, HFT_OP_UNDEPLOY, 404, ABSENT);
	rig_ask(&rig, HFT_OP_UNDEPLOY);
	is_request(&rig, "DELETE", "https://host/v1/" PLACE
			   "?ignoreChecks=true");
	rig_answer(&rig, HFT_OP_UNDEPLOY, 200, "{}");
	rig_ask(&rig, HFT_OP_UNDEPLOY);
	is_text(rig.request.method, "GET", "is it really going?");
	rig_answer(&rig, HFT_OP_UNDEPLOY, 200, "{\"state\":\"READY\"}");
	rig_ask(&rig, HFT_OP_UNDEPLOY);
	is_text(rig.request.method, "DELETE", "no: again");
	rig_answer(&rig, HFT_OP_UNDEPLOY, 200, "{}");
	rig_answer(&rig, HFT_OP_UNDEPLOY, 200, "{\"state\":\"DELETING\"}");
	is_int(rig.outcome.state, HFT_REMOTE_CANCELLED, "it is");
	rig_done(&rig);
	serving_init(&rig, "{\"deployment\":\"" PLACE "\"}");
	rig_answer(&rig, HFT_OP_UNDEPLOY, 200, page);
	rig_answer(&rig, HFT_OP_UNDEPLOY, 200, "{}");
	is_int(rig.outcome.state, HFT_REMOTE_CANCELLED,
		   "a guest leaves its host alone");
	rig_done(&rig);
	serving_init(&rig, "{" GPU "}");
	rig_ask(&rig, HFT_OP_UNDEPLOY);
	is_text(rig.request.method, "DELETE", "a merged one has no adapters");
	rig_answer(&rig, HFT_OP_UNDEPLOY, 404, ABSENT);
	is_int(rig.outcome.progress, HFT_DONE, "K16: gone is gone");
	rig_done(&rig);
}

static void
test_chat(void)
{
	Rig			rig;

	serving_init(&rig, "{" GPU "}");
	rig.chat.model = "qwen3-8b";
	rig_ask(&rig, HFT_OP_CHAT);
	is_request(&rig, "POST", "https://host/inference/v1/chat/completions");
	body_has(&rig, "\"model\":\"accounts/fireworks/models/qwen3-8b\"");
	rig_answer(&rig, HFT_OP_CHAT, 503, "{\"error\":{\"message\":\"wait\","
			   "\"code\":\"DEPLOYMENT_SCALING_UP\"}}");
	ok(rig.outcome.proof_not_done, "waking is not answering, and free");
	ok(rig.outcome.retry_after_ms > 0 && rig.outcome.hint != NULL,
	   "it may be repeated");
	rig_answer(&rig, HFT_OP_CHAT, 503, "{\"error\":{\"message\":\"busy\"}}");
	ok(!rig.outcome.proof_not_done, "R29: another 503 proves nothing");
	rig_done(&rig);
}

static void
test_model(void)
{
	Rig			rig;

	serving_init(&rig, "{}");
	rig_answer(&rig, HFT_OP_MODEL_INFO, 200, "{\"name\":\"accounts/acme/"
			   "models/m\",\"state\":\"READY\",\"deprecationDate\":"
			   "{\"year\":2027,\"month\":3,\"day\":1}}");
	is_int(rig.outcome.progress, HFT_MORE, "one of ours has weights");
	rig_ask(&rig, HFT_OP_MODEL_INFO);
	is_request(&rig, "GET", MINE "models/m:getDownloadEndpoint");
	rig_answer(&rig, HFT_OP_MODEL_INFO, 200, "{\"filenameToSignedUrls\":"
			   "{\"w\":\"https://store.example/w\"}}");
	is_text(rig.outcome.retires_on, "2027-03-01", "F45: the day");
	ok(strstr(rig.outcome.info, "store.example/w") != NULL, "the weights");
	rig_answer(&rig, HFT_OP_MODEL_INFO, 404, ABSENT);
	is_int(rig.outcome.error, HFT_ERROR_NONE, "without weights it is one, "
		   "too");
	rig_cursor(&rig, NULL);
	rig_answer(&rig, HFT_OP_MODEL_INFO, 200, "{\"name\":\"accounts/fireworks/"
			   "models/q\",\"state\":\"READY\"}");
	is_int(rig.outcome.progress, HFT_DONE, "the vendor's are not asked for");
	rig_done(&rig);
}

int
main(void)
{
	test_merged();
	test_options();
	test_host();
	test_guest();
	test_undeploy();
	test_chat();
	test_model();
	return tap_done();
}
