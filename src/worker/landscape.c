/*-------------------------------------------------------------------------
 *
 * landscape.c
 *	  hft.providers: what the platforms are like, as rows.
 *
 * Everything comes from the tables of the adapters, so that nothing said
 * here can differ from what is done; what is unknown is null.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_collation.h"
#include "fmgr.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "provider/provider.h"

PG_FUNCTION_INFO_V1(hft_sql_providers);
PG_FUNCTION_INFO_V1(hft_sql_provider_operations);
PG_FUNCTION_INFO_V1(hft_sql_provider_options);

#define MAX_COLUMNS 16

/* A row in the making. */
typedef struct RowMaker
{
	Datum		values[MAX_COLUMNS];
	bool		nulls[MAX_COLUMNS];
	int			n;
} RowMaker;

static void
put_datum(RowMaker *row, Datum value)
{
	row->nulls[row->n] = false;
	row->values[row->n++] = value;
}

static void
put_null(RowMaker *row)
{
	row->nulls[row->n++] = true;
}

/* NULL is null. */
static void
put_text(RowMaker *row, const char *text)
{
	if (text != NULL)
		put_datum(row, CStringGetTextDatum(text));
	else
		put_null(row);
}

/* A text with separators as an array; NULL is null. */
static void
put_list(RowMaker *row, const char *list)
{
	if (list != NULL)
		put_datum(row, DirectFunctionCall2Coll(text_to_array,
											   DEFAULT_COLLATION_OID,
											   CStringGetTextDatum(list),
											   CStringGetTextDatum("|")));
	else
		put_null(row);
}

/* A bound of an option: none where the table says so. */
static void
put_bound(RowMaker *row, const HftOptionSpec *spec, double bound)
{
	bool		numeric = spec->type == HFT_OPTION_INT ||
	spec->type == HFT_OPTION_NUMBER ||
	spec->type == HFT_OPTION_INT_OR_AUTO ||
	spec->type == HFT_OPTION_NUMBER_OR_AUTO;

	if (!numeric || fabs(bound) >= HFT_NO_MAX)
		put_null(row);
	else
		put_datum(row, Float8GetDatum(bound == HFT_POSITIVE ? 0 : bound));
}

static void
end_row(ReturnSetInfo *result, RowMaker *row)
{
	tuplestore_putvalues(result->setResult, result->setDesc, row->values,
						 row->nulls);
}

/* ---- platforms ---- */

/* The operations that are there, as "upload|create|...". */
static char *
list_operations(const HftProvider *provider)
{
	StringInfoData list;

	initStringInfo(&list);
	for (HftOp op = 0; op < HFT_OP_COUNT; op++)
	{
		if (provider->operations[op].request == NULL)
			continue;
		appendStringInfo(&list, "%s%s", list.len > 0 ? "|" : "",
						 hft_op_name(op));
	}
	return list.data;
}

static void
put_provider(ReturnSetInfo *result, const HftProvider *provider)
{
	const HftLandscape *landscape = &provider->landscape;
	RowMaker	row = {.n = 0};

	put_text(&row, provider->name);
	put_text(&row, provider->title);
	put_list(&row, provider->methods);
	put_text(&row, provider->format);
	put_datum(&row, Int32GetDatum(provider->min_examples));
	if (provider->max_file_bytes > 0)
		put_datum(&row, Int64GetDatum(provider->max_file_bytes));
	else
		put_null(&row);
	put_text(&row, landscape->loss_source);
	put_text(&row, landscape->recovery);
	put_datum(&row, BoolGetDatum(provider->create_is_idempotent));
	put_text(&row, landscape->serving);
	put_text(&row, landscape->serving_billing);
	put_text(&row, landscape->weights);
	put_text(&row, landscape->data_location);
	put_text(&row, landscape->status);
	put_text(&row, provider->closing_notice);
	put_list(&row, list_operations(provider));
	end_row(result, &row);
}

Datum
hft_sql_providers(PG_FUNCTION_ARGS)
{
	const HftProvider *const *list = hft_provider_list();

	InitMaterializedSRF(fcinfo, 0);
	for (; *list != NULL; list++)
		put_provider((ReturnSetInfo *) fcinfo->resultinfo, *list);
	return (Datum) 0;
}

/* ---- what they can do ---- */

Datum
hft_sql_provider_operations(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	const HftProvider *const *list = hft_provider_list();

	InitMaterializedSRF(fcinfo, 0);
	for (; *list != NULL; list++)
	{
		for (HftOp op = 0; op < HFT_OP_COUNT; op++)
		{
			const HftOperation *operation = &(*list)->operations[op];
			RowMaker	row = {.n = 0};

			put_text(&row, (*list)->name);
			put_text(&row, hft_op_name(op));
			put_datum(&row, BoolGetDatum(operation->request != NULL));
			put_text(&row, operation->request ? NULL : operation->instead);
			end_row(result, &row);
		}
	}
	return (Datum) 0;
}

/* ---- what they take ---- */

static void
put_options(ReturnSetInfo *result, const HftProvider *provider,
			const char *kind, const HftOptionSpec *spec)
{
	static const char *const types[] = {
		[HFT_OPTION_TEXT] = "text",
		[HFT_OPTION_BOOL] = "boolean",
		[HFT_OPTION_INT] = "integer",
		[HFT_OPTION_NUMBER] = "number",
		[HFT_OPTION_URL] = "url",
		[HFT_OPTION_OBJECT] = "json",
		[HFT_OPTION_INT_OR_AUTO] = "integer or auto",
		[HFT_OPTION_NUMBER_OR_AUTO] = "number or auto"
	};

	for (; spec != NULL && spec->name != NULL; spec++)
	{
		RowMaker	row = {.n = 0};

		put_text(&row, provider->name);
		put_text(&row, kind);
		put_text(&row, spec->name);
		put_text(&row, types[spec->type]);
		put_bound(&row, spec, spec->min);
		put_bound(&row, spec, spec->max);
		put_list(&row, spec->choices);
		put_text(&row, spec->description);
		end_row(result, &row);
	}
}

Datum
hft_sql_provider_options(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	const HftProvider *const *list = hft_provider_list();

	InitMaterializedSRF(fcinfo, 0);
	for (; *list != NULL; list++)
	{
		put_options(result, *list, "server", (*list)->server_options);
		put_options(result, *list, "hyperparameter",
					(*list)->hyperparameters);
		put_options(result, *list, "job", (*list)->job_options);
	}
	return (Datum) 0;
}
