/*-------------------------------------------------------------------------
 *
 * feed.h
 *	  A split's examples as the bytes of a training file, slice by slice.
 *
 * Memory is one slice, whatever the size of the data set.  Each slice is
 * read in a short transaction of the caller's making (R34, R36).
 *
 * Include postgres.h first.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_FEED_H
#define HFT_FEED_H

#include "http/http.h"

typedef struct HftFeed HftFeed;

/* "split" and "format" are copied into the current memory context. */
extern HftFeed *hft_feed_open(int64 version, const char *split,
							  const char *format);
extern void hft_feed_close(HftFeed *feed);

/*
 * Send from "offset" on, "length" bytes.  Cheap when the feed stands there
 * already (the next part of an upload); otherwise it starts from the top
 * and skips.
 */
extern void hft_feed_seek(HftFeed *feed, int64 offset, int64 length);

/*
 * Read the next slice if the buffer is empty.  Needs a transaction; raises
 * when an example cannot be written in the format (22P02).
 */
extern void hft_feed_read(HftFeed *feed);
extern bool hft_feed_needs_read(const HftFeed *feed);

/* Bytes of the file handed on so far. */
extern int64 hft_feed_position(const HftFeed *feed);

/* Hand buffered bytes to a hungry transfer; no transaction needed. */
extern void hft_feed_give(HftFeed *feed, HftTransfer *transfer);

/*
 * Measuring instead of sending: consume the slice; true once the end is
 * reached, with the file's size and SHA-256 (64 hex digits and NUL).
 */
extern bool hft_feed_measure(HftFeed *feed, int64 *bytes, char *sha256_hex);

#endif							/* HFT_FEED_H */
