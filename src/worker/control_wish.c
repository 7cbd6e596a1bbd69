/*-------------------------------------------------------------------------
 *
 * control_wish.c
 *	  hft.cancel_job, hft.pause_job, hft.resume_job.
 *
 * A job that is not at the platform yet is cancelled here and now.  About one
 * that is, or may be, only the platform decides (F44): the wish is noted, the
 * worker passes it on, and the state follows what the platform says.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "commands/async.h"
#include "utils/builtins.h"

#include "base/sql.h"
#include "worker/control.h"
#include "worker/server.h"
#include "worker/submit.h"
#include "worker/wakeup.h"

static bool
state_is(const HftControl *control, const char *state)
{
	return strcmp(control->state, state) == 0;
}

static bool
wants(const HftControl *control, const char *wish)
{
	return control->wanted != NULL && strcmp(control->wanted, wish) == 0;
}

/* What to answer: the job's state after all. */
static Datum
return_state(const char *state)
{
	hft_background_warn();
	return CStringGetTextDatum(state);
}

static Datum
close_cancelled(const HftControl *control)
{
	static HftStatement close = {
		"UPDATE hft.job SET state = 'cancelled', wanted = NULL, reason = NULL,"
		" resume_state = NULL, due_at = NULL, finished_at = now(),"
		" revision = revision + 1 WHERE id = $1", 1, {INT8OID}
	};
	Datum		value = Int64GetDatum(control->id);
	HftScope	scope;

	hft_scope_enter(&scope);
	hft_statement_run(&close, &value, NULL, 0);
	hft_scope_leave(&scope);
	Async_Notify("hft_job", psprintf("{\"job\":" INT64_FORMAT
									 ",\"state\":\"cancelled\"}", control->id));
	/* an upload under way stops when the worker looks */
	hft_wakeup_at_commit();
	return CStringGetTextDatum("cancelled");
}

/*
 * A job that is stuck, and that the platform has or may have.  The first time
 * the platform is asked once more, and what is there is cancelled; the second
 * time the owner has had the chance to look and takes the responsibility.
 */
static Datum
cancel_parked(const HftControl *control)
{
	const char *state = control->resume_state;

	if (!wants(control, "cancel"))
	{
		if (state == NULL)
			state = control->remote_id != NULL ? "running" : "creating";
		hft_control_resume(control, state, "cancel");
		return return_state(state);
	}
	ereport(WARNING,
			(errcode(ERRCODE_WARNING),
			 errmsg("job " INT64_FORMAT " may still run at the platform",
					control->id),
			 control->remote_id == NULL ?
			 errdetail("Its creation was never confirmed, and it was not found.") :
			 errdetail("The platform did not confirm that \"%s\" was cancelled.",
					   control->remote_id)));
	return close_cancelled(control);
}

PG_FUNCTION_INFO_V1(hft_sql_cancel_job);

Datum
hft_sql_cancel_job(PG_FUNCTION_ARGS)
{
	HftControl *control = hft_control_lock(hft_job_argument(fcinfo));

	if (state_is(control, "cancelled"))
	{
		ereport(NOTICE,
				(errmsg("job " INT64_FORMAT " is cancelled already",
						control->id)));
		return CStringGetTextDatum("cancelled");
	}
	if (state_is(control, "succeeded") || state_is(control, "failed"))
		hft_control_refuse(control, "cancelled", "It is over.");
	hft_control_note(control, "cancelling requested");
	if (control->remote_id == NULL && !control->open_create)
		return close_cancelled(control);
	if (state_is(control, "needs_attention"))
		return cancel_parked(control);
	hft_control_resume(control, control->state, "cancel");
	return return_state(control->state);
}

static void
require_operation(const HftControl *control, HftOp op, const char *verb)
{
	HftServer  *server = hft_server_load(control->server, false);
	const HftOperation *operation = &server->provider->operations[op];

	if (operation->request == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("%s cannot %s jobs", server->provider->title, verb),
				 operation->instead != NULL ?
				 errhint("%s", operation->instead) : 0));
}

/* A wish to cancel is never replaced by a weaker one. */
static void
refuse_if_cancelling(const HftControl *control, const char *what)
{
	if (wants(control, "cancel"))
		hft_control_refuse(control, what, "Cancelling it was asked for.");
}

PG_FUNCTION_INFO_V1(hft_sql_pause_job);

Datum
hft_sql_pause_job(PG_FUNCTION_ARGS)
{
	HftControl *control = hft_control_lock(hft_job_argument(fcinfo));

	require_operation(control, HFT_OP_PAUSE, "pause");
	refuse_if_cancelling(control, "paused");
	if (state_is(control, "paused") && !wants(control, "resume"))
		ereport(NOTICE,
				(errmsg("job " INT64_FORMAT " is paused already",
						control->id)));
	else if (state_is(control, "paused"))
		hft_control_resume(control, "paused", NULL);
	else if (state_is(control, "queued") || state_is(control, "running"))
	{
		hft_control_note(control, "pausing requested");
		hft_control_resume(control, control->state, "pause");
	}
	else
		hft_control_refuse(control, "paused",
						   "Only a job that is queued or running at the platform can be paused.");
	return return_state(control->state);
}

PG_FUNCTION_INFO_V1(hft_sql_resume_job);

Datum
hft_sql_resume_job(PG_FUNCTION_ARGS)
{
	HftControl *control = hft_control_lock(hft_job_argument(fcinfo));

	require_operation(control, HFT_OP_RESUME, "resume");
	refuse_if_cancelling(control, "resumed");
	if (state_is(control, "paused"))
	{
		hft_control_note(control, "resuming requested");
		hft_control_resume(control, "paused", "resume");
	}
	else if (wants(control, "pause"))
		hft_control_resume(control, control->state, NULL);
	else
		hft_control_refuse(control, "resumed",
						   state_is(control, "needs_attention") ?
						   "Jobs that need attention go on with hft.retry_job()." :
						   NULL);
	return return_state(control->state);
}
