/*-------------------------------------------------------------------------
 *
 * control_wait_deployment.c
 *	  CALL hft.wait_for_deployment(name, timeout).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "base/sql.h"
#include "worker/control_wait.h"

/* A deployment that is waited for; survives the ends of transactions. */
typedef struct Watched
{
	HftWait		wait;
	char		name[NAMEDATALEN];
	char		state[32];
	char		why[512];		/* its own error and hint, or "" */
	char		hint[512];
} Watched;

/* The latest of that name, as it is committed now. */
static void
look_at_deployment(Watched *watched)
{
	static HftStatement look = {
		"SELECT state, error_message, error_hint FROM hft.deployment"
		" WHERE name = $1 AND pg_has_role($2, owner, 'MEMBER')"
		" ORDER BY id DESC",
		2, {TEXTOID, OIDOID}
	};
	Datum		values[] = {
		CStringGetTextDatum(watched->name), ObjectIdGetDatum(GetUserId())
	};
	HftScope	scope;

	hft_scope_enter(&scope);
	if (hft_statement_run(&look, values, NULL, 1) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("deployment \"%s\" does not exist", watched->name)));
	hft_wait_copy(watched->state, sizeof(watched->state), 1);
	hft_wait_copy(watched->why, sizeof(watched->why), 2);
	hft_wait_copy(watched->hint, sizeof(watched->hint), 3);
	hft_scope_leave(&scope);
}

/* Settled when it is ready; raises when it will not be by itself. */
static bool
is_settled(HftWait *wait)
{
	Watched    *watched = (Watched *) wait;

	look_at_deployment(watched);
	if (strcmp(watched->state, "ready") == 0)
		return true;
	if (strcmp(watched->state, "pending") == 0 ||
		strcmp(watched->state, "deploying") == 0)
		return false;
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("deployment \"%s\" is not going to be ready",
					watched->name),
			 watched->why[0] ? errdetail("%s", watched->why) :
			 errdetail("Its state is \"%s\".", watched->state),
			 watched->hint[0] ? errhint("%s", watched->hint) : 0));
}

static void
raise_timeout(const HftWait *wait)
{
	const Watched *watched = (const Watched *) wait;

	ereport(ERROR,
			(errcode(ERRCODE_QUERY_CANCELED),
			 errmsg("timed out waiting for deployment \"%s\"",
					watched->name),
			 errdetail("Its state is \"%s\".", watched->state),
			 errhint("It goes on, and costs when it stands; CALL hft.wait_for_deployment() again, or hft.undeploy_model().")));
}

PG_FUNCTION_INFO_V1(hft_sql_wait_for_deployment);

Datum
hft_sql_wait_for_deployment(PG_FUNCTION_ARGS)
{
	Watched		watched = {{is_settled, raise_timeout}};

	hft_wait_begin(fcinfo, "wait_for_deployment", "name");
	strlcpy(watched.name, text_to_cstring(PG_GETARG_TEXT_PP(0)),
			sizeof(watched.name));
	hft_wait(fcinfo, &watched.wait);
	SPI_finish();
	PG_RETURN_VOID();
}
