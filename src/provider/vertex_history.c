/*-------------------------------------------------------------------------
 *
 * vertex_history.c
 *	  Losses, checkpoints and warnings of a tuning job.
 *
 * Each run of this operation looks at the job, for its checkpoints and its
 * experiment, and then walks: experiment's context -> TensorBoard -> runs ->
 * their time series -> points.  What never changes is kept, so that a poll
 * which finds nothing new costs two requests; a series is read only when it
 * has grown, and only what is new in it is handed over.
 *
 * The cursor: stage ("context", "runs", "series", "read"), over (the job
 * is), experiment, board, runs (names), run (index), series (of the run, to
 * be read: name, title, step), seen ({"<run> <title>": last step}), tries.
 *
 *-------------------------------------------------------------------------
 */
#include <inttypes.h>
#include <string.h>

#include "provider/late.h"
#include "provider/vertex.h"

#define PAGE_SIZE 1000
#define MAX_SERIES 200

typedef enum Stage
{
	STAGE_JOB,
	STAGE_CONTEXT,
	STAGE_RUNS,
	STAGE_SERIES,
	STAGE_READ,
	STAGE_COUNT
} Stage;

static const char *const stages[STAGE_COUNT] = {
	"job", "context", "runs", "series", "read"
};

static Stage
stage_of(const json_t *cursor)
{
	const char *word = hft_pick_word(cursor, "stage");

	for (int i = 0; word != NULL && i < STAGE_COUNT; i++)
	{
		if (strcmp(stages[i], word) == 0)
			return (Stage) i;
	}
	return STAGE_JOB;
}

static void
go_to(const HftCall *call, json_t *cursor, Stage stage, HftOutcome *outcome)
{
	json_object_set_new(cursor, "stage", json_string(stages[stage]));
	hft_outcome_more(outcome, call, json_incref(cursor));
}

/* ---- requests ---- */

/* The name of the run, or of the series, that is next. */
static const char *
current_name(const json_t *cursor)
{
	const json_t *next;

	if (stage_of(cursor) == STAGE_READ)
	{
		next = json_array_get(hft_pick_array(cursor, "series"), 0);
		return hft_pick_word(next, "name");
	}
	next = json_array_get(hft_pick_array(cursor, "runs"),
						  (size_t) hft_pick_count(cursor, "run"));
	return json_string_value(next);
}

/* The last part of a name: an experiment's id is its context's. */
static const char *
last_part(const char *name)
{
	const char *slash = name ? strrchr(name, '/') : NULL;

	return slash ? slash + 1 : name;
}

/* All names in the cursor were checked before they got there. */
static bool
compose_walk(const HftCall *call, HftRequest *request, const json_t *cursor)
{
	const char *base = hft_vertex_tuning(call);
	const char *experiment = hft_pick_word(cursor, "experiment");

	switch (stage_of(cursor))
	{
		case STAGE_CONTEXT:
			hft_compose(request, call, "GET", base, "/v1/%s", experiment);
			break;
		case STAGE_RUNS:
			hft_compose(request, call, "GET", base,
						"/v1/%s/experiments/%s/runs?pageSize=%d",
						hft_pick_word(cursor, "board"), last_part(experiment),
						PAGE_SIZE);
			break;
		case STAGE_SERIES:
			hft_compose(request, call, "GET", base,
						"/v1/%s/timeSeries?pageSize=%d%s",
						current_name(cursor), PAGE_SIZE,
						hft_vertex_page(call));
			break;
		default:
			/* unset, a thousand points of more are a random sample */
			hft_compose(request, call, "GET", base,
						"/v1/%s:read?maxDataPoints=-1", current_name(cursor));
			break;
	}
	request->response_limit = HFT_VERTEX_LIST_LIMIT;
	return true;
}

bool
hft_vertex_history_request(const HftCall *call, HftRequest *request,
						   HftOutcome *outcome)
{
	json_t	   *cursor = hft_json_object(call->cursor);
	bool		composed;

	if (stage_of(cursor) == STAGE_JOB)
		composed = hft_vertex_compose_job(call, request, "GET", "", outcome);
	else
		composed = compose_walk(call, request, cursor);
	json_decref(cursor);
	return composed && hft_outcome_ready(outcome, call);
}

/* ---- the end of a run ---- */

/* Keep what never changes, and how far each series was read. */
static void
finish(const HftCall *call, const json_t *cursor, HftOutcome *outcome)
{
	static const char *const kept[] = {
		"experiment", "board", "runs", "seen", NULL
	};
	json_t	   *next = hft_json_new();

	hft_json_copy(next, cursor, kept);
	outcome->progress = HFT_DONE;
	hft_outcome_save(outcome, call, next);
}

/*
 * Something is not there.  While the job runs the next poll will see it;
 * once it is over it is waited for a few times (F43).
 */
static void
miss(const HftCall *call, json_t *cursor, HftOutcome *outcome)
{
	json_object_set_new(cursor, "stage", json_string(stages[STAGE_JOB]));
	if (!hft_pick_bool(cursor, "over", false) ||
		!hft_late_wait(outcome, call, cursor, "loss curve"))
		finish(call, cursor, outcome);
}

