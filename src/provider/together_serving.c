/*-------------------------------------------------------------------------
 *
 * together_serving.c
 *	  What the rooms of Together's dedicated endpoints share; finding one.
 *
 *-------------------------------------------------------------------------
 */
#include "provider/together_serving.h"

#include <ctype.h>
#include <string.h>

#define MAX_PAGES 1000
#define MAX_NAME 40				/* of the user's part of a name */

/* ---- who we are ---- */

/* Also the cheapest way to find out whether the key is good. */
void
hft_together_ask_whoami(const HftCall *call, const json_t *cursor,
						HftRequest *request)
{
	hft_compose(request, call, "GET", hft_together_base(call), "/whoami");
}

/* false when the answer names no project: nothing below it can be asked. */
bool
hft_together_keep_whoami(const HftCall *call, HftAnswer *answer,
						 HftOutcome *outcome)
{
	const char *project = hft_pick_id(call->arena, answer->root,
									  "project_id");

	if (project == NULL)
	{
		hft_outcome_fail(outcome, HFT_ERROR_BAD_ANSWER,
						 "The platform does not name our project.", NULL);
		return false;
	}
	json_object_set_new(answer->cursor, "project", json_string(project));
	return true;
}

/* ---- listings ---- */

/* Five hundred is the most that a page may have. */
void
hft_together_ask_page(const HftCall *call, const json_t *cursor,
					  HftRequest *request, const char *collection)
{
	const char *after = hft_url_encode(call->arena, hft_pick_word(cursor,
																 "after"));

	hft_compose(request, call, "GET", hft_together_v2(call),
				"/projects/%s/%s?limit=500%s%s",
				hft_url_encode(call->arena, hft_pick_word(cursor, "project")),
				collection, after ? "&after=" : "", after ? after : "");
	request->response_limit = HFT_TOGETHER_LIST_LIMIT;
}

/* As paging.h, for a cursor of the platform's instead of a last id. */
bool
hft_together_next_page(const HftCall *call, HftAnswer *answer,
					   HftOutcome *outcome)
{
	const char *after = hft_pick_text(call->arena, answer->root,
									  "next_cursor");
	const char *before = hft_pick_word(answer->cursor, "after");
	int64_t		pages = hft_pick_count(answer->cursor, "pages");

	if (after == NULL || *after == '\0')
		return false;
	pages = pages == HFT_UNKNOWN ? 1 : pages + 1;
	if (strlen(after) > HFT_ID_LIMIT || pages >= MAX_PAGES ||
		(before != NULL && strcmp(before, after) == 0))
	{
		hft_outcome_fail(outcome, HFT_ERROR_BAD_ANSWER,
						 "The listing of the platform does not move on.",
						 NULL);
		return true;
	}
	json_object_set_new(answer->cursor, "after", json_string(after));
	json_object_set_new(answer->cursor, "pages", json_integer(pages));
	hft_outcome_more(outcome, call, json_incref(answer->cursor));
	return true;
}

/* GET .../models */
void
hft_together_ask_models(const HftCall *call, const json_t *cursor,
						HftRequest *request)
{
	hft_together_ask_page(call, cursor, request, "models");
}

/* Are the two names equal, or equal but for a leading "slug/"? */
static bool
is_name(const char *theirs, const char *name)
{
	const char *slash = theirs ? strchr(theirs, '/') : NULL;

	return theirs != NULL && name != NULL &&
		(strcmp(theirs, name) == 0 ||
		 (slash != NULL && strcmp(slash + 1, name) == 0));
}

/* NULL when this page lacks it. */
const char *
hft_together_pick_model(const HftCall *call, const HftAnswer *answer,
						const char *name)
{
	size_t		i;
	json_t	   *model;

	json_array_foreach(hft_pick_array(answer->root, "data"), i, model)
	{
		if (is_name(hft_pick_word(model, "name"), name) ||
			is_name(hft_pick_word(model, "id"), name))
			return hft_pick_id(call->arena, model, "id");
	}
	return NULL;
}

/* ---- our names ---- */

/*
 * What the user called it, in the characters that a name may have, and
 * digits of the token, which make it ours alone.
 */
