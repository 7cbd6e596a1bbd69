# HftRequest: single HTTP requests from a backend, for tests of the network
#
#     use HftTest;
#     use HftRequest;
#
#     my $node = request_node('main');
#     my $got = $node->request("http://127.0.0.1:$port/x", effect => 'paid',
#         body => '{}');
#     is($got->{net}, 'reset');
#
# The functions behind it exist in the build with -DHFT_TESTING only.

package HftRequest;

use strict;
use warnings;

use parent -norequire, 'HftNode';

use Exporter 'import';
use File::Basename qw(dirname);
use lib dirname(__FILE__);

use HftNode;
use JSON::PP;

our @EXPORT = qw(request_node);

# A started server of the testing build, without background work.
sub request_node
{
	my ($name, %options) = @_;
	my $node = HftRequest->create($name, preload => 0, extension => 0,
		testing => 1, %options);

	$node->safe_psql('postgres', q{
		CREATE FUNCTION test_http(url text, method text, options text[],
			OUT net text, OUT sent bool, OUT status int,
			OUT content_type text, OUT body text, OUT detail text,
			OUT seconds float8, OUT uploaded int8, OUT sqlstate text)
		AS 'hft', 'hft_test_http' LANGUAGE C VOLATILE STRICT;
		CREATE FUNCTION test_http_many(url text, total int, at_once int)
		RETURNS int
		AS 'hft', 'hft_test_http_many' LANGUAGE C VOLATILE STRICT;
	});
	return $node;
}

sub quoted
{
	my ($text) = @_;

	return "'" . ($text =~ s/'/''/gr) . "'";
}

# The call as SQL, for tests that make it in a session of their own.  The
# method is GET, or POST when there is a body; what is no option is a header.
sub call
{
	my ($self, $url, %options) = @_;
	my $method = delete $options{method}
	  // (grep({ exists $options{$_} } qw(body dataset)) ? 'POST' : 'GET');
	# in a fixed order: "feed" corrects what "dataset" presumes
	my $list = join ', ',
	  map { quoted($_), quoted($options{$_}) } sort keys %options;

	return 'SELECT pg_catalog.to_json(t) FROM test_http('
	  . quoted($url) . ", '$method', ARRAY[$list]::text[]) t";
}

# Make one request in a new session; returns what became of it as a hash:
# net, sent, status, content_type, body, detail, seconds, uploaded, sqlstate.
sub request
{
	my ($self, $url, %options) = @_;

	return decode_json(
		$self->safe_psql('postgres', $self->call($url, %options)));
}

1;
