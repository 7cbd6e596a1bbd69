/*-------------------------------------------------------------------------
 *
 * fuzz_url_guard.c
 *	  Whatever the guard accepts, another parser must read in the same way.
 *
 * Crashes are found by the sanitizers.  Beyond that: for a URL that is
 * accepted, a host that inet_aton() takes for a number (as resolvers do, in
 * all short, octal and hexadecimal forms) must be a public address, and no
 * byte may be one that ends a line or a host elsewhere.
 *
 *-------------------------------------------------------------------------
 */
#include "http/url_guard.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void
check_accepted(const char *url)
{
	const char *host = url + strlen("https://");
	size_t		length = strcspn(host, ":/?#");
	char		name[300];
	struct in_addr four;
	HftAddress	address;

	if (strpbrk(url, "\r\n\t \\\"<>") != NULL || host[0] == '[')
	{
		if (host[0] != '[')
			abort();
		return;
	}
	if (length == 0 || length >= sizeof(name) ||
		memchr(host, '@', strcspn(host, "/?#")) != NULL)
		abort();
	memcpy(name, host, length);
	name[length] = '\0';
	if (inet_aton(name, &four) == 0)
		return;
	if (!hft_address_parse(inet_ntoa(four), &address) ||
		!hft_address_public(&address))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char	   *url = malloc(size + 1);
	HftGuard	guard;

	memcpy(url, data, size);
	url[size] = '\0';
	hft_guard_init(&guard, false, "");
	if (hft_guard_url(&guard, url) == NULL)
		check_accepted(url);
	/* the same bytes as a list of networks */
	(void) hft_guard_init(&guard, true, url);
	(void) hft_guard_url(&guard, url);
	free(url);
	return 0;
}
