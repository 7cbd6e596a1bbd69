/*-------------------------------------------------------------------------
 *
 * account.h
 *	  A server as one of its users has it: facts and credential, remembered.
 *
 * Polls ask for the same few servers and keys again and again.  What the
 * catalogs say is kept until they say that it changed; a key file is read
 * again as soon as its stamp differs, so a new key is used at once.
 *
 * Include postgres.h first.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_ACCOUNT_H
#define HFT_ACCOUNT_H

#include "worker/server.h"

typedef struct HftAccount HftAccount;

/*
 * Needs a transaction.  NULL when the server is missing.  It stays as it is
 * until it is released, whatever happens to the server.
 */
extern HftAccount *hft_account_use(const char *server, Oid owner);
extern void hft_account_release(HftAccount *account);	/* NULL is fine */

extern HftServer *hft_account_server(HftAccount *account);

/* As hft_server_secret(): malloc'd, or NULL and *problem. */
extern char *hft_account_secret(HftAccount *account, const char **problem);

#endif							/* HFT_ACCOUNT_H */
