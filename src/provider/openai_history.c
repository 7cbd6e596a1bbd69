/*-------------------------------------------------------------------------
 *
 * openai_history.c
 *	  What happened in a job at OpenAI: events, metrics, checkpoints.
 *
 * Events come newest first, page by page.  A run walks from the newest one
 * back to the newest of the run before, so nothing is missed and little is
 * read twice; the cursor, stored together with each page's rows, holds
 *
 *	newest	the event at which the previous run began: this run's end
 *	top		the event at which this run began, the next run's "newest"
 *	after	the last event seen, where the walk goes on after a crash
 *	metrics	whether any metric ever came
 *	phase	after the events of a job that is over: "checkpoints", then,
 *			when no metric ever came, "job" (which names the result file)
 *			and "result" (which is read instead)
 *	tries	how often a phase had nothing to offer yet
 *
 * Events that arrive during a walk are newer than "top" and belong to the
 * next run.
 *
 *-------------------------------------------------------------------------
 */
#include <string.h>

#include "provider/digest.h"
#include "provider/late.h"
#include "provider/openai.h"

#define MAX_RESTARTS 2

typedef enum Phase
{
	PHASE_EVENTS,
	PHASE_CHECKPOINTS,
	PHASE_JOB,
	PHASE_RESULT,
	PHASE_COUNT
} Phase;

static const char *const phase_names[PHASE_COUNT] = {
	"events", "checkpoints", "job", "result"
};

/*
 * An unknown phase is read as the first: walking again stores nothing twice.
 */
static Phase
phase_of(const json_t *cursor)
{
	const char *name = hft_pick_word(cursor, "phase");

	for (int i = 0; name != NULL && i < PHASE_COUNT; i++)
	{
		if (strcmp(name, phase_names[i]) == 0)
			return (Phase) i;
	}
	return PHASE_EVENTS;
}

/* ---- request ---- */

/* The request of the cursor's phase. */
bool
hft_openai_history_request(const HftCall *call, HftRequest *request,
						   HftOutcome *outcome)
{
	const char *base = hft_openai_base(call);
	const char *job = hft_url_encode(call->arena, call->job->remote_id);
	const char *file;
	json_t	   *cursor;

	if (job == NULL)
		return hft_outcome_refuse(outcome, "The job is not at the platform.",
								  NULL);
	cursor = hft_json_object(call->cursor);
	file = hft_url_encode(call->arena, hft_pick_word(cursor, "file"));
	switch (phase_of(cursor))
	{
		case PHASE_CHECKPOINTS:
			hft_compose(request, call, "GET", base,
						"/fine_tuning/jobs/%s/checkpoints?limit=100%s", job,
						hft_page_query(call));
			break;
		case PHASE_JOB:
			hft_compose(request, call, "GET", base, "/fine_tuning/jobs/%s",
						job);
			break;
		case PHASE_RESULT:
			hft_compose(request, call, "GET", base, "/files/%s/content",
						file);
			break;
		default:
			hft_compose(request, call, "GET", base,
						"/fine_tuning/jobs/%s/events?limit=100%s", job,
						hft_page_query(call));
			break;
	}
	json_decref(cursor);
	request->response_limit = HFT_PAGE_LIMIT;
	return hft_openai_finish(call, request, outcome);
}

/* ---- moving on ---- */

/* A cursor for the next phase, or for the next run. */
static json_t *
next_cursor(const json_t *cursor, Phase phase)
{
	static const char *const kept[] = {"newest", "metrics", NULL};
	json_t	   *next = hft_json_new();

	hft_json_copy(next, cursor, kept);
	if (phase != PHASE_EVENTS)
		json_object_set_new(next, "phase", json_string(phase_names[phase]));
	return next;
}

/* The phase after this one, at once. */
static void
go_on_with(HftOutcome *outcome, const HftCall *call, const json_t *cursor,
		   Phase phase)
{
	hft_outcome_more(outcome, call, next_cursor(cursor, phase));
}

/* Done; what is kept begins the next run. */
static void
end_run(HftOutcome *outcome, const HftCall *call, const json_t *cursor)
{
	hft_outcome_save(outcome, call, next_cursor(cursor, PHASE_EVENTS));
}

/*
 * Is the job over, as far as we have stored it?  Its last events are there
 * then.
 */
static bool
is_over(const HftCall *call)
{
	return hft_openai_state(call->job->remote_state) >= HFT_REMOTE_SUCCEEDED;
}

/* Only a success owes us checkpoints and a result file. */
static bool
has_succeeded(const HftCall *call)
{
	return hft_openai_state(call->job->remote_state) == HFT_REMOTE_SUCCEEDED;
}

/*
 * A phase has nothing yet.  Ask again a few times, then do without: the job
 * succeeded all the same (F43).
 */
