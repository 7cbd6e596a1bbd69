/*-------------------------------------------------------------------------
 *
 * report_query.h
 *	  What a report asks the catalog; $1 is the job.
 *
 * Each query gives its cells as they are to be shown: what a number means is
 * decided in SQL, how the page looks in C.  They run as the caller.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_REPORT_QUERY_H
#define HFT_REPORT_QUERY_H

#include <stdbool.h>

/* one row: title, subtitle, state, alert, advice, footer */
extern const char *const hft_report_head;

/* rows: label, value, note */
extern const char *const hft_report_tiles;

/* rows: name, seconds, colour */
extern const char *const hft_report_phases;

/* rows: step, train_loss, valid_loss, full_valid_loss */
extern const char *const hft_report_loss;

/* rows: step */
extern const char *const hft_report_checkpoints;

typedef struct HftReportTable
{
	const char *title;
	bool		wide;
	const char *query;			/* names of columns are headers */
} HftReportTable;

extern const HftReportTable hft_report_tables[];	/* a NULL title ends it */

#endif							/* HFT_REPORT_QUERY_H */
