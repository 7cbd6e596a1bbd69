/*-------------------------------------------------------------------------
 *
 * platforms.h
 *	  The tables of all platforms, for the registry.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_PLATFORMS_H
#define HFT_PLATFORMS_H

#include "provider/provider.h"

extern const HftProvider hft_provider_azure;
extern const HftProvider hft_provider_fireworks;
extern const HftProvider hft_provider_openai;
extern const HftProvider hft_provider_openai_compatible;
extern const HftProvider hft_provider_together;
extern const HftProvider hft_provider_vertex;
extern const HftProvider hft_provider_bedrock;

#endif							/* HFT_PLATFORMS_H */
