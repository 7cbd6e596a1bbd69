/*-------------------------------------------------------------------------
 *
 * body.h
 *	  The body of a request: prefix, data set, suffix.
 *
 * Pure C.  Prefix and suffix are borrowed.  The data set is fed piece by
 * piece into a ring of fixed size and read by curl's callback, which thus
 * only copies memory (R21, R34).
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_BODY_H
#define HFT_BODY_H

#include "provider/message.h"

#define HFT_BODY_DRY (-1)		/* nothing now: feed, then ask again */
#define HFT_BODY_BROKEN (-2)	/* the data set is not as long as announced */

typedef struct HftBody
{
	const char *prefix;
	size_t		prefix_left;
	const char *suffix;
	size_t		suffix_left;
	int64_t		to_feed;		/* bytes of the data set not yet fed */
	bool		broken;
	char	   *ring;			/* NULL without a data set */
	size_t		ring_size;
	size_t		head;			/* where to read */
	size_t		used;
	const HftRequest *request;
} HftBody;

/* False when memory is exhausted.  The request must outlive the body. */
extern bool hft_body_init(HftBody *body, const HftRequest *request,
						  size_t ring_size);
extern void hft_body_free(HftBody *body);

/* What Content-Length says. */
extern int64_t hft_body_length(const HftRequest *request);

/* Bytes copied to "to"; 0 at the end; HFT_BODY_DRY; HFT_BODY_BROKEN. */
extern int64_t hft_body_read(HftBody *body, char *to, size_t size);

/* How much may be fed now. */
extern size_t hft_body_room(const HftBody *body);

/*
 * At most hft_body_room() bytes.  A data set that ends early or goes on too
 * long breaks the body: it must not be sent as another one.
 */
extern void hft_body_feed(HftBody *body, const char *data, size_t length,
						  bool last);

/* Begin anew; false when bytes of the data set are gone. */
extern bool hft_body_rewind(HftBody *body);

#endif							/* HFT_BODY_H */
