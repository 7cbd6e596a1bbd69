/*-------------------------------------------------------------------------
 *
 * together.h
 *	  The rooms of the Together AI adapter.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_TOGETHER_H
#define HFT_TOGETHER_H

#include "provider/answer.h"
#include "provider/compose.h"
#include "provider/provider.h"

#define HFT_TOGETHER_URL "https://api.together.ai/v1"

/* bytes of an answer that lists everything: nothing here is paged (R22) */
#define HFT_TOGETHER_LIST_LIMIT (8 * 1024 * 1024)

extern const HftErrorRule hft_together_rules[];
extern const HftOptionSpec hft_together_hyperparameters[];

/* Base URLs: fine-tuning, dedicated endpoints, answers of endpoints. */
extern const char *hft_together_base(const HftCall *call);
extern const char *hft_together_v2(const HftCall *call);
extern const char *hft_together_inference(const HftCall *call);

/*
 * The digits of a token that go into names the platform shows us again: the
 * last ones, which are random in every version of uuid.
 */
extern const char *hft_together_digits(const HftCall *call,
									   const char *token);

/* together_files.c, together_parts.c */
HFT_DECLARE_OP(hft_together_find_file);
HFT_DECLARE_OP(hft_together_upload);
HFT_DECLARE_OP(hft_together_file_status);
HFT_DECLARE_OP(hft_together_delete_file);
HFT_DECLARE_OP(hft_together_parts);

/* The file is there: the upload's last step is to have it looked at. */
extern void hft_together_go_preprocess(const HftCall *call,
									   const char *file_id,
									   HftOutcome *outcome);

/* Adopt the file that a 409 names; false when it names none. */
extern bool hft_together_adopt(const HftCall *call,
							   const HftResponse *response,
							   HftOutcome *outcome);

/* The PUT of a slice of the file to a signed URL, without our key (P5). */
extern bool hft_together_put(const HftCall *call, HftRequest *request,
							 const char *url, int64_t offset, int64_t length);

/*
 * What the storage's refusal means: a URL that expired begins the upload
 * again with the cursor "again" (released), a few times; else it failed.
 */
extern void hft_together_storage_failed(const HftCall *call,
										const HftResponse *response,
										json_t *again, HftOutcome *outcome);

/* together_create.c */
HFT_DECLARE_OP(hft_together_estimate);
HFT_DECLARE_OP(hft_together_create);

/* together_jobs.c */
HFT_DECLARE_OP(hft_together_find);
HFT_DECLARE_OP(hft_together_status);
HFT_DECLARE_OP(hft_together_cancel);
HFT_DECLARE_OP(hft_together_list);

extern void hft_together_read_job(const HftCall *call, const json_t *job,
								  HftOutcome *outcome);
extern HftRemoteState hft_together_state(const char *word);

/* together_history.c */
HFT_DECLARE_OP(hft_together_history);

/* together_deploy.c, together_serving.c */
HFT_DECLARE_OP(hft_together_deploy);
HFT_DECLARE_OP(hft_together_find_deployment);
HFT_DECLARE_OP(hft_together_deploy_status);
HFT_DECLARE_OP(hft_together_undeploy);

/* together_models.c */
HFT_DECLARE_OP(hft_together_chat);
HFT_DECLARE_OP(hft_together_model_info);
HFT_DECLARE_OP(hft_together_delete_model);

#endif							/* HFT_TOGETHER_H */
