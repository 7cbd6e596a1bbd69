/*-------------------------------------------------------------------------
 *
 * test_provider_deploy.c
 *	  Dedicated endpoints of Together: one deployment, however often the
 *	  walk is cut off, and nothing left standing.
 *
 * A small platform answers by URL and counts what it makes.
 *
 *-------------------------------------------------------------------------
 */
#include "provider_rig.h"

#define NAME "triage-83339444abcdef01"
#define PATH "projects/p1/endpoints/ep_1/deployments/dep_1"
#define V2 "https://host/v2/"

typedef struct Platform
{
	Rig			rig;
	int			endpoints;		/* made */
	int			deployments;
	bool		routed;
	bool		stopped;
	bool		hidden;			/* listings do not show what was made */
	int			status;			/* of the answer */
	char		answer[2000];
} Platform;

static bool
asks(const Platform *p, const char *method, const char *part)
{
	return strcmp(p->rig.request.method, method) == 0 &&
		strstr(p->rig.request.url, part) != NULL;
}

static void
say(Platform *p, int status, const char *text)
{
	p->status = status;
	snprintf(p->answer, sizeof(p->answer), "%s", text);
}

static void
say_endpoint(Platform *p, const char *before, const char *behind)
{
	p->status = 200;
	snprintf(p->answer, sizeof(p->answer), "%s{\"id\":\"ep_1\",\"name\":"
			 "\"acct/%s\",\"projectId\":\"p1\",\"etag\":\"t1\","
			 "\"trafficSplit\":[{\"deploymentId\":\"dep_1\",\"weight\":%d}],"
			 "\"deployments\":[%s]}%s", before, NAME, p->routed,
			 p->deployments ? "{\"id\":\"dep_1\",\"name\":\"" NAME
			 "\",\"state\":\"DEPLOYMENT_STATE_READY\"}" : "", behind);
}

/* Making things; a name that is taken is refused. */
static void
serve_post(Platform *p)
{
	bool		endpoint = !asks(p, "POST", "/deployments");
	int		   *made = endpoint ? &p->endpoints : &p->deployments;

	if (*made > 0)
		say(p, 409, "{\"error\":{\"message\":\"exists\",\"type\":\"x\"}}");
	else if (endpoint)
	{
		*made += 1;
		say_endpoint(p, "", "");
	}
	else
	{
		*made += 1;
		say(p, 200, "{\"id\":\"dep_1\",\"name\":\"" NAME "\"}");
	}
}

static void
serve_get(Platform *p)
{
	bool		shown = p->endpoints > 0 && !p->hidden;

	if (asks(p, "GET", "/whoami"))
		say(p, 200, "{\"project_id\":\"p1\",\"project_slug\":\"acct\"}");
	else if (asks(p, "GET", "/fine-tunes/"))
		say(p, 200, "{\"id\":\"ft-1\",\"model_object_id\":\"ml_1\"}");
	else if (asks(p, "GET", "/configs"))
		say(p, 200, "{\"data\":[{\"id\":\"cr_1\",\"projectId\":\"owner\","
			"\"selectors\":[{\"key\":\"gpu\",\"value\":\"H100\"}]}]}");
	else if (asks(p, "GET", "/inference-instance-types"))
		say(p, 200, "{\"data\":[{\"id\":\"a\",\"gpuType\":\"H100\","
			"\"priceCentsPerHour\":399},{\"id\":\"b\",\"gpuType\":\"B200\","
			"\"priceCentsPerHour\":995}]}");
	else if (asks(p, "GET", "/deployments?"))
		say(p, 200, p->deployments && !p->hidden ? "{\"data\":[{\"id\":"
			"\"dep_1\",\"name\":\"" NAME "\"}]}" : "{\"data\":[]}");
	else if (asks(p, "GET", "/endpoints?"))
		shown ? say_endpoint(p, "{\"data\":[", "]}") :
			say(p, 200, "{\"data\":[]}");
	else if (asks(p, "GET", "/deployments/dep_1"))
		say(p, 200, p->stopped ? "{\"id\":\"dep_1\",\"status\":{\"state\":"
			"\"DEPLOYMENT_STATE_STOPPED\"}}" : "{\"id\":\"dep_1\",\"status\":"
			"{\"state\":\"DEPLOYMENT_STATE_READY\"}}");
	else
		say_endpoint(p, "", "");
}

