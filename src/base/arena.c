/*-------------------------------------------------------------------------
 *
 * arena.c
 *	  Bounded bump allocator for the pure floors.
 *
 * Chunks grow geometrically up to ARENA_CHUNK_MAX; a request larger than a
 * chunk gets one of its own.  The limit counts what the chunks hold, not
 * what was asked for, so it bounds the memory really taken.
 *
 *-------------------------------------------------------------------------
 */
#include "base/arena.h"

#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_CHUNK_MIN 4096
#define ARENA_CHUNK_MAX (256 * 1024)

typedef struct Chunk
{
	struct Chunk *next;
	size_t		size;			/* bytes behind the header */
	size_t		used;
	max_align_t data[];
} Chunk;

struct HftArena
{
	Chunk	   *head;			/* the chunk that is being filled */
	size_t		held;			/* bytes of all chunks */
	size_t		limit;
	bool		failed;
};

HftArena *
hft_arena_create(size_t limit)
{
	HftArena   *arena = calloc(1, sizeof(HftArena));

	if (arena != NULL)
		arena->limit = limit;
	return arena;
}

static void
free_chunks(HftArena *arena)
{
	while (arena->head != NULL)
	{
		Chunk	   *next = arena->head->next;

		/* requests were signed here (R37) */
		explicit_bzero(arena->head->data, arena->head->used);
		free(arena->head);
		arena->head = next;
	}
	arena->held = 0;
}

void
hft_arena_destroy(HftArena *arena)
{
	if (arena == NULL)
		return;
	free_chunks(arena);
	free(arena);
}

void
hft_arena_reset(HftArena *arena)
{
	free_chunks(arena);
	arena->failed = false;
}

bool
hft_arena_failed(const HftArena *arena)
{
	return arena->failed;
}

/* Put a chunk with room for "size" bytes at the head, or fail for good. */
static bool
add_chunk(HftArena *arena, size_t size)
{
	size_t		want = arena->head ? arena->head->size * 2 : ARENA_CHUNK_MIN;
	Chunk	   *chunk;

	if (want > ARENA_CHUNK_MAX)
		want = ARENA_CHUNK_MAX;
	if (want < size)
		want = size;
	if (want > arena->limit - arena->held &&
		size <= arena->limit - arena->held)
		want = size;
	if (want > arena->limit - arena->held)
		return false;
	chunk = malloc(sizeof(Chunk) + want);
	if (chunk == NULL)
		return false;
	chunk->next = arena->head;
	chunk->size = want;
	chunk->used = 0;
	arena->head = chunk;
	arena->held += want;
	return true;
}

void *
hft_arena_alloc(HftArena *arena, size_t size)
{
	const size_t align = alignof(max_align_t);
	void	   *result;

	if (arena->failed || size > arena->limit)
	{
		arena->failed = true;
		return NULL;
	}
	size = (size + align - 1) & ~(align - 1);
	if ((arena->head == NULL || arena->head->size - arena->head->used < size)
		&& !add_chunk(arena, size))
	{
		arena->failed = true;
		return NULL;
	}
	result = (char *) arena->head->data + arena->head->used;
	arena->head->used += size;
	memset(result, 0, size);
	return result;
}

char *
hft_arena_strndup(HftArena *arena, const char *string, size_t length)
{
	char	   *copy;

	if (string == NULL)
		return NULL;
	copy = hft_arena_alloc(arena, length + 1);
	if (copy != NULL)
		memcpy(copy, string, length);
	return copy;
}

char *
hft_arena_strdup(HftArena *arena, const char *string)
{
	return string ? hft_arena_strndup(arena, string, strlen(string)) : NULL;
}

char *
hft_arena_printf(HftArena *arena, const char *format, ...)
{
	va_list		args;
	char	   *result;
	int			length;

	va_start(args, format);
	length = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (length < 0)
		return NULL;
	result = hft_arena_alloc(arena, (size_t) length + 1);
	if (result == NULL)
		return NULL;
	va_start(args, format);
	vsnprintf(result, (size_t) length + 1, format, args);
	va_end(args);
	return result;
}
