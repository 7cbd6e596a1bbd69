/*-------------------------------------------------------------------------
 *
 * aws_keys.c
 *	  The credential of AWS, as people keep it in files.
 *
 *-------------------------------------------------------------------------
 */
#include "provider/aws_keys.h"

#include <string.h>

#include "provider/pick.h"

/* "name = value" without the blanks around both; false for other lines. */
static bool
split_line(const char *line, size_t length, HftArena *arena,
		   const char **name, const char **value)
{
	const char *sign = memchr(line, '=', length);
	size_t		name_length;
	size_t		value_length;

	if (sign == NULL || *line == '#' || *line == ';')
		return false;
	name_length = (size_t) (sign - line);
	while (name_length > 0 && strchr(" \t", line[name_length - 1]) != NULL)
		name_length--;
	value_length = length - (size_t) (++sign - line);
	while (value_length > 0 && strchr(" \t", *sign) != NULL)
	{
		sign++;
		value_length--;
	}
	while (value_length > 0 &&
		   strchr(" \t\r", sign[value_length - 1]) != NULL)
		value_length--;
	*name = hft_arena_strndup(arena, line, name_length);
	*value = hft_arena_strndup(arena, sign, value_length);
	return *name != NULL && *value != NULL && **value != '\0';
}

static void
take(HftAwsKeys *keys, const char *name, const char *value)
{
	if (strcmp(name, "aws_access_key_id") == 0)
		keys->sigv4.access_key = value;
	else if (strcmp(name, "aws_secret_access_key") == 0)
		keys->sigv4.secret_key = value;
	else if (strcmp(name, "aws_session_token") == 0)
		keys->sigv4.session_token = value;
	else if (strcmp(name, "aws_bearer_token_bedrock") == 0)
		keys->bearer = value;
}

/* The first profile that has anything; what follows it is another's. */
static void
read_ini(const char *text, HftArena *arena, HftAwsKeys *keys)
{
	while (*text != '\0')
	{
		size_t		blanks = strspn(text, " \t\r\n");
		size_t		length = strcspn(text + blanks, "\n");
		const char *name;
		const char *value;

		text += blanks;
		if (*text == '[' && (keys->sigv4.access_key || keys->bearer))
			return;
		if (split_line(text, length, arena, &name, &value))
			take(keys, name, value);
		text += length;
	}
}

/* False when it is no JSON object. */
static bool
read_json(const char *text, HftArena *arena, HftAwsKeys *keys)
{
	const char *problem;
	json_t	   *root = hft_json_parse(text, strlen(text), &problem);
	const json_t *object = hft_pick_object(root, "Credentials");
	bool		is_object = json_is_object(root);

	if (object == NULL)
		object = root;
	keys->sigv4.access_key = hft_pick_text(arena, object, "AccessKeyId");
	keys->sigv4.secret_key = hft_pick_text(arena, object, "SecretAccessKey");
	keys->sigv4.session_token = hft_pick_text(arena, object, "SessionToken");
	if (keys->sigv4.session_token == NULL)
		keys->sigv4.session_token = hft_pick_text(arena, object, "Token");
	json_decref(root);
	return is_object;
}

/* Visible ASCII: it becomes part of a header (R26). */
static bool
is_token(const char *text)
{
	for (; *text != '\0'; text++)
	{
		if (*text <= ' ' || *text >= 0x7f)
			return false;
	}
	return true;
}

/* The access key is written into a list that commas and slashes divide. */
static bool
is_access_key(const char *text)
{
	return *text != '\0' && is_token(text) && strpbrk(text, "/,=") == NULL;
}

static const char *
judge(const HftAwsKeys *keys)
{
	if ((keys->sigv4.access_key == NULL) != (keys->sigv4.secret_key == NULL))
		return "The credential has one half of a pair of access keys.";
	if (keys->sigv4.access_key == NULL && keys->bearer == NULL)
		return "The credential is neither a pair of access keys, in the "
			"form of ~/.aws/credentials or as JSON, nor an API key.";
	if ((keys->bearer != NULL && !is_token(keys->bearer)) ||
		(keys->sigv4.access_key != NULL &&
		 !is_access_key(keys->sigv4.access_key)))
		return "The credential has a character that no key has.";
	return NULL;
}

const char *
hft_aws_keys_read(const char *secret, HftArena *arena, HftAwsKeys *keys)
{
	memset(keys, 0, sizeof(*keys));
	secret += strspn(secret, " \t\r\n");
	if (*secret == '{')
	{
		if (!read_json(secret, arena, keys))
			return "The credential begins like JSON and is none.";
	}
	else if (strpbrk(secret, " \t\r\n") == NULL && *secret != '\0' &&
			 strncmp(secret, "aws_", 4) != 0)
		keys->bearer = hft_arena_strdup(arena, secret);
	else
		read_ini(secret, arena, keys);
	if (hft_arena_failed(arena))
		return "There is no memory to read the credential.";
	return judge(keys);
}
