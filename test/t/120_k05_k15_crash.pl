# K05-K15: wherever a worker dies, every paid effect happens exactly once and
# the job ends as it should, on both platforms, after kill -9 of the worker
# (which restarts the cluster) and after an immediate restart of the server.
#
# Could pass by accident if a position were never reached: each one must have
# struck.  Could pass if nothing were ever sent: the ledger must hold exactly
# one more job and one more file per run, and no token twice.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use HftCrash;
use HftTest;

my %models = (
	openai => 'gpt-4o-mini-2024-07-18',
	together => 'Qwen/Qwen3.5-9B');

my $emulator = start_emulator(args => [ '--seconds-per-job', '1' ]);
my $node = new_node('main', testing => 1,
	settings => { 'hft.poll_interval' => '100ms', 'hft.settle_time' => '1s' });

for my $platform (sort keys %models)
{
	$node->add_server($platform, provider => $platform,
		base_url => $emulator->base_url($platform));
	my $target = [ $platform, $models{$platform} ];
	crash_once($node, $emulator, $target, @$_, 'kill') for @positions;
	crash_once($node, $emulator, $target, @$_, 'restart')
	  for @positions[ 0, 2, 5, 6, 9 ];
}
is_deeply($emulator->ledger->{duplicates}, {}, 'no token was used twice');

done_testing();
