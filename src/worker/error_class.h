/*-------------------------------------------------------------------------
 *
 * error_class.h
 *	  What the class of a provider's refusal is called in tables, and its
 *	  SQLSTATE.  Nothing else chooses SQLSTATEs for answers from outside;
 *	  for a net that gave no answer, hft_net_sqlstate() does.
 *
 * Include postgres.h first.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_ERROR_CLASS_H
#define HFT_ERROR_CLASS_H

#include "provider/outcome.h"

extern const char *hft_error_name(HftErrorClass error);
extern int	hft_error_sqlstate(HftErrorClass error);

#endif							/* HFT_ERROR_CLASS_H */
