/*-------------------------------------------------------------------------
 *
 * jwt.c
 *	  JSON web tokens signed with RS256 (RFC 7515, 7518, 7519).
 *
 *-------------------------------------------------------------------------
 */
#include "provider/jwt.h"

#include <limits.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#define RSA_MIN_BITS 2048

char *
hft_base64url(HftArena *arena, const void *data, size_t length)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	const unsigned char *bytes = data;
	char	   *text = hft_arena_alloc(arena, length / 3 * 4 + 5);
	char	   *out = text;
	unsigned int bits = 0;
	int			nbits = 0;

	if (text == NULL)
		return NULL;
	for (size_t i = 0; i < length; i++)
	{
		bits = (bits << 8) | bytes[i];
		for (nbits += 8; nbits >= 6; nbits -= 6)
			*out++ = alphabet[(bits >> (nbits - 6)) & 63];
	}
	if (nbits > 0)
		*out++ = alphabet[(bits << (6 - nbits)) & 63];
	*out = '\0';
	return text;
}

/* A key in an encrypted armour must not ask a terminal for its pass phrase. */
static int
refuse_passphrase(char *buffer, int size, int writing, void *arg)
{
	return -1;
}

/* The private RSA key in a PEM text; NULL when there is none. */
static EVP_PKEY *
read_key(const char *pem)
{
	BIO		   *bio = BIO_new_mem_buf(pem, -1);
	EVP_PKEY   *key = NULL;

	if (bio != NULL)
		key = PEM_read_bio_PrivateKey(bio, NULL, refuse_passphrase, NULL);
	BIO_free(bio);
	if (key != NULL && (EVP_PKEY_base_id(key) != EVP_PKEY_RSA ||
						EVP_PKEY_bits(key) < RSA_MIN_BITS))
	{
		EVP_PKEY_free(key);
		key = NULL;
	}
	return key;
}

/* RSASSA-PKCS1-v1_5 with SHA-256, which is OpenSSL's default padding. */
static unsigned char *
sign_sha256(HftArena *arena, EVP_PKEY *key, const char *text, size_t *length)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	unsigned char *signature = hft_arena_alloc(arena, EVP_PKEY_size(key));

	*length = EVP_PKEY_size(key);
	if (context == NULL || signature == NULL ||
		EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key) != 1 ||
		EVP_DigestSign(context, signature, length,
					   (const unsigned char *) text, strlen(text)) != 1)
		signature = NULL;
	EVP_MD_CTX_free(context);
	return signature;
}

const char *
hft_jwt_rs256(HftArena *arena, const char *header, const char *claims,
			  const char *pem, const char **problem)
{
	EVP_PKEY   *key = read_key(pem);
	unsigned char *signature = NULL;
	const char *signed_part;
	size_t		length = 0;

	*problem = "There is no memory to sign the token request.";
	header = hft_base64url(arena, header, strlen(header));
	claims = hft_base64url(arena, claims, strlen(claims));
	signed_part = hft_arena_printf(arena, "%s.%s", header, claims);
	if (key == NULL)
		*problem = "The private key is no RSA key of at least 2048 bits in "
			"PEM form without a pass phrase.";
	else if (signed_part != NULL)
		signature = sign_sha256(arena, key, signed_part, &length);
	EVP_PKEY_free(key);
	if (signature == NULL || hft_arena_failed(arena))
		return NULL;
	return hft_arena_printf(arena, "%s.%s", signed_part,
							hft_base64url(arena, signature, length));
}
