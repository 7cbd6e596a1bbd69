/*-------------------------------------------------------------------------
 *
 * bedrock_address.c
 *	  Where Bedrock's services are, and the names that we choose.
 *
 *-------------------------------------------------------------------------
 */
#include <string.h>

#include "provider/bedrock.h"

/* ---- addresses ---- */

/* A region becomes part of host names: small letters, digits, hyphens. */
const char *
hft_bedrock_region(const HftCall *call)
{
	const char *region = hft_server_option(call, "region");

	if (region == NULL || *region == '\0' ||
		strspn(region, "abcdefghijklmnopqrstuvwxyz0123456789-") !=
		strlen(region))
		return NULL;
	return region;
}

/* AWS's partitions have domains of their own. */
static const char *
domain_of(const char *region)
{
	if (strncmp(region, "cn-", 3) == 0)
		return "amazonaws.com.cn";
	return strncmp(region, "eusc-", 5) == 0 ? "amazonaws.eu" :
		"amazonaws.com";
}

/* Has an administrator named another address than AWS's? */
static bool
is_elsewhere(const HftCall *call)
{
	return call->server->base_url != NULL &&
		strcmp(call->server->base_url, HFT_BEDROCK_URL) != 0;
}

const char *
hft_bedrock_regional(const HftCall *call, const char *host)
{
	const char *region = hft_bedrock_region(call);

	return region ? hft_arena_printf(call->arena, "https://%s.%s.%s", host,
									 region, domain_of(region)) : NULL;
}

const char *
hft_bedrock_base(const HftCall *call)
{
	return is_elsewhere(call) ? call->server->base_url :
		hft_bedrock_regional(call, "bedrock");
}

/* With a base_url of one's own (a proxy, the emulator) chat goes there. */
const char *
hft_bedrock_runtime(const HftCall *call)
{
	const char *option = hft_server_option(call, "runtime_base_url");

	if (option != NULL)
		return option;
	return is_elsewhere(call) ? call->server->base_url :
		hft_bedrock_regional(call, "bedrock-runtime");
}

/*
 * The signature needs the region also where the address does not, so it is
 * asked for in any case.
 */
const char *
hft_bedrock_require(const HftCall *call, HftOutcome *outcome)
{
	if (hft_bedrock_region(call) != NULL)
		return hft_bedrock_base(call);
	hft_outcome_refuse(outcome, HFT_BEDROCK_NO_REGION,
					   "ALTER SERVER ... OPTIONS (ADD region 'us-east-1').");
	return NULL;
}

/* Without a slash at either end; "hft" unless the server says otherwise. */
const char *
hft_bedrock_folder(const HftCall *call)
{
	const char *bucket = hft_server_option(call, "bucket");
	const char *prefix = hft_server_option(call, "prefix");
	size_t		length;

	if (bucket == NULL)
		return NULL;
	if (prefix == NULL)
		prefix = "hft";
	prefix += strspn(prefix, "/");
	length = strlen(prefix);
	while (length > 0 && prefix[length - 1] == '/')
		length--;
	return hft_arena_printf(call->arena, "s3://%s%s%.*s", bucket,
							length > 0 ? "/" : "", (int) length, prefix);
}

/* ---- names ---- */

/*
 * Names of jobs are never free again, also after a failure; a token is used
 * for one job only, so that does no harm.
 */
const char *
hft_bedrock_job_name(const HftCall *call)
{
	return hft_arena_printf(call->arena, "hft-%s", call->job->token);
}

const char *
hft_bedrock_arn_tail(const char *arn)
{
	const char *slash = arn ? strrchr(arn, '/') : NULL;

	return slash ? slash + 1 : arn;
}
