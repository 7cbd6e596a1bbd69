# Certificates that must not be believed (F17, F77, R24).
#
# A client that verifies nothing passes every test of a good certificate, so
# each bad one differs from the good one in a single thing; and that nothing
# was sent is read from the server's own ledger.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";

use HftRequest;
use HftTest;

my $tmp = PostgreSQL::Test::Utils::tempdir();
my @PAID = (effect => 'paid', body => '{}');

sub openssl
{
	my @words = @_;
	my $err;

	IPC::Run::run([ 'openssl', @words ], '>', '/dev/null', '2>', \$err)
	  or BAIL_OUT("openssl @words: $err");
	return;
}

sub make_ca
{
	my ($name) = @_;

	openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt',
		'ec_paramgen_curve:P-256', '-nodes', '-keyout', "$tmp/$name.key",
		'-out', "$tmp/$name.crt", '-days', 2, '-subj', "/CN=$name");
	return;
}

# A certificate for a host, signed by an authority.
sub make_certificate
{
	my ($name, $ca, $host, @validity) = @_;

	open my $file, '>', "$tmp/$name.ext" or BAIL_OUT("cannot write: $!");
	print $file "subjectAltName=$host\n";
	close $file;
	openssl('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256',
		'-nodes', '-keyout', "$tmp/$name.key", '-out', "$tmp/$name.csr",
		'-subj', "/CN=$name");
	openssl('x509', '-req', '-in', "$tmp/$name.csr", '-CA', "$tmp/$ca.crt",
		'-CAkey', "$tmp/$ca.key", '-CAcreateserial', '-out',
		"$tmp/$name.crt", '-extfile', "$tmp/$name.ext",
		@validity ? @validity : ('-days', 2));
	return;
}

make_ca('trusted');
make_ca('stranger');
make_certificate('good', 'trusted', 'IP:127.0.0.1,DNS:localhost');
make_certificate('unknown', 'stranger', 'IP:127.0.0.1');
make_certificate('misnamed', 'trusted', 'DNS:api.example.com,IP:127.0.0.2');
make_certificate('expired', 'trusted', 'IP:127.0.0.1', '-days', -1);

my $node;
{
	# what the postmaster's environment says must not count (F77)
	local $ENV{SSL_CERT_FILE} = "$tmp/stranger.crt";
	local $ENV{CURL_CA_BUNDLE} = "$tmp/stranger.crt";
	local $ENV{SSLKEYLOGFILE} = "$tmp/keys.log";
	$node = request_node('main',
		settings => { 'hft.ca_file' => "$tmp/trusted.crt" });
}

sub start_tls
{
	my ($name) = @_;

	return start_emulator(args => [
		'--tls-cert', "$tmp/$name.crt", '--tls-key', "$tmp/$name.key" ]);
}

sub url
{
	my ($port) = @_;

	return "https://127.0.0.1:$port/openai/v1/models";
}

{
	my $emulator = start_tls('good');
	my $got = $node->request(url($emulator->port));

	is("$got->{net} $got->{status}", 'ok 401', 'a good certificate')
	  or diag $got->{detail};
	ok(!-e "$tmp/keys.log", 'F77: session keys are written nowhere');

	$node->set('hft.ca_file' => '');
	$node->reload;
	$got = $node->request(url($emulator->port), @PAID);
	is($got->{net}, 'tls', 'F77: SSL_CERT_FILE is not asked');
	$node->set('hft.ca_file' => "$tmp/nonexistent.crt");
	$node->reload;
	$got = $node->request(url($emulator->port), @PAID);
	is($got->{net}, 'tls', 'a missing CA file trusts nobody');
	$node->set('hft.ca_file' => "$tmp/trusted.crt");
	$node->reload;
}

foreach my $case (
	[ 'unknown', qr/issuer certificate/ ],
	[ 'misnamed', qr/does not match|no alternative certificate/ ],
	[ 'expired', qr/expired/ ])
{
	my ($name, $says) = @$case;
	my $emulator = start_tls($name);
	my $got = $node->request(url($emulator->port), @PAID,
		Authorization => 'Bearer sk-must-not-arrive');

	is("$got->{net} $got->{sqlstate}", 'tls 08001', "F17: $name");
	ok(!$got->{sent}, "F17: $name: nothing was sent");
	like($got->{detail}, $says, "F17: $name: named");
}

# ---- a server that can only do what was withdrawn

{
	my $port = PostgreSQL::Test::Cluster::get_free_port();
	my $server = IPC::Run::start(
		[ 'openssl', 's_server', '-accept', "127.0.0.1:$port", '-tls1',
			'-cipher', 'ALL:@SECLEVEL=0', '-key', "$tmp/good.key",
			'-cert', "$tmp/good.crt", '-quiet' ],
		'<', \undef, '>', '/dev/null', '2>', '/dev/null');
	my $got;

	foreach (1 .. 100)
	{
		$got = $node->request(url($port), @PAID);
		last if $got->{net} ne 'connect';
		select undef, undef, undef, 0.1;
	}
	is($got->{net}, 'tls', 'F17: TLS 1.0 only') or diag $got->{detail};
	ok(!$got->{sent}, 'F17: TLS 1.0 only: nothing was sent');
	$server->kill_kill;
}

done_testing();
