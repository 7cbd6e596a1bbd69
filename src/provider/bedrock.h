/*-------------------------------------------------------------------------
 *
 * bedrock.h
 *	  The rooms of the AWS Bedrock adapter.
 *
 * Three services: the control plane and the runtime, which speak JSON, and
 * S3, which holds training files and results and speaks XML (s3.h).
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_BEDROCK_H
#define HFT_BEDROCK_H

#include "provider/answer.h"
#include "provider/compose.h"
#include "provider/provider.h"
#include "provider/signer.h"

/* what a region becomes part of; a server may name another address */
#define HFT_BEDROCK_URL "https://bedrock.{region}.amazonaws.com"

/* services as signatures name them: HftRequest.audience */
#define HFT_BEDROCK_SERVICE "bedrock"
#define HFT_BEDROCK_S3 "s3"

#define HFT_BEDROCK_NO_REGION "The server has no option \"region\"."
#define HFT_BEDROCK_LIST_LIMIT (8 * 1024 * 1024)

extern const HftErrorRule hft_bedrock_rules[];

/* bedrock_answer.c: as their namesakes of answer.h, with AWS's error body */
extern bool hft_bedrock_open(HftAnswer *answer, const HftCall *call,
							 const HftResponse *response,
							 HftOutcome *outcome);
extern bool hft_bedrock_is_success(const HftCall *call,
								   const HftResponse *response,
								   HftOutcome *outcome);

/* bedrock_sign.c */
extern const char *hft_sign_bedrock(const HftServerFacts *server,
									HftRequest *request,
									const HftCredentials *credentials,
									int64_t now, HftArena *arena);

/*
 * bedrock_address.c.  NULL without a region, which the request then refuses;
 * whatever a server names instead comes without a trailing slash.
 */
extern const char *hft_bedrock_region(const HftCall *call);
extern const char *hft_bedrock_regional(const HftCall *call,
										const char *host);
extern const char *hft_bedrock_base(const HftCall *call);
extern const char *hft_bedrock_runtime(const HftCall *call);

/* The server's address of the control plane, or a refusal. */
extern const char *hft_bedrock_require(const HftCall *call,
									   HftOutcome *outcome);

/* "s3://bucket/prefix": where the server's files go; NULL without a bucket */
extern const char *hft_bedrock_folder(const HftCall *call);

/* Names that we choose from a token; the job's is the key to all (R28). */
extern const char *hft_bedrock_job_name(const HftCall *call);

/* The last part of an ARN, or the whole of what is none. */
extern const char *hft_bedrock_arn_tail(const char *arn);

/* bedrock_files.c, bedrock_parts.c */
HFT_DECLARE_OP(hft_bedrock_find_file);
HFT_DECLARE_OP(hft_bedrock_upload);
HFT_DECLARE_OP(hft_bedrock_file_status);
HFT_DECLARE_OP(hft_bedrock_delete_file);
HFT_DECLARE_OP(hft_bedrock_parts);

/* The object that the call's file is, or is to be. */
extern const char *hft_bedrock_file_uri(const HftCall *call);

/* bedrock_create.c, bedrock_jobs.c, bedrock_history.c */
HFT_DECLARE_OP(hft_bedrock_create);
HFT_DECLARE_OP(hft_bedrock_find);
HFT_DECLARE_OP(hft_bedrock_status);
HFT_DECLARE_OP(hft_bedrock_cancel);
HFT_DECLARE_OP(hft_bedrock_list);
HFT_DECLARE_OP(hft_bedrock_history);

extern bool hft_bedrock_compose_job(const HftCall *call, HftRequest *request,
									const char *method, const char *job,
									const char *verb, HftOutcome *outcome);
extern void hft_bedrock_read_job(const HftCall *call, const json_t *job,
								 HftOutcome *outcome);
extern HftRemoteState hft_bedrock_state(const char *word);

/* Is it the job of our token?  A name may be somebody else's. */
extern bool hft_bedrock_is_ours(const HftCall *call, const json_t *job);

/* bedrock_deploy.c, bedrock_serve.c */
HFT_DECLARE_OP(hft_bedrock_deploy);
HFT_DECLARE_OP(hft_bedrock_find_deployment);
HFT_DECLARE_OP(hft_bedrock_deploy_status);
HFT_DECLARE_OP(hft_bedrock_undeploy);
HFT_DECLARE_OP(hft_bedrock_chat);
HFT_DECLARE_OP(hft_bedrock_model_info);
HFT_DECLARE_OP(hft_bedrock_delete_model);

#endif							/* HFT_BEDROCK_H */
