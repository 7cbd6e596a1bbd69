/*-------------------------------------------------------------------------
 *
 * sigv4.h
 *	  AWS Signature Version 4 over a finished request.
 *
 * Pure: (request, keys, scope, time) -> headers added to the request.  Every
 * header that the request has is signed, and its host; what libcurl adds by
 * itself (Content-Length, Expect, User-Agent) is not.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_SIGV4_H
#define HFT_SIGV4_H

#include "provider/message.h"

typedef struct HftSigv4Keys
{
	const char *access_key;
	const char *secret_key;
	const char *session_token;	/* NULL: the keys are lasting ones */
} HftSigv4Keys;

/* S3 takes the path as it is and wants the body's hash in a header. */
typedef struct HftSigv4Scope
{
	const char *region;
	const char *service;
	bool		normalize_path; /* resolve "//", "/./", "/../" */
	bool		encode_path;	/* encode what is encoded once more */
	bool		sign_body;		/* add x-amz-content-sha256 */
} HftSigv4Scope;

/* what body_sha256 may be instead of a hash, over TLS */
#define HFT_SIGV4_UNSIGNED "UNSIGNED-PAYLOAD"

/* NULL when signed, else the reason as a sentence. */
extern const char *hft_sigv4_sign(HftRequest *request,
								  const HftSigv4Keys *keys,
								  const HftSigv4Scope *scope,
								  int64_t now, HftArena *arena);

#endif							/* HFT_SIGV4_H */
