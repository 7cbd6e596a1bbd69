/*-------------------------------------------------------------------------
 *
 * chat_sql.c
 *	  SQL functions over chat.c.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "fmgr.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"

#include "model/chat.h"

PG_FUNCTION_INFO_V1(hft_sql_chat);
PG_FUNCTION_INFO_V1(hft_sql_chat_detail);

/* The wire speaks UTF-8, whatever the database does. */
static char *
to_wire(char *text)
{
	return (char *) pg_do_encoding_conversion((unsigned char *) text,
											  strlen(text),
											  GetDatabaseEncoding(), PG_UTF8);
}

/* palloc'd; ERROR when the database cannot hold it. */
static char *
from_wire(const char *text)
{
	return pg_any_to_server(text, strlen(text), PG_UTF8);
}

static char *
wire_json(Jsonb *json)
{
	return to_wire(JsonbToCString(NULL, &json->root, VARSIZE(json)));
}

/*
 * Arguments: name, messages, server, options.  False when there is nothing
 * to ask, because name or messages are null.
 */
static bool
ask(FunctionCallInfo fcinfo, HftChatAnswer *answer)
{
	HftChatRequest request = {.kind = "inference", .options = "{}"};

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		return false;
	request.name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	request.messages = wire_json(PG_GETARG_JSONB_P(1));
	if (!PG_ARGISNULL(2))
		request.server = text_to_cstring(PG_GETARG_TEXT_PP(2));
	if (!PG_ARGISNULL(3))
	{
		Jsonb	   *options = PG_GETARG_JSONB_P(3);

		if (!JB_ROOT_IS_OBJECT(options))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("options must be a JSON object")));
		request.options = wire_json(options);
	}
	hft_chat(&request, answer);
	return true;
}

Datum
hft_sql_chat(PG_FUNCTION_ARGS)
{
	HftChatAnswer answer;

	if (!ask(fcinfo, &answer) || answer.text == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(from_wire(answer.text)));
}

static Datum
count_datum(int64 count, bool *isnull)
{
	*isnull = count == HFT_UNKNOWN;
	return Int64GetDatum(count);
}

static Datum
parsed_datum(const char *text, PGFunction input, bool *isnull)
{
	*isnull = text == NULL;
	if (text == NULL)
		return (Datum) 0;
	return DirectFunctionCall3(input, CStringGetDatum(text),
							   ObjectIdGetDatum(InvalidOid),
							   Int32GetDatum(-1));
}

Datum
hft_sql_chat_detail(PG_FUNCTION_ARGS)
{
	HftChatAnswer answer;
	TupleDesc	desc;
	Datum		values[7];
	bool		nulls[7] = {false};

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	if (!ask(fcinfo, &answer))
		PG_RETURN_NULL();
	nulls[0] = answer.text == NULL;
	if (!nulls[0])
		values[0] = CStringGetTextDatum(from_wire(answer.text));
	values[1] = CStringGetTextDatum(answer.model);
	values[2] = count_datum(answer.input_tokens, &nulls[2]);
	values[3] = count_datum(answer.output_tokens, &nulls[3]);
	values[4] = parsed_datum(answer.amount, numeric_in, &nulls[4]);
	values[5] = Float8GetDatum(answer.seconds);
	values[6] = parsed_datum(answer.info ? from_wire(answer.info) : NULL,
							 jsonb_in, &nulls[6]);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc),
													  values, nulls)));
}
