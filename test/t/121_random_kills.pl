# Two hundred jobs and a kill -9 every few hundred milliseconds: exactly two
# hundred jobs are bought, and all of them end.
#
# Could pass by accident if the kills hit nobody: they are counted, and a good
# part of them must have ended a worker.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use HftTest;
use Time::HiRes qw(sleep time);

use constant JOBS => 200;
use constant KILLS => 25;

my $emulator = start_emulator(args => [ '--seconds-per-job', '3' ]);
my $node = new_node('main', testing => 1,
	settings => {
		'hft.poll_interval' => '500ms',
		'hft.settle_time' => '1s',
		'max_connections' => 20
	});
my $left = qq{
	SELECT pg_catalog.count(*) FROM hft.job
	WHERE state NOT IN ('succeeded', 'failed', 'cancelled')};

$node->add_server('openai', provider => 'openai',
	base_url => $emulator->base_url('openai'));
$node->seed_dataset('many', 12);
$node->safe_psql('postgres', qq{
	SELECT pg_catalog.count(hft.submit_job('many', 'openai', 'gpt-4o-mini-2024-07-18'))
	FROM pg_catalog.generate_series(1, @{[ JOBS ]})});

srand 20261122;
my $hits = 0;
for (1 .. KILLS)
{
	my $deadline = time() + 20;
	my @pids;

	# the cluster is restarting, the launcher backs off: wait for a worker
	while (!@pids && time() < $deadline)
	{
		# psql may leave before it has read the statement: a broken pipe
		my ($code, $out) = eval {
			$node->psql('postgres', qq{
				SELECT pid FROM pg_catalog.pg_stat_activity
				WHERE backend_type = 'hft worker'}, on_error_die => 0);
		};
		@pids = split /\n/, $out if defined $code && $code == 0 && $out;
		sleep 0.05;
	}
	sleep 0.05 + rand 0.3;
	$hits += kill 'KILL', @pids if @pids;
}
cmp_ok($hits, '>=', KILLS / 2, "$hits workers were killed");

ok($node->poll_until($left, '0', 120), 'every job ends');
is($node->safe_psql('postgres',
		"SELECT pg_catalog.count(*) FROM hft.job WHERE state = 'succeeded'"),
	JOBS, 'and ends well');
is($emulator->total('job.create'), JOBS, 'each was bought exactly once');
is_deeply($emulator->ledger->{duplicates}, {}, 'no token was used twice');
is($node->safe_psql('postgres', qq{
		SELECT pg_catalog.count(*), pg_catalog.count(DISTINCT remote_id)
		FROM hft.job}),
	JOBS . '|' . JOBS, 'each knows its own job at the platform');
is($node->safe_psql('postgres', qq{
		SELECT pg_catalog.count(*) FROM hft.metric
		GROUP BY job_id, name, step HAVING pg_catalog.count(*) > 1}),
	'', 'no measurement is stored twice');

done_testing();
