/*-------------------------------------------------------------------------
 *
 * inspect.c
 *	  Looking at a version: findings, profile, proof of its hashes; and the
 *	  function that makes one.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/datum.h"

#include "base/sql.h"
#include "dataset/dataset.h"
#include "dataset/reading.h"
#include "dataset/seal.h"
#include "example/rule.h"

PG_FUNCTION_INFO_V1(hft_sql_snapshot_dataset);
PG_FUNCTION_INFO_V1(hft_sql_check_dataset);
PG_FUNCTION_INFO_V1(hft_sql_profile_dataset);
PG_FUNCTION_INFO_V1(hft_sql_verify_dataset);
PG_FUNCTION_INFO_V1(hft_sql_diff_dataset);
PG_FUNCTION_INFO_V1(hft_sql_rules);

#define VERIFY_ROWS 1000

Datum
hft_sql_snapshot_dataset(PG_FUNCTION_ARGS)
{
	static HftStatement find = {
		"SELECT v FROM hft.dataset_version v WHERE id = $1", 1, {INT8OID}
	};
	char	   *name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	HftVersion	version = hft_dataset_snapshot(name);
	Datum		id = Int64GetDatum(version.id);
	HftScope	scope;
	bool		isnull;
	Datum		row;

	if (version.known)
		ereport(NOTICE,
				(errmsg("data set \"%s\" has not changed since version %d",
						name, version.number)));
	hft_scope_enter(&scope);
	hft_statement_run(&find, &id, NULL, 0);
	row = datumCopy(hft_row_datum(0, 1, &isnull), false, -1);
	hft_scope_leave(&scope);
	return row;
}

/* The version that arguments 0 (name) and "arg" (number or null) mean. */
static HftVersion
version_argument(FunctionCallInfo fcinfo, int arg)
{
	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("dataset must not be null")));
	return hft_version_get(text_to_cstring(PG_GETARG_TEXT_PP(0)),
						   PG_ARGISNULL(arg) ? HFT_LATEST_VERSION :
						   PG_GETARG_INT32(arg));
}

/* Return all rows of the statement; "values" are its parameters. */
static Datum
return_rows(FunctionCallInfo fcinfo, HftStatement *statement,
			const Datum *values)
{
	ReturnSetInfo *info = (ReturnSetInfo *) fcinfo->resultinfo;
	HftScope	scope;
	uint64		n;

	InitMaterializedSRF(fcinfo, 0);
	hft_scope_enter(&scope);
	n = hft_statement_run(statement, values, NULL, 0);
	for (uint64 i = 0; i < n; i++)
		tuplestore_puttuple(info->setResult, SPI_tuptable->vals[i]);
	hft_scope_leave(&scope);
	return (Datum) 0;
}

/* What holds for every format, and for the one that is asked about. */
Datum
hft_sql_check_dataset(PG_FUNCTION_ARGS)
{
	static HftStatement findings = {
		"SELECT f.* FROM hft.finding f WHERE version_id = $1 "
		"AND (format IS NULL OR $2 IN (format, 'any')) "
		"ORDER BY array_position(ARRAY['error', 'warning', 'info'], severity), "
		"rule, split, n",
		2, {INT8OID, TEXTOID}
	};
	Datum		values[2];
	const char *format = "any";

	if (!PG_ARGISNULL(2))
		format = hft_format_get(text_to_cstring(PG_GETARG_TEXT_PP(2)))->format;
	values[0] = Int64GetDatum(version_argument(fcinfo, 1).id);
	values[1] = CStringGetTextDatum(format);
	return return_rows(fcinfo, &findings, values);
}

/* The histogram's bars are the powers of two: "up to 64", "up to 128"... */
Datum
hft_sql_profile_dataset(PG_FUNCTION_ARGS)
{
	static HftStatement profile = {
		"SELECT split, count(*), sum(tokens)::bigint, "
		"  sum(trained_tokens)::bigint, sum(bytes + 1)::bigint, "
		"  round(avg(tokens), 1), min(tokens), "
		"  percentile_disc(0.5) WITHIN GROUP (ORDER BY tokens), "
		"  percentile_disc(0.9) WITHIN GROUP (ORDER BY tokens), "
		"  percentile_disc(0.99) WITHIN GROUP (ORDER BY tokens), "
		"  max(tokens), "
		"  (array_agg(source_key ORDER BY tokens DESC, n))[1], "
		"  (SELECT json_object_agg(h.up_to, h.examples ORDER BY h.up_to)::jsonb "
		"   FROM (SELECT (2 ^ ceil(log(2, greatest(e.tokens, 1))))::int AS up_to, "
		"           count(*) AS examples FROM hft.example e "
		"         WHERE e.version_id = $1 "
		"           AND e.split = x.split GROUP BY 1) h) "
		"FROM hft.example x WHERE version_id = $1 GROUP BY split ORDER BY split",
		1, {INT8OID}
	};
	Datum		id = Int64GetDatum(version_argument(fcinfo, 1).id);

	return return_rows(fcinfo, &profile, &id);
}

/* ---- proof ---- */

