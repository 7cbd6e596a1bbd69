/*-------------------------------------------------------------------------
 *
 * compose.h
 *	  Writing requests: URLs, JSON bodies, multipart uploads.
 *
 * Whatever memory runs out here exhausts the call's arena, too, so that the
 * one question at the end of a request function finds it (F10).
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_COMPOSE_H
#define HFT_COMPOSE_H

#include "provider/jansson.h"

#include "provider/facts.h"
#include "provider/message.h"
#include "provider/outcome.h"

/* Both functions of an operation, and its row in the table. */
#define HFT_DECLARE_OP(name) \
	extern bool name##_request(const HftCall *call, HftRequest *request, \
							   HftOutcome *outcome); \
	extern void name##_response(const HftCall *call, \
								const HftResponse *response, \
								HftOutcome *outcome)
#define HFT_OP_ROW(name) {name##_request, name##_response, NULL}

/* A server option that is a text, or NULL. */
extern const char *hft_server_option(const HftCall *call, const char *name);

/*
 * Start a request to base + the formatted path; everything variable in it
 * was encoded with hft_url_encode().  A POST or PATCH counts as repeatable
 * until the adapter says that it is paid.
 */
extern void hft_compose(HftRequest *request, const HftCall *call,
						const char *method, const char *base,
						const char *path, ...)
			__attribute__((format(printf, 5, 6)));

/* Give it a JSON body, which is released. */
extern void hft_compose_json(HftRequest *request, const HftCall *call,
							 json_t *body);

/*
 * Last line of a request that creates a job: false unless its body has our
 * mark, without which the job could not be found again (R28).
 */
extern bool hft_compose_marked(const HftRequest *request, const HftCall *call,
							   const char *mark, HftOutcome *outcome);

/* One field of a multipart upload. */
typedef struct HftField
{
	const char *name;
	const char *value;
} HftField;

/*
 * Give it a multipart body: the fields (a NULL name ends them), then the
 * slice [offset, offset + length) of the call's file as part "part".
 */
extern void hft_compose_upload(HftRequest *request, const HftCall *call,
							   const HftField *fields, const char *part,
							   int64_t offset, int64_t length);

/* Copy the members that "names" lists (NULL ends) and "from" has. */
extern void hft_json_copy(json_t *into, const json_t *from,
						  const char *const *names);

#endif							/* HFT_COMPOSE_H */
