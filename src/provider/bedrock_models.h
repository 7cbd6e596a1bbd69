/*-------------------------------------------------------------------------
 *
 * bedrock_models.h
 *	  What Bedrock's base models take: rows, epochs, hyperparameters.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_BEDROCK_MODELS_H
#define HFT_BEDROCK_MODELS_H

#include "provider/bedrock.h"

typedef struct HftBedrockKey
{
	const char *name;			/* NULL ends a list */
	double		min;
	double		max;
} HftBedrockKey;

typedef struct HftBedrockFamily
{
	const char *prefix;			/* of the model's id; NULL ends the table */
	const char *format;			/* of its training files */
	int			min_rows;		/* training */
	int			max_rows;		/* training and validation */
	int			epochs;			/* when none are asked for; 0: unknown */
	bool		on_demand;		/* a tuned one can be had by the token */
	const HftBedrockKey *keys;	/* NULL: ranges are not known */
} HftBedrockFamily;

/* NULL when the model is of no family we know. */
extern const HftBedrockFamily *hft_bedrock_family(const char *model);
extern const char *hft_bedrock_format(const char *model);
extern const HftOptionSpec hft_bedrock_hyperparameters[];
extern void hft_billable_bedrock(const HftBillableFacts *facts,
								 HftBillable *billable);

/* The hyperparameters as texts; NULL and *problem when one does not fit. */
extern json_t *hft_bedrock_hyperparameter_texts(const HftCall *call,
												const char **problem);

#endif							/* HFT_BEDROCK_MODELS_H */