/* Hash the lines of a split anew. */
static void
hash_split(int64 version, HftSplitKind split, HftSplitTotal *total)
{
	static HftStatement slice = {
		"SELECT n, body FROM hft.example WHERE version_id = $1 "
		"AND split = $2::hft.split AND n > $3 ORDER BY n LIMIT $4",
		4, {INT8OID, TEXTOID, INT8OID, INT8OID}
	};
	HftDigest  *digest = hft_digest_begin();
	Datum		values[4];
	uint64		n;

	values[0] = Int64GetDatum(version);
	values[1] = CStringGetTextDatum(hft_split_name(split));
	values[2] = Int64GetDatum(0);
	values[3] = Int64GetDatum(VERIFY_ROWS);
	while ((n = hft_statement_run(&slice, values, NULL, 0)) > 0)
	{
		for (uint64 i = 0; i < n; i++)
		{
			bool		isnull;
			text	   *body = DatumGetTextPP(hft_row_datum(i, 2, &isnull));

			CHECK_FOR_INTERRUPTS();
			hft_digest_add(digest, VARDATA_ANY(body), VARSIZE_ANY_EXHDR(body));
			hft_digest_add(digest, "\n", 1);
			total->bytes += VARSIZE_ANY_EXHDR(body) + 1;
		}
		total->rows += n;
		values[2] = Int64GetDatum(hft_row_int64(n - 1, 1, 0));
		SPI_freetuptable(SPI_tuptable);
	}
	hft_digest_end(digest, total->sha256);
}

/* Does what is stored about the version agree with its lines? */
static bool
agrees(int64 version, const HftTotals *totals)
{
	static HftStatement compare = {
		"SELECT count(*) FROM hft.dataset_version v "
		"LEFT JOIN hft.dataset_split s ON s.version_id = v.id "
		"  AND s.split = $3::hft.split "
		"WHERE v.id = $1 AND v.sha256 = $2 AND coalesce(s.rows, 0) = $4 "
		"  AND ($4 = 0 OR s.sha256 = $5 AND s.bytes = $6)",
		6, {INT8OID, BYTEAOID, TEXTOID, INT8OID, BYTEAOID, INT8OID}
	};
	char		hash[VARHDRSZ + PG_SHA256_DIGEST_LENGTH];
	char		split_hash[VARHDRSZ + PG_SHA256_DIGEST_LENGTH];
	bool		result = true;

	SET_VARSIZE(hash, sizeof(hash));
	SET_VARSIZE(split_hash, sizeof(split_hash));
	memcpy(VARDATA(hash), totals->sha256, PG_SHA256_DIGEST_LENGTH);
	for (int i = 0; i < HFT_SPLIT_COUNT; i++)
	{
		const HftSplitTotal *total = &totals->split[i];
		Datum		values[6];

		memcpy(VARDATA(split_hash), total->sha256, PG_SHA256_DIGEST_LENGTH);
		values[0] = Int64GetDatum(version);
		values[1] = PointerGetDatum(hash);
		values[2] = CStringGetTextDatum(hft_split_name(i));
		values[3] = Int64GetDatum(total->rows);
		values[4] = PointerGetDatum(split_hash);
		values[5] = Int64GetDatum(total->bytes);
		hft_statement_run(&compare, values, NULL, 0);
		result &= hft_row_int64(0, 1, 0) == 1;
	}
	return result;
}

Datum
hft_sql_verify_dataset(PG_FUNCTION_ARGS)
{
	HftVersion	version = version_argument(fcinfo, 1);
	HftTotals	totals = {0};
	HftScope	scope;
	bool		result;

	hft_scope_enter(&scope);
	for (int i = 0; i < HFT_SPLIT_COUNT; i++)
		hash_split(version.id, i, &totals.split[i]);
	hft_seal_combine(&totals);
	result = agrees(version.id, &totals);
	hft_scope_leave(&scope);
	PG_RETURN_BOOL(result);
}

/* ---- comparing, and the rules ---- */

Datum
hft_sql_diff_dataset(PG_FUNCTION_ARGS)
{
	static HftStatement diff = {
		"WITH old AS (SELECT split, source_key, body, "
		"    row_number() OVER (PARTITION BY body) AS copy "
		"  FROM hft.example WHERE version_id = $1), "
		"new AS (SELECT split, source_key, body, "
		"    row_number() OVER (PARTITION BY body) AS copy "
		"  FROM hft.example WHERE version_id = $2) "
		"SELECT CASE WHEN old.body IS NULL THEN 'added' "
		"    WHEN new.body IS NULL THEN 'removed' ELSE 'moved' END, "
		"  old.split, new.split, coalesce(new.source_key, old.source_key), "
		"  coalesce(new.body, old.body) "
		"FROM old FULL JOIN new USING (body, copy) "
		"WHERE old.split IS DISTINCT FROM new.split "
		"ORDER BY 1, 4, 5",
		2, {INT8OID, INT8OID}
	};
	Datum		values[2];

	if (PG_ARGISNULL(1))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the older version must not be null")));
	values[0] = Int64GetDatum(version_argument(fcinfo, 1).id);
	values[1] = Int64GetDatum(version_argument(fcinfo, 2).id);
	return return_rows(fcinfo, &diff, values);
}

Datum
hft_sql_rules(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *info = (ReturnSetInfo *) fcinfo->resultinfo;
	int			n;
	const HftRule *rules = hft_rules(&n);

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < n; i++)
	{
		Datum		values[4];
		bool		nulls[4] = {false};

		values[0] = CStringGetTextDatum(rules[i].id);
		values[1] = CStringGetTextDatum(hft_severity_name(rules[i].severity));
		nulls[2] = rules[i].format == NULL;
		if (rules[i].format != NULL)
			values[2] = CStringGetTextDatum(rules[i].format);
		values[3] = CStringGetTextDatum(rules[i].meaning);
		tuplestore_putvalues(info->setResult, info->setDesc, values, nulls);
	}
	return (Datum) 0;
}
