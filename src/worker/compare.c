/*-------------------------------------------------------------------------
 *
 * compare.c
 *	  hft.compare_providers: one data set at many platforms and models.
 *
 * Each row is what explain_job would say, with the examples and tokens as
 * that platform and model see them: the price's low end is for the rows the
 * platform would take, cut where it cuts them, its high end for all of them.
 * A target needs no server yet: a platform's name will do.  Facts only; what
 * is unknown is null and never 0.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"

#include "base/errors.h"
#include "base/rows.h"
#include "base/sql.h"
#include "dataset/dataset.h"
#include "dataset/survey.h"
#include "worker/submit.h"

PG_FUNCTION_INFO_V1(hft_sql_compare_providers);

/* Arguments, in the order of the SQL declaration. */
enum
{
	ARG_DATASET, ARG_TARGETS, ARG_VERSION, ARG_EPOCHS, ARG_HYPERPARAMETERS,
	ARG_OPTIONS
};

/* What the caller asked, the same for every target. */
typedef struct Comparison
{
	char	   *dataset;
	int			version;
	int			epochs;			/* 0: as the platform chooses */
	Jsonb	   *given;			/* hyperparameters; NULL: none */
	char	   *hyperparameters;	/* the same as text */
	char	   *options;		/* JSON object */
	Oid			role;
	List	   *targets;		/* of HftSubmission */
} Comparison;

/* ---- targets ---- */

/* A platform that no server has been made for. */
static HftServer *
make_platform(const HftProvider *provider)
{
	HftServer  *server = palloc0(sizeof(HftServer));

	server->provider = provider;
	server->facts.name = "";
	server->facts.provider = provider->name;
	server->facts.base_url = provider->default_base_url;
	server->facts.options = "{}";
	return server;
}

/* Server or platform, whichever has the name. */
static HftServer *
find_place(const char *name)
{
	HftServer  *server = hft_server_load(name, true);
	const HftProvider *const *list = hft_provider_list();
	const char *names[64] = {0};

	if (server != NULL)
		return server;
	if (hft_provider_lookup(name) != NULL)
		return make_platform(hft_provider_lookup(name));
	for (int i = 0; list[i] != NULL && i < lengthof(names) - 1; i++)
		names[i] = list[i]->name;
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("\"%s\" is neither a foreign server of the wrapper \"hft\" nor a platform",
					name),
			 hft_closest(name, names) != NULL ?
			 errhint("Perhaps you meant \"%s\".", hft_closest(name, names)) :
			 errhint("Targets are written as server/model or platform/model; SELECT name FROM hft.providers() lists the platforms.")));
}

static bool
has_member(Jsonb *object, const char *name)
{
	JsonbValue	key;

	if (object == NULL)
		return false;
	key.type = jbvString;
	key.val.string.val = unconstify(char *, name);
	key.val.string.len = strlen(name);
	return findJsonbValueFromContainer(&object->root, JB_FOBJECT,
									   &key) != NULL;
}

/*
 * With "epochs" under the platform's own name; what was given by that name
 * stays.
 */
static char *
place_hyperparameters(const Comparison *comparison,
					  const HftProvider *provider)
{
	static const char *const names[] = {
		"n_epochs", "epochs", "epoch_count", "epochCount"
	};
	const char *given = comparison->hyperparameters;

	for (int i = 0; comparison->epochs > 0 && i < lengthof(names); i++)
	{
		if (hft_option_lookup(provider->hyperparameters, names[i]) == NULL ||
			has_member(comparison->given, names[i]))
			continue;
		return psprintf("{\"%s\": %d%s%s", names[i], comparison->epochs,
						strcmp(given, "{}") == 0 ? "" : ", ", given + 1);
	}
	return pstrdup(given);
}

static void
add_target(Comparison *comparison, HftServer *server, const char *model)
{
	HftSubmission *target = palloc0(sizeof(HftSubmission));

	target->dataset = comparison->dataset;
	target->server = server;
	target->server_name = pstrdup(server->facts.name);
	target->model = pstrdup(model);
	target->hyperparameters = place_hyperparameters(comparison,
													server->provider);
	target->options = comparison->options;
	target->owner = comparison->role;
	target->force = true;		/* findings have columns of their own */
	comparison->targets = lappend(comparison->targets, target);
}

