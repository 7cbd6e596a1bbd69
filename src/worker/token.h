/*-------------------------------------------------------------------------
 *
 * token.h
 *	  The access tokens that this process has bought with keys.
 *
 * A cache in memory alone: a token is in no table, no log and no file, is
 * masked like any secret, and is wiped when it is replaced and at exit.  One
 * exchange serves all who need the same token: the first asks, the others
 * wait for its answer.
 *
 * The owner's turn, before it signs a request:
 *
 *		acquire()   READY: sign with use->token
 *		            ASK: send use->exchange first, then answer()
 *		            WAIT: somebody asks already; acquire() again when
 *		            is_waiting() says that it is over
 *		            FAILED: the outcome says why; nothing was sent
 *		judge()     once the answer to the signed request is there
 *
 * Include postgres.h first.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_WORKER_TOKEN_H
#define HFT_WORKER_TOKEN_H

#include "provider/token.h"
#include "worker/server.h"

typedef struct HftTokenEntry HftTokenEntry;

/* One user of a token; all zero at first. */
typedef struct HftTokenUse
{
	HftTokenEntry *entry;		/* NULL: the secret itself signs */
	const char *token;			/* borrowed until the next acquire() */
	uint64		generation;		/* which one that was */
	bool		asking;			/* its exchange is under way */
	bool		waiting;		/* somebody else's is */
	HftRequest	exchange;
} HftTokenUse;

typedef enum HftTokenStep
{
	HFT_TOKEN_READY,
	HFT_TOKEN_ASK,
	HFT_TOKEN_WAIT,
	HFT_TOKEN_FAILED
} HftTokenStep;

/* "call" gives time and arena to the exchange; "request" is to be signed. */
extern HftTokenStep hft_token_acquire(HftTokenUse *use,
									  const HftServer *server,
									  const HftCall *call, const char *secret,
									  const HftRequest *request,
									  HftOutcome *outcome);

/*
 * The exchange is over.  True: acquire() has the token now.  False: the
 * outcome failed, with proof that the request proper was not sent; all who
 * wait get the same.  "response" is NULL when none came; then the outcome
 * says why already.
 */
extern bool hft_token_answer(HftTokenUse *use, const HftServer *server,
							 const HftCall *call, const HftResponse *response,
							 HftOutcome *outcome);

/*
 * What the answer to a request tells of its token.  A 401 to a token that
 * was good before drops it, and the outcome becomes one that passes: the
 * next try buys a new one.  A 401 to the new one is the credential's fault.
 */
extern void hft_token_judge(HftTokenUse *use, int status,
							HftOutcome *outcome);

extern bool hft_token_is_waiting(const HftTokenUse *use);

/* The user goes away, perhaps in the middle of its exchange. */
extern void hft_token_release(HftTokenUse *use);

#endif							/* HFT_WORKER_TOKEN_H */
