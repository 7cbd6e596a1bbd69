/*-------------------------------------------------------------------------
 *
 * bulk.h
 *	  Rows into one of our tables, a batch at a time.
 *
 * Include postgres.h first.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_BULK_H
#define HFT_BULK_H

#include "access/tupdesc.h"

typedef struct HftBulk HftBulk;

/*
 * Begin to fill table hft."table".  Takes the transaction and command ids
 * that are needed, so that rows can be added while a parallel query runs.
 * The caller has checked what is to be checked: no rights, triggers, foreign
 * keys or constraints are, only unique indexes are enforced.
 */
extern HftBulk *hft_bulk_begin(const char *table);
extern void hft_bulk_add(HftBulk *bulk, Datum *values, bool *nulls);
extern TupleDesc hft_bulk_descriptor(const HftBulk *bulk);
extern void hft_bulk_end(HftBulk *bulk);

#endif							/* HFT_BULK_H */
