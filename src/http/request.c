/*-------------------------------------------------------------------------
 *
 * request.c
 *	  From our plain request to curl's options.
 *
 * Everything that libcurl would take from the environment, from its built-in
 * defaults or from the server's answer is set explicitly, because the
 * postmaster's environment is not ours (F77) and an answer is not trusted
 * (R23).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <curl/curl.h>

#include "base/settings.h"
#include "http/transfer.h"

#define KEPT_CONNECTION_S 600	/* so that revoked certificates end (R24) */
#define SLOW_BYTES 1024			/* a second */
#define SLOW_S 30
#define UPLOAD_SLOW_S 120		/* platforms chew on a file they got */
#define UPLOAD_BYTES_PER_S (16 * 1024)	/* slower than this is hopeless */
#define UPLOAD_BUFFER (256 * 1024)
#define EXPECT_FROM (1024 * 1024)

/*
 * Set an option; remember the first failure.  A macro because curl's own
 * type checks are macros.
 */
#define SET(option, value) \
	do { \
		if (code == CURLE_OK) \
			code = curl_easy_setopt(easy, option, value); \
	} while (0)

/* ---- what is sent */

static bool
valid_header(const HftHeader *header)
{
	static const char token[] =
		"!#$%&'*+-.^_`|~0123456789"
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	size_t		length = strlen(header->name);

	return length > 0 && strspn(header->name, token) == length &&
		strpbrk(header->value, "\r\n") == NULL;
}

static bool
add_header(HftTransfer *transfer, const char *line)
{
	struct curl_slist *list = curl_slist_append(transfer->headers, line);

	if (list == NULL)
		return false;
	transfer->headers = list;
	return true;
}

/* curl wants "Name: value", or "Name;" for a header without a value. */
static bool
copy_header(HftTransfer *transfer, const HftHeader *header)
{
	size_t		size = strlen(header->name) + strlen(header->value) + 3;
	char	   *line = malloc(size);
	bool		done;

	if (line == NULL)
		return false;
	snprintf(line, size, header->value[0] ? "%s: %s" : "%s;%s",
			 header->name, header->value);
	done = add_header(transfer, line);
	explicit_bzero(line, size);
	free(line);
	return done;
}

static const char *
copy_headers(HftTransfer *transfer, const HftRequest *request)
{
	for (int i = 0; i < request->nheaders; i++)
	{
		if (!valid_header(&request->headers[i]))
			return "A header has a character that headers must not have.";
		if (!copy_header(transfer, &request->headers[i]))
			return "out of memory";
	}

	/*
	 * Before a large file it is worth asking whether the key is good; before
	 * anything else the question is only a delay.
	 */
	if (hft_body_length(request) < EXPECT_FROM &&
		!add_header(transfer, "Expect:"))
		return "out of memory";
	return NULL;
}

static CURLcode
set_method(HftTransfer *transfer, const HftRequest *request)
{
	CURL	   *easy = transfer->easy;
	CURLcode	code = CURLE_OK;

	/* a POST without a body says so: Content-Length: 0 */
	if (request->has_body || strcmp(request->method, "POST") == 0 ||
		strcmp(request->method, "PUT") == 0)
	{
		SET(CURLOPT_UPLOAD, 1L);
		SET(CURLOPT_INFILESIZE_LARGE,
			(curl_off_t) hft_body_length(request));
		SET(CURLOPT_READFUNCTION, hft_transfer_read);
		SET(CURLOPT_READDATA, transfer);
		SET(CURLOPT_SEEKFUNCTION, hft_transfer_seek);
		SET(CURLOPT_SEEKDATA, transfer);
		SET(CURLOPT_UPLOAD_BUFFERSIZE, (long) UPLOAD_BUFFER);
	}
	else if (strcmp(request->method, "HEAD") == 0)
		SET(CURLOPT_NOBODY, 1L);
	else
		SET(CURLOPT_HTTPGET, 1L);
	SET(CURLOPT_CUSTOMREQUEST, request->method);
	SET(CURLOPT_HTTPHEADER, transfer->headers);
	SET(CURLOPT_EXPECT_100_TIMEOUT_MS, 1000L);
	return code;
}

/*
 * libcurl sends any request again, by itself, when a kept connection closes
 * without an answer (R22a, F22), so only what may be repeated at will gets
 * one; and only that is multiplexed, where refused streams are sent again.
 */
static CURLcode
set_connection(HftTransfer *transfer, const HftRequest *request)
{
	CURL	   *easy = transfer->easy;
	bool		reuse = request->effect == HFT_EFFECT_READ;
	CURLcode	code = CURLE_OK;

	SET(CURLOPT_FRESH_CONNECT, reuse ? 0L : 1L);
	SET(CURLOPT_PIPEWAIT, reuse ? 1L : 0L);
	SET(CURLOPT_HTTP_VERSION, (long) (reuse ? CURL_HTTP_VERSION_2TLS :
									  CURL_HTTP_VERSION_1_1));
	SET(CURLOPT_MAXLIFETIME_CONN, (long) KEPT_CONNECTION_S);
	SET(CURLOPT_TCP_KEEPALIVE, 1L);
	SET(CURLOPT_OPENSOCKETFUNCTION, hft_transfer_open);
	SET(CURLOPT_OPENSOCKETDATA, transfer);
	SET(CURLOPT_CLOSESOCKETFUNCTION, hft_transfer_close);
	SET(CURLOPT_CLOSESOCKETDATA, transfer->http);
	SET(CURLOPT_PREREQFUNCTION, hft_transfer_prereq);
	SET(CURLOPT_PREREQDATA, transfer);
	return code;
}

