/*-------------------------------------------------------------------------
 *
 * jwt.h
 *	  JSON web tokens signed with RS256 (RFC 7515, 7518, 7519).
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_JWT_H
#define HFT_JWT_H

#include "base/arena.h"

/* base64url without padding, in the arena. */
extern char *hft_base64url(HftArena *arena, const void *data, size_t length);

/*
 * header.claims.signature of two JSON texts, signed with a private RSA key
 * in PEM.  NULL and *problem, a sentence, when the key is none or memory ran
 * out.
 */
extern const char *hft_jwt_rs256(HftArena *arena, const char *header,
								 const char *claims, const char *pem,
								 const char **problem);

#endif							/* HFT_JWT_H */
