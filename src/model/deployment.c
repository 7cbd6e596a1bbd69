/*-------------------------------------------------------------------------
 *
 * deployment.c
 *	  deploy_model and undeploy_model: asking for an endpoint, and for its
 *	  end.
 *
 * Both only write a wish, which takes effect at COMMIT: the worker talks to
 * the platform, through the outbox, because an endpoint costs money from the
 * moment it stands (R27).  What can be known to be wrong is said here, before
 * anything is written.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <time.h>

#include "access/xlog.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"

#include "base/errors.h"
#include "base/sql.h"
#include "model/model.h"
#include "worker/server.h"
#include "worker/wakeup.h"

#define NAME_LIMIT 63
#define ARENA_LIMIT (1024 * 1024)

PG_FUNCTION_INFO_V1(hft_sql_deploy_model);
PG_FUNCTION_INFO_V1(hft_sql_undeploy_model);

/* What is to be deployed. */
typedef struct Wish
{
	char	   *name;
	char	   *options;		/* JSON */
	HftModel   *model;
	HftServer  *server;
	Oid			role;
} Wish;

static const HftOperation *
operation_of(const HftServer *server, HftOp op)
{
	const HftProvider *provider = server->provider;
	const HftOperation *operation = &provider->operations[op];

	if (operation->request == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("%s has no deployments", provider->title),
				 operation->instead ? errhint("%s", operation->instead) : 0));
	return operation;
}

/*
 * Let the adapter write the first request, and throw it away: it refuses
 * options and models that it could not deploy.
 */
static void
check_wish(const Wish *wish)
{
	const HftOperation *operation = operation_of(wish->server, HFT_OP_DEPLOY);
	HftDeploymentFacts facts = {
		.token = "00000000-0000-0000-0000-000000000000",
		.name = wish->name,
		.model = wish->model->model,
		.options = wish->options,
	};
	HftArena   *arena = hft_arena_create(ARENA_LIMIT);
	HftCall		call = {
		.server = &wish->server->facts,
		.deployment = &facts,
		.now = (int64) time(NULL),
		.arena = arena,
	};
	HftRequest	request;
	HftOutcome	outcome;
	char	   *problem = NULL;
	char	   *hint = NULL;

	if (arena == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OUT_OF_MEMORY),
				 errmsg("out of memory")));
	hft_outcome_init(&outcome);
	if (!operation->request(&call, &request, &outcome))
	{
		problem = hft_redact(outcome.message ? outcome.message
							 : "The platform's rules forbid it.", 1000);
		hint = hft_redact(outcome.hint, 1000);
	}
	hft_arena_destroy(arena);
	if (problem != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("model \"%s\" cannot be deployed with these options",
						wish->model->model),
				 errdetail("%s", problem),
				 hint ? errhint("%s", hint) : 0));
}

/* A second endpoint for the same model is allowed, and costs again. */
static void
warn_of_other(const Wish *wish)
{
	static HftStatement find = {
		"SELECT name FROM hft.deployment WHERE server = $1 AND model = $2"
		" AND state NOT IN ('gone', 'failed')"
		" AND pg_has_role($3, owner, 'MEMBER')",
		3, {TEXTOID, TEXTOID, OIDOID}
	};
	Datum		values[3] = {
		CStringGetTextDatum(wish->model->server),
		CStringGetTextDatum(wish->model->model), ObjectIdGetDatum(wish->role)
	};

	if (hft_statement_run(&find, values, NULL, 1) > 0)
		ereport(WARNING,
				(errcode(ERRCODE_WARNING),
				 errmsg("model \"%s\" is already deployed as \"%s\"",
						wish->model->model, hft_row_text(0, 1)),
				 errdetail("Each deployment costs by the hour.")));
}

/*
 * An hour costs what our price list says, until the platform tells it.
 */
