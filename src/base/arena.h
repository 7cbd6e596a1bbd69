/*-------------------------------------------------------------------------
 *
 * arena.h
 *	  Bounded bump allocator for the pure floors.
 *
 * Pure C: no PostgreSQL here.  Everything that an adapter or a parser makes
 * for its caller comes from one arena and is released as a whole, so the
 * pure code frees nothing and an ERROR in the engine leaks nothing (the
 * engine hangs hft_arena_destroy on a memory context).  What is released is
 * wiped, because keys and tokens pass through here.
 *
 * Running out of memory, or over the arena's limit, is sticky: allocation
 * returns NULL from then on and hft_arena_failed() says so.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_ARENA_H
#define HFT_ARENA_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct HftArena HftArena;

/* limit: most bytes the arena may hold; NULL when memory is exhausted */
extern HftArena *hft_arena_create(size_t limit);
extern void hft_arena_destroy(HftArena *arena);
extern void hft_arena_reset(HftArena *arena);
extern bool hft_arena_failed(const HftArena *arena);

/* zeroed, aligned for any type */
extern void *hft_arena_alloc(HftArena *arena, size_t size);
extern char *hft_arena_strdup(HftArena *arena, const char *string);
extern char *hft_arena_strndup(HftArena *arena, const char *string,
							   size_t length);
extern char *hft_arena_printf(HftArena *arena, const char *format, ...)
			__attribute__((format(printf, 2, 3)));

#endif							/* HFT_ARENA_H */
