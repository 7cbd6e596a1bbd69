/*-------------------------------------------------------------------------
 *
 * attempt.h
 *	  The outbox: calls that cost money or leave traces (R27-R30).
 *
 * An attempt is committed before its request may leave us, and settled with
 * what the answer proved.  Include postgres.h first; all but the reading is
 * in the caller's transaction and scope.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_ATTEMPT_H
#define HFT_ATTEMPT_H

#include "provider/message.h"

typedef enum HftVerdict
{
	HFT_VERDICT_CONFIRMED,		/* it happened, as remote_id */
	HFT_VERDICT_REFUSED,		/* the provider documents: it did not */
	HFT_VERDICT_NOT_DONE,		/* never left us, or looked for and absent */
	HFT_VERDICT_IN_DOUBT		/* it left us; no proof either way */
} HftVerdict;

typedef struct HftAttempt
{
	int64		job_id;			/* 0: none */
	int64		file_id;
	int64		deployment_id;
	const char *kind;			/* the operation's name */
	const char *token;
} HftAttempt;

/* Record the intent; returns the attempt's id. */
extern int64 hft_attempt_intend(const HftAttempt *attempt,
								const HftRequest *request);

/*
 * Settle it.  remote_id, message may be NULL; status 0: no HTTP answer.
 * IN_DOUBT marks it as seen leaving: then only a find may clear it.
 */
extern void hft_attempt_settle(int64 id, HftVerdict verdict,
							   const char *remote_id, int status,
							   const char *message);

/* A search while in doubt found nothing. */
extern void hft_attempt_looked(int64 id);

/* Doubt every open attempt of workers before "epoch"; own scope. */
extern void hft_attempts_doubt(int64 epoch);

#endif							/* HFT_ATTEMPT_H */
