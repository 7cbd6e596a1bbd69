/*-------------------------------------------------------------------------
 *
 * server.h
 *	  Foreign servers, the right to spend there, and their credentials.
 *
 * Include postgres.h first.  All lookups are in the current transaction; a
 * loaded server is palloc'd in the current memory context.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_SERVER_H
#define HFT_SERVER_H

#include "provider/provider.h"

typedef struct HftServer
{
	Oid			oid;
	const HftProvider *provider;
	HftServerFacts facts;		/* name, provider, base_url, options as JSON */
} HftServer;

/*
 * Load a server of the wrapper hft.  When it is missing or of another
 * wrapper: ERROR 42704 with the closest name in the HINT, or NULL with
 * missing_ok.
 */
extern HftServer *hft_server_load(const char *name, bool missing_ok);

/* May this role spend there (USAGE on the server)? */
extern bool hft_server_allows(const HftServer *server, Oid role);

/* ERROR 42501 unless hft_server_allows. */
extern void hft_server_check(const HftServer *server, Oid role);

/*
 * Where the secret of the role's user mapping is, else of PUBLIC's: in a file
 * of hft.secret_directory, or here.  False and *problem (a sentence) when
 * there is none.
 */
typedef struct HftKey
{
	const char *file;			/* NULL: it is "literal" */
	const char *literal;
} HftKey;

extern bool hft_server_key(const HftServer *server, Oid role, HftKey *key,
						   const char **problem);

/* Read it: malloc'd, as below. */
extern char *hft_key_read(const HftKey *key, const char **problem);

/*
 * Both: the secret from the role's user mapping, else PUBLIC's, the content of
 * key_file, or api_key.  malloc'd, remembered for redaction, to be released
 * with hft_secret_free().  NULL and *problem (a sentence) when there is none.
 */
extern char *hft_server_secret(const HftServer *server, Oid role,
							   const char **problem);

#endif							/* HFT_SERVER_H */
