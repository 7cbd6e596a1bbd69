/*-------------------------------------------------------------------------
 *
 * vertex.h
 *	  The rooms of the Google Vertex AI adapter.
 *
 * Three hosts take part: tuning (of a region), serving (of the endpoint's
 * location) and Cloud Storage.  Jobs, endpoints and models are known by their
 * full resource names, "projects/P/locations/L/tuningJobs/N"; a file by its
 * "gs://bucket/object".
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_VERTEX_H
#define HFT_VERTEX_H

#include "provider/answer.h"
#include "provider/compose.h"
#include "provider/provider.h"

/* Stands for "the host of the server's location". */
#define HFT_VERTEX_URL "https://aiplatform.googleapis.com"
#define HFT_VERTEX_LIST_LIMIT (8 * 1024 * 1024)
#define HFT_VERTEX_EPOCHS 3		/* when nobody says how many */

extern const HftErrorRule hft_vertex_rules[];
extern const HftOptionSpec hft_vertex_hyperparameters[];
extern const HftTokenSource hft_vertex_tokens;

/* Where tuning, storage and the answers of an endpoint are. */
extern const char *hft_vertex_tuning(const HftCall *call);
extern const char *hft_vertex_storage(const HftCall *call);
extern const char *hft_vertex_serving(const HftCall *call,
									  const char *resource);

/*
 * "projects/P/locations/L", encoded; NULL, and the outcome refused, when the
 * server lacks the option "project".
 */
extern const char *hft_vertex_parent(const HftCall *call,
									 HftOutcome *outcome);

/*
 * Is this the name of a thing in a collection ("endpoints"), made of nothing
 * that could lead elsewhere (F76)?
 */
extern bool hft_vertex_is_name(const char *name, const char *collection);

/* hft_answer_open() with what Google says in its own way. */
extern bool hft_vertex_open(HftAnswer *answer, const HftCall *call,
							const HftResponse *response, HftOutcome *outcome);

/* The outcome of a status of 300 and more. */
extern void hft_vertex_refused(const HftCall *call,
							   const HftResponse *response,
							   HftOutcome *outcome);

/* "...&pageToken=<token>" of the cursor, "" at first. */
extern const char *hft_vertex_page(const HftCall *call);

/* HFT_MORE with the next page in the cursor; false: that was the last. */
extern bool hft_vertex_next_page(const HftCall *call, HftAnswer *answer,
								 HftOutcome *outcome);

/* int64 values travel as strings. */
extern int64_t hft_vertex_int(const json_t *object, const char *key);

/* vertex_files.c, vertex_upload.c */
HFT_DECLARE_OP(hft_vertex_find_file);
HFT_DECLARE_OP(hft_vertex_upload);
HFT_DECLARE_OP(hft_vertex_file_status);
HFT_DECLARE_OP(hft_vertex_delete_file);

/* GET of the object that holds the call's file, or its name alone. */
extern bool hft_vertex_compose_object(const HftCall *call,
									  HftRequest *request, const char *bucket,
									  const char *object);
extern const char *hft_vertex_object(const HftCall *call);
extern const char *hft_vertex_bucket(const HftCall *call,
									 HftOutcome *outcome);

extern const char *hft_vertex_gs(const HftCall *call, const json_t *object);

/* vertex_create.c */
HFT_DECLARE_OP(hft_vertex_create);
/* The spec's hyperparameters in our words, as JSON. */
extern const char *hft_vertex_effective(const HftCall *call,
										const json_t *spec);
extern void hft_vertex_billable(const HftBillableFacts *facts,
								HftBillable *billable);

/* vertex_jobs.c */
HFT_DECLARE_OP(hft_vertex_find);
HFT_DECLARE_OP(hft_vertex_list);
HFT_DECLARE_OP(hft_vertex_status);
HFT_DECLARE_OP(hft_vertex_cancel);
extern HftRemoteState hft_vertex_state(const char *word);
extern void hft_vertex_read_job(const HftCall *call, const json_t *job,
								HftOutcome *outcome);
extern bool hft_vertex_compose_job(const HftCall *call, HftRequest *request,
								   const char *method, const char *verb,
								   HftOutcome *outcome);

/* vertex_history.c, vertex_metrics.c */
HFT_DECLARE_OP(hft_vertex_history);
extern void hft_vertex_read_points(const HftCall *call, const json_t *root,
								   const char *series, int64_t after,
								   HftOutcome *outcome);

/* vertex_chat.c */
HFT_DECLARE_OP(hft_vertex_chat);

/* vertex_serve.c */
HFT_DECLARE_OP(hft_vertex_deploy);
HFT_DECLARE_OP(hft_vertex_deploy_status);
HFT_DECLARE_OP(hft_vertex_undeploy);
HFT_DECLARE_OP(hft_vertex_model_info);
HFT_DECLARE_OP(hft_vertex_delete_model);

#endif							/* HFT_VERTEX_H */
