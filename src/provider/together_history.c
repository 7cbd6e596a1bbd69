/*-------------------------------------------------------------------------
 *
 * together_history.c
 *	  What happened in a job at Together: metrics, events, checkpoints.
 *
 * A run reads the metrics from the last step seen (its values come again:
 * the evaluation of a step arrives after its training), then all events,
 * then, when one of them tells of a new checkpoint or the job is over, the
 * checkpoints.  The last run, of a job that is over, reads all metrics once
 * more, so none is missed.  The cursor holds job, step, saved (checkpoints
 * seen) and, within a run, phase; that of another job, which was restarted
 * under this id, is not looked at.
 *
 * Events have no ids; they get a digest of what tells them apart.
 *
 *-------------------------------------------------------------------------
 */
#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <strings.h>

#include "provider/digest.h"
#include "provider/late.h"
#include "provider/together.h"

#define MAX_NAME 63				/* bytes of a metric's name */
#define MAX_STEP INT64_C(1000000000)

typedef enum Phase
{
	PHASE_METRICS,
	PHASE_EVENTS,
	PHASE_CHECKPOINTS
} Phase;

/* No phase: a run begins. */
static Phase
phase_of(const json_t *cursor)
{
	const char *name = hft_pick_word(cursor, "phase");

	if (name == NULL)
		return PHASE_METRICS;
	return strcmp(name, "events") == 0 ? PHASE_EVENTS : PHASE_CHECKPOINTS;
}

/* The cursor, when it is this job's; else a new one. */
static json_t *
open_cursor(const HftCall *call)
{
	json_t	   *cursor = hft_json_object(call->cursor);
	const char *job = hft_pick_word(cursor, "job");

	if (job == NULL || strcmp(job, call->job->remote_id) != 0)
	{
		json_object_clear(cursor);
		json_object_set_new(cursor, "job",
							json_string(call->job->remote_id));
	}
	return cursor;
}

/* Is the job over, as far as we have stored it? */
static bool
is_over(const HftCall *call)
{
	return hft_together_state(call->job->remote_state) >=
		HFT_REMOTE_SUCCEEDED;
}

/* ---- request ---- */

/* From the step seen last; of a job that is over, everything. */
static const char *
metrics_query(const HftCall *call, const json_t *cursor)
{
	int64_t		step = hft_pick_count(cursor, "step");

	if (step == HFT_UNKNOWN || is_over(call))
		return "";
	return hft_arena_printf(call->arena, "?global_step_from=%" PRId64, step);
}

/* The request of the cursor's phase. */
bool
hft_together_history_request(const HftCall *call, HftRequest *request,
							 HftOutcome *outcome)
{
	const char *job = hft_url_encode(call->arena, call->job->remote_id);
	const char *base = hft_together_base(call);
	json_t	   *cursor;

	if (job == NULL)
		return hft_outcome_refuse(outcome, "The job is not at the platform.",
								  NULL);
	cursor = open_cursor(call);
	switch (phase_of(cursor))
	{
		case PHASE_METRICS:
			hft_compose(request, call, "GET", base,
						"/fine-tunes/%s/metrics%s", job,
						metrics_query(call, cursor));
			break;
		case PHASE_EVENTS:
			hft_compose(request, call, "GET", base, "/fine-tunes/%s/events",
						job);
			break;
		case PHASE_CHECKPOINTS:
			hft_compose(request, call, "GET", base,
						"/fine-tunes/%s/checkpoints", job);
			break;
	}
	json_decref(cursor);
	request->response_limit = HFT_TOGETHER_LIST_LIMIT;
	return hft_outcome_ready(outcome, call);
}

/* ---- metrics ---- */

/*
 * The platform sends slashes and global_step; what we have no name for
 * (rewards of dpo, say) keeps its own.
 */
static const char *
metric_name(HftArena *arena, const char *name)
{
	static const char *const names[][2] = {
		{"train/loss", "train_loss"},
		{"eval/loss", "valid_loss"},
		{"train/learning_rate", "learning_rate"},
		{"train/grad_norm", "grad_norm"},
		{"train/epoch", "epoch"},
		{"train/accuracy", "train_accuracy"},
		{"eval/accuracy", "valid_accuracy"},
		{"train/global_step", NULL},
		{"timestamp", NULL}
	};

	for (int i = 0; i < 9; i++)
	{
		if (strcmp(names[i][0], name) == 0)
			return names[i][1];
	}
	if (*name == '\0' || strlen(name) > MAX_NAME)
		return NULL;
	return hft_arena_strdup(arena, name);
}

