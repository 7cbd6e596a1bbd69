/*-------------------------------------------------------------------------
 *
 * model.c
 *	  Finding the model that somebody means.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "base/errors.h"
#include "base/sql.h"
#include "model/model.h"

#define MODEL_COLUMNS \
	" m.id, m.server, m.model, m.kind, m.base_model, m.endpoint," \
	" m.retires_on::text, m.retires_on <= current_date"

/* Take a row of MODEL_COLUMNS. */
static HftModel *
take_model(uint64 row)
{
	HftModel   *model = palloc0(sizeof(*model));
	bool		isnull;
	Datum		retired = hft_row_datum(row, 8, &isnull);

	model->id = hft_row_int64(row, 1, 0);
	model->server = hft_row_text(row, 2);
	model->model = hft_row_text(row, 3);
	model->kind = hft_row_text(row, 4);
	model->base_model = hft_row_text(row, 5);
	model->endpoint = hft_row_text(row, 6);
	model->retires_on = hft_row_text(row, 7);
	model->retired = !isnull && DatumGetBool(retired);
	return model;
}

/* The single row of the last statement, or NULL. */
static HftModel *
take_only_model(uint64 rows, const char *reference)
{
	if (rows == 0)
		return NULL;
	if (rows > 1)
		ereport(ERROR,
				(errcode(ERRCODE_AMBIGUOUS_FUNCTION),
				 errmsg("model \"%s\" is not unique", reference),
				 errdetail("Servers \"%s\" and \"%s\" both have it.",
						   hft_row_text(0, 2), hft_row_text(1, 2)),
				 errhint("Name the server, or the job that made it.")));
	return take_model(0);
}

/* What a job made; ERROR when it is visible and made nothing yet. */
static HftModel *
find_by_job(Datum *values, const char *nulls, const char *reference)
{
	static HftStatement find = {
		"SELECT" MODEL_COLUMNS
		" FROM hft.job j"
		" JOIN hft.model m ON m.server = j.server AND m.model = j.tuned_model"
		" WHERE (j.name = $1 OR j.id::text = $1)"
		" AND ($2 IS NULL OR j.server = $2)"
		" AND pg_has_role($3, j.owner, 'MEMBER')"
		/* a name made of digits goes before a number */
		" ORDER BY (j.name = $1) IS TRUE DESC LIMIT 1",
		3, {TEXTOID, TEXTOID, OIDOID}
	};
	static HftStatement find_state = {
		"SELECT j.state, j.finished_at IS NULL FROM hft.job j"
		" WHERE (j.name = $1 OR j.id::text = $1)"
		" AND ($2 IS NULL OR j.server = $2)"
		" AND pg_has_role($3, j.owner, 'MEMBER')",
		3, {TEXTOID, TEXTOID, OIDOID}
	};

	bool		isnull;

	if (hft_statement_run(&find, values, nulls, 0) > 0)
		return take_model(0);
	if (hft_statement_run(&find_state, values, nulls, 1) == 0)
		return NULL;
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("job \"%s\" has no model", reference),
			 errdetail("Its state is \"%s\".", hft_row_text(0, 1)),
			 DatumGetBool(hft_row_datum(0, 2, &isnull)) ?
			 errhint("CALL hft.wait_for() waits until a job is finished.") :
			 0));
}

HftModel *
hft_model_find(const char *reference, const char *server, Oid role)
{
	static HftStatement find = {
		"SELECT" MODEL_COLUMNS
		" FROM hft.model m"
		" WHERE m.model = $1 AND ($2 IS NULL OR m.server = $2)"
		" AND (m.owner IS NULL OR pg_has_role($3, m.owner, 'MEMBER'))"
		" ORDER BY m.server",
		3, {TEXTOID, TEXTOID, OIDOID}
	};
	Datum		values[3] = {
		CStringGetTextDatum(reference),
		server ? CStringGetTextDatum(server) : (Datum) 0,
		ObjectIdGetDatum(role)
	};
	char		nulls[4] = {' ', server ? ' ' : 'n', ' '};
	HftModel   *model = take_only_model(hft_statement_run(&find, values,
														  nulls, 0),
										reference);

	return model ? model : find_by_job(values, nulls, reference);
}