static void
serve_change(Platform *p)
{
	const char *body = p->rig.request.prefix;

	if (asks(p, "PATCH", "/deployments/"))
	{
		p->stopped = strstr(body, "\"maxReplicas\":0") != NULL;
		say(p, 200, "{\"id\":\"dep_1\"}");
	}
	else if (asks(p, "PATCH", "/endpoints/"))
	{
		p->routed = strstr(body, "\"weight\":1") != NULL;
		say_endpoint(p, "", "");
	}
	else if (asks(p, "DELETE", "/deployments/"))
	{
		if (!p->stopped || p->routed)
			say(p, 400, "{\"error\":{\"message\":\"stop it first\"}}");
		else
		{
			p->deployments--;
			say(p, 200, "{}");
		}
	}
	else
	{
		p->endpoints--;
		say(p, 200, "{}");
	}
}

/* One step; "lost": the platform acts, but its answer does not arrive. */
static void
step(Platform *p, HftOp op, bool lost)
{
	ok(rig_ask(&p->rig, op), "asked %s %s", p->rig.request.method,
	   p->rig.request.url);
	if (strcmp(p->rig.request.method, "POST") == 0)
		serve_post(p);
	else if (strcmp(p->rig.request.method, "GET") == 0)
		serve_get(p);
	else
		serve_change(p);
	if (!lost)
		rig_answer(&p->rig, op, p->status, p->answer);
}

static void
run(Platform *p, HftOp op)
{
	int			steps = 0;

	do
		step(p, op, false);
	while ((p->rig.outcome.progress == HFT_MORE ||
			p->rig.outcome.progress == HFT_WAIT) && ++steps < 40);
}

static void
test_deploy(void)
{
	Platform	p = {.endpoints = 0};

	rig_init(&p.rig, "together");
	p.rig.deployment.options = "{\"min_replicas\":2,\"max_replicas\":3}";
	run(&p, HFT_OP_DEPLOY);
	is_int(p.rig.outcome.progress, HFT_DONE, "it stands");
	is_text(p.rig.outcome.remote_id, PATH, "its path");
	is_int(p.rig.outcome.hourly_nano, INT64_C(7980000000),
		   "two replicas of 3.99 an hour");
	body_has(&p.rig, "\"config\":\"projects/owner/configs/cr_1\"");
	body_has(&p.rig, "\"minReplicas\":2,\"maxReplicas\":3");
	is_int(p.rig.request.effect, HFT_EFFECT_PAID, "the last step is paid");
	rig_cursor(&p.rig, NULL);
	p.rig.deployment.remote_id = PATH;
	run(&p, HFT_OP_DEPLOY_STATUS);
	is_int(p.rig.outcome.state, HFT_REMOTE_RUNNING, "ready");
	ok(p.routed, "ready alone serves nothing: it was routed");
	is_text(p.rig.outcome.tuned_model, "acct/" NAME, "what to call");
	p.rig.deployment.options = "{\"replicas\":2}";
	ok(!rig_ask(&p.rig, HFT_OP_DEPLOY), "an unknown option is refused");
	rig_done(&p.rig);
}

/* K11: whichever answer is lost, one endpoint and one deployment are made. */
static void
test_lost_answers(void)
{
	for (int lost = 0; lost < 8; lost++)
	{
		Platform	p = {.endpoints = 0};

		rig_init(&p.rig, "together");
		for (int i = 0; i < lost; i++)
			step(&p, HFT_OP_DEPLOY, false);
		step(&p, HFT_OP_DEPLOY, true);
		run(&p, HFT_OP_DEPLOY);
		is_text(p.rig.outcome.remote_id, PATH, "K11: it stands");
		is_int(p.endpoints, 1, "K11: one endpoint");
		is_int(p.deployments, 1, "K11: one deployment");
		rig_done(&p.rig);
	}
}

static void
test_find(void)
{
	Platform	p = {.endpoints = 1, .deployments = 1};

	rig_init(&p.rig, "together");
	run(&p, HFT_OP_FIND_DEPLOYMENT);
	is_int(p.rig.outcome.nfound, 1, "K11: found by its name");
	is_text(p.rig.outcome.found[0].id, PATH, "its path");
	p.deployments = 0;
	rig_cursor(&p.rig, NULL);
	run(&p, HFT_OP_FIND_DEPLOYMENT);
	is_int(p.rig.outcome.nfound, 0, "an endpoint alone costs nothing");
	p.hidden = true;
	rig_cursor(&p.rig, NULL);
	run(&p, HFT_OP_DEPLOY);
	is_int(p.rig.outcome.progress, HFT_FAILED,
		   "a name that is taken and never listed: no second one");
	is_int(p.deployments + p.endpoints, 1, "nothing was made");
	rig_done(&p.rig);
}

