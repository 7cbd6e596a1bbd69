/*-------------------------------------------------------------------------
 *
 * rules_part.c
 *	  Rules about contents made of parts: texts and images.
 *
 *-------------------------------------------------------------------------
 */
#include <string.h>

#include "example/rule_checks.h"

#define MAX_IMAGES 10
#define MAX_IMAGE_BYTES (10 * 1024 * 1024)

typedef struct Part
{
	int			message;		/* from 1 */
	HftRole		role;
	const HftJsonNode *node;
	const HftJsonNode *image;	/* its "image_url", or NULL */
} Part;

typedef void (*PartCheck) (HftCheck *check, const Part *part);

/* Call "look" for every part of every content that is an array. */
static int
visit_parts(HftCheck *check, PartCheck look)
{
	int			images = 0;

	for each_message(check, message, i)
	{
		const HftJsonNode *content = message->key[HFT_KEY_CONTENT];
		const HftJsonNode *node = hft_json_first(content);

		if (!hft_json_is(content, HFT_JSON_ARRAY))
			continue;
		for (uint32_t j = 0; j < content->count; j++, node += node->span)
		{
			Part		part = {i + 1, message->role, node, NULL};

			if (hft_json_equals(hft_json_member(node, "type"), "image_url"))
				part.image = hft_json_member(node, "image_url");
			images += part.image != NULL;
			if (look != NULL)
				look(check, &part);
		}
	}
	return images;
}

static const HftJsonNode *
url_of(const Part *part)
{
	const HftJsonNode *url = hft_json_member(part->image, "url");

	return hft_json_is(url, HFT_JSON_STRING) ? url : NULL;
}

static bool
begins_with(const HftJsonNode *text, const char *prefix)
{
	size_t		length = strlen(prefix);

	return text->length >= length && memcmp(text->text, prefix, length) == 0;
}

static bool
is_image_data(const HftJsonNode *url)
{
	return begins_with(url, "data:image/jpeg;base64,") ||
		begins_with(url, "data:image/png;base64,") ||
		begins_with(url, "data:image/webp;base64,");
}

static void
look_at_type(HftCheck *check, const Part *part)
{
	const HftJsonNode *type = hft_json_member(part->node, "type");

	if (hft_json_equals(type, "text") &&
		hft_json_is(hft_json_member(part->node, "text"), HFT_JSON_STRING))
		return;
	if (part->image != NULL && part->image->type == HFT_JSON_OBJECT)
		return;
	hft_check_fail(check, "a part of message %d is neither a text nor an image",
				   part->message);
}

void
hft_check_content_part(HftCheck *check)
{
	visit_parts(check, look_at_type);
}

static void
look_at_role(HftCheck *check, const Part *part)
{
	if (part->image != NULL && part->role != HFT_ROLE_USER)
		hft_check_fail(check, "message %d has an image but is not the user's",
					   part->message);
}

void
hft_check_image_misplaced(HftCheck *check)
{
	visit_parts(check, look_at_role);
}

void
hft_check_image_count(HftCheck *check)
{
	int			images = visit_parts(check, NULL);

	if (images > MAX_IMAGES)
		hft_check_fail(check, "the example has %d images", images);
}

static void
look_at_url(HftCheck *check, const Part *part)
{
	const HftJsonNode *url;

	if (part->image == NULL)
		return;
	url = url_of(part);
	if (url == NULL ||
		!(begins_with(url, "https://") || is_image_data(url)))
		hft_check_fail(check, "an image of message %d is neither an https URL nor JPEG, PNG or WEBP as data",
					   part->message);
}

void
hft_check_image_url(HftCheck *check)
{
	visit_parts(check, look_at_url);
}

static void
look_at_place(HftCheck *check, const Part *part)
{
	const HftJsonNode *url = part->image ? url_of(part) : NULL;

	if (url != NULL && begins_with(url, "https://"))
		hft_check_fail(check, "an image of message %d is a URL",
					   part->message);
}

void
hft_check_image_remote(HftCheck *check)
{
	visit_parts(check, look_at_place);
}

static void
look_at_size(HftCheck *check, const Part *part)
{
	const HftJsonNode *url = part->image ? url_of(part) : NULL;
	const char *comma;
	size_t		base64;

	if (url == NULL || !is_image_data(url))
		return;
	comma = memchr(url->text, ',', url->length);
	base64 = url->text + url->length - (comma + 1);
	if (base64 / 4 * 3 > MAX_IMAGE_BYTES)
		hft_check_fail(check, "an image of message %d has about %zu bytes",
					   part->message, base64 / 4 * 3);
}

void
hft_check_image_size(HftCheck *check)
{
	visit_parts(check, look_at_size);
}

static void
look_at_detail(HftCheck *check, const Part *part)
{
	const HftJsonNode *detail = hft_json_member(part->image, "detail");

	if (detail != NULL && !hft_json_equals(detail, "low") &&
		!hft_json_equals(detail, "high") && !hft_json_equals(detail, "auto"))
		hft_check_fail(check, "an image of message %d has another detail than low, high or auto",
					   part->message);
}

void
hft_check_image_detail(HftCheck *check)
{
	visit_parts(check, look_at_detail);
}

void
hft_check_content_style(HftCheck *check)
{
	bool		strings = false;
	bool		arrays = false;

	for each_message(check, message, i)
	{
		strings |= hft_json_is(message->key[HFT_KEY_CONTENT],
							   HFT_JSON_STRING);
		arrays |= hft_json_is(message->key[HFT_KEY_CONTENT], HFT_JSON_ARRAY);
	}
	if (strings && arrays)
		hft_check_fail(check, "some contents are strings, others arrays");
}
