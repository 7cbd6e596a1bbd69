/*-------------------------------------------------------------------------
 *
 * transfer.h
 *	  One transfer, as the files of this floor see it.
 *
 * A transfer is malloc'd: callbacks grow its buffers, and they run inside
 * curl, where nothing may raise (R21).  It is in one of three states: running
 * (added to the multi handle), finished (its result is filled in, it waits in
 * the loop's list), or collected by the caller.
 *
 * Include postgres.h first.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_TRANSFER_H
#define HFT_TRANSFER_H

#include <curl/curl.h>
#include <signal.h>

#include "lib/ilist.h"

#include "base/buffer.h"
#include "http/body.h"
#include "http/http.h"
#include "http/url_guard.h"

#define HFT_HEADERS_LIMIT (64 * 1024)
#define HFT_RESPONSE_LIMIT (1024 * 1024)
#define HFT_POOL_MAX 64

struct HftTransfer
{
	dlist_node	node;			/* in HftHttp.transfers */
	dlist_node	finished_node;	/* in HftHttp.finished */
	dlist_node	hungry_node;	/* in HftHttp.hungry */
	HftHttp    *http;
	void	   *owner;
	CURL	   *easy;			/* NULL once it went back to the pool */
	bool		running;
	bool		finished;
	bool		collected;
	bool		hungry;

	HftRequest	request;		/* only lengths, effect and pace are valid */
	HftBody		body;
	bool		paused;			/* curl waits for hft_transfer_feed() */
	struct curl_slist *headers;
	HftGuard	guard;
	bool		proxied;		/* the peer is the proxy, which was allowed */

	/* what the callbacks saw */
	bool		opened;			/* a socket was made */
	bool		forbidden;		/* the guard refused an address */
	bool		exhausted;		/* no descriptor, no memory */
	bool		requested;		/* connected: the request is about to go out */
	bool		too_large;
	size_t		header_bytes;	/* of all answers, interim ones too */
	HftBuffer	header_text;	/* of the last answer, lines end in NUL */
	HftBuffer	content;
	char		error[CURL_ERROR_SIZE];

	HftHeader  *response_headers;
	HftResult	result;
};

struct HftHttp
{
	CURLM	   *multi;
	int			epoll;
	struct WaitEventSet *wait_set;	/* latch, postmaster, epoll */
	int64		timer_at;		/* ms on the monotonic clock; -1: none */
	dlist_head	transfers;		/* all that are not freed */
	dlist_head	finished;		/* not yet collected */
	dlist_head	hungry;			/* half empty, or dry */
	int			running;
	CURL	  **pool;			/* easy handles to be used again */
	int			pooled;
	int			open_sockets;	/* curl's, kept connections included */
	int			reserved;		/* of them, known to fd.c (R20) */
	MemoryContextCallback callback;
};

/*
 * Around every call into curl: a resolver thread that is started inside
 * inherits the mask, and must never run a handler of PostgreSQL's (R18).
 */
extern void hft_signals_block(sigset_t *saved);
extern void hft_signals_restore(const sigset_t *saved);

/* request.c: the reason as a sentence when the request may not be sent */
extern const char *hft_transfer_setup(HftTransfer *transfer,
									  const HftRequest *request);

/* transfer.c: curl's callbacks, and the result at the end */
extern size_t hft_transfer_read(char *to, size_t size, size_t count,
								void *arg);
extern int	hft_transfer_seek(void *arg, curl_off_t offset, int origin);
extern size_t hft_transfer_write(char *data, size_t size, size_t count,
								 void *arg);
extern size_t hft_transfer_header(char *line, size_t size, size_t count,
								  void *arg);
extern curl_socket_t hft_transfer_open(void *arg, curlsocktype purpose,
									   struct curl_sockaddr *address);
extern int	hft_transfer_close(void *arg, curl_socket_t socket);
extern int	hft_transfer_prereq(void *arg, char *peer, char *local,
								int peer_port, int local_port);
extern void hft_transfer_settle(HftTransfer *transfer, CURLcode code);

/* start.c; signals are blocked */
extern void hft_transfer_want(HftTransfer *transfer);
extern void hft_transfer_finish(HftTransfer *transfer);

/*
 * loop.c: tell fd.c how many descriptors are curl's, so that it opens fewer
 * itself.  To be called outside curl, because fd.c may close files then.
 */
extern void hft_http_balance(HftHttp *http);

#endif							/* HFT_TRANSFER_H */
