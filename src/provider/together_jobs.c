/*-------------------------------------------------------------------------
 *
 * together_jobs.c
 *	  Jobs at Together: find, look at, cancel, list.
 *
 * Jobs are listed whole, without pages or filters.  When the platform has a
 * fault of its own it ends a job and starts it again under another id; the
 * old job only has an event that says so.  Then we look in the listing for
 * the job that carries our token, or that the event names, and was made
 * after the old one; so a restart is followed forward and never back.
 *
 *-------------------------------------------------------------------------
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "provider/cancel.h"
#include "provider/states.h"
#include "provider/together.h"

/*
 * total_price is in nano-dollars, as far as the platform's own clients tell.
 * A bill that would be cheaper than a tenth of a dollar for a million tokens,
 * or dearer than 200, is in another unit and is not believed; small jobs may
 * cost the minimum charge, whatever their tokens.
 */
#define MIN_NANO_PER_TOKEN 100
#define MAX_NANO_PER_TOKEN 200000
#define MAX_MINIMUM_NANO INT64_C(100000000000)

/* how long the heir of a restarted job may stay out of the listing */
#define HEIR_TRIES 6
#define HEIR_WAIT_MS 10000

/* ---- reading ---- */

/* Spelled in small letters, and in capitals by one of the clients. */
HftRemoteState
hft_together_state(const char *word)
{
	static const HftStateWord words[] = {
		{"pending", HFT_REMOTE_QUEUED},
		{"queued", HFT_REMOTE_QUEUED},
		{"running", HFT_REMOTE_RUNNING},
		{"compressing", HFT_REMOTE_RUNNING},
		{"uploading", HFT_REMOTE_RUNNING},
		{"cancel_requested", HFT_REMOTE_RUNNING},
		{"completed", HFT_REMOTE_SUCCEEDED},
		{"error", HFT_REMOTE_FAILED},
		{"user_error", HFT_REMOTE_FAILED},
		{"cancelled", HFT_REMOTE_CANCELLED},
		{NULL, HFT_REMOTE_UNKNOWN}
	};

	return hft_state_lookup(words, word);
}

/* The last event of a type, among those a job object carries; or NULL. */
static const json_t *
last_event(const json_t *job, const char *type)
{
	const json_t *last = NULL;
	size_t		i;
	json_t	   *event;

	json_array_foreach(hft_pick_array(job, "events"), i, event)
	{
		const char *theirs = hft_pick_word(event, "type");

		if (theirs != NULL && strcasecmp(theirs, type) == 0)
			last = event;
	}
	return last;
}

/* Why a job failed or was cancelled is told by its events alone. */
static void
read_failure(const HftCall *call, const json_t *job, HftOutcome *outcome)
{
	static const struct
	{
		const char *type;
		const char *hint;
	}			reasons[] =
	{
		{"billing_limit",
		"Top up the account, then call hft.retry_job()."},
		{"job_user_error", "The data or the settings are at fault."},
		{"job_error", "The platform refunds failed jobs."},
		{NULL, NULL}
	};

	outcome->code = outcome->remote_state;
	for (int i = 0; reasons[i].type != NULL; i++)
	{
		const json_t *event = last_event(job, reasons[i].type);

		if (event == NULL)
			continue;
		outcome->code = reasons[i].type;
		outcome->message = hft_pick_text(call->arena, event, "message");
		outcome->hint = reasons[i].hint;
		outcome->bad_line = hft_line_in_text(outcome->message);
		return;
	}
}

/* The bill in nano-dollars, when it can be one. */
static int64_t
read_price(const json_t *job)
{
	int64_t		price = hft_pick_count(job, "total_price");
	int64_t		tokens = hft_pick_count(job, "token_count");

	if (hft_together_state(hft_pick_word(job, "status")) == HFT_REMOTE_FAILED
		&& last_event(job, "refund") != NULL)
		return 0;
	if (price <= 0 || tokens <= 0)
		return HFT_UNKNOWN;
	if (price / tokens < MIN_NANO_PER_TOKEN ||
		(price / tokens > MAX_NANO_PER_TOKEN && price > MAX_MINIMUM_NANO))
		return HFT_UNKNOWN;
	return price;
}

