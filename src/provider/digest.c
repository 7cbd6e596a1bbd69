/*-------------------------------------------------------------------------
 *
 * digest.c
 *	  An id for a thing that its platform gave none.
 *
 *-------------------------------------------------------------------------
 */
#include "provider/digest.h"

#include <openssl/sha.h>
#include <string.h>

#include "provider/pick.h"

#define ID_BYTES 16				/* of the 32: enough for the events of a job */

/*
 * Absent members count as null, so that a member that appears later does not
 * look like another thing.
 */
const char *
hft_digest_members(HftArena *arena, const json_t *object,
				   const char *const *names)
{
	unsigned char hash[SHA256_DIGEST_LENGTH];
	json_t	   *members = json_array();
	char		id[ID_BYTES * 2 + 1];
	char	   *text;

	for (; *names != NULL; names++)
	{
		json_t	   *member = json_object_get(object, *names);

		json_array_append(members, member ? member : json_null());
	}
	text = hft_json_text(arena, members);
	json_decref(members);
	if (text == NULL)
		return NULL;
	SHA256((const unsigned char *) text, strlen(text), hash);
	for (int i = 0; i < ID_BYTES; i++)
	{
		id[2 * i] = "0123456789abcdef"[hash[i] >> 4];
		id[2 * i + 1] = "0123456789abcdef"[hash[i] & 15];
	}
	return hft_arena_strndup(arena, id, sizeof(id) - 1);
}
