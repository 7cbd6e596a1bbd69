# What happens to a request when the connection misbehaves (F18-F22, R22a).
#
# The proof of R29 is "sent": false only if no byte of the request can have
# been acted upon.  A client that always said true would be safe but useless,
# one that always said false would pay twice, so both directions are tested,
# and what really arrived is counted at the other end.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";

use HftRequest;
use HftTest;
use HftWire;

my $node = request_node('main', settings => { 'hft.request_timeout' => 5000 });
my $ok = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
my @PAID = (effect => 'paid', body => '{"x":1}');

sub is_result
{
	my ($got, $net, $sent, $name) = @_;

	is($got->{net}, $net, "$name: $net") or diag $got->{detail};
	is($got->{sent} ? 1 : 0, $sent, "$name: sent is $sent");
	return;
}

# ---- F18: reset before, during and after the body

{
	my $wire = HftWire->start(sub {
		my ($wire, $socket) = @_;
		sysread $socket, my $head, 10;
		$wire->reset_connection($socket);
	});
	is_result($node->request($wire->url, @PAID), 'reset', 1,
		'F18: reset in the head');
	is_result(
		$node->request($wire->url, effect => 'paid', dataset => 5_000_000),
		'reset', 1, 'F18: reset in the body');
}
{
	my $wire = HftWire->start(sub {
		my ($wire, $socket) = @_;
		$wire->read_request($socket);
		$wire->reset_connection($socket);
	});
	is_result($node->request($wire->url, @PAID), 'reset', 1,
		'F18: reset after the body');
	is(scalar $wire->seen, 1, 'F18: and it was sent once');
}
{
	my $wire = HftWire->start(sub {
		my ($wire, $socket) = @_;
		$wire->read_request($socket);
	});
	is_result($node->request($wire->url, @PAID), 'reset', 1,
		'F18: closed without an answer');
	is(scalar $wire->seen, 1, 'F18: and it was sent once');
}
{
	# a peer that breaks off during the TLS handshake has read no request
	my $wire = HftWire->start(sub {
		my ($wire, $socket) = @_;
		sysread $socket, my $hello, 10;
		$wire->remember($hello =~ /^\x16\x03/ ? 'hello' : 'request');
		$wire->reset_connection($socket);
	});
	is_result($node->request($wire->url =~ s/^http/https/r, @PAID),
		'connect', 0, 'F18: reset in the handshake');
	is_deeply([ $wire->seen ], ['hello'], 'F18: only a hello was sent');
}

# ---- F19: stalls; the low-speed limit is tested at the end

{
	my $wire = HftWire->start(sub {
		my ($wire, $socket) = @_;
		$wire->read_request($socket);
		print $socket "${ok}Content-Length: 100\r\n\r\n{";
		$wire->stall($socket);
	});
	$node->safe_psql('postgres',
		q{ALTER SYSTEM SET hft.request_timeout = '700ms'; SELECT pg_reload_conf()});
	my $got = $node->request($wire->url, @PAID);
	is_result($got, 'timeout', 1, 'F19: stalled answer');
	ok($got->{seconds} > 0.6 && $got->{seconds} < 3,
		"F19: given up after $got->{seconds} s");
	$node->safe_psql('postgres',
		'ALTER SYSTEM RESET hft.request_timeout; SELECT pg_reload_conf()');
}

# ---- F20: shorter than announced

{
	my $wire = HftWire->start(sub {
		my ($wire, $socket) = @_;
		$wire->read_request($socket);
		print $socket "${ok}Content-Length: 100\r\n\r\n{\"id\":1}";
	});
	my $got = $node->request($wire->url, @PAID);
	is_result($got, 'truncated', 1, 'F20: body cut short');

	$wire = HftWire->start(sub {
		my ($wire, $socket) = @_;
		$wire->read_request($socket);
		print $socket "${ok}Transfer-Encoding: chunked\r\n\r\n5\r\n{\"id";
	});
	is_result($node->request($wire->url, @PAID), 'truncated', 1,
		'F20: chunk cut short');
}

# ---- F21: odd, but correct

sub is_answered
{
	my ($wire, $name, %options) = @_;
	my $got = $node->request($wire->url, @PAID, %options);

	is("$got->{net} $got->{status} $got->{body}", 'ok 200 {"id":1}', $name)
	  or diag $got->{detail};
	is($got->{content_type}, 'application/json', "$name: content type");
	return;
}

