/*-------------------------------------------------------------------------
 *
 * token.c
 *	  The access tokens that this process has bought with keys.
 *
 * An entry is named by a digest over everything that decides what its token
 * is good for: server and its options, secret, audience.  So a changed key
 * or address never meets an old token, and roles that share a key share its
 * token.  Entries are small and stay; tokens go.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <openssl/evp.h>
#include <time.h>

#include "common/pg_prng.h"
#include "common/sha2.h"
#include "storage/ipc.h"
#include "utils/memutils.h"

#include "base/errors.h"
#include "base/mask.h"
#include "worker/token.h"

/* a token is renewed so long before it ends, or at half its life */
#define EARLY_S 300
#define JITTER_S 60

struct HftTokenEntry
{
	unsigned char name[PG_SHA256_DIGEST_LENGTH];
	char	   *token;			/* NULL: none */
	char	   *previous;		/* still masked: answers may repeat it */
	int64		fresh_until;	/* monotonic seconds */
	uint64		generation;
	bool		asked;			/* an exchange is under way */
	bool		suspect;		/* the one before was rejected */
	HftOutcome *failure;		/* of the last exchange, for who waited */
	MemoryContext failure_context;
	struct HftTokenEntry *next;
};

static HftTokenEntry *entries = NULL;

/* Not the wall clock, which may jump (F70). */
static int64
monotonic_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* ---- keeping */

static void
wipe(char **secret)
{
	if (*secret == NULL)
		return;
	explicit_bzero(*secret, strlen(*secret));
	pfree(*secret);
	*secret = NULL;
}

static void
wipe_all(int code, Datum arg)
{
	for (HftTokenEntry *entry = entries; entry != NULL; entry = entry->next)
	{
		wipe(&entry->token);
		wipe(&entry->previous);
	}
}

static void
name_entry(const HftServer *server, const char *secret, const char *audience,
		   unsigned char *name)
{
	const HftServerFacts *facts = &server->facts;
	const char *parts[] = {facts->provider, facts->name, facts->base_url,
	facts->options, secret, audience};
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool		done = context != NULL &&
		EVP_DigestInit_ex(context, EVP_sha256(), NULL);

	for (int i = 0; done && i < lengthof(parts); i++)
		done = EVP_DigestUpdate(context, parts[i] ? parts[i] : "",
								(parts[i] ? strlen(parts[i]) : 0) + 1);
	done = done && EVP_DigestFinal_ex(context, name, NULL);
	EVP_MD_CTX_free(context);
	if (!done)
		elog(ERROR, "could not compute a SHA-256");
}

static HftTokenEntry *
find_entry(const HftServer *server, const char *secret, const char *audience)
{
	unsigned char name[PG_SHA256_DIGEST_LENGTH];
	HftTokenEntry *entry;

	name_entry(server, secret, audience, name);
	for (entry = entries; entry != NULL; entry = entry->next)
		if (memcmp(entry->name, name, sizeof(name)) == 0)
			return entry;
	if (entries == NULL)
		on_proc_exit(wipe_all, (Datum) 0);
	entry = MemoryContextAllocZero(TopMemoryContext, sizeof(*entry));
	entry->failure_context = AllocSetContextCreate(TopMemoryContext,
												   "hft token failure",
												   ALLOCSET_SMALL_SIZES);
	memcpy(entry->name, name, sizeof(name));
	entry->next = entries;
	entries = entry;
	return entry;
}

/* The one before last cannot come back in an answer: stop masking it. */
static void
drop_token(HftTokenEntry *entry)
{
	if (entry->token == NULL)
		return;
	if (entry->previous != NULL && strcmp(entry->previous, entry->token) != 0)
		hft_mask_drop(entry->previous);
	wipe(&entry->previous);
	entry->previous = entry->token;
	entry->token = NULL;
}

/*
 * Renewal is spread a little, so that processes that started together do
 * not all ask at once for ever.
 */
static void
keep_token(HftTokenEntry *entry, const HftTokenGrant *grant)
{
	int64		early = EARLY_S + pg_prng_uint32(&pg_global_prng_state) %
		JITTER_S;

	if (entry->token == NULL || strcmp(entry->token, grant->token) != 0)
	{
		drop_token(entry);
		hft_secret_remember(grant->token);
		entry->token = MemoryContextStrdup(TopMemoryContext, grant->token);
	}
	entry->generation++;
	entry->fresh_until = monotonic_s() + grant->lifetime_s -
		Min(early, grant->lifetime_s / 2);
}

static void
forget_failure(HftTokenEntry *entry)
{
	entry->failure = NULL;
	MemoryContextReset(entry->failure_context);
}

static char *
keep_text(const HftTokenEntry *entry, const char *text)
{
	return text ? MemoryContextStrdup(entry->failure_context, text) : NULL;
}

