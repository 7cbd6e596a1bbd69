/*-------------------------------------------------------------------------
 *
 * token_parts.c
 *	  SQL functions that cut texts by tokens, or stop at a limit.
 *
 * What is cut off counts, by itself, no more tokens than were asked for.
 * Tokens may end inside a character, texts may not, so a cut is moved back
 * to the start of the character it falls into; since the bytes that remain
 * of the last token can be more tokens than it was, they are counted again.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "dataset/tokens.h"

#define STEP_BYTES	8192		/* so much more than needed is looked at */

/* A text in the form its encoding is defined on. */
typedef struct TokenSource
{
	HftEncoding *encoding;
	char	   *data;
	size_t		len;
} TokenSource;

/* The start of a text: its tokens and where it and its tokens end. */
typedef struct TokenPart
{
	size_t		len;
	int64		tokens;
	uint32	   *ends;			/* room for as many as were asked for */
	bool		whole;			/* it is all of the text */
} TokenPart;

/*
 * The encoding may rewrite the text; that copy is the handle's and lives
 * until its next use, so it is copied.
 */
static TokenSource
read_source(HftEncoding *encoding, text *value)
{
	TokenSource source;
	HftTokenScan scan;
	HftTokenStatus status;

	source.encoding = encoding;
	source.data = hft_token_text(value, &source.len);
	status = hft_scan_begin(&scan, encoding, source.data, source.len);
	if (status != HFT_TOKEN_OK)
		hft_token_report(status);
	if (scan.text != source.data)
	{
		source.len = scan.len;
		source.data = palloc(scan.len + 1);
		memcpy(source.data, scan.text, scan.len);
	}
	return source;
}

/* Count on until the text ends or it has more than "limit" tokens. */
static int64
count_until(HftEncoding *enc, const char *data, size_t len, int64 limit)
{
	HftTokenScan scan;
	HftTokenStatus status = hft_scan_begin(&scan, enc, data, len);

	while (status == HFT_TOKEN_OK && scan.done < scan.len &&
		   scan.tokens <= limit)
	{
		status = hft_token_pause(hft_scan_step(&scan, STEP_BYTES));
	}
	if (status != HFT_TOKEN_OK)
		hft_token_report(status);
	return scan.tokens;
}

/* The first tokens of a text, at most "limit" of them. */
static void
scan_part(const TokenSource *source, size_t from, int64 limit,
		  TokenPart *part)
{
	HftTokenScan scan;
	HftTokenStatus status;

	status = hft_scan_begin(&scan, source->encoding, source->data + from,
							source->len - from);
	while (status == HFT_TOKEN_OK && scan.done < scan.len &&
		   scan.tokens <= limit)
	{
		status = hft_token_pause(hft_scan_encode(&scan, STEP_BYTES, NULL,
												 part->ends, limit));
	}
	if (status != HFT_TOKEN_OK)
		hft_token_report(status);
	part->whole = scan.tokens <= limit;
	part->tokens = Min(scan.tokens, limit);
	part->len = part->whole ? source->len - from :
		limit > 0 ? part->ends[limit - 1] : 0;
}

/* The last start of a character at or before an offset. */
static size_t
char_start(const TokenSource *source, size_t at)
{
	while (at > 0 && at < source->len &&
		   (source->data[at] & 0xC0) == 0x80)
		at--;
	return at;
}

/* The longest start of the text from "from" on that fits the limit. */
static void
cut_part(const TokenSource *source, size_t from, int64 limit,
		 TokenPart *part)
{
	scan_part(source, from, limit, part);
	while (!part->whole && part->tokens > 0)
	{
		size_t		end = from + part->ends[part->tokens - 1];
		size_t		start = char_start(source, end);

		part->len = start > from ? start - from : 0;
		if (start == end ||
			count_until(source->encoding, source->data + from, part->len,
						limit) <= limit)
			return;
		part->tokens--;
	}
	if (!part->whole)
		part->len = 0;
}