static void
wait_or_skip(const HftCall *call, const json_t *cursor, Phase phase,
			 HftOutcome *outcome)
{
	static const char *const kept[] = {"tries", "file", NULL};
	json_t	   *state = next_cursor(cursor, phase);

	hft_json_copy(state, cursor, kept);
	hft_outcome_init(outcome);
	if (!has_succeeded(call))
		end_run(outcome, call, cursor);
	else if (!hft_late_wait(outcome, call, state, phase_names[phase]))
	{
		if (phase == PHASE_CHECKPOINTS &&
			!hft_pick_bool(cursor, "metrics", false))
			go_on_with(outcome, call, cursor, PHASE_JOB);
		else
			end_run(outcome, call, cursor);
	}
	json_decref(state);
}

/* ---- events ---- */

/* One event with the metrics it carries.  Level and type may be absent. */
static void
read_event(const HftCall *call, const json_t *event, HftOutcome *outcome)
{
	static const char *const identity[] = {
		"created_at", "type", "message", NULL
	};
	HftEvent   *seen = &outcome->events[outcome->nevents++];

	seen->id = hft_pick_id(call->arena, event, "id");
	if (seen->id == NULL)
		seen->id = hft_digest_members(call->arena, event, identity);
	seen->at_ms = hft_pick_time(event, "created_at");
	seen->level = hft_pick_text(call->arena, event, "level");
	if (seen->level == NULL)
		seen->level = "info";
	seen->type = hft_pick_text(call->arena, event, "type");
	if (seen->type == NULL)
		seen->type = "message";
	seen->message = hft_pick_text(call->arena, event, "message");
	seen->data = hft_pick_json(call->arena, event, "data");
	if (strcmp(seen->level, "error") == 0 &&
		outcome->bad_line == HFT_UNKNOWN)
		outcome->bad_line = hft_line_in_text(seen->message);
	hft_openai_event_metrics(call, event, outcome);
}

/* The new events of a page; true when the page reaches what we have. */
static bool
read_events(const HftCall *call, const HftAnswer *answer,
			HftOutcome *outcome)
{
	const json_t *data = hft_pick_array(answer->root, "data");
	const char *newest = hft_pick_word(answer->cursor, "newest");
	size_t		room = 0;
	size_t		i;
	json_t	   *event;

	json_array_foreach(data, i, event)
		room += hft_openai_metric_room(event);
	outcome->events = hft_arena_alloc(call->arena, sizeof(HftEvent) *
									  (json_array_size(data) + 1));
	outcome->metrics = hft_arena_alloc(call->arena,
									   sizeof(HftMetric) * (room + 1));
	if (outcome->events == NULL || outcome->metrics == NULL)
		return true;
	json_array_foreach(data, i, event)
	{
		const char *id = hft_pick_word(event, "id");

		if (newest != NULL && id != NULL && strcmp(newest, id) == 0)
			return true;
		read_event(call, event, outcome);
	}
	return false;
}

/* The walk is complete: its first event is where the next one ends. */
static void
end_events(const HftCall *call, const json_t *cursor, HftOutcome *outcome)
{
	json_t	   *state = json_copy((json_t *) cursor);
	json_t	   *top = json_object_get(cursor, "top");

	if (json_is_string(top))
		json_object_set(state, "newest", top);
	if (is_over(call))
		go_on_with(outcome, call, state, PHASE_CHECKPOINTS);
	else
		end_run(outcome, call, state);
	json_decref(state);
}

/*
 * The first event of the run is remembered before any is stored: a crash
 * after this page must not lose where the run began.
 */
static void
events_response(const HftCall *call, const HftAnswer *answer,
				HftOutcome *outcome)
{
	const json_t *data = hft_pick_array(answer->root, "data");
	const json_t *first = json_array_get(data, 0);
	bool		reached;

	if (data == NULL)
	{
		hft_outcome_fail(outcome, HFT_ERROR_BAD_ANSWER,
						 "The platform's events have no data.", NULL);
		return;
	}
	if (json_object_get(answer->cursor, "top") == NULL &&
		hft_pick_id(call->arena, first, "id") != NULL)
		json_object_set(answer->cursor, "top", json_object_get(first, "id"));
	reached = read_events(call, answer, outcome);
	if (outcome->nmetrics > 0)
		json_object_set_new(answer->cursor, "metrics", json_true());
	if (reached || !hft_page_next(outcome, call, answer, answer->cursor))
		end_events(call, answer->cursor, outcome);
}

/*
 * The event at which the walk should go on is not known any more: begin the
 * run again.  What was stored stays, ids tell it apart (F37).
 */
static void
restart_events(const HftCall *call, const json_t *cursor,
			   HftOutcome *outcome)
{
	int64_t		restarts = hft_pick_count(cursor, "restarts");
	json_t	   *next;

	restarts = restarts == HFT_UNKNOWN ? 1 : restarts + 1;
	if (hft_pick_word(cursor, "after") == NULL || restarts > MAX_RESTARTS)
		return;
	next = next_cursor(cursor, PHASE_EVENTS);
	json_object_set_new(next, "restarts", json_integer(restarts));
	hft_outcome_init(outcome);
	hft_outcome_more(outcome, call, next);
}