static void
test_undeploy(void)
{
	for (int lost = 0; lost < 6; lost++)
	{
		Platform	p = {.endpoints = 1, .deployments = 1, .routed = true};
		int			steps = 0;

		rig_init(&p.rig, "together");
		p.rig.deployment.remote_id = PATH;
		do
			step(&p, HFT_OP_UNDEPLOY, false);
		while (p.rig.outcome.progress == HFT_MORE && ++steps < lost);
		run(&p, HFT_OP_UNDEPLOY);
		is_int(p.deployments, 0, "the deployment is gone");
		is_int(p.endpoints <= 0, 1, "the endpoint is gone");
		rig_done(&p.rig);
	}
}

static void
test_gone(void)
{
	Rig			rig;

	rig_init(&rig, "together");
	rig.deployment.remote_id = PATH;
	for (int i = 0; i < 5; i++)
		rig_answer(&rig, HFT_OP_UNDEPLOY, 404,
				   "{\"error\":{\"message\":\"gone\"}}");
	is_int(rig.outcome.progress, HFT_DONE, "K16: what is gone is done");
	is_int(rig.outcome.error, HFT_ERROR_NONE, "K16: no error");
	rig_cursor(&rig, NULL);
	rig.call.model = "acct/m";
	rig_answer(&rig, HFT_OP_DELETE_MODEL, 200, "{\"project_id\":\"p1\"}");
	rig_ask(&rig, HFT_OP_DELETE_MODEL);
	is_request(&rig, "GET", V2 "projects/p1/models?limit=500");
	rig_answer(&rig, HFT_OP_DELETE_MODEL, 200,
			   "{\"data\":[{\"id\":\"ml_7\",\"name\":\"acct/m\"}]}");
	rig_ask(&rig, HFT_OP_DELETE_MODEL);
	is_request(&rig, "DELETE", V2 "projects/p1/models/ml_7");
	rig_answer(&rig, HFT_OP_DELETE_MODEL, 404,
			   "{\"error\":{\"message\":\"gone\"}}");
	is_int(rig.outcome.progress, HFT_DONE, "K16: gone is deleted");
	rig_done(&rig);
}

/* What the platform's words for a deployment mean for ours. */
static void
test_states(void)
{
	static const struct
	{
		const char *word;
		HftProgress progress;
		HftRemoteState state;
	}			cases[] =
	{
		{"PROVISIONING", HFT_WAIT, HFT_REMOTE_QUEUED},
		{"READY", HFT_MORE, HFT_REMOTE_RUNNING},
		{"DEGRADED", HFT_MORE, HFT_REMOTE_RUNNING},
		{"STOPPED", HFT_DONE, HFT_REMOTE_CANCELLED},
		{"FAILED", HFT_DONE, HFT_REMOTE_FAILED},
		{"DREAMING", HFT_WAIT, HFT_REMOTE_UNKNOWN}
	};
	Rig			rig;
	char		body[200];

	rig_init(&rig, "together");
	rig.deployment.remote_id = PATH;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		snprintf(body, sizeof(body), "{\"status\":{\"state\":"
				 "\"DEPLOYMENT_STATE_%s\",\"message\":\"m\"}}",
				 cases[i].word);
		rig_cursor(&rig, NULL);
		rig_answer(&rig, HFT_OP_DEPLOY_STATUS, 200, body);
		ok(rig.outcome.progress == cases[i].progress &&
		   rig.outcome.state == cases[i].state, "F35: %s", cases[i].word);
	}
	rig_cursor(&rig, NULL);
	rig_answer(&rig, HFT_OP_DEPLOY_STATUS, 200, "{\"status\":{\"state\":"
			   "\"DEPLOYMENT_STATE_SCALING\",\"readyReplicas\":1}}");
	is_int(rig.outcome.state, HFT_REMOTE_RUNNING, "scaling, but it answers");
	rig_done(&rig);
}

#define NO "{\"error\":{\"message\":\"no\",\"type\":\"x\"}}"

