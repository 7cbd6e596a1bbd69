/*-------------------------------------------------------------------------
 *
 * secret.h
 *	  Read a file that holds a credential (R37, F75).
 *
 * Pure C.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_SECRET_H
#define HFT_SECRET_H

#include <stddef.h>

#define HFT_SECRET_MAX (64 * 1024)

/*
 * Read file "name" in "directory".  A plain name, not hidden; a regular file,
 * owned by this process's user, closed to group and others, with at least one
 * and at most HFT_SECRET_MAX bytes of text.  Never blocks, follows no link.
 * Trailing white space is cut off.  Returns a malloc'd string to be given to
 * hft_secret_free(), or NULL and in *problem a sentence that names the rule
 * that was broken and never the content.
 */
extern char *hft_secret_file_read(const char *directory, const char *name,
								  const char **problem);

/* Wipe and free; NULL is fine. */
extern void hft_secret_free(char *secret);

#endif							/* HFT_SECRET_H */
