/*-------------------------------------------------------------------------
 *
 * digest.c
 *	  A SHA-256 in the making that an ERROR frees, too.
 *
 * OpenSSL's is several times as fast as the server's own.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <openssl/evp.h>

#include "utils/memutils.h"

#include "dataset/seal.h"

struct HftDigest
{
	EVP_MD_CTX *context;
	MemoryContextCallback cleanup;
};

static void
release(void *arg)
{
	HftDigest  *digest = arg;

	EVP_MD_CTX_free(digest->context);
	digest->context = NULL;
}

HftDigest *
hft_digest_begin(void)
{
	HftDigest  *digest = palloc0(sizeof(HftDigest));

	digest->cleanup.func = release;
	digest->cleanup.arg = digest;
	MemoryContextRegisterResetCallback(CurrentMemoryContext,
									   &digest->cleanup);
	digest->context = EVP_MD_CTX_new();
	if (digest->context == NULL ||
		!EVP_DigestInit_ex(digest->context, EVP_sha256(), NULL))
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not begin a SHA-256 digest")));
	return digest;
}

void
hft_digest_add(HftDigest *digest, const void *data, size_t length)
{
	EVP_DigestUpdate(digest->context, data, length);
}

void
hft_digest_end(HftDigest *digest, uint8 *sha256)
{
	EVP_DigestFinal_ex(digest->context, sha256, NULL);
	release(digest);
}
