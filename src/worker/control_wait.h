/*-------------------------------------------------------------------------
 *
 * control_wait.h
 *	  Procedures that wait until something has happened, or will not.
 *
 * Include postgres.h first.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_CONTROL_WAIT_H
#define HFT_CONTROL_WAIT_H

#include "fmgr.h"

/*
 * What is waited for; the first member of a struct of its own, which must
 * not point into memory of a transaction.
 */
typedef struct HftWait HftWait;

struct HftWait
{
	/* looks, raises when it will not happen any more */
	bool		(*is_settled) (HftWait *wait);
	/* raises */
	void		(*raise_timeout) (const HftWait *wait);
};

/*
 * ERROR inside a transaction block, or without the first argument; else SPI
 * is connected.
 */
extern void hft_wait_begin(FunctionCallInfo fcinfo, const char *procedure,
						   const char *argument);

/* A text of the only row; "" if null. */
extern void hft_wait_copy(char *target, size_t size, int column);

/* Wait for the time of the second argument, without any if it is null. */
extern void hft_wait(FunctionCallInfo fcinfo, HftWait *wait);

#endif							/* HFT_CONTROL_WAIT_H */
