/*-------------------------------------------------------------------------
 *
 * paging.c
 *	  Walking a listing page by page, to its end and not beyond.
 *
 *-------------------------------------------------------------------------
 */
#include "provider/paging.h"

#include <string.h>

#define MAX_PAGES 10000

/* NULL only when memory is short; the arena knows. */
const char *
hft_page_query(const HftCall *call)
{
	json_t	   *cursor = hft_json_object(call->cursor);
	const char *after = hft_pick_id(call->arena, cursor, "after");

	json_decref(cursor);
	if (after == NULL)
		return "";
	after = hft_url_encode(call->arena, after);
	return after ? hft_arena_printf(call->arena, "&after=%s", after) : NULL;
}

/*
 * has_more decides, and not the number of items: servers cap pages below what
 * was asked for.
 */
bool
hft_page_next(HftOutcome *outcome, const HftCall *call,
			  const HftAnswer *answer, json_t *state)
{
	const json_t *data = hft_pick_array(answer->root, "data");
	const json_t *last = json_array_get(data, json_array_size(data) - 1);
	const char *id = hft_pick_id(call->arena, last, "id");
	const char *after = hft_pick_word(answer->cursor, "after");
	int64_t		pages = hft_pick_count(answer->cursor, "pages");

	if (!hft_pick_bool(answer->root, "has_more", false))
		return false;
	pages = pages == HFT_UNKNOWN ? 1 : pages + 1;
	if (id == NULL || (after != NULL && strcmp(id, after) == 0) ||
		pages >= MAX_PAGES)
	{
		hft_outcome_fail(outcome, HFT_ERROR_BAD_ANSWER,
						 "The listing of the platform does not move on.",
						 NULL);
		return true;
	}
	json_object_set_new(state, "after", json_string(id));
	json_object_set_new(state, "pages", json_integer(pages));
	hft_outcome_more(outcome, call, json_incref(state));
	return true;
}
