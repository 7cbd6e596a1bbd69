/*-------------------------------------------------------------------------
 *
 * loop.c
 *	  Many transfers, one wait (R17).
 *
 * curl tells through two callbacks which sockets it waits for and until
 * when.  The sockets go into an epoll set of our own, whose descriptor is
 * itself something to wait for: one wait event set thus holds the latch, the
 * death of the postmaster and every socket, however many there are.  It is
 * made once, because making one needs a descriptor, and a wait must not fail
 * for want of it (F11).  Nothing blocks anywhere else.
 *
 * Everything hangs on the memory context in which the loop was made, so that
 * success, ERROR and exit release it in the same way.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <curl/curl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "miscadmin.h"
#include "portability/instr_time.h"
#include "storage/fd.h"
#include "storage/latch.h"

#include "base/settings.h"
#include "compat.h"
#include "http/transfer.h"

#define EVENTS 64				/* taken from epoll at once */
#define ROUNDS 64				/* before the caller gets its turn */
#define OWN_DESCRIPTORS 3		/* epoll, and curl's wake-up pair */

static int64
now_ms(void)
{
	instr_time	now;

	INSTR_TIME_SET_CURRENT(now);
	return (int64) INSTR_TIME_GET_MILLISEC(now);
}

void
hft_signals_block(sigset_t *saved)
{
	static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT,
	SIGTRAP, SIGSYS};
	sigset_t	all;

	sigfillset(&all);
	/* those are raised by the thread itself, and must not be lost */
	for (int i = 0; i < lengthof(faults); i++)
		sigdelset(&all, faults[i]);
	sigprocmask(SIG_SETMASK, &all, saved);
}

void
hft_signals_restore(const sigset_t *saved)
{
	sigprocmask(SIG_SETMASK, saved, NULL);
}

/* ---- curl's two wishes: sockets and a timer (callbacks: R21) */

static int
watch_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket)
{
	HftHttp    *http = arg;
	struct epoll_event event = {.data.fd = fd};

	if (what == CURL_POLL_REMOVE)
	{
		epoll_ctl(http->epoll, EPOLL_CTL_DEL, fd, NULL);
		return 0;
	}
	if (what & CURL_POLL_IN)
		event.events |= EPOLLIN;
	if (what & CURL_POLL_OUT)
		event.events |= EPOLLOUT;
	if (epoll_ctl(http->epoll, EPOLL_CTL_MOD, fd, &event) == 0 ||
		epoll_ctl(http->epoll, EPOLL_CTL_ADD, fd, &event) == 0)
		return 0;
	return -1;
}

static int
set_timer(CURLM *multi, long timeout_ms, void *arg)
{
	HftHttp    *http = arg;

	http->timer_at = timeout_ms < 0 ? -1 : now_ms() + timeout_ms;
	return 0;
}

/* ---- life of a loop */

/* Once in a process, never in the postmaster: a fork would copy it (R20). */
static void
init_curl(void)
{
	static bool done = false;
	curl_version_info_data *version;
	CURLcode	code;
	sigset_t	saved;

	if (done)
		return;
	Assert(IsUnderPostmaster);
	hft_signals_block(&saved);
	/* whoever started the server must not get the keys of our sessions */
	unsetenv("SSLKEYLOGFILE");
	code = curl_global_init(CURL_GLOBAL_ALL);
	hft_signals_restore(&saved);
	if (code != CURLE_OK)
		ereport(ERROR,
				(errcode(ERRCODE_SYSTEM_ERROR),
				 errmsg("could not initialize libcurl"),
				 errdetail_internal("%s.", curl_easy_strerror(code))));
	done = true;
	version = curl_version_info(CURLVERSION_NOW);
	if ((version->features & CURL_VERSION_ASYNCHDNS) == 0)
		ereport(WARNING,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("libcurl %s resolves host names synchronously",
						version->version),
				 errhint("A name server that does not answer will block the process.")));
}

