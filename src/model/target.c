/*-------------------------------------------------------------------------
 *
 * target.c
 *	  Whom a conversation is with.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "base/errors.h"
#include "base/sql.h"
#include "compat.h"
#include "model/target.h"

/* A deployment that stands, or is about to. */
typedef struct Standing
{
	char	   *name;
	char	   *state;			/* NULL: there is none */
	char	   *endpoint;
} Standing;

static void
require_ready(const char *name, const char *state)
{
	bool		starting = strcmp(state, "pending") == 0 ||
		strcmp(state, "deploying") == 0;

	if (strcmp(state, "ready") == 0)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 starting ? errmsg("deployment \"%s\" is starting", name) :
			 errmsg("deployment \"%s\" is not ready", name),
			 errdetail("Its state is \"%s\".", state),
			 starting ?
			 errhint("CALL hft.wait_for_deployment() waits until it is ready.") :
			 0));
}

/* The model that a deployment of this name serves, with its endpoint. */
static HftModel *
find_deployment(const char *name, Oid role)
{
	static HftStatement find = {
		"SELECT d.server, d.model, m.base_model, d.endpoint, d.state"
		" FROM hft.deployment d"
		" LEFT JOIN hft.model m ON m.server = d.server AND m.model = d.model"
		" WHERE d.name = $1 AND d.state NOT IN ('gone', 'failed')"
		" AND pg_has_role($2, d.owner, 'MEMBER')",
		2, {TEXTOID, OIDOID}
	};
	Datum		values[2] = {
		CStringGetTextDatum(name), ObjectIdGetDatum(role)
	};
	HftModel   *model;

	if (hft_statement_run(&find, values, NULL, 1) == 0)
		return NULL;
	require_ready(name, hft_row_text(0, 5));
	model = palloc0(sizeof(*model));
	model->server = hft_row_text(0, 1);
	model->model = hft_row_text(0, 2);
	model->kind = "tuned";
	model->base_model = hft_row_text(0, 3);
	model->endpoint = hft_row_text(0, 4);
	return model;
}

/* A model that only the server knows. */
static HftModel *
make_model(const char *name, const char *server)
{
	HftModel   *model = palloc0(sizeof(*model));

	model->server = pstrdup(server);
	model->model = pstrdup(name);
	model->kind = "base";
	model->base_model = model->model;
	return model;
}

pg_noreturn static void
raise_unknown(const char *name, Oid role)
{
	static HftStatement list = {
		"(SELECT a.name FROM hft.alias a WHERE a.valid_until IS NULL"
		"  AND pg_has_role($1, a.owner, 'MEMBER'))"
		" UNION (SELECT d.name FROM hft.deployment d WHERE d.state = 'ready'"
		"  AND pg_has_role($1, d.owner, 'MEMBER'))"
		" UNION (SELECT m.model FROM hft.model m"
		"  WHERE m.owner IS NULL OR pg_has_role($1, m.owner, 'MEMBER')"
		"  ORDER BY m.id DESC LIMIT 5000)",
		1, {OIDOID}
	};
	const char *closest = hft_closest_visible(&list, name, role);

	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("alias or model \"%s\" does not exist", name),
			 closest ? errhint("Perhaps you meant \"%s\".", closest) :
			 errhint("Aliases are made by hft.promote(); a base model needs the name of its server.")));
}

static HftModel *
find_model(const char *name, const char *server, Oid role)
{
	HftModel   *model = NULL;

	/* a server says which of several models; a name alone is an alias first */
	if (server == NULL)
		model = hft_alias_find(name, 0, role);
	if (model == NULL && server == NULL)
		model = find_deployment(name, role);
	if (model == NULL)
		model = hft_model_find(name, server, role);
	if (model == NULL && server != NULL)
		model = make_model(name, server);
	if (model == NULL)
		raise_unknown(name, role);
	return model;
}

static void
find_standing(Standing *standing, const HftModel *model, Oid role)
{
	static HftStatement find = {
		"SELECT d.name, d.state, d.endpoint FROM hft.deployment d"
		" WHERE d.server = $1 AND d.model = $2"
		" AND d.state IN ('pending', 'deploying', 'ready')"
		" AND pg_has_role($3, d.owner, 'MEMBER')"
		" ORDER BY d.state = 'ready' DESC, d.id DESC",
		3, {TEXTOID, TEXTOID, OIDOID}
	};
	Datum		values[3] = {
		CStringGetTextDatum(model->server), CStringGetTextDatum(model->model),
		ObjectIdGetDatum(role)
	};

	memset(standing, 0, sizeof(*standing));
	if (hft_statement_run(&find, values, NULL, 1) == 0)
		return;
	standing->name = hft_row_text(0, 1);
	standing->state = hft_row_text(0, 2);
	standing->endpoint = hft_row_text(0, 3);
}

/* What the request must name; ERROR when nothing serves the model. */
static const char *
choose_called(const HftTarget *target, const Standing *standing)
{
	const HftModel *model = target->model;
	const HftProvider *provider = target->server->provider;

	if (model->endpoint != NULL)
		return model->endpoint;
	if (standing->state != NULL && strcmp(standing->state, "ready") == 0)
		return standing->endpoint ? standing->endpoint : model->model;
	if (hft_provider_serves(provider) || strcmp(model->kind, "base") == 0)
		return model->model;
	if (standing->state != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("deployment \"%s\" is starting", standing->name),
				 errdetail("Its state is \"%s\".", standing->state),
				 errhint("CALL hft.wait_for_deployment() waits until it is ready.")));
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("model \"%s\" is not deployed", model->model),
			 errdetail("%s serves tuned models from endpoints of their own.",
					   provider->title),
			 errhint("Deploy it with hft.deploy_model(); it costs by the hour.")));
}

HftTarget *
hft_target_resolve(const char *name, const char *server, Oid role)
{
	HftTarget  *target = palloc0(sizeof(*target));
	HftScope	scope;
	Standing	standing;

	hft_scope_enter(&scope);
	target->model = find_model(name, server, role);
	find_standing(&standing, target->model, role);
	hft_scope_leave(&scope);
	target->server = hft_server_load(target->model->server, false);
	hft_server_check(target->server, role);
	target->called = choose_called(target, &standing);
	return target;
}
