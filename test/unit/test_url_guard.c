/*-------------------------------------------------------------------------
 *
 * test_url_guard.c
 *	  Hostile destinations are refused, ordinary ones are not (R23, F74).
 *
 *-------------------------------------------------------------------------
 */
#include "http/url_guard.h"

#include <stdlib.h>

#include "tap.h"

static void
check(HftGuard *guard, const char *url, bool allowed)
{
	const char *problem = hft_guard_url(guard, url);

	ok((problem == NULL) == allowed, "%s: %.60s%s%s",
	   allowed ? "allowed" : "refused", url, problem ? ": " : "",
	   problem ? problem : "");
}

static void
test_ordinary(void)
{
	static const char *const urls[] = {"https://api.openai.com/v1/files",
		"https://api.openai.com", "https://api.openai.com:8443/x?y=z#f",
		"HTTPS://API.TOGETHER.XYZ/v1", "https://8.8.8.8/", "https://host",
		"https://a_b.example/", "https://[2606:4700::1]/",
		"https://[2606:4700::1]:443/", "https://xn--bcher-kva.example/",
		"https://host.example./", "https://1password.com/",
	"https://h/a@b", "https://h/%0d%0a", "https://h?x=http://10.0.0.1/"};
	HftGuard	guard;

	hft_guard_init(&guard, false, "");
	for (size_t i = 0; i < sizeof(urls) / sizeof(*urls); i++)
		check(&guard, urls[i], true);
}

static void
test_hostile(void)
{
	static const char *const urls[] = {
		/* schemes */
		"http://api.openai.com/", "ftp://h/", "file:///etc/passwd",
		"gopher://h/", "", "//h/", "h", "https:/h/", "https:h",
		"javascript:alert(1)", " https://h/", "https ://h/",
		/* addresses */
		"https://127.0.0.1/", "https://127.1/", "https://0x7f.1/",
		"https://0x7f000001/", "https://2130706433/", "https://017700000001/",
		"https://0177.0.0.1/", "https://127.0.0.1./", "https://127.1./",
		"https://0/", "https://0.0.0.0/", "https://10.0.0.1:443/",
		"https://169.254.169.254/latest/meta-data/", "https://192.168.0.1/",
		"https://172.16.0.1/", "https://100.100.100.200/",
		"https://[::1]/", "https://[::]/", "https://[::ffff:127.0.0.1]/",
		"https://[::ffff:7f00:1]/", "https://[::127.0.0.1]/",
		"https://[fe80::1]/", "https://[fe80::1%25eth0]/",
		"https://[fd00:ec2::254]/", "https://[64:ff9b::7f00:1]/",
		"https://[127.0.0.1]/", "https://1.2.3.4.5/", "https://1.2.3.0x4/",
		/* parsers that disagree */
		"https://user@h/", "https://user:pass@h/", "https://h@127.0.0.1/",
		"https://h#@127.0.0.1/\\", "https://h\\@127.0.0.1/",
		"https://127%2e0.0.1/", "https://h%00.evil/", "https://h /",
		"https://h\t/", "https://h\r\nX: y/", "https://h\x7f/",
		"https://h\xc3\xbc/", "https://\xe2\x91\xa0.example/",
		"https:///x", "https://:443/", "https://h:/", "https://h:0/",
		"https://h:65536/", "https://h:443x/", "https://h:-1/",
		"https://h:99999999999999999999/", "https://[::1/", "https://[]/",
		"https://[::1]x/", "https://[2606:4700::1]443/", "https://.h/",
	"https://h..i/", "https://h,i/", "https://h;i/", "https://(h)/"};
	HftGuard	guard;

	hft_guard_init(&guard, false, "");
	for (size_t i = 0; i < sizeof(urls) / sizeof(*urls); i++)
		check(&guard, urls[i], false);
}

static void
test_lengths(void)
{
	static char url[HFT_URL_MAX + 100];
	HftGuard	guard;

	hft_guard_init(&guard, false, "");
	memset(url, 'a', sizeof(url) - 1);
	memcpy(url, "https://h/", 10);
	check(&guard, url, false);
	url[HFT_URL_MAX] = '\0';
	check(&guard, url, true);
	memset(url, 'a', sizeof(url) - 1);
	memcpy(url, "https://", 8);
	strcpy(url + 8 + 253, "/");
	check(&guard, url, true);
	strcpy(url + 8 + 253, "a/");
	check(&guard, url, false);
}

static void
test_loopback(void)
{
	HftGuard	guard;

	hft_guard_init(&guard, true, "");
	check(&guard, "http://127.0.0.1:8080/v1", true);
	check(&guard, "http://[::1]:8080/v1", true);
	check(&guard, "https://127.0.0.1/", true);
	check(&guard, "http://localhost:8080/v1", true);
	check(&guard, "http://10.0.0.1/", false);
	check(&guard, "http://8.8.8.8/", false);
	check(&guard, "http://127.1/", false);
	check(&guard, "https://10.0.0.1/", false);
}

static void
test_allowed(void)
{
	HftGuard	guard;

	ok(hft_guard_init(&guard, false, "10.1.0.0/16, fd00::/8"), "a list");
	check(&guard, "https://10.1.2.3/", true);
	check(&guard, "https://10.2.2.3/", false);
	check(&guard, "https://[fd00::1]/", true);
	check(&guard, "http://10.1.2.3/", false);
	check(&guard, "https://127.0.0.1/", false);
	ok(!hft_guard_init(&guard, false, "10.1.0.0/16, nonsense"), "no list");
	check(&guard, "https://10.1.2.3/", false);
}

/* What a name is resolved to is judged like an address in the URL. */
static void
check_address(const HftGuard *guard, const char *text, bool allowed)
{
	HftAddress	address;

	hft_address_parse(text, &address);
	ok(hft_guard_address(guard, &address) == allowed, "a name for %s is %s",
	   text, allowed ? "allowed" : "refused");
}

static void
test_addresses(void)
{
	HftGuard	guard;

	hft_guard_init(&guard, false, "10.0.0.0/8");
	hft_guard_url(&guard, "https://name.example/");
	check_address(&guard, "8.8.8.8", true);
	check_address(&guard, "10.0.0.1", true);
	check_address(&guard, "169.254.169.254", false);
	check_address(&guard, "::ffff:127.0.0.1", false);
	check_address(&guard, "127.0.0.1", false);
	hft_guard_init(&guard, true, "10.0.0.0/8");
	hft_guard_url(&guard, "http://name.example/");
	check_address(&guard, "127.0.0.1", true);
	check_address(&guard, "10.0.0.1", false);
	check_address(&guard, "8.8.8.8", false);
}

int
main(void)
{
	test_ordinary();
	test_hostile();
	test_lengths();
	test_loopback();
	test_allowed();
	test_addresses();
	return tap_done();
}
