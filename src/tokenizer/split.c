/*-------------------------------------------------------------------------
 *
 * split.c
 *	  Pre-tokenizer: where the pieces of a text begin.
 *
 * The public patterns are regular expressions; here each is an automaton on
 * the classes of characters.  A piece depends on nothing before it, so any
 * start of a piece is a place where a text can be taken up again.
 *
 *	  cl100k, Qwen (one digit at a time):
 *		contraction | [^\r\n L N]? L+ | N{1,3} | ' '?[^ \s L N]+[\r\n]*
 *		| \s*[\r\n]+ | \s+(?!\S) | \s+
 *	  o200k, tekken (no contraction, one digit at a time): letters fall into
 *		[^\r\n L N]? upper* lower+ contraction?
 *		| [^\r\n L N]? upper+ lower* contraction?
 *		where caseless letters and marks are both upper and lower, and a run
 *		of other characters takes following slashes with its newlines
 *
 *-------------------------------------------------------------------------
 */
#include "tokenizer/split.h"

#define WORD_CHAR	(HFT_CHAR_LETTER | HFT_CHAR_MARK)
#define LOWER_PART	(HFT_CHAR_LOWER | HFT_CHAR_CASELESS | HFT_CHAR_MARK)
#define BOTH_PARTS	(HFT_CHAR_CASELESS | HFT_CHAR_MARK)

/* The end of a run of characters of these classes. */
static const uint8_t *
skip_class(const HftVocab *vocab, const uint8_t *p, const uint8_t *end,
		   uint8_t classes)
{
	while (p < end)
	{
		HftChar		c = read_char(vocab, p, end);

		if (!(c.cls & classes))
			break;
		p += c.len;
	}
	return p;
}

/* The end of the contraction that starts at p, or p. */
static const uint8_t *
skip_contraction(const uint8_t *p, const uint8_t *end)
{
	uint8_t		a;
	uint8_t		b;

	if (end - p < 2 || p[0] != '\'')
		return p;
	a = p[1] | 0x20;
	if (a == 's' || a == 't' || a == 'm' || a == 'd')
		return p + 2;
	if (end - p < 3)
		return p;
	b = p[2] | 0x20;
	if ((a == 'r' && b == 'e') || (a == 'v' && b == 'e') ||
		(a == 'l' && b == 'l'))
		return p + 3;
	/* the long s folds to s */
	if (p[1] == 0xC5 && p[2] == 0xBF)
		return p + 3;
	return p;
}

static const uint8_t *
skip_digits(const HftVocab *vocab, const uint8_t *p, const uint8_t *end,
			int max)
{
	while (max-- > 0 && p < end)
	{
		HftChar		c = read_char(vocab, p, end);

		if (!(c.cls & HFT_CHAR_NUMBER))
			break;
		p += c.len;
	}
	return p;
}

/* A run that is neither space, letter nor number, and its newlines. */
static const uint8_t *
skip_others(const HftVocab *vocab, const HftSplitRule *rule, const uint8_t *p,
			const uint8_t *end)
{
	while (p < end)
	{
		HftChar		c = read_char(vocab, p, end);

		if (c.cls & (HFT_CHAR_SPACE | HFT_CHAR_LETTER | HFT_CHAR_NUMBER))
			break;
		p += c.len;
	}
	while (p < end &&
		   (*p == '\r' || *p == '\n' || (rule->slashes && *p == '/')))
		p++;
	return p;
}

/*
 * White space: up to its last newline if it has one; otherwise all of it at
 * the end of the text, and all but the last character before something else.
 */
static const uint8_t *
skip_space(const HftVocab *vocab, const uint8_t *p, const uint8_t *end)
{
	const uint8_t *start = p;
	const uint8_t *newline = NULL;
	const uint8_t *last = p;

	while (p < end)
	{
		HftChar		c = read_char(vocab, p, end);

		if (!(c.cls & HFT_CHAR_SPACE))
			break;
		last = p;
		p += c.len;
		if (c.cls & HFT_CHAR_NEWLINE)
			newline = p;
	}
	if (newline != NULL)
		return newline;
	if (p == end || last == start)
		return p;
	return last;
}

