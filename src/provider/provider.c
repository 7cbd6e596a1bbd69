/*-------------------------------------------------------------------------
 *
 * provider.c
 *	  The platforms we know, and the names of what they do.
 *
 * A new platform is declared in platforms.h and listed here.
 *
 *-------------------------------------------------------------------------
 */
#include "provider/provider.h"

#include <string.h>

#include "provider/platforms.h"

static const HftProvider *const providers[] = {
	&hft_provider_openai,
	&hft_provider_openai_compatible,
	&hft_provider_together,
	&hft_provider_azure,
	&hft_provider_fireworks,
	&hft_provider_vertex,
	&hft_provider_bedrock,
	NULL
};

static const char *const op_names[HFT_OP_COUNT] = {
	[HFT_OP_FIND_FILE] = "find_file",
	[HFT_OP_UPLOAD] = "upload",
	[HFT_OP_FILE_STATUS] = "file_status",
	[HFT_OP_ESTIMATE] = "estimate",
	[HFT_OP_CREATE] = "create",
	[HFT_OP_FIND] = "find",
	[HFT_OP_STATUS] = "status",
	[HFT_OP_HISTORY] = "history",
	[HFT_OP_CANCEL] = "cancel",
	[HFT_OP_PAUSE] = "pause",
	[HFT_OP_RESUME] = "resume",
	[HFT_OP_LIST] = "list",
	[HFT_OP_DEPLOY] = "deploy",
	[HFT_OP_FIND_DEPLOYMENT] = "find_deployment",
	[HFT_OP_DEPLOY_STATUS] = "deploy_status",
	[HFT_OP_UNDEPLOY] = "undeploy",
	[HFT_OP_DELETE_FILE] = "delete_file",
	[HFT_OP_DELETE_MODEL] = "delete_model",
	[HFT_OP_CHAT] = "chat",
	[HFT_OP_MODEL_INFO] = "model_info",
};

/* Exact, lower case: the option's value is what pg_dump writes. */
const HftProvider *
hft_provider_lookup(const char *name)
{
	for (int i = 0; name != NULL && providers[i] != NULL; i++)
	{
		if (strcmp(providers[i]->name, name) == 0)
			return providers[i];
	}
	return NULL;
}

/* In the order in which they are shown to people. */
const HftProvider *const *
hft_provider_list(void)
{
	return providers;
}

/* What is trained on decides, where a platform serves several families. */
const char *
hft_provider_format(const HftProvider *provider, const char *model)
{
	return provider->format_of ? provider->format_of(model) :
		provider->format;
}

bool
hft_provider_serves(const HftProvider *provider)
{
	return provider->serves_at_once ||
		provider->operations[HFT_OP_DEPLOY].request == NULL;
}

/* Stored in cursors and attempts, so a name never changes. */
const char *
hft_op_name(HftOp op)
{
	return op >= 0 && op < HFT_OP_COUNT ? op_names[op] : "unknown";
}
