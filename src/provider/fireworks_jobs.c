/*-------------------------------------------------------------------------
 *
 * fireworks_jobs.c
 *	  Jobs at Fireworks: find, look at, cancel, resume, list.
 *
 * Preference jobs (dpoJobs) are not made by us, but an account may hold some:
 * they are listed, and everything else works on their names as well.
 *
 *-------------------------------------------------------------------------
 */
#include <string.h>

#include "provider/cancel.h"
#include "provider/fireworks.h"
#include "provider/states.h"

/* ---- reading ---- */

HftRemoteState
hft_fireworks_state(const char *word)
{
	static const HftStateWord words[] = {
		{"JOB_STATE_CREATING", HFT_REMOTE_QUEUED},
		{"JOB_STATE_PENDING", HFT_REMOTE_QUEUED},
		{"JOB_STATE_VALIDATING", HFT_REMOTE_QUEUED},
		{"JOB_STATE_RE_QUEUEING", HFT_REMOTE_QUEUED},
		{"JOB_STATE_CREATING_INPUT_DATASET", HFT_REMOTE_QUEUED},
		{"JOB_STATE_IDLE", HFT_REMOTE_QUEUED},
		{"JOB_STATE_RUNNING", HFT_REMOTE_RUNNING},
		{"JOB_STATE_WRITING_RESULTS", HFT_REMOTE_RUNNING},
		{"JOB_STATE_CANCELLING", HFT_REMOTE_RUNNING},
		{"JOB_STATE_PAUSED", HFT_REMOTE_PAUSED},
		{"JOB_STATE_COMPLETED", HFT_REMOTE_SUCCEEDED},
		{"JOB_STATE_EARLY_STOPPED", HFT_REMOTE_SUCCEEDED},
		{"JOB_STATE_FAILED", HFT_REMOTE_FAILED},
		{"JOB_STATE_EXPIRED", HFT_REMOTE_FAILED},
		{"JOB_STATE_CANCELLED", HFT_REMOTE_CANCELLED},
		{"JOB_STATE_DELETED", HFT_REMOTE_CANCELLED},
		{"JOB_STATE_ARCHIVED", HFT_REMOTE_CANCELLED},
		{NULL, HFT_REMOTE_UNKNOWN}
	};

	return hft_state_lookup(words, word);
}

/* Supervised jobs carry their settings themselves, the others in a config. */
static const json_t *
settings_of(const json_t *job)
{
	const json_t *config = hft_pick_object(job, "trainingConfig");

	return config ? config : job;
}

/* Members that are left out have their zero value, which is a word, too. */
static const char *
pick_state(const HftCall *call, const json_t *job)
{
	const char *state = hft_pick_id(call->arena, job, "state");

	return state ? state : "JOB_STATE_UNSPECIFIED";
}

/*
 * Progress is told in percent, so that is what a step is.  The job's price
 * is the platform's estimate for the whole of it: there is no bill per job,
 * and what was cut short is not billed at that.
 */
static void
read_details(const HftCall *call, const json_t *job, HftOutcome *outcome)
{
	static const char *const chosen[] = {
		"epochs", "learningRate", "learningRateWarmupSteps", "lrScheduler",
		"maxContextLength", "loraRank", "batchSizeSamples",
		"optimizerWeightDecay", "isTurbo", "evalAutoCarveout", NULL
	};
	const json_t *progress = hft_pick_object(job, "jobProgress");
	json_t	   *effective = hft_json_new();

	hft_json_copy(effective, settings_of(job), chosen);
	outcome->effective = hft_json_text(call->arena, effective);
	json_decref(effective);
	if (progress != NULL)
	{
		outcome->steps_total = 100;
		outcome->steps_done = hft_pick_int(progress, "percent", 0, 100);
	}
	if (outcome->state >= HFT_REMOTE_SUCCEEDED)
		outcome->finish_ms = hft_pick_time(job, "completedTime");
	if (strcmp(outcome->remote_state, "JOB_STATE_COMPLETED") == 0)
		outcome->amount_nano = hft_fireworks_money(job, "estimatedCost");
}

/* The output's name is chosen long before the model is there. */
void
hft_fireworks_read_job(const HftCall *call, const json_t *job,
					   HftOutcome *outcome)
{
	outcome->remote_id = hft_pick_id(call->arena, job, "name");
	outcome->remote_state = pick_state(call, job);
	if (outcome->remote_id == NULL)
	{
		hft_outcome_fail(outcome, HFT_ERROR_BAD_ANSWER,
						 "The platform's job has no usable name.", NULL);
		return;
	}
	outcome->state = hft_fireworks_state(outcome->remote_state);
	if (outcome->state == HFT_REMOTE_SUCCEEDED)
		outcome->tuned_model = hft_pick_id(call->arena, settings_of(job),
										   "outputModel");
	read_details(call, job, outcome);
	if (outcome->state != HFT_REMOTE_FAILED &&
		outcome->state != HFT_REMOTE_CANCELLED)
		return;
	outcome->code = outcome->remote_state;
	hft_fireworks_read_status(call, job, outcome);
}

/* As one of a listing; a job without a name is none. */
static void
read_found(const HftCall *call, const json_t *job, HftOutcome *outcome)
{
	HftFound   *found = &outcome->found[outcome->nfound];
	const json_t *settings = settings_of(job);

	found->id = hft_pick_id(call->arena, job, "name");
	found->state = pick_state(call, job);
	found->remote_state = hft_fireworks_state(found->state);
	found->at_ms = hft_pick_time(job, "createTime");
	found->model = hft_pick_id(call->arena, settings, "baseModel");
	if (found->model == NULL)
		found->model = hft_pick_id(call->arena, settings, "warmStartFrom");
	if (found->remote_state == HFT_REMOTE_SUCCEEDED)
		found->tuned_model = hft_pick_id(call->arena, settings,
										 "outputModel");
	if (found->id != NULL)
		outcome->nfound++;
}