/* ---- where it may go */

static CURLcode
set_destination(HftTransfer *transfer, const HftRequest *request)
{
	CURL	   *easy = transfer->easy;
	CURLcode	code = CURLE_OK;

	SET(CURLOPT_URL, request->url);
	SET(CURLOPT_PATH_AS_IS, 1L);	/* a signed URL must stay what it is */
	SET(CURLOPT_PROTOCOLS_STR, transfer->guard.plain ? "http" : "https");
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_REDIR_PROTOCOLS_STR, "https");
	SET(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	SET(CURLOPT_NETRC, (long) CURL_NETRC_IGNORED);
	/* an empty proxy means none; NULL would mean the environment's */
	SET(CURLOPT_PROXY, hft_proxy);
	SET(CURLOPT_NOPROXY, "");
	SET(CURLOPT_HTTPPROXYTUNNEL, transfer->proxied ? 1L : 0L);
	SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	return code;
}

static CURLcode
set_tls(HftTransfer *transfer)
{
	CURL	   *easy = transfer->easy;
	CURLcode	code = CURLE_OK;

	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	SET(CURLOPT_PROXY_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_PROXY_SSL_VERIFYHOST, 2L);
	SET(CURLOPT_SSLVERSION, (long) CURL_SSLVERSION_TLSv1_2);
	if (hft_ca_file[0] == '\0')
		return code;
	/* these authorities instead of the system's, not besides them */
	SET(CURLOPT_CAINFO, hft_ca_file);
	SET(CURLOPT_CAPATH, NULL);
	SET(CURLOPT_PROXY_CAINFO, hft_ca_file);
	SET(CURLOPT_PROXY_CAPATH, NULL);
	return code;
}

/* ---- how long and how much (R22) */

static long
total_ms(const HftRequest *request)
{
	int64		seconds;

	if (request->timeout_ms > 0)
		return request->timeout_ms;
	switch (request->pace)
	{
		case HFT_PACE_CHAT:
			return hft_chat_timeout;
		case HFT_PACE_UPLOAD:
			seconds = hft_body_length(request) / UPLOAD_BYTES_PER_S;
			return Min(hft_request_timeout + seconds * 1000, PG_INT32_MAX);
		case HFT_PACE_POLL:
			break;
	}
	return hft_request_timeout;
}

static CURLcode
set_limits(HftTransfer *transfer, const HftRequest *request)
{
	CURL	   *easy = transfer->easy;
	CURLcode	code = CURLE_OK;
	long		slow_s = request->pace == HFT_PACE_UPLOAD ? UPLOAD_SLOW_S :
		SLOW_S;

	SET(CURLOPT_CONNECTTIMEOUT_MS, (long) hft_connect_timeout);
	SET(CURLOPT_TIMEOUT_MS, total_ms(request));
	/* a model that thinks sends nothing, and is bounded by its own limit */
	if (request->pace != HFT_PACE_CHAT)
	{
		SET(CURLOPT_LOW_SPEED_LIMIT, (long) SLOW_BYTES);
		SET(CURLOPT_LOW_SPEED_TIME, slow_s);
	}
	/* never inflate: a small answer must stay small (F31) */
	SET(CURLOPT_ACCEPT_ENCODING, NULL);
	SET(CURLOPT_HTTP_CONTENT_DECODING, 0L);
	SET(CURLOPT_HTTP09_ALLOWED, 0L);
	SET(CURLOPT_WRITEFUNCTION, hft_transfer_write);
	SET(CURLOPT_WRITEDATA, transfer);
	SET(CURLOPT_HEADERFUNCTION, hft_transfer_header);
	SET(CURLOPT_HEADERDATA, transfer);
	return code;
}

static CURLcode
set_process(HftTransfer *transfer)
{
	CURL	   *easy = transfer->easy;
	CURLcode	code = CURLE_OK;

	SET(CURLOPT_PRIVATE, transfer);
	SET(CURLOPT_ERRORBUFFER, transfer->error);
	SET(CURLOPT_USERAGENT, "hft");
	SET(CURLOPT_VERBOSE, 0L);
	SET(CURLOPT_NOSIGNAL, 1L);	/* SIGALRM is PostgreSQL's (R20) */
	SET(CURLOPT_QUICK_EXIT, 1L);	/* a stuck resolver must not hold us (R19) */
	return code;
}

const char *
hft_transfer_setup(HftTransfer *transfer, const HftRequest *request)
{
	const char *problem;

	(void) hft_guard_init(&transfer->guard, hft_allow_http_loopback,
						  hft_allowed_networks);
	transfer->proxied = hft_proxy[0] != '\0';
	problem = hft_guard_url(&transfer->guard, request->url);
	if (problem == NULL)
		problem = copy_headers(transfer, request);
	if (problem != NULL)
		return problem;
	if (set_process(transfer) == CURLE_OK &&
		set_method(transfer, request) == CURLE_OK &&
		set_connection(transfer, request) == CURLE_OK &&
		set_destination(transfer, request) == CURLE_OK &&
		set_tls(transfer) == CURLE_OK &&
		set_limits(transfer, request) == CURLE_OK)
		return NULL;
	return "The request could not be set up.";
}
