/*-------------------------------------------------------------------------
 *
 * attempt.c
 *	  The outbox: calls that cost money or leave traces (R27-R30).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <openssl/evp.h>

#include "catalog/pg_type.h"
#include "common/sha2.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/uuid.h"

#include "base/sql.h"
#include "worker/attempt.h"
#include "worker/worker.h"

/* SHA-256 of method, URL and the bytes around the data set. */
static bytea *
request_digest(const HftRequest *request)
{
	bytea	   *result = palloc(VARHDRSZ + PG_SHA256_DIGEST_LENGTH);
	EVP_MD_CTX *digest = EVP_MD_CTX_new();
	bool		ok = digest != NULL;

	ok = ok && EVP_DigestInit_ex(digest, EVP_sha256(), NULL);
	ok = ok && EVP_DigestUpdate(digest, request->method,
								strlen(request->method) + 1);
	ok = ok && EVP_DigestUpdate(digest, request->url,
								strlen(request->url) + 1);
	ok = ok && EVP_DigestUpdate(digest, request->prefix,
								request->prefix_length);
	ok = ok && EVP_DigestUpdate(digest, request->suffix,
								request->suffix_length);
	ok = ok && EVP_DigestFinal_ex(digest, (unsigned char *) VARDATA(result),
								  NULL);
	EVP_MD_CTX_free(digest);
	if (!ok)
		elog(ERROR, "could not compute a SHA-256");
	SET_VARSIZE(result, VARHDRSZ + PG_SHA256_DIGEST_LENGTH);
	return result;
}

int64
hft_attempt_intend(const HftAttempt *attempt, const HftRequest *request)
{
	static HftStatement intend = {
		"INSERT INTO hft.attempt (job_id, file_id, deployment_id, kind, token,"
		" request_digest, epoch)"
		" VALUES (nullif($1, 0), nullif($2, 0), nullif($3, 0), $4,"
		" $5::uuid, $6, $7) RETURNING id",
		7, {INT8OID, INT8OID, INT8OID, TEXTOID, TEXTOID, BYTEAOID, INT8OID}
	};
	Datum		values[] = {
		Int64GetDatum(attempt->job_id),
		Int64GetDatum(attempt->file_id),
		Int64GetDatum(attempt->deployment_id),
		CStringGetTextDatum(attempt->kind),
		CStringGetTextDatum(attempt->token),
		PointerGetDatum(request_digest(request)),
		Int64GetDatum(hft_worker_epoch())
	};

	(void) hft_statement_run(&intend, values, NULL, 0);
	return hft_row_int64(0, 1, 0);
}

void
hft_attempt_settle(int64 id, HftVerdict verdict, const char *remote_id,
				   int status, const char *message)
{
	static HftStatement settle = {
		"UPDATE hft.attempt SET state = $2,"
		" remote_id = coalesce($3, remote_id),"
		" http_status = coalesce(nullif($4, 0), http_status),"
		" error_message = $5, sent = sent OR $2 = 'in_doubt',"
		" settled_at = CASE WHEN $2 <> 'in_doubt' THEN now() END"
		" WHERE id = $1",
		5, {INT8OID, TEXTOID, TEXTOID, INT4OID, TEXTOID}
	};
	static const char *const words[] = {
		[HFT_VERDICT_CONFIRMED] = "confirmed",
		[HFT_VERDICT_REFUSED] = "refused",
		[HFT_VERDICT_NOT_DONE] = "not_done",
		[HFT_VERDICT_IN_DOUBT] = "in_doubt",
	};
	Datum		values[5] = {
		Int64GetDatum(id),
		CStringGetTextDatum(words[verdict]),
		remote_id ? CStringGetTextDatum(remote_id) : (Datum) 0,
		Int32GetDatum(status),
		message ? CStringGetTextDatum(message) : (Datum) 0
	};
	char		nulls[] = {' ', ' ', remote_id ? ' ' : 'n', ' ',
		message ? ' ' : 'n'
	};

	(void) hft_statement_run(&settle, values, nulls, 0);
}

void
hft_attempt_looked(int64 id)
{
	static HftStatement looked = {
		"UPDATE hft.attempt SET looks = looks + 1 WHERE id = $1",
		1, {INT8OID}
	};
	Datum		values[] = {Int64GetDatum(id)};

	(void) hft_statement_run(&looked, values, NULL, 0);
}

void
hft_attempts_doubt(int64 epoch)
{
	static HftStatement doubt = {
		"UPDATE hft.attempt SET state = 'in_doubt'"
		" WHERE state = 'intended' AND epoch < $1",
		1, {INT8OID}
	};
	Datum		values[] = {Int64GetDatum(epoch)};
	HftScope	scope;

	hft_scope_enter(&scope);
	(void) hft_statement_run(&doubt, values, NULL, 0);
	hft_scope_leave(&scope);
}
