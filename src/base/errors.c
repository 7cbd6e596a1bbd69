/*-------------------------------------------------------------------------
 *
 * errors.c
 *	  Texts from outside on their way to the log, an error or a table.
 *
 * The server's side of mask.c and secret.c: memory contexts, encodings and
 * settings.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "base/errors.h"
#include "base/mask.h"
#include "base/settings.h"

void
hft_secret_remember(const char *secret)
{
	/* a secret that cannot be masked must not be used */
	if (!hft_mask_remember(secret))
		ereport(ERROR,
				(errcode(ERRCODE_OUT_OF_MEMORY),
				 errmsg("out of memory")));
}

char *
hft_redact(const char *text, size_t limit)
{
	HftBuffer	masked;
	char	   *result;

	if (text == NULL)
		return NULL;
	hft_buffer_init(&masked, limit);

	/*
	 * What comes from outside is UTF-8.  In a database of another encoding
	 * only ASCII is safe: a conversion could raise, and an error about an
	 * error helps nobody.
	 */
	hft_mask_text(&masked, text, GetDatabaseEncoding() != PG_UTF8);
	result = palloc_extended(masked.length + 1, MCXT_ALLOC_NO_OOM);
	if (result != NULL)
	{
		memcpy(result, masked.data ? masked.data : "", masked.length);
		result[masked.length] = '\0';
	}
	hft_buffer_free(&masked);
	if (result == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OUT_OF_MEMORY),
				 errmsg("out of memory")));
	return result;
}

char *
hft_secret_read(const char *name, const char **problem)
{
	return hft_secret_file_read(hft_secret_directory, name, problem);
}