/* Every model that the platform has a price of today for, by its full name. */
static void
add_priced_models(Comparison *comparison, HftServer *server)
{
	static HftStatement list = {
		"SELECT DISTINCT m.model COLLATE \"C\" FROM hft.price p,"
		" LATERAL (VALUES (btrim(p.model, '%'))) m (model)"
		" WHERE p.provider = $1 AND p.unit = 'train_1m_tokens'"
		" AND current_date >= p.valid_from AND current_date < p.valid_until"
		" AND m.model <> '' AND strpos(m.model, '%') = 0 ORDER BY 1",
		1, {TEXTOID}
	};
	Datum		provider = CStringGetTextDatum(server->provider->name);
	HftScope	scope;
	uint64		n;

	hft_scope_enter(&scope);
	n = hft_statement_run(&list, &provider, NULL, 0);
	for (uint64 i = 0; i < n; i++)
		add_target(comparison, server, hft_row_text(i, 1));
	hft_scope_leave(&scope);
}

/* "place/model", or a place alone: all models known there. */
static void
add_written_target(Comparison *comparison, const char *written)
{
	const char *slash = strchr(written, '/');
	char	   *place = slash == NULL ? pstrdup(written) :
	pnstrdup(written, slash - written);

	if (slash == NULL)
		add_priced_models(comparison, find_place(place));
	else
		add_target(comparison, find_place(place), slash + 1);
}

/* The servers that the role may use, of one platform. */
static int
add_servers(Comparison *comparison, const HftProvider *provider)
{
	static HftStatement list = {
		"SELECT s.srvname::text FROM pg_foreign_server s"
		" JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw,"
		" pg_options_to_table(s.srvoptions) o"
		" WHERE w.fdwname = 'hft' AND o.option_name = 'provider'"
		" AND o.option_value = $1"
		" AND has_server_privilege($2, s.oid, 'USAGE') ORDER BY 1",
		2, {TEXTOID, OIDOID}
	};
	List	   *names = NIL;
	ListCell   *cell;
	Datum		values[2];
	HftScope	scope;
	uint64		n;

	values[0] = CStringGetTextDatum(provider->name);
	values[1] = ObjectIdGetDatum(comparison->role);
	hft_scope_enter(&scope);
	n = hft_statement_run(&list, values, NULL, 0);
	for (uint64 i = 0; i < n; i++)
		names = lappend(names, hft_row_text(i, 1));
	hft_scope_leave(&scope);
	foreach(cell, names)
		add_priced_models(comparison, hft_server_load(lfirst(cell), false));
	return list_length(names);
}

/* No targets given: what the caller has, and the platforms beside it. */
static void
add_market(Comparison *comparison)
{
	const HftProvider *const *list = hft_provider_list();

	for (; *list != NULL; list++)
		if (add_servers(comparison, *list) == 0)
			add_priced_models(comparison, make_platform(*list));
}

static void
add_targets(Comparison *comparison, ArrayType *array)
{
	Datum	   *elements;
	bool	   *nulls;
	int			n;

	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &elements,
					  &nulls, &n);
	for (int i = 0; i < n; i++)
	{
		if (nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("a target must not be null")));
		add_written_target(comparison, TextDatumGetCString(elements[i]));
	}
}

/* ---- arguments ---- */

static int
positive_argument(FunctionCallInfo fcinfo, int n, const char *name)
{
	if (PG_ARGISNULL(n))
		return 0;
	if (PG_GETARG_INT32(n) < 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"%s\" must be at least 1", name)));
	return PG_GETARG_INT32(n);
}

