/*-------------------------------------------------------------------------
 *
 * settings.c
 *	  All settings hft.*, with the reason for each context.
 *
 * Two kinds.  What decides where bytes and secrets go (a folder, a
 * destination, a proxy, a CA) belongs to whoever may edit the server's
 * configuration: a session that could point the key file and the host would
 * read any file of the server (R38, F78).  What bounds background work is
 * read by processes that no session owns, so it is set there as well.  Only
 * what concerns nothing but the caller's own wait is left to the session.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/varlena.h"

#include "base/network.h"
#include "base/settings.h"

char	   *hft_secret_directory;
char	   *hft_ca_file;
char	   *hft_proxy;
bool		hft_allow_http_loopback;
char	   *hft_allowed_networks;
char	   *hft_databases;
int			hft_worker_idle_timeout;
int			hft_max_requests;
int			hft_poll_interval;
int			hft_retry_limit;
int			hft_settle_time;
int			hft_stall_patience;
int			hft_chat_timeout;
int			hft_token_cache;
int			hft_connect_timeout;
int			hft_request_timeout;

static bool
check_absolute_path(char **newval, void **extra, GucSource source)
{
	if ((*newval)[0] == '\0' || is_absolute_path(*newval))
		return true;
	GUC_check_errdetail("The path must be absolute, or empty.");
	return false;
}

static bool
check_proxy(char **newval, void **extra, GucSource source)
{
	const char *proxy = *newval;

	if (proxy[0] == '\0')
		return true;
	if (strncmp(proxy, "http://", 7) != 0 && strncmp(proxy, "https://", 8) != 0)
	{
		GUC_check_errdetail("A proxy begins with http:// or https://.");
		return false;
	}
	for (; *proxy != '\0'; proxy++)
	{
		if (*proxy > ' ' && *proxy <= '~')
			continue;
		GUC_check_errdetail("A proxy is written without blanks and in ASCII.");
		return false;
	}
	return true;
}

static bool
check_networks(char **newval, void **extra, GucSource source)
{
	HftNetwork	networks[HFT_NETWORKS_MAX];

	if (hft_networks_parse(*newval, networks, HFT_NETWORKS_MAX) >= 0)
		return true;
	GUC_check_errdetail("Expected at most %d networks such as "
						"10.0.0.0/8, fd00::/8, without bits behind a prefix.",
						HFT_NETWORKS_MAX);
	return false;
}

static bool
check_databases(char **newval, void **extra, GucSource source)
{
	char	   *copy = pstrdup(*newval);
	List	   *names = NIL;
	bool		valid = SplitIdentifierString(copy, ',', &names);

	list_free(names);
	pfree(copy);
	if (!valid)
		GUC_check_errdetail("List syntax is invalid.");
	return valid;
}

/*
 * Where bytes and secrets go: the configuration file only, never a session,
 * a role or a database (R38).  What tells an attacker something about the
 * host is hidden from ordinary users as well.
 */
static void
define_destinations(void)
{
	/* with it, a session could have any file of the server sent somewhere */
	DefineCustomStringVariable("hft.secret_directory",
							   "Directory of the key files that user mappings name.",
							   "Empty: key files cannot be used.",
							   &hft_secret_directory, "",
							   PGC_SIGHUP, GUC_SUPERUSER_ONLY,
							   check_absolute_path, NULL, NULL);
	/* with it, a session could make itself the provider */
	DefineCustomStringVariable("hft.ca_file",
							   "File of the certificate authorities to trust.",
							   "Empty: the authorities that the system trusts.",
							   &hft_ca_file, "",
							   PGC_SIGHUP, GUC_SUPERUSER_ONLY,
							   check_absolute_path, NULL, NULL);
	/* a proxy sees every host, may hold a password, and bypasses firewalls */
	DefineCustomStringVariable("hft.proxy",
							   "Proxy for all requests.",
							   "Empty: none. The environment is never asked.",
							   &hft_proxy, "",
							   PGC_SIGHUP, GUC_SUPERUSER_ONLY,
							   check_proxy, NULL, NULL);
	/* keys travel readable, and the host's own services become reachable */
	DefineCustomBoolVariable("hft.allow_http_loopback",
							 "Allows requests to this host, also without TLS.",
							 "For a gateway, a trainer or an emulator here.",
							 &hft_allow_http_loopback, false,
							 PGC_SIGHUP, 0,
							 NULL, NULL, NULL);
	/* opens the inner network to whoever may create a foreign server */
	DefineCustomStringVariable("hft.allowed_networks",
							   "Networks that may be reached besides public ones.",
							   "Comma-separated, such as 10.1.0.0/16, fd00::/8.",
							   &hft_allowed_networks, "",
							   PGC_SIGHUP, 0,
							   check_networks, NULL, NULL);
}

