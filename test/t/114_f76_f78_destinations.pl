# Who decides where requests go (F76, F77, F78, R23, R26).
#
# A setting that cannot be set at all would pass as well, so each is also
# set by who may; and a proxy that is never asked is told from one that does
# not work by asking it once.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";

use HftRequest;
use HftTest;
use HftWire;

my $tmp = PostgreSQL::Test::Utils::tempdir();
my $answer = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
  . "Content-Length: 5\r\n\r\n";
my $proxy = HftWire->start(sub {
	my ($wire, $socket) = @_;
	my $head = $wire->read_request($socket);
	print $socket $head =~ /^CONNECT/ ? "HTTP/1.1 200 OK\r\n\r\n"
	  : "${answer}proxy";
	$wire->read_request($socket);
	print $socket "${answer}proxy";
});
my $server = HftWire->start(sub {
	my ($wire, $socket) = @_;
	$wire->read_request($socket);
	print $socket "${answer}right";
});

my $node;
{
	open my $netrc, '>', "$tmp/.netrc" or die;
	print $netrc "machine 127.0.0.1 login eve password netrc-secret\n";
	close $netrc;
	local $ENV{HOME} = $tmp;
	local $ENV{NETRC} = "$tmp/.netrc";
	local @ENV{qw(http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY
	  ALL_PROXY)} = ($proxy->url) x 6;
	$node = request_node('main');
}

# ---- F77: what the postmaster's environment says

is($node->request($server->url)->{body}, 'right',
	'F77: http_proxy is not asked');
is(scalar $proxy->seen, 0, 'F77: the proxy heard nothing');
unlike(($server->seen)[0], qr/Authorization/i, 'F77: nor is ~/.netrc');

$node->set('hft.proxy' => $proxy->url);
$node->reload;
is($node->request($server->url)->{body}, 'proxy',
	'F77: the proxy of the setting is');
like(($proxy->seen)[0], qr/^CONNECT 127\.0\.0\.1:/, 'F77: by a tunnel');
$node->set('hft.proxy' => '');
$node->reload;

# ---- F76, R26: line ends and other tricks, before any request

my $before = () = $server->seen;
foreach my $case (
	[ 'a line end in the path', $server->url("/x\r\nX-Evil: 1") ],
	[ 'a line feed in the path', $server->url("/x\nX-Evil: 1") ],
	[ 'a blank in the path', $server->url('/x y') ],
	[ 'a user name', $server->url =~ s{//}{//eve:pass@}r ],
	[ 'a line end in a header', $server->url, 'X-Name' => "a\r\nX-Evil: 1" ],
	[ 'a line feed in a header', $server->url, 'X-Name' => "a\nX-Evil: 1" ],
	[ 'a colon in a header\'s name', $server->url, 'X-Evil: 1\r\nX' => 'a' ],
	[ 'a header without a name', $server->url, '' => 'a' ])
{
	my ($name, $url, @headers) = @$case;
	my $got = $node->request($url, @headers);

	is("$got->{net} $got->{sqlstate}", 'forbidden 42501', "F76: $name");
	ok(!$got->{sent}, "F76: $name: nothing was sent");
}
is(scalar(() = $server->seen), $before, 'F76: nothing arrived');

# ---- F78: settings that decide where bytes and secrets go

my %destinations = (
	'hft.secret_directory' => '/etc',
	'hft.ca_file' => '/tmp/ca',
	'hft.proxy' => 'http://evil:1',
	'hft.allow_http_loopback' => 'off',
	'hft.allowed_networks' => '0.0.0.0/0');

$node->safe_psql('postgres',
	"CREATE ROLE eve LOGIN;\nCREATE DATABASE eves OWNER eve");
foreach my $name (sort keys %destinations)
{
	my $value = $destinations{$name};

	foreach my $sql (
		"LOAD 'hft'; SET $name = '$value'",
		"LOAD 'hft'; SELECT pg_catalog.set_config('$name', '$value', true)",
		"ALTER ROLE eve SET $name = '$value'",
		"ALTER DATABASE eves SET $name = '$value'",
		"ALTER SYSTEM SET $name = '$value'")
	{
		my ($code, $out, $err) = $node->psql('eves',
			'\set VERBOSITY sqlstate' . "\n$sql", extra_params => [ '-U', 'eve' ]);

		like($err, qr/ERROR:  (?:42501|55P02|42704)/, "F78: $sql");
	}

	# set before the library is there, it must not become the value
	my $shown = "LOAD 'hft'; SELECT setting FROM pg_catalog.pg_settings"
	  . " WHERE name = '$name'";
	my $right = $node->safe_psql('eves', $shown);
	my ($code, $out) = $node->psql('eves', "SET $name = '$value'; $shown");
	is($out, $right, "F78: $name set as a placeholder");

	$node->safe_psql('postgres',
		"LOAD 'hft';\nALTER SYSTEM SET $name = '$value'");
	$node->reload;
	ok($node->poll_until("LOAD 'hft'; SELECT setting = '$value'
		FROM pg_catalog.pg_settings WHERE name = '$name'"),
		"F78: $name set by the superuser");
	$node->safe_psql('postgres', "LOAD 'hft';\nALTER SYSTEM RESET $name");
}
$node->reload;
is($node->safe_psql('postgres', "LOAD 'hft'; SELECT count(*)
	FROM pg_catalog.pg_settings WHERE name ~ '^hft\\.'
	AND context NOT IN ('sighup', 'postmaster')
	AND name NOT IN ('hft.chat_timeout', 'hft.token_cache')"),
	0, 'F78: a session sets nothing but its own patience and memory');

# ---- values that cannot be meant

foreach my $case (
	[ 'hft.secret_directory', 'keys' ], [ 'hft.ca_file', './ca' ],
	[ 'hft.proxy', 'proxy:3128' ], [ 'hft.proxy', 'http://a b' ],
	[ 'hft.allowed_networks', '10.0.0.1/8' ],
	[ 'hft.databases', '"a' ], [ 'hft.max_requests', '0' ])
{
	my ($name, $value) = @$case;
	my ($code, $out, $err) = $node->psql('postgres',
		"LOAD 'hft';\nALTER SYSTEM SET $name = '$value'");

	like($err, qr/invalid value for parameter "\Q$name\E"|outside the valid range/,
		"$name does not take '$value'");
}

done_testing();
