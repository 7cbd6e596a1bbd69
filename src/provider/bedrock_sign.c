/*-------------------------------------------------------------------------
 *
 * bedrock_sign.c
 *	  Who may ask Bedrock and S3: access keys, or an API key.
 *
 * The audience of a request is the service that its signature names,
 * "bedrock" or "s3".  An API key is preferred where it is good, because then
 * the access keys need no right but S3's; S3 itself knows none.
 *
 *-------------------------------------------------------------------------
 */
#include <string.h>

#include "base/mask.h"
#include "provider/aws_keys.h"
#include "provider/bedrock.h"
#include "provider/signer.h"

/* Whatever of the file could come back in an answer is masked (R41). */
static void
remember(const HftAwsKeys *keys)
{
	const char *const secrets[] = {
		keys->sigv4.secret_key, keys->sigv4.session_token, keys->bearer
	};

	for (int i = 0; i < 3; i++)
	{
		if (secrets[i] != NULL)
			(void) hft_mask_remember(secrets[i]);
	}
}

const char *
hft_sign_bedrock(const HftServerFacts *server, HftRequest *request,
				 const HftCredentials *credentials, int64_t now,
				 HftArena *arena)
{
	const HftCall call = {.server = server, .arena = arena};
	const char *service = request->audience;
	bool		is_s3;
	HftSigv4Scope scope;
	HftAwsKeys	keys;
	const char *problem;

	if (service == NULL)
		service = HFT_BEDROCK_SERVICE;
	is_s3 = strcmp(service, HFT_BEDROCK_S3) == 0;
	if (credentials->secret == NULL)
		return "The credential is empty.";
	problem = hft_aws_keys_read(credentials->secret, arena, &keys);
	if (problem != NULL)
		return problem;
	remember(&keys);
	if (keys.bearer != NULL && !is_s3)
	{
		const HftCredentials bearer = {.secret = keys.bearer};

		return hft_sign_bearer(server, request, &bearer, now, arena);
	}
	if (keys.sigv4.access_key == NULL)
		return "S3 takes no API keys of Bedrock: files need access keys.";
	scope = (HftSigv4Scope) {
		hft_bedrock_region(&call), service, !is_s3, !is_s3, is_s3
	};
	if (scope.region == NULL)
		return HFT_BEDROCK_NO_REGION;
	return hft_sigv4_sign(request, &keys.sigv4, &scope, now, arena);
}
