/*-------------------------------------------------------------------------
 *
 * fireworks.h
 *	  The rooms of the Fireworks AI adapter.
 *
 * Everything has a resource name, "accounts/a/datasets/d", whose last part
 * the client chooses: we do, from our token or the content's hash.  So after
 * a crash one GET says whether it was done, and a second POST is answered 409
 * and makes nothing (R28, K07, K11).  Our remote ids are these names.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_FIREWORKS_H
#define HFT_FIREWORKS_H

#include "provider/answer.h"
#include "provider/compose.h"
#include "provider/fireworks_answer.h"
#include "provider/provider.h"

#define HFT_FIREWORKS_URL "https://api.fireworks.ai"

/* bytes of a page of a listing, and of a metrics file (R22) */
#define HFT_FIREWORKS_LIST_LIMIT (8 * 1024 * 1024)
#define HFT_FIREWORKS_FILE_LIMIT (16 * 1024 * 1024)

extern const HftOptionSpec hft_fireworks_hyperparameters[];
extern const HftOptionSpec hft_fireworks_job_options[];

/* fireworks.c: addresses and names */

/* "https://api.fireworks.ai": base_url without a version behind it */
extern const char *hft_fireworks_root(const HftCall *call);

/* "accounts/<ours>/<collection>"; NULL without the option account_id */
extern const char *hft_fireworks_collection(const HftCall *call,
											const char *collection);

/* "accounts/<ours>/<collection>/<id>"; NULL when either is */
extern const char *hft_fireworks_name(const HftCall *call,
									  const char *collection, const char *id);

/* A base model may go by its last part: "qwen3-8b". */
extern const char *hft_fireworks_model(const HftCall *call, const char *model);

/* "hft-" and the 32 digits of a token */
extern const char *hft_fireworks_id(const HftCall *call, const char *token);

/* The last sixteen digits of a token, for the names that people read. */
extern const char *hft_fireworks_digits(const HftCall *call,
										const char *token);

/*
 * Start a request to a resource, or to "name:verb" or "name?query".  False,
 * and the outcome says why, when the name is none.
 */
extern bool hft_fireworks_compose(const HftCall *call, HftRequest *request,
								  HftOutcome *outcome, const char *method,
								  const char *name, const char *behind);

/* GET of a page of a collection of ours; the cursor has "token". */
extern bool hft_fireworks_ask_page(const HftCall *call, HftRequest *request,
								   HftOutcome *outcome,
								   const char *collection);

/*
 * HFT_MORE with the cursor moved on, when the listing has another page;
 * HFT_FAILED when it does not move (F37); else false.
 */
extern bool hft_fireworks_next_page(const HftCall *call, HftAnswer *answer,
									HftOutcome *outcome);

/* fireworks_files.c */
HFT_DECLARE_OP(hft_fireworks_find_file);
HFT_DECLARE_OP(hft_fireworks_upload);
HFT_DECLARE_OP(hft_fireworks_file_status);
HFT_DECLARE_OP(hft_fireworks_delete_file);

/* fireworks_create.c */
HFT_DECLARE_OP(hft_fireworks_estimate);
HFT_DECLARE_OP(hft_fireworks_create);

extern void hft_fireworks_billable(const HftBillableFacts *facts,
								   HftBillable *billable);

/* fireworks_jobs.c */
HFT_DECLARE_OP(hft_fireworks_find);
HFT_DECLARE_OP(hft_fireworks_status);
HFT_DECLARE_OP(hft_fireworks_cancel);
HFT_DECLARE_OP(hft_fireworks_resume);
HFT_DECLARE_OP(hft_fireworks_list);

extern void hft_fireworks_read_job(const HftCall *call, const json_t *job,
								   HftOutcome *outcome);
extern HftRemoteState hft_fireworks_state(const char *word);

/* fireworks_history.c, fireworks_metrics.c */
HFT_DECLARE_OP(hft_fireworks_history);

/*
 * The metrics of a file, from byte "from" on; "whole" takes an unterminated
 * last line, too.  Returns where to go on: behind the last whole line.
 */
extern size_t hft_fireworks_read_metrics(const HftCall *call,
										 const HftResponse *response,
										 size_t from, bool whole,
										 HftOutcome *outcome);

/* fireworks_deploy.c, fireworks_standing.c */
HFT_DECLARE_OP(hft_fireworks_deploy);
HFT_DECLARE_OP(hft_fireworks_find_deployment);
HFT_DECLARE_OP(hft_fireworks_deploy_status);
HFT_DECLARE_OP(hft_fireworks_undeploy);

/* fireworks_models.c */
HFT_DECLARE_OP(hft_fireworks_chat);
HFT_DECLARE_OP(hft_fireworks_model_info);
HFT_DECLARE_OP(hft_fireworks_delete_model);

#endif							/* HFT_FIREWORKS_H */
