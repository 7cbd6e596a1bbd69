/*-------------------------------------------------------------------------
 *
 * store.c
 *	  Data sets and versions in their tables, and who may use them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"

#include "compat.h"
#include "base/errors.h"
#include "base/sql.h"
#include "dataset/dataset.h"

pg_noreturn static void
refuse_unknown(const char *name)
{
	static HftStatement list = {
		"SELECT name FROM hft.dataset WHERE pg_has_role($1, owner, 'MEMBER') "
		"ORDER BY name LIMIT 1000", 1, {OIDOID}
	};
	Datum		user = ObjectIdGetDatum(GetUserId());
	HftScope	scope;
	uint64		n;
	const char **names;
	const char *closest;

	hft_scope_enter(&scope);
	n = hft_statement_run(&list, &user, NULL, 0);
	names = palloc0((n + 1) * sizeof(char *));
	for (uint64 i = 0; i < n; i++)
		names[i] = pstrdup(hft_row_text(i, 1));
	hft_scope_leave(&scope);
	closest = hft_closest(name, names);
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("data set \"%s\" does not exist", name),
			 closest ? errhint("Perhaps you meant \"%s\".", closest) : 0));
}

static void
check_member(Oid owner, const char *name)
{
	if (!is_member_of_role(GetUserId(), owner))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied for data set \"%s\"", name),
				 errdetail("You are not a member of role \"%s\", which owns it.",
						   GetUserNameFromId(owner, false))));
}

static double
row_double(int column)
{
	bool		isnull;

	return DatumGetFloat8(hft_row_datum(0, column, &isnull));
}

static Oid
row_oid(int column)
{
	bool		isnull;

	return DatumGetObjectId(hft_row_datum(0, column, &isnull));
}

static HftDataset
row_dataset(void)
{
	HftDataset	dataset;

	dataset.id = hft_row_int64(0, 1, 0);
	dataset.name = hft_row_text(0, 2);
	dataset.owner = row_oid(3);
	dataset.query = hft_row_text(0, 4);
	dataset.method = hft_row_text(0, 5);
	dataset.model = hft_row_text(0, 6);
	dataset.validation = row_double(7);
	dataset.test = row_double(8);
	dataset.split_key = hft_row_text(0, 9);
	return dataset;
}

#define DATASET_COLUMNS \
	"SELECT id, name, owner, query, method, model, validation, test, " \
	"split_key FROM hft.dataset WHERE name = $1"

HftDataset
hft_dataset_get(const char *name, bool lock)
{
	static HftStatement find = {DATASET_COLUMNS, 1, {TEXTOID}};
	static HftStatement find_and_lock = {
		DATASET_COLUMNS " FOR UPDATE", 1, {TEXTOID}
	};
	Datum		value = CStringGetTextDatum(name);
	HftDataset	dataset;
	HftScope	scope;
	bool		found;

	hft_scope_enter(&scope);
	found = hft_statement_run(lock ? &find_and_lock : &find,
							  &value, NULL, 0) > 0;
	if (found)
		dataset = row_dataset();
	hft_scope_leave(&scope);
	if (!found)
		refuse_unknown(name);
	check_member(dataset.owner, name);
	return dataset;
}

static HftVersion
row_version(void)
{
	HftVersion	version;

	version.id = hft_row_int64(0, 1, 0);
	version.number = (int) hft_row_int64(0, 2, 0);
	version.dataset_id = hft_row_int64(0, 3, 0);
	version.owner = row_oid(4);
	version.method = hft_row_text(0, 5);
	version.model = hft_row_text(0, 6);
	version.rows = hft_row_int64(0, 7, 0);
	version.known = true;
	return version;
}

HftVersion
hft_version_get(const char *dataset, int number)
{
	static HftStatement find = {
		"SELECT id, number, dataset_id, owner, method, model, rows "
		"FROM hft.dataset_version "
		"WHERE dataset_id = $1 AND ($2 = 0 OR number = $2) "
		"ORDER BY number DESC LIMIT 1", 2, {INT8OID, INT4OID}
	};
	HftDataset	found = hft_dataset_get(dataset, false);
	Datum		values[2];
	HftVersion	version;
	HftScope	scope;
	uint64		n;

	values[0] = Int64GetDatum(found.id);
	values[1] = Int32GetDatum(number);
	hft_scope_enter(&scope);
	n = hft_statement_run(&find, values, NULL, 0);
	if (n > 0)
		version = row_version();
	hft_scope_leave(&scope);
	if (n > 0)
		return version;
	if (number == HFT_LATEST_VERSION)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("data set \"%s\" has no version yet", dataset),
				 errhint("Take one with hft.snapshot_dataset(%s).",
						 quote_literal_cstr(dataset))));
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("data set \"%s\" has no version %d", dataset, number)));
}

int64
hft_version_errors(int64 version, const char *format)
{
	static HftStatement count = {
		"SELECT count(*) FROM hft.finding WHERE version_id = $1 "
		"AND severity = 'error' AND (format IS NULL OR format = $2)",
		2, {INT8OID, TEXTOID}
	};
	Datum		values[2];
	HftScope	scope;
	int64		errors;

	values[0] = Int64GetDatum(version);
	values[1] = CStringGetTextDatum(format);

	hft_scope_enter(&scope);
	hft_statement_run(&count, values, NULL, 0);
	errors = hft_row_int64(0, 1, 0);
	hft_scope_leave(&scope);
	return errors;
}