/* Refusals that pass: stale etags, things too new to be known. */
static void
test_patience(void)
{
	Rig			rig;
	int			waits = 0;

	rig_init(&rig, "together");
	rig.deployment.remote_id = PATH;
	rig_cursor(&rig, "{\"stage\":\"route\",\"etag\":\"old\"}");
	rig_answer(&rig, HFT_OP_DEPLOY_STATUS, 409, NO);
	is_int(rig.outcome.progress, HFT_WAIT, "a stale etag is read again");
	rig_ask(&rig, HFT_OP_DEPLOY_STATUS);
	is_request(&rig, "GET", V2 "projects/p1/endpoints/ep_1");
	rig_cursor(&rig, NULL);
	do
		rig_answer(&rig, HFT_OP_DEPLOY_STATUS, 404, NO);
	while (rig.outcome.progress == HFT_WAIT && waits++ < 10);
	is_int(waits, 3, "F43: a new deployment may be unknown at first");
	is_int(rig.outcome.error, HFT_ERROR_LOST, "F29: then it is lost");
	rig_cursor(&rig, "{\"stage\":\"route\"}");
	rig_answer(&rig, HFT_OP_UNDEPLOY, 409, NO);
	rig_ask(&rig, HFT_OP_UNDEPLOY);
	is_request(&rig, "GET", V2 "projects/p1/endpoints/ep_1");
	rig_cursor(&rig, "{\"stage\":\"delete\",\"tries\":60}");
	rig_answer(&rig, HFT_OP_UNDEPLOY, 400, NO);
	is_int(rig.outcome.error, HFT_ERROR_REFUSED, "patience has an end");
	rig.deployment.remote_id = NULL;
	ok(!rig_ask(&rig, HFT_OP_UNDEPLOY), "nothing to take down");
	rig_done(&rig);
}

static void
test_no_config(void)
{
	Rig			rig;

	rig_init(&rig, "together");
	rig.deployment.job_remote_id = NULL;
	rig.deployment.model = "acct/m";
	rig_cursor(&rig, "{\"project\":\"p1\"}");
	rig_answer(&rig, HFT_OP_DEPLOY, 200, "{\"data\":[{\"id\":\"ml_9\","
			   "\"name\":\"acct/other\"}],\"next_cursor\":\"c2\"}");
	rig_ask(&rig, HFT_OP_DEPLOY);
	is_request(&rig, "GET", V2 "projects/p1/models?limit=500&after=c2");
	rig_answer(&rig, HFT_OP_DEPLOY, 200, "{\"data\":[{\"id\":\"ml_7\","
			   "\"name\":\"acct/m\"}],\"next_cursor\":\"c3\"}");
	rig_ask(&rig, HFT_OP_DEPLOY);
	is_request(&rig, "GET", V2 "projects/p1/configs?referenceModel="
			   "projects%2Fp1%2Fmodels%2Fml_7");
	rig_answer(&rig, HFT_OP_DEPLOY, 200, "{\"data\":[]}");
	is_int(rig.outcome.error, HFT_ERROR_REFUSED, "tunable, not deployable");
	ok(rig.outcome.hint != NULL, "with advice");
	rig_cursor(&rig, "{\"project\":\"p1\",\"model\":\"ml_7\","
			   "\"config\":\"c\"}");
	rig_answer(&rig, HFT_OP_DEPLOY, 200, "{\"data\":["
			   "{\"gpuType\":\"A\",\"priceCentsPerHour\":1},"
			   "{\"gpuType\":\"B\",\"priceCentsPerHour\":2}]}");
	ok(strstr(rig.call.cursor, "\"hourly\":-1") != NULL,
	   "P10: one of several prices is no price");
	rig_done(&rig);
}

static void
test_serve(void)
{
	Rig			rig;

	rig_init(&rig, "together");
	rig_ask(&rig, HFT_OP_CHAT);
	is_request(&rig, "POST", "https://host/v1/chat/completions");
	rig.server.options = "{\"inference_base_url\":\"https://inf/v1\"}";
	rig_ask(&rig, HFT_OP_CHAT);
	is_request(&rig, "POST", "https://inf/v1/chat/completions");
	rig.server.options = NULL;
	rig.server.base_url = NULL;
	rig_ask(&rig, HFT_OP_CHAT);
	is_request(&rig, "POST",
			   "https://api-inference.together.ai/v1/chat/completions");
	rig_answer(&rig, HFT_OP_CHAT, 400, "{\"error\":{\"message\":\"Unable to "
			   "access non-serverless model acct/m\",\"type\":\"x\"}}");
	is_int(rig.outcome.error, HFT_ERROR_REFUSED, "not deployed");
	ok(rig.outcome.hint != NULL, "with advice");
	rig_ask(&rig, HFT_OP_MODEL_INFO);
	is_request(&rig, "GET", "https://api.together.ai/v1/fine-tunes/models/"
			   "limits?model_name=ft%3Am");
	rig_done(&rig);
}

int
main(void)
{
	test_deploy();
	test_lost_answers();
	test_find();
	test_undeploy();
	test_gone();
	test_states();
	test_patience();
	test_no_config();
	test_serve();
	return tap_done();
}
