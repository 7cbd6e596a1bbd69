/*-------------------------------------------------------------------------
 *
 * worker.c
 *	  The process that drives all jobs of one database.
 *
 * It lives while something is due within hft.worker_idle_timeout and leaves
 * otherwise, because a connected worker stands in the way of CREATE DATABASE
 * ... TEMPLATE and of renaming (R5).  Leaving, it publishes when the launcher
 * must start the next one.
 *
 * No transaction is open while it waits (P1).  Every transaction begins with
 * hft_worker_begin(), which takes the one lock that DROP EXTENSION needs, so
 * we never see half of a dropped extension (R11).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/indexing.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/lmgr.h"
#include "storage/proc.h"
#include "tcop/tcopprot.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "base/settings.h"
#include "base/sql.h"
#include "compat.h"
#include "hft.h"
#include "worker/attempt.h"
#include "worker/engine.h"
#include "worker/fault.h"
#include "worker/promotion.h"
#include "worker/retry.h"
#include "worker/shared.h"
#include "worker/wakeup.h"
#include "worker/worker.h"

#define LOCK_KEY1 0x686674		/* "hft" */
#define LOCK_KEY2 1
#define NAP_MS 1000				/* longest wait without a turn */
#define LOOK_MS 10000			/* longest time without a look at the tables */

pg_noreturn PGDLLEXPORT void hft_worker_main(Datum arg);

static int64 worker_epoch = 0;

/* Context of who began the open transaction; it is given back at the end. */
static MemoryContext begun_in = NULL;

/* One per database, shared memory or not. */
static void
worker_lock_tag(LOCKTAG *tag)
{
	SET_LOCKTAG_ADVISORY(*tag, MyDatabaseId, LOCK_KEY1, LOCK_KEY2, 2);
}

bool
hft_worker_holds_lock(void)
{
	LOCKTAG		tag;

	worker_lock_tag(&tag);
	if (LockAcquire(&tag, ExclusiveLock, false, true) == LOCKACQUIRE_NOT_AVAIL)
		return true;
	LockRelease(&tag, ExclusiveLock, false);
	return false;
}

void
hft_worker_describe(BackgroundWorker *worker, Oid database)
{
	memset(worker, 0, sizeof(*worker));
	worker->bgw_flags = BGWORKER_SHMEM_ACCESS |
		BGWORKER_BACKEND_DATABASE_CONNECTION;
	worker->bgw_start_time = BgWorkerStart_RecoveryFinished;
	worker->bgw_restart_time = BGW_NEVER_RESTART;
	strlcpy(worker->bgw_library_name, "hft",
			sizeof(worker->bgw_library_name));
	strlcpy(worker->bgw_function_name, "hft_worker_main", BGW_MAXLEN);
	snprintf(worker->bgw_name, BGW_MAXLEN, "hft worker for database %u",
			 database);
	strlcpy(worker->bgw_type, "hft worker", BGW_MAXLEN);
	worker->bgw_main_arg = ObjectIdGetDatum(database);
}

TimestampTz
hft_now(void)
{
	return TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
									   hft_clock_shift());
}

int64
hft_worker_epoch(void)
{
	return worker_epoch;
}