/* Some members of the job as JSON text. */
static const char *
copy_members(const HftCall *call, const json_t *job, const char *const *names)
{
	json_t	   *copy = hft_json_new();
	const char *text;

	hft_json_copy(copy, job, names);
	text = hft_json_text(call->arena, copy);
	json_decref(copy);
	return text;
}

/* Names differ by age of the API and by call; what is absent stays absent. */
static void
read_details(const HftCall *call, const json_t *job, HftOutcome *outcome)
{
	static const char *const chosen[] = {
		"n_epochs", "n_checkpoints", "n_evals", "batch_size",
		"gradient_accumulation_steps", "learning_rate", "lr_scheduler",
		"warmup_ratio", "max_grad_norm", "weight_decay", "max_seq_length",
		"packing", "training_method", "training_type", "random_seed", NULL
	};
	static const char *const kept[] = {
		"training_file", "validation_file", "suffix", "param_count",
		"model_object_id", "model_object_name", "model_object_revision_id",
		"adapter_object_id", "adapter_object_name", "model_output_name",
		"model_output_path", "queue_depth", "epochs_completed",
		"total_price", "wandb_url", "early_stopped",
		"early_stopping_best_step", "early_stopping_best_metric", NULL
	};
	int64_t		left = hft_pick_int(hft_pick_object(job, "progress"),
									"seconds_remaining", 0, 1 << 30);

	outcome->effective = copy_members(call, job, chosen);
	outcome->info = copy_members(call, job, kept);
	outcome->steps_done = hft_pick_count(job, "steps_completed");
	outcome->steps_total = hft_pick_count(job, "total_steps");
	if (outcome->state >= HFT_REMOTE_SUCCEEDED)
		outcome->finish_ms = hft_pick_time(job, "updated_at");
	else if (left != HFT_UNKNOWN)
		outcome->finish_ms = (call->now + left) * 1000;
}

/*
 * The output's name is there from the beginning, long before the model is: it
 * counts only after success.
 */
void
hft_together_read_job(const HftCall *call, const json_t *job,
					  HftOutcome *outcome)
{
	outcome->remote_id = hft_pick_id(call->arena, job, "id");
	outcome->remote_state = hft_pick_id(call->arena, job, "status");
	if (outcome->remote_id == NULL || outcome->remote_state == NULL)
	{
		outcome->remote_id = NULL;
		hft_outcome_fail(outcome, HFT_ERROR_BAD_ANSWER,
						 "The platform's job has no usable id or status.",
						 NULL);
		return;
	}
	outcome->state = hft_together_state(outcome->remote_state);
	if (outcome->state == HFT_REMOTE_SUCCEEDED)
		outcome->tuned_model = hft_pick_id(call->arena, job,
										   "model_output_name");
	outcome->trained_tokens = hft_pick_count(job, "token_count");
	outcome->amount_nano = read_price(job);
	read_details(call, job, outcome);
	if (outcome->state == HFT_REMOTE_FAILED ||
		outcome->state == HFT_REMOTE_CANCELLED)
		read_failure(call, job, outcome);
}

/* ---- listings ---- */

/* Does the job carry the digits of this token? */
static bool
has_token(const json_t *job, const char *digits)
{
	const char *suffix = hft_pick_word(job, "suffix");
	const char *output = hft_pick_word(job, "model_output_name");

	return digits != NULL &&
		((suffix != NULL && strstr(suffix, digits) != NULL) ||
		 (output != NULL && strstr(output, digits) != NULL));
}

/* A job without an id is no job. */
static void
read_found(const HftCall *call, const json_t *job, HftOutcome *outcome)
{
	HftFound   *found = &outcome->found[outcome->nfound];

	found->id = hft_pick_id(call->arena, job, "id");
	found->state = hft_pick_id(call->arena, job, "status");
	found->remote_state = hft_together_state(found->state);
	found->at_ms = hft_pick_time(job, "created_at");
	found->model = hft_pick_id(call->arena, job, "model");
	if (found->remote_state == HFT_REMOTE_SUCCEEDED)
		found->tuned_model = hft_pick_id(call->arena, job,
										 "model_output_name");
	found->raw = hft_json_text(call->arena, job);
	if (found->id != NULL)
		outcome->nfound++;
}

