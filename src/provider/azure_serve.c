/*-------------------------------------------------------------------------
 *
 * azure_serve.c
 *	  Using models at Azure OpenAI: chat, look at, delete.
 *
 * Both families of paths live on one host, and each knows something that the
 * other does not: the dated one tells when a model is retired, the other one
 * can delete it.
 *
 *-------------------------------------------------------------------------
 */
#include <string.h>

#include "provider/azure.h"
#include "provider/completion.h"

/*
 * A chat names the deployment, never the model: in the body, or in the path
 * of the dated API.
 */
bool
hft_azure_chat_request(const HftCall *call, HftRequest *request,
					   HftOutcome *outcome)
{
	const char *base = hft_openai_base(call);

	if (hft_azure_is_dated(call))
		base = hft_arena_printf(call->arena, "%s/deployments/%s", base,
								hft_url_encode(call->arena,
											   call->chat->model));
	return hft_completion_compose(call, base, request, outcome) &&
		hft_openai_finish(call, request, outcome);
}

/* GET /openai/models/{id}, whatever the server's version is. */
bool
hft_azure_model_info_request(const HftCall *call, HftRequest *request,
							 HftOutcome *outcome)
{
	const char *version = hft_azure_is_dated(call) ?
		hft_azure_version(call, HFT_AZURE_DATED) : HFT_AZURE_DATED;

	hft_compose(request, call, "GET", hft_azure_root(call),
				"/openai/models/%s",
				hft_url_encode(call->arena, call->model));
	return hft_azure_finish(call, request, version, outcome);
}

/* DELETE /openai/v1/models/{id}, whatever the server's version is. */
bool
hft_azure_delete_model_request(const HftCall *call, HftRequest *request,
							   HftOutcome *outcome)
{
	hft_compose(request, call, "DELETE", hft_azure_root(call),
				"/openai/v1/models/%s",
				hft_url_encode(call->arena, call->model));
	return hft_azure_finish(call, request, NULL, outcome);
}
