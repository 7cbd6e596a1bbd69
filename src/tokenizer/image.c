/*-------------------------------------------------------------------------
 *
 * image.c
 *	  Tokens of an image: its size, and the platforms' rules.
 *
 * The rules are those that the platforms publish.  OpenAI's for tiles agree
 * with what was billed for images of known sizes; of those for patches only
 * the unscaled ones do, so they are estimates, as are all others.
 *
 *-------------------------------------------------------------------------
 */
#include <math.h>
#include <string.h>

#include "tokenizer/image.h"

#define UNKNOWN_SIDE	1024	/* of an image whose size is not known */

/* ---- size ---- */

/* Bytes behind base64, decoded where they are asked for. */
typedef struct Base64
{
	const char *text;
	size_t		len;
} Base64;

static int
digit_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* The byte at an offset, -1 behind the end. */
static int
byte_at(const Base64 *data, size_t offset)
{
	size_t		at = offset / 3 * 4 + offset % 3;
	int			shift = 2 + 2 * (offset % 3);
	int			high;
	int			low;

	if (at + 1 >= data->len)
		return -1;
	high = digit_of(data->text[at]);
	low = digit_of(data->text[at + 1]);
	if (high < 0 || low < 0)
		return -1;
	return ((high << shift) | (low >> (6 - shift))) & 0xFF;
}

static bool
has_bytes(const Base64 *data, size_t offset, const char *bytes, size_t n)
{
	size_t		i;

	for (i = 0; i < n; i++)
		if (byte_at(data, offset + i) != (unsigned char) bytes[i])
			return false;
	return true;
}

/* A number of n bytes; false when it is not all there. */
static bool
read_number(const Base64 *data, size_t offset, int n, bool big,
			uint32_t *number)
{
	int			i;

	*number = 0;
	for (i = 0; i < n; i++)
	{
		int			byte = byte_at(data, offset + i);

		if (byte < 0)
			return false;
		*number |= (uint32_t) byte << 8 * (big ? n - 1 - i : i);
	}
	return true;
}

/*
 * Frames of JPEG begin with a marker 0xC0 to 0xCF, three of which are no
 * frames; before them stand segments that say how long they are.
 */
static bool
measure_jpeg(const Base64 *data, HftImage *image)
{
	size_t		at = 2;
	uint32_t	skip;

	for (;;)
	{
		int			marker = byte_at(data, at + 1);

		if (byte_at(data, at) != 0xFF || marker < 0)
			return false;
		if (marker == 0xFF)		/* padding */
		{
			at++;
			continue;
		}
		if (marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 &&
			marker != 0xC8 && marker != 0xCC)
			return read_number(data, at + 5, 2, true, &image->height) &&
				read_number(data, at + 7, 2, true, &image->width);
		if (!read_number(data, at + 2, 2, true, &skip) || skip < 2)
			return false;
		at += 2 + skip;
	}
}

/* Three kinds of WebP; sizes are stored less one in two of them. */
static bool
measure_webp(const Base64 *data, HftImage *image)
{
	uint32_t	bits;

	if (has_bytes(data, 12, "VP8X", 4))
	{
		if (!read_number(data, 24, 3, false, &image->width) ||
			!read_number(data, 27, 3, false, &image->height))
			return false;
		image->width++;
		image->height++;
		return true;
	}
	if (has_bytes(data, 12, "VP8L", 4))
	{
		if (!read_number(data, 21, 4, false, &bits))
			return false;
		image->width = (bits & 0x3FFF) + 1;
		image->height = (bits >> 14 & 0x3FFF) + 1;
		return true;
	}
	if (!has_bytes(data, 12, "VP8 ", 4) ||
		!read_number(data, 26, 2, false, &image->width) ||
		!read_number(data, 28, 2, false, &image->height))
		return false;
	image->width &= 0x3FFF;
	image->height &= 0x3FFF;
	return true;
}

static bool
measure_data(const Base64 *data, HftImage *image)
{
	if (has_bytes(data, 0, "\x89PNG\r\n\x1A\n", 8))
		return read_number(data, 16, 4, true, &image->width) &&
			read_number(data, 20, 4, true, &image->height);
	if (has_bytes(data, 0, "GIF8", 4))
		return read_number(data, 6, 2, false, &image->width) &&
			read_number(data, 8, 2, false, &image->height);
	if (has_bytes(data, 0, "RIFF", 4) && has_bytes(data, 8, "WEBP", 4))
		return measure_webp(data, image);
	if (has_bytes(data, 0, "\xFF\xD8", 2))
		return measure_jpeg(data, image);
	return false;
}

bool
hft_image_measure(const char *url, size_t len, HftImage *image)
{
	static const char start[] = "data:image/";
	static const char coding[] = ";base64,";
	const char *comma;
	Base64		data;

	image->width = 0;
	image->height = 0;
	if (url == NULL || len < sizeof(start) ||
		memcmp(url, start, sizeof(start) - 1) != 0)
		return false;
	comma = memchr(url, ',', len);
	if (comma == NULL || comma - url < sizeof(start) + sizeof(coding) - 3 ||
		memcmp(comma - (sizeof(coding) - 2), coding, sizeof(coding) - 1) != 0)
		return false;
	data.text = comma + 1;
	data.len = url + len - data.text;
	if (measure_data(&data, image) && image->width > 0 && image->height > 0)
		return true;
	image->width = 0;
	image->height = 0;
	return false;
}

