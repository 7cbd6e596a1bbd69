/*-------------------------------------------------------------------------
 *
 * status.c
 *	  Background work as seen and steered from SQL.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <signal.h>

#include "access/htup_details.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

#include "worker/shared.h"

#define STATUS_COLUMNS 11

PG_FUNCTION_INFO_V1(hft_sql_worker_status);
PG_FUNCTION_INFO_V1(hft_sql_pause);
PG_FUNCTION_INFO_V1(hft_sql_resume);

static const char *
slot_state(const HftSlot *slot, TimestampTz now)
{
	if (slot->pid != 0)
		return "running";
	if (slot->paused)
		return "paused";
	if (slot->starting_at != 0)
		return "starting";
	if (slot->wanted && hft_shared->no_worker_slots)
		return "waiting for slot";
	if (slot->not_before > now)
		return "backing off";
	return slot->next_due < DT_NOEND ? "waiting" : "idle";
}

static void
put_slot(ReturnSetInfo *result, const HftSlot *slot)
{
	TimestampTz now = GetCurrentTimestamp();
	TimestampTz next = Max(slot->not_before, slot->next_due);
	Datum		values[STATUS_COLUMNS] = {
		ObjectIdGetDatum(slot->database),
		Int32GetDatum((int32) slot->pid),
		CStringGetTextDatum(slot_state(slot, now)),
		TimestampTzGetDatum(slot->started_at),
		TimestampTzGetDatum(slot->heartbeat_at),
		Int32GetDatum(slot->running),
		Int64GetDatum(slot->requests),
		Int64GetDatum(slot->errors),
		CStringGetTextDatum(slot->last_error),
		Int32GetDatum(slot->failures),
		TimestampTzGetDatum(next)
	};
	bool		nulls[STATUS_COLUMNS] = {false};

	nulls[1] = slot->pid == 0;
	nulls[3] = slot->started_at == 0;
	nulls[4] = slot->heartbeat_at == 0;
	nulls[8] = slot->last_error[0] == '\0';
	nulls[10] = slot->pid != 0 || next >= DT_NOEND || next <= now;
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/* hft.worker_status(): from a copy, so that the lock is held briefly */
Datum
hft_sql_worker_status(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	HftSlot    *slots = palloc(sizeof(HftSlot) * HFT_MAX_SLOTS);

	InitMaterializedSRF(fcinfo, 0);
	if (hft_shared == NULL)
		return (Datum) 0;
	LWLockAcquire(hft_shared->lock, LW_SHARED);
	memcpy(slots, hft_shared->slots, sizeof(HftSlot) * HFT_MAX_SLOTS);
	LWLockRelease(hft_shared->lock);
	for (int i = 0; i < HFT_MAX_SLOTS; i++)
		if (slots[i].database != InvalidOid)
			put_slot(result, &slots[i]);
	return (Datum) 0;
}

static void
set_paused(bool paused)
{
	HftSlot    *slot;
	int			procno = -1;

	if (hft_shared == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("hft is not in shared_preload_libraries")));
	LWLockAcquire(hft_shared->lock, LW_EXCLUSIVE);
	slot = hft_slot_find(MyDatabaseId, true);
	if (slot != NULL)
	{
		slot->paused = paused;
		slot->wanted |= !paused;
		if (paused && slot->pid != 0)
			kill(slot->pid, SIGTERM);
		procno = hft_shared->launcher_procno;
	}
	LWLockRelease(hft_shared->lock);
	hft_wake_process(procno);
}

Datum
hft_sql_pause(PG_FUNCTION_ARGS)
{
	set_paused(true);
	PG_RETURN_VOID();
}

Datum
hft_sql_resume(PG_FUNCTION_ARGS)
{
	set_paused(false);
	PG_RETURN_VOID();
}