/* ---- the job itself ---- */

static void
read_checkpoints(const HftCall *call, const json_t *job, HftOutcome *outcome)
{
	const json_t *list = hft_pick_array(hft_pick_object(job, "tunedModel"),
										"checkpoints");
	size_t		i;
	json_t	   *item;

	outcome->checkpoints = hft_arena_alloc(call->arena,
										   sizeof(HftCheckpoint) *
										   (json_array_size(list) + 1));
	if (outcome->checkpoints == NULL)
		return;
	json_array_foreach(list, i, item)
	{
		HftCheckpoint *checkpoint =
		&outcome->checkpoints[outcome->ncheckpoints];
		int64_t		step = hft_vertex_int(item, "step");

		checkpoint->id = hft_pick_id(call->arena, item, "checkpointId");
		checkpoint->step = step == HFT_UNKNOWN ? 0 : step;
		checkpoint->model = hft_pick_id(call->arena, item, "endpoint");
		checkpoint->at_ms = HFT_UNKNOWN;
		if (checkpoint->id != NULL)
			outcome->ncheckpoints++;
	}
}

/* Examples that were cut or left out are no failure: they are only told. */
static void
read_dropped(const HftCall *call, const json_t *job, HftOutcome *outcome)
{
	const json_t *all = hft_pick_object(job, "tuningDataStats");
	const json_t *stats = hft_pick_object(all, "supervisedTuningDataStats");
	const json_t *indices;
	int64_t		count;
	HftEvent   *event;

	if (stats == NULL)
		stats = hft_pick_object(all, "preferenceOptimizationDataStats");
	indices = hft_pick_array(stats, "truncatedExampleIndices");
	if (indices == NULL)
		indices = hft_pick_array(stats, "droppedExampleIndices");
	count = hft_vertex_int(stats, "totalTruncatedExampleCount");
	if (count == HFT_UNKNOWN)
		count = (int64_t) json_array_size(indices);
	event = count > 0 ? hft_arena_alloc(call->arena, sizeof(HftEvent)) : NULL;
	if (event == NULL)
		return;
	event->id = "hft-dropped-examples";
	event->at_ms = call->now * 1000;
	event->level = "warn";
	event->type = "data";
	event->message = hft_arena_printf(call->arena, "the platform cut or "
									  "dropped %" PRId64 " examples", count);
	event->data = hft_json_text(call->arena, indices);
	outcome->events = event;
	outcome->nevents = 1;
}

static void
take_job(const HftCall *call, HftAnswer *answer, HftOutcome *outcome)
{
	json_t	   *cursor = answer->cursor;
	HftRemoteState state = hft_vertex_state(hft_pick_word(answer->root,
														  "state"));
	const char *experiment = hft_pick_word(answer->root, "experiment");

	read_checkpoints(call, answer->root, outcome);
	read_dropped(call, answer->root, outcome);
	json_object_set_new(cursor, "over",
						json_boolean(state >= HFT_REMOTE_SUCCEEDED));
	json_object_set_new(cursor, "run", json_integer(0));
	json_object_del(cursor, "page");
	if (!hft_vertex_is_name(experiment, "contexts"))
	{
		/* a job that never trained has no curve to wait for */
		if (state == HFT_REMOTE_FAILED || state == HFT_REMOTE_CANCELLED)
			finish(call, cursor, outcome);
		else
			miss(call, cursor, outcome);
		return;
	}
	json_object_set_new(cursor, "experiment", json_string(experiment));
	if (json_array_size(hft_pick_array(cursor, "runs")) > 0)
		go_to(call, cursor, STAGE_SERIES, outcome);
	else
		go_to(call, cursor, STAGE_CONTEXT, outcome);
}

/* ---- the walk ---- */

static void
take_context(const HftCall *call, HftAnswer *answer, HftOutcome *outcome)
{
	const json_t *metadata = hft_pick_object(answer->root, "metadata");
	const char *board = hft_pick_word(metadata,
									  "backing_tensorboard_resource");

	if (!hft_vertex_is_name(board, "tensorboards"))
	{
		miss(call, answer->cursor, outcome);
		return;
	}
	json_object_set_new(answer->cursor, "board", json_string(board));
	go_to(call, answer->cursor, STAGE_RUNS, outcome);
}

static void
take_runs(const HftCall *call, HftAnswer *answer, HftOutcome *outcome)
{
	json_t	   *names = json_array();
	size_t		i;
	json_t	   *run;

	json_array_foreach(hft_pick_array(answer->root, "tensorboardRuns"), i,
					   run)
	{
		const char *name = hft_pick_word(run, "name");

		if (hft_vertex_is_name(name, "runs"))
			json_array_append_new(names, json_string(name));
	}
	if (json_array_size(names) == 0)
		miss(call, answer->cursor, outcome);
	json_object_set_new(answer->cursor, "runs", names);
	if (outcome->progress == HFT_DONE && json_array_size(names) > 0)
		go_to(call, answer->cursor, STAGE_SERIES, outcome);
}

