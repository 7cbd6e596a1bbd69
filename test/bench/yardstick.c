/*-------------------------------------------------------------------------
 *
 * yardstick.c
 *	  Another counter, beside which bench_tokens measures ours.
 *
 * Compiled once per encoding, with -DSOURCE='"file.c"' and -DNAME(part) that
 * puts the encoding's name before a part of ours.  The file is a program that
 * counts a document with count_doc(), once its main() was called with the
 * name of an encoding; it reads its tables from tok/ in the current folder,
 * where bench_tokens puts them.
 *
 *-------------------------------------------------------------------------
 */
#define main NAME(_main)
#include SOURCE
#undef main

extern void NAME(_open) (char *encoding);
extern long long NAME(_count) (const char *text, unsigned len);

void
NAME(_open) (char *encoding)
{
	char	   *arguments[] = {"yardstick", encoding, NULL};

	NAME(_main) (2, arguments);
}

long long
NAME(_count) (const char *text, unsigned len)
{
	return count_doc((const u8 *) text, (const u8 *) text + len);
}
