/*-------------------------------------------------------------------------
 *
 * page.h
 *	  The report of a job as one HTML page.
 *
 * Pure C.  The page needs nothing but itself: it can be mailed, archived and
 * opened years later.  It holds no script, and its policy allows none.
 * All texts are taken as they are and escaped here; NULL is "unknown".
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_PAGE_H
#define HFT_PAGE_H

#include <stdbool.h>

#include "report/chart.h"

/* A figure worth a large font. */
typedef struct HftTile
{
	const char *label;
	const char *value;
	const char *note;
} HftTile;

/* A stretch of the job's life. */
typedef struct HftPhase
{
	const char *name;
	const char *duration;		/* for people */
	double		seconds;
	int			colour;			/* 1 to 6 */
} HftPhase;

typedef struct HftTable
{
	const char *title;
	bool		wide;			/* over the whole width of the page */
	int			ncolumns;
	const char *const *headers;
	const bool *numeric;		/* per column: align to the right */
	size_t		nrows;
	const char *const *cells;	/* row by row */
} HftTable;

typedef struct HftPage
{
	const char *title;
	const char *subtitle;
	const char *state;
	const char *alert;			/* what is wrong, or NULL */
	const char *advice;			/* what to do about it, or NULL */
	const char *footer;
	const HftTile *tiles;
	int			ntiles;
	const HftPhase *phases;
	int			nphases;
	const HftLossChart *chart;
	const HftTable *tables;		/* those without rows are left out */
	int			ntables;
} HftPage;

extern void hft_page(HftBuffer *out, const HftPage *page);

#endif							/* HFT_PAGE_H */