const char *
hft_together_deploy_name(const HftCall *call)
{
	const char *wanted = call->deployment->name;
	const char *digits = hft_together_digits(call, call->deployment->token);
	char		name[MAX_NAME + 1];
	size_t		length = 0;

	for (; wanted != NULL && *wanted != '\0' && length < MAX_NAME; wanted++)
	{
		if (isalnum((unsigned char) *wanted))
			name[length++] = *wanted;
		else if (length > 0 && name[length - 1] != '-')
			name[length++] = '-';
	}
	while (length > 0 && name[length - 1] == '-')
		length--;
	name[length] = '\0';
	return hft_arena_printf(call->arena, "%s-%s", length ? name : "hft",
							digits);
}

/* NULL when this page lacks it. */
const json_t *
hft_together_find_named(const HftCall *call, const HftAnswer *answer)
{
	const char *name = hft_together_deploy_name(call);
	size_t		i;
	json_t	   *item;

	json_array_foreach(hft_pick_array(answer->root, "data"), i, item)
	{
		if (is_name(hft_pick_word(item, "name"), name))
			return item;
	}
	return NULL;
}

/* Checked against deploy_options before. */
const char *
hft_together_deploy_text(const HftCall *call, const char *name)
{
	json_t	   *options = hft_json_object(call->deployment->options);
	const char *text = hft_pick_text(call->arena, options, name);

	json_decref(options);
	return text;
}

/* Encoded here, once: the path is stored and used as it is. */
const char *
hft_together_deployment_id(const HftCall *call, const char *project,
						   const char *endpoint, const char *deployment)
{
	return hft_arena_printf(call->arena,
							"projects/%s/endpoints/%s/deployments/%s",
							hft_url_encode(call->arena, project),
							hft_url_encode(call->arena, endpoint),
							hft_url_encode(call->arena, deployment));
}

/* ---- find ---- */

/* Who we are, then the endpoints, page by page. */
bool
hft_together_find_deployment_request(const HftCall *call, HftRequest *request,
									 HftOutcome *outcome)
{
	json_t	   *cursor = hft_json_object(call->cursor);

	if (hft_pick_word(cursor, "project") == NULL)
		hft_together_ask_whoami(call, cursor, request);
	else
		hft_together_ask_page(call, cursor, request, "endpoints");
	json_decref(cursor);
	return hft_outcome_ready(outcome, call);
}

/* The deployment below our endpoint; an endpoint alone costs nothing. */
static void
read_deployment(const HftCall *call, const HftAnswer *answer,
				const json_t *endpoint, HftOutcome *outcome)
{
	const json_t *list = hft_pick_array(endpoint, "deployments");
	const json_t *deployment = json_array_get(list, 0);
	const char *id = hft_pick_id(call->arena, deployment, "id");
	HftFound   *found = hft_arena_alloc(call->arena, sizeof(HftFound));

	if (id == NULL || found == NULL)
		return;
	found->id =
		hft_together_deployment_id(call,
								   hft_pick_word(answer->cursor, "project"),
								   hft_pick_word(endpoint, "id"), id);
	found->token = call->deployment->token;
	found->state = hft_pick_id(call->arena, deployment, "state");
	found->at_ms = hft_pick_time(deployment, "createdAt");
	found->tuned_model = hft_pick_id(call->arena, endpoint, "name");
	found->raw = hft_json_text(call->arena, endpoint);
	outcome->found = found;
	outcome->nfound = 1;
}

/*
 * The endpoint's own summary names its deployments, so nothing more is asked.
 */
void
hft_together_find_deployment_response(const HftCall *call,
									  const HftResponse *response,
									  HftOutcome *outcome)
{
	HftAnswer	answer;
	const json_t *endpoint;

	if (!hft_answer_open(&answer, call, response, hft_together_rules,
						 outcome))
		return;
	if (hft_pick_word(answer.cursor, "project") == NULL)
	{
		if (hft_together_keep_whoami(call, &answer, outcome))
			hft_outcome_more(outcome, call, json_incref(answer.cursor));
	}
	else
	{
		endpoint = hft_together_find_named(call, &answer);
		if (endpoint != NULL)
			read_deployment(call, &answer, endpoint, outcome);
		else
			(void) hft_together_next_page(call, &answer, outcome);
	}
	hft_answer_close(&answer, call, outcome);
}
