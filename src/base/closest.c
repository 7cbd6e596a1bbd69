/*-------------------------------------------------------------------------
 *
 * closest.c
 *	  What somebody who mistyped a word may have meant.
 *
 * The server has this too, but only since 16, only for one shape of list,
 * and not for the pure floors.
 *
 *-------------------------------------------------------------------------
 */
#include "base/closest.h"

#include <limits.h>
#include <stddef.h>
#include <string.h>

#define WORD_MAX 63				/* names of options and models are shorter */
#define NEAR_MAX 4				/* more edits than this help nobody */

static int
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : (unsigned char) c;
}

static int
least(int a, int b, int c)
{
	int			ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/*
 * Edits between two words of at most WORD_MAX bytes: the classic table, of
 * which only one row is kept.
 */
static int
edit_distance(const char *a, size_t na, const char *b, size_t nb)
{
	int			row[WORD_MAX + 1];

	for (size_t j = 0; j <= nb; j++)
		row[j] = (int) j;
	for (size_t i = 1; i <= na; i++)
	{
		int			diagonal = row[0];

		row[0] = (int) i;
		for (size_t j = 1; j <= nb; j++)
		{
			int			above = row[j];

			row[j] = least(above + 1, row[j - 1] + 1, diagonal +
						   (lower(a[i - 1]) != lower(b[j - 1])));
			diagonal = above;
		}
	}
	return row[nb];
}

const char *
hft_closest(const char *word, const char *const *choices)
{
	size_t		length = strlen(word);
	const char *best = NULL;
	int			best_distance = INT_MAX;

	if (length == 0 || length > WORD_MAX)
		return NULL;
	for (; *choices != NULL; choices++)
	{
		size_t		n = strlen(*choices);
		int			distance;

		if (n == 0 || n > WORD_MAX)
			continue;
		distance = edit_distance(word, length, *choices, n);
		/* at least half of the word must have been right */
		if (distance < best_distance && distance <= NEAR_MAX &&
			2 * distance <= (int) (length > n ? length : n))
		{
			best = *choices;
			best_distance = distance;
		}
	}
	return best;
}
