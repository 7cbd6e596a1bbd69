# HftVertex: Google Vertex AI's dialect of the emulator, for TAP tests
#
#     use HftTest;
#     use HftVertex;
#
#     my $emulator = start_emulator();
#     add_vertex($node, $emulator, 'vertex');
#     my $key = service_account($emulator, 'robot');
#
# A service account's key is made by openssl for each test, and the emulator
# is told its public half.

package HftVertex;

use strict;
use warnings;

use Carp;
use Exporter 'import';
use JSON::PP;
use PostgreSQL::Test::Utils;

our @EXPORT = qw(add_vertex service_account vertex_options);

sub vertex_options
{
	my ($emulator) = @_;
	my $url = 'http://127.0.0.1:' . $emulator->port . '/vertex';

	return (
		provider => 'vertex',
		project => 'emulated-project',
		bucket => 'emulated-bucket',
		base_url => $url,
		storage_url => $url,
		token_url => "$url/token");
}

# A server with a credential; further options as add_server has them.
sub add_vertex
{
	my ($node, $emulator, $name, %options) = @_;

	$node->add_server($name, vertex_options($emulator), %options);
	return;
}

# The JSON key file of a new account, which the emulator knows from now on.
# More members of the key file may be given.
sub service_account
{
	my ($emulator, $name, %more) = @_;
	my $file = "$PostgreSQL::Test::Utils::tmp_check/$name.pem";
	my $email = "$name\@emulated-project.iam.gserviceaccount.com";
	my $url = 'http://127.0.0.1:' . $emulator->port . '/vertex/token';

	system('openssl', 'genpkey', '-quiet', '-algorithm', 'RSA', '-pkeyopt',
		'rsa_keygen_bits:2048', '-out', $file) == 0
	  or system("openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out $file 2>/dev/null") == 0
	  or croak 'openssl made no key';
	my ($modulus) = `openssl rsa -in $file -noout -modulus` =~ /=([0-9A-F]+)/
	  or croak 'openssl shows no modulus';
	my $known = $emulator->control('GET', 'settings')->{service_accounts};
	$known->{$email} = { n => $modulus };
	$emulator->settings(service_accounts => $known);
	return encode_json({
			type => 'service_account',
			project_id => 'emulated-project',
			private_key_id => "key-of-$name",
			private_key => slurp_file($file),
			client_email => $email,
			token_uri => $url,
			universe_domain => 'googleapis.com',
			%more
	});
}

1;