/* ---- rules ---- */

typedef enum Kind
{
	KIND_NONE,
	KIND_TILES,					/* base, per tile of 512 pixels */
	KIND_PATCHES,				/* percent of the patches of 32 pixels */
	KIND_CROPS,					/* per crop of about 768 pixels */
	KIND_FIXED,
	KIND_AREA					/* pixels per token, most tokens */
} Kind;

static const struct
{
	const char *name;
	Kind		kind;
	int			first;
	int			second;
}			rules[HFT_NIMAGE_RULES] = {
	[HFT_IMAGES_NONE] = {"none", KIND_NONE},
	[HFT_IMAGES_OPENAI] = {"openai", KIND_TILES, 85, 170},
	[HFT_IMAGES_OPENAI_4O_MINI] = {"openai_4o_mini", KIND_TILES, 2833, 5667},
	[HFT_IMAGES_OPENAI_O] = {"openai_o", KIND_TILES, 75, 150},
	[HFT_IMAGES_OPENAI_5] = {"openai_5", KIND_TILES, 70, 140},
	[HFT_IMAGES_OPENAI_MINI] = {"openai_mini", KIND_PATCHES, 162},
	[HFT_IMAGES_OPENAI_NANO] = {"openai_nano", KIND_PATCHES, 246},
	[HFT_IMAGES_OPENAI_O4_MINI] = {"openai_o4_mini", KIND_PATCHES, 172},
	[HFT_IMAGES_GEMINI] = {"gemini", KIND_CROPS, 258},
	[HFT_IMAGES_GEMINI_3] = {"gemini_3", KIND_FIXED, 1120},
	/* 256, its two markers and an empty line before and after it */
	[HFT_IMAGES_GEMMA] = {"gemma", KIND_FIXED, 260},
	[HFT_IMAGES_CLAUDE] = {"claude", KIND_AREA, 750, 1600},
	[HFT_IMAGES_NOVA] = {"nova", KIND_AREA, 650, 2600},
};

#define TILES_BOX		2048
#define TILES_SHORT		768
#define TILE			512
#define PATCH			32
#define MAX_PATCHES		1536
#define SMALL_CROP		384
#define MIN_CROP		256
#define MAX_CROP		768

static int64_t
cover(double side, double tile)
{
	return (int64_t) ceil(side / tile - 1e-6);
}

/* Scaled down into a square, then to its shorter side; never up. */
static int64_t
count_tiles(double width, double height)
{
	double		longer = fmax(width, height);
	double		shorter = fmin(width, height);
	double		scale = fmin(1, TILES_BOX / longer);

	scale = fmin(scale, TILES_SHORT / shorter);
	return cover(width * scale, TILE) * cover(height * scale, TILE);
}

/* Scaled down until whole patches of the shorter side fit the budget. */
static int64_t
count_patches(double width, double height)
{
	int64_t		patches = cover(width, PATCH) * cover(height, PATCH);
	double		scale;
	double		across;
	double		down;

	if (patches <= MAX_PATCHES)
		return patches;
	scale = sqrt((double) PATCH * PATCH * MAX_PATCHES / (width * height));
	across = width * scale / PATCH;
	down = height * scale / PATCH;
	scale = fmin(floor(across) / across, floor(down) / down);
	if (scale <= 0)				/* thinner than a patch */
		return MAX_PATCHES;
	patches = cover(across * scale, 1) * cover(down * scale, 1);
	return patches < MAX_PATCHES ? patches : MAX_PATCHES;
}

static int64_t
count_crops(double width, double height)
{
	double		crop;

	if (width <= SMALL_CROP && height <= SMALL_CROP)
		return 1;
	crop = floor(fmin(width, height) / 1.5);
	crop = fmin(fmax(crop, MIN_CROP), MAX_CROP);
	return cover(width, crop) * cover(height, crop);
}

int64_t
hft_image_tokens(HftImageRule rule, const HftImage *image, bool *exact)
{
	bool		known = image->width > 0 && image->height > 0;
	double		width = known ? image->width : UNKNOWN_SIDE;
	double		height = known ? image->height : UNKNOWN_SIDE;
	int			first = rules[rule].first;
	int64_t		tokens;

	if (rules[rule].kind == KIND_TILES && image->detail == HFT_DETAIL_LOW)
		return first;
	if (!known || rules[rule].kind != KIND_TILES ||
		image->detail == HFT_DETAIL_AUTO)
		*exact = false;
	switch (rules[rule].kind)
	{
		case KIND_NONE:
			return 0;
		case KIND_TILES:
			return first + count_tiles(width, height) * rules[rule].second;
		case KIND_PATCHES:
			return (count_patches(width, height) * first + 99) / 100;
		case KIND_CROPS:
			return first * count_crops(width, height);
		case KIND_FIXED:
			return first;
		case KIND_AREA:
			tokens = cover(width * height, first);
			return tokens < rules[rule].second ? tokens : rules[rule].second;
	}
	return 0;
}

const char *
hft_image_rule_name(HftImageRule rule)
{
	return rules[rule].name;
}

bool
hft_image_rule_find(const char *name, HftImageRule *rule)
{
	int			i;

	for (i = 0; i < HFT_NIMAGE_RULES; i++)
		if (strcmp(rules[i].name, name) == 0)
		{
			*rule = i;
			return true;
		}
	return false;
}
