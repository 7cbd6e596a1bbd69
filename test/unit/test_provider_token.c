/*-------------------------------------------------------------------------
 *
 * test_provider_token.c
 *	  JSON web tokens, and the answers of token endpoints.
 *
 * A signature is held against the public half of the key by OpenSSL's
 * verifier, never against what our signer said before.
 *
 *-------------------------------------------------------------------------
 */
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "provider/jwt.h"
#include "provider/token.h"
#include "provider_rig.h"

static HftArena *arena;

/* RFC 4648, 10, with the alphabet of section 5 and no padding. */
static void
test_base64url(void)
{
	static const char *const pairs[][2] = {
		{"", ""}, {"f", "Zg"}, {"fo", "Zm8"}, {"foo", "Zm9v"},
		{"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"},
		{"\xff\xfe\xfd", "__79"}, {"\xfb\xef\xbe", "----"},
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		is_text(hft_base64url(arena, pairs[i][0], strlen(pairs[i][0])),
				pairs[i][1], "base64url");
}

static char *
write_pem(EVP_PKEY *key, const EVP_CIPHER *cipher)
{
	BIO		   *bio = BIO_new(BIO_s_mem());
	char	   *data;
	char	   *pem;
	long		length;

	PEM_write_bio_PKCS8PrivateKey(bio, key, cipher,
								  cipher ? "password" : NULL,
								  cipher ? 8 : 0, NULL, NULL);
	length = BIO_get_mem_data(bio, &data);
	pem = hft_arena_strndup(arena, data, length);
	BIO_free(bio);
	return pem;
}

/* Inverse of hft_base64url; returns how many bytes there are. */
static size_t
decode(const char *text, unsigned char *bytes)
{
	char		padded[2048];
	size_t		length = strlen(text);
	int			got;

	for (size_t i = 0; i < length; i++)
		padded[i] = text[i] == '-' ? '+' : text[i] == '_' ? '/' : text[i];
	for (size_t i = length; i % 4 != 0; i++)
		padded[i] = '=';
	got = EVP_DecodeBlock(bytes, (unsigned char *) padded,
						  (int) (length + 3) / 4 * 4);
	return (size_t) got - (4 - length % 4) % 4;
}

static bool
verifies(EVP_PKEY *key, const char *jwt)
{
	const char *dot = strrchr(jwt, '.');
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	unsigned char signature[2048];
	size_t		length = decode(dot + 1, signature);
	bool		good;

	good = EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key) == 1
		&& EVP_DigestVerify(context, signature, length,
							(const unsigned char *) jwt, dot - jwt) == 1;
	EVP_MD_CTX_free(context);
	return good;
}

static void
test_jwt(void)
{
	EVP_PKEY   *key = EVP_RSA_gen(2048);
	EVP_PKEY   *other = EVP_RSA_gen(2048);
	EVP_PKEY   *small = EVP_RSA_gen(1024);
	EVP_PKEY   *curve = EVP_EC_gen("P-256");
	const char *problem;
	const char *jwt;

	jwt = hft_jwt_rs256(arena, "{\"alg\":\"RS256\"}", "{\"iss\":\"me\"}",
						write_pem(key, NULL), &problem);
	ok(jwt != NULL && strncmp(jwt, "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJtZSJ9.",
							  38) == 0, "header and claims are encoded");
	ok(jwt != NULL && verifies(key, jwt), "the public key verifies it");
	ok(jwt != NULL && !verifies(other, jwt), "another one does not");
	ok(hft_jwt_rs256(arena, "{}", "{}", "no key", &problem) == NULL &&
	   strstr(problem, "RSA") != NULL, "a text that is no key is named");
	ok(hft_jwt_rs256(arena, "{}", "{}", write_pem(small, NULL), &problem)
	   == NULL, "a key of 1024 bits is too short");
	ok(hft_jwt_rs256(arena, "{}", "{}", write_pem(curve, NULL), &problem)
	   == NULL, "a key of another kind is refused");
	ok(hft_jwt_rs256(arena, "{}", "{}",
					 write_pem(key, EVP_aes_128_cbc()), &problem) == NULL,
	   "no pass phrase is asked for");
	EVP_PKEY_free(key);
	EVP_PKEY_free(other);
	EVP_PKEY_free(small);
	EVP_PKEY_free(curve);
}