const char *
hft_closest_visible(HftStatement *list, const char *name, Oid role)
{
	Datum		values[1] = {ObjectIdGetDatum(role)};
	uint64		rows = hft_statement_run(list, values, NULL, 0);
	const char **names = palloc0(sizeof(char *) * (rows + 1));

	for (uint64 row = 0; row < rows; row++)
		names[row] = hft_row_text(row, 1);
	return hft_closest(name, names);
}

HftModel *
hft_model_require(const char *reference, const char *server, Oid role)
{
	static HftStatement list = {
		"(SELECT m.model FROM hft.model m"
		"  WHERE m.owner IS NULL OR pg_has_role($1, m.owner, 'MEMBER')"
		"  ORDER BY m.id DESC LIMIT 5000)"
		" UNION ALL (SELECT j.name FROM hft.job j"
		"  WHERE j.name IS NOT NULL AND pg_has_role($1, j.owner, 'MEMBER')"
		"  ORDER BY j.id DESC LIMIT 5000)",
		1, {OIDOID}
	};
	HftModel   *model = hft_model_find(reference, server, role);
	const char *closest;

	if (model != NULL)
		return model;
	closest = hft_closest_visible(&list, reference, role);
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("model \"%s\" does not exist", reference),
			 closest ? errhint("Perhaps you meant \"%s\".", closest) :
			 errhint("Name a model of hft.model, or the job that made one.")));
}

HftModel *
hft_alias_find(const char *name, TimestampTz at, Oid role)
{
	static HftStatement find_current = {
		"SELECT" MODEL_COLUMNS
		" FROM hft.alias a JOIN hft.model m ON m.id = a.model_id"
		" WHERE a.name = $1 AND a.valid_until IS NULL"
		" AND pg_has_role($2, a.owner, 'MEMBER')",
		2, {TEXTOID, OIDOID}
	};
	static HftStatement find_past = {
		"SELECT" MODEL_COLUMNS
		" FROM hft.alias a JOIN hft.model m ON m.id = a.model_id"
		" WHERE a.name = $1 AND pg_has_role($2, a.owner, 'MEMBER')"
		" AND a.valid_from <= $3"
		" AND (a.valid_until IS NULL OR $3 < a.valid_until)",
		3, {TEXTOID, OIDOID, TIMESTAMPTZOID}
	};
	Datum		values[3] = {
		CStringGetTextDatum(name), ObjectIdGetDatum(role),
		TimestampTzGetDatum(at)
	};

	if (hft_statement_run(at == 0 ? &find_current : &find_past, values,
						  NULL, 1) == 0)
		return NULL;
	return take_model(0);
}

void
hft_alias_raise_unknown(const char *name, Oid role)
{
	static HftStatement list = {
		"SELECT DISTINCT name FROM hft.alias"
		" WHERE valid_until IS NULL AND pg_has_role($1, owner, 'MEMBER')",
		1, {OIDOID}
	};
	const char *closest = hft_closest_visible(&list, name, role);

	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("alias \"%s\" does not exist", name),
			 closest ? errhint("Perhaps you meant \"%s\".", closest) :
			 errhint("Create it with hft.promote().")));
}

char *
hft_required_text(FunctionCallInfo fcinfo, int argument, const char *what)
{
	char	   *value;

	if (PG_ARGISNULL(argument))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s must not be null", what)));
	value = text_to_cstring(PG_GETARG_TEXT_PP(argument));
	if (value[0] == '\0' || strlen(value) > HFT_NAME_LIMIT)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must have between 1 and %d bytes", what,
						HFT_NAME_LIMIT)));
	return value;
}
