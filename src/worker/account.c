/*-------------------------------------------------------------------------
 *
 * account.c
 *	  A server as one of its users has it: facts and credential, remembered.
 *
 * Each account has a memory context of its own.  One that the catalogs made
 * stale is found no more, and freed when its last user lets it go.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "base/secret.h"
#include "base/settings.h"
#include "worker/account.h"

struct HftAccount
{
	HftAccount *next;
	MemoryContext context;
	HftServer  *server;
	Oid			owner;
	int			users;
	bool		stale;

	HftKey		key;
	const char *problem;		/* why there is no key */
	char	   *secret;			/* as read under this stamp; NULL: not read */
	HftSecretStamp stamp;
};

static HftAccount *accounts = NULL;
static uint64 changes = 0;		/* of the catalogs */

static void
make_stale(Datum arg, int cache, uint32 hash)
{
	changes++;
	for (HftAccount *account = accounts; account; account = account->next)
		account->stale = true;
}

static void
watch_catalogs(void)
{
	static const int caches[] = {
		FOREIGNDATAWRAPPEROID, FOREIGNSERVEROID, USERMAPPINGOID
	};
	static bool watching = false;

	for (int i = 0; i < lengthof(caches) && !watching; i++)
		CacheRegisterSyscacheCallback(caches[i], make_stale, (Datum) 0);
	watching = true;
}

static void
wipe_secret(void *arg)
{
	HftAccount *account = arg;

	hft_secret_free(account->secret);
	account->secret = NULL;
}

/* Free those that are of no use any more. */
static void
sweep(void)
{
	HftAccount **link = &accounts;

	while (*link != NULL)
	{
		HftAccount *account = *link;

		if (account->stale && account->users == 0)
		{
			*link = account->next;
			MemoryContextDelete(account->context);
		}
		else
			link = &account->next;
	}
}

static HftAccount *
find_account(const char *server, Oid owner)
{
	for (HftAccount *account = accounts; account; account = account->next)
		if (!account->stale && account->owner == owner &&
			strcmp(account->server->facts.name, server) == 0)
			return account;
	return NULL;
}

static void
copy_key(HftAccount *account, const HftKey *key)
{
	account->key.file = key->file ? pstrdup(key->file) : NULL;
	account->key.literal = key->literal ? pstrdup(key->literal) : NULL;
}

/*
 * What an ERROR leaves behind goes with the caller's context.  The catalogs
 * may change while they are read: then it is used once.
 */
static HftAccount *
make_account(const char *server, Oid owner)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "hft account",
												  ALLOCSET_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	uint64		before = changes;
	HftAccount *account = palloc0(sizeof(HftAccount));
	MemoryContextCallback *cleanup = palloc0(sizeof(*cleanup));
	HftKey		key;

	account->context = context;
	account->owner = owner;
	cleanup->func = wipe_secret;
	cleanup->arg = account;
	MemoryContextRegisterResetCallback(context, cleanup);
	account->server = hft_server_load(server, true);
	if (account->server != NULL &&
		hft_server_key(account->server, owner, &key, &account->problem))
		copy_key(account, &key);
	MemoryContextSwitchTo(old);
	if (account->server == NULL)
	{
		MemoryContextDelete(context);
		return NULL;
	}
	MemoryContextSetParent(context, TopMemoryContext);
	account->stale = before != changes;
	account->next = accounts;
	accounts = account;
	return account;
}

HftAccount *
hft_account_use(const char *server, Oid owner)
{
	HftAccount *account;

	watch_catalogs();
	account = find_account(server, owner);
	if (account == NULL)
	{
		sweep();
		account = make_account(server, owner);
	}
	if (account != NULL)
		account->users++;
	return account;
}

void
hft_account_release(HftAccount *account)
{
	if (account != NULL)
		account->users--;
}

HftServer *
hft_account_server(HftAccount *account)
{
	return account->server;
}

/* Is what was read still what the file holds? */
static bool
is_current(const HftAccount *account, const HftSecretStamp *stamp)
{
	return account->secret != NULL &&
		memcmp(&account->stamp, stamp, sizeof(*stamp)) == 0;
}

char *
hft_account_secret(HftAccount *account, const char **problem)
{
	HftSecretStamp stamp;

	*problem = account->problem;
	if (account->problem != NULL)
		return NULL;
	if (account->key.file == NULL ||
		!hft_secret_file_stamp(hft_secret_directory, account->key.file,
							   &stamp))
		return hft_key_read(&account->key, problem);
	if (!is_current(account, &stamp))
	{
		wipe_secret(account);
		account->secret = hft_key_read(&account->key, problem);
		account->stamp = stamp;
	}
	return account->secret ? strdup(account->secret) : NULL;
}