/* ---- one job ---- */

/* A request about the job that we know by its name. */
static bool
compose_job(const HftCall *call, HftRequest *request, HftOutcome *outcome,
			const char *method, const char *verb)
{
	if (call->job->remote_id == NULL)
		return hft_outcome_refuse(outcome, "The job is not at the platform.",
								  NULL);
	return hft_fireworks_compose(call, request, outcome, method,
								 call->job->remote_id, verb);
}

/* Read a job out of an answer; the outcome says when there is none. */
static void
read_answer(const HftCall *call, const HftResponse *response,
			HftOutcome *outcome)
{
	HftAnswer	answer;

	if (!hft_fireworks_open(&answer, call, response, outcome))
		return;
	hft_fireworks_read_job(call, answer.root, outcome);
	hft_answer_close(&answer, call, outcome);
}

/* GET of the planned name (F39). */
bool
hft_fireworks_find_request(const HftCall *call, HftRequest *request,
						   HftOutcome *outcome)
{
	const char *id = hft_fireworks_id(call, call->job->token);

	return hft_fireworks_compose(call, request, outcome, "GET",
								 hft_fireworks_name(call,
													"supervisedFineTuningJobs",
													id), "");
}

/* 404 is the answer that there is none. */
void
hft_fireworks_find_response(const HftCall *call, const HftResponse *response,
							HftOutcome *outcome)
{
	HftAnswer	answer;

	if (!hft_fireworks_open(&answer, call, response, outcome))
	{
		if (outcome->error == HFT_ERROR_LOST)
			hft_outcome_init(outcome);
		return;
	}
	outcome->found = hft_arena_alloc(call->arena, sizeof(HftFound));
	if (outcome->found != NULL)
		read_found(call, answer.root, outcome);
	if (outcome->nfound > 0)
		outcome->found[0].token = call->job->token;
	hft_answer_close(&answer, call, outcome);
}

bool
hft_fireworks_status_request(const HftCall *call, HftRequest *request,
							 HftOutcome *outcome)
{
	return compose_job(call, request, outcome, "GET", "");
}

void
hft_fireworks_status_response(const HftCall *call,
							  const HftResponse *response,
							  HftOutcome *outcome)
{
	read_answer(call, response, outcome);
}

/* POST :cancel, and after a refusal a look at the job. */
bool
hft_fireworks_cancel_request(const HftCall *call, HftRequest *request,
							 HftOutcome *outcome)
{
	if (hft_cancel_is_verifying(call))
		return compose_job(call, request, outcome, "GET", "");
	if (!compose_job(call, request, outcome, "POST", ":cancel"))
		return false;
	hft_compose_json(request, call, hft_json_new());
	return hft_outcome_ready(outcome, call);
}

/* The answer is empty; the job's own state decides over a refusal (F44). */
void
hft_fireworks_cancel_response(const HftCall *call,
							  const HftResponse *response,
							  HftOutcome *outcome)
{
	if (hft_cancel_is_verifying(call))
		read_answer(call, response, outcome);
	else
		(void) hft_fireworks_succeeded(call, response, outcome);
	hft_cancel_settle(call, response, outcome);
}

/* Of a job that the platform paused, because the account was suspended. */
bool
hft_fireworks_resume_request(const HftCall *call, HftRequest *request,
							 HftOutcome *outcome)
{
	if (!compose_job(call, request, outcome, "POST", ":resume"))
		return false;
	hft_compose_json(request, call, hft_json_new());
	return hft_outcome_ready(outcome, call);
}

void
hft_fireworks_resume_response(const HftCall *call,
							  const HftResponse *response,
							  HftOutcome *outcome)
{
	read_answer(call, response, outcome);
}

/* ---- all jobs ---- */

/* Both kinds, one after the other; the cursor has "kind" for the second. */
static const char *
collection_of(const json_t *cursor)
{
	const char *kind = hft_pick_word(cursor, "kind");

	return kind != NULL && strcmp(kind, "dpoJobs") == 0 ? "dpoJobs" :
		"supervisedFineTuningJobs";
}

bool
hft_fireworks_list_request(const HftCall *call, HftRequest *request,
						   HftOutcome *outcome)
{
	json_t	   *cursor = hft_json_object(call->cursor);
	const char *collection = collection_of(cursor);

	json_decref(cursor);
	return hft_fireworks_ask_page(call, request, outcome, collection);
}

/* The page's jobs; an empty page may leave the list out. */
static void
read_page(const HftCall *call, const json_t *jobs, HftOutcome *outcome)
{
	size_t		i;
	json_t	   *job;

	outcome->found = hft_arena_alloc(call->arena, sizeof(HftFound) *
									 (json_array_size(jobs) + 1));
	if (outcome->found == NULL)
		return;
	json_array_foreach(jobs, i, job)
		read_found(call, job, outcome);
}

void
hft_fireworks_list_response(const HftCall *call, const HftResponse *response,
							HftOutcome *outcome)
{
	HftAnswer	answer;
	const char *collection;

	if (!hft_fireworks_open(&answer, call, response, outcome))
		return;
	collection = collection_of(answer.cursor);
	read_page(call, hft_pick_array(answer.root, collection), outcome);
	if (!hft_fireworks_next_page(call, &answer, outcome) &&
		strcmp(collection, "dpoJobs") != 0)
		hft_outcome_more(outcome, call, json_pack("{s:s}", "kind",
												  "dpoJobs"));
	hft_answer_close(&answer, call, outcome);
}
