/*-------------------------------------------------------------------------
 *
 * compat.h
 *	  The only place that knows versions of PostgreSQL and of libcurl.
 *
 * Written for PostgreSQL 15 to 18.  Whatever differs gets here the name and
 * shape of the newest major, or a function of ours where the shapes cannot
 * be made equal; the code elsewhere never asks for a version ("make
 * check-style" makes sure).
 *
 * Include postgres.h first, and curl/curl.h before if it is used at all.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_COMPAT_H
#define HFT_COMPAT_H

#include "catalog/pg_foreign_server.h"
#include "fmgr.h"
#include "storage/latch.h"
#include "storage/proc.h"
#include "utils/acl.h"
#include "utils/guc.h"
#include "utils/wait_event.h"
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

#if PG_VERSION_NUM < 150000
#error "hft needs PostgreSQL 15 or newer"
#endif

/* CURLOPT_QUICK_EXIT: a stuck resolver must not hold a worker (R19) */
#if defined(LIBCURL_VERSION_NUM) && LIBCURL_VERSION_NUM < 0x075700
#error "hft needs libcurl 7.87 or newer"
#endif

/* A library can say its name and version since 18. */
#if PG_VERSION_NUM >= 180000
#define HFT_MODULE_MAGIC(version_string) \
	PG_MODULE_MAGIC_EXT(.name = "hft", .version = version_string)
#else
#define HFT_MODULE_MAGIC(version_string) PG_MODULE_MAGIC
#endif

/* 18 writes it before the function, where the attribute also works. */
#if PG_VERSION_NUM < 180000
#define pg_noreturn __attribute__((noreturn))
#endif

/*
 * Number of our process, by which another one finds our latch (R4).
 */
#if PG_VERSION_NUM >= 170000
#define hft_my_proc_number() ((int) MyProcNumber)
#else
#define hft_my_proc_number() (MyProc->pgprocno)
#endif

/*
 * A wait event with a name of its own (R14); all of ours are "Extension"
 * before 17.  Call it once for each name and keep the number.
 */
static inline uint32
hft_wait_event_new(const char *name)
{
#if PG_VERSION_NUM >= 170000
	return WaitEventExtensionNew(name);
#else
	return PG_WAIT_EXTENSION;
#endif
}

/* A set of things to wait for that lives as long as CurrentMemoryContext. */
static inline WaitEventSet *
hft_wait_event_set_new(int nevents)
{
#if PG_VERSION_NUM >= 170000
	return CreateWaitEventSet(NULL, nevents);
#else
	return CreateWaitEventSet(CurrentMemoryContext, nevents);
#endif
}

/* May the role use the foreign server, that is, spend money there? */
static inline AclResult
hft_server_aclcheck(Oid server, Oid role)
{
#if PG_VERSION_NUM >= 160000
	return object_aclcheck(ForeignServerRelationId, server, role, ACL_USAGE);
#else
	return pg_foreign_server_aclcheck(server, role, ACL_USAGE);
#endif
}

/*
 * transaction_timeout (17) applies to background workers as well; ours keep
 * their transactions short by themselves (R10).
 */
static inline void
hft_transaction_timeout_disable(void)
{
#if PG_VERSION_NUM >= 170000
	SetConfigOption("transaction_timeout", "0", PGC_SUSET, PGC_S_OVERRIDE);
#endif
}

#endif							/* HFT_COMPAT_H */
