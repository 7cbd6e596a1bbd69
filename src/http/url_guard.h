/*-------------------------------------------------------------------------
 *
 * url_guard.h
 *	  Which destinations a request may have (R23, F74).
 *
 * Pure C.  Asked three times: about the URL before anything is done, about
 * each address after the name was resolved and before a socket is opened,
 * and about the peer before the request is sent on a connection, which may
 * be a kept one.  A name that is resolved to something else the second time
 * is thus caught where it matters.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_URL_GUARD_H
#define HFT_URL_GUARD_H

#include "base/network.h"

#define HFT_URL_MAX 16384

typedef struct HftGuard
{
	bool		loopback;		/* this host may be reached, also by http */
	bool		plain;			/* set by hft_guard_url: the URL has no TLS */
	int			nnetworks;		/* allowed besides public ones */
	HftNetwork	networks[HFT_NETWORKS_MAX];
} HftGuard;

/* False when "networks" is malformed: then nothing but public is allowed. */
extern bool hft_guard_init(HftGuard *guard, bool loopback,
						   const char *networks);

/*
 * NULL when the URL may be asked, else the reason as a sentence.  Accepts
 * less than curl would: what two parsers could read in two ways (numeric
 * hosts in short or octal form, user names, encoded hosts) is refused.
 */
extern const char *hft_guard_url(HftGuard *guard, const char *url);

/* May a connection be opened to, or used with, this address? */
extern bool hft_guard_address(const HftGuard *guard,
							  const HftAddress *address);

#endif							/* HFT_URL_GUARD_H */
