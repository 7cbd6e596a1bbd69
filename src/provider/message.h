/*-------------------------------------------------------------------------
 *
 * message.h
 *	  An HTTP request to be sent and an answer that came: plain data.
 *
 * Adapters fill HftRequest and read HftResponse; the engine sends.  All
 * strings live in the arena of the call.
 *
 * A body is  prefix ++ dataset[offset, offset + length) ++ suffix, where
 * "dataset" is the training file in the adapter's format, streamed by the
 * engine and never held in memory.  A plain body has only a prefix; a
 * multipart upload has all three.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_MESSAGE_H
#define HFT_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

#define HFT_MAX_HEADERS 24

typedef struct HftHeader
{
	const char *name;
	const char *value;
} HftHeader;

/* who signs the request: nobody (signed URLs: the key must not leak) or us */
typedef enum HftAuth
{
	HFT_AUTH_SERVER,
	HFT_AUTH_NONE
} HftAuth;

/*
 * What the request does outside.  READ may be repeated at will; REPEATABLE
 * leaves litter, not a bill, and is looked up before it is repeated; PAID is
 * sent at most once without proof of failure (R27-R30), on a fresh
 * connection (R22a).
 */
typedef enum HftEffect
{
	HFT_EFFECT_READ,
	HFT_EFFECT_REPEATABLE,
	HFT_EFFECT_PAID
} HftEffect;

/* which set of time limits applies (R22) */
typedef enum HftPace
{
	HFT_PACE_POLL,
	HFT_PACE_UPLOAD,
	HFT_PACE_CHAT
} HftPace;

typedef struct HftRequest
{
	const char *method;			/* "GET", "POST", ... */
	const char *url;			/* absolute, already encoded */
	HftHeader	headers[HFT_MAX_HEADERS];
	int			nheaders;
	HftAuth		auth;
	const char *audience;		/* which of the platform's services, as its
								 * signer knows them; NULL: the usual one */
	const char *body_sha256;	/* lower-case hex, when the signer needs it and
								 * a data set is in the body; else NULL */
	HftEffect	effect;
	HftPace		pace;
	size_t		response_limit; /* bytes; 0: the default, 1 MiB */
	int			timeout_ms;		/* 0: as the pace says */

	bool		has_body;
	const char *prefix;
	size_t		prefix_length;
	int64_t		dataset_offset; /* bytes into the formatted file */
	int64_t		dataset_length; /* bytes; 0: no data set in the body */
	const char *suffix;
	size_t		suffix_length;
} HftRequest;

typedef struct HftResponse
{
	int			status;			/* HTTP status */
	const char *content_type;	/* "" when absent */
	const HftHeader *headers;
	int			nheaders;
	const char *body;			/* NUL-terminated after body_length bytes */
	size_t		body_length;
} HftResponse;

/* Start a request; "url" is kept, not copied. */
extern void hft_request_init(HftRequest *request, const char *method,
							 const char *url);

/* False, and nothing added, past HFT_MAX_HEADERS or on CR, LF or NUL (R26). */
extern bool hft_request_header(HftRequest *request, const char *name,
							   const char *value);

/* Body of "length" bytes with its Content-Type. */
extern void hft_request_body(HftRequest *request, const char *content_type,
							 const char *body, size_t length);

/* First header of that name, case-insensitively; NULL when absent. */
extern const char *hft_response_header(const HftResponse *response,
									   const char *name);

/* Percent-encode all but RFC 3986's unreserved; NULL gives NULL. */
extern char *hft_url_encode(HftArena *arena, const char *string);

/* May we send to this address out of an answer (R26, F34)?  Not yet R23. */
extern bool hft_url_is_plain(const char *url);

#endif							/* HFT_MESSAGE_H */
