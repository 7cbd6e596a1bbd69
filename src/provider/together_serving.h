/*-------------------------------------------------------------------------
 *
 * together_serving.h
 *	  What the rooms of Together's dedicated endpoints share.
 *
 * Everything there hangs below a project, so every walk begins with asking
 * who we are; listings are paged by a cursor of the platform's.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_TOGETHER_SERVING_H
#define HFT_TOGETHER_SERVING_H

#include "provider/together.h"

/* GET whoami; keeps the project in the cursor. */
extern void hft_together_ask_whoami(const HftCall *call,
									const json_t *cursor,
									HftRequest *request);
extern bool hft_together_keep_whoami(const HftCall *call, HftAnswer *answer,
									 HftOutcome *outcome);

/* A page of /projects/{project}/{collection}. */
extern void hft_together_ask_page(const HftCall *call, const json_t *cursor,
								  HftRequest *request,
								  const char *collection);

/* HFT_MORE for the next page, when there is one; HFT_FAILED: no end. */
extern bool hft_together_next_page(const HftCall *call, HftAnswer *answer,
								   HftOutcome *outcome);

/* The project's models, and the id of the one with this name or id. */
extern void hft_together_ask_models(const HftCall *call,
									const json_t *cursor,
									HftRequest *request);
extern const char *hft_together_pick_model(const HftCall *call,
										   const HftAnswer *answer,
										   const char *name);

/* The name of our endpoint and of our deployment. */
extern const char *hft_together_deploy_name(const HftCall *call);

/* The item of a listing that has it, with or without the slug; or NULL. */
extern const json_t *hft_together_find_named(const HftCall *call,
											 const HftAnswer *answer);

/* An option of the deployment that is a text, or NULL. */
extern const char *hft_together_deploy_text(const HftCall *call,
											const char *name);

/* "projects/p/endpoints/e/deployments/d", fit for a URL */
extern const char *hft_together_deployment_id(const HftCall *call,
											  const char *project,
											  const char *endpoint,
											  const char *deployment);

#endif							/* HFT_TOGETHER_SERVING_H */
