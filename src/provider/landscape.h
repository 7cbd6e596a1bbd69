/*-------------------------------------------------------------------------
 *
 * landscape.h
 *	  What a platform is like, in words, for hft.providers().
 *
 * Each text is a short phrase without a full stop, true on the day the
 * adapter was written; NULL is "unknown".  Numbers and lists that the engine
 * itself goes by (methods, format, minimum, limits) are in HftProvider.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_LANDSCAPE_H
#define HFT_LANDSCAPE_H

typedef struct HftLandscape
{
	const char *loss_source;	/* "events and result CSV" */
	const char *recovery;		/* "by metadata", "by listing", "by chosen id",
								 * "by request token" */
	const char *serving;		/* how a tuned model is reached */
	const char *serving_billing;	/* "per token", "per hour of a GPU" ... */
	const char *weights;		/* "downloadable", "not downloadable" ... */
	const char *data_location;	/* where training files go and stay */
	const char *status;			/* "open", "no new jobs from 2027-01-06" */
} HftLandscape;

#endif							/* HFT_LANDSCAPE_H */
