/*-------------------------------------------------------------------------
 *
 * target.h
 *	  Whom a conversation is with: from a name to a server and what to call
 *	  the model there.
 *
 * Include postgres.h first.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_TARGET_H
#define HFT_TARGET_H

#include "model/model.h"
#include "worker/server.h"

typedef struct HftTarget
{
	HftServer  *server;			/* the role may spend there */
	HftModel   *model;
	const char *called;			/* what to name in the request */
} HftTarget;

/*
 * Resolve, for a role: an alias, a standing deployment, a model's id, the
 * name or number of a job, or with a server any model that is there.  ERROR
 * when there is none, when the role may not use the server, or when the
 * platform serves the model only from a deployment and none is ready.
 */
extern HftTarget *hft_target_resolve(const char *name, const char *server,
									 Oid role);

#endif							/* HFT_TARGET_H */
