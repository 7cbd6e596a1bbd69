/*-------------------------------------------------------------------------
 *
 * draw.h
 *	  Which split an example belongs to.
 *
 * Pure C.  The draw is
 *
 *		u = first 8 bytes of SHA-256(key || 0x00 || value), big-endian, / 2^64
 *
 * where value is the row's group key, else what the user says: the texts of
 * the user's messages with a 0x00 between any two, else (no such message)
 * those of all messages that are not the assistant's, else the text.  An
 * example goes to validation when u < validation, to test when
 * u >= 1 - test, and otherwise to training.  So a row stays where it is when
 * others come and go, equal questions are on one side, and raising one
 * fraction moves nothing between the other two.  This definition does not
 * change between versions and platforms.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_DRAW_H
#define HFT_DRAW_H

#include "example/example.h"

typedef enum HftSplitKind
{
	HFT_SPLIT_TRAIN,
	HFT_SPLIT_VALIDATION,
	HFT_SPLIT_TEST,
	HFT_SPLIT_COUNT
} HftSplitKind;

typedef struct HftSplitter
{
	double		validation;
	double		test;
	const char *key;
	void	   *method;			/* private */
	void	   *context;
} HftSplitter;

/* "key" must live as long; false when memory ran out */
extern bool hft_splitter_init(HftSplitter *splitter, const char *key,
							  double validation, double test);
extern void hft_splitter_free(HftSplitter *splitter);

/* group.data NULL: none */
extern HftSplitKind hft_splitter_draw(HftSplitter *splitter,
								  const HftExample *example, HftText group);

/* HFT_SPLIT_COUNT when it names none */
extern HftSplitKind hft_split_lookup(const char *name, size_t length);
extern const char *hft_split_name(HftSplitKind split);

#endif							/* HFT_DRAW_H */
