/*-------------------------------------------------------------------------
 *
 * test_base_network.c
 *	  Which addresses are public, and how networks are written (F74).
 *
 *-------------------------------------------------------------------------
 */
#include "base/network.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "tap.h"

static void
check_public(const char *text, bool expected)
{
	HftAddress	address;

	ok(hft_address_parse(text, &address) &&
	   hft_address_public(&address) == expected,
	   "%s is %s", text, expected ? "public" : "special");
}

static void
test_public(void)
{
	static const char *const public[] = {"8.8.8.8", "1.1.1.1",
		"104.18.6.192", "172.15.255.255", "172.32.0.1", "100.63.255.255",
		"100.128.0.1", "223.255.255.255", "2606:4700::6812:6c0", "2a00::1",
	"64:ff9b::8.8.8.8", "::ffff:8.8.8.8"};
	static const char *const special[] = {"0.0.0.0", "10.1.2.3",
		"100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254",
		"172.16.0.1", "172.31.255.255", "192.168.1.1", "192.0.0.192",
		"198.18.0.1", "224.0.0.1", "255.255.255.255", "::", "::1",
		"::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254",
		"::127.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b::169.254.169.254",
		"64:ff9b:1::1", "fe80::1", "fc00::1", "fd12:3456::1", "fec0::1",
		"ff02::1", "2001:db8::1", "2001::1", "2002:7f00:1::",
	"fd00:ec2::254"};

	for (size_t i = 0; i < sizeof(public) / sizeof(*public); i++)
		check_public(public[i], true);
	for (size_t i = 0; i < sizeof(special) / sizeof(*special); i++)
		check_public(special[i], false);
}

static void
test_parse(void)
{
	static const char *const wrong[] = {"", "127.1", "0x7f.0.0.1",
		"0177.0.0.1", "2130706433", "127.0.0.01", "1.2.3.4.5", "1.2.3.256",
	" 127.0.0.1", "fe80::1%eth0", "::ffff:1.2.3", "[::1]", "localhost"};
	HftAddress	address;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		ok(!hft_address_parse(wrong[i], &address), "\"%s\" is no address",
		   wrong[i]);
}

static void
test_loopback(void)
{
	HftAddress	address;

	hft_address_parse("127.8.9.1", &address);
	ok(hft_address_loopback(&address), "127.8.9.1 is loopback");
	hft_address_parse("::ffff:127.0.0.1", &address);
	ok(hft_address_loopback(&address), "so is its mapped form");
	hft_address_parse("::1", &address);
	ok(hft_address_loopback(&address), "so is ::1");
	hft_address_parse("128.0.0.1", &address);
	ok(!hft_address_loopback(&address), "128.0.0.1 is not");
	hft_address_parse("::2", &address);
	ok(!hft_address_loopback(&address), "nor is ::2");
}

static void
test_sockaddr(void)
{
	struct sockaddr_in four = {.sin_family = AF_INET};
	struct sockaddr_in6 six = {.sin6_family = AF_INET6};
	struct sockaddr_un local = {.sun_family = AF_UNIX};
	HftAddress	from;
	HftAddress	same;

	inet_pton(AF_INET, "10.1.2.3", &four.sin_addr);
	hft_address_parse("10.1.2.3", &same);
	ok(hft_address_from((struct sockaddr *) &four, &from) &&
	   memcmp(&from, &same, sizeof(same)) == 0, "from sockaddr_in");
	inet_pton(AF_INET6, "::ffff:10.1.2.3", &six.sin6_addr);
	ok(hft_address_from((struct sockaddr *) &six, &from) &&
	   memcmp(&from, &same, sizeof(same)) == 0,
	   "a mapped address is the same address");
	ok(!hft_address_from((struct sockaddr *) &local, &from),
	   "a local socket has none");
}

static void
check_contains(const char *network, const char *text, bool expected)
{
	HftNetwork	networks[1];
	HftAddress	address;

	hft_address_parse(text, &address);
	ok(hft_networks_parse(network, networks, 1) == 1 &&
	   hft_network_contains(networks, &address) == expected,
	   "%s %s %s", network, expected ? "contains" : "excludes", text);
}

static void
test_networks(void)
{
	static const char *const wrong[] = {"10.0.0.0/33", "10.0.0.1/8",
		"10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8x", "fd00::/129", "fd00::1/8",
	"10/8", "*", "10.0.0.0/8;1.2.3.4", "10.0.0.0/ 8", "10.0.0.0/08888888888888"};
	HftNetwork	networks[3];

	check_contains("10.0.0.0/8", "10.255.0.1", true);
	check_contains("10.0.0.0/8", "11.0.0.1", false);
	check_contains("10.1.2.0/23", "10.1.3.255", true);
	check_contains("10.1.2.0/23", "10.1.4.0", false);
	check_contains("10.1.2.3", "10.1.2.3", true);
	check_contains("10.1.2.3", "10.1.2.2", false);
	check_contains("0.0.0.0/0", "10.1.2.3", true);
	check_contains("0.0.0.0/0", "fd00::1", false);
	check_contains("fd00::/8", "fdff::1", true);
	check_contains("fd00::/8", "fe00::1", false);
	check_contains("::/0", "10.1.2.3", true);
	is_int(hft_networks_parse("", networks, 3), 0, "an empty list");
	is_int(hft_networks_parse(" 10.0.0.0/8,, fd00::/8 ", networks, 3), 2,
		   "blanks and commas");
	is_int(hft_networks_parse("1.1.1.1 2.2.2.2 3.3.3.3 4.4.4.4", networks, 3),
		   -1, "too many");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		is_int(hft_networks_parse(wrong[i], networks, 3), -1, wrong[i]);
}

int
main(void)
{
	test_public();
	test_parse();
	test_loopback();
	test_sockaddr();
	test_networks();
	return tap_done();
}
