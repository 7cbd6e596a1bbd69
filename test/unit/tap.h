/*-------------------------------------------------------------------------
 *
 * tap.h
 *	  Points of the Test Anything Protocol for unit tests.
 *
 * A test's main() runs its points and returns tap_done(), which prints the
 * plan: a test that dies early has none and is counted as failed.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TAP_H
#define TAP_H

#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int	tap_run = 0;
static int	tap_failed = 0;

__attribute__((format(printf, 2, 3), unused))
static bool
ok(bool passed, const char *format, ...)
{
	va_list		args;

	tap_run++;
	tap_failed += !passed;
	printf("%sok %d - ", passed ? "" : "not ", tap_run);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	return passed;
}

/* Equal texts; NULL equals only NULL. */
__attribute__((unused))
static bool
is_text(const char *got, const char *expected, const char *name)
{
	bool		same = got != NULL && expected != NULL
		? strcmp(got, expected) == 0 : got == expected;

	if (!ok(same, "%s", name))
		printf("#      got: %s\n# expected: %s\n",
			   got ? got : "NULL", expected ? expected : "NULL");
	return same;
}

__attribute__((unused))
static bool
is_int(long long got, long long expected, const char *name)
{
	if (!ok(got == expected, "%s", name))
		printf("#      got: %lld\n# expected: %lld\n", got, expected);
	return got == expected;
}

/* Equal up to a relative error, or an absolute one around zero. */
__attribute__((unused))
static bool
is_near(double got, double expected, double error, const char *name)
{
	bool		near = fabs(got - expected)
		<= error * fmax(fabs(expected), expected == 0 ? 1 : 0);

	if (!ok(near, "%s", name))
		printf("#      got: %.17g\n# expected: %.17g\n", got, expected);
	return near;
}

__attribute__((unused))
static int
tap_done(void)
{
	printf("1..%d\n", tap_run);
	return tap_failed != 0;
}

#endif							/* TAP_H */