/* Under which name a series' last step is remembered. */
static const char *
seen_key(const HftCall *call, const json_t *cursor, const char *title)
{
	return hft_arena_printf(call->arena, "%" PRId64 " %s",
							hft_pick_count(cursor, "run"), title);
}

/* Remember a series that has grown since we read it. */
static void
want_series(const HftCall *call, json_t *cursor, json_t *wanted,
			const json_t *series)
{
	const char *name = hft_pick_word(series, "name");
	const char *title = hft_pick_text(call->arena, series, "displayName");
	const char *type = hft_pick_word(series, "valueType");
	int64_t		last = hft_vertex_int(hft_pick_object(series, "metadata"),
									  "maxStep");
	int64_t		seen;

	if (title == NULL || !hft_vertex_is_name(name, "timeSeries") ||
		(type != NULL && strcmp(type, "SCALAR") != 0) ||
		json_array_size(wanted) >= MAX_SERIES)
		return;
	seen = hft_pick_count(hft_pick_object(cursor, "seen"),
						  seen_key(call, cursor, title));
	if (last != HFT_UNKNOWN && seen != HFT_UNKNOWN && last <= seen)
		return;
	json_array_append_new(wanted, json_pack("{s:s, s:s}", "name", name,
											"title", title));
}

/* Behind a run's series comes the next run; behind the last, the end. */
static void
next_run(const HftCall *call, json_t *cursor, HftOutcome *outcome)
{
	int64_t		run = hft_pick_count(cursor, "run") + 1;

	json_object_del(cursor, "page");
	json_object_set_new(cursor, "run", json_integer(run));
	if (run < (int64_t) json_array_size(hft_pick_array(cursor, "runs")))
		go_to(call, cursor, STAGE_SERIES, outcome);
	else if (hft_pick_object(cursor, "seen") == NULL)
		miss(call, cursor, outcome);
	else
		finish(call, cursor, outcome);
}

static void
take_series(const HftCall *call, HftAnswer *answer, HftOutcome *outcome)
{
	json_t	   *wanted = hft_pick_array(answer->cursor, "series");
	size_t		i;
	json_t	   *series;

	wanted = wanted ? json_incref(wanted) : json_array();
	json_array_foreach(hft_pick_array(answer->root,
									  "tensorboardTimeSeries"), i, series)
		want_series(call, answer->cursor, wanted, series);
	json_object_set_new(answer->cursor, "series", wanted);
	if (hft_vertex_next_page(call, answer, outcome))
		return;
	json_object_del(answer->cursor, "page");
	if (json_array_size(wanted) > 0)
		go_to(call, answer->cursor, STAGE_READ, outcome);
	else
		next_run(call, answer->cursor, outcome);
}

/* Remember how far it was read; the next one is then the first. */
static void
take_points(const HftCall *call, HftAnswer *answer, HftOutcome *outcome)
{
	json_t	   *cursor = answer->cursor;
	json_t	   *wanted = hft_pick_array(cursor, "series");
	const char *title = hft_pick_text(call->arena, json_array_get(wanted, 0),
									  "title");
	const char *key = seen_key(call, cursor, title ? title : "");
	json_t	   *seen = hft_pick_object(cursor, "seen");
	int64_t		last = hft_pick_count(seen, key ? key : "");

	hft_vertex_read_points(call, answer->root, title ? title : "", last,
						   outcome);
	for (int i = 0; i < outcome->nmetrics; i++)
	{
		if (outcome->metrics[i].step > last)
			last = outcome->metrics[i].step;
	}
	if (seen == NULL)
	{
		seen = hft_json_new();
		json_object_set_new(cursor, "seen", seen);
	}
	if (key != NULL && last != HFT_UNKNOWN)
		json_object_set_new(seen, key, json_integer(last));
	json_array_remove(wanted, 0);
	if (json_array_size(wanted) > 0)
		go_to(call, cursor, STAGE_READ, outcome);
	else
		next_run(call, cursor, outcome);
}

void
hft_vertex_history_response(const HftCall *call, const HftResponse *response,
							HftOutcome *outcome)
{
	static void (*const takers[STAGE_COUNT]) (const HftCall *call,
											  HftAnswer *answer,
											  HftOutcome *outcome) = {
		take_job, take_context, take_runs, take_series, take_points
	};
	HftAnswer	answer;

	if (!hft_vertex_open(&answer, call, response, outcome))
	{
		json_t	   *cursor = hft_json_object(call->cursor);

		/* what we knew of the curve is gone: look for it anew */
		if (response->status == 404 && stage_of(cursor) != STAGE_JOB)
		{
			bool		over = hft_pick_bool(cursor, "over", false);
			int64_t		tries = hft_pick_count(cursor, "tries");

			json_object_clear(cursor);
			json_object_set_new(cursor, "over", json_boolean(over));
			if (tries != HFT_UNKNOWN)
				json_object_set_new(cursor, "tries", json_integer(tries));
			hft_outcome_init(outcome);
			miss(call, cursor, outcome);
		}
		json_decref(cursor);
		return;
	}
	takers[stage_of(answer.cursor)] (call, &answer, outcome);
	hft_answer_close(&answer, call, outcome);
}
