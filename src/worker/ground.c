/*-------------------------------------------------------------------------
 *
 * ground.c
 *	  What every subject needs before it may ask a provider for something.
 *
 * Server, owner, right to spend and credential are looked at anew in each
 * turn (R40), in what is remembered of them until it changes.  A credential
 * the provider rejected is not tried again until it changes, by this process
 * at least (F27).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <openssl/evp.h>
#include <time.h>

#include "catalog/pg_authid.h"
#include "common/sha2.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "base/errors.h"
#include "base/settings.h"
#include "worker/ground.h"

/* Rejected credentials of this process: digests, never the secrets. */
typedef struct Rejected
{
	char		server[NAMEDATALEN];
	Oid			owner;
	unsigned char digest[PG_SHA256_DIGEST_LENGTH];
	struct Rejected *next;
} Rejected;

static Rejected *rejected = NULL;

/*
 * With what it was used for: a key may be right and the server's options name
 * another's account.
 */
static void
digest_secret(const HftServerFacts *server, const char *secret,
			  unsigned char *digest)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	const char *url = server->base_url ? server->base_url : "";
	bool		ok = context != NULL;

	ok = ok && EVP_DigestInit_ex(context, EVP_sha256(), NULL);
	ok = ok && EVP_DigestUpdate(context, url, strlen(url) + 1);
	ok = ok && EVP_DigestUpdate(context, server->options,
								strlen(server->options) + 1);
	ok = ok && EVP_DigestUpdate(context, secret, strlen(secret));
	ok = ok && EVP_DigestFinal_ex(context, digest, NULL);
	EVP_MD_CTX_free(context);
	if (!ok)
		elog(ERROR, "could not compute a SHA-256");
}

static Rejected *
find_rejected(const char *server, Oid owner)
{
	for (Rejected *entry = rejected; entry != NULL; entry = entry->next)
		if (entry->owner == owner && strcmp(entry->server, server) == 0)
			return entry;
	return NULL;
}

static void
reject_credential(const HftServerFacts *server, Oid owner, const char *secret)
{
	Rejected   *entry = find_rejected(server->name, owner);

	if (entry == NULL)
	{
		entry = MemoryContextAllocZero(TopMemoryContext, sizeof(Rejected));
		strlcpy(entry->server, server->name, sizeof(entry->server));
		entry->owner = owner;
		entry->next = rejected;
		rejected = entry;
	}
	digest_secret(server, secret, entry->digest);
	ereport(LOG,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("hft: server \"%s\" rejected the credential",
					server->name),
			 errhint("Its jobs rest until the credential changes.")));
}

static bool
is_rejected(const HftServerFacts *server, Oid owner, const char *secret)
{
	Rejected   *entry = find_rejected(server->name, owner);
	unsigned char digest[PG_SHA256_DIGEST_LENGTH];

	if (entry == NULL)
		return false;
	digest_secret(server, secret, digest);
	return memcmp(digest, entry->digest, sizeof(digest)) == 0;
}

void
hft_task_reject_credential(HftTask *task, Oid owner)
{
	const HftServerFacts *server = &task->server->facts;
	const char *problem;
	char	   *secret = hft_account_secret(task->account, &problem);

	if (secret != NULL && !is_rejected(server, owner, secret))
		reject_credential(server, owner, secret);
	hft_secret_free(secret);
}

bool
hft_task_ground(HftTask *task, const char *server, Oid owner, bool spends,
				HftGround *ground)
{
	const char *problem = NULL;

	hft_secret_free(task->secret);
	task->secret = NULL;
	ground->credential = false;
	ground->hint = "Set it right, then call hft.retry_job().";
	hft_account_release(task->account);
	task->server = NULL;
	task->account = hft_account_use(server, owner);
	if (task->account == NULL)
	{
		ground->message = psprintf("server \"%s\" does not exist any more",
								   server);
		return false;
	}
	task->server = hft_account_server(task->account);
	if (!SearchSysCacheExists1(AUTHOID, ObjectIdGetDatum(owner)))
	{
		ground->message = "the owner does not exist any more";
		return false;
	}
	if (spends && !hft_server_allows(task->server, owner))
	{
		ground->message = psprintf("the owner may not use server \"%s\"",
								   server);
		ground->hint = "GRANT USAGE ON FOREIGN SERVER to the owner, then call hft.retry_job().";
		return false;
	}
	task->secret = hft_account_secret(task->account, &problem);
	if (task->secret != NULL && !is_rejected(&task->server->facts, owner,
											 task->secret))
		return true;
	ground->credential = true;
	ground->message = task->secret ? "the credential was rejected" : problem;
	ground->hint = HFT_CREDENTIAL_HINT;
	return false;
}

HftPrepared
hft_task_prepare(HftTask *task, HftOp op, const char *cursor)
{
	const HftProvider *provider = task->server->provider;
	const HftOperation *operation = &provider->operations[op];

	task->op = op;
	task->call.server = &task->server->facts;
	task->call.cursor = cursor;
	task->call.now = (int64) time(NULL);
	task->call.arena = task->arena;
	hft_outcome_init(&task->outcome);
	memset(&task->request, 0, sizeof(task->request));
	if (operation->request == NULL)
	{
		task->outcome.message = hft_arena_printf(task->arena,
												 "%s cannot do \"%s\"",
												 provider->title,
												 hft_op_name(op));
		task->outcome.hint = operation->instead;
		return HFT_PREPARED_MISSING;
	}
	return operation->request(&task->call, &task->request, &task->outcome)
		? HFT_PREPARED : HFT_PREPARED_KNOWN;
}

int64
hft_task_settle_ms(const HftTask *task)
{
	int			seconds = hft_settle_time >= 0 ? hft_settle_time
		: task->server->provider->settle_s;

	return (int64) seconds * 1000;
}
