/*-------------------------------------------------------------------------
 *
 * fuzz_response.c
 *	  Arbitrary answers to every operation of every platform.
 *
 * An input is four bytes (platform, operation, status, content type), then
 * lines: cursor, Location and id header, and the rest is the body.  The
 * operation goes on while it wants to, always with the same answer, through
 * the text of its cursor as the engine would.
 *
 * Beyond memory errors, an outcome must keep its promises: an error exactly
 * when it failed, a cursor that is a JSON object, finite numbers, ids of
 * bounded length, and an end within a bounded number of steps.
 *
 *-------------------------------------------------------------------------
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "provider/pick.h"
#include "provider/provider.h"

#define ARENA_LIMIT (32 * 1024 * 1024)
#define MAX_STEPS 8
#define SHA "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"

static const char *const states[] = {"running", "succeeded", "completed"};
static const int statuses[] = {
	200, 200, 200, 200, 302, 400, 401, 403, 404, 409, 422, 429, 500, 0
};
static const char *const types[] = {
	"application/json", "application/json", "text/csv", "text/html", ""
};

#define CHOOSE(list, byte) \
	((list)[(byte) % (sizeof(list) / sizeof((list)[0]))])

static void
require(bool promise)
{
	if (!promise)
		abort();
}

static void
check_id(const char *id)
{
	require(id == NULL || (*id != '\0' && strlen(id) <= 3 * HFT_ID_LIMIT * 3));
}

static void
check_outcome(const HftOutcome *o)
{
	require((o->progress == HFT_FAILED) == (o->error != HFT_ERROR_NONE));
	require(o->progress != HFT_FAILED || o->message != NULL ||
			o->error == HFT_ERROR_MEMORY);
	check_id(o->remote_id);
	for (int i = 0; i < o->nmetrics; i++)
		require(isfinite(o->metrics[i].value) && o->metrics[i].step >= 0 &&
				o->metrics[i].name != NULL);
	for (int i = 0; i < o->nevents && o->error == HFT_ERROR_NONE; i++)
		require(o->events[i].id != NULL && o->events[i].level != NULL);
	for (int i = 0; i < o->ncheckpoints; i++)
		check_id(o->checkpoints[i].id);
	for (int i = 0; i < o->nfound; i++)
		require(o->found[i].id != NULL);
	if (o->cursor != NULL)
	{
		json_t	   *cursor = json_loads(o->cursor, 0, NULL);

		require(json_is_object(cursor));
		json_decref(cursor);
	}
	require(o->progress != HFT_MORE || o->cursor != NULL);
}

/* Cut the next line off; NULL at the end. */
static char *
next_line(char **text)
{
	char	   *line = *text;
	char	   *end = strchr(line, '\n');

	if (end == NULL)
		return NULL;
	*end = '\0';
	*text = end + 1;
	return line;
}

static void
run(const HftOperation *operation, HftCall *call, const HftResponse *response)
{
	char	   *cursor = call->cursor ? strdup(call->cursor) : NULL;

	for (int step = 0; step < MAX_STEPS; step++)
	{
		HftOutcome	outcome;
		HftRequest	request;

		call->cursor = cursor;
		call->arena = hft_arena_create(ARENA_LIMIT);
		hft_outcome_init(&outcome);
		if (operation->request(call, &request, &outcome))
			require(request.method != NULL && request.url != NULL);
		hft_outcome_init(&outcome);
		operation->response(call, response, &outcome);
		check_outcome(&outcome);
		if (outcome.cursor != NULL)
		{
			free(cursor);
			cursor = strdup(outcome.cursor);
		}
		hft_arena_destroy(call->arena);
		if (outcome.progress != HFT_MORE && outcome.progress != HFT_WAIT)
			break;
	}
	free(cursor);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const HftProvider *const *providers = hft_provider_list();
	const HftOperation *operation;
	HftServerFacts server = {"s", "p", "https://h/v1", "{}"};
	HftJobFacts job = {"0198f0c2-1111-7222-8333-9444abcdef01", "n", "s", "m",
		"sft", "{}", "{}", "file-1", NULL, "ft-1", "running", NULL, 10, 0
	};
	HftFileFacts file = {"f.jsonl", "train", "openai", SHA, 1000, 10, "file-1"};
	HftChatFacts chat = {"m", "[{\"role\":\"user\",\"content\":\"x\"}]", "{}"};
	HftDeploymentFacts deployment = {"0198f0c2-1111-7222-8333-9444abcdef01",
	"n", "m", "ft-1", "projects/p/endpoints/e/deployments/d", "{}"};
	HftCall		call = {&server, &job, &file, &chat, &deployment, "m"};
	HftHeader	headers[] = {{"Location", ""}, {"X-Together-File-Id", "f"},
	{"Retry-After", "1"}};
	HftResponse response = {.headers = headers, .nheaders = 3};
	char	   *text;
	char	   *rest;
	char	   *line;
	int			nproviders = 0;

	if (size < 4)
		return 0;
	while (providers[nproviders] != NULL)
		nproviders++;
	operation = &providers[data[0] % nproviders]->operations[data[1] %
															 HFT_OP_COUNT];
	if (operation->request == NULL)
		return 0;
	response.status = CHOOSE(statuses, data[2]);
	response.content_type = CHOOSE(types, data[3]);
	job.remote_state = CHOOSE(states, data[3] >> 4);
	if (data[2] & 0x80)
		file.bytes = INT64_C(6) * 1000 * 1000 * 1000;
	call.now = 1790000000;

	text = calloc(size + 1, 1);
	memcpy(text, data + 4, size - 4);
	rest = text;
	line = next_line(&rest);
	call.cursor = line && *line ? line : NULL;
	line = next_line(&rest);
	if (line != NULL)
	{
		headers[0].value = headers[2].value = line;
		headers[1].value = line;
	}
	response.body = rest;
	response.body_length = size - 4 - (size_t) (rest - text);
	run(operation, &call, &response);
	free(text);
	return 0;
}
