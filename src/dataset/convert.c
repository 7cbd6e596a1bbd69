/*-------------------------------------------------------------------------
 *
 * convert.c
 *	  One example that the user holds in his hands: its line in a platform's
 *	  format, what stands against it there, its tokens.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"

#include "base/rows.h"
#include "dataset/reading.h"
#include "dataset/tokens.h"
#include "example/measure.h"
#include "example/rule.h"

PG_FUNCTION_INFO_V1(hft_sql_convert);
PG_FUNCTION_INFO_V1(hft_sql_check_example);
PG_FUNCTION_INFO_V1(hft_sql_count_example_tokens);
PG_FUNCTION_INFO_V1(hft_sql_count_tokens_detail);

/* What a call site keeps from call to call. */
typedef struct Site
{
	HftReading *reading;
	HftBuffer	line;
	HftCounter	counter;
	char	   *model;			/* that the counter is for, or NULL */
	uint64		generation;		/* of what models mean */
	bool		exact;			/* unless an image says otherwise */
	char	   *rule;			/* that is followed, in words */
	MemoryContextCallback cleanup;
} Site;

static void
release(void *arg)
{
	Site	   *site = arg;

	hft_buffer_free(&site->line);
	hft_counter_free(&site->counter);
}

static Site *
get_site(FunctionCallInfo fcinfo)
{
	Site	   *site = fcinfo->flinfo->fn_extra;
	MemoryContext caller;

	if (site != NULL)
		return site;
	caller = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
	site = palloc0(sizeof(Site));
	site->reading = hft_reading_make();
	hft_buffer_init(&site->line, HFT_JSON_MAX_BYTES);
	site->cleanup.func = release;
	site->cleanup.arg = site;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, &site->cleanup);
	MemoryContextSwitchTo(caller);
	fcinfo->flinfo->fn_extra = site;
	return site;
}

Datum
hft_sql_convert(PG_FUNCTION_ARGS)
{
	Site	   *site = get_site(fcinfo);
	char	   *format = text_to_cstring(PG_GETARG_TEXT_PP(1));
	const HftWriter *writer = hft_format_get(format);
	const char *problem;

	hft_reading_take(site->reading, PG_GETARG_JSONB_P(0));
	hft_buffer_reset(&site->line);
	problem = writer->write(site->reading->canonical.data,
							site->reading->canonical.length, &site->line);
	if (problem != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("the example cannot be written in format \"%s\"",
						format),
				 errdetail("%s", problem),
				 errhint("SELECT * FROM hft.check_example() tells all that stands against it.")));
	PG_RETURN_TEXT_P(cstring_to_text_with_len(site->line.data,
											  (int) site->line.length));
}

/* ---- findings ---- */

/* Whose findings are asked for. */
typedef struct Asking
{
	ReturnSetInfo *result;
	const char *format;			/* NULL: every one */
} Asking;

static void
put_finding(void *arg, const HftRule *rule, const char *message)
{
	Asking	   *asking = arg;
	HftRowMaker row = {.n = 0};

	if (rule->format != NULL && asking->format != NULL &&
		strcmp(rule->format, asking->format) != 0)
		return;
	hft_put_text(&row, rule->id);
	hft_put_text(&row, hft_severity_name(rule->severity));
	hft_put_text(&row, rule->format);
	hft_put_text(&row, message);
	hft_put_end(&row, asking->result);
}

Datum
hft_sql_check_example(PG_FUNCTION_ARGS)
{
	Asking		asking = {(ReturnSetInfo *) fcinfo->resultinfo, NULL};
	HftReading *reading;

	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(0))
		return (Datum) 0;
	if (!PG_ARGISNULL(1))
		asking.format =
			hft_format_get(text_to_cstring(PG_GETARG_TEXT_PP(1)))->format;
	reading = hft_reading_make();
	hft_reading_take(reading, PG_GETARG_JSONB_P(0));
	hft_example_check(&reading->example, put_finding, &asking);
	return (Datum) 0;
}

/* ---- tokens ---- */

/* What the counts of a model follow, in words. */
static char *
describe_rule(const HftTokenModel *model)
{
	return psprintf("%s, chat format \"%s\", images \"%s\": %s",
					model->encoding, hft_chat_rule_name(model->chat),
					hft_image_rule_name(model->images), model->source);
}

/* Make the site's counter one for the model. */
static void
use_model(Site *site, text *model, MemoryContext context)
{
	int			len = VARSIZE_ANY_EXHDR(model);
	MemoryContext caller;
	HftTokenTarget target;

	if (site->model != NULL && site->generation == hft_token_generation &&
		strlen(site->model) == len &&
		memcmp(site->model, VARDATA_ANY(model), len) == 0)
		return;
	target = hft_token_target(VARDATA_ANY(model), len);
	site->model = NULL;
	hft_counter_free(&site->counter);
	if (!hft_counter_init(&site->counter, target.chat, target.images,
						  target.encoding))
		ereport(ERROR,
				(errcode(ERRCODE_OUT_OF_MEMORY),
				 errmsg("out of memory")));
	caller = MemoryContextSwitchTo(context);
	site->model = text_to_cstring(model);
	site->rule = describe_rule(hft_token_model_get(site->model, len));
	MemoryContextSwitchTo(caller);
	site->exact = target.exact;
	site->generation = hft_token_generation;
}

/* Counting nothing as zero would be taken for an answer. */
static void
check_example(const HftExample *example)
{
	if (example->nmessages == 0 &&
		example->top[HFT_TOP_MESSAGES] == NULL &&
		example->top[HFT_TOP_TEXT] == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("the value is no example"),
				 errdetail("It has neither \"messages\" nor \"text\".")));
}

/* Count argument 0 for the model that argument 1 names. */
static Site *
count_example(FunctionCallInfo fcinfo, HftTokens *tokens)
{
	Site	   *site = get_site(fcinfo);

	use_model(site, PG_GETARG_TEXT_PP(1), fcinfo->flinfo->fn_mcxt);
	hft_reading_take(site->reading, PG_GETARG_JSONB_P(0));
	check_example(&site->reading->example);
	if (!hft_counter_count(&site->counter, &site->reading->example, tokens))
		ereport(ERROR,
				(errcode(ERRCODE_OUT_OF_MEMORY),
				 errmsg("out of memory")));
	return site;
}

Datum
hft_sql_count_example_tokens(PG_FUNCTION_ARGS)
{
	HftTokens	tokens;

	(void) count_example(fcinfo, &tokens);
	PG_RETURN_INT32((int32) tokens.all);
}

Datum
hft_sql_count_tokens_detail(PG_FUNCTION_ARGS)
{
	HftTokens	tokens;
	Site	   *site = count_example(fcinfo, &tokens);
	TupleDesc	desc;
	Datum		values[5];
	bool		nulls[5] = {false};

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	values[0] = Int32GetDatum((int32) tokens.all);
	values[1] = Int32GetDatum((int32) tokens.trained);
	values[2] = Int32GetDatum((int32) tokens.overhead);
	values[3] = BoolGetDatum(site->exact && tokens.exact);
	values[4] = CStringGetTextDatum(site->rule);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc),
													  values, nulls)));
}
