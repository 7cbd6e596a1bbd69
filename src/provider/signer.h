/*-------------------------------------------------------------------------
 *
 * signer.h
 *	  Pure functions that turn credentials into headers.
 *
 * (request, credentials, time) -> headers added to the request.  The secret
 * is borrowed; the headers made from it live in the arena, which the engine
 * wipes after the transfer.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_SIGNER_H
#define HFT_SIGNER_H

#include "provider/facts.h"
#include "provider/message.h"

typedef struct HftCredentials
{
	const char *secret;			/* API key, or the text of a key file */
	const char *token;			/* access token made from it; may be NULL */
} HftCredentials;

/* NULL when signed, else the reason as a sentence. */
extern const char *hft_sign_request(const HftServerFacts *server,
									HftRequest *request,
									const HftCredentials *credentials,
									int64_t now, HftArena *arena);

/* For the signers of platforms: a token, else the secret, as a bearer. */
extern const char *hft_sign_bearer(const HftServerFacts *server,
								   HftRequest *request,
								   const HftCredentials *credentials,
								   int64_t now, HftArena *arena);

/* A key as it is, in a header; it is kept, not copied. */
extern const char *hft_sign_key(HftRequest *request, const char *header,
								const char *key);

#endif							/* HFT_SIGNER_H */
