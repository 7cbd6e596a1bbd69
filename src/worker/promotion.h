/*-------------------------------------------------------------------------
 *
 * promotion.h
 *	  Records that were lost in a promotion (F66).
 *
 * Include postgres.h first.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_PROMOTION_H
#define HFT_PROMOTION_H

/*
 * Was this server promoted, or recovered to a point in time, since a worker
 * last worked here?  Then see to it that what may have been bought meanwhile
 * is looked for.  In the caller's transaction.
 */
extern bool hft_promotion_notice(void);

/* That was committed: do not do it again.  In a transaction of its own. */
extern void hft_promotion_settle(void);

#endif							/* HFT_PROMOTION_H */
