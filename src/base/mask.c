/*-------------------------------------------------------------------------
 *
 * mask.c
 *	  Keep secrets out of texts (R41, F73): the pure part of redaction.
 *
 * A text is masked from left to right.  At each place the live secrets of
 * the process are tried first, longest first, so that a secret that contains
 * another leaves no tail behind; then the table of shapes that only secrets
 * have.  Both err on the side of masking too much.
 *
 *-------------------------------------------------------------------------
 */
#include "base/mask.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SECRET_MIN 4
#define PART_MIN 8				/* of a secret that is cut off */

static struct
{
	char	  **secrets;		/* by falling length */
	int			count;
	int			capacity;
	bool		starts[256];	/* first bytes of the secrets */
}			live;

/* Where the secret is, seen from the word of a shape. */
typedef enum Place
{
	ITSELF,						/* begins with the word */
	AFTER_BLANK,				/* behind the word and blanks */
	AFTER_SIGN,					/* behind the word, quotes and ':' or '=' */
	UP_TO_AT,					/* behind the word, up to an '@' */
	UP_TO_END					/* up to a line "-----END ...-----" */
} Place;

typedef struct Shape
{
	const char *word;
	Place		place;
	size_t		least;			/* a shorter value is no secret */
} Shape;

static const Shape shapes[] = {
	{"sk-", ITSELF, 8},
	{"tgp_v1_", ITSELF, 8},
	{"fw_", ITSELF, 16},
	{"hf_", ITSELF, 16},
	{"ya29.", ITSELF, 8},
	{"AKIA", ITSELF, 12},
	{"ASIA", ITSELF, 12},
	{"eyJ", ITSELF, 24},		/* a JSON web token */
	{"Bearer", AFTER_BLANK, 5},
	{"Basic", AFTER_BLANK, 16},
	{"X-Amz-Signature", AFTER_SIGN, 1},
	{"X-Amz-Credential", AFTER_SIGN, 1},
	{"X-Amz-Security-Token", AFTER_SIGN, 1},
	{"X-Goog-Signature", AFTER_SIGN, 1},
	{"X-Goog-Credential", AFTER_SIGN, 1},
	{"api_key", AFTER_SIGN, 1},
	{"api-key", AFTER_SIGN, 1},
	{"apikey", AFTER_SIGN, 1},
	{"?key", AFTER_SIGN, 1},
	{"&key", AFTER_SIGN, 1},
	{"access_token", AFTER_SIGN, 1},
	{"refresh_token", AFTER_SIGN, 1},
	{"token", AFTER_SIGN, 12},
	{"client_secret", AFTER_SIGN, 1},
	{"password", AFTER_SIGN, 1},
	{"signature", AFTER_SIGN, 1},
	{"sig", AFTER_SIGN, 8},
	{"://", UP_TO_AT, 1},
	{"-----BEGIN ", UP_TO_END, 1},
};

/* ---- the live secrets */

static bool
grow_live(void)
{
	int			capacity = live.capacity ? live.capacity * 2 : 16;
	char	  **secrets = realloc(live.secrets, capacity * sizeof(char *));

	if (secrets == NULL)
		return false;
	live.secrets = secrets;
	live.capacity = capacity;
	return true;
}

bool
hft_mask_remember(const char *secret)
{
	size_t		length = strlen(secret);
	char	   *copy;
	int			place;

	if (length < SECRET_MIN)
		return true;
	for (place = 0; place < live.count; place++)
		if (strcmp(live.secrets[place], secret) == 0)
			return true;
	if (live.count == live.capacity && !grow_live())
		return false;
	copy = strdup(secret);
	if (copy == NULL)
		return false;
	for (place = live.count++; place > 0; place--)
	{
		if (strlen(live.secrets[place - 1]) >= length)
			break;
		live.secrets[place] = live.secrets[place - 1];
	}
	live.secrets[place] = copy;
	live.starts[(unsigned char) *copy] = true;
	return true;
}

static void
wipe(char *secret)
{
	explicit_bzero(secret, strlen(secret));
	free(secret);
}

void
hft_mask_drop(const char *secret)
{
	for (int i = 0; i < live.count; i++)
	{
		if (strcmp(live.secrets[i], secret) != 0)
			continue;
		wipe(live.secrets[i]);
		live.count--;
		memmove(&live.secrets[i], &live.secrets[i + 1],
				(live.count - i) * sizeof(char *));
		return;
	}
}

void
hft_mask_forget(void)
{
	while (live.count > 0)
		wipe(live.secrets[--live.count]);
	free(live.secrets);
	memset(&live, 0, sizeof(live));
}

/*
 * Length of the live secret that "at" begins with, or 0.  A text that was cut
 * off in the middle of a secret shows enough of it to be masked, too.
 */
