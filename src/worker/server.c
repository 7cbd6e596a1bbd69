/*-------------------------------------------------------------------------
 *
 * server.c
 *	  Foreign servers, the right to spend there, and their credentials.
 *
 * Everything is read through the system caches without asking for privileges
 * of the current user: in the worker the current user is the extension's
 * owner and the role that matters is the job's.  Who may do what is asked
 * explicitly, by hft_server_allows().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/reloptions.h"
#include "access/table.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_user_mapping.h"
#include "commands/defrem.h"
#include "foreign/foreign.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "base/errors.h"
#include "compat.h"
#include "provider/options.h"
#include "worker/option.h"
#include "worker/server.h"

/* Names of all servers of our wrapper, NULL-terminated, for HINTs. */
static const char **
list_server_names(Oid wrapper)
{
	Relation	relation;
	SysScanDesc scan;
	List	   *names = NIL;
	const char **array;
	HeapTuple	tuple;
	int			i;

	relation = table_open(ForeignServerRelationId, AccessShareLock);
	scan = systable_beginscan(relation, InvalidOid, false, NULL, 0, NULL);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_foreign_server row = (Form_pg_foreign_server) GETSTRUCT(tuple);

		if (row->srvfdw == wrapper)
			names = lappend(names, pstrdup(NameStr(row->srvname)));
	}
	systable_endscan(scan);
	table_close(relation, AccessShareLock);

	array = palloc0((list_length(names) + 1) * sizeof(char *));
	for (i = 0; i < list_length(names); i++)
		array[i] = list_nth(names, i);
	return array;
}

pg_noreturn static void
raise_unknown_server(const char *name, Oid wrapper)
{
	const char *closest = hft_closest(name, list_server_names(wrapper));

	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("server \"%s\" of the foreign-data wrapper \"hft\" does not exist",
					name),
			 closest != NULL ?
			 errhint("Perhaps you meant \"%s\".", closest) :
			 errhint("Create it with CREATE SERVER ... FOREIGN DATA WRAPPER hft OPTIONS (provider '...').")));
}

static const char *
find_option(List *options, const char *name)
{
	ListCell   *cell;

	foreach(cell, options)
	{
		DefElem    *option = lfirst(cell);

		if (strcmp(option->defname, name) == 0)
			return defGetString(option);
	}
	return NULL;
}

static char *
trim_slashes(const char *url)
{
	char	   *copy = pstrdup(url);
	size_t		length = strlen(copy);

	while (length > 0 && copy[length - 1] == '/')
		copy[--length] = '\0';
	return copy;
}

static void
append_json_option(StringInfo json, const HftOptionSpec *spec,
				   DefElem *option)
{
	const char *value = defGetString(option);
	bool		flag;

	if (json->len > 1)
		appendStringInfoChar(json, ',');
	escape_json(json, option->defname);
	appendStringInfoChar(json, ':');
	if (!hft_option_is_bare(spec))
		escape_json(json, value);
	else if (spec->type != HFT_OPTION_BOOL)
		appendStringInfoString(json, value);
	else
		appendStringInfoString(json, parse_bool(value, &flag) && flag ?
							   "true" : "false");
}

/* Options beyond the two that have fields of their own, as a JSON object. */
static char *
make_options_json(const HftProvider *provider, List *options)
{
	StringInfoData json;
	ListCell   *cell;

	initStringInfo(&json);
	appendStringInfoChar(&json, '{');
	foreach(cell, options)
	{
		DefElem    *option = lfirst(cell);

		if (strcmp(option->defname, "provider") == 0 ||
			strcmp(option->defname, "base_url") == 0)
			continue;
		append_json_option(&json,
						   hft_option_lookup(provider->server_options,
											 option->defname), option);
	}
	appendStringInfoChar(&json, '}');
	return json.data;
}

static HftServer *
make_server(const ForeignServer *foreign)
{
	HftServer  *server = palloc0(sizeof(HftServer));
	const char *name = find_option(foreign->options, "provider");
	const char *base_url = find_option(foreign->options, "base_url");

	server->oid = foreign->serverid;
	server->provider = name != NULL ? hft_provider_lookup(name) : NULL;
	if (server->provider == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("server \"%s\" names a provider that this version of hft does not know",
						foreign->servername)));
	if (base_url == NULL)
		base_url = server->provider->default_base_url;

	server->facts.name = pstrdup(foreign->servername);
	server->facts.provider = server->provider->name;
	server->facts.base_url = base_url != NULL ? trim_slashes(base_url) : NULL;
	server->facts.options = make_options_json(server->provider,
											  foreign->options);
	return server;
}

HftServer *
hft_server_load(const char *name, bool missing_ok)
{
	Oid			wrapper = get_foreign_data_wrapper_oid("hft", true);
	ForeignServer *foreign = GetForeignServerByName(name, true);

	if (foreign != NULL && foreign->fdwid == wrapper)
		return make_server(foreign);
	if (!missing_ok)
		raise_unknown_server(name, wrapper);
	return NULL;
}

/* Also for a role that was dropped meanwhile (F61). */
static const char *
role_name(Oid role)
{
	const char *name = GetUserNameFromId(role, true);

	return name != NULL ? name : "unknown";
}

bool
hft_server_allows(const HftServer *server, Oid role)
{
	return hft_server_aclcheck(server->oid, role) == ACLCHECK_OK;
}

void
hft_server_check(const HftServer *server, Oid role)
{
	if (hft_server_allows(server, role))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("role \"%s\" may not use foreign server \"%s\"",
					role_name(role), server->facts.name),
			 errhint("GRANT USAGE ON FOREIGN SERVER is the right to spend money there.")));
}

/* Options of one user mapping; false when there is no mapping. */
static bool
load_mapping(Oid server, Oid role, List **options)
{
	HeapTuple	tuple = SearchSysCache2(USERMAPPINGUSERSERVER,
										ObjectIdGetDatum(role),
										ObjectIdGetDatum(server));
	Datum		datum;
	bool		isnull;

	if (!HeapTupleIsValid(tuple))
		return false;
	datum = SysCacheGetAttr(USERMAPPINGUSERSERVER, tuple,
							Anum_pg_user_mapping_umoptions, &isnull);
	*options = isnull ? NIL : untransformRelOptions(datum);
	ReleaseSysCache(tuple);
	return true;
}

bool
hft_server_key(const HftServer *server, Oid role, HftKey *key,
			   const char **problem)
{
	List	   *options;

	if (!load_mapping(server->oid, role, &options) &&
		!load_mapping(server->oid, InvalidOid, &options))
	{
		*problem = psprintf("There is no user mapping for role \"%s\" or PUBLIC on server \"%s\".",
							role_name(role), server->facts.name);
		return false;
	}
	key->file = find_option(options, "key_file");
	key->literal = find_option(options, "api_key");
	if (key->file != NULL || key->literal != NULL)
		return true;
	*problem = psprintf("The user mapping on server \"%s\" holds neither key_file nor api_key.",
						server->facts.name);
	return false;
}

char *
hft_key_read(const HftKey *key, const char **problem)
{
	char	   *secret;

	*problem = NULL;
	if (key->file == NULL)
	{
		hft_secret_remember(key->literal);
		return strdup(key->literal);
	}
	secret = hft_secret_read(key->file, problem);
	if (secret != NULL)
		hft_secret_remember(secret);
	return secret;
}

char *
hft_server_secret(const HftServer *server, Oid role, const char **problem)
{
	HftKey		key;

	if (!hft_server_key(server, role, &key, problem))
		return NULL;
	return hft_key_read(&key, problem);
}
