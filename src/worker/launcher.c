/*-------------------------------------------------------------------------
 *
 * launcher.c
 *	  The one static process: starts a worker where there is work.
 *
 * Connected to no database, it reads pg_database and keeps one slot per
 * database it may serve.  A worker is started when somebody committed work,
 * when the time published by the last worker has come, and every
 * SWEEP_MS where the extension is known to be (prepared transactions,
 * restored rows).  After a start of the launcher every database is looked
 * at once, since nobody knows yet where the extension is.
 *
 *		free slot --(seen in pg_database)--> known
 *		known     --(due)--> starting --(attached)--> running
 *		running   --(clean exit)--> known
 *		running   --(bad end)--> known, not before the backoff is over (R3)
 *
 * Workers are registered as never-restart, so a crash of the cluster leaves
 * no duplicates; only this process starts them again.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <signal.h>

#include "access/genam.h"
#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_database.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/proc.h"
#include "tcop/tcopprot.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "base/settings.h"
#include "compat.h"
#include "worker/retry.h"
#include "worker/shared.h"

#define SWEEP_MS 60000			/* look into known databases anyhow */
#define START_LIMIT 2			/* workers that are starting at a time */
#define START_TIMEOUT_MS 10000	/* registered, but never attached */
#define SLOT_RETRY_MS 5000		/* F06: no free worker slot */
#define BACKOFF_MAX_MS 300000	/* of R3 */

pg_noreturn PGDLLEXPORT void hft_launcher_main(Datum arg);

void
hft_launcher_register(void)
{
	BackgroundWorker worker;

	memset(&worker, 0, sizeof(worker));
	worker.bgw_flags = BGWORKER_SHMEM_ACCESS |
		BGWORKER_BACKEND_DATABASE_CONNECTION;
	worker.bgw_start_time = BgWorkerStart_RecoveryFinished;
	worker.bgw_restart_time = 10;
	strlcpy(worker.bgw_library_name, "hft", sizeof(worker.bgw_library_name));
	strlcpy(worker.bgw_function_name, "hft_launcher_main", BGW_MAXLEN);
	strlcpy(worker.bgw_name, "hft launcher", BGW_MAXLEN);
	strlcpy(worker.bgw_type, "hft launcher", BGW_MAXLEN);
	RegisterBackgroundWorker(&worker);
}

/* The databases we may serve now; at most HFT_MAX_SLOTS of them. */
static int
list_databases(Oid *databases)
{
	Relation	relation;
	TableScanDesc scan;
	HeapTuple	tuple;
	int			count = 0;

	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	(void) GetTransactionSnapshot();
	relation = table_open(DatabaseRelationId, AccessShareLock);
	scan = table_beginscan_catalog(relation, 0, NULL);
	while (count < HFT_MAX_SLOTS &&
		   (tuple = heap_getnext(scan, ForwardScanDirection)) != NULL)
	{
		Form_pg_database form = (Form_pg_database) GETSTRUCT(tuple);

		if (form->datallowconn && !form->datistemplate &&
			hft_database_is_served(NameStr(form->datname)))
			databases[count++] = form->oid;
	}
	table_endscan(scan);
	table_close(relation, AccessShareLock);
	CommitTransactionCommand();
	return count;
}

/* Its database is gone, or not to be served: end the worker, free the slot. */
static void
leave_slot(HftSlot *slot)
{
	slot->served = false;
	if (slot->pid != 0)
		kill(slot->pid, SIGTERM);
	else
		slot->database = InvalidOid;
}

/*
 * Bring the slots in line with pg_database: new databases are looked into,
 * those gone, or not to be served, are left.
 */
static void
read_databases(void)
{
	Oid			databases[HFT_MAX_SLOTS];
	int			count = list_databases(databases);

	LWLockAcquire(hft_shared->lock, LW_EXCLUSIVE);
	for (int i = 0; i < HFT_MAX_SLOTS; i++)
	{
		HftSlot    *slot = &hft_shared->slots[i];
		bool		known = slot->database == InvalidOid;

		for (int k = 0; k < count; k++)
			known |= databases[k] == slot->database;
		if (!known)
			leave_slot(slot);
	}
	for (int k = 0; k < count; k++)
	{
		HftSlot    *slot = hft_slot_find(databases[k], true);

		if (slot == NULL)
			break;
		slot->wanted |= !slot->served;
		slot->served = true;
	}
	hft_shared->rescan = false;
	LWLockRelease(hft_shared->lock);
}

/* A worker that never came, or went badly, is charged with backoff (R3). */
static void
notice_bad_end(HftSlot *slot, TimestampTz now)
{
	int64		delay_ms;

	if (slot->starting_at != 0 && slot->pid == 0 &&
		hft_has_passed(slot->starting_at, now, START_TIMEOUT_MS))
	{
		slot->starting_at = 0;
		slot->clean_exit = false;
		slot->started_at = now;
	}
	if (slot->pid != 0 || slot->starting_at != 0 || slot->started_at == 0 ||
		slot->clean_exit)
		return;
	if (slot->heartbeat_at - slot->started_at >
		HFT_HEALTHY_MS * INT64CONST(1000))
		slot->failures = 0;
	delay_ms = hft_restart_delay(slot->failures++);
	/* a DROP DATABASE that ended the worker may ask for longer (R16) */
	slot->not_before = Max(slot->not_before,
						   TimestampTzPlusMilliseconds(now, delay_ms));
	slot->started_at = 0;
	slot->wanted = true;
}