void
hft_http_balance(HftHttp *http)
{
	int			wanted = Max(http->open_sockets, http->running);

	while (http->reserved < wanted)
	{
		ReserveExternalFD();
		http->reserved++;
	}
	while (http->reserved > wanted)
	{
		ReleaseExternalFD();
		http->reserved--;
	}
}

/* Runs when the memory context goes: must not raise. */
static void
destroy_http(void *arg)
{
	HftHttp    *http = arg;
	sigset_t	saved;

	while (!dlist_is_empty(&http->transfers))
		hft_transfer_free(dlist_head_element(HftTransfer, node,
											 &http->transfers));
	hft_signals_block(&saved);
	for (int i = 0; i < http->pooled; i++)
		curl_easy_cleanup(http->pool[i]);
	if (http->multi != NULL)
		curl_multi_cleanup(http->multi);
	hft_signals_restore(&saved);
	if (http->wait_set != NULL)
		FreeWaitEventSet(http->wait_set);
	if (http->epoll >= 0)
		close(http->epoll);
	for (; http->reserved > 0; http->reserved--)
		ReleaseExternalFD();
	for (int i = 0; i < OWN_DESCRIPTORS; i++)
		ReleaseExternalFD();
}

static bool
setup_multi(HftHttp *http)
{
	CURLM	   *multi = http->multi;

	return multi != NULL &&
		curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION,
						  watch_socket) == CURLM_OK &&
		curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, http) == CURLM_OK &&
		curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION,
						  set_timer) == CURLM_OK &&
		curl_multi_setopt(multi, CURLMOPT_TIMERDATA, http) == CURLM_OK &&
		curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS,
						  (long) hft_max_requests) == CURLM_OK;
}

static void
setup_wait(HftHttp *http)
{
	WaitEventSet *set = hft_wait_event_set_new(3);

	http->wait_set = set;
	AddWaitEventToSet(set, WL_LATCH_SET, PGINVALID_SOCKET, MyLatch, NULL);
	AddWaitEventToSet(set, WL_EXIT_ON_PM_DEATH, PGINVALID_SOCKET, NULL, NULL);
	AddWaitEventToSet(set, WL_SOCKET_READABLE, http->epoll, NULL, NULL);
}

HftHttp *
hft_http_create(void)
{
	HftHttp    *http = palloc0(sizeof(HftHttp));
	sigset_t	saved;
	bool		done;

	init_curl();
	dlist_init(&http->transfers);
	dlist_init(&http->finished);
	dlist_init(&http->hungry);
	http->timer_at = -1;
	http->pool = palloc(HFT_POOL_MAX * sizeof(CURL *));
	for (int i = 0; i < OWN_DESCRIPTORS; i++)
		ReserveExternalFD();
	http->epoll = epoll_create1(EPOLL_CLOEXEC);
	http->callback.func = destroy_http;
	http->callback.arg = http;
	MemoryContextRegisterResetCallback(CurrentMemoryContext,
									   &http->callback);
	if (http->epoll < 0)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not create an epoll descriptor: %m")));
	setup_wait(http);
	hft_signals_block(&saved);
	http->multi = curl_multi_init();
	done = setup_multi(http);
	hft_signals_restore(&saved);
	if (!done)
		ereport(ERROR,
				(errcode(ERRCODE_OUT_OF_MEMORY),
				 errmsg("could not set up libcurl")));
	return http;
}

/* ---- driving curl */

/* Settle what curl is done with.  Signals are blocked. */
static void
settle_finished(HftHttp *http)
{
	CURLMsg    *message;
	int			left;

	while ((message = curl_multi_info_read(http->multi, &left)) != NULL)
	{
		CURLcode	code = message->data.result;
		char	   *private;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &private);
		hft_transfer_settle((HftTransfer *) private, code);
		hft_transfer_finish((HftTransfer *) private);
	}
}

