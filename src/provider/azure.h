/*-------------------------------------------------------------------------
 *
 * azure.h
 *	  The rooms of the Azure OpenAI adapter.
 *
 * Jobs, files and answers speak OpenAI's protocol, on either of two path
 * families; the adapter of that platform is shared (openai.h).  Deployments
 * are made at another host, Azure's resource manager, with another token.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_AZURE_H
#define HFT_AZURE_H

#include "provider/openai.h"
#include "provider/signer.h"

/* the last dated version of the API that is no preview */
#define HFT_AZURE_DATED "2024-10-21"

/*
 * Audiences of requests: the service, a blank, and the scope that a token
 * for it must have.  Only the data plane takes API keys.
 */
#define HFT_AZURE_DATA "data "
#define HFT_AZURE_ARM "arm "

/* ---- azure.c: addresses ---- */

/* Is the server's api_version a date?  Then the paths have no "/v1". */
extern bool hft_azure_is_dated(const HftCall *call);

/* The server's version, or one; the last line of a request: adds it. */
extern const char *hft_azure_version(const HftCall *call,
									 const char *if_absent);
extern bool hft_azure_finish(const HftCall *call, HftRequest *request,
							 const char *version, HftOutcome *outcome);

/* The resource's address without any path. */
extern const char *hft_azure_root(const HftCall *call);

/* ---- azure_auth.c ---- */

extern const HftTokenSource hft_azure_tokens;
extern const char *hft_azure_sign(const HftServerFacts *server,
								  HftRequest *request,
								  const HftCredentials *credentials,
								  int64_t now, HftArena *arena);

/* ---- azure_jobs.c ---- */

extern bool hft_azure_find_file_request(const HftCall *call,
										HftRequest *request,
										HftOutcome *outcome);
extern bool hft_azure_create_request(const HftCall *call,
									 HftRequest *request,
									 HftOutcome *outcome);
extern void hft_azure_find_response(const HftCall *call,
									const HftResponse *response,
									HftOutcome *outcome);

/* ---- azure_serve.c ---- */

extern bool hft_azure_chat_request(const HftCall *call, HftRequest *request,
								   HftOutcome *outcome);
extern bool hft_azure_model_info_request(const HftCall *call,
										 HftRequest *request,
										 HftOutcome *outcome);
extern bool hft_azure_delete_model_request(const HftCall *call,
										   HftRequest *request,
										   HftOutcome *outcome);

/* ---- azure_deploy.c ---- */

HFT_DECLARE_OP(hft_azure_deploy);
HFT_DECLARE_OP(hft_azure_find_deployment);
HFT_DECLARE_OP(hft_azure_deploy_status);
HFT_DECLARE_OP(hft_azure_undeploy);

#endif							/* HFT_AZURE_H */