/* A timestamp in s, ms, us or ns (as documented) to Unix ms. */
static int64_t
read_timestamp(const json_t *point)
{
	double		at = hft_pick_number(point, "timestamp");

	if (isnan(at) || at <= 0)
		return HFT_UNKNOWN;
	if (at > 1e17)
		return (int64_t) (at / 1e6 < 4e15 ? at / 1e6 : -1);
	if (at > 1e14)
		return (int64_t) (at / 1e3);
	return (int64_t) (at > 1e11 ? at : at * 1e3);
}

/* Training and evaluation are points of their own that share a step. */
static void
read_point(const HftCall *call, const json_t *point, HftOutcome *outcome)
{
	HftMetric	metric = {.at_ms = read_timestamp(point)};
	const char *name;
	json_t	   *value;

	metric.step = hft_pick_int(point, "train/global_step", 0, MAX_STEP);
	if (metric.step == HFT_UNKNOWN)
		return;
	if (metric.step > outcome->steps_done)
		outcome->steps_done = metric.step;
	json_object_foreach((json_t *) point, name, value)
	{
		if (!json_is_number(value) || !isfinite(json_number_value(value)))
			continue;
		metric.name = metric_name(call->arena, name);
		metric.value = json_number_value(value);
		if (metric.name != NULL)
			outcome->metrics[outcome->nmetrics++] = metric;
	}
}

/* The next phase, at once. */
static void
go_on(const HftCall *call, const HftAnswer *answer, const char *phase,
	  HftOutcome *outcome)
{
	json_object_set_new(answer->cursor, "phase", json_string(phase));
	hft_outcome_more(outcome, call, json_incref(answer->cursor));
}

/* Done; step and saved are kept for the next run. */
static void
end_run(const HftCall *call, const HftAnswer *answer, HftOutcome *outcome)
{
	json_object_del(answer->cursor, "phase");
	json_object_del(answer->cursor, "tries");
	hft_outcome_save(outcome, call, json_incref(answer->cursor));
}

/* Points may come twice: they are stored by job, step and name. */
static void
metrics_response(const HftCall *call, const HftAnswer *answer,
				 HftOutcome *outcome)
{
	const json_t *points = hft_pick_array(answer->root, "metrics");
	int64_t		step = hft_pick_count(answer->cursor, "step");
	size_t		room = 1;
	size_t		i;
	json_t	   *point;

	json_array_foreach(points, i, point)
		room += json_object_size(point);
	outcome->metrics = hft_arena_alloc(call->arena, room * sizeof(HftMetric));
	if (outcome->metrics == NULL)
		return;
	json_array_foreach(points, i, point)
		read_point(call, point, outcome);
	if (outcome->steps_done > step)
		json_object_set_new(answer->cursor, "step",
							json_integer(outcome->steps_done));
	go_on(call, answer, "events", outcome);
}

/* ---- events ---- */

/* "legacy_iwarning" and the like are old spellings of three words. */
static const char *
level_of(const json_t *event)
{
	const char *level = hft_pick_word(event, "level");

	if (level == NULL)
		return "info";
	if (strcasestr(level, "warn") != NULL)
		return "warn";
	return strcasestr(level, "err") != NULL ? "error" : "info";
}

/* Types are lower case in the API and upper case in one client: fold. */
static const char *
type_of(const HftCall *call, const json_t *event)
{
	const char *word = hft_pick_id(call->arena, event, "type");
	char	   *type = hft_arena_strdup(call->arena, word ? word : "message");

	for (char *c = type; c != NULL && *c != '\0'; c++)
		*c = (char) tolower((unsigned char) *c);
	return type;
}

/*
 * The whole event is its data: besides the message it has steps, tokens and
 * paths.
 */
static void
read_event(const HftCall *call, const json_t *event, HftOutcome *outcome)
{
	static const char *const identity[] = {
		"created_at", "type", "message", NULL
	};
	HftEvent   *seen = &outcome->events[outcome->nevents++];
	int64_t		total = hft_pick_int(event, "total_steps", 1, MAX_STEP);

	seen->id = hft_digest_members(call->arena, event, identity);
	seen->at_ms = hft_pick_time(event, "created_at");
	seen->level = level_of(event);
	seen->type = type_of(call, event);
	seen->message = hft_pick_text(call->arena, event, "message");
	seen->data = hft_json_text(call->arena, event);
	if (total > outcome->steps_total)
		outcome->steps_total = total;
	if (strcmp(seen->level, "error") == 0 &&
		outcome->bad_line == HFT_UNKNOWN)
		outcome->bad_line = hft_line_in_text(seen->message);
}

/*
 * All events come each time; their digests tell which are new.  A new
 * checkpoint_save among them is the sign to ask for checkpoints.
 */
