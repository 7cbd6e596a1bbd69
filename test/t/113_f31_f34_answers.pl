# Answers that are too large, not the provider's, or lead elsewhere
# (F30, F31, F33, F34, F73).
#
# "Memory stays flat" is measured as the growth of the backend that made the
# request, against the size of what it was sent.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";

use HftRequest;
use HftTest;
use HftWire;

use constant MIB => 1024 * 1024;

my $emulator = start_emulator();
my $node = request_node('main');
my $url = $emulator->base_url('openai') . '/models';

sub answered_with
{
	my (%action) = @_;

	$emulator->clear_faults;
	$emulator->add_fault({ times => 0 }, \%action);
	return $node->request($url, effect => 'paid', body => '{}',
		Authorization => 'Bearer test-key-alice');
}

# Peak memory of a backend that makes the request, in bytes.
sub peak_of
{
	my (%action) = @_;

	$emulator->clear_faults;
	$emulator->add_fault({ times => 0 }, \%action);
	my $out = $node->safe_psql('postgres',
		$node->call($url) . ";\n"
		  . q{SELECT (pg_catalog.regexp_match(pg_catalog.pg_read_file(
			'/proc/self/status'), 'VmHWM:\s+(\d+) kB'))[1]::int8 * 1024});
	return (split /\n/, $out)[-1];
}

# ---- F31: too much

foreach my $case (
	[ 'a large answer', generate => 'huge', size => 10 * MIB ],
	[ 'an endless drip', generate => 'drip', size => 256 * MIB ],
	[ 'a million fields', generate => 'fields' ])
{
	my ($name, %action) = @$case;
	my $got = answered_with(%action);

	is("$got->{net} $got->{sqlstate}", 'too_large 54000', "F31: $name");
	ok($got->{sent}, "F31: $name: it may have been done");
}
{
	my $got = answered_with(generate => 'huge', size => 10 * MIB,
		status => 429, headers => { 'Retry-After' => '7' });

	is("$got->{net} $got->{status}", 'ok 429',
		'F31: a large refusal is known by its status');

	my $small = peak_of(status => 200, body => '{}');
	my $large = peak_of(generate => 'drip', size => 1024 * MIB);
	ok($large < $small + 8 * MIB,
		sprintf 'F31: %d MiB more for a gigabyte', ($large - $small) / MIB);
}
{
	my $lines = join '', map { "X-$_: " . 'x' x 1000 . "\r\n" } 1 .. 100;
	my $wire = HftWire->start(sub {
		my ($wire, $socket) = @_;
		$wire->read_request($socket);
		print $socket "HTTP/1.1 200 OK\r\n$lines\r\n";
	});
	is($node->request($wire->url)->{net}, 'too_large',
		'F31: 100 kB of headers');

	$wire = HftWire->start(sub {
		my ($wire, $socket) = @_;
		$wire->read_request($socket);
		while (print $socket "HTTP/1.1 103 Early Hints\r\nX: "
			. 'x' x 10000 . "\r\n\r\n") { }
	});
	is($node->request($wire->url)->{net}, 'too_large',
		'F31: interim answers without end');
}
{
	# 256 MiB in 256 kB: small enough to be taken, if nobody inflates it
	my $got = answered_with(generate => 'gzip_bomb', size => 256 * MIB);

	is("$got->{net} $got->{status}", 'ok 200', 'F31: a gzip bomb')
	  or diag $got->{detail};
	unlike($got->{body}, qr/ {1000}/, 'F31: it is not inflated');
}
$emulator->clear_faults;
is(length $node->request($url, limit => 100)->{body}, 100,
	'F31: a refusal is cut at the limit of the request');

# ---- F30, F33: not what was asked for; the bytes are for the parser

{
	my $got = answered_with(generate => 'html');

	is("$got->{status} $got->{content_type}", '200 text/html; charset=utf-8',
		'F33: a page says that it is one');
	$got = answered_with(status => 200, body => '');
	is("$got->{net} '$got->{body}'", "ok ''", 'F30: an empty answer');
}
foreach my $case (
	[ 'no HTTP at all', "SSH-2.0-OpenSSH_9.2\r\n" ],
	[ 'HTTP/0.9', '<html>hello</html>' ],
	[ 'a NUL in a header',
		"HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 0\r\n\r\n" ],
	[ 'a negative length',
		"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nab" ])
{
	my ($name, $bytes) = @$case;
	my $wire = HftWire->start(sub {
		my ($wire, $socket) = @_;
		$wire->read_request($socket);
		print $socket $bytes;
	});
	my $got = $node->request($wire->url, effect => 'paid', body => '{}');

	isnt($got->{net}, 'ok', "F30: $name: $got->{net}");
	ok($got->{sent}, "F30: $name: it was sent");
}

# ---- F34: redirects

foreach my $target (
	'http://127.0.0.2:1/', 'file:///etc/passwd', 'gopher://127.0.0.1/',
	'/openai/v1/files', '//example.com/')
{
	my $got = answered_with(redirect => $target);

	is("$got->{net} $got->{status}", 'ok 307',
		"F34: $target is not followed");
}
{
	my $thief = HftWire->start(sub {
		my ($wire, $socket) = @_;
		$wire->read_request($socket);
		print $socket "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
	});
	foreach my $status (301, 302, 303, 307, 308)
	{
		my $got = answered_with(redirect => $thief->url, status => $status);

		is($got->{status}, $status, "F34: $status is an answer");
	}
	is_deeply([ $thief->seen ], [], 'F34: the other host heard nothing');
}

# ---- F73: secrets that come back

{
	my $key = 'sk-proj-0123456789abcdef';

	$emulator->clear_faults;
	$emulator->add_fault({ times => 0 }, { status => 401,
		echo_bearer => JSON::PP::true, body => 'no such key: $BEARER' });
	my $got = $node->request($url, Authorization => "Bearer $key");
	is($got->{body}, 'no such key: Bearer ****', 'F73: the key is masked');
	unlike(slurp_file($node->logfile) =~ s/^.*LOG:  statement.*$//mgr,
		qr/\Q$key\E/, 'F73: and not in the log');
}

done_testing();
