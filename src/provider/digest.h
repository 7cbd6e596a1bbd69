/*-------------------------------------------------------------------------
 *
 * digest.h
 *	  An id for a thing that its platform gave none.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_DIGEST_H
#define HFT_DIGEST_H

#include "base/arena.h"
#include "provider/jansson.h"

/*
 * Equal members give equal ids, for as long as hft lives: they are compared
 * with ids stored by earlier versions.  "names" ends with NULL.
 */
extern const char *hft_digest_members(HftArena *arena, const json_t *object,
									  const char *const *names);

#endif							/* HFT_DIGEST_H */