static void
read_arguments(FunctionCallInfo fcinfo, Comparison *comparison)
{
	memset(comparison, 0, sizeof(*comparison));
	if (PG_ARGISNULL(ARG_DATASET))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("argument \"dataset\" must not be null")));
	comparison->dataset = text_to_cstring(PG_GETARG_TEXT_PP(ARG_DATASET));
	comparison->version = positive_argument(fcinfo, ARG_VERSION, "version");
	comparison->epochs = positive_argument(fcinfo, ARG_EPOCHS, "epochs");
	comparison->hyperparameters =
		hft_object_argument(fcinfo, ARG_HYPERPARAMETERS, "hyperparameters");
	if (!PG_ARGISNULL(ARG_HYPERPARAMETERS))
		comparison->given = PG_GETARG_JSONB_P(ARG_HYPERPARAMETERS);
	comparison->options = hft_object_argument(fcinfo, ARG_OPTIONS, "options");
	comparison->role = GetUserId();
	if (PG_ARGISNULL(ARG_TARGETS))
		add_market(comparison);
	else
		add_targets(comparison, PG_GETARG_ARRAYTYPE_P(ARG_TARGETS));
}

/* ---- facts ---- */

/*
 * Look at all targets in one pass.  An estimate is made of what a target
 * would take, then of everything.
 */
static HftSurvey *
survey_targets(const Comparison *comparison, int64 version)
{
	int			n = list_length(comparison->targets);
	HftSurvey  *surveys = palloc0(n * sizeof(HftSurvey));
	HftScope	scope;

	for (int i = 0; i < n; i++)
	{
		HftSubmission *target = list_nth(comparison->targets, i);

		hft_submission_describe(target, version);
		surveys[i].format = target->format;
		surveys[i].model = target->model;
	}
	hft_scope_enter(&scope);
	if (n > 0)
		hft_survey_run(version,
					   ((HftSubmission *)
						linitial(comparison->targets))->counted_for,
					   surveys, n);
	hft_scope_leave(&scope);
	return surveys;
}

/* What the target would be asked to train on. */
static void
set_splits(HftSubmission *target, const HftSurvey *survey, bool whole)
{
	const HftSurveySplit *train = &survey->split[HFT_SPLIT_TRAIN];
	const HftSurveySplit *validation =
	&survey->split[HFT_SPLIT_VALIDATION];

	target->train.rows = train->rows - (whole ? 0 : train->rejected);
	target->train.tokens = whole ? train->tokens : train->kept_tokens;
	target->validation.tokens =
		whole ? validation->tokens : validation->kept_tokens;
}

/*
 * Problems and estimate; the low end is of what is taken, the estimate that
 * stays of all rows.
 */
static const char *
estimate_target(HftSubmission *target, const HftSurvey *survey,
				int64 *low_tokens)
{
	const char *low = NULL;
	HftScope	scope;

	*low_tokens = HFT_UNKNOWN;
	set_splits(target, survey, false);
	hft_submission_check(target);
	if (target->train.rows > 0)
	{
		low = target->estimate.low;
		*low_tokens = target->estimate.billable.low_tokens;
	}
	set_splits(target, survey, true);
	hft_scope_enter(&scope);
	hft_submission_estimate(target);
	hft_scope_leave(&scope);
	return low;
}

/*
 * A month of a tuned model standing ready: nothing where it needs no
 * deployment, else the price of an hour, 730 times; where that depends on the
 * deployment's options, of the cheapest one.
 */
static char *
month_of_hosting(const HftSubmission *target)
{
	static HftStatement find = {
		"SELECT trim_scale(round(h.amount * 730, 2))::text FROM ("
		" SELECT p.amount FROM hft.find_price($1, $2, NULL, 'host_hour',"
		"  now(), $3::jsonb) p"
		" UNION ALL SELECT min(p.amount) FROM hft.price p"
		"  WHERE p.provider = $1 AND $2 LIKE p.model"
		"  AND p.unit = 'host_hour' AND current_date >= p.valid_from"
		"  AND current_date < p.valid_until) h LIMIT 1",
		3, {TEXTOID, TEXTOID, TEXTOID}
	};
	const HftProvider *provider = target->server->provider;
	Datum		values[3];
	char	   *amount = NULL;
	HftScope	scope;

	if (hft_provider_serves(provider))
		return provider->landscape.serving_billing != NULL ? "0" : NULL;
	values[0] = CStringGetTextDatum(provider->name);
	values[1] = CStringGetTextDatum(target->model);
	values[2] = CStringGetTextDatum(target->options);
	hft_scope_enter(&scope);
	if (hft_statement_run(&find, values, NULL, 1) > 0)
		amount = hft_row_text(0, 1);
	hft_scope_leave(&scope);
	return amount;
}

