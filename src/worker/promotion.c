/*-------------------------------------------------------------------------
 *
 * promotion.c
 *	  Records that were lost in a promotion (F66).
 *
 * An asynchronous standby may be promoted without the last transactions of
 * its primary: an attempt, or a whole job, that was durable there when its
 * request left.  Nothing here knows of it, but the timeline tells that it may
 * be so: the last one that a worker worked on is kept in a sequence, whose
 * value is replicated and dumped like a row.  On another timeline
 *
 * - each job that is not at the platform, as far as we know, gets an attempt
 *	 in doubt, so it is searched by its token until the settle time is over,
 *	 before it is created;
 * - each file that is not there is looked up before it is sent;
 * - each account is listed once, and jobs made since our newest record that
 *	 carry a mark of hft and are in no row are told of in hft.import.
 *
 * A recovery to a point in time loses records in the same way, and changes
 * the timeline as well.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xlog.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/timestamp.h"

#include "base/sql.h"
#include "worker/promotion.h"
#include "worker/worker.h"

static int64
last_timeline(void)
{
	static HftStatement find = {
		"SELECT last_value FROM hft.last_timeline", 0
	};

	(void) hft_statement_run(&find, NULL, NULL, 0);
	return hft_row_int64(0, 1, 1);
}

/* Creations and uploads that the old primary may have made. */
static void
doubt_effects(void)
{
	static HftStatement doubt = {
		"INSERT INTO hft.attempt (job_id, kind, token, request_digest, epoch,"
		" state, error_message)"
		" SELECT j.id, 'create', j.token, '', 0, 'in_doubt',"
		"  'the server was promoted, perhaps without the last records'"
		" FROM hft.job j WHERE j.remote_id IS NULL"
		" AND j.state NOT IN ('succeeded', 'failed', 'cancelled')"
		" AND j.system_identifier = $1 AND j.database = $2"
		" AND NOT EXISTS (SELECT FROM hft.attempt a WHERE a.job_id = j.id"
		"  AND a.kind = 'create' AND a.state IN ('intended', 'in_doubt'))",
		2, {INT8OID, OIDOID}
	};
	static HftStatement look = {
		"UPDATE hft.file SET state = 'uploading'"
		" WHERE state = 'new' AND remote_id IS NULL", 0
	};
	Datum		here[] = {
		Int64GetDatum((int64) GetSystemIdentifier()),
		ObjectIdGetDatum(MyDatabaseId)
	};

	(void) hft_statement_run(&doubt, here, NULL, 0);
	(void) hft_statement_run(&look, NULL, NULL, 0);
}

/* Jobs whose rows never arrived here. */
static void
search_orphans(void)
{
	static HftStatement search = {
		"INSERT INTO hft.import (owner, server, due_at, orphans_since)"
		" SELECT owner, server, $3, max(greatest(submitted_at, checked_at))"
		"  - interval '10 minutes' FROM hft.job"
		" WHERE system_identifier = $1 AND database = $2"
		" GROUP BY owner, server",
		3, {INT8OID, OIDOID, TIMESTAMPTZOID}
	};
	Datum		values[] = {
		Int64GetDatum((int64) GetSystemIdentifier()),
		ObjectIdGetDatum(MyDatabaseId),
		TimestampTzGetDatum(hft_now())
	};

	(void) hft_statement_run(&search, values, NULL, 0);
}

bool
hft_promotion_notice(void)
{
	int64		now = GetWALInsertionTimeLine();
	HftScope	scope;
	int64		last;

	hft_scope_enter(&scope);
	last = last_timeline();
	if (last != now)
	{
		ereport(LOG,
				(errmsg("hft: timeline " INT64_FORMAT " follows " INT64_FORMAT
						": what is not known to be at the platforms is searched there",
						now, last)));
		doubt_effects();
		search_orphans();
	}
	hft_scope_leave(&scope);
	return last != now;
}

/* A sequence's value is not undone by an abort, hence after the commit. */
void
hft_promotion_settle(void)
{
	static HftStatement settle = {
		"SELECT setval('hft.last_timeline', $1)", 1, {INT8OID}
	};
	Datum		value = Int64GetDatum((int64) GetWALInsertionTimeLine());
	HftScope	scope;

	hft_scope_enter(&scope);
	(void) hft_statement_run(&settle, &value, NULL, 0);
	hft_scope_leave(&scope);
}
