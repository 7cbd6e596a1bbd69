/*-------------------------------------------------------------------------
 *
 * test_provider_contract.c
 *	  Requests and answers against the platforms' own descriptions.
 *
 * Adapter and emulator are written by the same hands and could share a
 * misreading.  So each request is held against the machine-readable
 * description of its platform, and so is each recorded answer before the
 * adapter reads it.  The descriptions lie beside the checkout; without them
 * the requests cannot be checked and the test says so.
 *
 *-------------------------------------------------------------------------
 */
#include "openapi.h"
#include "provider_rows.h"

static struct
{
	const char *provider;
	const char *file;
	json_t	   *doc;			/* NULL: it is not beside the checkout */
}			descriptions[] = {
	{"openai", "openai"}, {"together", "together"}, {"azure", "azure_openai"},
	{"fireworks", "fireworks"}
};

#define NDESCRIPTIONS \
	((int) (sizeof(descriptions) / sizeof(descriptions[0])))

/* False when one is missing. */
static bool
load_descriptions(void)
{
	static const char *const places[] = {"../shared", "../../shared"};
	bool		complete = true;
	char		path[200];

	for (int i = 0; i < NDESCRIPTIONS; i++)
	{
		for (int j = 0; j < 2 && descriptions[i].doc == NULL; j++)
		{
			snprintf(path, sizeof(path), "%s/providers/openapi/%s.json",
					 places[j], descriptions[i].file);
			descriptions[i].doc = json_load_file(path, 0, NULL);
		}
		complete &= descriptions[i].doc != NULL;
	}
	return complete;
}

static const json_t *
description_of(const char *provider)
{
	for (int i = 0; i < NDESCRIPTIONS; i++)
	{
		if (strcmp(descriptions[i].provider, provider) == 0)
			return descriptions[i].doc;
	}
	return NULL;
}

/*
 * The URL behind the host, where the description has versions in its paths;
 * else behind the version, which is part of the server's address.
 */
static const char *
path_of(const json_t *doc, const Rig *rig)
{
	const char *host = strstr(rig->request.url, "://host/");
	const char *path = host ? host + strlen("://host") : rig->request.url;

	if (openapi_operation(doc, rig->request.method, path) != NULL)
		return path;
	path = strstr(rig->request.url, "/v1/");
	if (path == NULL)
		path = strstr(rig->request.url, "/v2/");
	return path ? path + 3 : rig->request.url;
}

/* A JSON body against its schema; other bodies against being described. */
static bool
body_fits(const json_t *doc, const json_t *operation, const Rig *rig)
{
	const json_t *holder = json_object_get(operation, "requestBody");
	const char *type = rig_header(rig, "Content-Type");
	char		plain[100];
	json_t	   *body;
	bool		fits;

	if (!rig->request.has_body)
		return !json_is_true(json_object_get(holder, "required"));
	snprintf(plain, sizeof(plain), "%.*s", (int) strcspn(type, ";"), type);
	if (openapi_body_schema(holder, plain) == NULL)
		return openapi_say("no such content type", plain);
	if (strcmp(plain, "application/json") != 0)
		return true;
	body = json_loads(rig->request.prefix, 0, NULL);
	fits = body != NULL &&
		openapi_fits(doc, openapi_body_schema(holder, plain), body);
	json_decref(body);
	return fits;
}

static void
check_request(const json_t *doc, const Rig *rig, const char *name)
{
	const json_t *operation = openapi_operation(doc, rig->request.method,
												path_of(doc, rig));

	openapi_fault[0] = '\0';
	if (!ok(operation != NULL, "%s: %s %s is described", name,
			rig->request.method, path_of(doc, rig)))
		return;
	if (!ok(openapi_query_fits(doc, operation, path_of(doc, rig)) &&
			body_fits(doc, operation, rig), "%s: query and body fit", name))
		printf("# %s\n# %s\n", openapi_fault, rig->request.prefix);
}

static void
check_answer(const json_t *doc, const Rig *rig, const json_t *answer,
			 const char *name)
{
	const json_t *operation = openapi_operation(doc, rig->request.method,
												path_of(doc, rig));
	const json_t *responses = json_object_get(operation, "responses");
	const json_t *schema =
		openapi_body_schema(json_object_get(responses, "200"),
							"application/json");

	openapi_fault[0] = '\0';
	if (!ok(openapi_fits(doc, schema, answer), "%s: the answer fits", name))
		printf("# %s\n", openapi_fault);
}

/* Feed a recorded answer: the adapter must take it. */
static void
feed(const json_t *doc, Rig *rig, const Row *row, const char *name)
{
	char		path[200];
	json_t	   *answer;
	char	   *text;

	snprintf(path, sizeof(path), DATA "%s", row->answer);
	answer = json_load_file(path, 0, NULL);
	if (!ok(answer != NULL, "%s is JSON", path))
		return;
	if (doc != NULL)
		check_answer(doc, rig, answer, name);
	text = json_dumps(answer, 0);
	rig_answer(rig, row->op, 200, text);
	if (!ok(rig->outcome.error == HFT_ERROR_NONE, "%s: %s is taken", name,
			row->answer))
		printf("# %s\n", rig->outcome.message);
	free(text);
	json_decref(answer);
}

int
main(void)
{
	if (!load_descriptions())
		printf("ok %d - requests # SKIP no descriptions beside the checkout\n",
			   ++tap_run);
	for (const Row *row = rows; row->provider != NULL; row++)
	{
		const json_t *doc = description_of(row->provider);
		char		name[100];
		Rig			rig;

		snprintf(name, sizeof(name), "%s %s", row->provider,
				 hft_op_name(row->op));
		row_init(&rig, row);
		if (ok(rig_ask(&rig, row->op), "%s asks", name) && doc != NULL)
			check_request(doc, &rig, name);
		if (row->answer != NULL)
			feed(doc, &rig, row, name);
		rig_done(&rig);
	}
	for (int i = 0; i < NDESCRIPTIONS; i++)
		json_decref(descriptions[i].doc);
	return tap_done();
}
