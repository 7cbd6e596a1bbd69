/*-------------------------------------------------------------------------
 *
 * unicode.c
 *	  The tables of Unicode in a vocabulary, out of unicode16.txt and
 *	  nfc16.txt.
 *
 *-------------------------------------------------------------------------
 */
#include <stdlib.h>
#include <string.h>

#include "tokenizer/tool/tool.h"
#include "tokenizer/unicode.h"

#define MAX_MAPS	4096
#define MAX_PARTS	8			/* of a full decomposition */

typedef struct Map
{
	uint32_t	parts[2];
	int			n;
	bool		composes;
} Map;

typedef struct Normal
{
	uint8_t    *order;			/* [HFT_CODE_POINTS] */
	uint16_t   *map;			/* [HFT_CODE_POINTS], 0: none */
	uint8_t    *maybe;			/* [HFT_CODE_POINTS], composes backward */
	Map			maps[MAX_MAPS];
	int			nmaps;
} Normal;

static void
add_map(Normal *normal, const char *line)
{
	Map		   *map = &normal->maps[++normal->nmaps];
	unsigned int code;
	char		key;

	if (normal->nmaps == MAX_MAPS - 1)
		fail("too many decompositions");
	map->n = sscanf(line, "%c %x %x %x", &key, &code, &map->parts[0],
					&map->parts[1]) - 2;
	map->composes = key == 'D';
	if (map->n < 1 || code >= HFT_CODE_POINTS)
		fail("malformed line \"%s\"", line);
	normal->map[code] = normal->nmaps;
	if (map->composes)
		normal->maybe[map->parts[1]] = true;
}

static void
read_normal(Normal *normal, const char *path)
{
	FILE	   *in = fopen(path, "r");
	char		line[256];
	unsigned int first;
	unsigned int last;
	unsigned int order;

	if (in == NULL)
		fail("cannot open \"%s\"", path);
	while (fgets(line, sizeof(line), in) != NULL)
	{
		if (line[0] == 'D' || line[0] == 'X')
			add_map(normal, line);
		else if (line[0] == 'C')
		{
			if (sscanf(line, "C %x %x %u", &first, &last, &order) != 3 ||
				first > last || last >= HFT_CODE_POINTS)
				fail("malformed line \"%s\"", line);
			memset(normal->order + first, order, last - first + 1);
		}
		else if (line[0] != '#')
			fail("malformed line \"%s\"", line);
	}
	fclose(in);
	/* vowels and final consonants of Hangul compose by arithmetic */
	memset(normal->maybe + 0x1161, true, 21);
	memset(normal->maybe + 0x11A8, true, 27);
}

/* Full decomposition of a character; returns the number of its parts. */
static int
decompose(const Normal *normal, uint32_t code, uint32_t *parts)
{
	const Map  *map = &normal->maps[normal->map[code]];
	int			n = 0;
	int			i;

	if (normal->map[code] == 0)
	{
		parts[0] = code;
		return 1;
	}
	for (i = 0; i < map->n; i++)
		n += decompose(normal, map->parts[i], parts + n);
	return n;
}

/* In the order in which nfc.c searches. */
static int
compare_pairs(const void *a, const void *b)
{
	const HftNormPair *x = a;
	const HftNormPair *y = b;

	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	return x->second < y->second ? -1 : 1;
}

static void
build_norm_pairs(HftSection *section, const Normal *normal)
{
	HftNormPair *pairs = allocate(normal->nmaps * sizeof(HftNormPair));
	uint32_t	n = 0;
	uint32_t	code;

	for (code = 0; code < HFT_CODE_POINTS; code++)
	{
		const Map  *map = &normal->maps[normal->map[code]];

		if (normal->map[code] == 0 || !map->composes)
			continue;
		pairs[n].first = map->parts[0];
		pairs[n].second = map->parts[1];
		pairs[n++].composed = code;
	}
	qsort(pairs, n, sizeof(HftNormPair), compare_pairs);
	section[HFT_SECTION_NORM_PAIR].data = pairs;
	section[HFT_SECTION_NORM_PAIR].size = n * sizeof(HftNormPair);
}

/* The properties of one character; decomposed parts are appended to text. */
static HftNormChar
describe_char(const Normal *normal, uint32_t code, uint32_t *text,
			  uint32_t *used)
{
	uint32_t	parts[MAX_PARTS];
	int			n = decompose(normal, code, parts);
	HftNormChar c = {0};

	c.order = normal->order[code];
	c.boundary = normal->order[parts[0]] == 0 && !normal->maybe[parts[0]];
	c.suspect = normal->maybe[code] || normal->maybe[parts[0]];
	if (normal->map[code] != 0)
	{
		c.suspect |= !normal->maps[normal->map[code]].composes;
		c.ndecomposed = n;
		c.decomposed = *used;
		memcpy(text + *used, parts, n * sizeof(uint32_t));
		*used += n;
	}
	return c;
}

