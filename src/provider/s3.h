/*-------------------------------------------------------------------------
 *
 * s3.h
 *	  Requests to an S3-compatible object store, and its answers.
 *
 * Objects are named "s3://bucket/key".  The address is the server's: AWS's
 * of its region, or "s3_base_url"; the bucket is part of the host name or of
 * the path.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_S3_H
#define HFT_S3_H

#include "provider/answer.h"

/*
 * The address of an object, or NULL when the URI is none or the server has
 * no region.
 */
extern const char *hft_s3_url(const HftCall *call, const char *uri);

/*
 * A request to an object; "query" is encoded and begins with '?', or "".
 * Like every request function: false when the outcome says why not.
 */
extern bool hft_s3_compose(const HftCall *call, HftRequest *request,
						   const char *method, const char *uri,
						   const char *query);

/* A page of the objects that begin with the URI; "token" may be NULL. */
extern bool hft_s3_compose_list(const HftCall *call, HftRequest *request,
								const char *uri, const char *token);

/* Bedrock takes fewer characters in a URI than S3 does. */
extern bool hft_s3_is_plain(const char *uri);

/* A refusal for URIs and addresses that cannot be used; false. */
extern bool hft_s3_refuse(HftOutcome *outcome);

/* Status and error body; also an error inside of a success. */
extern bool hft_s3_is_success(const HftCall *call,
							  const HftResponse *response,
							  HftOutcome *outcome);

/*
 * The root element of a successful answer, to be json_decref()d; NULL when
 * the outcome failed, or the document is another.
 */
extern json_t *hft_s3_open(const HftCall *call, const HftResponse *response,
						   const char *root, HftOutcome *outcome);

/* The listed object of this URI; NULL when the page has none. */
extern const json_t *hft_s3_find(const json_t *listing, const char *uri);

/* A count that XML has as text; HFT_UNKNOWN. */
extern int64_t hft_s3_count(const json_t *object, const char *name);

/* Kind of the error, as "NoSuchUpload"; tells the callers' special cases. */
extern bool hft_s3_is_error(const HftOutcome *outcome, const char *code);

#endif							/* HFT_S3_H */
