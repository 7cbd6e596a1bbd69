/*-------------------------------------------------------------------------
 *
 * subject.h
 *	  The kinds of things a worker drives, and what they share in SQL.
 *
 * Include postgres.h first.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_SUBJECT_H
#define HFT_SUBJECT_H

#include "utils/array.h"

#include "worker/task.h"

extern const HftSubject hft_job_subject;
extern const HftSubject hft_deployment_subject;
extern const HftSubject hft_import_subject;
extern const HftSubject hft_refresh_subject;

/* Parameters collected one by one: value and null flag stay together. */
typedef struct HftParams
{
	Datum		values[HFT_SQL_MAX_ARGS];
	char		nulls[HFT_SQL_MAX_ARGS];
	int			count;
} HftParams;

extern void hft_param(HftParams *params, Datum value, bool isnull);
extern void hft_param_text(HftParams *params, const char *text);
extern void hft_param_int(HftParams *params, int64 value, bool isnull);

/* bigint[] of ids */
extern ArrayType *hft_id_array(const int64 *ids, int count);

/* A column due_at of the row just returned; DT_NOEND when it is null. */
extern TimestampTz hft_row_due(uint64 row, int column);

#endif							/* HFT_SUBJECT_H */
