/*-------------------------------------------------------------------------
 *
 * rows.h
 *	  Rows of set-returning functions, put together column by column.
 *
 * Absent values become null: NULL for texts, a negative number for counts.
 *
 * Include postgres.h first.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_ROWS_H
#define HFT_ROWS_H

#include "fmgr.h"
#include "nodes/execnodes.h"

#define HFT_MAX_COLUMNS 32

typedef struct HftRowMaker
{
	Datum		values[HFT_MAX_COLUMNS];
	bool		nulls[HFT_MAX_COLUMNS];
	int			n;
} HftRowMaker;

extern void hft_put_datum(HftRowMaker *row, Datum value);
extern void hft_put_null(HftRowMaker *row);
extern void hft_put_text(HftRowMaker *row, const char *text);
extern void hft_put_count(HftRowMaker *row, int64 count);

/* "a|b|c" as an array of texts */
extern void hft_put_list(HftRowMaker *row, const char *list);

/* A text as numeric_in, jsonb_in, date_in ... reads it. */
extern void hft_put_parsed(HftRowMaker *row, const char *text,
						   PGFunction input);

/* Hand the row over to the result, and begin the next. */
extern void hft_put_end(HftRowMaker *row, ReturnSetInfo *result);

#endif							/* HFT_ROWS_H */