static const uint8_t *
next_cl100k(const HftVocab *vocab, const HftSplitRule *rule, const uint8_t *p,
			const uint8_t *end)
{
	HftChar		c = read_char(vocab, p, end);
	HftChar		d;
	const uint8_t *next = p + c.len;

	if (c.cls & HFT_CHAR_LETTER)
		return skip_class(vocab, next, end, HFT_CHAR_LETTER);
	if (c.cls & HFT_CHAR_NUMBER)
		return skip_digits(vocab, next, end, rule->digits - 1);
	if (c.code == '\'' && skip_contraction(p, end) != p)
		return skip_contraction(p, end);
	if (next < end)
	{
		d = read_char(vocab, next, end);
		if ((d.cls & HFT_CHAR_LETTER) && !(c.cls & HFT_CHAR_NEWLINE))
			return skip_class(vocab, next + d.len, end, HFT_CHAR_LETTER);
		if (c.code == ' ' && !(d.cls & (HFT_CHAR_SPACE | HFT_CHAR_LETTER |
										HFT_CHAR_NUMBER)))
			return skip_others(vocab, rule, next, end);
	}
	if (c.cls & HFT_CHAR_SPACE)
		return skip_space(vocab, p, end);
	return skip_others(vocab, rule, p, end);
}

/*
 * A word of o200k, NULL if there is none at p.  "upper* lower+" is tried
 * first and gives back what it must: without a lower case letter it ends
 * after the last character that can count as one.
 */
static const uint8_t *
skip_cased_word(const HftVocab *vocab, const HftSplitRule *rule,
				const uint8_t *p, const uint8_t *end)
{
	const uint8_t *start = p;
	const uint8_t *both = NULL;
	HftChar		c = {0};

	while (p < end)
	{
		c = read_char(vocab, p, end);
		if (!(c.cls & (HFT_CHAR_UPPER | BOTH_PARTS)))
			break;
		p += c.len;
		if (c.cls & BOTH_PARTS)
			both = p;
	}
	if (p < end && (c.cls & HFT_CHAR_LOWER))
		p = skip_class(vocab, p, end, LOWER_PART);
	else if (both != NULL)
		p = both;
	if (p == start)
		return NULL;
	return rule->contractions ? skip_contraction(p, end) : p;
}

static const uint8_t *
next_o200k(const HftVocab *vocab, const HftSplitRule *rule, const uint8_t *p,
		   const uint8_t *end)
{
	HftChar		c = read_char(vocab, p, end);
	const uint8_t *next = p + c.len;

	if (c.cls & WORD_CHAR)
		return skip_cased_word(vocab, rule, p, end);
	if (c.cls & HFT_CHAR_NUMBER)
		return skip_digits(vocab, next, end, rule->digits - 1);
	if (!(c.cls & HFT_CHAR_NEWLINE) && next < end)
	{
		HftChar		d = read_char(vocab, next, end);

		if (d.cls & WORD_CHAR)
			return skip_cased_word(vocab, rule, next, end);
		if (c.code == ' ' && !(d.cls & (HFT_CHAR_SPACE | HFT_CHAR_NUMBER)))
			return skip_others(vocab, rule, next, end);
	}
	if (c.cls & HFT_CHAR_SPACE)
		return skip_space(vocab, p, end);
	return skip_others(vocab, rule, p, end);
}

static const HftSplitRule rules[HFT_NSPLITS] = {
	[HFT_SPLIT_CL100K] = {next_cl100k, 3, true, false},
	[HFT_SPLIT_O200K] = {next_o200k, 3, true, true},
	[HFT_SPLIT_QWEN] = {next_cl100k, 1, true, false},
	[HFT_SPLIT_TEKKEN] = {next_o200k, 1, false, true},
	[HFT_SPLIT_DEEPSEEK] = {hft_split_deepseek, 3, false, false},
	[HFT_SPLIT_BLANKS] = {hft_split_blanks, 0, false, false},
};

const HftSplitRule *
hft_split_rule(HftSplit split)
{
	return &rules[split];
}

/*
 * Fill a batch with pieces from "text" on and return where the next batch
 * starts.
 */
const uint8_t *
hft_split_batch(const HftVocab *vocab, const uint8_t *text,
				const uint8_t *end, HftBatch *batch)
{
	const HftSplitRule *rule = &rules[vocab->header->split];
	const uint8_t *p = text;

	batch->base = text;
	batch->n = 0;
	batch->start[0] = 0;
	while (p < end && batch->n < HFT_BATCH_PIECES)
	{
		p = rule->next_piece(vocab, rule, p, end);
		batch->start[++batch->n] = p - text;
	}
	return p;
}
