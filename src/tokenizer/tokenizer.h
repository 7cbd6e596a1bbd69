/*-------------------------------------------------------------------------
 *
 * tokenizer.h
 *	  Exact token counts of the public byte-pair encodings.
 *
 * An encoding is one compiled vocabulary file, mapped read-only, so that all
 * processes of a machine share one copy in the page cache and the first call
 * in a new process parses nothing.  Text is UTF-8 and is always ordinary
 * text: what looks like a special token counts as the characters it is made
 * of.  Bytes that are no UTF-8 give a defined result and are never read past.
 *
 * Pure C: nothing here allocates from PostgreSQL or leaves by longjmp, and
 * no call may be abandoned in the middle; an HftTokenScan lets its caller
 * look for interrupts.  A handle serves one thread at a time.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_TOKENIZER_H
#define HFT_TOKENIZER_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum HftTokenStatus
{
	HFT_TOKEN_OK = 0,
	HFT_TOKEN_NO_FILE,			/* cannot be opened or mapped, see errno */
	HFT_TOKEN_BAD_FILE,			/* no vocabulary, or a damaged one */
	HFT_TOKEN_BAD_VERSION,		/* written for another version of the code */
	HFT_TOKEN_NO_MEMORY,
	HFT_TOKEN_STOPPED,			/* see hft_encoding_stop_on() */
	HFT_TOKEN_TOO_LONG,			/* text above HFT_TOKEN_MAX_TEXT bytes */
	HFT_TOKEN_BAD_ID			/* decode: no such token in the vocabulary */
} HftTokenStatus;

#define HFT_TOKEN_MAX_TEXT	((size_t) INT32_MAX)

typedef struct HftEncoding HftEncoding;

typedef struct HftEncodingInfo	/* its strings live as long as the handle */
{
	const char *name;			/* "o200k_base" */
	uint32_t	tokens;			/* ordinary tokens in the vocabulary */
	uint32_t	first_id;		/* id of the first of them */
	const char *sha256;			/* of the vocabulary it was compiled from */
	const char *licence;		/* of that data */
} HftEncodingInfo;

/*
 * Map the vocabulary file at "path"; *enc is NULL on failure.  The header and
 * its checksum are verified here, all of the file by hft_encoding_verify().
 * A limit bounds what is remembered of counted pieces, 16 MB at first.
 */
extern HftTokenStatus hft_encoding_open(const char *path, HftEncoding **enc);
extern HftTokenStatus hft_encoding_verify(const HftEncoding *enc);
extern void hft_encoding_close(HftEncoding *enc);
extern HftEncodingInfo hft_encoding_info(const HftEncoding *enc);
extern void hft_encoding_limit_cache(HftEncoding *enc, size_t bytes);

/* Number of tokens of a text, -1 when memory ran out or it is too long. */
extern int64_t hft_encoding_count(HftEncoding *enc, const char *text,
								  size_t len);

/*
 * Ids of a text.  Stores the first "room" of them and returns how many there
 * are in all, -1 when memory ran out or the text is too long.
 */
extern int64_t hft_encoding_encode(HftEncoding *enc, const char *text,
								   size_t len, uint32_t *ids, size_t room);

/*
 * Text of the ids: stores the first "room" bytes and sets *len to the length
 * of the whole.  A token may be a part of a character, and so may the text.
 */
extern HftTokenStatus hft_encoding_decode(const HftEncoding *enc,
										  const uint32_t *ids, size_t n,
										  char *text, size_t room,
										  size_t *len);

/*
 * A count in steps: "tokens" is exact for the first "done" bytes.  An
 * encoding may have to rewrite the text first, so that "text" and "len" are
 * not what was passed in.  A handle serves one scan at a time.
 *
 * One piece may be as long as the text.  A step that finds the flag set gives
 * up in the middle of it with HFT_TOKEN_STOPPED, and can be taken again.
 */
extern void hft_encoding_stop_on(HftEncoding *enc,
								 const volatile sig_atomic_t *flag);

typedef struct HftTokenScan
{
	HftEncoding *enc;
	const char *text;
	size_t		len;
	size_t		done;
	int64_t		tokens;
	size_t		stop;			/* private: end of a plain stretch */
} HftTokenScan;

extern HftTokenStatus hft_scan_begin(HftTokenScan *scan, HftEncoding *enc,
									 const char *text, size_t len);

/* Count on for about "bytes" bytes; the text ends when done == len. */
extern HftTokenStatus hft_scan_step(HftTokenScan *scan, size_t bytes);

/*
 * The same, storing the ids of the tokens and the offsets in scan->text at
 * which they end, as far as "room" goes; either may be NULL.
 */
extern HftTokenStatus hft_scan_encode(HftTokenScan *scan, size_t bytes,
									  uint32_t *ids, uint32_t *ends,
									  size_t room);

/* For messages: "out of memory". */
extern const char *hft_token_status_text(HftTokenStatus status);

#endif							/* HFT_TOKENIZER_H */
