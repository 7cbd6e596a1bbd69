/*-------------------------------------------------------------------------
 *
 * times.c
 *	  The two ways in which platforms write a moment.
 *
 * mktime() and strptime() obey the process's zone and locale, which belong
 * to the server; so the calendar is counted here.
 *
 *-------------------------------------------------------------------------
 */
#include "provider/times.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "provider/found.h"

#define MS_PER_S 1000
#define S_PER_MINUTE 60
#define S_PER_HOUR 3600
#define S_PER_DAY 86400

typedef struct Moment
{
	int			year;
	int			month;			/* 1 to 12 */
	int			day;
	int			hour;
	int			minute;
	int			second;
} Moment;

/* Days since 1970-01-01, counted in years that begin on the first of March. */
static int64_t
count_days(int year, int month, int day)
{
	int64_t		y = month <= 2 ? year - 1 : year;
	int64_t		era = y / 400;
	int64_t		year_of_era = y - era * 400;
	int64_t		day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5
		+ day - 1;

	return era * 146097 + year_of_era * 365 + year_of_era / 4
		- year_of_era / 100 + day_of_year - 719468;
}

/* Leap seconds occur; years before 1970 do not, for us. */
static bool
is_moment(const Moment *m)
{
	return m->year >= 1970 && m->year <= 9999 &&
		m->month >= 1 && m->month <= 12 && m->day >= 1 && m->day <= 31 &&
		m->hour >= 0 && m->hour <= 23 && m->minute >= 0 && m->minute <= 59 &&
		m->second >= 0 && m->second <= 60;
}

/* The moment as UTC; the zone is the caller's to subtract. */
static int64_t
moment_seconds(const Moment *m)
{
	return count_days(m->year, m->month, m->day) * S_PER_DAY +
		m->hour * S_PER_HOUR + m->minute * S_PER_MINUTE + m->second;
}

/* ".123456" to ms; moves *text behind the digits */
static int
take_fraction(const char **text)
{
	int			ms = 0;
	int			scale = 100;

	if (**text != '.')
		return 0;
	for ((*text)++; **text >= '0' && **text <= '9'; (*text)++)
	{
		ms += (**text - '0') * scale;
		scale /= 10;
	}
	return ms;
}

/* Seconds east of Greenwich of "Z", "+02:00"; false when it is neither. */
static bool
parse_zone(const char *text, int *offset)
{
	int			hours;
	int			minutes;
	int			end = 0;

	*offset = 0;
	if (strcmp(text, "Z") == 0 || strcmp(text, "z") == 0 || *text == '\0')
		return true;
	if ((*text != '+' && *text != '-') ||
		sscanf(text + 1, "%2d:%2d%n", &hours, &minutes, &end) != 2 ||
		text[1 + end] != '\0' || hours < 0 || hours > 23 || minutes < 0 ||
		minutes > 59)
		return false;
	*offset = (hours * S_PER_HOUR + minutes * S_PER_MINUTE) *
		(*text == '-' ? -1 : 1);
	return true;
}

/*
 * The letter between date and time may be small, or a blank, as PostgreSQL
 * writes it.
 */
int64_t
hft_time_rfc3339(const char *text)
{
	Moment		m;
	int			end = 0;
	int			ms;
	int			offset;

	if (text == NULL ||
		sscanf(text, "%4d-%2d-%2d%*1[Tt ]%2d:%2d:%2d%n", &m.year, &m.month,
			   &m.day, &m.hour, &m.minute, &m.second, &end) != 6 ||
		end == 0 || !is_moment(&m))
		return HFT_UNKNOWN;
	text += end;
	ms = take_fraction(&text);
	if (!parse_zone(text, &offset))
		return HFT_UNKNOWN;
	return (moment_seconds(&m) - offset) * MS_PER_S + ms;
}

/*
 * The two obsolete forms of RFC 9110 are not read: they count as garbage and
 * our own backoff decides (F25).
 */
int64_t
hft_time_http(const char *text)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	char		month[4] = "";
	const char *found;
	Moment		m;
	int			end = 0;

	if (text == NULL ||
		sscanf(text, "%*3[A-Za-z], %2d %3[A-Za-z] %4d %2d:%2d:%2d GMT%n",
			   &m.day, month, &m.year, &m.hour, &m.minute, &m.second,
			   &end) != 6 || end == 0 || text[end] != '\0')
		return HFT_UNKNOWN;
	found = strlen(month) == 3 ? strstr(months, month) : NULL;
	if (found == NULL || (found - months) % 3 != 0)
		return HFT_UNKNOWN;
	m.month = (int) (found - months) / 3 + 1;
	return is_moment(&m) ? moment_seconds(&m) : HFT_UNKNOWN;
}

/* Years of four digits only: what is shown is a day, not an accident. */
const char *
hft_time_day(HftArena *arena, int64_t seconds)
{
	time_t		moment = (time_t) seconds;
	struct tm	day;
	char		text[16];

	if (seconds < 0 || seconds > INT64_C(253402300799) ||
		gmtime_r(&moment, &day) == NULL ||
		strftime(text, sizeof(text), "%Y-%m-%d", &day) == 0)
		return NULL;
	return hft_arena_strdup(arena, text);
}
