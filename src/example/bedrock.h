/*-------------------------------------------------------------------------
 *
 * bedrock.h
 *	  What Bedrock's training files can express, for writers and rules.
 *
 * Pure C.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_EXAMPLE_BEDROCK_H
#define HFT_EXAMPLE_BEDROCK_H

#include "example/example.h"

/* What a sentence about an example is about. */
typedef struct HftBedrockMisfit
{
	const char *text;			/* NULL: the example fits */
	int			message;		/* its number, from 1; 0: the whole example */
} HftBedrockMisfit;

/* As a conversation (Nova, Llama 3.2 and 3.3, Claude). */
extern HftBedrockMisfit hft_bedrock_chat_misfit(const HftExample *example);

/* As a prompt with its completion (Llama 3.1). */
extern HftBedrockMisfit hft_bedrock_prompt_misfit(const HftExample *example);

#endif							/* HFT_EXAMPLE_BEDROCK_H */
