/*-------------------------------------------------------------------------
 *
 * http.h
 *	  Many concurrent HTTP transfers inside a PostgreSQL process.
 *
 * One HttpLoop owns a curl multi handle and a private epoll set, so latch,
 * postmaster death and every socket share one wait (R17).  Nothing here
 * raises from inside curl (R21); a transfer ends with a result, never with
 * an ERROR.  Only hft_http_wait() waits for the network.
 *
 * A body that contains a data set is fed by the owner: while curl runs dry
 * it pauses; hft_http_hungry() names the transfer, hft_transfer_feed() gives
 * it more.  Memory per transfer is bounded by HFT_FEED_LIMIT and the
 * request's response_limit.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_HTTP_H
#define HFT_HTTP_H

#include "provider/message.h"

#define HFT_FEED_LIMIT (1024 * 1024)	/* bytes buffered ahead of curl */

typedef struct HftHttp HftHttp;
typedef struct HftTransfer HftTransfer;

typedef enum HftNet
{
	HFT_NET_OK,					/* an HTTP answer is there, whatever status */
	HFT_NET_DNS,
	HFT_NET_CONNECT,
	HFT_NET_TLS,				/* certificate or handshake: never sent (F17) */
	HFT_NET_FORBIDDEN,			/* url_guard refused scheme or address (R23) */
	HFT_NET_TIMEOUT,
	HFT_NET_RESET,				/* closed or reset once it was up */
	HFT_NET_TRUNCATED,			/* fewer bytes than announced (F20) */
	HFT_NET_TOO_LARGE,			/* over response_limit (F31) */
	HFT_NET_LOCAL				/* out of memory or descriptors (F10, F11) */
} HftNet;

/* For tables, for error messages, for ereport. */
extern const char *hft_net_word(HftNet net);
extern const char *hft_net_text(HftNet net);
extern int	hft_net_sqlstate(HftNet net);

/* Valid until the transfer is freed. */
typedef struct HftResult
{
	HftNet		net;
	bool		sent;			/* at least one byte of the request left us:
								 * false is proof that nothing was done */
	HftResponse response;		/* when net is HFT_NET_OK; the body of a
								 * refusal (>= 400) is cut at the limit */
	const char *detail;			/* curl's words, to be redacted; or "" */
	double		seconds;
	int64_t		uploaded;		/* bytes of body sent */
} HftResult;

/*
 * Make a loop; it is destroyed, with all transfers, by the reset of the
 * current memory context.  ERROR when curl cannot be initialised.
 */
extern HftHttp *hft_http_create(void);

/*
 * Start one request.  The request and its strings are copied where needed
 * except "prefix" and "suffix", which must live until the transfer is freed.
 * Headers for authentication were already added by the signer; our copies of
 * them are wiped when the transfer is finished.  A request that cannot be
 * started is finished at once: the caller finds it like any other.
 */
extern HftTransfer *hft_http_start(HftHttp *http, const HftRequest *request,
								   void *owner);

/*
 * Wait for at most timeout_ms for network, latch or postmaster death and
 * drive curl.  Returns at once when a transfer is finished or hungry.  Does
 * not reset the latch, does not check for interrupts: the caller does.
 */
extern void hft_http_wait(HftHttp *http, long timeout_ms, uint32_t wait_event);

extern HftTransfer *hft_http_finished(HftHttp *http);	/* NULL: none; each once */
extern HftTransfer *hft_http_hungry(HftHttp *http);	/* in turn, until fed */
extern int	hft_http_running(const HftHttp *http);

extern void *hft_transfer_owner(const HftTransfer *transfer);
extern const HftResult *hft_transfer_result(const HftTransfer *transfer);

/* Bytes that may be fed now; feed no more; "last" ends the data set. */
extern size_t hft_transfer_room(const HftTransfer *transfer);
extern void hft_transfer_feed(HftTransfer *transfer, const char *data,
							  size_t length, bool last);

/* Abort if still running, release, wipe what was secret. */
extern void hft_transfer_free(HftTransfer *transfer);

/*
 * One whole request from a user's backend, interruptible (hft.chat): waits,
 * checks for interrupts, returns the finished transfer.
 */
extern HftTransfer *hft_http_perform(HftHttp *http,
									 const HftRequest *request);

#endif							/* HFT_HTTP_H */