/*
 * Bounds of the background work: launcher and workers read them, so they must
 * be the same for all, and a reload must reach running workers (F12).
 */
static void
define_work(void)
{
	DefineCustomStringVariable("hft.databases",
							   "Databases in which background work is done.",
							   "Comma-separated names. Empty: all.",
							   &hft_databases, "",
							   PGC_SIGHUP, 0,
							   check_databases, NULL, NULL);
	/* a connected worker keeps its database from being renamed (R5) */
	DefineCustomIntVariable("hft.worker_idle_timeout",
							"Time after which a worker with nothing to do exits.",
							NULL,
							&hft_worker_idle_timeout, 60, 1, 24 * 60 * 60,
							PGC_SIGHUP, GUC_UNIT_S,
							NULL, NULL, NULL);
	/* one descriptor and some memory each; and platforms throttle */
	DefineCustomIntVariable("hft.max_requests",
							"Most requests of one worker at the same time.",
							NULL,
							&hft_max_requests, 64, 1, 1000,
							PGC_SIGHUP, 0,
							NULL, NULL, NULL);
	DefineCustomIntVariable("hft.poll_interval",
							"Time between two looks at a live job.",
							NULL,
							&hft_poll_interval, 15000, 100, 60 * 60 * 1000,
							PGC_SIGHUP, GUC_UNIT_MS,
							NULL, NULL, NULL);
	DefineCustomIntVariable("hft.retry_limit",
							"Failures in a row after which a job needs attention.",
							NULL,
							&hft_retry_limit, 20, 1, 10000,
							PGC_SIGHUP, 0,
							NULL, NULL, NULL);
	/* too short a wait would take a slow listing for a proof (R30) */
	DefineCustomIntVariable("hft.settle_time",
							"Time after which a lost request is looked up again.",
							"-1: what is known of the platform.",
							&hft_settle_time, -1, -1, 24 * 60 * 60,
							PGC_SIGHUP, GUC_UNIT_S,
							NULL, NULL, NULL);
	DefineCustomIntVariable("hft.stall_patience",
							"Time without progress after which a job is told to hang.",
							"-1: what is known of the platform; 0: never.",
							&hft_stall_patience, -1, -1, 30 * 24 * 60 * 60,
							PGC_SIGHUP, GUC_UNIT_S,
							NULL, NULL, NULL);
}

/* Limits of a single request (R22). */
static void
define_limits(void)
{
	DefineCustomIntVariable("hft.connect_timeout",
							"Longest time to resolve a name and to connect.",
							NULL,
							&hft_connect_timeout, 10000, 100, 5 * 60 * 1000,
							PGC_SIGHUP, GUC_UNIT_MS,
							NULL, NULL, NULL);
	DefineCustomIntVariable("hft.request_timeout",
							"Longest time of a request that is no upload.",
							NULL,
							&hft_request_timeout, 60000, 100, 60 * 60 * 1000,
							PGC_SIGHUP, GUC_UNIT_MS,
							NULL, NULL, NULL);
	/* nothing but the caller's own wait depends on it */
	DefineCustomIntVariable("hft.chat_timeout",
							"Longest time to wait for a model's answer.",
							NULL,
							&hft_chat_timeout, 60000, 100, 60 * 60 * 1000,
							PGC_USERSET, GUC_UNIT_MS,
							NULL, NULL, NULL);
}

/*
 * Memory of the session itself, as work_mem is.  With the default, English
 * prose and ten other languages are counted as fast as with any more.
 */
static void
define_memory(void)
{
	DefineCustomIntVariable("hft.token_cache",
							"Memory for counts of words, for each encoding a session uses.",
							"What was taken is not given back before the session ends.",
							&hft_token_cache, 16 * 1024, 256, 1024 * 1024,
							PGC_USERSET, GUC_UNIT_KB,
							NULL, NULL, NULL);
}

void
hft_settings_define(void)
{
	define_destinations();
	define_work();
	define_limits();
	define_memory();
	MarkGUCPrefixReserved("hft");
}