/* {"rule": rows, ...} */
static char *
findings_json(const HftSurvey *survey)
{
	StringInfoData json;
	int			n;
	const HftRule *rules = hft_rules(&n);

	initStringInfo(&json);
	appendStringInfoChar(&json, '{');
	for (int i = 0; i < n; i++)
		if (survey->findings[i] > 0)
			appendStringInfo(&json, "%s\"%s\": " INT64_FORMAT,
							 json.len > 1 ? ", " : "", rules[i].id,
							 survey->findings[i]);
	if (survey->unwritable > 0)
		appendStringInfo(&json, "%s\"unwritable\": " INT64_FORMAT,
						 json.len > 1 ? ", " : "", survey->unwritable);
	appendStringInfoChar(&json, '}');
	return json.data;
}

static void
put_problems(HftRowMaker *row, const HftSubmission *target)
{
	int			n = 0;
	Datum	   *messages = palloc((list_length(target->problems) + 1) *
								  sizeof(Datum));
	ListCell   *cell;

	foreach(cell, target->problems)
	{
		const HftProblem *problem = lfirst(cell);

		messages[n++] = CStringGetTextDatum(problem->message);
	}
	hft_put_datum(row, PointerGetDatum(construct_array(messages, n, TEXTOID,
													   -1, false,
													   TYPALIGN_INT)));
}

/* ---- rows ---- */

static void
put_rows(HftRowMaker *row, const HftSurvey *survey)
{
	const HftSurveySplit *train = &survey->split[HFT_SPLIT_TRAIN];
	const HftSurveySplit *validation =
	&survey->split[HFT_SPLIT_VALIDATION];
	int64		rejected = train->rejected + validation->rejected;

	hft_put_count(row, train->rows + validation->rows - rejected);
	hft_put_count(row, rejected);
	hft_put_count(row, train->truncated + validation->truncated);
	hft_put_parsed(row, findings_json(survey), jsonb_in);
	hft_put_count(row, train->tokens);
	hft_put_text(row, survey->encoding);
	hft_put_datum(row, BoolGetDatum(survey->exact));
}

static void
put_target(ReturnSetInfo *result, HftSubmission *target,
		   const HftSurvey *survey)
{
	int64		low_tokens;
	const char *low = estimate_target(target, survey, &low_tokens);
	const HftEstimate *estimate = &target->estimate;
	const HftProvider *provider = target->server->provider;
	HftRowMaker row = {.n = 0};

	hft_put_text(&row, OidIsValid(target->server->oid) ?
				 target->server_name : NULL);
	hft_put_text(&row, provider->name);
	hft_put_text(&row, target->model);
	put_rows(&row, survey);
	hft_put_count(&row, estimate->billable.epochs);
	hft_put_count(&row, low_tokens);
	hft_put_count(&row, estimate->billable.high_tokens);
	hft_put_parsed(&row, low, numeric_in);
	hft_put_parsed(&row, estimate->high, numeric_in);
	hft_put_text(&row, estimate->source);
	hft_put_parsed(&row, month_of_hosting(target), numeric_in);
	hft_put_parsed(&row, target->retires_on, date_in);
	put_problems(&row, target);
	hft_put_text(&row, provider->closing_notice);
	hft_put_end(&row, result);
}

Datum
hft_sql_compare_providers(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Comparison	comparison;
	HftSurvey  *surveys;

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	read_arguments(fcinfo, &comparison);
	surveys = survey_targets(&comparison,
							 hft_submission_version(comparison.dataset,
													comparison.version));
	for (int i = 0; i < list_length(comparison.targets); i++)
		put_target(result, list_nth(comparison.targets, i), &surveys[i]);
	return (Datum) 0;
}