static void
keep_failure(HftTokenEntry *entry, const HftOutcome *outcome)
{
	HftOutcome *failure;

	forget_failure(entry);
	failure = MemoryContextAlloc(entry->failure_context, sizeof(*failure));
	*failure = *outcome;
	failure->code = keep_text(entry, outcome->code);
	failure->message = keep_text(entry, outcome->message);
	failure->hint = keep_text(entry, outcome->hint);
	entry->failure = failure;
}

/* What the exchange failed with, for one who waited for it. */
static HftTokenStep
share_failure(const HftTokenEntry *entry, HftArena *arena,
			  HftOutcome *outcome)
{
	*outcome = *entry->failure;
	outcome->code = hft_arena_strdup(arena, outcome->code);
	outcome->message = hft_arena_strdup(arena, outcome->message);
	outcome->hint = hft_arena_strdup(arena, outcome->hint);
	return HFT_TOKEN_FAILED;
}

/* ---- buying */

static void
refuse_exchange(HftOutcome *outcome)
{
	outcome->progress = HFT_FAILED;
	outcome->error = HFT_ERROR_CREDENTIAL;
	outcome->proof_not_done = true;
}

static HftTokenStep
ask(HftTokenUse *use, const HftTokenSource *source, const HftCall *call,
	const char *secret, const char *audience, HftOutcome *outcome)
{
	HftCall		exchange = {
		.server = call->server, .now = (int64) time(NULL),
		.arena = call->arena
	};

	forget_failure(use->entry);
	hft_outcome_init(outcome);
	memset(&use->exchange, 0, sizeof(use->exchange));
	if (!source->request(&exchange, secret, audience, &use->exchange,
						 outcome))
	{
		refuse_exchange(outcome);
		return HFT_TOKEN_FAILED;
	}
	use->exchange.auth = HFT_AUTH_NONE;
	use->asking = use->entry->asked = true;
	return HFT_TOKEN_ASK;
}

HftTokenStep
hft_token_acquire(HftTokenUse *use, const HftServer *server,
				  const HftCall *call, const char *secret,
				  const HftRequest *request, HftOutcome *outcome)
{
	const HftTokenSource *source = server->provider->tokens;
	const char *audience = source == NULL ? NULL :
		source->audience(&server->facts, secret, request);
	bool		waited = use->waiting;

	memset(use, 0, offsetof(HftTokenUse, exchange));
	if (audience == NULL)
		return HFT_TOKEN_READY;
	use->entry = find_entry(server, secret, audience);
	if (use->entry->token != NULL && monotonic_s() < use->entry->fresh_until)
	{
		use->token = use->entry->token;
		use->generation = use->entry->generation;
		return HFT_TOKEN_READY;
	}
	if (use->entry->asked)
	{
		use->waiting = true;
		return HFT_TOKEN_WAIT;
	}
	if (waited && use->entry->failure != NULL)
		return share_failure(use->entry, call->arena, outcome);
	return ask(use, source, call, secret, audience, outcome);
}

bool
hft_token_answer(HftTokenUse *use, const HftServer *server,
				 const HftCall *call, const HftResponse *response,
				 HftOutcome *outcome)
{
	HftCall		exchange = {
		.server = call->server, .now = (int64) time(NULL),
		.arena = call->arena
	};
	HftTokenGrant grant;

	hft_token_release(use);
	if (response != NULL)
	{
		hft_outcome_init(outcome);
		if (server->provider->tokens->response(&exchange, response, &grant,
											   outcome))
		{
			keep_token(use->entry, &grant);
			return true;
		}
	}
	outcome->progress = HFT_FAILED;
	outcome->proof_not_done = true;
	keep_failure(use->entry, outcome);
	return false;
}

void
hft_token_judge(HftTokenUse *use, int status, HftOutcome *outcome)
{
	HftTokenEntry *entry = use->entry;

	/* a second answer to a token that the first one dropped tells nothing */
	bool		current = entry != NULL && entry->token != NULL &&
		use->generation == entry->generation;

	if (entry == NULL)
		return;
	if (status != 401)
	{
		if (current && status < 400)
			entry->suspect = false;
		return;
	}
	if (outcome->progress != HFT_FAILED ||
		outcome->error != HFT_ERROR_CREDENTIAL || (current && entry->suspect))
		return;
	if (current)
	{
		entry->suspect = true;
		drop_token(entry);
	}
	outcome->error = HFT_ERROR_TRANSIENT;
}

bool
hft_token_is_waiting(const HftTokenUse *use)
{
	return use->waiting && use->entry->asked;
}

void
hft_token_release(HftTokenUse *use)
{
	if (use->asking)
		use->entry->asked = false;
	use->asking = false;
}
