/*-------------------------------------------------------------------------
 *
 * image.h
 *	  Tokens of an image in a conversation.
 *
 * Platforms count an image by its size, and OpenAI by the detail that is
 * asked for.  The size is read from the header of an image that is part of
 * the example ("data:image/png;base64,..."); of one that is somewhere else
 * it is unknown, and the count an estimate.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_TOKENIZER_IMAGE_H
#define HFT_TOKENIZER_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum HftImageRule
{
	HFT_IMAGES_NONE,			/* no rule is known: they count as nothing */
	HFT_IMAGES_OPENAI,			/* tiles: gpt-4o, gpt-4.1, gpt-4-turbo */
	HFT_IMAGES_OPENAI_4O_MINI,	/* tiles at 33 times the price in tokens */
	HFT_IMAGES_OPENAI_O,		/* tiles: o1, o3 */
	HFT_IMAGES_OPENAI_5,		/* tiles: gpt-5 */
	HFT_IMAGES_OPENAI_MINI,		/* patches: gpt-4.1-mini, gpt-5-mini */
	HFT_IMAGES_OPENAI_NANO,		/* patches: gpt-4.1-nano, gpt-5-nano */
	HFT_IMAGES_OPENAI_O4_MINI,	/* patches */
	HFT_IMAGES_GEMINI,			/* 1 and 2 */
	HFT_IMAGES_GEMINI_3,
	HFT_IMAGES_GEMMA,
	HFT_IMAGES_CLAUDE,
	HFT_IMAGES_NOVA,
	HFT_NIMAGE_RULES
} HftImageRule;

typedef enum HftImageDetail
{
	HFT_DETAIL_AUTO,			/* the platform decides, as a rule for high */
	HFT_DETAIL_LOW,
	HFT_DETAIL_HIGH
} HftImageDetail;

typedef struct HftImage
{
	uint32_t	width;			/* 0: unknown */
	uint32_t	height;
	HftImageDetail detail;
} HftImage;

/* The size of a PNG, JPEG, GIF or WebP in a data URL; false: unknown. */
extern bool hft_image_measure(const char *url, size_t len, HftImage *image);

/*
 * Tokens of an image; *exact becomes false when they are an estimate.  An
 * image of unknown size counts as one of 1024 x 1024.
 */
extern int64_t hft_image_tokens(HftImageRule rule, const HftImage *image,
								bool *exact);

extern const char *hft_image_rule_name(HftImageRule rule);
extern bool hft_image_rule_find(const char *name, HftImageRule *rule);

#endif							/* HFT_TOKENIZER_IMAGE_H */
