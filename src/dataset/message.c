/*-------------------------------------------------------------------------
 *
 * message.c
 *	  Messages as jsonb, from tables that keep one turn a row.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"

PG_FUNCTION_INFO_V1(hft_sql_message);
PG_FUNCTION_INFO_V1(hft_sql_messages_add);
PG_FUNCTION_INFO_V1(hft_sql_messages_end);

/* Arguments of message(); messages() takes the first five of them. */
enum
{
	TURN_ROLE,
	TURN_CONTENT,
	TURN_NAME,
	TURN_TOOL_CALLS,
	TURN_TOOL_CALL_ID,
	TURN_WEIGHT,
	TURN_COLUMNS
};

static const char *const turn_keys[TURN_COLUMNS] = {
	[TURN_ROLE] = "role",
	[TURN_CONTENT] = "content",
	[TURN_NAME] = "name",
	[TURN_TOOL_CALLS] = "tool_calls",
	[TURN_TOOL_CALL_ID] = "tool_call_id",
	[TURN_WEIGHT] = "weight"
};

/* The values of a turn; role and content are always there. */
typedef struct Turn
{
	bool		present[TURN_COLUMNS];
	Datum		value[TURN_COLUMNS];
} Turn;

typedef struct Turns
{
	int			n;
	int			room;
	Turn	   *turns;
} Turns;

static Turn
read_turn(FunctionCallInfo fcinfo, int from)
{
	Turn		turn = {{false}};

	for (int i = 0; i < TURN_COLUMNS && from + i < PG_NARGS(); i++)
	{
		turn.present[i] = !PG_ARGISNULL(from + i);
		turn.value[i] = PG_GETARG_DATUM(from + i);
	}
	if (!turn.present[TURN_ROLE])
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the role of a message must not be null")));
	if (!turn.present[TURN_CONTENT] && !turn.present[TURN_TOOL_CALLS])
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the content of a message must not be null"),
				 errhint("Only a message with tool calls may have none.")));
	return turn;
}

static void
push_string(JsonbParseState **state, JsonbIteratorToken token,
			const char *data, int length)
{
	JsonbValue	value;

	value.type = jbvString;
	value.val.string.val = unconstify(char *, data);
	value.val.string.len = length;
	(void) pushJsonbValue(state, token, &value);
}

static void
push_member(JsonbParseState **state, const Turn *turn, int column)
{
	JsonbValue	value;
	text	   *string;

	push_string(state, WJB_KEY, turn_keys[column],
				(int) strlen(turn_keys[column]));
	if (!turn->present[column])
	{
		value.type = jbvNull;
		(void) pushJsonbValue(state, WJB_VALUE, &value);
		return;
	}
	switch (column)
	{
		case TURN_TOOL_CALLS:
			JsonbToJsonbValue(DatumGetJsonbP(turn->value[column]), &value);
			(void) pushJsonbValue(state, WJB_VALUE, &value);
			break;
		case TURN_WEIGHT:
			value.type = jbvNumeric;
			value.val.numeric =
				DatumGetNumeric(DirectFunctionCall1(int4_numeric,
													turn->value[column]));
			(void) pushJsonbValue(state, WJB_VALUE, &value);
			break;
		default:
			string = DatumGetTextPP(turn->value[column]);
			push_string(state, WJB_VALUE, VARDATA_ANY(string),
						VARSIZE_ANY_EXHDR(string));
	}
}

static JsonbValue *
push_turn(JsonbParseState **state, const Turn *turn)
{
	(void) pushJsonbValue(state, WJB_BEGIN_OBJECT, NULL);
	for (int i = 0; i < TURN_COLUMNS; i++)
		if (turn->present[i] || i == TURN_CONTENT)
			push_member(state, turn, i);
	return pushJsonbValue(state, WJB_END_OBJECT, NULL);
}

Datum
hft_sql_message(PG_FUNCTION_ARGS)
{
	Turn		turn = read_turn(fcinfo, 0);
	JsonbParseState *state = NULL;

	PG_RETURN_JSONB_P(JsonbValueToJsonb(push_turn(&state, &turn)));
}

/* ---- the aggregate ---- */

static Turns *
make_turns(MemoryContext context)
{
	Turns	   *turns = MemoryContextAlloc(context, sizeof(Turns));

	turns->n = 0;
	turns->room = 8;
	turns->turns = MemoryContextAlloc(context, turns->room * sizeof(Turn));
	return turns;
}

static Datum
copy_varlena(Datum value)
{
	return PointerGetDatum(PG_DETOAST_DATUM_COPY(value));
}

Datum
hft_sql_messages_add(PG_FUNCTION_ARGS)
{
	MemoryContext context;
	MemoryContext caller;
	Turns	   *turns;
	Turn		turn;

	if (!AggCheckCallContext(fcinfo, &context))
		elog(ERROR, "hft.messages_add() called outside of an aggregate");
	turns = PG_ARGISNULL(0) ? make_turns(context) :
		(Turns *) PG_GETARG_POINTER(0);
	turn = read_turn(fcinfo, 1);
	caller = MemoryContextSwitchTo(context);
	for (int i = 0; i < TURN_WEIGHT; i++)
		if (turn.present[i])
			turn.value[i] = copy_varlena(turn.value[i]);
	if (turns->n == turns->room)
	{
		turns->room *= 2;
		turns->turns = repalloc_huge(turns->turns,
									 turns->room * sizeof(Turn));
	}
	turns->turns[turns->n++] = turn;
	MemoryContextSwitchTo(caller);
	PG_RETURN_POINTER(turns);
}

/* Leaves the state as it is: a window calls it again and again. */
Datum
hft_sql_messages_end(PG_FUNCTION_ARGS)
{
	JsonbParseState *state = NULL;
	Turns	   *turns;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	turns = (Turns *) PG_GETARG_POINTER(0);
	(void) pushJsonbValue(&state, WJB_BEGIN_ARRAY, NULL);
	for (int i = 0; i < turns->n; i++)
		(void) push_turn(&state, &turns->turns[i]);
	PG_RETURN_JSONB_P(JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_ARRAY,
													   NULL)));
}
