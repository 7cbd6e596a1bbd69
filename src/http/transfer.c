/*-------------------------------------------------------------------------
 *
 * transfer.c
 *	  What happens to one transfer inside curl, and what became of it.
 *
 * The callbacks here run inside curl, so they must not raise, allocate with
 * palloc, or call anything that checks for interrupts (R21).  They note what
 * they saw; hft_transfer_settle() turns it into a result afterwards.
 *
 * "sent" is the proof of R29 and errs on the side of true: it is false only
 * when curl never came to the point where a connection is up (TLS included)
 * and the first byte of the request is about to be written.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <sys/socket.h>
#include <unistd.h>

#include "http/transfer.h"

/* All answers together; a server could send interim ones for ever. */
#define HEADERS_TOTAL (4 * HFT_HEADERS_LIMIT)

/* ---- sending */

size_t
hft_transfer_read(char *to, size_t size, size_t count, void *arg)
{
	HftTransfer *transfer = arg;
	int64		got = hft_body_read(&transfer->body, to, size * count);

	if (hft_body_room(&transfer->body) >= HFT_FEED_LIMIT / 2 ||
		got == HFT_BODY_DRY)
		hft_transfer_want(transfer);
	if (got >= 0)
		return got;
	if (got == HFT_BODY_BROKEN)
		return CURL_READFUNC_ABORT;
	transfer->paused = true;
	return CURL_READFUNC_PAUSE;
}

/* curl begins anew when a kept connection turned out to be dead. */
int
hft_transfer_seek(void *arg, curl_off_t offset, int origin)
{
	HftTransfer *transfer = arg;

	if (offset == 0 && origin == SEEK_SET && hft_body_rewind(&transfer->body))
		return CURL_SEEKFUNC_OK;
	return CURL_SEEKFUNC_FAIL;
}

/* ---- receiving */

size_t
hft_transfer_write(char *data, size_t size, size_t count, void *arg)
{
	HftTransfer *transfer = arg;
	HftBuffer  *content = &transfer->content;
	size_t		length = size * count;
	size_t		room = content->limit - content->length;

	if (length <= room && hft_buffer_append(content, data, length))
		return length;
	transfer->too_large = length > room;
	transfer->exhausted = !transfer->too_large;
	/* the beginning of a refusal still says why (F31) */
	if (transfer->too_large)
		hft_buffer_append(content, data, room);
	return 0;
}

size_t
hft_transfer_header(char *line, size_t size, size_t count, void *arg)
{
	HftTransfer *transfer = arg;
	HftBuffer  *text = &transfer->header_text;
	size_t		length = size * count;
	size_t		kept = length;

	transfer->header_bytes += length;
	/* a status line: forget the headers of a 100 Continue (F21) */
	if (length >= 5 && memcmp(line, "HTTP/", 5) == 0)
		hft_buffer_reset(text);
	while (kept > 0 && (line[kept - 1] == '\r' || line[kept - 1] == '\n'))
		kept--;
	if (transfer->header_bytes <= HEADERS_TOTAL &&
		length <= text->limit - text->length &&
		hft_buffer_append(text, line, kept) && hft_buffer_putc(text, '\0'))
		return length;
	transfer->too_large = true;
	return 0;
}

/* ---- connecting */

/*
 * The name was resolved; nothing was sent yet, not even to open a
 * connection.  curl goes on with the next address when we refuse.
 */
curl_socket_t
hft_transfer_open(void *arg, curlsocktype purpose,
				  struct curl_sockaddr *address)
{
	HftTransfer *transfer = arg;
	HftAddress	peer;
	int			fd;

	if (!transfer->proxied &&
		(!hft_address_from(&address->addr, &peer) ||
		 !hft_guard_address(&transfer->guard, &peer)))
	{
		transfer->forbidden = true;
		return CURL_SOCKET_BAD;
	}
	fd = socket(address->family, address->socktype | SOCK_CLOEXEC,
				address->protocol);
	if (fd < 0)
	{
		transfer->exhausted = errno == EMFILE || errno == ENFILE ||
			errno == ENOBUFS || errno == ENOMEM;
		return CURL_SOCKET_BAD;
	}
	transfer->opened = true;
	transfer->http->open_sockets++;
	return fd;
}

/* A connection may outlive its transfer: the argument is the loop. */
int
hft_transfer_close(void *arg, curl_socket_t socket)
{
	HftHttp    *http = arg;

	http->open_sockets--;
	return close(socket);
}

/*
 * The connection is up and the request about to be sent.  A kept connection
 * was not opened for this transfer, so its peer is judged here.
 */
int
hft_transfer_prereq(void *arg, char *peer, char *local, int peer_port,
					int local_port)
{
	HftTransfer *transfer = arg;
	HftAddress	address;

	if (!transfer->proxied &&
		(!hft_address_parse(peer, &address) ||
		 !hft_guard_address(&transfer->guard, &address)))
	{
		transfer->forbidden = true;
		return CURL_PREREQFUNC_ABORT;
	}
	transfer->requested = true;
	return CURL_PREREQFUNC_OK;
}

/* ---- the result */

/*
 * A connection that broke during the handshake says nothing about the
 * certificate: it is tried again, unlike one that failed the check (F17).
 */
static bool
handshake_was_cut(const HftTransfer *transfer)
{
	return strstr(transfer->error, "SSL_ERROR_SYSCALL") != NULL ||
		strstr(transfer->error, "reset by peer") != NULL ||
		strstr(transfer->error, "unexpected eof") != NULL;
}

