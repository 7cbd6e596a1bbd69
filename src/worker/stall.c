/*-------------------------------------------------------------------------
 *
 * stall.c
 *	  Noticing jobs that hang at the platform, or run out of their time.
 *
 * A platform may say "running" of a job that is dead.  Nothing but the want
 * of progress shows it, so that is measured where each news of a job is
 * recorded, and looked at after each poll.  Only answers count: while the
 * platform is not reached nothing is said about its jobs.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/timestamp.h"

#include "base/settings.h"
#include "base/sql.h"
#include "worker/job_internal.h"
#include "worker/stall.h"
#include "worker/worker.h"

#define FURTHEST "furthest"		/* member of hft.job.remote */
#define OVERDUE "overdue"
#define MINUTE_MS INT64CONST(60000)
#define USUAL_PATIENCE_S (12 * 60 * 60)

/* How far a job ever was. */
typedef struct Furthest
{
	int			state;			/* HftJobState, at most running */
	int64		steps;
	int64		measured;
	char		word[NAMEDATALEN];	/* the platform's */
} Furthest;

/* Written as one text: state, steps, measured, word. */
static void
read_furthest(const char *remote, Furthest *furthest)
{
	char	   *text = hft_cursor_get(remote, FURTHEST);
	int			end = 0;

	furthest->state = -1;
	furthest->steps = furthest->measured = HFT_UNKNOWN;
	furthest->word[0] = '\0';
	if (text == NULL ||
		sscanf(text, "%d " INT64_FORMAT " " INT64_FORMAT " %n",
			   &furthest->state, &furthest->steps, &furthest->measured,
			   &end) < 3)
		return;
	strlcpy(furthest->word, text + end, sizeof(furthest->word));
}

static char *
write_furthest(const Furthest *furthest)
{
	char	   *text = psprintf("%d " INT64_FORMAT " " INT64_FORMAT " %s",
								furthest->state, furthest->steps,
								furthest->measured, furthest->word);
	StringInfoData json;

	initStringInfo(&json);
	appendStringInfoString(&json, "{\"" FURTHEST "\": ");
	escape_json(&json, text);
	appendStringInfoChar(&json, '}');
	return json.data;
}

/* The last step among the measurements of an answer. */
static int64
last_measured(const HftOutcome *outcome)
{
	int64		last = HFT_UNKNOWN;

	for (int i = 0; i < outcome->nmetrics; i++)
		last = Max(last, outcome->metrics[i].step);
	return last;
}

static bool
raise_to(int64 *furthest, int64 reached)
{
	if (reached <= *furthest)
		return false;
	*furthest = reached;
	return true;
}

/* Another word at the furthest state, as long as the job did not fall back. */
static bool
take_word(Furthest *furthest, int state, const char *word)
{
	if (word == NULL || state < furthest->state ||
		strncmp(word, furthest->word, sizeof(furthest->word) - 1) == 0)
		return false;
	strlcpy(furthest->word, word, sizeof(furthest->word));
	return true;
}

static bool
advance(Furthest *furthest, int state, const HftOutcome *outcome)
{
	bool		moved = state > furthest->state;

	if (outcome != NULL)
	{
		moved |= take_word(furthest, state, outcome->remote_state);
		moved |= raise_to(&furthest->steps, outcome->steps_done);
		moved |= raise_to(&furthest->measured, last_measured(outcome));
	}
	furthest->state = Max(furthest->state, state);
	return moved;
}

/* Rests that the owner or the platform ordered are no standstill. */
char *
hft_stall_progress(const HftJob *job, const HftJobChange *change)
{
	Furthest	furthest;

	if (change->state > HFT_JOB_RUNNING)
		return job->state == change->state ? NULL : "{}";
	read_furthest(job->remote, &furthest);
	if (!advance(&furthest, change->state, change->outcome))
		return NULL;
	return write_furthest(&furthest);
}

/* ---- the alarm ---- */

static int64
patience_ms(const HftProvider *provider)
{
	int			seconds = provider->patience_s > 0 ? provider->patience_s
		: USUAL_PATIENCE_S;

	if (hft_stall_patience >= 0)
		seconds = hft_stall_patience;
	return (int64) seconds * 1000;
}

