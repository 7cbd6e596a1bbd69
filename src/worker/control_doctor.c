/*-------------------------------------------------------------------------
 *
 * control_doctor.c
 *	  hft.doctor: is everything in place, and if not, what is to be done?
 *
 * One function looks at one thing and writes one row, or one row for each of
 * its kind.  Nothing is changed, nothing is sent, and of a key file only
 * whether it can be read is told.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <curl/curl.h>
#include <openssl/crypto.h>
#include <sys/stat.h>

#include "catalog/pg_type.h"
#include "commands/dbcommands.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "base/errors.h"
#include "base/settings.h"
#include "base/sql.h"
#include "hft.h"
#include "worker/server.h"
#include "worker/shared.h"
#include "worker/wakeup.h"

/* jansson.h and the server's headers cannot be read together */
extern const char *jansson_version_str(void);

/* One row; hint may be NULL. */
static void
put_row(ReturnSetInfo *result, const char *item, const char *status,
		const char *detail, const char *hint)
{
	Datum		values[4];
	bool		nulls[4] = {false, false, false, hint == NULL};

	values[0] = CStringGetTextDatum(item);
	values[1] = CStringGetTextDatum(status);
	values[2] = CStringGetTextDatum(detail);
	values[3] = hint != NULL ? CStringGetTextDatum(hint) : (Datum) 0;
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/* R12: new library with old SQL, or the other way round. */
static void
look_at_versions(ReturnSetInfo *result)
{
	static HftStatement find = {
		"SELECT extversion FROM pg_extension WHERE extname = 'hft'", 0, {0}
	};
	char	   *installed;

	hft_statement_run(&find, NULL, NULL, 1);
	installed = hft_row_text(0, 1);
	if (strcmp(installed, HFT_VERSION) == 0)
		put_row(result, "version", "ok", psprintf("hft %s", installed), NULL);
	else
		put_row(result, "version", "error",
				psprintf("The extension is %s, the library is %s.",
						 installed, HFT_VERSION),
				"Restart the server if the library was replaced, then ALTER EXTENSION hft UPDATE.");
}

static void
look_at_libraries(ReturnSetInfo *result)
{
	const curl_version_info_data *curl = curl_version_info(CURLVERSION_NOW);
	bool		asynchronous = (curl->features & CURL_VERSION_ASYNCHDNS) != 0;

	put_row(result, "libraries", asynchronous ? "ok" : "warning",
			psprintf("libcurl %s (%s, %s DNS), jansson %s, %s",
					 curl->version, curl->ssl_version,
					 asynchronous ? "asynchronous" : "blocking",
					 jansson_version_str(),
					 OpenSSL_version(OPENSSL_VERSION)),
			asynchronous ? NULL :
			"Use a libcurl with asynchronous DNS: a name server that does not answer would hold up every job (R19).");
}

static void
look_at_background(ReturnSetInfo *result)
{
	static HftStatement find = {
		"SELECT state, coalesce('pid ' || pid || ', ', '') || running ||"
		" ' under way, ' || requests || ' requests, ' || errors || ' errors',"
		" last_error, failures::int8 FROM hft.worker_status()"
		" WHERE database = $1", 1, {OIDOID}
	};
	Datum		value = ObjectIdGetDatum(MyDatabaseId);
	bool		healthy;

	if (!hft_background_enabled())
	{
		put_row(result, "background", "error",
				"Nothing runs hft's work in this database.",
				"Add hft to shared_preload_libraries and restart the server, or call hft.start_worker().");
		return;
	}
	if (hft_shared != NULL &&
		!hft_database_is_served(get_database_name(MyDatabaseId)))
	{
		put_row(result, "background", "error",
				"The setting hft.databases does not name this database: its jobs wait.",
				"Add the database to hft.databases, or empty it, and reload the configuration.");
		return;
	}
	if (hft_statement_run(&find, &value, NULL, 1) == 0)
	{
		put_row(result, "background", "ok", hft_shared != NULL ?
				"The launcher is there; no work was due yet." :
				"A worker that hft.start_worker() started is there until the server restarts.",
				NULL);
		return;
	}
	healthy = hft_row_int64(0, 4, 0) == 0;
	put_row(result, "background", healthy ? "ok" : "warning",
			psprintf("%s: %s", hft_row_text(0, 1), hft_row_text(0, 2)),
			healthy ? NULL : hft_row_text(0, 3));
}

static void
look_at_secret_directory(ReturnSetInfo *result)
{
	struct stat info;

	if (hft_secret_directory == NULL || *hft_secret_directory == '\0')
		put_row(result, "secret directory", "warning",
				"hft.secret_directory is not set; key files cannot be used.",
				"Set it to a directory that only the server's user can enter.");
	else if (stat(hft_secret_directory, &info) != 0)
		put_row(result, "secret directory", "error",
				psprintf("hft.secret_directory cannot be read: %s.",
						 strerror(errno)),
				"Create it, owned by the server's user, mode 0700.");
	else if (!S_ISDIR(info.st_mode))
		put_row(result, "secret directory", "error",
				"hft.secret_directory is not a directory.", NULL);
	else if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		put_row(result, "secret directory", "warning",
				"Group or others may enter hft.secret_directory.",
				"chmod 0700 keeps the names of the key files private.");
	else
		put_row(result, "secret directory", "ok", hft_secret_directory, NULL);
}

/* Can the key of a user mapping be had? */
static void
look_at_mapping(ReturnSetInfo *result, const char *item, HftServer *server,
				Oid role)
{
	const char *problem;
	char	   *secret = hft_server_secret(server, role, &problem);

	if (secret != NULL)
		put_row(result, item, "ok", "The key can be read.", NULL);
	else
		put_row(result, item, "error", problem,
				"The file must be a regular one, owned by the server's user, closed to group and others.");
	hft_secret_free(secret);
}

static void
look_at_servers(ReturnSetInfo *result)
{
	static HftStatement find = {
		"SELECT s.srvname::text, m.umuser::int8,"
		" CASE WHEN m.umuser = 0 THEN 'PUBLIC'"
		"  ELSE pg_get_userbyid(m.umuser) END"
		" FROM pg_foreign_server s"
		" JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw"
		"  AND w.fdwname = 'hft'"
		" LEFT JOIN pg_user_mapping m ON m.umserver = s.oid"
		" ORDER BY 1, 3", 0, {0}
	};
	uint64		rows = hft_statement_run(&find, NULL, NULL, 0);
	uint64		i;

	if (rows == 0)
		put_row(result, "servers", "warning", "There is no server yet.",
				"CREATE SERVER ... FOREIGN DATA WRAPPER hft OPTIONS (provider '...').");
	for (i = 0; i < rows; i++)
	{
		char	   *name = hft_row_text(i, 1);
		int64		role = hft_row_int64(i, 2, -1);

		if (role < 0)
			put_row(result, psprintf("server %s", name), "warning",
					"It has no user mapping, so nobody has a key for it.",
					"CREATE USER MAPPING ... OPTIONS (key_file '...').");
		else
			look_at_mapping(result,
							psprintf("server %s, mapping for %s", name,
									 hft_row_text(i, 3)),
							hft_server_load(name, false), (Oid) role);
	}
}

static void
look_at_jobs(ReturnSetInfo *result)
{
	static HftStatement find = {
		"SELECT count(*) FILTER (WHERE state NOT IN"
		"  ('succeeded', 'failed', 'cancelled')),"
		" count(*) FILTER (WHERE state = 'needs_attention'),"
		" count(*) FILTER (WHERE reason = 'in_doubt') FROM hft.job", 0, {0}
	};
	int64		attention;

	hft_statement_run(&find, NULL, NULL, 1);
	attention = hft_row_int64(0, 2, 0);
	put_row(result, "jobs", attention > 0 ? "warning" : "ok",
			psprintf(INT64_FORMAT " under way, " INT64_FORMAT
					 " need attention, " INT64_FORMAT " of them in doubt",
					 hft_row_int64(0, 1, 0), attention,
					 hft_row_int64(0, 3, 0)),
			attention > 0 ?
			"SELECT id, reason, error_message, error_hint FROM hft.job WHERE state = 'needs_attention'." :
			NULL);
}

PG_FUNCTION_INFO_V1(hft_sql_doctor);

Datum
hft_sql_doctor(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	HftScope	scope;

	InitMaterializedSRF(fcinfo, 0);
	hft_scope_enter(&scope);
	look_at_versions(result);
	look_at_libraries(result);
	look_at_background(result);
	look_at_secret_directory(result);
	look_at_servers(result);
	look_at_jobs(result);
	hft_scope_leave(&scope);
	return (Datum) 0;
}
