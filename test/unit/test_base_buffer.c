/*-------------------------------------------------------------------------
 *
 * test_base_buffer.c
 *	  Buffers and arenas keep within their limits, and a failure sticks.
 *
 *-------------------------------------------------------------------------
 */
#include "base/arena.h"
#include "base/buffer.h"

#include <stdint.h>

#include "tap.h"

static void
test_buffer(void)
{
	HftBuffer	buffer;

	hft_buffer_init(&buffer, 10);
	ok(hft_buffer_puts(&buffer, "12345"), "half");
	ok(hft_buffer_append(&buffer, "67890", 5), "exactly full");
	ok(!hft_buffer_putc(&buffer, '!'), "one too many");
	is_text(buffer.data, "1234567890", "keeps what it has");
	ok(!hft_buffer_append(&buffer, "", 0), "failed stays failed");
	hft_buffer_reset(&buffer);
	is_text(buffer.data, "", "empty after reset");
	ok(hft_buffer_puts(&buffer, "again"), "and usable");
	ok(!hft_buffer_append(&buffer, "x", SIZE_MAX), "no overflow");
	is_text(buffer.data, "again", "still what it had");
	hft_buffer_free(&buffer);
}

static void
test_growth(void)
{
	HftBuffer	buffer;
	bool		all = true;

	hft_buffer_init(&buffer, 1000000);
	for (int i = 0; i < 1000000; i++)
		all = all && hft_buffer_putc(&buffer, 'a' + i % 26);
	ok(all, "a million bytes, one by one");
	is_int(buffer.length, 1000000, "all there");
	ok(buffer.data[999999] == 'a' + 999999 % 26, "the last one, too");
	ok(buffer.data[1000000] == '\0', "terminated");
	ok(!hft_buffer_putc(&buffer, 'x'), "and no more");
	hft_buffer_free(&buffer);
}

static void
test_arena(void)
{
	HftArena   *arena = hft_arena_create(100000);
	char	   *first = hft_arena_strdup(arena, "first");
	double	   *number;

	is_text(hft_arena_printf(arena, "%s-%d", first, 7), "first-7", "printf");
	is_text(hft_arena_strndup(arena, "abcdef", 3), "abc", "strndup");
	is_text(hft_arena_strdup(arena, NULL), NULL, "NULL stays NULL");
	hft_arena_alloc(arena, 1);
	number = hft_arena_alloc(arena, sizeof(double));
	ok((uintptr_t) number % _Alignof(max_align_t) == 0 && *number == 0,
	   "aligned and zeroed");
	for (int i = 0; i < 50; i++)
		hft_arena_alloc(arena, 1000);
	is_text(first, "first", "nothing moves while it grows");
	ok(!hft_arena_failed(arena), "within the limit");
	ok(hft_arena_alloc(arena, 100000) == NULL, "over the limit");
	ok(hft_arena_alloc(arena, 1) == NULL, "failed stays failed");
	ok(hft_arena_failed(arena), "and says so");
	hft_arena_reset(arena);
	ok(!hft_arena_failed(arena) && hft_arena_alloc(arena, 99000) != NULL,
	   "usable after reset");
	ok(hft_arena_alloc(arena, SIZE_MAX) == NULL, "no overflow");
	hft_arena_destroy(arena);
	hft_arena_destroy(NULL);
}

int
main(void)
{
	test_buffer();
	test_growth();
	test_arena();
	return tap_done();
}