/* Fenced as every change; false when the job is not as we believe. */
static bool
mark(const HftJob *job, HftStatement *statement)
{
	Datum		values[] = {
		Int64GetDatum(job->id), Int64GetDatum(job->epoch),
		CStringGetTextDatum(hft_job_state_name(job->state)),
		TimestampTzGetDatum(hft_now())
	};
	HftScope	scope;
	bool		marked;

	hft_scope_enter(&scope);
	marked = hft_statement_run(statement, values, NULL, 0) > 0;
	hft_scope_leave(&scope);
	return marked;
}

/* "no progress for 31 minutes: the platform says "RUNNING" at step 3 of 9" */
static void
tell(const HftJob *job)
{
	StringInfoData text;
	Furthest	furthest;

	read_furthest(job->remote, &furthest);
	initStringInfo(&text);
	appendStringInfo(&text, "no progress for " INT64_FORMAT " minutes: the platform says \"%s\"",
					 job->still_ms / MINUTE_MS,
					 job->facts.remote_state ? job->facts.remote_state : "");
	if (job->steps_done >= 0)
		appendStringInfo(&text, " at step " INT64_FORMAT, job->steps_done);
	if (job->steps_done >= 0 && furthest.steps > job->steps_done)
		appendStringInfo(&text, ", after " INT64_FORMAT " before",
						 furthest.steps);
	hft_job_note(job->id, "warn", text.data);
}

void
hft_stall_watch(HftTask *task)
{
	static HftStatement begin = {
		"UPDATE hft.job SET moved_at = $4 WHERE id = $1 AND epoch = $2"
		" AND state = $3 AND moved_at IS NULL",
		4, {INT8OID, INT8OID, TEXTOID, TIMESTAMPTZOID}
	};
	static HftStatement stall = {
		"UPDATE hft.job SET stalled_at = $4, revision = revision + 1"
		" WHERE id = $1 AND epoch = $2 AND state = $3 AND stalled_at IS NULL",
		4, {INT8OID, INT8OID, TEXTOID, TIMESTAMPTZOID}
	};
	HftJob	   *job = task_job(task);
	int64		patience = patience_ms(task->server->provider);

	if (patience == 0 || job->stalled ||
		(job->state != HFT_JOB_QUEUED && job->state != HFT_JOB_RUNNING))
		return;
	if (job->still_ms == HFT_UNKNOWN)
		(void) mark(job, &begin);
	else if (job->still_ms > patience && mark(job, &stall))
	{
		job->stalled = true;
		tell(job);
	}
}

void
hft_stall_over(HftJob *job)
{
	if (job->stalled)
		hft_job_note(job->id, "info", "the job goes on");
	job->stalled = false;
	job->still_ms = 0;
}

/* ---- the deadline ---- */

/* The option in ms; HFT_UNKNOWN: there is none. */
static int64
deadline_ms(const HftJob *job)
{
	const char *options = job->facts.options;
	char	   *minutes;

	if (options == NULL || strstr(options, HFT_DEADLINE_OPTION) == NULL)
		return HFT_UNKNOWN;
	minutes = hft_cursor_get(options, HFT_DEADLINE_OPTION);
	return minutes ? (int64) atoi(minutes) * MINUTE_MS : HFT_UNKNOWN;
}

/* Once, because a platform that refuses to cancel would be asked for ever. */
void
hft_stall_deadline(HftTask *task)
{
	static HftStatement cancel = {
		"UPDATE hft.job SET wanted = 'cancel', revision = revision + 1,"
		" remote = remote || '{\"" OVERDUE "\": true}'"
		" WHERE id = $1 AND epoch = $2 AND state = $3 AND wanted IS NULL"
		" AND NOT remote ? '" OVERDUE "' AND $4 IS NOT NULL",
		4, {INT8OID, INT8OID, TEXTOID, TIMESTAMPTZOID}
	};
	HftJob	   *job = task_job(task);
	int64		deadline = deadline_ms(job);

	if (deadline == HFT_UNKNOWN || job->age_ms < deadline ||
		job->wanted != NULL || hft_cursor_get(job->remote, OVERDUE) != NULL ||
		!mark(job, &cancel))
		return;
	job->wanted = "cancel";
	hft_job_note(job->id, "warn",
				 psprintf("not over " INT64_FORMAT " minutes after it was created: the job is cancelled, as its option %s asks",
						  deadline / MINUTE_MS, HFT_DEADLINE_OPTION));
}
