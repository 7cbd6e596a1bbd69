/*-------------------------------------------------------------------------
 *
 * window.c
 *	  Merging giant pieces a window at a time, in linear time.
 *
 * Tokens in a row are what merging gives for their text if and only if this
 * is true of each two neighbours: the first merge across a boundary between
 * two tokens depends on nothing but these two, because what else happens
 * comes before or after it and leaves them alone.  So a window is merged by
 * itself, its last tokens, which lack what follows, are dropped, and the next
 * window begins where they did.  If the last token kept and the first one of
 * the next window are neighbours that stay apart, then nothing crosses there.
 * Otherwise one more token is dropped.
 *
 * A text that repeats itself is cut where the next window has the same bytes
 * as this one, and then costs no more than to see that it does.
 *
 *-------------------------------------------------------------------------
 */
#include <string.h>

#include "tokenizer/unicode.h"
#include "tokenizer/window.h"

#define WINDOW		512
#define TRIES		24			/* tokens dropped before we give up */
#define UNSURE		(-100)		/* no boundary found */

typedef struct Window
{
	const uint8_t *start;
	size_t		len;
	int			n;
	uint32_t	symbol[WINDOW];
} Window;

typedef struct Merging
{
	const HftVocab *vocab;
	HftMergeSpace *space;
	const uint8_t *end;			/* of the piece */
	const HftSymbolSink *sink;
	int64_t		tokens;
} Merging;

static inline const uint8_t *
symbol_bytes(const HftVocab *vocab, uint32_t symbol, size_t *len)
{
	*len = vocab->offsets[symbol + 1] - vocab->offsets[symbol];
	return vocab->bytes + vocab->offsets[symbol];
}

/* Merge what lies in the window at "start"; 0, or why not. */
static int64_t
merge_window(Merging *w, const uint8_t *start, Window *window)
{
	size_t		len = w->end - start;
	int64_t		n;

	if (w->space->stop != NULL && *w->space->stop)
		return HFT_MERGE_STOPPED;
	if (len > WINDOW)
	{
		len = WINDOW;
		/* where merging starts from characters, they stay whole */
		while (w->vocab->header->characters && len > WINDOW / 2 &&
			   is_continuation(start[len]))
			len--;
	}
	n = hft_merge(w->vocab, w->space, start, len);
	if (n < 0)
		return n;
	window->start = start;
	window->len = len;
	window->n = n;
	memcpy(window->symbol, w->space->symbol, n * sizeof(uint32_t));
	return 0;
}

/* 1 when merging the text of two tokens gives these two, or else 0. */
static int64_t
stay_apart(Merging *w, uint32_t left, uint32_t right)
{
	uint8_t		text[2 * WINDOW];
	size_t		nleft;
	size_t		nright;
	const uint8_t *left_bytes = symbol_bytes(w->vocab, left, &nleft);
	const uint8_t *right_bytes = symbol_bytes(w->vocab, right, &nright);
	int64_t		n;

	memcpy(text, left_bytes, nleft);
	memcpy(text + nleft, right_bytes, nright);
	n = hft_merge(w->vocab, w->space, text, nleft + nright);
	if (n < 0)
		return n;
	return n == 2 && w->space->symbol[0] == left &&
		w->space->symbol[1] == right;
}

static size_t
length_of(const Merging *w, const Window *window, int n)
{
	size_t		total = 0;
	size_t		len;

	while (n-- > 0)
	{
		(void) symbol_bytes(w->vocab, window->symbol[n], &len);
		total += len;
	}
	return total;
}

static inline bool
repeats_at(const Merging *w, const uint8_t *start, const uint8_t *at)
{
	return w->end - at >= WINDOW && memcmp(start, at, WINDOW) == 0;
}

/*
 * How many tokens of a window to keep at first: those after which the text
 * repeats itself, or else all but the last few.
 */
static int
tokens_to_keep(const Merging *w, const Window *window)
{
	int			most = window->n > 32 ? window->n - 8 : (window->n + 1) / 2;
	size_t		len = length_of(w, window, most);
	int			n;

	for (n = most; n > 0 && n > most - TRIES; n--)
	{
		size_t		last;

		if (repeats_at(w, window->start, window->start + len))
			return n;
		(void) symbol_bytes(w->vocab, window->symbol[n - 1], &last);
		len -= last;
	}
	return most;
}

/*
 * Merge the window behind one, of which as many tokens are kept as can stay:
 * their number, or why not.
 */
static int64_t
merge_next(Merging *w, const Window *window, Window *next)
{
	int			kept = tokens_to_keep(w, window);
	int			tries;

	for (tries = 0; tries < TRIES && kept > 0; tries++, kept--)
	{
		const uint8_t *at = window->start + length_of(w, window, kept);
		int64_t		result;

		if (w->vocab->header->characters && is_continuation(*at))
			continue;
		result = merge_window(w, at, next);
		if (result == 0)
			result = stay_apart(w, window->symbol[kept - 1],
								next->symbol[0]);
		if (result != 0)
			return result < 0 ? result : kept;
	}
	return UNSURE;
}

static inline void
put_symbols(Merging *w, const Window *window, int n)
{
	if (w->sink != NULL)
		w->sink->take(w->sink->context, window->symbol, n);
	w->tokens += n;
}

/* Merge a piece of more than one window: its tokens, or why not. */
static int64_t
merge_windows(Merging *w, const uint8_t *piece)
{
	Window		windows[2];
	Window	   *this = &windows[0];
	Window	   *next = &windows[1];
	int64_t		kept = merge_window(w, piece, this);

	while (kept >= 0 && this->start + this->len < w->end)
	{
		Window	   *swap = this;

		kept = merge_next(w, this, next);
		if (kept < 0)
			break;
		put_symbols(w, this, kept);
		if (repeats_at(w, this->start, next->start))
		{
			size_t		step = next->start - this->start;

			/* the same tokens follow each other as they just did */
			for (; repeats_at(w, next->start, next->start + step);
				 next->start += step)
				put_symbols(w, next, kept);
		}
		this = next;
		next = swap;
	}
	if (kept < 0)
		return kept;
	put_symbols(w, this, this->n);
	return w->tokens;
}

int64_t
hft_merge_piece(const HftVocab *vocab, HftMergeSpace *space,
				const uint8_t *piece, size_t len, const HftSymbolSink *sink)
{
	Merging		w = {vocab, space, piece + len, sink, 0};
	int64_t		n = UNSURE;

	if (len > 2 * WINDOW && vocab->header->longest <= WINDOW / 2)
	{
		n = merge_windows(&w, piece);
		if (n == UNSURE && sink != NULL)
			sink->drop(sink->context);
	}
	if (n != UNSURE)
		return n;
	n = hft_merge(vocab, space, piece, len);
	if (n > 0 && sink != NULL)
		sink->take(sink->context, space->symbol, n);
	return n;
}