/* The extension's version as installed here; NULL when it is not. */
static char *
installed_version(Oid extension)
{
	Relation	relation = table_open(ExtensionRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;
	char	   *version = NULL;

	ScanKeyInit(&key, Anum_pg_extension_oid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(extension));
	scan = systable_beginscan(relation, ExtensionOidIndexId, true, NULL, 1,
							  &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
	{
		bool		isnull;
		Datum		value = heap_getattr(tuple, Anum_pg_extension_extversion,
										 RelationGetDescr(relation), &isnull);

		if (!isnull)
			version = TextDatumGetCString(value);
	}
	systable_endscan(scan);
	table_close(relation, AccessShareLock);
	return version;
}

/* Say once per version that this library cannot work with it (R12). */
static void
complain_about_version(const char *version)
{
	static char told[32] = "";

	if (strcmp(told, version) == 0)
		return;
	strlcpy(told, version, sizeof(told));
	ereport(WARNING,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("hft: extension version \"%s\" does not fit library version \"%s\"",
					version, HFT_VERSION),
			 errhint("Run ALTER EXTENSION hft UPDATE, or restart the server if the extension is newer than the library.")));
}

bool
hft_worker_begin(void)
{
	Oid			extension;
	char	   *version;

	begun_in = CurrentMemoryContext;
	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	extension = get_extension_oid("hft", true);
	if (OidIsValid(extension))
	{
		LockDatabaseObject(ExtensionRelationId, extension, 0,
						   AccessShareLock);
		extension = get_extension_oid("hft", true);
	}
	version = OidIsValid(extension) ? installed_version(extension) : NULL;
	if (version != NULL && strcmp(version, HFT_VERSION) == 0)
	{
		PushActiveSnapshot(GetTransactionSnapshot());
		return true;
	}
	if (version != NULL)
		complain_about_version(version);
	AbortCurrentTransaction();
	MemoryContextSwitchTo(begun_in);
	return false;
}

void
hft_worker_commit(bool lasting)
{
	if (!lasting)
		(void) set_config_option("synchronous_commit", "off", PGC_USERSET,
								 PGC_S_SESSION, GUC_ACTION_LOCAL, true, 0,
								 false);
	PopActiveSnapshot();
	CommitTransactionCommand();
	MemoryContextSwitchTo(begun_in);
	/* or autovacuum never sees our tables (R14); limits itself to 1/s */
	(void) pgstat_report_stat(false);
}

/*
 * Settings of the database, the role or the file must not change what our
 * statements mean (R43, F62).
 */
static void
pin_settings(void)
{
	static const char *const pinned[][2] = {
		{"search_path", "pg_catalog, pg_temp"},
		{"default_transaction_isolation", "read committed"},
		{"default_transaction_read_only", "off"},
		{"default_transaction_deferrable", "off"},
		{"row_security", "off"},
		{"session_replication_role", "origin"},
		{"statement_timeout", "0"},
		{"lock_timeout", "1s"},
		{"idle_in_transaction_session_timeout", "0"},
		{"synchronous_commit", "on"},
		{"DateStyle", "ISO, YMD"},
		{"IntervalStyle", "postgres"},
		{"TimeZone", "UTC"},
		{"extra_float_digits", "1"},
		{"bytea_output", "hex"},
		{"standard_conforming_strings", "on"},
		{"check_function_bodies", "on"},
		{"default_table_access_method", "heap"},
	};

	for (int i = 0; i < lengthof(pinned); i++)
		SetConfigOption(pinned[i][0], pinned[i][1], PGC_SUSET,
						PGC_S_OVERRIDE);
	hft_transaction_timeout_disable();
	hft_scope_pinned();
}

/* Leave the slot; runs before shared memory goes away. */
static void
detach(int code, Datum arg)
{
	HftSlot    *slot;
	int			launcher = -1;

	if (hft_shared == NULL)
		return;
	LWLockAcquire(hft_shared->lock, LW_EXCLUSIVE);
	slot = hft_slot_find(DatumGetObjectId(arg), false);
	if (slot != NULL && slot->pid == MyProcPid)
	{
		slot->pid = 0;
		slot->procno = -1;
		slot->running = 0;
		slot->clean_exit = code == 0 || slot->paused;
		launcher = hft_shared->launcher_procno;
	}
	LWLockRelease(hft_shared->lock);
	hft_wake_process(launcher);
}

/* Take the database's slot; exit when a live worker has it (R4). */
static void
attach(Oid database)
{
	HftSlot    *slot;
	bool		taken;

	if (hft_shared == NULL)
		return;
	LWLockAcquire(hft_shared->lock, LW_EXCLUSIVE);
	slot = hft_slot_find(database, true);
	taken = slot == NULL || slot->pid != 0 || slot->paused;
	if (!taken)
	{
		slot->pid = MyProcPid;
		slot->procno = hft_my_proc_number();
		slot->starting_at = 0;
		slot->clean_exit = false;
		slot->started_at = slot->heartbeat_at = GetCurrentTimestamp();
		slot->next_due = DT_NOEND;
	}
	LWLockRelease(hft_shared->lock);
	if (taken)
		proc_exit(0);
	before_shmem_exit(detach, ObjectIdGetDatum(database));
}

/*
 * Publish what this worker is and when it is needed next; returns whether
 * somebody asked for work since the last call.
 */
static bool
publish(bool installed, TimestampTz next_due, const HftEngineStatus *status)
{
	HftSlot    *slot;
	bool		wanted = false;

	if (hft_shared == NULL)
		return false;
	LWLockAcquire(hft_shared->lock, LW_EXCLUSIVE);
	slot = hft_slot_find(MyDatabaseId, false);
	if (slot != NULL && slot->pid == MyProcPid)
	{
		wanted = slot->wanted;
		slot->wanted = false;
		slot->installed = installed;
		slot->next_due = next_due;
		slot->heartbeat_at = GetCurrentTimestamp();
		slot->requests = status->requests;
		slot->errors = status->errors;
		slot->running = status->running;
		strlcpy(slot->last_error, status->last_error, HFT_LAST_ERROR);
		if (slot->paused)
		{
			LWLockRelease(hft_shared->lock);
			proc_exit(0);
		}
	}
	LWLockRelease(hft_shared->lock);
	return wanted;
}

/*
 * Start of a worker's life: number it, and doubt every attempt an earlier
 * one left open (R30), and what was lost in a promotion (F66).  False when
 * there is nothing of ours here.
 */
static bool
begin_epoch(void)
{
	static HftStatement number = {
		"SELECT nextval('hft.worker_epoch')", 0
	};
	HftScope	scope;
	bool		promoted;

	if (!hft_worker_begin())
		return false;
	hft_scope_enter(&scope);
	(void) hft_statement_run(&number, NULL, NULL, 0);
	worker_epoch = hft_row_int64(0, 1, 0);
	hft_scope_leave(&scope);
	hft_attempts_doubt(worker_epoch);
	promoted = hft_promotion_notice();
	hft_worker_commit(true);
	if (promoted && hft_worker_begin())
	{
		hft_promotion_settle();
		hft_worker_commit(true);
	}
	return true;
}

static void
reload_settings(void)
{
	if (!ConfigReloadPending)
		return;
	ConfigReloadPending = false;
	ProcessConfigFile(PGC_SIGHUP);
}

/* Nothing due soon and nobody asking: time to go?  (R5) */
static bool
is_idle(TimestampTz *idle_since, bool busy, TimestampTz next_due)
{
	TimestampTz now = GetCurrentTimestamp();
	int			timeout_ms = hft_worker_idle_timeout * 1000;

	if (busy || (next_due != DT_NOEND &&
				 next_due < TimestampTzPlusMilliseconds(now, timeout_ms)))
	{
		*idle_since = now;
		return false;
	}
	return hft_has_passed(*idle_since, now, timeout_ms);
}

/*
 * Must the tables be looked at, though nobody set the flag and nothing is
 * known to be due?  Without shared memory nobody can say that there is work;
 * with it, prepared transactions and restored rows cannot (F71).
 */
static bool
look_is_due(TimestampTz *looked_at)
{
	TimestampTz now = GetCurrentTimestamp();
	int			interval_ms = hft_shared ? LOOK_MS : NAP_MS;

	if (!hft_has_passed(*looked_at, now, interval_ms))
		return false;
	*looked_at = now;
	return true;
}

/*
 * A wake-up that comes at any moment is either seen by the next publish() or
 * kept in "look" for the next turn: it is never lost.
 */
static void
work(HftEngine *engine)
{
	TimestampTz idle_since = GetCurrentTimestamp();
	TimestampTz looked_at = 0;
	bool		installed = true;
	bool		look = true;

	for (;;)
	{
		TimestampTz next_due = DT_NOEND;
		HftEngineStatus status;

		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
		reload_settings();
		(void) pgstat_report_stat(false);
		hft_engine_status(engine, &status);
		look |= publish(installed, DT_NOEND, &status);
		look |= look_is_due(&looked_at);
		installed = hft_engine_turn(engine, look, &next_due);
		hft_engine_status(engine, &status);
		look = publish(installed, next_due, &status);
		if (!installed)
			break;				/* dropped: closed what was under way */
		if (hft_shared != NULL &&
			is_idle(&idle_since, look || status.running > 0, next_due))
			break;
		if (!look)
			hft_engine_wait(engine, NAP_MS, next_due);
	}
}

void
hft_worker_main(Datum arg)
{
	Oid			database = DatumGetObjectId(arg);
	HftEngineStatus none = {0};
	LOCKTAG		tag;

	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
	attach(database);
	BackgroundWorkerInitializeConnectionByOid(database, InvalidOid, 0);
	pgstat_report_appname("hft worker");
	pin_settings();

	worker_lock_tag(&tag);
	if (LockAcquire(&tag, ExclusiveLock, true, true) == LOCKACQUIRE_NOT_AVAIL)
		proc_exit(0);
	if (begin_epoch())
		work(hft_engine_create());
	else
		(void) publish(false, DT_NOEND, &none);
	proc_exit(0);
}

PG_FUNCTION_INFO_V1(hft_sql_start_worker);

/* hft.start_worker(): background work where the library is not preloaded */
Datum
hft_sql_start_worker(PG_FUNCTION_ARGS)
{
	BackgroundWorker worker;

	if (hft_shared != NULL)
	{
		hft_wakeup_at_commit();
		PG_RETURN_BOOL(true);
	}
	if (hft_worker_holds_lock())
		PG_RETURN_BOOL(false);
	hft_worker_describe(&worker, MyDatabaseId);
	worker.bgw_restart_time = 10;
	if (!RegisterDynamicBackgroundWorker(&worker, NULL))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_RESOURCES),
				 errmsg("no free slot for a background worker"),
				 errhint("Increase max_worker_processes.")));
	PG_RETURN_BOOL(true);
}
