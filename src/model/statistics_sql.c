/*-------------------------------------------------------------------------
 *
 * statistics_sql.c
 *	  SQL functions over statistics.c.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"

#include "model/statistics.h"

#define MAX_PAIRS ((int64) 1 << 32)
#define MAX_RESAMPLES 1000000
#define DRAWS_PER_STEP 1000000	/* some milliseconds between interrupts */

PG_FUNCTION_INFO_V1(hft_sql_wilson);
PG_FUNCTION_INFO_V1(hft_sql_mcnemar);
PG_FUNCTION_INFO_V1(hft_sql_paired_bootstrap);

static double
check_confidence(double confidence)
{
	if (!(confidence > 0 && confidence < 1))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("confidence must lie between 0 and 1")));
	return confidence;
}

static Datum
make_record(FunctionCallInfo fcinfo, const double *numbers, int n)
{
	TupleDesc	desc;
	Datum		values[4];
	bool		nulls[4] = {false};

	Assert(n <= lengthof(values));
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	for (int i = 0; i < n; i++)
		values[i] = Float8GetDatum(numbers[i]);
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values,
											 nulls));
}

Datum
hft_sql_wilson(PG_FUNCTION_ARGS)
{
	int64		successes = PG_GETARG_INT64(0);
	int64		n = PG_GETARG_INT64(1);
	double		confidence = check_confidence(PG_GETARG_FLOAT8(2));
	HftInterval interval;

	if (n <= 0 || successes < 0 || successes > n)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("successes must lie between 0 and n, and n above 0"),
				 errdetail("There are %lld successes in %lld trials.",
						   (long long) successes, (long long) n)));
	interval = hft_wilson(successes, n, confidence);
	return make_record(fcinfo, (double[]) {interval.low, interval.high}, 2);
}

Datum
hft_sql_mcnemar(PG_FUNCTION_ARGS)
{
	int64		b = PG_GETARG_INT64(0);
	int64		c = PG_GETARG_INT64(1);

	if (b < 0 || c < 0 || b > MAX_PAIRS || c > MAX_PAIRS - b)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("b and c must not be negative, nor together exceed %lld",
						(long long) MAX_PAIRS)));
	PG_RETURN_FLOAT8(hft_mcnemar(b, c));
}

/* The numbers of a one-dimensional array that has no NULLs. */
static double *
array_numbers(ArrayType *array, int *n)
{
	if (ARR_NDIM(array) > 1 || array_contains_nulls(array))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("scores must be arrays of one dimension without NULLs")));
	*n = ARR_NDIM(array) == 0 ? 0 : ARR_DIMS(array)[0];
	return (double *) ARR_DATA_PTR(array);
}

/* palloc'd differences of the pairs */
static double *
pair_differences(FunctionCallInfo fcinfo, int *n)
{
	int			n_b;
	double	   *a = array_numbers(PG_GETARG_ARRAYTYPE_P(0), n);
	double	   *b = array_numbers(PG_GETARG_ARRAYTYPE_P(1), &n_b);
	double	   *differences;

	if (*n != n_b || *n == 0)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("both arrays must hold the same number of scores, and at least one"),
				 errdetail("They hold %d and %d.", *n, n_b)));
	differences = palloc(sizeof(double) * *n);
	for (int i = 0; i < *n; i++)
	{
		differences[i] = a[i] - b[i];
		if (!isfinite(differences[i]))
			ereport(ERROR,
					(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					 errmsg("difference of pair %d is not finite", i + 1)));
	}
	return differences;
}

Datum
hft_sql_paired_bootstrap(PG_FUNCTION_ARGS)
{
	double		confidence = check_confidence(PG_GETARG_FLOAT8(2));
	int32		resamples = PG_GETARG_INT32(3);
	uint64		seed = (uint64) PG_GETARG_INT64(4);
	int			n;
	double	   *differences = pair_differences(fcinfo, &n);
	HftBootstrap bootstrap;
	HftBootstrapResult result;

	if (resamples < 1 || resamples > MAX_RESAMPLES)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("resamples must lie between 1 and %d",
						MAX_RESAMPLES)));
	hft_bootstrap_begin(&bootstrap, differences, n,
						palloc(sizeof(double) * resamples), resamples, seed);
	while (!hft_bootstrap_step(&bootstrap, DRAWS_PER_STEP))
		CHECK_FOR_INTERRUPTS();
	hft_bootstrap_end(&bootstrap, confidence, &result);
	return make_record(fcinfo, (double[]) {
					   result.difference, result.interval.low,
					   result.interval.high, result.p_value}, 4);
}