/* ---- checkpoints ---- */

/* One without an id cannot be told from another and is left out. */
static void
read_checkpoint(const HftCall *call, const json_t *item, HftOutcome *outcome)
{
	HftCheckpoint *seen = &outcome->checkpoints[outcome->ncheckpoints];

	seen->id = hft_pick_id(call->arena, item, "id");
	seen->step = hft_pick_count(item, "step_number");
	seen->model = hft_pick_id(call->arena, item,
							  "fine_tuned_model_checkpoint");
	seen->metrics = hft_pick_json(call->arena, item, "metrics");
	seen->at_ms = hft_pick_time(item, "created_at");
	if (seen->id != NULL)
		outcome->ncheckpoints++;
}

/* All pages of them; the next phase only when no event had metrics. */
static void
checkpoints_response(const HftCall *call, const HftAnswer *answer,
					 HftOutcome *outcome)
{
	const json_t *data = hft_pick_array(answer->root, "data");
	size_t		i;
	json_t	   *item;

	if (json_array_size(data) == 0 && has_succeeded(call) &&
		hft_pick_word(answer->cursor, "after") == NULL)
	{
		wait_or_skip(call, answer->cursor, PHASE_CHECKPOINTS, outcome);
		return;
	}
	outcome->checkpoints = hft_arena_alloc(call->arena,
										   sizeof(HftCheckpoint) *
										   (json_array_size(data) + 1));
	if (outcome->checkpoints == NULL)
		return;
	json_array_foreach(data, i, item)
		read_checkpoint(call, item, outcome);
	if (hft_page_next(outcome, call, answer, answer->cursor))
		return;
	if (has_succeeded(call) &&
		!hft_pick_bool(answer->cursor, "metrics", false))
		go_on_with(outcome, call, answer->cursor, PHASE_JOB);
	else
		end_run(outcome, call, answer->cursor);
}

/* ---- result file ---- */

/* The job names its result file once it is written. */
static void
job_response(const HftCall *call, const HftAnswer *answer,
			 HftOutcome *outcome)
{
	const json_t *files = hft_pick_array(answer->root, "result_files");
	const json_t *file = json_array_get(files, 0);
	json_t	   *next;

	if (!json_is_string(file) ||
		json_string_length(file) > HFT_ID_LIMIT)
	{
		wait_or_skip(call, answer->cursor, PHASE_JOB, outcome);
		return;
	}
	next = next_cursor(answer->cursor, PHASE_RESULT);
	json_object_set_new(next, "file", json_string(json_string_value(file)));
	hft_outcome_more(outcome, call, next);
}

/*
 * Rows of a second reading replace those of the first (K15); a file that has
 * no metrics either is read only once.
 */
static void
result_response(const HftCall *call, const HftResponse *response,
				json_t *cursor, HftOutcome *outcome)
{
	if (!hft_answer_is_success(call, response, hft_openai_rules(call),
							   outcome))
		return;
	hft_openai_read_csv(call, response->body, response->body_length, outcome);
	if (outcome->nmetrics > 0)
		json_object_set_new(cursor, "metrics", json_true());
	end_run(outcome, call, cursor);
}

/* ---- dispatch ---- */

/* The phases whose answers are JSON. */
static void
read_phase(const HftCall *call, const HftResponse *response, Phase phase,
		   HftOutcome *outcome)
{
	HftAnswer	answer;

	if (!hft_openai_open(&answer, call, response, outcome))
		return;
	if (phase == PHASE_EVENTS)
		events_response(call, &answer, outcome);
	else if (phase == PHASE_CHECKPOINTS)
		checkpoints_response(call, &answer, outcome);
	else
		job_response(call, &answer, outcome);
	hft_answer_close(&answer, call, outcome);
}

/*
 * 404 and 400 mean different things by phase: the place in the events is
 * gone, the checkpoints are late.  Of the job itself they mean what they say.
 */
void
hft_openai_history_response(const HftCall *call, const HftResponse *response,
							HftOutcome *outcome)
{
	json_t	   *cursor = hft_json_object(call->cursor);
	Phase		phase = phase_of(cursor);

	if (phase == PHASE_RESULT)
		result_response(call, response, cursor, outcome);
	else
		read_phase(call, response, phase, outcome);
	if (outcome->error == HFT_ERROR_LOST ||
		outcome->error == HFT_ERROR_REFUSED)
	{
		if (phase == PHASE_EVENTS)
			restart_events(call, cursor, outcome);
		else if (phase != PHASE_JOB)
			wait_or_skip(call, cursor, phase, outcome);
	}
	json_decref(cursor);
}
