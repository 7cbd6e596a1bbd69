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
use HftTest;

# position => where the process ends; the ids are those of the fault matrix
my @positions = (
	[ 'K05', 'send:upload' ],
	[ 'K06', 'feed:upload' ],
	[ 'K07', 'answer:upload' ],
	[ 'K08', 'record:upload' ],
	[ 'K09', 'record:file_status' ],
	[ 'K10', 'send:create' ],
	[ 'K11', 'answer:create' ],
	[ 'K12', 'record:create' ],
	[ 'K13', 'answer:status' ],
	[ 'K14', 'record:status' ],
	[ 'K15', 'record:history' ]);
my %models = (
	openai => 'gpt-4o-mini-2024-07-18',
	together => 'Qwen/Qwen3.5-9B');

my $emulator = start_emulator(args => [ '--seconds-per-job', '1' ]);
my $node = new_node('main', testing => 1,
	settings => { 'hft.poll_interval' => '100ms', 'hft.settle_time' => '1s' });
my ($files, $jobs) = (0, 0);

sub crash_once
{
	my ($id, $position, $platform, $how) = @_;
	my $name = lc "${id}_${platform}_$how";

	$node->seed_dataset($name, 12);
	$node->arm($position, $how eq 'kill' ? 'kill' : 'wait');
	my $job = $node->submit($name, $platform, $models{$platform});
	ok($node->wait_struck, "$id on $platform: $position is reached");
	if ($how eq 'restart')
	{
		$node->stop('immediate');
		$node->start;
	}
	ok($node->wait_job($job, 'succeeded', 60),
		"$id on $platform: the job ends well after $how");
	is($emulator->total('job.create'), ++$jobs,
		"$id on $platform: one job was bought");
	is($node->safe_psql('postgres',
			"SELECT pg_catalog.count(*) FROM hft.attempt
			  WHERE job_id = $job AND kind = 'create'
			    AND state IN ('intended', 'in_doubt')"),
		'0', "$id on $platform: no attempt is left open");
	return;
}

for my $platform (sort keys %models)
{
	$node->add_server($platform, provider => $platform,
		base_url => $emulator->base_url($platform));
	crash_once(@$_, $platform, 'kill') for @positions;
	crash_once(@$_, $platform, 'restart') for @positions[ 0, 2, 5, 6, 9 ];
}
is_deeply($emulator->ledger->{duplicates}, {}, 'no token was used twice');

done_testing();