static text *
make_text(const char *data, size_t len)
{
	char	   *copy = pnstrdup(data, len);

	return cstring_to_text(pg_any_to_server(copy, len, PG_UTF8));
}

PG_FUNCTION_INFO_V1(hft_sql_fits);
Datum
hft_sql_fits(PG_FUNCTION_ARGS)
{
	HftTokenTarget target = hft_token_site(fcinfo, 1);
	text	   *value = PG_GETARG_TEXT_PP(0);
	int32		limit = PG_GETARG_INT32(2);
	size_t		len;
	char	   *data = hft_token_text(value, &len);
	bool		fits = count_until(target.encoding, data, len,
								   limit) <= limit;

	PG_FREE_IF_COPY(value, 0);
	PG_RETURN_BOOL(fits);
}

PG_FUNCTION_INFO_V1(hft_sql_truncate_tokens);
Datum
hft_sql_truncate_tokens(PG_FUNCTION_ARGS)
{
	HftTokenTarget target = hft_token_site(fcinfo, 2);
	text	   *value = PG_GETARG_TEXT_PP(0);
	int32		limit = PG_GETARG_INT32(1);
	TokenSource source;
	TokenPart	part;

	if (limit < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("number of tokens must not be negative")));
	source = read_source(target.encoding, value);
	/* a text has no more tokens than bytes */
	if (limit >= source.len)
		PG_RETURN_TEXT_P(value);
	part.ends = MemoryContextAllocHuge(CurrentMemoryContext,
									   (limit + 1) * sizeof(uint32));
	cut_part(&source, 0, limit, &part);
	if (part.whole)
		PG_RETURN_TEXT_P(value);
	PG_RETURN_TEXT_P(make_text(source.data, part.len));
}

/* Where the chunk behind one that starts at "from" starts. */
static size_t
next_chunk(const TokenSource *source, size_t from, const TokenPart *part,
		   int overlap)
{
	size_t		next;

	/* the part may end before its last tokens do */
	if (part->tokens <= overlap)
		return from + part->len;
	next = from + part->ends[part->tokens - overlap - 1];
	if (next > from + part->len)
		next = from + part->len;
	next = char_start(source, next);
	return next > from ? next : from + part->len;
}

static void
check_chunk_arguments(int size, int overlap)
{
	if (size < 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("size of a chunk must be at least one token")));
	if (overlap < 0 || overlap >= size)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("overlap must be at least zero and less than the size")));
}

PG_FUNCTION_INFO_V1(hft_sql_chunk_tokens);
Datum
hft_sql_chunk_tokens(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	HftTokenTarget target = hft_token_target(
		VARDATA_ANY(PG_GETARG_TEXT_PP(3)),
		VARSIZE_ANY_EXHDR(PG_GETARG_TEXT_PP(3)));
	TokenSource source = read_source(target.encoding, PG_GETARG_TEXT_PP(0));
	int			size = PG_GETARG_INT32(1);
	int			overlap = PG_GETARG_INT32(2);
	size_t		from = 0;
	TokenPart	part;

	check_chunk_arguments(size, overlap);
	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	size = Min(size, source.len + 1);
	overlap = Min(overlap, size - 1);
	part.ends = MemoryContextAllocHuge(CurrentMemoryContext,
									   size * sizeof(uint32));
	part.whole = false;
	while (from < source.len && !part.whole)
	{
		Datum		values[1];
		bool		nulls[1] = {false};
		text	   *chunk;

		cut_part(&source, from, size, &part);
		if (part.len == 0)		/* one character is more than "size" */
			part.len = pg_utf_mblen((unsigned char *) source.data + from);
		chunk = make_text(source.data + from, part.len);
		values[0] = PointerGetDatum(chunk);
		tuplestore_putvalues(result->setResult, result->setDesc, values,
							 nulls);
		pfree(chunk);
		from = next_chunk(&source, from, &part, overlap);
	}
	return (Datum) 0;
}
