# Requests that never reach a server (F11, F13-F16, F24, F74, R18, R19).
#
# Names are resolved by a shim that is preloaded into the server, so that no
# name server is needed and each fault is exactly the one that is meant; that
# the shim was asked is read from its log.  A request that fails for another
# reason than the tested one would look alike, so each is held to its class,
# and to "sent" being false: these are the proofs of R29.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";

use IO::Socket::INET;
use Time::HiRes qw(time sleep);

use HftRequest;
use HftTest;
use HftWire;

my $tmp = PostgreSQL::Test::Utils::tempdir();
my @PAID = (effect => 'paid', body => '{}');

system('cc', '-shared', '-fPIC', '-O1', '-D_GNU_SOURCE', '-o',
	"$tmp/shim.so", "$FindBin::RealBin/../lib/resolver_shim.c", '-ldl') == 0
  or BAIL_OUT('cannot build the resolver');

my $node;
{
	local $ENV{LD_PRELOAD} = "$tmp/shim.so";
	local $ENV{SHIM_LOG} = "$tmp/shim.log";
	$node = request_node('main',
		settings => {
			'hft.connect_timeout' => '1s',
			'max_files_per_process' => 64
		});
}
my $answerer = HftWire->start(sub {
	my ($wire, $socket) = @_;
	while ($wire->read_request($socket))
	{
		print $socket "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
		  . "Content-Length: 2\r\n\r\nok";
	}
});
my $port = $answerer->port;

sub is_refused
{
	my ($got, $net, $sqlstate, $name) = @_;

	is("$got->{net} $got->{sqlstate}", "$net $sqlstate", "$name: $net")
	  or diag $got->{detail};
	ok(!$got->{sent}, "$name: nothing was sent");
	return;
}

sub set
{
	my (%settings) = @_;

	$node->set(%settings);
	$node->reload;
	return;
}

# ---- F13: no such name

is_refused($node->request('https://missing.shim/', @PAID),
	'dns', '08001', 'F13: a name that does not exist');
is($node->request("http://127.0.0.1:$port/")->{net}, 'ok',
	'F13: another host is not affected');

# ---- F14, R18, R19: a name server that never answers

{
	my $got = $node->request('https://stuck.shim/', @PAID);

	is_refused($got, 'timeout', '08006', 'F14: stuck name server');
	ok($got->{seconds} > 0.9 && $got->{seconds} < 2,
		"F14: given up after $got->{seconds} s, the connect limit");
	my $log = slurp_file("$tmp/shim.log");
	like($log, qr/^stuck\.shim thread 0$/m,
		'R18: the resolver runs in a thread, with all signals blocked');
	unlike($log, qr/^stuck\.shim (?:main|thread [1-9])/m,
		'R18: and never otherwise');
}

my $CALLER = q{pg_catalog.pg_stat_activity WHERE query LIKE '%test_http(%'
	AND pid <> pg_catalog.pg_backend_pid()};

# Make a call in a session of its own; returns once it waits for the network.
sub start_call
{
	my ($call) = @_;
	my $err = '';
	my $run = IPC::Run::start(
		[ 'psql', '-XAtq', '-d', $node->connstr('postgres'), '-c', $call ],
		'<', \undef, '>', '/dev/null', '2>', \$err,
		IPC::Run::timeout(60));

	$node->poll_until(qq{SELECT count(*) = 1 FROM $CALLER
		AND wait_event_type = 'Extension'}, 't', 20);
	return { run => $run, err => \$err };
}

sub ends_soon
{
	my ($caller, $action, $pattern, $name) = @_;
	my $start = time();

	$node->safe_psql('postgres', "SELECT $action(pid) FROM $CALLER");
	$caller->{run}->finish;
	my $took = time() - $start;
	ok($took < 1, sprintf('%s: after %.2f s', $name, $took));
	like(${ $caller->{err} }, $pattern, "$name: as asked");
	return;
}

set('hft.connect_timeout' => '60s');
ends_soon(start_call($node->call('https://stuck.shim/')),
	'pg_cancel_backend', qr/canceling statement due to user request/,
	'R19: cancel while a name is resolved');
ends_soon(start_call($node->call('https://stuck.shim/')),
	'pg_terminate_backend', qr/terminating connection/,
	'R19: SIGTERM while a name is resolved');
{
	# the barrier of DROP DATABASE reaches the waiting process, too
	my $caller = start_call($node->call('https://stuck.shim/'));
	my $start = time();

	$node->safe_psql('postgres', 'CREATE DATABASE other');
	$node->safe_psql('postgres', 'DROP DATABASE other');
	my $took = time() - $start;
	ok($took < 2, sprintf('F14: CREATE and DROP DATABASE in %.2f s', $took));
	ends_soon($caller, 'pg_cancel_backend', qr/canceling/,
		'F14: and the call was still waiting');
}

