/*-------------------------------------------------------------------------
 *
 * openai.h
 *	  The rooms of the OpenAI adapter, which other dialects share.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_OPENAI_H
#define HFT_OPENAI_H

#include "provider/answer.h"
#include "provider/compose.h"
#include "provider/openai_dialect.h"
#include "provider/paging.h"
#include "provider/provider.h"

#define HFT_OPENAI_URL "https://api.openai.com/v1"

extern const HftOptionSpec hft_openai_hyperparameters[];

/* openai_files.c, openai_parts.c */
HFT_DECLARE_OP(hft_openai_find_file);
HFT_DECLARE_OP(hft_openai_upload);
HFT_DECLARE_OP(hft_openai_file_status);
HFT_DECLARE_OP(hft_openai_delete_file);
HFT_DECLARE_OP(hft_openai_parts);

/* Read a file object into the outcome. */
extern void hft_openai_read_file(const HftCall *call, const json_t *file,
								 HftOutcome *outcome);

/* openai_create.c */
HFT_DECLARE_OP(hft_openai_create);

/* {"type": ..., <type>: {"hyperparameters": ...}} of the call's job. */
extern json_t *hft_openai_write_method(const HftCall *call, const char *type);

/* The user's own metadata, and our token over it. */
extern json_t *hft_openai_write_metadata(const HftCall *call,
										 const json_t *options);

/* The dated name that a short one stands for; NULL: it is none of these. */
extern const char *hft_openai_dated_name(const char *model);

/* openai_jobs.c */
HFT_DECLARE_OP(hft_openai_find);
HFT_DECLARE_OP(hft_openai_status);
HFT_DECLARE_OP(hft_openai_cancel);
extern bool hft_openai_pause_request(const HftCall *call,
									 HftRequest *request,
									 HftOutcome *outcome);
extern bool hft_openai_resume_request(const HftCall *call,
									  HftRequest *request,
									  HftOutcome *outcome);
HFT_DECLARE_OP(hft_openai_list);

/* The jobs of a page that are ours; "is_ours" NULL: all of them. */
extern void hft_openai_read_listing(const HftCall *call,
									const HftResponse *response,
									bool (*is_ours) (const HftCall *call,
													 const json_t *job),
									HftOutcome *outcome);

/* The token that a job's metadata has; NULL: none. */
extern const char *hft_openai_token(const json_t *job);

/* Read a job object into the outcome; a failure without id and status. */
extern void hft_openai_read_job(const HftCall *call, const json_t *job,
								HftOutcome *outcome);
extern HftRemoteState hft_openai_state(const char *word);

/* openai_history.c, openai_metrics.c */
HFT_DECLARE_OP(hft_openai_history);

/* Canonical name of a metric; NULL when it is no metric of ours. */
extern const char *hft_openai_metric_name(HftArena *arena, const char *name);

/* The metrics that an event carries; appended to the outcome's array. */
extern void hft_openai_event_metrics(const HftCall *call, const json_t *event,
									 HftOutcome *outcome);

/* How many values hft_openai_event_metrics() may append for this event. */
extern int	hft_openai_metric_room(const json_t *event);

/* A result file, plain CSV or base64 of it, into metrics. */
extern void hft_openai_read_csv(const HftCall *call, const char *text,
								size_t length, HftOutcome *outcome);

/* openai_serve.c */
HFT_DECLARE_OP(hft_openai_chat);
HFT_DECLARE_OP(hft_openai_model_info);
HFT_DECLARE_OP(hft_openai_delete_model);

#endif							/* HFT_OPENAI_H */
