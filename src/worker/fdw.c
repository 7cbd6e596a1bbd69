/*-------------------------------------------------------------------------
 *
 * fdw.c
 *	  Validator of the foreign-data wrapper hft.
 *
 * A server says which platform and, where an administrator wants so, which
 * destination; a user mapping says whose key.  What decides where a key is
 * sent, or which file of the server's is read, is for superusers and members
 * of pg_read_server_files only (R37, R38, F78): otherwise a user could send
 * somebody's key to a host of theirs.  The catalogs of servers are readable
 * by everyone, so secrets are refused there.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/reloptions.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_user_mapping.h"
#include "commands/defrem.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/acl.h"

#include "base/errors.h"
#include "compat.h"
#include "provider/options.h"
#include "worker/option.h"
#include "worker/server.h"

#define MAX_VALUE_BYTES 4096

static const HftOptionSpec common_options[] = {
	{"provider", HFT_OPTION_TEXT, 0, 0, NULL, false,
	"platform that runs the jobs"},
	{NULL}
};

static const HftOptionSpec mapping_options[] = {
	{"key_file", HFT_OPTION_TEXT, 1, 255, NULL, false,
	"file in hft.secret_directory that holds the key"},
	{"api_key", HFT_OPTION_TEXT, 1, MAX_VALUE_BYTES, NULL, false,
	"the key itself"},
	{NULL}
};

pg_noreturn static void
raise_unknown_option(const char *name, const char *kind,
					 const HftOptionSpec *specs, const HftOptionSpec *more)
{
	ereport(ERROR,
			(errcode(ERRCODE_FDW_INVALID_OPTION_NAME),
			 errmsg("invalid option \"%s\"", name),
			 errhint("%s", hft_option_hint(name, kind, specs, more))));
}

pg_noreturn static void
raise_bad_value(const char *name, const char *why)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid value for option \"%s\"", name),
			 errdetail("%s", why)));
}

pg_noreturn static void
raise_secret_in_server(const char *name)
{
	ereport(ERROR,
			(errcode(ERRCODE_FDW_INVALID_OPTION_NAME),
			 errmsg("option \"%s\" would show a secret to everyone", name),
			 errdetail("The options of foreign servers are readable by all roles."),
			 errhint("Put the key into a user mapping: CREATE USER MAPPING ... OPTIONS (key_file '...').")));
}

/* Names under which people put keys where they do not belong. */
static bool
is_secret_name(const char *name)
{
	static const char *const words[] = {
		"key", "secret", "token", "password", "passwd", "credential", NULL
	};
	int			i;

	for (i = 0; words[i] != NULL; i++)
	{
		if (strstr(name, words[i]) != NULL)
			return true;
	}
	return false;
}

static const char *const *
list_provider_names(void)
{
	const HftProvider *const *list = hft_provider_list();
	const char **names;
	int			n = 0;

	while (list[n] != NULL)
		n++;
	names = palloc0((n + 1) * sizeof(char *));
	while (n-- > 0)
		names[n] = list[n]->name;
	return names;
}

pg_noreturn static void
raise_unknown_provider(const char *name)
{
	const char *const *names = list_provider_names();
	const char *closest = hft_closest(name, names);

	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("provider \"%s\" does not exist", name),
			 closest != NULL ?
			 errhint("Perhaps you meant \"%s\".", closest) :
			 errhint("Providers are: %s.", hft_names_join(names))));
}

/* The option "provider" of a server, which every server needs. */
static const HftProvider *
find_provider(List *options)
{
	const HftProvider *provider;
	ListCell   *cell;

	foreach(cell, options)
	{
		DefElem    *option = lfirst(cell);

		if (strcmp(option->defname, "provider") != 0)
			continue;
		provider = hft_provider_lookup(defGetString(option));
		if (provider == NULL)
			raise_unknown_provider(defGetString(option));
		return provider;
	}
	ereport(ERROR,
			(errcode(ERRCODE_FDW_OPTION_NAME_NOT_FOUND),
			 errmsg("option \"provider\" is required"),
			 errhint("Providers are: %s.",
					 hft_names_join(list_provider_names()))));
}

/*
 * Raise unless the value is one the spec allows.  The judging is pure C and
 * wants an arena, which must not outlive an error.
 */
