# F70: a clock that jumps a day stalls nothing and makes no burst.
#
# Could pass by accident if the worker were started anew: its process must be
# the same all the while.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use HftTest;

use constant JOBS => 30;

my $emulator = start_emulator(args => [ '--seconds-per-job', '1' ]);
my $node = new_node('main', testing => 1, settings => {
		'hft.poll_interval' => '1s',
		'hft.max_requests' => 4
	});

$node->add_server('openai', provider => 'openai',
	base_url => $emulator->base_url('openai'));
$node->seed_dataset('train', 12);
$emulator->set_clock_rate(0);
$node->safe_psql('postgres', qq{
	SELECT pg_catalog.count(hft.submit_job('train', 'openai',
		'gpt-4o-mini-2024-07-18')) FROM pg_catalog.generate_series(1, @{[ JOBS ]})});
ok($node->poll_until('SELECT pg_catalog.count(*) FROM hft.job
		WHERE checked_at > queued_at', JOBS), 'all jobs are polled');
my ($worker) = $node->worker_pids;

for my $days (-1, 1)
{
	my $shift = $days * 86400;

	$node->safe_psql('postgres', q{
		DROP TABLE IF EXISTS before;
		CREATE TABLE before AS SELECT id, revision FROM hft.job});
	$node->set('hft.clock_shift' => "${shift}s");
	$node->reload;
	ok($node->poll_until('SELECT pg_catalog.count(*) FROM hft.job j
			JOIN before b USING (id) WHERE j.revision >= b.revision + 2', JOBS, 30),
		"F70: $days day: every job is polled on");
	cmp_ok($node->safe_psql('postgres',
			'SELECT pg_catalog.max(running) FROM hft.worker'), '<=', 4,
		"F70: $days day: never more requests than allowed");
	is_deeply([ $node->worker_pids ], [$worker],
		"F70: $days day: by the same worker");
}
$emulator->set_clock_rate(1);
ok($node->poll_until("SELECT pg_catalog.count(*) FROM hft.job
		WHERE state = 'succeeded'", JOBS), 'all end well');

done_testing();
