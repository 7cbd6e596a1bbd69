/*-------------------------------------------------------------------------
 *
 * task.c
 *	  The life of one thing the worker is busy with.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "base/secret.h"
#include "worker/task.h"
#include "worker/worker.h"

#define ARENA_LIMIT (64 * 1024 * 1024)
#define LOOK_AGAIN_MS 1000		/* where nothing could be recorded */

static MemoryContext tasks_context = NULL;

MemoryContext
hft_task_context_create(void)
{
	return AllocSetContextCreate(CurTransactionContext, "hft task",
								 ALLOCSET_SMALL_SIZES);
}

void
hft_task_keep(HftTask *task)
{
	if (tasks_context == NULL)
		tasks_context = AllocSetContextCreate(TopMemoryContext, "hft tasks",
											  ALLOCSET_SMALL_SIZES);
	MemoryContextSetParent(task->context, tasks_context);
}

static void
destroy_arena(void *arg)
{
	hft_arena_destroy(arg);
}

HftTask *
hft_task_create(const HftSubject *subject, int64 id, MemoryContext context)
{
	HftTask    *task = MemoryContextAllocZero(context, sizeof(HftTask));
	MemoryContextCallback *cleanup;

	cleanup = MemoryContextAlloc(context, sizeof(*cleanup));
	task->subject = subject;
	task->id = id;
	task->context = context;
	task->due = TimestampTzPlusMilliseconds(hft_now(), LOOK_AGAIN_MS);
	task->arena = hft_arena_create(ARENA_LIMIT);
	if (task->arena == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	cleanup->func = destroy_arena;
	cleanup->arg = task->arena;
	MemoryContextRegisterResetCallback(context, cleanup);
	return task;
}

void
hft_task_transfer_free(HftTask *task)
{
	if (task->transfer != NULL)
		hft_transfer_free(task->transfer);
	task->transfer = NULL;
	task->result = NULL;
	hft_arena_reset(task->arena);
}

void
hft_task_free(HftTask *task)
{
	hft_task_transfer_free(task);
	hft_token_release(&task->token);
	hft_feed_close(task->feed);
	hft_secret_free(task->secret);
	hft_account_release(task->account);
	MemoryContextDelete(task->context);
}
