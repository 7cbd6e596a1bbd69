/*-------------------------------------------------------------------------
 *
 * aws_keys.h
 *	  The credential of AWS, as people keep it in files.
 *
 * One of
 *
 *	an INI text as ~/.aws/credentials has it; of several profiles the first:
 *		[default]
 *		aws_access_key_id = AKIA...
 *		aws_secret_access_key = ...
 *		aws_session_token = ...				optional
 *		aws_bearer_token_bedrock = ...		optional: for Bedrock, not S3
 *	a JSON object as AWS's tools print it: AccessKeyId, SecretAccessKey,
 *	SessionToken (or Token), also inside "Credentials"
 *	one word: an API key of Bedrock (a bearer token)
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_AWS_KEYS_H
#define HFT_AWS_KEYS_H

#include "provider/sigv4.h"

typedef struct HftAwsKeys
{
	HftSigv4Keys sigv4;			/* access_key NULL: there are none */
	const char *bearer;			/* NULL: there is none */
} HftAwsKeys;

/* NULL when read, else the reason as a sentence; texts are in the arena. */
extern const char *hft_aws_keys_read(const char *secret, HftArena *arena,
									 HftAwsKeys *keys);

#endif							/* HFT_AWS_KEYS_H */
