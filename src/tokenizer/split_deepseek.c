/*-------------------------------------------------------------------------
 *
 * split_deepseek.c
 *	  The pattern of DeepSeek V3, which works in three passes.
 *
 * The first pass takes numbers out, three digits at a time, the second runs
 * of Chinese and Japanese characters; the third splits what lies between
 * them, and to it the start of a number or of such a run is the end of the
 * text:
 *
 *		[!-/:-@[-`{-~][A-Za-z]+ | [^\r\n L P S]?[L M]+ | ' '?[P S]+[\r\n]*
 *		| \s*[\r\n]+ | \s+(?!\S) | \s+
 *
 * Characters that none of these matches stay together in pieces of their own.
 *
 *-------------------------------------------------------------------------
 */
#include "tokenizer/split.h"

#define WORD_CHAR	(HFT_CHAR_LETTER | HFT_CHAR_MARK)
#define NO_CLASS	0

static bool
is_ideograph(uint32_t code)
{
	return (code >= 0x4E00 && code <= 0x9FA5) ||
		(code >= 0x3040 && code <= 0x30FF);
}

/*
 * The character at p as the third pass sees it: false at the end of the text
 * and where one of the first passes has taken something out.
 */
static bool
read_rest(const HftVocab *vocab, const uint8_t *p, const uint8_t *end,
		  HftChar *c)
{
	if (p == end)
		return false;
	*c = read_char(vocab, p, end);
	return !(c->cls & HFT_CHAR_NUMBER) && !is_ideograph(c->code);
}

static const uint8_t *
skip_rest(const HftVocab *vocab, const uint8_t *p, const uint8_t *end,
		  uint8_t classes)
{
	HftChar		c;

	while (read_rest(vocab, p, end, &c) && (c.cls & classes))
		p += c.len;
	return p;
}

static const uint8_t *
skip_newlines(const uint8_t *p, const uint8_t *end)
{
	while (p < end && (*p == '\r' || *p == '\n'))
		p++;
	return p;
}

static inline bool
is_ascii_letter(uint8_t byte)
{
	return (uint8_t) ((byte | 0x20) - 'a') < 26;
}

/* What the first two passes take out at p, or p. */
static const uint8_t *
skip_taken(const HftVocab *vocab, const uint8_t *p, const uint8_t *end,
		   int digits)
{
	HftChar		c = read_char(vocab, p, end);

	if (is_ideograph(c.code))
	{
		do
		{
			p += c.len;
			if (p < end)
				c = read_char(vocab, p, end);
		} while (p < end && is_ideograph(c.code));
		return p;
	}
	while ((c.cls & HFT_CHAR_NUMBER) && digits-- > 0)
	{
		p += c.len;
		if (p == end)
			break;
		c = read_char(vocab, p, end);
	}
	return p;
}

static const uint8_t *
skip_rest_space(const HftVocab *vocab, const uint8_t *p, const uint8_t *end)
{
	const uint8_t *start = p;
	const uint8_t *newline = NULL;
	const uint8_t *last = p;
	HftChar		c;
	bool		more;

	while ((more = read_rest(vocab, p, end, &c)) &&
		   (c.cls & HFT_CHAR_SPACE))
	{
		last = p;
		p += c.len;
		if (c.cls & HFT_CHAR_NEWLINE)
			newline = p;
	}
	if (newline != NULL)
		return newline;
	return !more || last == start ? p : last;
}

/* Characters no alternative matches, up to one that some does. */
static const uint8_t *
skip_gap(const HftVocab *vocab, const uint8_t *p, const uint8_t *end)
{
	HftChar		c;
	HftChar		d;

	while (read_rest(vocab, p, end, &c) && c.cls == NO_CLASS &&
		   !(read_rest(vocab, p + c.len, end, &d) && (d.cls & WORD_CHAR)))
		p += c.len;
	return p;
}

const uint8_t *
hft_split_deepseek(const HftVocab *vocab, const HftSplitRule *rule,
				   const uint8_t *p, const uint8_t *end)
{
	const uint8_t *next;
	HftChar		c;
	HftChar		d = {0};

	if (!read_rest(vocab, p, end, &c))
		return skip_taken(vocab, p, end, rule->digits);
	next = p + c.len;
	if (c.cls & WORD_CHAR)
		return skip_rest(vocab, p, end, WORD_CHAR);
	if ((c.cls & HFT_CHAR_PUNCT) && c.len == 1 && next < end &&
		is_ascii_letter(*next))
	{
		while (next < end && is_ascii_letter(*next))
			next++;
		return next;
	}
	if (!read_rest(vocab, next, end, &d))
		d.cls = NO_CLASS;
	if (!(c.cls & (HFT_CHAR_NEWLINE | HFT_CHAR_PUNCT)) &&
		(d.cls & WORD_CHAR))
		return skip_rest(vocab, next, end, WORD_CHAR);
	if ((c.cls & HFT_CHAR_PUNCT) ||
		(c.code == ' ' && (d.cls & HFT_CHAR_PUNCT)))
		return skip_newlines(skip_rest(vocab, next, end, HFT_CHAR_PUNCT),
							 end);
	if (c.cls & HFT_CHAR_SPACE)
		return skip_rest_space(vocab, p, end);
	return skip_gap(vocab, p, end);
}
