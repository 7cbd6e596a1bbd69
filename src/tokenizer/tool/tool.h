/*-------------------------------------------------------------------------
 *
 * tool.h
 *	  What the commands hft-vocab and hft-count share.
 *
 * A command exits with a message on the first thing that is wrong, and
 * leaves freeing to the end of its process.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_TOKENIZER_TOOL_H
#define HFT_TOKENIZER_TOOL_H

#include <stdio.h>

#include "tokenizer/compile.h"

/* tool/tool.c */
extern const char *tool_name;
extern void fail(const char *format, ...)
			__attribute__((format(printf, 1, 2), noreturn));
extern void *allocate(size_t size);
extern char *read_all(FILE *in, size_t *size);

/* tool/unicode.c */
extern void read_unicode(HftSection *section, const char *classes_path,
						 const char *normal_path);

#endif							/* HFT_TOKENIZER_TOOL_H */
