/*-------------------------------------------------------------------------
 *
 * pending.c
 *	  Weak definitions for rooms that are still being built, so that the
 *	  library loads.  Goes when the last of them stands.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "example/writer.h"

#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#define WEAK __attribute__((weak))

WEAK const HftWriter *
hft_writer_lookup(const char *format)
{
	return NULL;
}
