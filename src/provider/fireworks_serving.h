/*-------------------------------------------------------------------------
 *
 * fireworks_serving.h
 *	  What the rooms of Fireworks' deployments share.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_FIREWORKS_SERVING_H
#define HFT_FIREWORKS_SERVING_H

#include "provider/fireworks.h"

/* How a model is served follows from the deployment's options alone. */
typedef enum HftFireworksServing
{
	HFT_FIREWORKS_MERGED,		/* a deployment of the model itself */
	HFT_FIREWORKS_HOST,			/* ours, of the base model, takes adapters */
	HFT_FIREWORKS_GUEST			/* an adapter on one that stands already */
} HftFireworksServing;

extern HftFireworksServing hft_fireworks_serving(const HftCall *call);

/* What stands: state, hardware, units, the name that a chat gives. */
extern void hft_fireworks_read_deployment(const HftCall *call,
										  const json_t *deployment,
										  HftOutcome *outcome);

#endif							/* HFT_FIREWORKS_SERVING_H */
