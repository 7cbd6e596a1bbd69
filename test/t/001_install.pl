# The extension installs into a running server, both builds, and only the
# testing build has hooks at the crash positions.
#
# Could pass by accident if both nodes ran the same library: the test asks
# each server where its libraries are, and looks into that very file.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use HftTest;

sub library_has
{
	my ($node, $symbol) = @_;
	my $folder = $node->safe_psql('postgres',
		"SELECT setting FROM pg_catalog.pg_config() WHERE name = 'PKGLIBDIR'");

	return slurp_file("$folder/hft.so") =~ /\0$symbol/;
}

my %node = (
	shipped => new_node('shipped', preload => 0),
	testing => new_node('testing', testing => 1));

foreach my $name (sort keys %node)
{
	is($node{$name}->safe_psql('postgres', q{
			SELECT extversion FROM pg_catalog.pg_extension
			WHERE extname = 'hft'}),
		'1.1.0', "$name build installs");
}
is($node{testing}->safe_psql('postgres', 'SHOW shared_preload_libraries'),
	'hft', 'the testing node is preloaded');
is($node{shipped}->safe_psql('postgres', 'SHOW shared_preload_libraries'),
	'', 'the shipped node is not');
ok(library_has($node{$_}, 'pg_finfo_hft_sql_fdw_validator'),
	"$_ library is looked into") foreach sort keys %node;
ok(library_has($node{testing}, 'hft_fault_'),
	'the testing build has crash positions');
ok(!library_has($node{shipped}, qr/(pg_finfo_)?hft_(fault|test|clock_shift)/),
	'the shipped build has nothing of the kind');

done_testing();