/* The jobs of the listing; with digits only those that carry them. */
static void
read_listing(const HftCall *call, const HftResponse *response,
			 const char *digits, HftOutcome *outcome)
{
	HftAnswer	answer;
	json_t	   *data;
	size_t		i;
	json_t	   *job;

	if (!hft_answer_open(&answer, call, response, hft_together_rules,
						 outcome))
		return;
	data = hft_pick_array(answer.root, "data");
	outcome->found = hft_arena_alloc(call->arena, sizeof(HftFound) *
									 (json_array_size(data) + 1));
	if (data == NULL)
		hft_outcome_fail(outcome, HFT_ERROR_BAD_ANSWER,
						 "The platform's listing has no data.", NULL);
	else if (outcome->found != NULL)
	{
		json_array_foreach(data, i, job)
		{
			if (digits == NULL || has_token(job, digits))
				read_found(call, job, outcome);
		}
	}
	hft_answer_close(&answer, call, outcome);
}

/* GET /fine-tunes: all jobs, in one answer. */
static bool
compose_listing(const HftCall *call, HftRequest *request, HftOutcome *outcome)
{
	hft_compose(request, call, "GET", hft_together_base(call), "/fine-tunes");
	request->response_limit = HFT_TOGETHER_LIST_LIMIT;
	return hft_outcome_ready(outcome, call);
}

/* There is no filter: the listing is searched. */
bool
hft_together_find_request(const HftCall *call, HftRequest *request,
						  HftOutcome *outcome)
{
	return compose_listing(call, request, outcome);
}

/*
 * A restarted job has our digits twice; the engine takes the oldest, and its
 * status leads to the other.
 */
void
hft_together_find_response(const HftCall *call, const HftResponse *response,
						   HftOutcome *outcome)
{
	const char *digits = hft_together_digits(call, call->job->token);

	read_listing(call, response, digits ? digits : "", outcome);
	for (int i = 0; i < outcome->nfound; i++)
		outcome->found[i].token = call->job->token;
}

/* GET /fine-tunes */
bool
hft_together_list_request(const HftCall *call, HftRequest *request,
						  HftOutcome *outcome)
{
	return compose_listing(call, request, outcome);
}

/* Every job of the project, whoever made it. */
void
hft_together_list_response(const HftCall *call, const HftResponse *response,
						   HftOutcome *outcome)
{
	read_listing(call, response, NULL, outcome);
}

/* ---- status ---- */

/* An operation on one job that we know by its id; verb is "" or "/cancel". */
static bool
compose_job(const HftCall *call, HftRequest *request, const char *method,
			const char *verb, HftOutcome *outcome)
{
	if (call->job->remote_id == NULL)
		return hft_outcome_refuse(outcome, "The job is not at the platform.",
								  NULL);
	hft_compose(request, call, method, hft_together_base(call),
				"/fine-tunes/%s%s",
				hft_url_encode(call->arena, call->job->remote_id), verb);
	return hft_outcome_ready(outcome, call);
}

/*
 * Following a restart, the cursor holds: restarted, created (of the old job,
 * Unix ms), heir (the id that the event names), tries; then, when no heir
 * shows up, final: the old job's own word stands.
 */
static bool
is_following(const json_t *cursor)
{
	return hft_pick_bool(cursor, "restarted", false);
}

/* GET /fine-tunes/{id}, or the listing while an heir is looked for. */
bool
hft_together_status_request(const HftCall *call, HftRequest *request,
							HftOutcome *outcome)
{
	json_t	   *cursor = hft_json_object(call->cursor);
	bool		following = is_following(cursor);

	json_decref(cursor);
	if (following)
		return compose_listing(call, request, outcome);
	return compose_job(call, request, "GET", "", outcome);
}

/* The id of a job in a text, "ft-" and what belongs to it; or NULL. */
static const char *
find_job_id(const HftCall *call, const char *text)
{
	const char *start = text ? strstr(text, "ft-") : NULL;
	size_t		length = 3;

	if (start == NULL)
		return NULL;
	while (isalnum((unsigned char) start[length]) || start[length] == '-')
		length++;
	while (length > 3 && start[length - 1] == '-')
		length--;
	return hft_arena_strndup(call->arena, start, length);
}

