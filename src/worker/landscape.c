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

#include "fmgr.h"
#include "funcapi.h"
#include "lib/stringinfo.h"

#include "base/rows.h"
#include "provider/provider.h"

PG_FUNCTION_INFO_V1(hft_sql_providers);
PG_FUNCTION_INFO_V1(hft_sql_provider_operations);
PG_FUNCTION_INFO_V1(hft_sql_provider_options);

/* A bound of an option: none where the table says so. */
static void
put_bound(HftRowMaker *row, const HftOptionSpec *spec, double bound)
{
	bool		numeric = spec->type == HFT_OPTION_INT ||
	spec->type == HFT_OPTION_NUMBER ||
	spec->type == HFT_OPTION_INT_OR_AUTO ||
	spec->type == HFT_OPTION_NUMBER_OR_AUTO;

	if (!numeric || fabs(bound) >= HFT_NO_MAX)
		hft_put_null(row);
	else
		hft_put_datum(row, Float8GetDatum(bound == HFT_POSITIVE ? 0 : bound));
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
	HftRowMaker row = {.n = 0};

	hft_put_text(&row, provider->name);
	hft_put_text(&row, provider->title);
	hft_put_list(&row, provider->methods);
	hft_put_text(&row, provider->format);
	hft_put_datum(&row, Int32GetDatum(provider->min_examples));
	hft_put_count(&row, provider->max_file_bytes > 0 ?
				  provider->max_file_bytes : HFT_UNKNOWN);
	hft_put_text(&row, landscape->loss_source);
	hft_put_text(&row, landscape->recovery);
	hft_put_datum(&row, BoolGetDatum(provider->create_is_idempotent));
	hft_put_text(&row, landscape->serving);
	hft_put_text(&row, landscape->serving_billing);
	hft_put_text(&row, landscape->weights);
	hft_put_text(&row, landscape->data_location);
	hft_put_text(&row, landscape->status);
	hft_put_text(&row, provider->closing_notice);
	hft_put_list(&row, list_operations(provider));
	hft_put_end(&row, result);
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
			HftRowMaker row = {.n = 0};

			hft_put_text(&row, (*list)->name);
			hft_put_text(&row, hft_op_name(op));
			hft_put_datum(&row, BoolGetDatum(operation->request != NULL));
			hft_put_text(&row, operation->request ? NULL : operation->instead);
			hft_put_end(&row, result);
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
		HftRowMaker row = {.n = 0};

		hft_put_text(&row, provider->name);
		hft_put_text(&row, kind);
		hft_put_text(&row, spec->name);
		hft_put_text(&row, types[spec->type]);
		put_bound(&row, spec, spec->min);
		put_bound(&row, spec, spec->max);
		hft_put_list(&row, spec->choices);
		hft_put_text(&row, spec->description);
		hft_put_end(&row, result);
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
