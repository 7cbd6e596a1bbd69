/*-------------------------------------------------------------------------
 *
 * convert.c
 *	  One example that the user holds in his hands: its line in a platform's
 *	  format, its tokens.
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
#include "utils/memutils.h"

#include "dataset/tokens.h"
#include "example/measure.h"
#include "example/writer.h"

PG_FUNCTION_INFO_V1(hft_sql_convert);
PG_FUNCTION_INFO_V1(hft_sql_count_example_tokens);
PG_FUNCTION_INFO_V1(hft_sql_count_tokens_detail);

/* What a call site keeps from call to call. */
typedef struct Site
{
	HftExample	example;
	HftBuffer	canonical;
	HftBuffer	line;
	HftCounter	counter;
	char	   *model;			/* that the counter is for, or NULL */
	uint64		generation;		/* of what models mean */
	bool		exact;			/* unless an image says otherwise */
	char	   *rule;			/* that is followed, in words */
	StringInfoData json;
	MemoryContextCallback cleanup;
} Site;

static void
release(void *arg)
{
	Site	   *site = arg;

	hft_example_free(&site->example);
	hft_buffer_free(&site->canonical);
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
	hft_example_init(&site->example);
	site->example.ascii = GetDatabaseEncoding() != PG_UTF8;
	hft_buffer_init(&site->canonical, HFT_JSON_MAX_BYTES);
	hft_buffer_init(&site->line, HFT_JSON_MAX_BYTES);
	initStringInfo(&site->json);
	site->cleanup.func = release;
	site->cleanup.arg = site;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, &site->cleanup);
	MemoryContextSwitchTo(caller);
	fcinfo->flinfo->fn_extra = site;
	return site;
}

/* Build argument 0 in site->example and site->canonical. */
static void
build_example(FunctionCallInfo fcinfo, Site *site)
{
	Jsonb	   *jsonb = PG_GETARG_JSONB_P(0);
	HftRow		row = {0};
	HftText    *text = &row.column[HFT_COLUMN_MESSAGES];
	HftExampleProblem problem;

	resetStringInfo(&site->json);
	(void) JsonbToCString(&site->json, &jsonb->root, VARSIZE(jsonb));
	text->data = pg_server_to_any(site->json.data, site->json.len, PG_UTF8);
	text->length = text->data == site->json.data ? site->json.len :
		strlen(text->data);
	hft_buffer_reset(&site->canonical);
	problem = hft_example_build(&site->example, HFT_METHOD_SFT, &row,
								&site->canonical);
	if (problem.status != HFT_EXAMPLE_OK)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("the value cannot become an example: %s",
						problem.text)));
}

Datum
hft_sql_convert(PG_FUNCTION_ARGS)
{
	Site	   *site = get_site(fcinfo);
	char	   *format = text_to_cstring(PG_GETARG_TEXT_PP(1));
	const HftWriter *writer = hft_writer_lookup(format);
	const char *problem;

	if (writer == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown format \"%s\"", format),
				 errhint("The formats are \"openai\" and \"together\".")));
	build_example(fcinfo, site);
	hft_buffer_reset(&site->line);
	problem = writer->write(site->canonical.data, site->canonical.length,
							&site->line);
	if (problem != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("the example cannot be written in format \"%s\"",
						format),
				 errdetail("%s", problem)));
	PG_RETURN_TEXT_P(cstring_to_text_with_len(site->line.data,
											  (int) site->line.length));
}

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

/* Count argument 0 for the model that argument 1 names. */
static Site *
count_example(FunctionCallInfo fcinfo, HftTokens *tokens)
{
	Site	   *site = get_site(fcinfo);

	use_model(site, PG_GETARG_TEXT_PP(1), fcinfo->flinfo->fn_mcxt);
	build_example(fcinfo, site);
	if (!hft_counter_count(&site->counter, &site->example, tokens))
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
