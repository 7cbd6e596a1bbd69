/*-------------------------------------------------------------------------
 *
 * shape.c
 *	  What the columns of a data set's query mean, by their names.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "compat.h"
#include "dataset/source.h"

static const struct
{
	const char *name;
	int			column;
}			known_columns[] = {
	{"messages", HFT_COLUMN_MESSAGES},
	{"system", HFT_COLUMN_SYSTEM},
	{"user", HFT_COLUMN_USER},
	{"prompt", HFT_COLUMN_USER},
	{"assistant", HFT_COLUMN_ASSISTANT},
	{"completion", HFT_COLUMN_ASSISTANT},
	{"text", HFT_COLUMN_TEXT},
	{"tools", HFT_COLUMN_TOOLS},
	{"weight", HFT_COLUMN_WEIGHT},
	{"group_key", HFT_COLUMN_GROUP_KEY},
	{"id", HFT_SOURCE_ID},
	{"split", HFT_SOURCE_SPLIT},
};

#define SFT_HINT "Name the columns messages, or user and assistant (and system); " \
	"id, split, group_key, tools and weight may be there, too."
#define TEXT_HINT "Name a column text; id, split, group_key and weight may be there, too."

HftMethod
hft_method_lookup(const char *name)
{
	if (strcmp(name, "sft") == 0)
		return HFT_METHOD_SFT;
	if (strcmp(name, "text") == 0)
		return HFT_METHOD_TEXT;
	if (strcmp(name, "dpo") == 0 || strcmp(name, "rft") == 0)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("data sets for method \"%s\" cannot be built yet",
						name),
				 errhint("The methods are \"sft\" and \"text\".")));
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown method \"%s\"", name),
			 errhint("The methods are \"sft\" and \"text\".")));
}

static const char *
column_list(TupleDesc columns)
{
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 0; i < columns->natts; i++)
		appendStringInfo(&list, "%s%s", i > 0 ? ", " : "",
						 NameStr(TupleDescAttr(columns, i)->attname));
	return list.data;
}

pg_noreturn static void
refuse_columns(TupleDesc columns, HftMethod method, const char *message)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_COLUMN_DEFINITION),
			 errmsg("%s", message),
			 errdetail("The query has the columns: %s.",
					   column_list(columns)),
			 errhint("%s", method == HFT_METHOD_TEXT ?
					 TEXT_HINT : SFT_HINT)));
}

static int
known_column(const char *name)
{
	for (int i = 0; i < lengthof(known_columns); i++)
		if (strcmp(known_columns[i].name, name) == 0)
			return known_columns[i].column;
	return -1;
}

static void
check_type(const HftSourceShape *shape, TupleDesc columns, int column)
{
	Oid			type;
	char		category;
	bool		preferred;

	if (shape->attribute[column] == 0)
		return;
	type = getBaseType(TupleDescAttr(columns,
									 shape->attribute[column] - 1)->atttypid);
	get_type_category_preferred(type, &category, &preferred);
	if (column == HFT_COLUMN_WEIGHT ? category == TYPCATEGORY_NUMERIC :
		type == JSONOID || type == JSONBOID || type == UNKNOWNOID ||
		category == TYPCATEGORY_STRING)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_DATATYPE_MISMATCH),
			 errmsg("column \"%s\" is of type %s", shape->name[column],
					format_type_be(type)),
			 column == HFT_COLUMN_WEIGHT ?
			 errhint("It must be a number.") :
			 errhint("It must be jsonb, json, or text that holds JSON.")));
}

static void
check_shape(const HftSourceShape *shape, TupleDesc columns)
{
	const int  *attribute = shape->attribute;
	bool		turns = attribute[HFT_COLUMN_SYSTEM] ||
		attribute[HFT_COLUMN_USER] || attribute[HFT_COLUMN_ASSISTANT];

	if (shape->method == HFT_METHOD_TEXT)
	{
		if (!attribute[HFT_COLUMN_TEXT])
			refuse_columns(columns, shape->method,
						   "the query has no column \"text\"");
		if (turns || attribute[HFT_COLUMN_MESSAGES] ||
			attribute[HFT_COLUMN_TOOLS])
			refuse_columns(columns, shape->method,
						   "method \"text\" does not go with columns of a conversation");
		return;
	}
	if (attribute[HFT_COLUMN_TEXT])
		refuse_columns(columns, shape->method,
					   "column \"text\" goes with method \"text\" only");
	if (attribute[HFT_COLUMN_MESSAGES] && turns)
		refuse_columns(columns, shape->method,
					   "column \"messages\" does not go with single messages");
	if (!attribute[HFT_COLUMN_MESSAGES] &&
		!(attribute[HFT_COLUMN_USER] && attribute[HFT_COLUMN_ASSISTANT]))
		refuse_columns(columns, shape->method,
					   "the query's columns make no example");
}

HftSourceShape
hft_source_shape(TupleDesc columns, HftMethod method)
{
	HftSourceShape shape = {method, {0}, {NULL}};

	for (int i = 0; i < columns->natts; i++)
	{
		const char *name = NameStr(TupleDescAttr(columns, i)->attname);
		int			column = known_column(name);

		if (column < 0)
			refuse_columns(columns, method,
						   psprintf("unknown column \"%s\"", name));
		if (shape.attribute[column] != 0)
			refuse_columns(columns, method,
						   psprintf("columns \"%s\" and \"%s\" are the same",
									shape.name[column], name));
		shape.attribute[column] = i + 1;
		shape.name[column] = pstrdup(name);
	}
	check_shape(&shape, columns);
	check_type(&shape, columns, HFT_COLUMN_MESSAGES);
	check_type(&shape, columns, HFT_COLUMN_TOOLS);
	check_type(&shape, columns, HFT_COLUMN_WEIGHT);
	return shape;
}
