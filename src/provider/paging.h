/*-------------------------------------------------------------------------
 *
 * paging.h
 *	  Walking a listing page by page, to its end and not beyond.
 *
 * The cursor holds the last id that was seen and the number of pages.  A
 * listing that repeats a page, or never ends, fails instead of looping or
 * being taken for complete (F37): whoever looks for a paid job must have
 * seen all of it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_PAGING_H
#define HFT_PAGING_H

#include "provider/answer.h"

#define HFT_PAGE_LIMIT (8 * 1024 * 1024)	/* bytes of one page (R22) */

/* "&after=<id>" for the next page, "" for the first. */
extern const char *hft_page_query(const HftCall *call);

/*
 * After a page with the items of "data": HFT_MORE with the cursor "state"
 * moved on, HFT_FAILED when the listing does not move, else untouched and
 * false: the listing is complete.  "state" is borrowed.
 */
extern bool hft_page_next(HftOutcome *outcome, const HftCall *call,
						  const HftAnswer *answer, json_t *state);

#endif							/* HFT_PAGING_H */
