/*-------------------------------------------------------------------------
 *
 * tokens.c
 *	  SQL functions over the tokenizer.
 *
 * An encoding is opened when it is first asked for (encodings.c) and stays
 * open for the life of the backend: it is a mapping of a file that all
 * backends share, plus a bounded memory of counts.  A call site remembers the
 * model it was last called with, so that a scan looks the name up once.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <limits.h>

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "dataset/tokens.h"

#define STEP_BYTES	(256 * 1024)	/* counted between two looks for an
									 * interrupt */
/* What a call site knows about its model argument. */
typedef struct TokenSite
{
	HftTokenTarget target;
	uint64		generation;		/* of what models mean */
	char	   *model;
	int			len;
} TokenSite;

HftTokenTarget
hft_token_target(const char *model, int len)
{
	const HftTokenModel *found = hft_token_model_get(model, len);
	HftTokenTarget target;

	target.encoding = hft_encoding_get(found->encoding);
	target.chat = found->chat;
	target.images = found->images;
	target.exact = found->exact;
	return target;
}

HftTokenTarget
hft_token_site(FunctionCallInfo fcinfo, int argno)
{
	text	   *model = PG_GETARG_TEXT_PP(argno);
	char	   *data = VARDATA_ANY(model);
	int			len = VARSIZE_ANY_EXHDR(model);
	TokenSite  *site = fcinfo->flinfo->fn_extra;

	if (site != NULL && site->len == len &&
		site->generation == hft_token_generation &&
		memcmp(site->model, data, len) == 0)
		return site->target;
	if (site == NULL)
		site = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt,
									  sizeof(TokenSite));
	else
	{
		fcinfo->flinfo->fn_extra = NULL;
		pfree(site->model);
	}
	site->target = hft_token_target(data, len);
	site->model = MemoryContextAlloc(fcinfo->flinfo->fn_mcxt, len + 1);
	memcpy(site->model, data, len);
	site->len = len;
	site->generation = hft_token_generation;
	fcinfo->flinfo->fn_extra = site;
	return site->target;
}

void
hft_token_report(HftTokenStatus status)
{
	ereport(ERROR,
			(errcode(status == HFT_TOKEN_NO_MEMORY ?
					 ERRCODE_OUT_OF_MEMORY :
					 ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("could not count tokens: %s",
					hft_token_status_text(status))));
}

HftTokenStatus
hft_token_pause(HftTokenStatus status)
{
	CHECK_FOR_INTERRUPTS();
	return status == HFT_TOKEN_STOPPED ? HFT_TOKEN_OK : status;
}

int64
hft_tokens_count(HftEncoding *enc, const char *text, size_t len)
{
	HftTokenScan scan;
	HftTokenStatus status;

	status = hft_scan_begin(&scan, enc, text, len);
	while (status == HFT_TOKEN_OK && scan.done < scan.len)
	{
		status = hft_token_pause(hft_scan_step(&scan, STEP_BYTES));
	}
	if (status != HFT_TOKEN_OK)
		hft_token_report(status);
	return scan.tokens;
}

char *
hft_token_text(text *value, size_t *len)
{
	char	   *data = VARDATA_ANY(value);
	char	   *utf8;

	*len = VARSIZE_ANY_EXHDR(value);
	utf8 = pg_server_to_any(data, *len, PG_UTF8);
	if (utf8 != data)
		*len = strlen(utf8);
	return utf8;
}

PG_FUNCTION_INFO_V1(hft_sql_count_tokens);
Datum
hft_sql_count_tokens(PG_FUNCTION_ARGS)
{
	HftTokenTarget target = hft_token_site(fcinfo, 1);
	text	   *value = PG_GETARG_TEXT_PP(0);
	size_t		len;
	char	   *data = hft_token_text(value, &len);
	int64		n = hft_tokens_count(target.encoding, data, len);

	PG_FREE_IF_COPY(value, 0);
	PG_RETURN_INT32(n);
}

/* Store the ids of a text that was counted to have n of them. */
static void
store_ids(HftEncoding *enc, const char *text, size_t len, uint32 *ids,
		  int64 n)
{
	HftTokenScan scan;
	HftTokenStatus status = hft_scan_begin(&scan, enc, text, len);

	while (status == HFT_TOKEN_OK && scan.done < scan.len)
	{
		status = hft_token_pause(hft_scan_encode(&scan, STEP_BYTES, ids,
												 NULL, n));
	}
	if (status != HFT_TOKEN_OK)
		hft_token_report(status);
	if (scan.tokens != n)
		elog(ERROR, "counted %lld tokens but encoded %lld", (long long) n,
			 (long long) scan.tokens);
}

PG_FUNCTION_INFO_V1(hft_sql_encode);
Datum
hft_sql_encode(PG_FUNCTION_ARGS)
{
	HftTokenTarget target = hft_token_site(fcinfo, 1);
	size_t		len;
	char	   *data = hft_token_text(PG_GETARG_TEXT_PP(0), &len);
	int64		n = hft_tokens_count(target.encoding, data, len);
	ArrayType  *array;
	Size		size = ARR_OVERHEAD_NONULLS(1) + n * sizeof(int32);

	if (n == 0)
		PG_RETURN_ARRAYTYPE_P(construct_empty_array(INT4OID));
	if (!AllocSizeIsValid(size))
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("array of %lld tokens exceeds the maximum size",
						(long long) n)));
	array = palloc0(size);
	SET_VARSIZE(array, size);
	array->ndim = 1;
	array->elemtype = INT4OID;
	ARR_DIMS(array)[0] = n;
	ARR_LBOUND(array)[0] = 1;
	store_ids(target.encoding, data, len, (uint32 *) ARR_DATA_PTR(array), n);
	PG_RETURN_ARRAYTYPE_P(array);
}

static void
report_bad_id(const HftEncoding *enc, const uint32 *ids, int n)
{
	size_t		len;
	int			i;

	for (i = 0; i < n - 1; i++)
		if (hft_encoding_decode(enc, ids + i, 1, NULL, 0,
								&len) != HFT_TOKEN_OK)
			break;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("encoding \"%s\" has no token %d",
					hft_encoding_info(enc).name, (int) ids[i])));
}

PG_FUNCTION_INFO_V1(hft_sql_decode);
Datum
hft_sql_decode(PG_FUNCTION_ARGS)
{
	ArrayType  *array = PG_GETARG_ARRAYTYPE_P(0);
	HftTokenTarget target = hft_token_site(fcinfo, 1);
	uint32	   *ids = (uint32 *) ARR_DATA_PTR(array);
	int			n = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
	char	   *buffer;
	size_t		len;

	if (array_contains_nulls(array))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("token ids must not be null")));
	if (hft_encoding_decode(target.encoding, ids, n, NULL, 0,
							&len) != HFT_TOKEN_OK)
		report_bad_id(target.encoding, ids, n);
	buffer = palloc(len + 1);
	hft_encoding_decode(target.encoding, ids, n, buffer, len, &len);
	buffer[len] = '\0';
	/* verifies: ids may begin or end inside a character */
	buffer = pg_any_to_server(buffer, len, PG_UTF8);
	PG_RETURN_TEXT_P(cstring_to_text(buffer));
}
