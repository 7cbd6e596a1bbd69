/*-------------------------------------------------------------------------
 *
 * agenda.h
 *	  When which row falls due: what a worker remembers of due_at.
 *
 * due_at is in no index, so that polls stay HOT updates; a worker reads the
 * times of all live rows when it is told to look, and keeps them in order
 * here.  The rows are the truth: what is taken from the agenda is read again
 * before anything is done, and the next look puts right what went wrong.
 *
 * A row is known by its kind (the index of its subject) and its id.  A row
 * that a task works on is "busy": the agenda knows it, and does not offer it.
 *
 * Include postgres.h first.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_AGENDA_H
#define HFT_AGENDA_H

#include "datatype/timestamp.h"

typedef struct HftAgenda HftAgenda;

/* In the current memory context. */
extern HftAgenda *hft_agenda_create(void);

/* The row falls due then, and is not busy (any more); DT_NOEND: forget it. */
extern void hft_agenda_put(HftAgenda *agenda, int kind, int64 id,
						   TimestampTz due);

/*
 * A look: begin; tell every live row, whose time is taken over unless the
 * row is busy; end, which forgets the rows that were not told.
 */
extern void hft_agenda_look_begin(HftAgenda *agenda);
extern void hft_agenda_look_row(HftAgenda *agenda, int kind, int64 id,
								TimestampTz due);
extern void hft_agenda_look_end(HftAgenda *agenda);

/* When the first row falls due; DT_NOEND: none does. */
extern TimestampTz hft_agenda_first(const HftAgenda *agenda);

/*
 * Take the first row due by "now" of any kind: its id, or 0.  It is busy
 * from here on, until it is put back.
 */
extern int64 hft_agenda_take(HftAgenda *agenda, TimestampTz now, int *kind);

/* The same, unless the first one is of another kind. */
extern int64 hft_agenda_take_kind(HftAgenda *agenda, TimestampTz now,
								  int kind);

#endif							/* HFT_AGENDA_H */
