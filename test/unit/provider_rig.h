/*-------------------------------------------------------------------------
 *
 * provider_rig.h
 *	  Asking an adapter for a request and giving it an answer.
 *
 * A rig owns one call's facts, which a test changes as it likes, and keeps
 * the cursor between the steps of an operation as the engine would: through
 * its text alone, so that every step is also the step after a crash.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PROVIDER_RIG_H
#define PROVIDER_RIG_H

#include <stdlib.h>

#include "provider/provider.h"
#include "tap.h"

#define RIG_ARENA (64 * 1024 * 1024)
#define RIG_TOKEN "0198f0c2-1111-7222-8333-9444abcdef01"
#define RIG_SHA "2c26b46b68ffc68ff99b453c1d304134" \
	"13422d706483bfa0f98a5e886266e7ae"
#define RIG_NOW INT64_C(1790000100)

typedef struct Rig
{
	const HftProvider *provider;
	HftServerFacts server;
	HftJobFacts job;
	HftFileFacts file;
	HftChatFacts chat;
	HftDeploymentFacts deployment;
	HftCall		call;
	HftRequest	request;
	HftOutcome	outcome;
} Rig;

__attribute__((unused))
static void
rig_init(Rig *rig, const char *provider)
{
	memset(rig, 0, sizeof(*rig));
	rig->provider = hft_provider_lookup(provider);
	rig->server = (HftServerFacts) {
		.name = "s", .provider = provider, .base_url = "https://host/v1",
		.options = "{}"
	};
	rig->job = (HftJobFacts) {
		.token = RIG_TOKEN, .name = "triage", .suffix = "triage",
		.base_model = "gpt-4.1-mini-2025-04-14", .method = "sft",
		.hyperparameters = "{}", .options = "{}",
		.training_file = "file-AAA", .remote_id = "ftjob-abc",
		.remote_state = "running", .train_rows = 100
	};
	rig->file = (HftFileFacts) {
		.filename = "hft-triage-2c26b46b.jsonl", .split = "train",
		.format = "openai", .sha256 = RIG_SHA, .bytes = 1000, .rows = 100,
		.remote_id = "file-AAA"
	};
	rig->chat = (HftChatFacts) {
		.model = "ft:m", .options = "{}",
		.messages = "[{\"role\":\"user\",\"content\":\"hi\"}]"
	};
	rig->deployment = (HftDeploymentFacts) {
		.token = RIG_TOKEN, .name = "triage", .model = "acct/m",
		.job_remote_id = "ft-1", .options = "{}"
	};
	rig->call = (HftCall) {
		.server = &rig->server, .job = &rig->job, .file = &rig->file,
		.chat = &rig->chat, .deployment = &rig->deployment,
		.model = "ft:m", .now = RIG_NOW,
		.arena = hft_arena_create(RIG_ARENA)
	};
}

__attribute__((unused))
static void
rig_done(Rig *rig)
{
	free((void *) rig->call.cursor);
	hft_arena_destroy(rig->call.arena);
}

__attribute__((unused))
static void
rig_cursor(Rig *rig, const char *cursor)
{
	char	   *copy = cursor ? strdup(cursor) : NULL;

	free((void *) rig->call.cursor);
	rig->call.cursor = copy;
}

/* The request of the next step; false when the adapter refuses. */
__attribute__((unused))
static bool
rig_ask(Rig *rig, HftOp op)
{
	hft_outcome_init(&rig->outcome);
	return rig->provider->operations[op].request(&rig->call, &rig->request,
												 &rig->outcome);
}

/* Give it an answer; "outcome" is the result, its cursor is kept. */
__attribute__((unused))
static HftOutcome *
rig_answer_with(Rig *rig, HftOp op, const HftResponse *response)
{
	hft_outcome_init(&rig->outcome);
	rig->provider->operations[op].response(&rig->call, response,
										   &rig->outcome);
	if (rig->outcome.cursor != NULL)
		rig_cursor(rig, rig->outcome.cursor);
	return &rig->outcome;
}

__attribute__((unused))
static HftOutcome *
rig_answer(Rig *rig, HftOp op, int status, const char *body)
{
	HftResponse response = {
		.status = status, .content_type = "application/json",
		.body = body, .body_length = strlen(body)
	};

	return rig_answer_with(rig, op, &response);
}

/* The value of a header of the request, or NULL. */
__attribute__((unused))
static const char *
rig_header(const Rig *rig, const char *name)
{
	for (int i = 0; i < rig->request.nheaders; i++)
	{
		if (strcasecmp(rig->request.headers[i].name, name) == 0)
			return rig->request.headers[i].value;
	}
	return NULL;
}

/* Is it this request? */
__attribute__((unused))
static bool
is_request(const Rig *rig, const char *method, const char *url)
{
	return is_text(rig->request.method, method, "method") &
		is_text(rig->request.url, url, url);
}

/* Does the body (its prefix) contain the text? */
__attribute__((unused))
static bool
body_has(const Rig *rig, const char *text)
{
	bool		has = rig->request.prefix != NULL &&
		strstr(rig->request.prefix, text) != NULL;

	if (!ok(has, "body has %s", text))
		printf("# body: %s\n", rig->request.prefix);
	return has;
}

#endif							/* PROVIDER_RIG_H */
