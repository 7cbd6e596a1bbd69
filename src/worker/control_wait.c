/*-------------------------------------------------------------------------
 *
 * control_wait.c
 *	  CALL hft.wait_for(job, timeout), and what waiting procedures share.
 *
 * Looks at what is waited for in transactions of its own, and sleeps between
 * them, so that waiting for hours holds back no vacuum.  That is why it is a
 * procedure and why it refuses to run inside a transaction block: the commit
 * of the worker would never be seen under a snapshot of the block's.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "pgstat.h"
#include "storage/latch.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "base/sql.h"
#include "compat.h"
#include "worker/control.h"
#include "worker/control_wait.h"

#define FIRST_NAP_MS 20
#define LONGEST_NAP_MS 1000

/* A job that is waited for; survives the ends of transactions. */
typedef struct Watched
{
	HftWait		wait;
	int64		id;
	char		state[32];
	char		why[512];		/* the job's own error and hint, or "" */
	char		hint[512];
	int64		steps_done;
	int64		steps_total;
} Watched;

void
hft_wait_copy(char *target, size_t size, int column)
{
	char	   *text = hft_row_text(0, column);

	strlcpy(target, text != NULL ? text : "", size);
}

/* The job as it is committed now. */
static void
look_at_job(Watched *watched)
{
	static HftStatement look = {
		"SELECT owner::oid::int8, state, error_message, error_hint,"
		" steps_done, steps_total FROM hft.job WHERE id = $1", 1, {INT8OID}
	};
	Oid			role = GetUserId();
	int64		id = watched->id;
	Datum		value = Int64GetDatum(id);
	HftScope	scope;

	hft_scope_enter(&scope);
	if (hft_statement_run(&look, &value, NULL, 1) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("job " INT64_FORMAT " does not exist", id)));
	if (!is_member_of_role(role, (Oid) hft_row_int64(0, 1, 0)))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("must be owner of job " INT64_FORMAT, id)));
	hft_wait_copy(watched->state, sizeof(watched->state), 2);
	hft_wait_copy(watched->why, sizeof(watched->why), 3);
	hft_wait_copy(watched->hint, sizeof(watched->hint), 4);
	watched->steps_done = hft_row_int64(0, 5, -1);
	watched->steps_total = hft_row_int64(0, 6, -1);
	hft_scope_leave(&scope);
}

/* Returns when the job succeeded, raises when it will not by itself. */
static bool
is_settled(HftWait *wait)
{
	Watched    *watched = (Watched *) wait;
	int64		id = watched->id;

	look_at_job(watched);
	if (strcmp(watched->state, "succeeded") == 0)
		return true;
	if (strcmp(watched->state, "failed") != 0 &&
		strcmp(watched->state, "cancelled") != 0 &&
		strcmp(watched->state, "needs_attention") != 0)
		return false;
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 strcmp(watched->state, "needs_attention") == 0 ?
			 errmsg("job " INT64_FORMAT " needs attention", id) :
			 errmsg("job " INT64_FORMAT " has %s", id,
					strcmp(watched->state, "failed") == 0 ?
					"failed" : "been cancelled"),
			 watched->why[0] ? errdetail("%s", watched->why) : 0,
			 watched->hint[0] ? errhint("%s", watched->hint) : 0));
}

static void
raise_timeout(const HftWait *wait)
{
	const Watched *watched = (const Watched *) wait;
	int64		id = watched->id;

	ereport(ERROR,
			(errcode(ERRCODE_QUERY_CANCELED),
			 errmsg("timed out waiting for job " INT64_FORMAT, id),
			 watched->steps_total > 0 ?
			 errdetail("Its state is %s, step " INT64_FORMAT " of "
					   INT64_FORMAT ".", watched->state,
					   Max(watched->steps_done, 0), watched->steps_total) :
			 errdetail("Its state is %s.", watched->state),
			 errhint("The job goes on; CALL hft.wait_for() again to wait longer.")));
}

static void
nap(long ms)
{
	(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
					 ms, PG_WAIT_EXTENSION);
	ResetLatch(MyLatch);
	CHECK_FOR_INTERRUPTS();
}

static TimestampTz
make_deadline(FunctionCallInfo fcinfo)
{
	Datum		now = TimestampTzGetDatum(GetCurrentTimestamp());

	if (PG_ARGISNULL(1))
		return DT_NOEND;
	return DatumGetTimestampTz(DirectFunctionCall2(timestamptz_pl_interval,
												   now, PG_GETARG_DATUM(1)));
}

static void
require_top_level(FunctionCallInfo fcinfo, const char *procedure)
{
	if (fcinfo->context != NULL && IsA(fcinfo->context, CallContext) &&
		!castNode(CallContext, fcinfo->context)->atomic)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
			 errmsg("hft.%s cannot run inside a transaction block",
					procedure),
			 errdetail("The work starts when the transaction that asked for it commits."),
			 errhint("Commit first, then CALL hft.%s().", procedure)));
}

void
hft_wait(FunctionCallInfo fcinfo, HftWait *wait)
{
	TimestampTz deadline = make_deadline(fcinfo);
	long		nap_ms = FIRST_NAP_MS;

	for (;;)
	{
		long		left;

		if (wait->is_settled(wait))
			return;
		left = TimestampDifferenceMilliseconds(GetCurrentTimestamp(),
											   deadline);
		if (left <= 0)
			wait->raise_timeout(wait);
		/* ends the transaction: no snapshot is held while asleep */
		SPI_commit();
		nap(Min(left, nap_ms));
		nap_ms = Min(nap_ms * 2, LONGEST_NAP_MS);
	}
}

void
hft_wait_begin(FunctionCallInfo fcinfo, const char *procedure,
			   const char *argument)
{
	require_top_level(fcinfo, procedure);
	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("argument \"%s\" must not be null", argument)));
	SPI_connect_ext(SPI_OPT_NONATOMIC);
}


PG_FUNCTION_INFO_V1(hft_sql_wait_for);

Datum
hft_sql_wait_for(PG_FUNCTION_ARGS)
{
	Watched		watched = {{is_settled, raise_timeout}};

	hft_wait_begin(fcinfo, "wait_for", "job");
	watched.id = hft_job_argument(fcinfo);
	hft_wait(fcinfo, &watched.wait);
	SPI_finish();
	PG_RETURN_VOID();
}
