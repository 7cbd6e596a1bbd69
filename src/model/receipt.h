/*-------------------------------------------------------------------------
 *
 * receipt.h
 *	  Answers that were paid for reach the ledger, also when the transaction
 *	  that asked for them is rolled back.
 *
 * Include postgres.h first.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_RECEIPT_H
#define HFT_RECEIPT_H

#include "worker/bill.h"

/* Book one answer in the current transaction and stand by its rollback. */
extern void hft_receipt_book(const HftUsage *usage);

/*
 * An answer may have cost money and the transaction is about to fail: book
 * it later.  Raises nothing but out of memory.
 */
extern void hft_receipt_keep(const HftUsage *usage);

/* Book in the current transaction what earlier ones could not. */
extern void hft_receipt_settle(void);

#endif							/* HFT_RECEIPT_H */
