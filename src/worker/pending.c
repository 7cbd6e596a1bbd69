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
#include "worker/bill.h"
#include "worker/server.h"

#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#define WEAK __attribute__((weak))

WEAK const HftWriter *
hft_writer_lookup(const char *format)
{
	return NULL;
}

WEAK HftServer *
hft_server_load(const char *name, bool missing_ok)
{
	return NULL;
}

WEAK bool
hft_server_allows(const HftServer *server, Oid role)
{
	return false;
}

WEAK char *
hft_server_secret(const HftServer *server, Oid role, const char **problem)
{
	return NULL;
}

WEAK void
hft_bill_training(int64 job_id, int64 trained_tokens, int64 amount_nano)
{
}
