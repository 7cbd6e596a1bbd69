/*-------------------------------------------------------------------------
 *
 * settings.h
 *	  All settings hft.*; defined once, in settings.c, with the reason for
 *	  each context.
 *
 * Include postgres.h first.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_SETTINGS_H
#define HFT_SETTINGS_H

/* destination and secrets: SIGHUP, never from a session (R38, F78) */
extern char *hft_secret_directory;	/* "" : key files cannot be used */
extern char *hft_ca_file;		/* "" : the system's */
extern char *hft_proxy;			/* "" : none; never from the environment */
extern bool hft_allow_http_loopback;	/* plain http to 127.0.0.0/8, ::1 */
extern char *hft_allowed_networks;	/* CIDRs reachable besides public ones */

/* background work: SIGHUP */
extern char *hft_databases;		/* "" : all; else comma-separated names */
extern int	hft_worker_idle_timeout;	/* s, default 60 */
extern int	hft_max_requests;	/* concurrent transfers a worker, default 64 */
extern int	hft_poll_interval;	/* ms between polls of a live job, 15000 */
extern int	hft_retry_limit;	/* consecutive failures before a job parks, 20 */
extern int	hft_stall_patience; /* s; -1: what the platform's sheet says */
extern int	hft_settle_time;	/* s; -1: what the platform's sheet says */

/* calls from a session: USERSET, bounded */
extern int	hft_chat_timeout;	/* ms, default 60000 */
extern int	hft_token_cache;	/* kB for an encoding's counts, 16384 */

/* connect, low-speed and total limits of R22, SIGHUP */
extern int	hft_connect_timeout;	/* ms, default 10000 */
extern int	hft_request_timeout;	/* ms, polls, default 60000 */

extern void hft_settings_define(void);

#endif							/* HFT_SETTINGS_H */
