/*-------------------------------------------------------------------------
 *
 * errors.h
 *	  Words for errors of the outside world, and the one place that masks
 *	  secrets in them.
 *
 * Include postgres.h first.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_ERRORS_H
#define HFT_ERRORS_H

#include "base/closest.h"
#include "base/secret.h"

/*
 * Remember a live secret of this process, so that hft_redact() masks it
 * wherever it turns up.  Idempotent.
 */
extern void hft_secret_remember(const char *secret);

/*
 * A palloc'd copy of "text" with every live secret and everything that looks
 * like one (sk-..., Bearer ..., X-Amz-Signature=..., key-like query
 * parameters) masked, invalid UTF-8 replaced, and at most "limit" bytes long
 * (R41, F73).  NULL gives NULL.  Every text from outside that is bound for
 * the log, an error or a table passes here.
 */
extern char *hft_redact(const char *text, size_t limit);

/*
 * hft_secret_file_read() below hft.secret_directory (R37, F75): a malloc'd
 * string the caller must wipe with hft_secret_free(), or NULL and *problem,
 * a sentence that names the rule and never the content.
 */
extern char *hft_secret_read(const char *name, const char **problem);

#endif							/* HFT_ERRORS_H */
