/*-------------------------------------------------------------------------
 *
 * network.c
 *	  Internet addresses: which are public, which were allowed by name.
 *
 *-------------------------------------------------------------------------
 */
#include "base/network.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define MAPPED 96				/* bits in front of a mapped IPv4 address */

/*
 * IANA's special-purpose address registries, and multicast.  What tunnels
 * IPv4 inside IPv6 is here as a whole: nobody serves fine-tuning there, and
 * the address inside could be any.
 */
static const char special[] =
	"0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 "
	"172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 192.168.0.0/16 "
	"198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4 "
	"::/96 64:ff9b:1::/48 100::/64 2001::/23 2001:db8::/32 2002::/16 "
	"3fff::/20 5f00::/16 fc00::/7 fe80::/10 fec0::/10 ff00::/8";

static const unsigned char mapped_prefix[12] = {[10] = 0xFF, [11] = 0xFF};

/* 64:ff9b::/96, by which networks without IPv4 reach it (RFC 6052) */
static const unsigned char nat64_prefix[12] = {0x00, 0x64, 0xFF, 0x9B};

static bool
is_mapped(const HftAddress *address)
{
	return memcmp(address->bytes, mapped_prefix, sizeof(mapped_prefix)) == 0;
}

static void
map_ipv4(HftAddress *address, const void *four)
{
	memcpy(address->bytes, mapped_prefix, sizeof(mapped_prefix));
	memcpy(address->bytes + 12, four, 4);
}

bool
hft_address_parse(const char *text, HftAddress *address)
{
	unsigned char four[4];

	if (inet_pton(AF_INET, text, four) == 1)
	{
		map_ipv4(address, four);
		return true;
	}
	return inet_pton(AF_INET6, text, address->bytes) == 1;
}

bool
hft_address_from(const struct sockaddr *from, HftAddress *address)
{
	if (from->sa_family == AF_INET)
	{
		map_ipv4(address, &((const struct sockaddr_in *) from)->sin_addr);
		return true;
	}
	if (from->sa_family != AF_INET6)
		return false;
	memcpy(address->bytes, &((const struct sockaddr_in6 *) from)->sin6_addr,
		   sizeof(address->bytes));
	return true;
}

bool
hft_address_loopback(const HftAddress *address)
{
	static const HftAddress one = {.bytes = {[15] = 1}};

	if (is_mapped(address))
		return address->bytes[12] == 127;
	return memcmp(address, &one, sizeof(one)) == 0;
}

bool
hft_network_contains(const HftNetwork *network, const HftAddress *address)
{
	int			whole = network->bits / 8;
	int			rest = network->bits % 8;
	int			difference;

	if (memcmp(network->base.bytes, address->bytes, whole) != 0)
		return false;
	if (rest == 0)
		return true;
	difference = network->base.bytes[whole] ^ address->bytes[whole];
	return difference >> (8 - rest) == 0;
}

bool
hft_address_public(const HftAddress *address)
{
	HftNetwork	networks[HFT_NETWORKS_MAX];
	HftAddress	plain = *address;
	int			count;

	if (memcmp(plain.bytes, nat64_prefix, sizeof(nat64_prefix)) == 0)
		memcpy(plain.bytes, mapped_prefix, sizeof(mapped_prefix));
	count = hft_networks_parse(special, networks, HFT_NETWORKS_MAX);
	for (int i = 0; i < count; i++)
		if (hft_network_contains(&networks[i], &plain))
			return false;
	return count > 0;
}

/* The number behind the slash; -1 when it is none up to "most". */
static int
parse_bits(const char *text, int most)
{
	char	   *end;
	long		bits;

	if (text[0] < '0' || text[0] > '9')
		return -1;
	bits = strtol(text, &end, 10);
	return *end == '\0' && bits <= most ? (int) bits : -1;
}

/* One "address" or "address/bits". */
static bool
parse_network(char *word, HftNetwork *network)
{
	char	   *slash = strchr(word, '/');
	bool		four = strchr(word, ':') == NULL;

	if (slash != NULL)
		*slash = '\0';
	if (!hft_address_parse(word, &network->base))
		return false;
	network->bits = slash ? parse_bits(slash + 1, four ? 32 : 128) : 128;
	if (network->bits < 0)
		return false;
	if (slash && four)
		network->bits += MAPPED;

	/* a bit behind the prefix is a slip: 10.0.0.1/8 */
	for (int bit = network->bits; bit < 128; bit++)
		if (network->base.bytes[bit / 8] & (0x80 >> bit % 8))
			return false;
	return true;
}

int
hft_networks_parse(const char *list, HftNetwork *networks, int max)
{
	int			count = 0;

	for (;;)
	{
		char		word[INET6_ADDRSTRLEN + 4];
		size_t		length;

		list += strspn(list, ", \t");
		if (*list == '\0')
			return count;
		length = strcspn(list, ", \t");
		if (count == max || length >= sizeof(word))
			return -1;
		memcpy(word, list, length);
		word[length] = '\0';
		if (!parse_network(word, &networks[count++]))
			return -1;
		list += length;
	}
}
