/*-------------------------------------------------------------------------
 *
 * receipt.c
 *	  Answers that were paid for reach the ledger, also when the transaction
 *	  that asked for them is rolled back.
 *
 * A rollback takes the row of hft.cost with it, and not the money.  So each
 * receipt stays in the memory of this backend until the transaction that
 * booked it has committed.  One whose (sub)transaction was rolled back is
 * booked again by the next transaction that asks a model, or at the end of
 * the session.  Only a crash of the server loses receipts, and PREPARE
 * TRANSACTION hands them to whoever ends that transaction.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "access/xlog.h"
#include "lib/ilist.h"
#include "storage/ipc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "base/sql.h"
#include "model/receipt.h"

typedef struct Receipt
{
	dlist_node	node;
	SubTransactionId booked_by; /* InvalidSubTransactionId: not booked */
	HftUsage	usage;
} Receipt;

static struct
{
	bool		watching;		/* callbacks are registered */
	dlist_head	receipts;
} state = {
	.receipts = DLIST_STATIC_INIT(state.receipts)
};

static void
drop_receipt(Receipt *receipt)
{
	dlist_delete(&receipt->node);
	MemoryContextDelete(GetMemoryChunkContext(receipt));
}

static void
end_transaction(XactEvent event, void *arg)
{
	dlist_mutable_iter iter;

	dlist_foreach_modify(iter, &state.receipts)
	{
		Receipt    *receipt = dlist_container(Receipt, node, iter.cur);

		if (receipt->booked_by == InvalidSubTransactionId)
			continue;
		if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_PREPARE)
			drop_receipt(receipt);
		else if (event == XACT_EVENT_ABORT)
			receipt->booked_by = InvalidSubTransactionId;
	}
}

static void
end_subtransaction(SubXactEvent event, SubTransactionId mine,
				   SubTransactionId parent, void *arg)
{
	dlist_iter	iter;

	dlist_foreach(iter, &state.receipts)
	{
		Receipt    *receipt = dlist_container(Receipt, node, iter.cur);

		if (receipt->booked_by != mine)
			continue;
		if (event == SUBXACT_EVENT_COMMIT_SUB)
			receipt->booked_by = parent;
		else if (event == SUBXACT_EVENT_ABORT_SUB)
			receipt->booked_by = InvalidSubTransactionId;
	}
}

/* The session ends: whatever is not booked gets a transaction of its own. */
static void
end_session(int code, Datum arg)
{
	if (dlist_is_empty(&state.receipts))
		return;
	AbortOutOfAnyTransaction();
	StartTransactionCommand();
	PushActiveSnapshot(GetTransactionSnapshot());
	/* the extension, or the right to write, may be gone */
	if (OidIsValid(hft_owner()) && !RecoveryInProgress())
	{
		XactReadOnly = false;
		hft_receipt_settle();
	}
	PopActiveSnapshot();
	CommitTransactionCommand();
}

static void
watch(void)
{
	if (state.watching)
		return;
	RegisterXactCallback(end_transaction, NULL);
	RegisterSubXactCallback(end_subtransaction, NULL);
	before_shmem_exit(end_session, (Datum) 0);
	state.watching = true;
}

static const char *
copy_text(const char *text)
{
	return text ? pstrdup(text) : NULL;
}

/* Copy a receipt into a context of its own. */
static Receipt *
make_receipt(const HftUsage *usage)
{
	MemoryContext context = AllocSetContextCreate(TopMemoryContext,
												  "hft receipt",
												  ALLOCSET_SMALL_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	Receipt    *receipt = palloc0(sizeof(*receipt));

	receipt->usage = *usage;
	receipt->usage.server = copy_text(usage->server);
	receipt->usage.provider = copy_text(usage->provider);
	receipt->usage.model = copy_text(usage->model);
	receipt->usage.base_model = copy_text(usage->base_model);
	receipt->usage.kind = copy_text(usage->kind);
	MemoryContextSwitchTo(caller);
	return receipt;
}

static void
book_receipt(Receipt *receipt)
{
	HftScope	scope;

	hft_scope_enter(&scope);
	hft_bill_usage(&receipt->usage);
	hft_scope_leave(&scope);
	receipt->booked_by = GetCurrentSubTransactionId();
}

void
hft_receipt_keep(const HftUsage *usage)
{
	watch();
	dlist_push_tail(&state.receipts, &make_receipt(usage)->node);
}

void
hft_receipt_book(const HftUsage *usage)
{
	Receipt    *receipt;

	watch();
	receipt = make_receipt(usage);
	/* listed first: an ERROR while it is booked must not lose it */
	dlist_push_tail(&state.receipts, &receipt->node);
	book_receipt(receipt);
}

void
hft_receipt_settle(void)
{
	dlist_iter	iter;

	dlist_foreach(iter, &state.receipts)
	{
		Receipt    *receipt = dlist_container(Receipt, node, iter.cur);

		if (receipt->booked_by == InvalidSubTransactionId)
			book_receipt(receipt);
	}
}