static void
events_response(const HftCall *call, const HftAnswer *answer,
				HftOutcome *outcome)
{
	const json_t *data = hft_pick_array(answer->root, "data");
	int64_t		known = hft_pick_count(answer->cursor, "saved");
	int64_t		saved = 0;
	size_t		i;
	json_t	   *event;

	outcome->events = hft_arena_alloc(call->arena, sizeof(HftEvent) *
									  (json_array_size(data) + 1));
	if (outcome->events == NULL)
		return;
	json_array_foreach(data, i, event)
	{
		read_event(call, event, outcome);
		if (outcome->events[i].type != NULL)
			saved += strcmp(outcome->events[i].type, "checkpoint_save") == 0;
	}
	json_object_set_new(answer->cursor, "saved", json_integer(saved));
	if (is_over(call) || saved > (known == HFT_UNKNOWN ? 0 : known))
		go_on(call, answer, "checkpoints", outcome);
	else
		end_run(call, answer, outcome);
}

/* ---- checkpoints ---- */

/* Several may share a step: the merged model and the adapter. */
static void
read_checkpoint(const HftCall *call, const json_t *item, HftOutcome *outcome)
{
	static const char *const identity[] = {
		"step", "checkpoint_type", "checkpoint", NULL
	};
	HftCheckpoint *seen = &outcome->checkpoints[outcome->ncheckpoints];

	seen->step = hft_pick_count(item, "step");
	if (seen->step == HFT_UNKNOWN)
		return;
	seen->id = hft_pick_id(call->arena, item, "object_id");
	if (seen->id == NULL)
		seen->id = hft_digest_members(call->arena, item, identity);
	seen->at_ms = hft_pick_time(item, "created_at");

	/* what from_checkpoint takes */
	seen->model = hft_arena_printf(call->arena, "%s:%" PRId64,
								   call->job->remote_id, seen->step);
	outcome->ncheckpoints++;
}

/* A job that succeeded has checkpoints: wait for them a little. */
static bool
wait_for_checkpoints(const HftCall *call, const HftAnswer *answer,
					 HftOutcome *outcome)
{
	return hft_together_state(call->job->remote_state) ==
		HFT_REMOTE_SUCCEEDED &&
		hft_late_wait(outcome, call, answer->cursor, "checkpoints");
}

/* None at all of a job that succeeded: they are late (F43). */
static void
checkpoints_response(const HftCall *call, const HftAnswer *answer,
					 HftOutcome *outcome)
{
	const json_t *data = hft_pick_array(answer->root, "data");
	size_t		i;
	json_t	   *item;

	outcome->checkpoints = hft_arena_alloc(call->arena,
										   sizeof(HftCheckpoint) *
										   (json_array_size(data) + 1));
	if (outcome->checkpoints == NULL)
		return;
	json_array_foreach(data, i, item)
		read_checkpoint(call, item, outcome);
	if (outcome->ncheckpoints > 0 ||
		!wait_for_checkpoints(call, answer, outcome))
		end_run(call, answer, outcome);
}

/* ---- dispatch ---- */

/*
 * Metrics and checkpoints may be late, or nowhere for a job that never ran;
 * the events tell the story all the same (F43).
 */
static void
do_without(const HftCall *call, HftOutcome *outcome)
{
	HftAnswer	answer = {.cursor = open_cursor(call)};
	Phase		phase = phase_of(answer.cursor);

	if (phase != PHASE_EVENTS)
	{
		hft_outcome_init(outcome);
		if (phase == PHASE_METRICS)
			go_on(call, &answer, "events", outcome);
		else if (!wait_for_checkpoints(call, &answer, outcome))
			end_run(call, &answer, outcome);
	}
	json_decref(answer.cursor);
}

/* The answer belongs to the cursor's phase; a 404 is judged by it. */
void
hft_together_history_response(const HftCall *call,
							  const HftResponse *response,
							  HftOutcome *outcome)
{
	HftAnswer	answer;

	if (!hft_answer_open(&answer, call, response, hft_together_rules,
						 outcome))
	{
		if (outcome->error == HFT_ERROR_LOST)
			do_without(call, outcome);
		return;
	}
	json_decref(answer.cursor);
	answer.cursor = open_cursor(call);
	switch (phase_of(answer.cursor))
	{
		case PHASE_METRICS:
			metrics_response(call, &answer, outcome);
			break;
		case PHASE_EVENTS:
			events_response(call, &answer, outcome);
			break;
		case PHASE_CHECKPOINTS:
			checkpoints_response(call, &answer, outcome);
			break;
	}
	hft_answer_close(&answer, call, outcome);
}
