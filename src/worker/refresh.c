/*-------------------------------------------------------------------------
 *
 * refresh.c
 *	  The subject "refresh": what the platform tells of the models known
 *	  there.
 *
 * The models are those of hft.model, the base models of jobs, and those that
 * hft.price has a training price of today for, by their full names.  They
 * are asked about one by one, in the order of their names, and the last name
 * is the cursor, so a crash goes on behind it.  A model that the account
 * cannot see is passed over.  Asking again changes nothing but checked_at,
 * unless the platform says something else.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/timestamp.h"

#include "base/sql.h"
#include "worker/ground.h"
#include "worker/import.h"
#include "worker/subject.h"
#include "worker/worker.h"

static int
load_refreshes(HftTask **tasks, const int64 *ids, int count)
{
	return hft_import_load(tasks, ids, count, "models",
						   &hft_refresh_subject);
}

static HftStatement live_refreshes = {
	"SELECT id, due_at FROM hft.import WHERE kind = 'models'"
	" AND state IN ('pending', 'running') AND due_at IS NOT NULL", 0
};

/*
 * The model to ask about, and the adapter's cursor within it: the one that
 * was begun, else the next by name.  NULL: all are done.
 */
static char *
choose_model(HftTask *task, char **inner)
{
	static HftStatement choose = {
		"WITH place (after, begun, inside) AS (VALUES ($4::jsonb->>'after',"
		"  $4::jsonb->>'begun', ($4::jsonb->'inside')::text)),"
		" known (model) AS ("
		"  SELECT m.model FROM hft.model m WHERE m.server = $1"
		"   AND m.kind <> 'checkpoint'"
		"   AND (m.owner IS NULL OR pg_has_role($3, m.owner, 'MEMBER'))"
		"  UNION SELECT j.base_model FROM hft.job j WHERE j.server = $1"
		"   AND j.base_model <> 'unknown'"
		"   AND pg_has_role($3, j.owner, 'MEMBER')"
		"  UNION SELECT btrim(p.model, '%') FROM hft.price p"
		"   WHERE p.provider = $2 AND p.unit = 'train_1m_tokens'"
		"   AND current_date >= p.valid_from"
		"   AND current_date < p.valid_until)"
		" SELECT k.model, CASE WHEN k.model = begun THEN inside END"
		" FROM known k, place"
		" WHERE k.model <> '' AND strpos(k.model, '%') = 0"
		" AND (after IS NULL OR k.model COLLATE \"C\" > after)"
		" ORDER BY k.model COLLATE \"C\" LIMIT 1",
		4, {TEXTOID, TEXTOID, OIDOID, TEXTOID}
	};
	const HftImport *import = hft_task_import(task);
	HftParams	params = {.count = 0};
	char	   *model = NULL;
	HftScope	scope;

	hft_scope_enter(&scope);
	hft_param_text(&params, import->server);
	hft_param_text(&params, task->server->provider->name);
	hft_param(&params, ObjectIdGetDatum(import->owner), false);
	hft_param_text(&params, import->cursor ? import->cursor : "{}");
	if (hft_statement_run(&choose, params.values, params.nulls, 0) > 0)
	{
		model = hft_row_text(0, 1);
		*inner = hft_row_text(0, 2);
	}
	hft_scope_leave(&scope);
	return model;
}

/* {"after": model}; or {"after": ..., "begun": model, "inside": cursor} */
static void
move_cursor(HftTask *task, const char *inside)
{
	static HftStatement make = {
		"SELECT (CASE WHEN $3::text IS NULL THEN jsonb_build_object('after', $2)"
		" ELSE $1::jsonb || jsonb_build_object('begun', $2,"
		"  'inside', $3::jsonb) END)::text",
		3, {TEXTOID, TEXTOID, TEXTOID}
	};
	HftImport  *import = hft_task_import(task);
	HftParams	params = {.count = 0};
	HftScope	scope;

	hft_scope_enter(&scope);
	hft_param_text(&params, import->cursor ? import->cursor : "{}");
	hft_param_text(&params, import->model);
	hft_param_text(&params, inside);
	hft_statement_run(&make, params.values, params.nulls, 1);
	import->cursor = MemoryContextStrdup(task->context, hft_row_text(0, 1));
	hft_scope_leave(&scope);
}

/* A day that is in the calendar; adapters look only at its shape. */
static const char *
real_day(const char *text)
{
	int			year;
	int			month;
	int			day;

	if (text == NULL ||
		sscanf(text, "%4d-%2d-%2d", &year, &month, &day) != 3 ||
		month < 1 || month > 12 || day < 1 ||
		day > day_tab[isleap(year)][month - 1])
		return NULL;
	return text;
}

