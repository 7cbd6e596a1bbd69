/*-------------------------------------------------------------------------
 *
 * start.c
 *	  The life of a transfer: start, feed, finish, free.
 *
 * A transfer that cannot be started is finished at once, with the reason as
 * its result, so that callers know one way only in which requests fail.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <curl/curl.h>

#include "storage/fd.h"

#include "http/transfer.h"

static void
set_hungry(HftTransfer *transfer, bool hungry)
{
	if (hungry && !transfer->hungry)
		dlist_push_tail(&transfer->http->hungry, &transfer->hungry_node);
	else if (!hungry && transfer->hungry)
		dlist_delete(&transfer->hungry_node);
	transfer->hungry = hungry;
}

static void
mark_finished(HftTransfer *transfer)
{
	set_hungry(transfer, false);
	if (transfer->running)
		transfer->http->running--;
	transfer->running = false;
	transfer->finished = true;
	dlist_push_tail(&transfer->http->finished, &transfer->finished_node);
}

/* The transfer will never reach curl. */
static void
refuse(HftTransfer *transfer, HftNet net, const char *detail)
{
	transfer->result.net = net;
	transfer->result.detail = detail;
	transfer->result.response.content_type = "";
	transfer->result.response.body = "";
	mark_finished(transfer);
}

static HftTransfer *
make_transfer(HftHttp *http, const HftRequest *request, void *owner)
{
	HftTransfer *transfer = calloc(1, sizeof(HftTransfer));

	if (transfer == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OUT_OF_MEMORY),
				 errmsg("out of memory")));
	transfer->http = http;
	transfer->owner = owner;
	transfer->request = *request;
	hft_buffer_init(&transfer->header_text, HFT_HEADERS_LIMIT);
	hft_buffer_init(&transfer->content, request->response_limit > 0 ?
					request->response_limit : HFT_RESPONSE_LIMIT);
	dlist_push_tail(&http->transfers, &transfer->node);
	return transfer;
}

/* Signals are blocked. */
static void
start_transfer(HftTransfer *transfer, const HftRequest *request)
{
	HftHttp    *http = transfer->http;
	const char *problem;

	transfer->easy = http->pooled > 0 ? http->pool[--http->pooled] :
		curl_easy_init();
	if (transfer->easy == NULL ||
		!hft_body_init(&transfer->body, &transfer->request, HFT_FEED_LIMIT))
	{
		refuse(transfer, HFT_NET_LOCAL, "out of memory");
		return;
	}
	problem = hft_transfer_setup(transfer, request);
	if (problem != NULL)
	{
		refuse(transfer, HFT_NET_FORBIDDEN, problem);
		return;
	}
	if (curl_multi_add_handle(http->multi, transfer->easy) != CURLM_OK)
	{
		refuse(transfer, HFT_NET_LOCAL, "out of memory");
		return;
	}
	transfer->running = true;
	http->running++;
}

HftTransfer *
hft_http_start(HftHttp *http, const HftRequest *request, void *owner)
{
	HftTransfer *transfer = make_transfer(http, request, owner);
	sigset_t	saved;

	/* F11: without a descriptor there is no use in trying */
	if (!AcquireExternalFD())
	{
		refuse(transfer, HFT_NET_LOCAL, "out of file descriptors");
		return transfer;
	}
	http->reserved++;
	hft_signals_block(&saved);
	start_transfer(transfer, request);
	hft_signals_restore(&saved);
	hft_http_balance(http);
	return transfer;
}

/* Wipe what may hold a credential: our copies of the request's headers. */
static void
wipe_headers(HftTransfer *transfer)
{
	for (struct curl_slist *item = transfer->headers; item; item = item->next)
		explicit_bzero(item->data, strlen(item->data));
	curl_slist_free_all(transfer->headers);
	transfer->headers = NULL;
}

/* Take the easy handle from curl's hands and keep it for the next request. */
static void
release_easy(HftTransfer *transfer)
{
	HftHttp    *http = transfer->http;

	if (transfer->easy == NULL)
		return;
	curl_multi_remove_handle(http->multi, transfer->easy);
	if (http->pooled < HFT_POOL_MAX)
	{
		curl_easy_reset(transfer->easy);
		http->pool[http->pooled++] = transfer->easy;
	}
	else
		curl_easy_cleanup(transfer->easy);
	transfer->easy = NULL;
}

/* The result is filled in: nothing else is needed of curl. */
void
hft_transfer_finish(HftTransfer *transfer)
{
	release_easy(transfer);
	wipe_headers(transfer);
	mark_finished(transfer);
}

void
hft_transfer_free(HftTransfer *transfer)
{
	sigset_t	saved;

	hft_signals_block(&saved);
	release_easy(transfer);
	wipe_headers(transfer);
	hft_signals_restore(&saved);
	if (!transfer->finished)
		mark_finished(transfer);
	if (!transfer->collected)
		dlist_delete(&transfer->finished_node);
	dlist_delete(&transfer->node);
	hft_body_free(&transfer->body);
	hft_buffer_free(&transfer->header_text);
	hft_buffer_free(&transfer->content);
	free(transfer->response_headers);
	free(transfer);
}

void *
hft_transfer_owner(const HftTransfer *transfer)
{
	return transfer->owner;
}

const HftResult *
hft_transfer_result(const HftTransfer *transfer)
{
	return &transfer->result;
}

size_t
hft_transfer_room(const HftTransfer *transfer)
{
	return transfer->running ? hft_body_room(&transfer->body) : 0;
}

/* Called by curl's callback, so it must not raise (R21). */
void
hft_transfer_want(HftTransfer *transfer)
{
	set_hungry(transfer, true);
}

void
hft_transfer_feed(HftTransfer *transfer, const char *data, size_t length,
				  bool last)
{
	sigset_t	saved;

	if (!transfer->running || (length == 0 && !last))
		return;
	hft_body_feed(&transfer->body, data, length, last);
	set_hungry(transfer, false);
	if (!transfer->paused)
		return;
	transfer->paused = false;
	hft_signals_block(&saved);
	curl_easy_pause(transfer->easy, CURLPAUSE_CONT);
	hft_signals_restore(&saved);
}