/* Times written before the clock was set back would be waited for (F70). */
static void
mend_times(HftSlot *slot, TimestampTz now)
{
	TimestampTz backoff = TimestampTzPlusMilliseconds(now, BACKOFF_MAX_MS);
	TimestampTz due = TimestampTzPlusMilliseconds(now, hft_wait_limit_ms());

	if (slot->not_before > backoff)
		slot->not_before = now;
	if (slot->next_due != DT_NOEND && slot->next_due > due)
		slot->next_due = now;
}

static bool
slot_is_due(const HftSlot *slot, TimestampTz now, bool sweep)
{
	if (!slot->served || slot->pid != 0 ||
		slot->starting_at != 0 || slot->paused || slot->not_before > now)
		return false;
	return slot->wanted || slot->next_due <= now ||
		(sweep && slot->installed);
}

/*
 * Is a worker due that went badly before?  Its database may be gone, and
 * each start in vain is a FATAL in the log (F60).
 */
static bool
restart_is_due(TimestampTz now)
{
	bool		due = false;

	LWLockAcquire(hft_shared->lock, LW_SHARED);
	for (int i = 0; i < HFT_MAX_SLOTS; i++)
	{
		const HftSlot *slot = &hft_shared->slots[i];

		due |= slot->failures > 0 && slot_is_due(slot, now, false);
	}
	LWLockRelease(hft_shared->lock);
	return due;
}

/*
 * Start what is due; returns the ms until something else may be.  "sweep"
 * also starts workers where only a look is due.
 */
static long
start_workers(bool sweep)
{
	TimestampTz now = GetCurrentTimestamp();
	TimestampTz next = TimestampTzPlusMilliseconds(now, SWEEP_MS);
	int			starting = 0;
	bool		exhausted = false;

	LWLockAcquire(hft_shared->lock, LW_EXCLUSIVE);
	for (int i = 0; i < HFT_MAX_SLOTS; i++)
	{
		HftSlot    *slot = &hft_shared->slots[i];

		/* left, and its worker is gone; a new one waits to be looked at */
		if (!slot->served && slot->pid == 0 && !hft_shared->rescan)
			slot->database = InvalidOid;
		if (!slot->served)
			continue;
		mend_times(slot, now);
		notice_bad_end(slot, now);
		if (slot->starting_at != 0)
			starting++;
		if (slot_is_due(slot, now, sweep) && starting < START_LIMIT)
		{
			BackgroundWorker worker;

			hft_worker_describe(&worker, slot->database);
			worker.bgw_notify_pid = MyProcPid;
			exhausted = !RegisterDynamicBackgroundWorker(&worker, NULL);
			if (exhausted)
				break;
			slot->starting_at = now;
			slot->wanted = false;
			starting++;
		}
		if (slot->pid == 0 && slot->not_before > now)
			next = Min(next, slot->not_before);
		if (slot->pid == 0 && slot->next_due > now)
			next = Min(next, slot->next_due);
	}
	if (exhausted && !hft_shared->no_worker_slots)
		ereport(LOG,
				(errcode(ERRCODE_INSUFFICIENT_RESOURCES),
				 errmsg("hft: no free slot for a background worker"),
				 errhint("Increase max_worker_processes.")));
	hft_shared->no_worker_slots = exhausted;
	LWLockRelease(hft_shared->lock);
	if (exhausted)
		return SLOT_RETRY_MS;
	if (starting > 0)
		return 1000;
	return Max(TimestampDifferenceMilliseconds(now, next), 1);
}

static void
leave(int code, Datum arg)
{
	LWLockAcquire(hft_shared->lock, LW_EXCLUSIVE);
	if (hft_shared->launcher_pid == MyProcPid)
	{
		hft_shared->launcher_pid = 0;
		hft_shared->launcher_procno = -1;
	}
	LWLockRelease(hft_shared->lock);
}

void
hft_launcher_main(Datum arg)
{
	TimestampTz swept = 0;
	uint32		wait_event;

	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
	BackgroundWorkerInitializeConnection(NULL, NULL, 0);
	pgstat_report_appname("hft launcher");
	wait_event = hft_wait_event_new("HftLauncher");

	before_shmem_exit(leave, (Datum) 0);
	LWLockAcquire(hft_shared->lock, LW_EXCLUSIVE);
	hft_shared->launcher_pid = MyProcPid;
	hft_shared->launcher_procno = hft_my_proc_number();
	hft_shared->rescan = true;
	LWLockRelease(hft_shared->lock);

	for (;;)
	{
		TimestampTz now = GetCurrentTimestamp();
		bool		sweep = hft_has_passed(swept, now, SWEEP_MS);
		long		wait_ms;

		if (sweep || hft_shared->rescan || restart_is_due(now))
			read_databases();
		if (sweep)
			swept = now;
		wait_ms = start_workers(sweep);
		(void) WaitLatch(MyLatch,
						 WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
						 wait_ms, wait_event);
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
		if (ConfigReloadPending)
		{
			ConfigReloadPending = false;
			ProcessConfigFile(PGC_SIGHUP);
			hft_shared->rescan = true;
		}
	}
}