/* What is not told stays as it was. */
static void
keep_answer(HftTask *task)
{
	static HftStatement keep = {
		"WITH old AS (SELECT m.retires_on, m.info FROM hft.model m"
		"  WHERE m.server = $2 AND m.model = $3),"
		" told AS (INSERT INTO hft.model AS m"
		"  (server, model, kind, retires_on, info, checked_at)"
		"  VALUES ($2, $3, 'base', $4::date, $5::jsonb, $6)"
		"  ON CONFLICT (server, model) DO UPDATE SET"
		"  retires_on = coalesce(excluded.retires_on, m.retires_on),"
		"  info = coalesce(excluded.info, m.info),"
		"  checked_at = excluded.checked_at"
		"  RETURNING m.retires_on, m.info)"
		" UPDATE hft.import SET models_seen = models_seen + 1,"
		"  models_changed = models_changed + (SELECT count(*)::int FROM told"
		"   WHERE NOT EXISTS (SELECT FROM old"
		"    WHERE (old.*) IS NOT DISTINCT FROM (told.*)))"
		" WHERE id = $1",
		6, {INT8OID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TIMESTAMPTZOID}
	};
	const HftImport *import = hft_task_import(task);
	HftParams	params = {.count = 0};
	HftScope	scope;

	hft_scope_enter(&scope);
	hft_param_int(&params, task->id, false);
	hft_param_text(&params, import->server);
	hft_param_text(&params, import->model);
	hft_param_text(&params, real_day(task->outcome.retires_on));
	hft_param_text(&params, task->outcome.info);
	hft_param(&params, TimestampTzGetDatum(hft_now()), false);
	hft_statement_run(&keep, params.values, params.nulls, 0);
	hft_scope_leave(&scope);
}

static HftTurn
go_on(HftTask *task, const char *inside)
{
	HftImport  *import = hft_task_import(task);

	import->failures = 0;
	move_cursor(task, inside);
	hft_import_record(task, "running", import->cursor, 0, NULL, NULL);
	return HFT_TURN_AGAIN;
}

static HftTurn
apply_refresh(HftTask *task, const HftResult *result)
{
	const HftOutcome *outcome = &task->outcome;

	switch (outcome->progress)
	{
		case HFT_MORE:
			return go_on(task, outcome->cursor);
		case HFT_WAIT:
			hft_import_record(task, "running", NULL,
							  Max(outcome->wait_ms, 1000), NULL, NULL);
			return HFT_TURN_RELEASE;
		case HFT_DONE:
			keep_answer(task);
			return go_on(task, NULL);
		case HFT_FAILED:
			break;
	}
	if (outcome->error == HFT_ERROR_LOST ||
		outcome->error == HFT_ERROR_REFUSED)
		return go_on(task, NULL);
	if (outcome->error == HFT_ERROR_CREDENTIAL)
		return hft_import_fail(task, outcome->message, outcome->hint);
	return hft_import_try_again(task, outcome->message);
}

static HftTurn
next_model(HftTask *task)
{
	HftImport  *import = hft_task_import(task);
	HftGround	ground;
	char	   *inner = NULL;
	char	   *model;

	if (!hft_task_ground(task, import->server, import->owner, false, &ground))
		return hft_import_fail(task, ground.message, ground.hint);
	model = choose_model(task, &inner);
	if (model == NULL)
	{
		hft_import_record(task, "succeeded", NULL, -1, NULL, NULL);
		return HFT_TURN_RELEASE;
	}
	import->model = MemoryContextStrdup(task->context, model);
	task->call.model = import->model;
	switch (hft_task_prepare(task, HFT_OP_MODEL_INFO, inner))
	{
		case HFT_PREPARED:
			return HFT_TURN_SEND;
		case HFT_PREPARED_KNOWN:
			return apply_refresh(task, NULL);
		case HFT_PREPARED_MISSING:
			break;
	}
	return hft_import_fail(task, task->outcome.message, task->outcome.hint);
}

static void
blame_refresh(HftTask *task, const char *sqlstate, const char *problem)
{
	(void) hft_import_try_again(task, problem);
}

/* An answer is short and harmless: nothing to give up. */
static void
mark_none(HftTask **tasks, int ntasks)
{
}

const HftSubject hft_refresh_subject = {
	.name = "refresh",
	.live = &live_refreshes,
	.load = load_refreshes,
	.next = next_model,
	.apply = apply_refresh,
	.blame = blame_refresh,
	.cancelled = mark_none,
};
