/*-------------------------------------------------------------------------
 *
 * network.h
 *	  Internet addresses: which are public, which were allowed by name.
 *
 * Pure C.  An address is sixteen bytes; IPv4 is held in its IPv4-mapped
 * form (::ffff:a.b.c.d), so that one comparison serves both families and a
 * mapped address cannot slip through as another one (F74).
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_NETWORK_H
#define HFT_NETWORK_H

#include <stdbool.h>

#define HFT_NETWORKS_MAX 64

struct sockaddr;

typedef struct HftAddress
{
	unsigned char bytes[16];
} HftAddress;

typedef struct HftNetwork
{
	HftAddress	base;
	int			bits;			/* 0 to 128 */
} HftNetwork;

/* "10.1.2.3", "fd00::1": the standard forms only; no zone, no short form. */
extern bool hft_address_parse(const char *text, HftAddress *address);

/* False for families other than IPv4 and IPv6. */
extern bool hft_address_from(const struct sockaddr *from,
							 HftAddress *address);

extern bool hft_address_loopback(const HftAddress *address);

/* Globally reachable unicast, by IANA's special-purpose registries. */
extern bool hft_address_public(const HftAddress *address);

extern bool hft_network_contains(const HftNetwork *network,
								 const HftAddress *address);

/*
 * Parse "10.0.0.0/8, fd00::/8": at most "max" networks, or single addresses,
 * separated by commas and blanks.  Returns how many there are; -1 when the
 * list is malformed, too long, or has bits set behind a prefix.
 */
extern int	hft_networks_parse(const char *list, HftNetwork *networks,
							   int max);

#endif							/* HFT_NETWORK_H */
