/*-------------------------------------------------------------------------
 *
 * ground.h
 *	  What every subject needs before it may ask a provider for something.
 *
 * Include postgres.h first.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_GROUND_H
#define HFT_GROUND_H

#include "worker/task.h"

#define HFT_CREDENTIAL_HINT \
	"Put a valid key into the key file or the user mapping; work goes on by itself."

typedef struct HftGround
{
	bool		credential;		/* it is the credential that is missing */
	const char *message;
	const char *hint;
} HftGround;

/*
 * Load server and secret for a role; false, and why, when something is not in
 * order.  "spends": the right to spend there is needed, too.
 */
extern bool hft_task_ground(HftTask *task, const char *server, Oid owner,
							bool spends, HftGround *ground);

/* The provider rejected the role's credential: rest until it changes. */
extern void hft_task_reject_credential(HftTask *task, Oid owner);

typedef enum HftPrepared
{
	HFT_PREPARED,				/* task->request is to be sent */
	HFT_PREPARED_KNOWN,			/* task->outcome is known without asking */
	HFT_PREPARED_MISSING		/* no such operation: message and hint say so */
} HftPrepared;

/* Build the request of an operation; the facts are already in the call. */
extern HftPrepared hft_task_prepare(HftTask *task, HftOp op,
									const char *cursor);

/* How long a new thing may stay hidden from the provider's listings. */
extern int64 hft_task_settle_ms(const HftTask *task);

#endif							/* HFT_GROUND_H */
