/*-------------------------------------------------------------------------
 *
 * url_guard.c
 *	  Which destinations a request may have (R23, F74).
 *
 *-------------------------------------------------------------------------
 */
#include "http/url_guard.h"

#include <string.h>
#include <strings.h>

#define HOST_MAX 253			/* RFC 1035; an IPv6 literal is shorter */

bool
hft_guard_init(HftGuard *guard, bool loopback, const char *networks)
{
	guard->loopback = loopback;
	guard->plain = false;
	guard->nnetworks = hft_networks_parse(networks, guard->networks,
										  HFT_NETWORKS_MAX);
	if (guard->nnetworks >= 0)
		return true;
	guard->nnetworks = 0;
	return false;
}

bool
hft_guard_address(const HftGuard *guard, const HftAddress *address)
{
	if (hft_address_loopback(address) && guard->loopback)
		return true;
	if (guard->plain)
		return false;
	for (int i = 0; i < guard->nnetworks; i++)
		if (hft_network_contains(&guard->networks[i], address))
			return true;
	return hft_address_public(address);
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_host_byte(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		c == '-' || c == '_' || c == '.';
}

/*
 * Would a resolver take this for a number (127.1, 0x7f.1, 2130706433)?  The
 * last label of a name begins with a letter.
 */
static bool
is_numeric(const char *host)
{
	size_t		end = strlen(host);

	if (end > 0 && host[end - 1] == '.')
		end--;					/* the root's dot */
	while (end > 0 && host[end - 1] != '.')
		end--;
	return is_digit(host[end]);
}

/* A number between 1 and 65535, of digits only. */
static bool
is_port(const char *text, size_t length)
{
	long		port = 0;

	if (length == 0 || length > 5)
		return false;
	for (size_t i = 0; i < length; i++)
	{
		if (!is_digit(text[i]))
			return false;
		port = port * 10 + (text[i] - '0');
	}
	return port > 0 && port <= 65535;
}

/* A name is looked at again once it is resolved; an address is known now. */
static const char *
check_host(const HftGuard *guard, const char *host, bool bracketed)
{
	static const char refused[] =
		"The address is not public and not allowed by hft.allowed_networks.";
	HftAddress	address;

	if (bracketed || is_numeric(host))
	{
		if (!hft_address_parse(host, &address) ||
			bracketed != (strchr(host, ':') != NULL))
			return "The host is a number that is no address in standard form.";
		return hft_guard_address(guard, &address) ? NULL : refused;
	}
	for (const char *at = host; *at != '\0'; at++)
		if (!is_host_byte(*at))
			return "The host has a character that host names do not have.";
	if (host[0] == '.' || strstr(host, "..") != NULL)
		return "The host has an empty label.";
	return NULL;
}

/* "host", "host:port", "[v6]" or "[v6]:port" of "length" bytes. */
static const char *
check_authority(const HftGuard *guard, const char *authority, size_t length)
{
	bool		bracketed = length > 0 && authority[0] == '[';
	const char *end = authority + length;
	const char *host = authority + bracketed;
	const char *host_end = memchr(host, bracketed ? ']' : ':', end - host);
	const char *rest;
	char		name[HOST_MAX + 1];

	if (memchr(authority, '@', length) != NULL)
		return "The URL must not hold a user name or a password.";
	if (bracketed && host_end == NULL)
		return "The host lacks a closing bracket.";
	if (host_end == NULL)
		host_end = end;
	rest = host_end + bracketed;
	if (rest < end && (*rest != ':' || !is_port(rest + 1, end - rest - 1)))
		return "The port is not a number between 1 and 65535.";
	if (host_end == host || host_end - host > HOST_MAX)
		return "The host is empty or too long.";
	memcpy(name, host, host_end - host);
	name[host_end - host] = '\0';
	return check_host(guard, name, bracketed);
}

const char *
hft_guard_url(HftGuard *guard, const char *url)
{
	size_t		length = strlen(url);
	const char *authority;

	if (length > HFT_URL_MAX)
		return "The URL is too long.";
	for (size_t i = 0; i < length; i++)
		if (url[i] <= ' ' || url[i] > '~' || strchr("\"<>\\^`{|}", url[i]))
			return "The URL has a character that must be encoded.";
	guard->plain = strncasecmp(url, "http://", 7) == 0;
	if (guard->plain && !guard->loopback)
		return "The URL must begin with https://.";
	if (!guard->plain && strncasecmp(url, "https://", 8) != 0)
		return "The URL must begin with https://.";
	authority = url + (guard->plain ? 7 : 8);
	return check_authority(guard, authority, strcspn(authority, "/?#"));
}
