/*-------------------------------------------------------------------------
 *
 * wakeup.h
 *	  Telling the background that there is work, at COMMIT (R13).
 *
 * Include postgres.h first.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_WAKEUP_H
#define HFT_WAKEUP_H

/*
 * Wake launcher and worker of this database when the current transaction
 * commits; nothing happens on abort.  Cheap and idempotent within a
 * transaction (100,000 submits make one wake-up, F72).
 */
extern void hft_wakeup_at_commit(void);

/*
 * Is background work possible?  False without shared_preload_libraries and
 * without a worker started by hand: submit_job then warns.
 */
extern bool hft_background_enabled(void);

#endif							/* HFT_WAKEUP_H */
