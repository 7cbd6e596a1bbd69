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

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

/* What changes when a file is replaced or written to. */
typedef struct HftSecretStamp
{
	uint64_t	device;
	uint64_t	inode;
	uint64_t	mode_and_owner;
	int64_t		size;
	int64_t		modified_ns;
	int64_t		changed_ns;
} HftSecretStamp;

/*
 * The file's stamp as it is now; false when there is none, or when the file
 * was changed so shortly before that it could change again without a trace.
 * Two equal stamps mean that what was read between them still stands.
 */
extern bool hft_secret_file_stamp(const char *directory, const char *name,
								  HftSecretStamp *stamp);

/* Wipe and free; NULL is fine. */
extern void hft_secret_free(char *secret);

#endif							/* HFT_SECRET_H */