static HftNet
classify_connect(const HftTransfer *transfer)
{
	if (transfer->exhausted)
		return HFT_NET_LOCAL;
	if (transfer->forbidden && !transfer->opened)
		return HFT_NET_FORBIDDEN;
	return HFT_NET_CONNECT;
}

/* What curl's code means here; the callbacks know better why they aborted. */
static HftNet
classify(const HftTransfer *transfer, CURLcode code)
{
	switch (code)
	{
		case CURLE_OK:
			return HFT_NET_OK;
		case CURLE_COULDNT_RESOLVE_HOST:
		case CURLE_COULDNT_RESOLVE_PROXY:
			return HFT_NET_DNS;
		case CURLE_COULDNT_CONNECT:
			return classify_connect(transfer);
		case CURLE_SSL_CONNECT_ERROR:
			return handshake_was_cut(transfer) ? HFT_NET_CONNECT : HFT_NET_TLS;
		case CURLE_PEER_FAILED_VERIFICATION:
		case CURLE_SSL_CACERT_BADFILE:
		case CURLE_SSL_CERTPROBLEM:
		case CURLE_SSL_CIPHER:
		case CURLE_SSL_INVALIDCERTSTATUS:
		case CURLE_SSL_ISSUER_ERROR:
		case CURLE_USE_SSL_FAILED:
			return HFT_NET_TLS;
		case CURLE_OPERATION_TIMEDOUT:
			return HFT_NET_TIMEOUT;
		case CURLE_PARTIAL_FILE:
			return HFT_NET_TRUNCATED;
		case CURLE_WRITE_ERROR:
			return transfer->too_large ? HFT_NET_TOO_LARGE : HFT_NET_LOCAL;
		case CURLE_ABORTED_BY_CALLBACK:
			return transfer->forbidden ? HFT_NET_FORBIDDEN : HFT_NET_LOCAL;
		case CURLE_FAILED_INIT:
		case CURLE_OUT_OF_MEMORY:
		case CURLE_READ_ERROR:
			return HFT_NET_LOCAL;
		case CURLE_URL_MALFORMAT:
		case CURLE_UNSUPPORTED_PROTOCOL:
			/* also the code for an answer that is no HTTP/1 */
			return transfer->requested ? HFT_NET_RESET : HFT_NET_FORBIDDEN;
		default:
			return transfer->requested ? HFT_NET_RESET : HFT_NET_CONNECT;
	}
}

/* Headers "name: value" of the last answer, cut apart where they stand. */
static bool
list_headers(HftTransfer *transfer)
{
	HftBuffer  *text = &transfer->header_text;
	HftResponse *response = &transfer->result.response;
	size_t		next;
	int			lines = 0;

	for (size_t i = 0; i < text->length; i++)
		lines += text->data[i] == '\0';
	transfer->response_headers = calloc(lines + 1, sizeof(HftHeader));
	if (transfer->response_headers == NULL)
		return false;
	response->headers = transfer->response_headers;
	for (size_t at = 0; at < text->length; at = next)
	{
		char	   *line = text->data + at;
		char	   *colon = strchr(line, ':');
		HftHeader  *header = &transfer->response_headers[response->nheaders];

		next = at + strlen(line) + 1;
		if (colon == NULL)
			continue;
		*colon = '\0';
		header->name = line;
		header->value = colon + 1 + strspn(colon + 1, " \t");
		response->nheaders++;
		if (pg_strcasecmp(header->name, "content-type") == 0)
			response->content_type = header->value;
	}
	return true;
}

static void
fill_response(HftTransfer *transfer)
{
	HftResponse *response = &transfer->result.response;
	long		status = 0;

	curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
	response->status = (int) status;
	response->body = transfer->content.data ? transfer->content.data : "";
	response->body_length = transfer->content.length;

	/* a refusal is known by its status, however long its words are (F31) */
	if (transfer->result.net == HFT_NET_TOO_LARGE && status >= 400 &&
		response->body_length == transfer->content.limit)
		transfer->result.net = HFT_NET_OK;
	if (transfer->result.net == HFT_NET_OK && !list_headers(transfer))
		transfer->result.net = HFT_NET_LOCAL;
}

/* Fill the result in.  The easy handle is still there; signals are blocked. */
void
hft_transfer_settle(HftTransfer *transfer, CURLcode code)
{
	HftResult  *result = &transfer->result;
	curl_off_t	uploaded = 0;

	result->net = classify(transfer, code);
	result->sent = transfer->requested;
	curl_easy_getinfo(transfer->easy, CURLINFO_TOTAL_TIME, &result->seconds);
	curl_easy_getinfo(transfer->easy, CURLINFO_SIZE_UPLOAD_T, &uploaded);
	result->uploaded = uploaded;
	result->response.content_type = "";
	result->response.body = "";
	fill_response(transfer);
	if (result->net == HFT_NET_OK)
		result->detail = "";
	else if (result->net == HFT_NET_FORBIDDEN && transfer->forbidden)
		result->detail = "The name leads to an address that is not public "
			"and not allowed by hft.allowed_networks.";
	else if (result->net == HFT_NET_TOO_LARGE)
		result->detail = "The answer is larger than allowed.";
	else if (transfer->body.broken)
		result->detail = "The data set is not as long as announced.";
	else
		result->detail = transfer->error[0] != '\0' ? transfer->error :
			curl_easy_strerror(code);
}
