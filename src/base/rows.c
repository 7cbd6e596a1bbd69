/*-------------------------------------------------------------------------
 *
 * rows.c
 *	  Rows of set-returning functions, put together column by column.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_collation.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/tuplestore.h"

#include "base/rows.h"

void
hft_put_datum(HftRowMaker *row, Datum value)
{
	Assert(row->n < HFT_MAX_COLUMNS);
	row->nulls[row->n] = false;
	row->values[row->n++] = value;
}

void
hft_put_null(HftRowMaker *row)
{
	Assert(row->n < HFT_MAX_COLUMNS);
	row->nulls[row->n++] = true;
}

void
hft_put_text(HftRowMaker *row, const char *text)
{
	if (text != NULL)
		hft_put_datum(row, CStringGetTextDatum(text));
	else
		hft_put_null(row);
}

void
hft_put_count(HftRowMaker *row, int64 count)
{
	if (count >= 0)
		hft_put_datum(row, Int64GetDatum(count));
	else
		hft_put_null(row);
}

void
hft_put_list(HftRowMaker *row, const char *list)
{
	if (list != NULL)
		hft_put_datum(row, DirectFunctionCall2Coll(text_to_array,
												   DEFAULT_COLLATION_OID,
												   CStringGetTextDatum(list),
												   CStringGetTextDatum("|")));
	else
		hft_put_null(row);
}

void
hft_put_parsed(HftRowMaker *row, const char *text, PGFunction input)
{
	if (text != NULL)
		hft_put_datum(row, DirectFunctionCall3(input, CStringGetDatum(text),
											   ObjectIdGetDatum(InvalidOid),
											   Int32GetDatum(-1)));
	else
		hft_put_null(row);
}

void
hft_put_end(HftRowMaker *row, ReturnSetInfo *result)
{
	Assert(row->n == result->setDesc->natts);
	tuplestore_putvalues(result->setResult, result->setDesc, row->values,
						 row->nulls);
	row->n = 0;
}