static int
curl_events(uint32 events)
{
	int			mask = 0;

	if (events & EPOLLIN)
		mask |= CURL_CSELECT_IN;
	if (events & EPOLLOUT)
		mask |= CURL_CSELECT_OUT;
	if (events & (EPOLLERR | EPOLLHUP))
		mask |= CURL_CSELECT_ERR;
	return mask;
}

/* One round, without waiting.  False when there was nothing to do. */
static bool
drive(HftHttp *http)
{
	struct epoll_event events[EVENTS];
	int			count = epoll_wait(http->epoll, events, EVENTS, 0);
	bool		due = http->timer_at >= 0 && http->timer_at <= now_ms();
	int			running;
	sigset_t	saved;

	if (count <= 0 && !due)
		return false;
	hft_signals_block(&saved);
	for (int i = 0; i < count; i++)
		curl_multi_socket_action(http->multi, events[i].data.fd,
								 curl_events(events[i].events), &running);
	if (due)
	{
		http->timer_at = -1;
		curl_multi_socket_action(http->multi, CURL_SOCKET_TIMEOUT, 0,
								 &running);
	}
	settle_finished(http);
	hft_signals_restore(&saved);
	hft_http_balance(http);
	return true;
}

/* Is there something that the caller should see before we wait? */
static bool
has_news(HftHttp *http)
{
	return !dlist_is_empty(&http->finished) || !dlist_is_empty(&http->hungry);
}

void
hft_http_wait(HftHttp *http, long timeout_ms, uint32_t wait_event)
{
	WaitEvent	event;
	int64		now;

	/* a busy transfer is driven in place, as long as nobody else waits */
	for (int i = 0; i < ROUNDS && drive(http); i++)
		if (MyLatch->is_set || has_news(http))
			return;
	if (has_news(http))
		timeout_ms = 0;
	now = now_ms();
	if (http->timer_at >= 0)
		timeout_ms = Min(timeout_ms, Max(0, http->timer_at - now));
	(void) WaitEventSetWait(http->wait_set, timeout_ms, &event, 1, wait_event);
	drive(http);
}

HftTransfer *
hft_http_finished(HftHttp *http)
{
	HftTransfer *transfer;

	if (dlist_is_empty(&http->finished))
		return NULL;
	transfer = dlist_container(HftTransfer, finished_node,
							   dlist_pop_head_node(&http->finished));
	transfer->collected = true;
	return transfer;
}

int
hft_http_running(const HftHttp *http)
{
	return http->running;
}

HftTransfer *
hft_http_hungry(HftHttp *http)
{
	dlist_node *first;

	if (dlist_is_empty(&http->hungry))
		return NULL;
	first = dlist_pop_head_node(&http->hungry);
	dlist_push_tail(&http->hungry, first);
	return dlist_container(HftTransfer, hungry_node, first);
}

/* Wait for one transfer; any error, a cancel above all, aborts it. */
static void
wait_for(HftTransfer *transfer)
{
	static uint32 wait_event = 0;

	if (wait_event == 0)
		wait_event = hft_wait_event_new("HftHttp");
	PG_TRY();
	{
		while (!transfer->finished)
		{
			hft_http_wait(transfer->http, 1000, wait_event);
			ResetLatch(MyLatch);
			CHECK_FOR_INTERRUPTS();
		}
	}
	PG_CATCH();
	{
		hft_transfer_free(transfer);
		PG_RE_THROW();
	}
	PG_END_TRY();
}

HftTransfer *
hft_http_perform(HftHttp *http, const HftRequest *request)
{
	HftTransfer *transfer;

	if (request->dataset_length > 0)
		elog(ERROR, "a request with a data set needs somebody to feed it");
	transfer = hft_http_start(http, request, NULL);
	wait_for(transfer);
	dlist_delete(&transfer->finished_node);
	transfer->collected = true;
	return transfer;
}
