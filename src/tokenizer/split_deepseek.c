/*-------------------------------------------------------------------------
 *
 * split_deepseek.c
 *	  The pattern of DeepSeek V3, which works in three passes.
 *
 * The first pass isolates numbers, three digits at a time, the second runs
 * of Chinese and Japanese characters; the third splits each part that they
 * leave, those runs as well, in which there are marks that are no letters:
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

/* What the third pass sees: a run of ideographs, or what is around them. */
typedef struct Part
{
	const HftVocab *vocab;
	const uint8_t *end;			/* of the text */
	bool		ideographs;
} Part;

/* The character at p; false where the part that is being split ends. */
static bool
read_rest(const Part *part, const uint8_t *p, HftChar *c)
{
	if (p == part->end)
		return false;
	*c = read_char(part->vocab, p, part->end);
	return !(c->cls & HFT_CHAR_NUMBER) &&
		is_ideograph(c->code) == part->ideographs;
}

static const uint8_t *
skip_rest(const Part *part, const uint8_t *p, uint8_t classes)
{
	HftChar		c;

	while (read_rest(part, p, &c) && (c.cls & classes))
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

static const uint8_t *
skip_number(const Part *part, const uint8_t *p, int digits)
{
	while (digits-- > 0 && p < part->end)
	{
		HftChar		c = read_char(part->vocab, p, part->end);

		if (!(c.cls & HFT_CHAR_NUMBER))
			break;
		p += c.len;
	}
	return p;
}

static const uint8_t *
skip_rest_space(const Part *part, const uint8_t *p)
{
	const uint8_t *start = p;
	const uint8_t *newline = NULL;
	const uint8_t *last = p;
	HftChar		c;
	bool		more;

	while ((more = read_rest(part, p, &c)) &&
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
skip_gap(const Part *part, const uint8_t *p)
{
	HftChar		c;
	HftChar		d;

	while (read_rest(part, p, &c) && c.cls == NO_CLASS &&
		   !(read_rest(part, p + c.len, &d) && (d.cls & WORD_CHAR)))
		p += c.len;
	return p;
}

const uint8_t *
hft_split_deepseek(const HftVocab *vocab, const HftSplitRule *rule,
				   const uint8_t *p, const uint8_t *end)
{
	HftChar		c = read_char(vocab, p, end);
	HftChar		d = {0};
	Part		part = {vocab, end, is_ideograph(c.code)};
	const uint8_t *next = p + c.len;

	if (c.cls & HFT_CHAR_NUMBER)
		return skip_number(&part, p, rule->digits);
	if (c.cls & WORD_CHAR)
		return skip_rest(&part, p, WORD_CHAR);
	if ((c.cls & HFT_CHAR_PUNCT) && c.len == 1 && next < end &&
		is_ascii_letter(*next))
	{
		while (next < end && is_ascii_letter(*next))
			next++;
		return next;
	}
	if (!read_rest(&part, next, &d))
		d.cls = NO_CLASS;
	if (!(c.cls & (HFT_CHAR_NEWLINE | HFT_CHAR_PUNCT)) &&
		(d.cls & WORD_CHAR))
		return skip_rest(&part, next, WORD_CHAR);
	if (c.cls & HFT_CHAR_PUNCT || (c.code == ' ' && (d.cls & HFT_CHAR_PUNCT)))
	{
		next = skip_rest(&part, next, HFT_CHAR_PUNCT);
		return part.ideographs ? next : skip_newlines(next, end);
	}
	if (c.cls & HFT_CHAR_SPACE)
		return skip_rest_space(&part, p);
	return skip_gap(&part, p);
}
