/*-------------------------------------------------------------------------
 *
 * define.c
 *	  Making, changing and dropping data sets.
 *
 * A query is analysed when it is given, with the rights of the data set's
 * owner, so that mistakes show at once; it is run only by a snapshot.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_authid.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"

#include "compat.h"
#include "base/sql.h"
#include "dataset/dataset.h"
#include "dataset/source.h"
#include "dataset/tokens.h"

PG_FUNCTION_INFO_V1(hft_sql_create_dataset);
PG_FUNCTION_INFO_V1(hft_sql_alter_dataset);
PG_FUNCTION_INFO_V1(hft_sql_drop_dataset);

/* Arguments of create_dataset() and alter_dataset(), in order. */
enum
{
	ARG_NAME,
	ARG_QUERY,
	ARG_METHOD,
	ARG_MODEL,
	ARG_VALIDATION,
	ARG_TEST,
	ARG_SPLIT_KEY,
	ARG_COMMENT,
	ARG_NEW_NAME = ARG_COMMENT + 1,
	ARG_OWNER
};

/* Wants "query" to be right in the eyes of "owner"; see snapshot.c. */
static void
check_query(const char *query, const char *method, Oid owner)
{
	MemoryContext caller = CurrentMemoryContext;
	SPIPlanPtr	plan;
	Oid			user;
	int			security;

	GetUserIdAndSecContext(&user, &security);
	SetUserIdAndSecContext(owner, security | SECURITY_RESTRICTED_OPERATION);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	plan = hft_source_prepare(query);
	(void) hft_source_shape(hft_source_columns(plan),
							hft_method_lookup(method));
	SPI_finish();
	MemoryContextSwitchTo(caller);
	SetUserIdAndSecContext(user, security);
}

static void
check_fractions(double validation, double test)
{
	if (validation >= 0 && test >= 0 && validation + test < 1)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("validation and test must be fractions of less than 1 together"),
			 errdetail("They are %g and %g.", validation, test)));
}

static void
check_name(const char *name)
{
	if (name[0] == '\0' || strlen(name) >= NAMEDATALEN)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("the name of a data set must have 1 to %d bytes",
						NAMEDATALEN - 1)));
}

pg_noreturn static void
refuse_duplicate(const char *name)
{
	ereport(ERROR,
			(errcode(ERRCODE_DUPLICATE_OBJECT),
			 errmsg("data set \"%s\" already exists", name)));
}

/* A copy of text argument "arg", or "otherwise". */
static char *
text_argument(FunctionCallInfo fcinfo, int arg, char *otherwise)
{
	return PG_ARGISNULL(arg) ? otherwise :
		text_to_cstring(PG_GETARG_TEXT_PP(arg));
}

static char *
required_argument(FunctionCallInfo fcinfo, int arg, const char *name)
{
	if (PG_ARGISNULL(arg))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s must not be null", name)));
	return text_to_cstring(PG_GETARG_TEXT_PP(arg));
}

Datum
hft_sql_create_dataset(PG_FUNCTION_ARGS)
{
	static HftStatement insert = {
		"INSERT INTO hft.dataset (name, owner, query, method, model, "
		"  validation, test, split_key, comment) "
		"VALUES ($1, $2::oid, $3, $4, $5, $6, $7, $8, $9) "
		"ON CONFLICT (name) DO NOTHING RETURNING id",
		9, {TEXTOID, OIDOID, TEXTOID, TEXTOID, TEXTOID, FLOAT8OID, FLOAT8OID,
		TEXTOID, TEXTOID}
	};
	char	   *name = required_argument(fcinfo, ARG_NAME, "name");
	char	   *query = required_argument(fcinfo, ARG_QUERY, "query");
	char	   *method = required_argument(fcinfo, ARG_METHOD, "method");
	char	   *model = required_argument(fcinfo, ARG_MODEL, "model");
	double		validation = PG_ARGISNULL(ARG_VALIDATION) ? 0 :
		PG_GETARG_FLOAT8(ARG_VALIDATION);
	double		test = PG_ARGISNULL(ARG_TEST) ? 0 : PG_GETARG_FLOAT8(ARG_TEST);
	Datum		values[9];
	char		nulls[] = "        n";
	HftScope	scope;
	uint64		n;
	int64		id = 0;

	check_name(name);
	check_fractions(validation, test);
	(void) hft_token_target(model, (int) strlen(model));
	check_query(query, method, GetUserId());
	values[0] = CStringGetTextDatum(name);
	values[1] = ObjectIdGetDatum(GetUserId());
	values[2] = CStringGetTextDatum(query);
	values[3] = CStringGetTextDatum(method);
	values[4] = CStringGetTextDatum(model);
	values[5] = Float8GetDatum(validation);
	values[6] = Float8GetDatum(test);
	values[7] = CStringGetTextDatum(text_argument(fcinfo, ARG_SPLIT_KEY,
												  name));
	if (!PG_ARGISNULL(ARG_COMMENT))
	{
		values[8] = PG_GETARG_DATUM(ARG_COMMENT);
		nulls[8] = ' ';
	}
	hft_scope_enter(&scope);
	n = hft_statement_run(&insert, values, nulls, 0);
	if (n > 0)
		id = hft_row_int64(0, 1, 0);
	hft_scope_leave(&scope);
	if (n == 0)
		refuse_duplicate(name);
	PG_RETURN_INT64(id);
}

/* ---- changing ---- */

