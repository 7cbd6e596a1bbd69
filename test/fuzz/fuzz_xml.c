/*-------------------------------------------------------------------------
 *
 * fuzz_xml.c
 *	  Arbitrary bytes to the reader of object stores' answers.
 *
 * Beyond memory errors: a result is an object with one member, and comes
 * exactly when there is no problem.
 *
 *-------------------------------------------------------------------------
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "provider/xml.h"

int			LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const lists[] = {"Contents", "a", NULL};
	char	   *text = malloc(size + 1);
	const char *problem;
	json_t	   *root;

	if (text == NULL)
		return 0;
	memcpy(text, data, size);
	root = hft_xml_parse(text, size, lists, &problem);
	if ((root == NULL) != (problem != NULL) ||
		(root != NULL && json_object_size(root) != 1))
		abort();
	json_decref(root);
	free(text);
	return 0;
}