/*
 * A property of all characters in blocks of 64 code points, each different
 * block stored once; "width" is the size of a value.
 */
static void
build_blocks(HftSection *index_section, HftSection *block_section,
			 const void *values, int width)
{
	uint32_t	nblocks = HFT_CODE_POINTS / HFT_CLASS_BLOCK;
	uint16_t   *index = allocate(nblocks * sizeof(uint16_t));
	size_t		size = (size_t) HFT_CLASS_BLOCK * width;
	char	   *block = allocate(nblocks * size);
	uint32_t	used = 0;
	uint32_t	i;
	uint32_t	j;

	for (i = 0; i < nblocks; i++)
	{
		const char *source = (const char *) values + i * size;

		for (j = 0; j < used; j++)
			if (memcmp(block + j * size, source, size) == 0)
				break;
		if (j == used)
			memcpy(block + used++ * size, source, size);
		index[i] = j;
	}
	index_section->data = index;
	index_section->size = nblocks * sizeof(uint16_t);
	block_section->data = block;
	block_section->size = used * size;
}

/* Every character that is not inert gets a record of its own. */
static void
build_norm_chars(HftSection *section, const Normal *normal)
{
	HftNormChar *chars = allocate(UINT16_MAX * sizeof(HftNormChar));
	uint16_t   *record = allocate(HFT_CODE_POINTS * sizeof(uint16_t));
	uint32_t   *text = allocate(MAX_MAPS * MAX_PARTS * sizeof(uint32_t));
	uint32_t	n = 1;
	uint32_t	used = 0;
	uint32_t	code;

	chars[0].boundary = true;
	for (code = 0; code < HFT_CODE_POINTS; code++)
	{
		if (normal->order[code] == 0 && normal->map[code] == 0 &&
			!normal->maybe[code])
			continue;
		if (n == UINT16_MAX)
			fail("too many characters");
		record[code] = n;
		chars[n++] = describe_char(normal, code, text, &used);
	}
	section[HFT_SECTION_NORM_CHAR].data = chars;
	section[HFT_SECTION_NORM_CHAR].size = n * sizeof(HftNormChar);
	section[HFT_SECTION_NORM_TEXT].data = text;
	section[HFT_SECTION_NORM_TEXT].size = used * sizeof(uint32_t);
	build_blocks(&section[HFT_SECTION_NORM_INDEX],
				 &section[HFT_SECTION_NORM_BLOCK], record, sizeof(uint16_t));
}

static uint8_t
class_of_letter(char letter)
{
	switch (letter)
	{
		case 'U':
			return HFT_CHAR_UPPER;
		case 'l':
			return HFT_CHAR_LOWER;
		case 'o':
			return HFT_CHAR_CASELESS;
		case 'M':
			return HFT_CHAR_MARK;
		case 'N':
			return HFT_CHAR_NUMBER;
		case 'P':
			return HFT_CHAR_PUNCT;
		case 'S':
			return HFT_CHAR_SPACE;
	}
	fail("unknown character class \"%c\"", letter);
}

/* Fill classes[HFT_CODE_POINTS] from unicode16.txt. */
static void
read_classes(uint8_t *classes, const char *path)
{
	FILE	   *in = fopen(path, "r");
	char		line[256];

	if (in == NULL)
		fail("cannot open \"%s\"", path);
	while (fgets(line, sizeof(line), in) != NULL)
	{
		unsigned int first;
		unsigned int last;
		char		letter;

		if (line[0] == '#')
			continue;
		if (sscanf(line, "%x %x %c", &first, &last, &letter) != 3 ||
			first > last || last >= HFT_CODE_POINTS)
			fail("malformed line \"%s\" in \"%s\"", line, path);
		memset(classes + first, class_of_letter(letter), last - first + 1);
	}
	fclose(in);
	classes['\r'] |= HFT_CHAR_NEWLINE;
	classes['\n'] |= HFT_CHAR_NEWLINE;
}

void
read_unicode(HftSection *section, const char *classes_path,
			 const char *normal_path)
{
	uint8_t    *classes = allocate(HFT_CODE_POINTS);
	Normal	   *normal = allocate(sizeof(Normal));

	read_classes(classes, classes_path);
	build_blocks(&section[HFT_SECTION_CLASS_INDEX],
				 &section[HFT_SECTION_CLASS_BLOCK], classes, 1);

	normal->order = allocate(HFT_CODE_POINTS);
	normal->map = allocate(HFT_CODE_POINTS * sizeof(uint16_t));
	normal->maybe = allocate(HFT_CODE_POINTS);
	read_normal(normal, normal_path);
	build_norm_pairs(section, normal);
	build_norm_chars(section, normal);
}
