/*-------------------------------------------------------------------------
 *
 * compose.c
 *	  Writing requests: URLs, JSON bodies, multipart uploads.
 *
 *-------------------------------------------------------------------------
 */
#include "provider/compose.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "provider/answer.h"

#define MAX_PATH 16384
#define MAX_MULTIPART_HEAD 65536

/*
 * Options travel as JSON text; they are few, and a request is rare enough to
 * parse them each time.
 */
const char *
hft_server_option(const HftCall *call, const char *name)
{
	json_t	   *options = hft_json_object(call->server->options);
	const char *value = hft_pick_text(call->arena, options, name);

	json_decref(options);
	return value;
}

/*
 * A path that would not fit is cut, and with it the request fails at the
 * platform with 404: ids are bounded by HFT_ID_LIMIT, so none comes near.
 */
void
hft_compose(HftRequest *request, const HftCall *call, const char *method,
			const char *base, const char *path, ...)
{
	char		text[MAX_PATH];
	va_list		args;

	va_start(args, path);
	vsnprintf(text, sizeof(text), path, args);
	va_end(args);
	hft_request_init(request, method,
					 hft_arena_printf(call->arena, "%s%s", base, text));
	if (strcmp(method, "GET") != 0)
		request->effect = HFT_EFFECT_REPEATABLE;
}

/* No body at all must not pass for an empty one. */
static void
exhaust(const HftCall *call)
{
	(void) hft_arena_alloc(call->arena, SIZE_MAX);
}

/*
 * The body is given up in any case, so callers can pass what json_pack() made
 * without looking at it.
 */
void
hft_compose_json(HftRequest *request, const HftCall *call, json_t *body)
{
	char	   *text = hft_json_text(call->arena, body);

	if (text == NULL)
		exhaust(call);
	json_decref(body);
	hft_request_body(request, "application/json", text,
					 text ? strlen(text) : 0);
}

/*
 * Losing a member in silence is how the JSON library reports that memory is
 * short; the one member that must not be lost is looked for.
 */
bool
hft_compose_marked(const HftRequest *request, const HftCall *call,
				   const char *mark, HftOutcome *outcome)
{
	if (request->prefix != NULL && mark != NULL &&
		strstr(request->prefix, mark) != NULL)
		return true;
	hft_outcome_refuse(outcome, "There is no memory to mark the job.", NULL);
	outcome->error = HFT_ERROR_MEMORY;
	return false;
}

/*
 * A value between quotes of Content-Disposition, as browsers escape it: a
 * quote or a line break would end the header (R26).
 */
static void
put_quoted(HftBuffer *buffer, const char *value)
{
	for (; *value != '\0'; value++)
	{
		if (*value == '"')
			hft_buffer_puts(buffer, "%22");
		else if (*value == '\r')
			hft_buffer_puts(buffer, "%0D");
		else if (*value == '\n')
			hft_buffer_puts(buffer, "%0A");
		else
			hft_buffer_putc(buffer, *value);
	}
}

/* The head of a part up to its name; the caller ends the line. */
static void
put_part(HftBuffer *buffer, const char *boundary, const char *name)
{
	hft_buffer_puts(buffer, "--");
	hft_buffer_puts(buffer, boundary);
	hft_buffer_puts(buffer, "\r\nContent-Disposition: form-data; name=\"");
	put_quoted(buffer, name);
	hft_buffer_putc(buffer, '"');
}

/*
 * Only the head and the tail are in memory: between them the engine streams
 * the slice.
 */
void
hft_compose_upload(HftRequest *request, const HftCall *call,
				   const HftField *fields, const char *part,
				   int64_t offset, int64_t length)
{
	/* made from the content's hash, so the content cannot contain it */
	const char *boundary = hft_arena_printf(call->arena, "hft-%.40s",
											call->file->sha256);
	HftBuffer	head;

	if (boundary == NULL)
		return;
	hft_buffer_init(&head, MAX_MULTIPART_HEAD);
	for (; fields != NULL && fields->name != NULL; fields++)
	{
		put_part(&head, boundary, fields->name);
		hft_buffer_puts(&head, "\r\n\r\n");
		hft_buffer_puts(&head, fields->value);
		hft_buffer_puts(&head, "\r\n");
	}
	put_part(&head, boundary, part);
	hft_buffer_puts(&head, "; filename=\"");
	put_quoted(&head, call->file->filename);
	hft_buffer_puts(&head, "\"\r\nContent-Type: application/jsonl\r\n\r\n");
	hft_request_body(request, hft_arena_printf(call->arena,
											   "multipart/form-data; "
											   "boundary=%s", boundary),
					 hft_arena_strndup(call->arena, head.data, head.length),
					 head.length);
	if (head.failed)
		exhaust(call);
	hft_buffer_free(&head);
	request->dataset_offset = offset;
	request->dataset_length = length;
	request->suffix = hft_arena_printf(call->arena, "\r\n--%s--\r\n",
									   boundary);
	request->suffix_length = request->suffix ? strlen(request->suffix) : 0;
	request->pace = HFT_PACE_UPLOAD;
}

/* null counts as absent: platforms read it as "reset to nothing". */
void
hft_json_copy(json_t *into, const json_t *from, const char *const *names)
{
	for (; *names != NULL; names++)
	{
		json_t	   *value = json_object_get(from, *names);

		if (value != NULL && !json_is_null(value))
			json_object_set(into, *names, value);
	}
}