/* Over, but with an event that tells of a restart: look for the heir. */
static void
follow_restart(const HftCall *call, const HftAnswer *answer,
			   HftOutcome *outcome)
{
	const json_t *event = last_event(answer->root, "job_restarted");
	int64_t		created = hft_pick_time(answer->root, "created_at");
	const char *heir;

	if (event == NULL || hft_pick_bool(answer->cursor, "final", false) ||
		(outcome->state != HFT_REMOTE_FAILED &&
		 outcome->state != HFT_REMOTE_CANCELLED))
		return;
	heir = find_job_id(call, hft_pick_word(event, "message"));
	hft_outcome_init(outcome);
	hft_outcome_more(outcome, call,
					 json_pack("{s:b, s:I, s:s?}", "restarted", 1,
							   "created", (json_int_t) created,
							   "heir", heir));
}

/* The newest job after the old one that is its heir; NULL: there is none. */
static const json_t *
find_heir(const HftCall *call, const HftAnswer *answer)
{
	const char *digits = hft_together_digits(call, call->job->token);
	const char *named = hft_pick_word(answer->cursor, "heir");
	int64_t		newest = hft_pick_count(answer->cursor, "created");
	const json_t *heir = NULL;
	size_t		i;
	json_t	   *job;

	json_array_foreach(hft_pick_array(answer->root, "data"), i, job)
	{
		const char *id = hft_pick_word(job, "id");
		int64_t		at = hft_pick_time(job, "created_at");

		if (id == NULL || at <= newest ||
			strcmp(id, call->job->remote_id) == 0)
			continue;
		if (has_token(job, digits) ||
			(named != NULL && strcmp(id, named) == 0))
		{
			newest = at;
			heir = job;
		}
	}
	return heir;
}

/* No heir yet: look again for a while, then ask the old job a last time. */
static void
wait_for_heir(const HftCall *call, const HftAnswer *answer,
			  HftOutcome *outcome)
{
	int64_t		tries = hft_pick_count(answer->cursor, "tries");

	tries = tries == HFT_UNKNOWN ? 1 : tries + 1;
	if (tries > HEIR_TRIES)
	{
		hft_outcome_more(outcome, call, json_pack("{s:b}", "final", 1));
		return;
	}
	json_object_set_new(answer->cursor, "tries", json_integer(tries));
	hft_outcome_wait(outcome, call, json_incref(answer->cursor),
					 HEIR_WAIT_MS);
}

/*
 * The heir's state becomes the job's, its id is the outcome's; the old id is
 * kept in the information.
 */
static void
read_heir(const HftCall *call, const HftAnswer *answer, HftOutcome *outcome)
{
	const json_t *heir = find_heir(call, answer);
	json_t	   *info;

	if (heir == NULL)
	{
		wait_for_heir(call, answer, outcome);
		return;
	}
	hft_together_read_job(call, heir, outcome);
	info = hft_json_object(outcome->info);
	json_object_set_new(info, "restarted_from",
						json_string(call->job->remote_id));
	outcome->info = hft_json_text(call->arena, info);
	json_decref(info);
}

/*
 * Only a job that is over can have been restarted: the events of the heir
 * mention the restart, too.
 */
void
hft_together_status_response(const HftCall *call, const HftResponse *response,
							 HftOutcome *outcome)
{
	HftAnswer	answer;

	if (!hft_answer_open(&answer, call, response, hft_together_rules,
						 outcome))
		return;
	if (is_following(answer.cursor))
		read_heir(call, &answer, outcome);
	else
	{
		hft_together_read_job(call, answer.root, outcome);
		if (outcome->progress != HFT_FAILED)
			follow_restart(call, &answer, outcome);
	}
	hft_answer_close(&answer, call, outcome);
}

/* ---- cancel ---- */

/* POST /fine-tunes/{id}/cancel, and after a refusal a look at the job. */
bool
hft_together_cancel_request(const HftCall *call, HftRequest *request,
							HftOutcome *outcome)
{
	if (hft_cancel_is_verifying(call))
		return compose_job(call, request, "GET", "", outcome);
	return compose_job(call, request, "POST", "/cancel", outcome);
}

/* The job's own state decides, not the refusal (F44). */
void
hft_together_cancel_response(const HftCall *call, const HftResponse *response,
							 HftOutcome *outcome)
{
	HftAnswer	answer;

	if (hft_answer_open(&answer, call, response, hft_together_rules,
						outcome))
	{
		hft_together_read_job(call, answer.root, outcome);
		hft_answer_close(&answer, call, outcome);
	}
	hft_cancel_settle(call, response, outcome);
}