# ---- the same once connected: in the handshake, and in the middle of an answer

{
	my $wire = HftWire->start(sub {
		my ($wire, $socket) = @_;
		$wire->stall($socket);
	});
	my $plain = $node->call($wire->url, @PAID);
	my $tls = $node->call($wire->url =~ s/^http/https/r, @PAID);

	ends_soon(start_call($plain), 'pg_cancel_backend', qr/canceling/,
		'R17: cancel while an answer is awaited');
	ends_soon(start_call($plain), 'pg_terminate_backend', qr/terminating/,
		'R17: SIGTERM while an answer is awaited');
	ends_soon(start_call($tls), 'pg_terminate_backend', qr/terminating/,
		'R17: SIGTERM during the TLS handshake');
}
{
	# a session that was cancelled goes on as if nothing had been
	my $sql = "SET statement_timeout = '300ms';\n"
	  . $node->call('https://stuck.shim/') . ";\nRESET statement_timeout;\n"
	  . $node->call("http://127.0.0.1:$port/");
	my ($code, $out, $err) =
	  $node->psql('postgres', $sql, on_error_stop => 0);

	like($err, qr/due to statement timeout/, 'R17: statement_timeout');
	like($out, qr/"net":"ok"/, 'R17: the session goes on');
}
set('hft.connect_timeout' => '1s');

# ---- F15, F16: nobody there

{
	my $free = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1);
	my $closed = $free->sockport;

	close $free;
	is_refused($node->request("http://127.0.0.1:$closed/", @PAID),
		'connect', '08001', 'F15: connection refused');
}
{
	# a full backlog drops the SYN
	my $full = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1);
	my @waiting;

	while (@waiting < 20)
	{
		my $one = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
			PeerPort => $full->sockport, Timeout => 0.2) or last;
		push @waiting, $one;
	}
	my $got = $node->request('http://127.0.0.1:' . $full->sockport, @PAID);
	is_refused($got, 'timeout', '08006', 'F16: SYN dropped');
	ok($got->{seconds} > 0.9 && $got->{seconds} < 2,
		"F16: given up after $got->{seconds} s");
}

# ---- F24: IPv6 leads nowhere, IPv4 is fine

{
	set('hft.allowed_networks' => '100::/64');
	my $got = $node->request("http://broken6.shim:$port/");
	is("$got->{net} $got->{status}", 'ok 200', 'F24: IPv4 is used')
	  or diag $got->{detail};
	set('hft.allowed_networks' => '');
}

# ---- F74: names that lead where they must not

set('hft.allow_http_loopback' => 'off');
foreach my $name (qw(inside.shim mapped.shim flip.shim localhost))
{
	is_refused($node->request("https://$name:$port/", @PAID),
		'forbidden', '42501', "F74: $name");
}
is_refused($node->request("http://127.0.0.1:$port/"),
	'forbidden', '42501', 'R23: http without leave');
set('hft.allow_http_loopback' => 'on');
is_refused($node->request("http://inside.shim:$port/"),
	'forbidden', '42501', 'F74: http beyond this host');
{
	# the second lookup, for another port, says something else than the first
	my $other = HftWire->start(sub {
		my ($wire, $socket) = @_;
		$wire->read_request($socket);
	});
	my @got = map { JSON::PP::decode_json($_) } split /\n/,
	  $node->safe_psql('postgres', join ';',
		$node->call("http://flip.shim:$port/"),
		$node->call('http://flip.shim:' . $other->port, @PAID));

	is($got[0]{net}, 'ok', 'F74: a name that is good at first');
	is_refused($got[1], 'forbidden', '42501', 'F74: and bad the second time');
	is(scalar $other->seen, 0, 'F74: nothing arrived');
}

# ---- F11: out of descriptors

{
	my $url = "http://127.0.0.1:$port/";
	my $good = $node->safe_psql('postgres',
		"SELECT test_http_many('$url', 200, 100)");

	ok($good > 0 && $good < 200,
		"F11: $good of 200 requests found a descriptor");
	is($node->safe_psql('postgres', "SELECT test_http_many('$url', 50, 5)"),
		50, 'F11: and few at a time all do');
}

done_testing();