static void
check_value(const HftOptionSpec *spec, const char *value)
{
	HftArena   *arena = hft_arena_create(16 * 1024);
	const char *why = "There is not enough memory to check it.";

	if (arena != NULL)
		why = hft_option_check_text(arena, spec, value);
	if (why != NULL)
		why = pstrdup(why);
	hft_arena_destroy(arena);
	if (why != NULL)
		raise_bad_value(spec->name, why);
}

static void
check_server_value(const HftOptionSpec *spec, const char *value)
{
	if (strlen(value) > MAX_VALUE_BYTES)
		raise_bad_value(spec->name, "It is too long.");
	check_value(spec, value);
	if (strcmp(hft_redact(value, MAX_VALUE_BYTES), value) != 0)
		raise_secret_in_server(spec->name);
	if (spec->superuser_only && !superuser())
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied to set option \"%s\"", spec->name),
				 errdetail("It decides where keys and data are sent.  Only superusers may set or keep it.")));
}

static void
check_server_options(List *options)
{
	const HftProvider *provider = find_provider(options);
	const HftOptionSpec *own = provider->server_options;
	bool		has_base_url = provider->default_base_url != NULL;
	ListCell   *cell;

	foreach(cell, options)
	{
		DefElem    *option = lfirst(cell);
		const HftOptionSpec *spec;

		spec = hft_option_lookup(common_options, option->defname);
		if (spec == NULL)
			spec = hft_option_lookup(own, option->defname);
		if (spec == NULL && is_secret_name(option->defname))
			raise_secret_in_server(option->defname);
		if (spec == NULL)
			raise_unknown_option(option->defname, "server options",
								 common_options, own);
		check_server_value(spec, defGetString(option));
		if (strcmp(spec->name, "base_url") == 0)
			has_base_url = true;
	}
	if (!has_base_url)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_OPTION_NAME_NOT_FOUND),
				 errmsg("option \"base_url\" is required for provider \"%s\"",
						provider->name)));
}

/*
 * A plain name: the file is looked for in one directory and nowhere else.
 */
static void
check_key_file(const char *name)
{
	check_value(&mapping_options[0], name);
	if (strchr(name, '/') != NULL || name[0] == '.')
		raise_bad_value("key_file",
						"It must be the plain name of a file in hft.secret_directory, without a slash or a leading dot.");
	if (!has_privs_of_role(GetUserId(), ROLE_PG_READ_SERVER_FILES))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied to set option \"key_file\""),
				 errdetail("Only superusers and members of pg_read_server_files may choose a file of the database server.")));
}

static void
check_api_key(const char *key)
{
	check_value(&mapping_options[1], key);
	ereport(WARNING,
			(errcode(ERRCODE_WARNING),
			 errmsg("the key was part of an SQL statement"),
			 errdetail("Statements are logged, shown in pg_stat_activity and kept in the history of clients; options of user mappings are in every dump."),
			 errhint("Use key_file, and replace this key when others can read those places.")));
}

static void
check_mapping_options(List *options)
{
	ListCell   *cell;

	foreach(cell, options)
	{
		DefElem    *option = lfirst(cell);

		if (hft_option_lookup(mapping_options, option->defname) == NULL)
			raise_unknown_option(option->defname, "user mapping options",
								 mapping_options, NULL);
	}
	if (list_length(options) != 1)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_OPTION_NAME_NOT_FOUND),
				 errmsg("a user mapping needs either \"key_file\" or \"api_key\""),
				 errhint("Write the key into a file of hft.secret_directory and name it in key_file.")));
	foreach(cell, options)
	{
		DefElem    *option = lfirst(cell);

		if (strcmp(option->defname, "key_file") == 0)
			check_key_file(defGetString(option));
		else
			check_api_key(defGetString(option));
	}
}

PG_FUNCTION_INFO_V1(hft_sql_fdw_validator);

Datum
hft_sql_fdw_validator(PG_FUNCTION_ARGS)
{
	List	   *options = untransformRelOptions(PG_GETARG_DATUM(0));
	Oid			catalog = PG_GETARG_OID(1);
	DefElem    *option;

	if (catalog == ForeignServerRelationId)
		check_server_options(options);
	else if (catalog == UserMappingRelationId)
		check_mapping_options(options);
	else if (options != NIL)
	{
		option = linitial(options);
		raise_unknown_option(option->defname, "options", NULL, NULL);
	}
	PG_RETURN_VOID();
}
