/*-------------------------------------------------------------------------
 *
 * test_provider_torture.c
 *	  Every request and answer with the n-th allocation failing (F10).
 *
 * Whatever fails, an adapter ends in success or in a clean error, and what
 * it hands over is complete: a request that would create a job has our mark,
 * an operation that goes on has a cursor.  While a request is written the
 * JSON library's allocations fail one after the other (its parser, version
 * 2.14, frees what it does not own when that happens, so it is spared); and
 * the arena is made too small by and by, for request and answer.
 *
 *-------------------------------------------------------------------------
 */
#include <jansson.h>

#include "provider/pick.h"
#include "provider_rows.h"

#define MAX_RUNS 20000

static long countdown;			/* allocations until one fails; -1: none does */
static bool failed;

static void *
failing_malloc(size_t size)
{
	if (countdown >= 0 && countdown-- == 0)
	{
		failed = true;
		return NULL;
	}
	return malloc(size);
}

static char *
read_file(const char *name)
{
	char		path[200];
	char	   *text;
	FILE	   *file;
	size_t		length;

	snprintf(path, sizeof(path), DATA "%s", name);
	file = fopen(path, "r");
	if (file == NULL)
		return NULL;
	text = calloc(1, 65536);
	length = fread(text, 1, 65535, file);
	fclose(file);
	return length > 0 ? text : NULL;
}

/* Broken promises of one run; what is broken, or NULL. */
static const char *
run_once(const Row *row, const char *answer, size_t arena_limit)
{
	const char *broken = NULL;
	HftOutcome *o;
	Rig			rig;

	row_init(&rig, row);
	hft_arena_destroy(rig.call.arena);
	rig.call.arena = hft_arena_create(arena_limit);
	if (!rig_ask(&rig, row->op))
	{
		if (rig.outcome.progress != HFT_FAILED || !rig.outcome.proof_not_done)
			broken = "a refused request proves that nothing was done";
	}
	else if (rig.request.effect == HFT_EFFECT_PAID &&
			 row->op == HFT_OP_CREATE &&
			 strstr(rig.request.prefix, "9444abcdef01") == NULL)
		broken = "R28: a job without our mark";
	else if (rig.request.has_body && rig.request.prefix == NULL)
		broken = "a body that is not there";
	if (answer != NULL && broken == NULL)
	{
		o = rig_answer(&rig, row->op, 200, answer);
		if ((o->progress == HFT_FAILED) != (o->error != HFT_ERROR_NONE))
			broken = "an error exactly when it failed";
		if (o->progress == HFT_MORE && o->cursor == NULL)
			broken = "a cursor to go on with";
	}
	rig_done(&rig);
	return broken;
}

/* Fail the first allocation, the second, ... until a run needs no more. */
static const char *
fail_json(const Row *row)
{
	const char *broken = NULL;

	/* the parser loses characters of texts above 16, and then itself */
	if ((row->op >= HFT_OP_DEPLOY && strcmp(row->provider, "azure") == 0) ||
		(row->cursor != NULL && strstr(row->cursor, "deployedModels") != NULL))
		return NULL;
	for (long n = 0; n < MAX_RUNS && broken == NULL; n++)
	{
		countdown = n;
		failed = false;
		broken = run_once(row, NULL, RIG_ARENA);
		countdown = -1;
		if (!failed)
			return broken;
	}
	return broken ? broken : "an end";
}

static const char *
shrink_arena(const Row *row, const char *answer)
{
	const char *broken = NULL;

	for (size_t limit = 64; limit < 40000 && broken == NULL; limit += 233)
		broken = run_once(row, answer, limit);
	return broken;
}

int
main(void)
{
	json_set_alloc_funcs(failing_malloc, free);
	countdown = -1;
	for (const Row *row = rows; row->provider != NULL; row++)
	{
		char	   *answer = row->answer ? read_file(row->answer) : NULL;
		const char *broken = fail_json(row);

		ok(broken == NULL, "F10: %s %s %s: %s", row->provider,
		   hft_op_name(row->op), row->cursor ? row->cursor : "",
		   broken ? broken : "JSON allocations");
		broken = shrink_arena(row, answer);
		ok(broken == NULL, "F10: %s %s: %s", row->provider,
		   hft_op_name(row->op), broken ? broken : "arena");
		free(answer);
	}
	return tap_done();
}
