/*-------------------------------------------------------------------------
 *
 * model.h
 *	  Finding the model that somebody means.
 *
 * Include postgres.h first.  Everything here runs inside a scope
 * (base/sql.h), palloc's its results in the current memory context, and asks
 * for the given role what that role may see: the rows of its own and of the
 * roles it is a member of.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_MODEL_H
#define HFT_MODEL_H

#include "datatype/timestamp.h"
#include "fmgr.h"

#include "base/sql.h"

#define HFT_NAME_LIMIT 500		/* bytes of a name of a model or an alias */

typedef struct HftModel
{
	int64		id;				/* of hft.model; 0: not recorded there */
	char	   *server;
	char	   *model;			/* the provider's id */
	char	   *kind;			/* "base", "tuned", "checkpoint" */
	char	   *base_model;		/* NULL: unknown */
	char	   *endpoint;		/* what chat must name, where it differs */
	char	   *retires_on;		/* YYYY-MM-DD; NULL: unknown */
	bool		retired;
} HftModel;

/*
 * The model called "reference": a provider's id, else the model a job of
 * that name or number made.  "server" may be NULL.  NULL when there is none;
 * ERROR 42725 when several servers have it, 55000 when the job has no model.
 */
extern HftModel *hft_model_find(const char *reference, const char *server,
								Oid role);

/* The same, with ERROR 42704 and the closest name when there is none. */
extern HftModel *hft_model_require(const char *reference, const char *server,
								   Oid role);

/*
 * The model that the alias "name" stands for, at a time or (0) now; NULL when
 * there is none, or none that the role may see.
 */
extern HftModel *hft_alias_find(const char *name, TimestampTz at, Oid role);

/* Never returns: ERROR 42704 about an alias, with the closest in the HINT. */
extern void hft_alias_raise_unknown(const char *name, Oid role);

/*
 * The visible name most like "name", for a HINT; NULL when none is near.
 * "list" gives names in its first column and takes the role.
 */
extern const char *hft_closest_visible(HftStatement *list, const char *name,
									   Oid role);

/* A text argument that must be there, 1 to HFT_NAME_LIMIT bytes; no scope. */
extern char *hft_required_text(FunctionCallInfo fcinfo, int argument,
							   const char *what);

#endif							/* HFT_MODEL_H */
