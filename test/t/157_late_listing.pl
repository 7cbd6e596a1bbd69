# F39, R30: the answer to a paid create is lost, and the platform, which knows
# no idempotency, lists the new job only a minute later.
#
# Could pass by accident if the job were listed at once: the searches in vain
# are counted before the platform's clock is let go on.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use HftTest;

my $emulator = start_emulator(args => [ '--seconds-per-job', '1' ]);
my $node = new_node('main', testing => 1, settings => {
		'hft.poll_interval' => '100ms',
		'hft.settle_time' => '60s'
	});
my $model = 'gpt-4o-mini-2024-07-18';

$node->add_server('openai', provider => 'openai',
	base_url => $emulator->base_url('openai'));
$node->seed_dataset('train', 12);

# submit a job whose create takes effect, unheard
sub lose_answer
{
	$emulator->set_clock_rate(0);
	$emulator->settings(list_delay => 60);
	$emulator->add_fault({ operation => 'job.create', times => 1 },
		{ hangup => 'effect', how => 'reset' });
	return $node->submit('train', 'openai', $model);
}

# within the settle time: found when it is listed
{
	my $job = lose_answer();

	ok($node->poll_until("SELECT looks >= 3 FROM hft.attempt
			WHERE job_id = $job AND kind = 'create'"),
		'F39: it is searched in vain');
	is($node->safe_psql('postgres',
			"SELECT state, sent FROM hft.attempt WHERE job_id = $job
			 AND kind = 'create'"), 'in_doubt|t', 'F39: and stays in doubt');
	is($emulator->total('job.create'), 1, 'F39: not bought again');
	$emulator->advance(61);
	$emulator->set_clock_rate(1);
	$emulator->settings(list_delay => 0);
	ok($node->wait_job($job, 'succeeded'), 'F39: listed at last, it goes on');
	is($emulator->total('job.create'), 1, 'F39: bought once');
}

# after the settle time: the owner decides, nothing is bought
{
	$node->set('hft.settle_time' => '1s');
	$node->reload;
	my $job = lose_answer();

	ok($node->poll_until("SELECT reason FROM hft.job WHERE id = $job",
			'in_doubt'), 'R30: still not listed after the settle time');
	is($emulator->total('job.create'), 2, 'R30: it is not bought again');
	$emulator->advance(61);
	$emulator->set_clock_rate(1);
	$node->safe_psql('postgres', "SELECT hft.retry_job($job)");
	ok($node->wait_job($job, 'succeeded'), 'R30: looked for again, it is found');
	is($emulator->total('job.create'), 2, 'R30: bought once');
	is($node->safe_psql('postgres', q{
			SELECT pg_catalog.count(DISTINCT remote_id) FROM hft.job}), 2,
		'R30: each job is its own');
}

done_testing();