static size_t
match_live(const char *at)
{
	if (!live.starts[(unsigned char) *at])
		return 0;
	for (int i = 0; i < live.count; i++)
	{
		const char *secret = live.secrets[i];
		size_t		same = 0;

		while (secret[same] != '\0' && at[same] == secret[same])
			same++;
		if (secret[same] == '\0' || (at[same] == '\0' && same >= PART_MIN))
			return same;
	}
	return 0;
}

/* ---- shapes */

static bool
is_word_byte(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
		(c >= 'a' && c <= 'z');
}

/* Length of what may be a key, a token or a signature. */
static size_t
value_length(const char *at)
{
	size_t		length = 0;

	while (is_word_byte(at[length]) ||
		   (at[length] != '\0' && strchr("-_.~+/=%", at[length]) != NULL))
		length++;
	return length;
}

/* Length of blanks, quotes and exactly one sign; 0 without a sign. */
static size_t
sign_length(const char *at)
{
	size_t		before = strspn(at, " \t\"'\\");

	if (at[before] != ':' && at[before] != '=')
		return 0;
	return before + 1 + strspn(at + before + 1, " \t\"'\\");
}

/* Length of user and password in front of an '@', or 0. */
static size_t
userinfo_length(const char *at)
{
	size_t		length = strcspn(at, "@/?# \t\r\n\"'");

	return at[length] == '@' ? length : 0;
}

/* Length of a key in PEM armour, of which the end may have been cut off. */
static size_t
armour_length(const char *at)
{
	const char *end = strstr(at, "-----END");

	end = end ? strstr(end + 8, "-----") : NULL;
	return end ? (size_t) (end + 5 - at) : strlen(at);
}

/*
 * Does "at" begin with the shape?  Then *lead bytes stay readable and the
 * returned number of bytes behind them is masked; otherwise 0.
 */
static size_t
match_shape(const Shape *shape, const char *at, size_t *lead)
{
	size_t		word = strlen(shape->word);
	size_t		gap;
	size_t		length = 0;

	if (strncasecmp(at, shape->word, word) != 0)
		return 0;
	*lead = word;
	switch (shape->place)
	{
		case ITSELF:
			*lead = 0;
			length = value_length(at);
			break;
		case AFTER_BLANK:
			gap = strspn(at + word, " \t");
			*lead += gap;
			length = gap > 0 ? value_length(at + *lead) : 0;
			break;
		case AFTER_SIGN:
			gap = sign_length(at + word);
			*lead += gap;
			length = gap > 0 ? value_length(at + *lead) : 0;
			break;
		case UP_TO_AT:
			length = userinfo_length(at + word);
			break;
		case UP_TO_END:
			*lead = 0;
			length = armour_length(at);
			break;
	}
	return length >= shape->least ? length : 0;
}

static size_t
match_shapes(const char *at, size_t *lead)
{
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
	{
		size_t		length = match_shape(&shapes[i], at, lead);

		if (length > 0)
			return length;
	}
	return 0;
}

/* ---- UTF-8 */

/* Length of the valid character at "at", or 0 (overlong, surrogate, ...). */
static size_t
utf8_length(const char *at)
{
	const unsigned char *s = (const unsigned char *) at;
	size_t		length = s[0] < 0x80 ? 1 : s[0] < 0xC2 ? 0 :
		s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3 : s[0] < 0xF5 ? 4 : 0;

	for (size_t i = 1; i < length; i++)
		if ((s[i] & 0xC0) != 0x80)
			return 0;
	if ((s[0] == 0xE0 && s[1] < 0xA0) || (s[0] == 0xED && s[1] > 0x9F) ||
		(s[0] == 0xF0 && s[1] < 0x90) || (s[0] == 0xF4 && s[1] > 0x8F))
		return 0;
	return length;
}

/* Append the character at "at" and return how many bytes it took. */
static size_t
put_character(HftBuffer *out, const char *at, bool ascii)
{
	size_t		length = utf8_length(at);

	if (length == 1)
	{
		bool		control = (unsigned char) *at < 0x20 || *at == 0x7F;

		hft_buffer_putc(out, control && *at != '\n' && *at != '\t' ?
						' ' : *at);
	}
	else if (ascii)
		hft_buffer_putc(out, '?');
	else if (length == 0)
		hft_buffer_puts(out, "\xEF\xBF\xBD");
	else
		hft_buffer_append(out, at, length);
	return length > 0 ? length : 1;
}

void
hft_mask_text(HftBuffer *out, const char *text, bool ascii)
{
	const char *at = text;

	while (*at != '\0' && !out->failed)
	{
		size_t		lead = 0;
		size_t		secret = match_live(at);

		/* "task-1" is not a key: shapes begin where a word begins */
		if (secret == 0 && (at == text || !is_word_byte(at[-1]) ||
							!is_word_byte(at[0])))
			secret = match_shapes(at, &lead);
		if (secret == 0)
		{
			at += put_character(out, at, ascii);
			continue;
		}
		hft_buffer_append(out, at, lead);
		hft_buffer_puts(out, HFT_MASK);
		at += lead + secret;
	}
}
