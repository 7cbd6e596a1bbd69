/*-------------------------------------------------------------------------
 *
 * error_class.c
 *	  What the class of a provider's refusal is called, and its SQLSTATE.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "worker/error_class.h"

static const struct
{
	const char *name;
	int			sqlstate;
}			classes[] = {
	[HFT_ERROR_NONE] = {"internal", ERRCODE_INTERNAL_ERROR},
	[HFT_ERROR_TRANSIENT] = {"transient", ERRCODE_CONNECTION_FAILURE},
	[HFT_ERROR_RATE_LIMITED] = {"rate_limited",
	ERRCODE_INSUFFICIENT_RESOURCES},
	[HFT_ERROR_CREDENTIAL] = {"credential", ERRCODE_INSUFFICIENT_PRIVILEGE},
	[HFT_ERROR_LIMIT] = {"limit", ERRCODE_CONFIGURATION_LIMIT_EXCEEDED},
	[HFT_ERROR_REFUSED] = {"refused", ERRCODE_EXTERNAL_ROUTINE_EXCEPTION},
	[HFT_ERROR_LOST] = {"lost", ERRCODE_EXTERNAL_ROUTINE_EXCEPTION},
	[HFT_ERROR_NOT_PROVIDER] = {"not_provider", ERRCODE_PROTOCOL_VIOLATION},
	[HFT_ERROR_BAD_ANSWER] = {"bad_answer", ERRCODE_INVALID_JSON_TEXT},
	[HFT_ERROR_MEMORY] = {"memory", ERRCODE_PROGRAM_LIMIT_EXCEEDED},
};

const char *
hft_error_name(HftErrorClass error)
{
	return classes[error].name;
}

int
hft_error_sqlstate(HftErrorClass error)
{
	return classes[error].sqlstate;
}