static bool
read_answer(int status, const char *body, HftTokenGrant *grant,
			HftOutcome *outcome)
{
	HftCall		call = {.now = RIG_NOW, .arena = arena};
	HftResponse response = {
		.status = status, .content_type = "application/json",
		.body = body, .body_length = strlen(body)
	};

	hft_outcome_init(outcome);
	return hft_token_read(&call, &response, grant, outcome);
}

static void
test_grants(void)
{
	static const char *const useless[] = {
		"{\"access_token\":\"t\"}", "{\"expires_in\":9}",
		"{\"access_token\":\"\",\"expires_in\":9}",
		"{\"access_token\":\"a\\r\\nX: y\",\"expires_in\":9}",
		"{\"access_token\":\"t\",\"expires_in\":0}",
		"{\"access_token\":\"t\",\"expires_in\":-5}",
		"{\"access_token\":\"t\",\"expires_in\":\"soon\"}",
		"{\"access_token\":\"t\",\"expires_in\":99999999}",
		"{\"access_token\":\"t\",\"expires_in\":9,\"token_type\":\"mac\"}",
		"{\"access_token\":7,\"expires_in\":9}", "[]", "", "<html>"
	};
	HftTokenGrant grant;
	HftOutcome	outcome;

	ok(read_answer(200, "{\"access_token\":\"ya29.x\",\"expires_in\":3599,"
				   "\"token_type\":\"Bearer\"}", &grant, &outcome),
	   "a grant is read");
	is_text(grant.token, "ya29.x", "its token");
	is_int(grant.lifetime_s, 3599, "its lifetime");
	ok(read_answer(200, "{\"access_token\":\"t\",\"expires_in\":\"3599\"}",
				   &grant, &outcome) && grant.lifetime_s == 3599,
	   "a lifetime in a string is read, too");
	for (size_t i = 0; i < sizeof(useless) / sizeof(useless[0]); i++)
		ok(!read_answer(200, useless[i], &grant, &outcome) &&
		   outcome.progress == HFT_FAILED &&
		   (outcome.error == HFT_ERROR_BAD_ANSWER ||
			outcome.error == HFT_ERROR_NOT_PROVIDER), "%s", useless[i]);
}

static void
test_refusals(void)
{
	static const struct
	{
		int			status;
		const char *body;
		HftErrorClass error;
	}			cases[] =
	{
		{400, "{\"error\":\"invalid_grant\"}", HFT_ERROR_CREDENTIAL},
		{401, "{\"error\":\"invalid_client\"}", HFT_ERROR_CREDENTIAL},
		{403, "{}", HFT_ERROR_CREDENTIAL},
		{404, "<html>no</html>", HFT_ERROR_CREDENTIAL},
		{302, "", HFT_ERROR_CREDENTIAL},
		{408, "", HFT_ERROR_TRANSIENT},
		{429, "", HFT_ERROR_RATE_LIMITED},
		{500, "{\"error\":\"internal_failure\"}", HFT_ERROR_TRANSIENT},
		{503, "<html>", HFT_ERROR_TRANSIENT},
	};
	HftTokenGrant grant;
	HftOutcome	outcome;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ok(!read_answer(cases[i].status, cases[i].body, &grant, &outcome) &&
		   outcome.progress == HFT_FAILED &&
		   outcome.error == cases[i].error, "%d %s", cases[i].status,
		   cases[i].body);
	read_answer(400, "{\"error\":\"invalid_grant\","
				"\"error_description\":\"Token must be short-lived\"}",
				&grant, &outcome);
	is_text(outcome.code, "invalid_grant", "the code is kept");
	is_text(outcome.message, "Token must be short-lived", "and the words");
}

int
main(void)
{
	arena = hft_arena_create(1024 * 1024);
	test_base64url();
	test_jwt();
	test_grants();
	test_refusals();
	hft_arena_destroy(arena);
	return tap_done();
}
