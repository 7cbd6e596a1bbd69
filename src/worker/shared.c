/*-------------------------------------------------------------------------
 *
 * shared.c
 *	  Shared memory, the wake-up at COMMIT, and what DDL must tell workers.
 *
 * A submit sets a process-local flag; the transaction callback turns it into
 * one wake-up at COMMIT (R13).  PREPARE and abort clear it: prepared
 * transactions are found by the launcher's sweep (F71).
 *
 * DROP DATABASE would wait five seconds for our worker and then fail; the
 * object-access hook ends that worker first (R16).  CREATE EXTENSION and
 * ALTER EXTENSION UPDATE call for one, so that work which waited for them
 * does not wait for the next submit (R12).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <signal.h>

#include "access/xact.h"
#include "catalog/objectaccess.h"
#include "catalog/pg_database.h"
#include "catalog/pg_extension.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/proc.h"
#include "storage/shmem.h"
#include "utils/timestamp.h"
#include "utils/varlena.h"

#include "base/settings.h"
#include "worker/shared.h"
#include "worker/wakeup.h"
#include "worker/worker.h"

#define DROP_GUARD_MS 10000		/* keep out while a database is dropped */

HftShared  *hft_shared = NULL;

static shmem_request_hook_type prev_shmem_request_hook = NULL;
static shmem_startup_hook_type prev_shmem_startup_hook = NULL;
static object_access_hook_type prev_object_access_hook = NULL;

/* Process-local: does this transaction owe a wake-up? */
static bool wakeup_pending = false;
static bool wakeup_callback_registered = false;

static void
request_shared_memory(void)
{
	if (prev_shmem_request_hook)
		prev_shmem_request_hook();
	RequestAddinShmemSpace(MAXALIGN(sizeof(HftShared)));
	RequestNamedLWLockTranche("hft", 1);
}

static void
startup_shared_memory(void)
{
	bool		found;

	if (prev_shmem_startup_hook)
		prev_shmem_startup_hook();
	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	hft_shared = ShmemInitStruct("hft", sizeof(HftShared), &found);
	if (!found)
	{
		memset(hft_shared, 0, sizeof(HftShared));
		hft_shared->lock = &GetNamedLWLockTranche("hft")->lock;
		hft_shared->launcher_procno = -1;
	}
	LWLockRelease(AddinShmemInitLock);
}

HftSlot *
hft_slot_find(Oid database, bool create)
{
	HftSlot    *free_slot = NULL;

	for (int i = 0; i < HFT_MAX_SLOTS; i++)
	{
		HftSlot    *slot = &hft_shared->slots[i];

		if (slot->database == database)
			return slot;
		if (slot->database == InvalidOid && free_slot == NULL)
			free_slot = slot;
	}
	if (!create || free_slot == NULL)
		return NULL;
	memset(free_slot, 0, sizeof(HftSlot));
	free_slot->database = database;
	free_slot->procno = -1;
	free_slot->next_due = DT_NOEND;
	hft_shared->rescan = true;
	return free_slot;
}

bool
hft_database_is_served(const char *name)
{
	char	   *copy = pstrdup(hft_databases ? hft_databases : "");
	List	   *names = NIL;
	bool		served = false;
	ListCell   *cell;

	if (copy[0] == '\0' || !SplitIdentifierString(copy, ',', &names))
		return copy[0] == '\0';
	foreach(cell, names)
		served |= strcmp(lfirst(cell), name) == 0;
	return served;
}

void
hft_wake_process(int procno)
{
	if (procno >= 0)
		SetLatch(&ProcGlobal->allProcs[procno].procLatch);
}

/* Tell whoever serves this database that there is work. */
static void
wake_up(void)
{
	HftSlot    *slot;
	int			procno;

	LWLockAcquire(hft_shared->lock, LW_EXCLUSIVE);
	slot = hft_slot_find(MyDatabaseId, true);
	if (slot != NULL)
		slot->wanted = true;
	procno = slot != NULL && slot->pid != 0 ? slot->procno
		: hft_shared->launcher_procno;
	LWLockRelease(hft_shared->lock);
	hft_wake_process(procno);
}

static void
wakeup_at_end(XactEvent event, void *arg)
{
	switch (event)
	{
		case XACT_EVENT_COMMIT:
			if (wakeup_pending)
				wake_up();
			wakeup_pending = false;
			break;
		case XACT_EVENT_ABORT:
		case XACT_EVENT_PREPARE:
			wakeup_pending = false;
			break;
		default:
			break;
	}
}

void
hft_wakeup_at_commit(void)
{
	if (hft_shared == NULL)
		return;
	if (!wakeup_callback_registered)
	{
		RegisterXactCallback(wakeup_at_end, NULL);
		wakeup_callback_registered = true;
	}
	wakeup_pending = true;
}

bool
hft_background_enabled(void)
{
	return hft_shared != NULL || hft_worker_holds_lock();
}

/* End our worker in a database that is about to be dropped (R16). */
static void
leave_database(Oid database)
{
	HftSlot    *slot;

	LWLockAcquire(hft_shared->lock, LW_EXCLUSIVE);
	slot = hft_slot_find(database, false);
	if (slot != NULL)
	{
		slot->not_before = TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
													   DROP_GUARD_MS);
		slot->wanted = true;	/* a rolled-back DROP gets it back (F57) */
		if (slot->pid != 0)
			kill(slot->pid, SIGTERM);
	}
	LWLockRelease(hft_shared->lock);
}

/* Any extension: which one it is, its worker sees at once. */
static void
watch_ddl(ObjectAccessType access, Oid class_id, Oid object_id,
		  int sub_id, void *arg)
{
	if (prev_object_access_hook)
		prev_object_access_hook(access, class_id, object_id, sub_id, arg);
	if (hft_shared == NULL)
		return;
	if (access == OAT_DROP && class_id == DatabaseRelationId)
		leave_database(object_id);
	if (class_id == ExtensionRelationId &&
		(access == OAT_POST_CREATE || access == OAT_POST_ALTER))
		hft_wakeup_at_commit();
}

void
hft_shared_init(void)
{
	if (!process_shared_preload_libraries_in_progress)
		return;
	prev_shmem_request_hook = shmem_request_hook;
	shmem_request_hook = request_shared_memory;
	prev_shmem_startup_hook = shmem_startup_hook;
	shmem_startup_hook = startup_shared_memory;
	prev_object_access_hook = object_access_hook;
	object_access_hook = watch_ddl;
}
