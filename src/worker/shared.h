/*-------------------------------------------------------------------------
 *
 * shared.h
 *	  What launcher, workers and backends know of each other.
 *
 * One slot per database (R4): who works there, since when, and when somebody
 * should work there next.  No pointers, descriptors or handles live here;
 * another process is woken by its proc number.  Exists only when the library
 * is in shared_preload_libraries: hft_shared is NULL otherwise.
 *
 * Include postgres.h first.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_SHARED_H
#define HFT_SHARED_H

#include "datatype/timestamp.h"
#include "storage/lwlock.h"

#define HFT_MAX_SLOTS 128		/* databases served at a time */
#define HFT_LAST_ERROR 160

typedef struct HftSlot
{
	Oid			database;		/* InvalidOid: slot is free */
	pid_t		pid;			/* 0: no worker */
	int			procno;			/* to set its latch */
	bool		served;			/* hft.databases has it, as the launcher read */
	bool		wanted;			/* somebody committed work */
	bool		installed;		/* the extension is there, as last seen */
	bool		paused;			/* hft.pause(): keep out */
	bool		clean_exit;		/* the last worker left as it should */
	int			failures;		/* bad ends in a row */
	TimestampTz starting_at;	/* registered, not attached yet; 0: no */
	TimestampTz not_before;		/* backoff (R3) */
	TimestampTz next_due;		/* when work falls due; DT_NOEND: none */
	TimestampTz started_at;
	TimestampTz heartbeat_at;
	int64		requests;
	int64		errors;
	int			running;		/* requests under way */
	char		last_error[HFT_LAST_ERROR];
} HftSlot;

typedef struct HftShared
{
	LWLock	   *lock;
	pid_t		launcher_pid;
	int			launcher_procno;
	bool		no_worker_slots;	/* F06: max_worker_processes is used up */
	bool		rescan;			/* read pg_database again */
	HftSlot		slots[HFT_MAX_SLOTS];
} HftShared;

extern HftShared *hft_shared;

/* From _PG_init: ask for memory and lock, install the hooks. */
extern void hft_shared_init(void);

/*
 * The slot of a database, made when "create" and a slot is free; NULL
 * otherwise.  The lock must be held, exclusively to create.  No worker is
 * started for a new slot before the launcher saw that it may be served.
 */
extern HftSlot *hft_slot_find(Oid database, bool create);

/* Is the database named in hft.databases, or is that empty? */
extern bool hft_database_is_served(const char *name);

/* Set a process's latch by its proc number; -1 is nobody. */
extern void hft_wake_process(int procno);

/* From _PG_init: the static launcher. */
extern void hft_launcher_register(void);

/* Start parameters every database worker shares. */
struct BackgroundWorker;
extern void hft_worker_describe(struct BackgroundWorker *worker, Oid database);

#endif							/* HFT_SHARED_H */
