/*-------------------------------------------------------------------------
 *
 * control_wait.c
 *	  CALL hft.wait_for(job, timeout).
 *
 * Looks at the job in transactions of its own, and sleeps between them, so
 * that waiting for hours holds back no vacuum.  That is why it is a procedure
 * and why it refuses to run inside a transaction block: the commit of the
 * worker would never be seen under a snapshot of the block's.
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

#define FIRST_NAP_MS 20
#define LONGEST_NAP_MS 1000

typedef struct Watched
{
	char		state[32];
	char		why[512];		/* the job's own error and hint, or "" */
	char		hint[512];
	int64		steps_done;
	int64		steps_total;
} Watched;

static void
copy_text(char *target, size_t size, int column)
{
	char	   *text = hft_row_text(0, column);

	strlcpy(target, text != NULL ? text : "", size);
}

/* The job as it is committed now.  Survives the end of the transaction. */
static void
look_at_job(int64 id, Watched *watched)
{
	static HftStatement look = {
		"SELECT owner::oid::int8, state, error_message, error_hint,"
		" steps_done, steps_total FROM hft.job WHERE id = $1", 1, {INT8OID}
	};
	Oid			role = GetUserId();
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
	copy_text(watched->state, sizeof(watched->state), 2);
	copy_text(watched->why, sizeof(watched->why), 3);
	copy_text(watched->hint, sizeof(watched->hint), 4);
	watched->steps_done = hft_row_int64(0, 5, -1);
	watched->steps_total = hft_row_int64(0, 6, -1);
	hft_scope_leave(&scope);
}

/* Returns when the job succeeded, raises when it will not by itself. */
static bool
is_settled(int64 id, const Watched *watched)
{
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

pg_noreturn static void
raise_timeout(int64 id, const Watched *watched)
{
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

static void
wait_for_job(int64 id, TimestampTz deadline)
{
	long		nap_ms = FIRST_NAP_MS;
	Watched		watched;

	for (;;)
	{
		long		left;

		look_at_job(id, &watched);
		if (is_settled(id, &watched))
			return;
		left = TimestampDifferenceMilliseconds(GetCurrentTimestamp(),
											   deadline);
		if (left <= 0)
			raise_timeout(id, &watched);
		/* ends the transaction: no snapshot is held while asleep */
		SPI_commit();
		nap(Min(left, nap_ms));
		nap_ms = Min(nap_ms * 2, LONGEST_NAP_MS);
	}
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
require_top_level(FunctionCallInfo fcinfo)
{
	if (fcinfo->context != NULL && IsA(fcinfo->context, CallContext) &&
		!castNode(CallContext, fcinfo->context)->atomic)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
			 errmsg("hft.wait_for cannot run inside a transaction block"),
			 errdetail("The job starts when the transaction that submitted it commits."),
			 errhint("Commit first, then CALL hft.wait_for().")));
}

PG_FUNCTION_INFO_V1(hft_sql_wait_for);

Datum
hft_sql_wait_for(PG_FUNCTION_ARGS)
{
	require_top_level(fcinfo);
	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("argument \"%s\" must not be null", "job")));
	SPI_connect_ext(SPI_OPT_NONATOMIC);
	wait_for_job(hft_job_argument(fcinfo), make_deadline(fcinfo));
	SPI_finish();
	PG_RETURN_VOID();
}
