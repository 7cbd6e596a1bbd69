/*-------------------------------------------------------------------------
 *
 * feed.c
 *	  A split's examples as the bytes of a training file, slice by slice.
 *
 * A slice is the next rows after the last n, as many as fit SLICE_BYTES of
 * canonical body (at least one).  They are written through the format's
 * writer into one bounded buffer that the transfer is fed from.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <openssl/evp.h>

#include "catalog/pg_type.h"
#include "common/sha2.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "base/sql.h"
#include "example/writer.h"
#include "worker/feed.h"

#define SLICE_BYTES (1024 * 1024)
#define SLICE_ROWS 2000
#define BUFFER_LIMIT MaxAllocHugeSize	/* one example may be this large */

struct HftFeed
{
	int64		version;
	char	   *split;
	const HftWriter *writer;
	int64		last_n;			/* rows up to here are in the buffer or gone */
	bool		exhausted;		/* no row after last_n */
	HftBuffer	buffer;
	size_t		taken;			/* of the buffer */
	int64		position;		/* of the buffer's first untaken byte */
	int64		skip_to;		/* bytes before this are thrown away */
	int64		end;			/* send up to here; -1: to the end */
	EVP_MD_CTX *digest;			/* while measuring */
	MemoryContextCallback cleanup;
};

static void
release(void *arg)
{
	HftFeed    *feed = arg;

	hft_buffer_free(&feed->buffer);
	EVP_MD_CTX_free(feed->digest);
	feed->digest = NULL;
}

HftFeed *
hft_feed_open(int64 version, const char *split, const char *format)
{
	HftFeed    *feed = palloc0(sizeof(HftFeed));

	feed->version = version;
	feed->split = pstrdup(split);
	feed->writer = hft_writer_lookup(format);
	if (feed->writer == NULL)
		elog(ERROR, "no example writer for format \"%s\"", format);
	feed->end = -1;
	hft_buffer_init(&feed->buffer, BUFFER_LIMIT);
	feed->cleanup.func = release;
	feed->cleanup.arg = feed;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, &feed->cleanup);
	return feed;
}

void
hft_feed_close(HftFeed *feed)
{
	if (feed != NULL)
		release(feed);
}

static void
rewind_feed(HftFeed *feed)
{
	feed->last_n = 0;
	feed->exhausted = false;
	feed->position = 0;
	feed->taken = 0;
	hft_buffer_reset(&feed->buffer);
}

void
hft_feed_seek(HftFeed *feed, int64 offset, int64 length)
{
	if (offset < feed->position)
		rewind_feed(feed);
	feed->skip_to = offset;
	feed->end = offset + length;
}

static void
append_example(HftFeed *feed, uint64 row)
{
	bool		isnull;
	Datum		stored = hft_row_datum(row, 2, &isnull);
	struct varlena *body = PG_DETOAST_DATUM_PACKED(stored);
	const char *problem;

	problem = feed->writer->write(VARDATA_ANY(body), VARSIZE_ANY_EXHDR(body),
								  &feed->buffer);
	if (problem != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("example " INT64_FORMAT " of split \"%s\" cannot be written in format \"%s\"",
						hft_row_int64(row, 1, 0), feed->split,
						feed->writer->format),
				 errdetail("%s", problem)));
	hft_buffer_putc(&feed->buffer, '\n');
	if ((Pointer) body != DatumGetPointer(stored))
		pfree(body);
}

void
hft_feed_read(HftFeed *feed)
{
	static HftStatement slice = {
		"SELECT n, body FROM ("
		"  SELECT n, body, sum(bytes) OVER (ORDER BY n) - bytes AS before"
		"  FROM (SELECT n, bytes, body FROM hft.example"
		"        WHERE version_id = $1 AND split = $2::hft.split AND n > $3"
		"        ORDER BY n LIMIT $4) AS rows) AS sized "
		"WHERE before < $5 ORDER BY n",
		5, {INT8OID, TEXTOID, INT8OID, INT8OID, INT8OID}
	};
	Datum		values[5];
	uint64		rows;
	HftScope	scope;

	if (!hft_feed_needs_read(feed))
		return;
	hft_buffer_reset(&feed->buffer);
	feed->taken = 0;
	values[0] = Int64GetDatum(feed->version);
	values[1] = CStringGetTextDatum(feed->split);
	values[2] = Int64GetDatum(feed->last_n);
	values[3] = Int64GetDatum(SLICE_ROWS);
	values[4] = Int64GetDatum(SLICE_BYTES);
	hft_scope_enter(&scope);
	rows = hft_statement_run(&slice, values, NULL, 0);
	for (uint64 row = 0; row < rows; row++)
		append_example(feed, row);
	if (rows > 0)
		feed->last_n = hft_row_int64(rows - 1, 1, 0);
	feed->exhausted = rows == 0;
	hft_scope_leave(&scope);
	if (feed->buffer.failed)
		ereport(ERROR,
				(errcode(ERRCODE_OUT_OF_MEMORY),
				 errmsg("out of memory while reading training examples")));
}

bool
hft_feed_needs_read(const HftFeed *feed)
{
	return feed->taken == feed->buffer.length && !feed->exhausted;
}

int64
hft_feed_position(const HftFeed *feed)
{
	return feed->position;
}

/* Throw away what lies before the wanted offset. */
static void
skip_bytes(HftFeed *feed)
{
	int64		skip = feed->skip_to - feed->position;

	if (skip <= 0)
		return;
	skip = Min(skip, (int64) (feed->buffer.length - feed->taken));
	feed->taken += skip;
	feed->position += skip;
}

void
hft_feed_give(HftFeed *feed, HftTransfer *transfer)
{
	size_t		give;

	skip_bytes(feed);
	give = Min(feed->buffer.length - feed->taken, hft_transfer_room(transfer));
	if (feed->end >= 0)
		give = Min((int64) give, feed->end - feed->position);
	if (give == 0 && !feed->exhausted &&
		(feed->end < 0 || feed->position < feed->end))
		return;
	hft_transfer_feed(transfer, feed->buffer.data + feed->taken, give,
					  feed->position + (int64) give == feed->end ||
					  feed->exhausted);
	feed->taken += give;
	feed->position += give;
}

bool
hft_feed_measure(HftFeed *feed, int64 *bytes, char *sha256_hex)
{
	unsigned char digest[PG_SHA256_DIGEST_LENGTH];

	if (feed->digest == NULL &&
		((feed->digest = EVP_MD_CTX_new()) == NULL ||
		 !EVP_DigestInit_ex(feed->digest, EVP_sha256(), NULL)))
		elog(ERROR, "could not start a SHA-256");
	EVP_DigestUpdate(feed->digest, feed->buffer.data + feed->taken,
					 feed->buffer.length - feed->taken);
	feed->position += feed->buffer.length - feed->taken;
	feed->taken = feed->buffer.length;
	if (!feed->exhausted)
		return false;
	EVP_DigestFinal_ex(feed->digest, digest, NULL);
	EVP_MD_CTX_free(feed->digest);
	feed->digest = NULL;
	hex_encode((char *) digest, sizeof(digest), sha256_hex);
	sha256_hex[2 * sizeof(digest)] = '\0';
	*bytes = feed->position;
	rewind_feed(feed);
	return true;
}
