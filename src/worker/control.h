/*-------------------------------------------------------------------------
 *
 * control.h
 *	  A job under the hands of its owner: found by id or name, locked, and
 *	  changed only in ways its state allows.
 *
 * The worker fences its writes by the state it believes in, so what is
 * changed here wins over a step that is under way.
 *
 * Include postgres.h first.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_CONTROL_H
#define HFT_CONTROL_H

#include "fmgr.h"

#include "compat.h"

typedef struct HftControl
{
	int64		id;
	Oid			owner;
	char	   *name;
	char	   *server;
	char	   *state;
	char	   *reason;
	char	   *resume_state;
	char	   *wanted;
	char	   *remote_id;
	int64		successor;		/* job that retries it; 0: none, or cancelled */
	bool		open_create;	/* an attempt to create it is not settled */
	bool		is_here;		/* submitted in this cluster and database */
} HftControl;

/* The id that a function's first argument, an id or a name, means. */
extern int64 hft_job_argument(FunctionCallInfo fcinfo);

/* Id of a job that the caller sees; ERROR 42704 with the closest name. */
extern int64 hft_job_find(const char *name);

/*
 * Lock the row until the end of the transaction.  ERROR when there is no such
 * job, or when it is not the caller's.
 */
extern HftControl *hft_control_lock(int64 id);

/* ERROR 55000: "job 42 cannot be WHAT", with its state and a hint. */
pg_noreturn extern void hft_control_refuse(const HftControl *control,
										   const char *what,
										   const char *hint);

/*
 * Let the worker look at the job again, in this state and with this wish
 * (NULL: none); errors of the past are forgotten.
 */
extern void hft_control_resume(const HftControl *control, const char *state,
							   const char *wanted);

/* Tell the job's history who asked for what. */
extern void hft_control_note(const HftControl *control, const char *what);

#endif							/* HFT_CONTROL_H */
