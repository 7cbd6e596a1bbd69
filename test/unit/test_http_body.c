/*-------------------------------------------------------------------------
 *
 * test_http_body.c
 *	  A body comes out byte for byte as announced, or not at all (R34).
 *
 * Pieces of every size meet the ring's end at every place.
 *
 *-------------------------------------------------------------------------
 */
#include "base/buffer.h"
#include "http/body.h"

#include <stdlib.h>

#include "tap.h"

#define RING 64

static HftRequest
make_request(int64_t dataset)
{
	HftRequest	request = {.has_body = true, .prefix = "PRE",
		.prefix_length = 3, .suffix = "SUF", .suffix_length = 3,
	.dataset_length = dataset};

	return request;
}

/* Feed in pieces, read in pieces; is the result PRE 0123... SUF? */
static bool
goes_through(size_t total, size_t piece, size_t chunk)
{
	HftRequest	request = make_request(total);
	HftBody		body;
	HftBuffer	got;
	char		to[256];
	char	   *data = malloc(total);
	size_t		fed = 0;
	int64_t		n;
	bool		same;

	for (size_t i = 0; i < total; i++)
		data[i] = 'a' + i % 23;
	hft_buffer_init(&got, total + 6);
	hft_body_init(&body, &request, RING);
	while ((n = hft_body_read(&body, to, chunk)) != 0)
	{
		size_t		next = piece < total - fed ? piece : total - fed;

		if (n == HFT_BODY_BROKEN)
			break;
		if (n > 0)
			hft_buffer_append(&got, to, n);
		if (next > hft_body_room(&body))
			next = hft_body_room(&body);
		if (next > 0)
			hft_body_feed(&body, data + fed, next, fed + next == total);
		fed += next;
	}
	same = got.length == total + 6 && memcmp(got.data, "PRE", 3) == 0 &&
		memcmp(got.data + 3, data, total) == 0 &&
		memcmp(got.data + 3 + total, "SUF", 3) == 0;
	hft_buffer_free(&got);
	hft_body_free(&body);
	free(data);
	return same;
}

static void
test_pieces(void)
{
	int			wrong = 0;

	for (size_t piece = 1; piece <= RING; piece++)
		for (size_t chunk = 1; chunk <= 2 * RING; chunk += 3)
			wrong += !goes_through(500, piece, chunk);
	is_int(wrong, 0, "pieces of 1 to 64, chunks of 1 to 127");
	ok(goes_through(1, 1, 1), "a data set of one byte");
	ok(goes_through(RING, RING, 200), "exactly the ring");
}

static void
test_plain(void)
{
	HftRequest	request = make_request(0);
	HftBody		body;
	char		to[10] = "";

	ok(hft_body_init(&body, &request, RING), "no data set");
	is_int(hft_body_length(&request), 6, "its length");
	is_int(hft_body_room(&body), 0, "nothing may be fed");
	is_int(hft_body_read(&body, to, 2), 2, "the first two bytes");
	ok(hft_body_rewind(&body), "begin anew");
	is_int(hft_body_read(&body, to, 10), 6, "all of it");
	ok(memcmp(to, "PRESUF", 6) == 0, "prefix and suffix");
	is_int(hft_body_read(&body, to, 10), 0, "the end");
	hft_body_free(&body);

	request.has_body = false;
	hft_body_init(&body, &request, RING);
	is_int(hft_body_length(&request), 0, "no body has no length");
	is_int(hft_body_read(&body, to, 10), 0, "and no bytes");
}

static void
test_broken(void)
{
	HftRequest	request = make_request(10);
	HftBody		body;
	char		to[20];

	hft_body_init(&body, &request, RING);
	is_int(hft_body_read(&body, to, 20), 3, "the prefix");
	is_int(hft_body_read(&body, to, 20), HFT_BODY_DRY, "then dry");
	ok(hft_body_rewind(&body), "may begin anew: no data is gone");
	is_int(hft_body_read(&body, to, 20), 3, "the prefix again");
	is_int(hft_body_room(&body), 10, "room for the data set, not more");
	hft_body_feed(&body, "12345", 5, false);
	is_int(hft_body_read(&body, to, 20), 5, "half of it");
	ok(!hft_body_rewind(&body), "data is gone: no way back");
	hft_body_feed(&body, "678", 3, true);
	is_int(hft_body_read(&body, to, 20), HFT_BODY_BROKEN, "ends too early");
	hft_body_free(&body);

	hft_body_init(&body, &request, RING);
	hft_body_feed(&body, "12345678901", 11, true);
	is_int(hft_body_read(&body, to, 20), HFT_BODY_BROKEN, "goes on too long");
	hft_body_free(&body);
}

int
main(void)
{
	test_pieces();
	test_plain();
	test_broken();
	return tap_done();
}