static void
check_new_name(const char *name, const char *new_name)
{
	static HftStatement find = {
		"SELECT FROM hft.dataset WHERE name = $1", 1, {TEXTOID}
	};
	Datum		value = CStringGetTextDatum(new_name);
	HftScope	scope;
	uint64		n;

	check_name(new_name);
	if (strcmp(name, new_name) == 0)
		return;
	hft_scope_enter(&scope);
	n = hft_statement_run(&find, &value, NULL, 0);
	hft_scope_leave(&scope);
	if (n > 0)
		refuse_duplicate(new_name);
}

static Oid
new_owner(FunctionCallInfo fcinfo, Oid owner)
{
	Oid			role;

	if (PG_ARGISNULL(ARG_OWNER))
		return owner;
	role = get_role_oid(text_to_cstring(PG_GETARG_TEXT_PP(ARG_OWNER)), false);
	if (!is_member_of_role(GetUserId(), role))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("must be member of role \"%s\"",
						GetUserNameFromId(role, false))));
	return role;
}

/* What the arguments leave of the data set. */
static void
apply_arguments(FunctionCallInfo fcinfo, HftDataset *dataset)
{
	dataset->query = text_argument(fcinfo, ARG_QUERY, dataset->query);
	dataset->method = text_argument(fcinfo, ARG_METHOD, dataset->method);
	dataset->model = text_argument(fcinfo, ARG_MODEL, dataset->model);
	dataset->split_key = text_argument(fcinfo, ARG_SPLIT_KEY,
									   dataset->split_key);
	if (!PG_ARGISNULL(ARG_VALIDATION))
		dataset->validation = PG_GETARG_FLOAT8(ARG_VALIDATION);
	if (!PG_ARGISNULL(ARG_TEST))
		dataset->test = PG_GETARG_FLOAT8(ARG_TEST);
	dataset->owner = new_owner(fcinfo, dataset->owner);
}

static void
update_dataset(FunctionCallInfo fcinfo, const HftDataset *dataset,
			   const char *new_name)
{
	static HftStatement update = {
		"WITH changed AS (UPDATE hft.dataset SET name = $2, owner = $3::oid, "
		"  query = $4, method = $5, model = $6, validation = $7, test = $8, "
		"  split_key = $9, comment = coalesce($10, comment) WHERE id = $1 "
		"  RETURNING id, owner) "
		"UPDATE hft.dataset_version v SET owner = c.owner FROM changed c "
		"WHERE v.dataset_id = c.id AND v.owner <> c.owner",
		10, {INT8OID, TEXTOID, OIDOID, TEXTOID, TEXTOID, TEXTOID, FLOAT8OID,
		FLOAT8OID, TEXTOID, TEXTOID}
	};
	Datum		values[10];
	char		nulls[] = "         n";
	HftScope	scope;

	values[0] = Int64GetDatum(dataset->id);
	values[1] = CStringGetTextDatum(new_name);
	values[2] = ObjectIdGetDatum(dataset->owner);
	values[3] = CStringGetTextDatum(dataset->query);
	values[4] = CStringGetTextDatum(dataset->method);
	values[5] = CStringGetTextDatum(dataset->model);
	values[6] = Float8GetDatum(dataset->validation);
	values[7] = Float8GetDatum(dataset->test);
	values[8] = CStringGetTextDatum(dataset->split_key);
	if (!PG_ARGISNULL(ARG_COMMENT))
	{
		values[9] = PG_GETARG_DATUM(ARG_COMMENT);
		nulls[9] = ' ';
	}
	hft_scope_enter(&scope);
	hft_statement_run(&update, values, nulls, 0);
	hft_scope_leave(&scope);
}

Datum
hft_sql_alter_dataset(PG_FUNCTION_ARGS)
{
	char	   *name = required_argument(fcinfo, ARG_NAME, "name");
	HftDataset	dataset = hft_dataset_get(name, true);
	char	   *new_name = text_argument(fcinfo, ARG_NEW_NAME, name);

	apply_arguments(fcinfo, &dataset);
	check_new_name(name, new_name);
	check_fractions(dataset.validation, dataset.test);
	(void) hft_token_target(dataset.model, (int) strlen(dataset.model));
	check_query(dataset.query, dataset.method, dataset.owner);
	update_dataset(fcinfo, &dataset, new_name);
	PG_RETURN_VOID();
}

/* ---- dropping ---- */

/* Data that something was trained on stay, for they are the evidence. */
static void
refuse_used(const HftDataset *dataset)
{
	static HftStatement count = {
		"SELECT count(*) FROM hft.job j JOIN hft.dataset_version v "
		"ON v.id = j.version_id WHERE v.dataset_id = $1",
		1, {INT8OID}
	};
	Datum		id = Int64GetDatum(dataset->id);
	HftScope	scope;
	int64		jobs;

	hft_scope_enter(&scope);
	hft_statement_run(&count, &id, NULL, 0);
	jobs = hft_row_int64(0, 1, 0);
	hft_scope_leave(&scope);
	if (jobs > 0)
		ereport(ERROR,
				(errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
				 errmsg("data set \"%s\" is in use", dataset->name),
				 errdetail(INT64_FORMAT " jobs were submitted with its versions.",
						   jobs),
				 errhint("Its versions are the evidence of what those jobs trained on; rename it instead.")));
}

Datum
hft_sql_drop_dataset(PG_FUNCTION_ARGS)
{
	static HftStatement drop = {
		"DELETE FROM hft.dataset WHERE id = $1", 1, {INT8OID}
	};
	HftDataset	dataset =
		hft_dataset_get(text_to_cstring(PG_GETARG_TEXT_PP(0)), true);
	Datum		id = Int64GetDatum(dataset.id);
	HftScope	scope;

	refuse_used(&dataset);
	hft_scope_enter(&scope);
	hft_statement_run(&drop, &id, NULL, 0);
	hft_scope_leave(&scope);
	PG_RETURN_VOID();
}
