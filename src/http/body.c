/*-------------------------------------------------------------------------
 *
 * body.c
 *	  The body of a request: prefix, data set, suffix.
 *
 *-------------------------------------------------------------------------
 */
#include "http/body.h"

#include <stdlib.h>
#include <string.h>

static size_t
smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

static void
set_ends(HftBody *body)
{
	body->prefix = body->request->prefix;
	body->prefix_left = body->request->prefix_length;
	body->suffix = body->request->suffix;
	body->suffix_left = body->request->suffix_length;
}

bool
hft_body_init(HftBody *body, const HftRequest *request, size_t ring_size)
{
	memset(body, 0, sizeof(*body));
	body->request = request;
	if (!request->has_body)
		return true;
	set_ends(body);
	body->to_feed = request->dataset_length;
	if (body->to_feed <= 0)
		return true;
	body->ring_size = ring_size;
	body->ring = malloc(ring_size);
	return body->ring != NULL;
}

void
hft_body_free(HftBody *body)
{
	free(body->ring);
	body->ring = NULL;
}

int64_t
hft_body_length(const HftRequest *request)
{
	if (!request->has_body)
		return 0;
	return (int64_t) request->prefix_length + request->dataset_length +
		(int64_t) request->suffix_length;
}

static size_t
take(const char **from, size_t *left, char *to, size_t size)
{
	size_t		length = smaller(*left, size);

	if (length > 0)
		memcpy(to, *from, length);
	*from += length;
	*left -= length;
	return length;
}

static size_t
take_ring(HftBody *body, char *to, size_t size)
{
	size_t		done = 0;

	while (done < size && body->used > 0)
	{
		size_t		piece = smaller(smaller(body->used, size - done),
									body->ring_size - body->head);

		memcpy(to + done, body->ring + body->head, piece);
		body->head = (body->head + piece) % body->ring_size;
		body->used -= piece;
		done += piece;
	}
	return done;
}

int64_t
hft_body_read(HftBody *body, char *to, size_t size)
{
	size_t		done = 0;

	if (body->broken)
		return HFT_BODY_BROKEN;
	if (body->prefix_left > 0)
		done = take(&body->prefix, &body->prefix_left, to, size);
	if (body->ring != NULL)
		done += take_ring(body, to + done, size - done);
	if (body->prefix_left > 0 || body->used > 0)
		return done;
	if (body->to_feed > 0)
		return done > 0 ? (int64_t) done : HFT_BODY_DRY;
	if (body->suffix_left > 0)
		done += take(&body->suffix, &body->suffix_left, to + done,
					 size - done);
	return done;
}

size_t
hft_body_room(const HftBody *body)
{
	size_t		room = body->ring_size - body->used;

	if (body->broken || body->to_feed <= 0)
		return 0;
	return (int64_t) room > body->to_feed ? (size_t) body->to_feed : room;
}

void
hft_body_feed(HftBody *body, const char *data, size_t length, bool last)
{
	if (length > hft_body_room(body))
	{
		body->broken = true;
		return;
	}
	body->to_feed -= length;
	while (length > 0)
	{
		size_t		tail = (body->head + body->used) % body->ring_size;
		size_t		piece = smaller(length, body->ring_size - tail);

		memcpy(body->ring + tail, data, piece);
		body->used += piece;
		data += piece;
		length -= piece;
	}
	if (last && body->to_feed > 0)
		body->broken = true;
}

bool
hft_body_rewind(HftBody *body)
{
	int64_t		fed = body->request->dataset_length - body->to_feed;

	if (fed > (int64_t) body->used)
		return false;
	set_ends(body);
	return true;
}
