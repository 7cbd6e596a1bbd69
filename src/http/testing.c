/*-------------------------------------------------------------------------
 *
 * testing.c
 *	  Requests made by hand, for tests of the network's faults.
 *
 * Compiled only with -DHFT_TESTING, and not declared in the extension's
 * script: a test creates the functions itself, which only a superuser can.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#ifdef HFT_TESTING

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/latch.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "base/errors.h"
#include "http/http.h"

PG_FUNCTION_INFO_V1(hft_test_http);
PG_FUNCTION_INFO_V1(hft_test_http_many);

#define PIECE 100000			/* no divisor of any buffer */

typedef struct Order
{
	HftRequest	request;
	int64		feed;			/* bytes of data set really given */
} Order;

/* One for the session, so that connections are kept between calls. */
static HftHttp *
session_http(void)
{
	static HftHttp *http = NULL;

	if (http == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(TopMemoryContext);

		http = hft_http_create();
		MemoryContextSwitchTo(old);
	}
	return http;
}

static HftEffect
effect_of(const char *word)
{
	return strcmp(word, "paid") == 0 ? HFT_EFFECT_PAID :
		strcmp(word, "repeatable") == 0 ? HFT_EFFECT_REPEATABLE :
		HFT_EFFECT_READ;
}

static HftPace
pace_of(const char *word)
{
	return strcmp(word, "chat") == 0 ? HFT_PACE_CHAT :
		strcmp(word, "upload") == 0 ? HFT_PACE_UPLOAD : HFT_PACE_POLL;
}

static void
set_option(Order *order, const char *name, char *value)
{
	HftRequest *request = &order->request;

	if (strcmp(name, "effect") == 0)
		request->effect = effect_of(value);
	else if (strcmp(name, "pace") == 0)
		request->pace = pace_of(value);
	else if (strcmp(name, "limit") == 0)
		request->response_limit = strtoul(value, NULL, 10);
	else if (strcmp(name, "body") == 0)
	{
		request->has_body = true;
		request->prefix = value;
		request->prefix_length = strlen(value);
	}
	else if (strcmp(name, "suffix") == 0)
	{
		request->suffix = value;
		request->suffix_length = strlen(value);
	}
	else if (strcmp(name, "dataset") == 0)
	{
		request->has_body = true;
		request->dataset_length = strtoll(value, NULL, 10);
		order->feed = request->dataset_length;
	}
	else if (strcmp(name, "feed") == 0)
		order->feed = strtoll(value, NULL, 10);
	else if (request->nheaders < HFT_MAX_HEADERS)
		request->headers[request->nheaders++] =
			(HftHeader) {name, value};
}

static void
set_options(Order *order, ArrayType *options)
{
	Datum	   *items;
	int			count;

	deconstruct_array(options, TEXTOID, -1, false, TYPALIGN_INT, &items, NULL,
					  &count);
	for (int i = 0; i + 1 < count; i += 2)
		set_option(order, TextDatumGetCString(items[i]),
				   TextDatumGetCString(items[i + 1]));
}

static void
feed(HftTransfer *transfer, Order *order)
{
	static char piece[PIECE];
	size_t		length = Min(hft_transfer_room(transfer), PIECE);

	length = Min(length, order->feed);
	memset(piece, 'x', sizeof(piece));
	order->feed -= length;
	hft_transfer_feed(transfer, piece, length, order->feed == 0);
}

static void
step(HftHttp *http)
{
	hft_http_wait(http, 1000, PG_WAIT_EXTENSION);
	ResetLatch(MyLatch);
	CHECK_FOR_INTERRUPTS();
}

static HftTransfer *
run(HftHttp *http, Order *order)
{
	HftTransfer *volatile transfer;
	HftTransfer *done = NULL;

	if (order->request.dataset_length == 0)
		return hft_http_perform(http, &order->request);
	transfer = hft_http_start(http, &order->request, NULL);
	PG_TRY();
	{
		while ((done = hft_http_finished(http)) == NULL)
		{
			step(http);
			if (hft_http_hungry(http) != NULL)
				feed(transfer, order);
		}
	}
	PG_CATCH();
	{
		hft_transfer_free(transfer);
		PG_RE_THROW();
	}
	PG_END_TRY();
	return done;
}

/*
 * (url, method, {name, value, ...}) -> net, sent, status, content_type, body,
 * detail, seconds, uploaded, sqlstate.  A name that is no option is a header.
 */
Datum
hft_test_http(PG_FUNCTION_ARGS)
{
	Order		order = {.request.url = text_to_cstring(PG_GETARG_TEXT_PP(0)),
	.request.method = text_to_cstring(PG_GETARG_TEXT_PP(1))};
	Datum		values[9];
	bool		nulls[9] = {0};
	TupleDesc	row;
	HftTransfer *transfer;
	const HftResult *result;
	const char *sqlstate;

	if (get_call_result_type(fcinfo, NULL, &row) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	set_options(&order, PG_GETARG_ARRAYTYPE_P(2));
	transfer = run(session_http(), &order);
	result = hft_transfer_result(transfer);
	values[0] = CStringGetTextDatum(hft_net_word(result->net));
	values[1] = BoolGetDatum(result->sent);
	values[2] = Int32GetDatum(result->response.status);
	values[3] = CStringGetTextDatum(result->response.content_type);
	values[4] = CStringGetTextDatum(hft_redact(result->response.body, 2000));
	values[5] = CStringGetTextDatum(hft_redact(result->detail, 2000));
	values[6] = Float8GetDatum(result->seconds);
	values[7] = Int64GetDatum(result->uploaded);
	sqlstate = unpack_sql_state(hft_net_sqlstate(result->net));
	values[8] = CStringGetTextDatum(sqlstate);
	hft_transfer_free(transfer);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(row),
													  values, nulls)));
}

/* (url, total, at once) -> how many GETs were answered with 200. */
Datum
hft_test_http_many(PG_FUNCTION_ARGS)
{
	HftRequest	request = {.url = text_to_cstring(PG_GETARG_TEXT_PP(0)),
	.method = "GET"};
	int			left = PG_GETARG_INT32(1);
	int			most = PG_GETARG_INT32(2);
	int			good = 0;
	HftHttp    *http = session_http();
	HftTransfer *transfer;

	while (left > 0 || hft_http_running(http) > 0)
	{
		for (; left > 0 && hft_http_running(http) < most; left--)
			hft_http_start(http, &request, NULL);
		step(http);
		while ((transfer = hft_http_finished(http)) != NULL)
		{
			good += hft_transfer_result(transfer)->response.status == 200;
			hft_transfer_free(transfer);
		}
	}
	PG_RETURN_INT32(good);
}

#endif							/* HFT_TESTING */