static void
insert_wish(const Wish *wish)
{
	static HftStatement insert = {
		"INSERT INTO hft.deployment (name, owner, server, model, job_id,"
		" options, due_at, system_identifier, database, price_per_hour,"
		" price_source)"
		" SELECT $1, $2::regrole, m.server, m.model, m.job_id, $4::jsonb,"
		" clock_timestamp(), $5, $6, p.amount,"
		" CASE WHEN p.amount IS NOT NULL THEN 'price:' || p.id END"
		" FROM hft.model m LEFT JOIN LATERAL hft.find_price($7,"
		"  coalesce(m.base_model, m.model), NULL, 'host_hour', now(),"
		"  $4::jsonb) p ON true WHERE m.id = $3"
		" ON CONFLICT DO NOTHING",
		7, {TEXTOID, OIDOID, INT8OID, TEXTOID, INT8OID, OIDOID, TEXTOID}
	};
	Datum		values[7] = {
		CStringGetTextDatum(wish->name), ObjectIdGetDatum(wish->role),
		Int64GetDatum(wish->model->id), CStringGetTextDatum(wish->options),
		Int64GetDatum((int64) GetSystemIdentifier()),
		ObjectIdGetDatum(MyDatabaseId),
		CStringGetTextDatum(wish->server->provider->name)
	};

	(void) hft_statement_run(&insert, values, NULL, 0);
	if (SPI_processed == 0)
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT),
				 errmsg("deployment \"%s\" already exists", wish->name),
				 errhint("Choose another name, or end it with hft.undeploy_model().")));
	hft_wakeup_at_commit();
	if (!hft_background_enabled())
		ereport(WARNING,
				(errcode(ERRCODE_WARNING),
				 errmsg("deployment \"%s\" waits for background work",
						wish->name),
				 errhint("Add hft to shared_preload_libraries, or SELECT hft.start_worker().")));
}

/* Platforms put it into addresses: letters, digits and inner hyphens. */
static void
check_name(const char *name)
{
	size_t		length = strlen(name);

	if (length > NAME_LIMIT || name[0] == '-' || name[length - 1] == '-' ||
		strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != length)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("invalid name of a deployment: \"%s\"", name),
				 errdetail("It consists of at most %d lower-case letters, digits and inner hyphens.",
						   NAME_LIMIT)));
}

Datum
hft_sql_deploy_model(PG_FUNCTION_ARGS)
{
	char	   *reference = hft_required_text(fcinfo, 0, "model");
	char	   *server = PG_ARGISNULL(3) ? NULL
		: text_to_cstring(PG_GETARG_TEXT_PP(3));
	Jsonb	   *options = PG_ARGISNULL(2) ? NULL : PG_GETARG_JSONB_P(2);
	Wish		wish = {.role = GetUserId()};
	HftScope	scope;

	wish.name = hft_required_text(fcinfo, 1, "name");
	check_name(wish.name);
	wish.options = options == NULL ? "{}"
		: JsonbToCString(NULL, &options->root, VARSIZE(options));
	hft_scope_enter(&scope);
	if (server == NULL)
		wish.model = hft_alias_find(reference, 0, wish.role);
	if (wish.model == NULL)
		wish.model = hft_model_require(reference, server, wish.role);
	wish.server = hft_server_load(wish.model->server, false);
	hft_server_check(wish.server, wish.role);
	check_wish(&wish);
	warn_of_other(&wish);
	insert_wish(&wish);
	hft_scope_leave(&scope);
	PG_RETURN_TEXT_P(cstring_to_text(wish.name));
}

/* ERROR unless the role may end the deployment of this name. */
static void
require_deployment(const char *name, Oid role)
{
	static HftStatement find = {
		"SELECT 1 FROM hft.deployment WHERE name = $1"
		" AND state NOT IN ('gone', 'failed')"
		" AND pg_has_role($2, owner, 'MEMBER')",
		2, {TEXTOID, OIDOID}
	};
	static HftStatement list = {
		"SELECT name FROM hft.deployment WHERE state NOT IN ('gone', 'failed')"
		" AND pg_has_role($1, owner, 'MEMBER')",
		1, {OIDOID}
	};
	Datum		values[2] = {
		CStringGetTextDatum(name), ObjectIdGetDatum(role)
	};
	const char *closest;

	if (hft_statement_run(&find, values, NULL, 1) > 0)
		return;
	closest = hft_closest_visible(&list, name, role);
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("deployment \"%s\" does not exist", name),
			 closest ? errhint("Perhaps you meant \"%s\".", closest) : 0));
}

Datum
hft_sql_undeploy_model(PG_FUNCTION_ARGS)
{
	static HftStatement update = {
		"UPDATE hft.deployment SET wanted = 'undeploy',"
		" due_at = clock_timestamp(), failures = 0, revision = revision + 1"
		" WHERE name = $1 AND state NOT IN ('gone', 'failed')"
		" AND wanted IS NULL",
		1, {TEXTOID}
	};
	char	   *name = hft_required_text(fcinfo, 0, "name");
	Datum		values[1] = {CStringGetTextDatum(name)};
	Oid			role = GetUserId();
	HftScope	scope;

	hft_scope_enter(&scope);
	require_deployment(name, role);
	if (hft_statement_run(&update, values, NULL, 0) > 0)
		hft_wakeup_at_commit();
	hft_scope_leave(&scope);
	PG_RETURN_VOID();
}
