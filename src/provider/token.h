/*-------------------------------------------------------------------------
 *
 * token.h
 *	  Access tokens: what a key file buys before a request can be signed.
 *
 * On some platforms a key signs nothing itself: it is exchanged for a token
 * that lives an hour.  A platform says here which requests need one, and
 * writes and reads the exchange as it does any operation, purely.  Who holds
 * the tokens, refreshes them and wipes them is worker/token.h.
 *
 * A token endpoint is a destination for secrets: its address comes from a
 * superuser's server option or from a constant, never from the key (F34).
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_TOKEN_H
#define HFT_TOKEN_H

#include "provider/facts.h"
#include "provider/message.h"
#include "provider/outcome.h"

/* What an exchange brought; the text is in the arena. */
typedef struct HftTokenGrant
{
	const char *token;
	int64_t		lifetime_s;
} HftTokenGrant;

typedef struct HftTokenSource
{
	/*
	 * Name of the token that this request is signed with: requests of equal
	 * names share one.  NULL: the secret signs by itself.
	 */
	const char *(*audience) (const HftServerFacts *server,
							 const char *secret, const HftRequest *request);

	/*
	 * The exchange, complete with its own credentials; it is not signed.
	 * False: the secret does not allow it; the outcome says why.  Of the
	 * call, only server, now and arena are set.
	 */
	bool		(*request) (const HftCall *call, const char *secret,
							const char *audience, HftRequest *request,
							HftOutcome *outcome);

	/* False: the outcome failed, with an error class. */
	bool		(*response) (const HftCall *call, const HftResponse *response,
							 HftTokenGrant *grant, HftOutcome *outcome);
} HftTokenSource;

/*
 * The answer of an OAuth 2 token endpoint (RFC 6749), or of a metadata
 * service, which speaks the same: a ready "response" for most sources.
 */
extern bool hft_token_read(const HftCall *call, const HftResponse *response,
						   HftTokenGrant *grant, HftOutcome *outcome);

#endif							/* HFT_TOKEN_H */
