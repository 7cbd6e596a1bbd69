/*-------------------------------------------------------------------------
 *
 * import.h
 *	  Rows of hft.import: what the subjects that read an account share.
 *
 * Include postgres.h first.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_IMPORT_H
#define HFT_IMPORT_H

#include "worker/task.h"

typedef struct HftImport
{
	Oid			owner;
	char	   *server;
	char	   *cursor;			/* JSON; NULL: at the beginning */
	int			failures;
	int64		orphans_since;	/* Unix ms; HFT_UNKNOWN: adopt what is new */
	char	   *model;			/* refresh: the one being asked about */
} HftImport;

#define hft_task_import(task) ((HftImport *) (task)->row)

/* Tasks for the rows of a kind, as a subject's load(). */
extern int	hft_import_load(HftTask **tasks, const int64 *ids, int count,
							const char *kind, const HftSubject *subject);

/* Write where the import stands; message NULL: no error. */
extern void hft_import_record(HftTask *task, const char *state,
							  const char *cursor, int64 due_ms,
							  const char *message, const char *hint);

/* Record the end of it, or another try while there are any left. */
extern HftTurn hft_import_fail(HftTask *task, const char *message,
							   const char *hint);
extern HftTurn hft_import_try_again(HftTask *task, const char *message);

#endif							/* HFT_IMPORT_H */
