/*-------------------------------------------------------------------------
 *
 * subject.c
 *	  What the kinds of things a worker drives share in SQL.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "worker/subject.h"

void
hft_param(HftParams *params, Datum value, bool isnull)
{
	Assert(params->count < HFT_SQL_MAX_ARGS);
	params->values[params->count] = value;
	params->nulls[params->count++] = isnull ? 'n' : ' ';
}

void
hft_param_text(HftParams *params, const char *text)
{
	hft_param(params, text ? CStringGetTextDatum(text) : (Datum) 0,
			  text == NULL);
}

void
hft_param_int(HftParams *params, int64 value, bool isnull)
{
	hft_param(params, Int64GetDatum(value), isnull);
}

ArrayType *
hft_id_array(const int64 *ids, int count)
{
	Datum	   *elements = palloc(sizeof(Datum) * (count + 1));

	for (int i = 0; i < count; i++)
		elements[i] = Int64GetDatum(ids[i]);
	return construct_array(elements, count, INT8OID, sizeof(int64),
						   FLOAT8PASSBYVAL, TYPALIGN_DOUBLE);
}

TimestampTz
hft_row_due(uint64 row, int column)
{
	bool		isnull;
	Datum		due = hft_row_datum(row, column, &isnull);

	return isnull ? DT_NOEND : DatumGetTimestampTz(due);
}