{
	my $wire = HftWire->start(sub {
		my ($wire, $socket) = @_;
		$wire->read_request($socket);
		foreach my $byte (split //, "${ok}Content-Length: 8\r\n\r\n{\"id\":1}")
		{
			syswrite $socket, $byte;
			select undef, undef, undef, 0.002;
		}
	});
	is_answered($wire, 'F21: an answer in pieces of one byte');
}
{
	my $wire = HftWire->start(sub {
		my ($wire, $socket) = @_;
		$wire->read_request($socket);
		print $socket "${ok}Transfer-Encoding: chunked\r\n\r\n"
		  . "1\r\n{\r\n6;x=y\r\n\"id\":1\r\n1\r\n}\r\n0\r\nTrailer: x\r\n\r\n";
	});
	is_answered($wire, 'F21: chunks and a trailer');
}
{
	my $wire = HftWire->start(sub {
		my ($wire, $socket) = @_;
		$wire->read_request($socket);
		print $socket "HTTP/1.1 100 Continue\r\nContent-Type: text/html\r\n\r\n"
		  . "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
		  . "${ok}Content-Length: 8\r\n\r\n{\"id\":1}";
	});
	is_answered($wire, 'F21: interim answers nobody asked for');
}
{
	my $wire = HftWire->start(sub {
		my ($wire, $socket) = @_;
		$wire->read_request($socket);
		print $socket "HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n"
		  . '{"id":1}';
	});
	is_answered($wire, 'F21: HTTP/1.0 that ends with the connection');
}
{
	# asks for 100 Continue before a large body, and goes on without it
	my $wire = HftWire->start(sub {
		my ($wire, $socket) = @_;
		my $text = $wire->read_request($socket);
		print $socket "${ok}Content-Length: 8\r\n\r\n{\"id\":1}"
		  if length($text) > 3_000_000;
	});
	is_answered($wire, 'F21: no answer to Expect',
		dataset => 3_000_000, pace => 'upload');
	like(($wire->seen)[0], qr/Expect: 100-continue/, 'F21: it was asked');
	like(($wire->seen)[0], qr/Content-Length: 3000007\t/,
		'the length is announced');
	$node->request($wire->url, @PAID);
	unlike(($wire->seen)[1] // 'Expect', qr/Expect/,
		'F21: a small request does not ask');
}
{
	# an answer that comes while the body is still being sent
	my $wire = HftWire->start(sub {
		my ($wire, $socket) = @_;
		sysread $socket, my $head, 65536;
		print $socket "HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n"
		  . "Content-Type: application/json\r\n\r\n{}";
		$wire->stall($socket);
	});
	my $got = $node->request($wire->url, effect => 'paid',
		dataset => 50_000_000, pace => 'upload');
	is("$got->{net} $got->{status}", 'ok 401', 'F21: refused early');
	ok($got->{uploaded} < 50_000_000,
		"F21: and sending stopped after $got->{uploaded} bytes");
}

# ---- F22, R22a: a kept connection dies just as a request goes out

sub requests_in_one_session
{
	my ($wire, @requests) = @_;
	my $sql = join ";\n", map { $node->call($wire->url, @$_) } @requests;

	return map { JSON::PP::decode_json($_) } split /\n/,
	  $node->safe_psql('postgres', $sql);
}

my $one_answer = sub {
	my ($wire, $socket, $number) = @_;
	$wire->read_request($socket);
	print $socket "${ok}Content-Length: 8\r\n\r\n{\"id\":$number}";
	# the second request on this connection is read and never answered
	$wire->read_request($socket);
};
{
	my $wire = HftWire->start($one_answer);
	my @got = requests_in_one_session($wire, [], []);

	is(join(' ', map { $_->{body} } @got), '{"id":1} {"id":2}',
		'F22: reads are answered');
	is(scalar $wire->seen, 3,
		'R22a: curl repeated the read by itself on a new connection');
}
{
	my $wire = HftWire->start($one_answer);
	my @got = requests_in_one_session($wire, [], [@PAID], [@PAID],
		[ effect => 'repeatable', body => '{}' ]);

	is(join(' ', map { $_->{body} } @got),
		'{"id":1} {"id":2} {"id":3} {"id":4}',
		'F22: each paid request got a connection of its own');
	is(scalar(grep { /^POST/ } $wire->seen), 3,
		'R22a: and none was sent twice');
}
{
	# nothing is answered at all: once is once
	my $wire = HftWire->start(sub {
		my ($wire, $socket) = @_;
		$wire->read_request($socket);
	});
	is_result($node->request($wire->url, @PAID), 'reset', 1,
		'F22: no answer to a paid request');
	is(scalar $wire->seen, 1, 'R22a: it was sent once');
}

# ---- the data set

{
	my $wire = HftWire->start(sub {
		my ($wire, $socket) = @_;
		my $text = $wire->read_request($socket);
		my $sent = 'PRE' . 'x' x 2_500_000 . 'POST';
		my $right = $text =~ /\r\n\r\n\Q$sent\E$/ ? 'right' : 'wrong';
		print $socket "${ok}Content-Length: 5\r\n\r\n$right";
	});
	my %upload = (body => 'PRE', dataset => 2_500_000, suffix => 'POST',
		effect => 'paid', pace => 'upload');

	is($node->request($wire->url, %upload)->{body}, 'right',
		'a data set between prefix and suffix arrives whole');
	is_result($node->request($wire->url, %upload, feed => 2_400_000),
		'local', 1, 'a data set that ends early is not sent as a whole one');
}

# ---- F19 again: slower than 1 KB/s for 30 s

{
	my $wire = HftWire->start(sub {
		my ($wire, $socket) = @_;
		$wire->read_request($socket);
		print $socket "${ok}Content-Length: 100000\r\n\r\n";
		while (syswrite $socket, 'x' x 100)
		{
			select undef, undef, undef, 0.5;
		}
	});
	$node->safe_psql('postgres',
		q{ALTER SYSTEM SET hft.request_timeout = '5min'; SELECT pg_reload_conf()});
	my $got = $node->request($wire->url);
	is_result($got, 'timeout', 1, 'F19: 200 bytes a second');
	ok($got->{seconds} > 25 && $got->{seconds} < 45,
		"F19: given up after $got->{seconds} s");
}

done_testing();
