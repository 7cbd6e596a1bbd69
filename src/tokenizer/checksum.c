/*-------------------------------------------------------------------------
 *
 * checksum.c
 *	  Checksum of a compiled vocabulary.
 *
 *-------------------------------------------------------------------------
 */
#include <string.h>

#include "tokenizer/vocab.h"

/* Guards against truncation and damage, not against malice. */
uint64_t
hft_checksum(const void *data, size_t len)
{
	const uint8_t *p = data;
	uint64_t	sum = len;
	uint64_t	part = 0;

	for (; len >= 8; p += 8, len -= 8)
	{
		memcpy(&part, p, 8);
		sum = (sum ^ part) * UINT64_C(0x9E3779B97F4A7C15);
		sum ^= sum >> 32;
	}
	part = 0;
	memcpy(&part, p, len);
	sum = (sum ^ part) * UINT64_C(0x9E3779B97F4A7C15);
	return sum ^ sum >> 32;
}
