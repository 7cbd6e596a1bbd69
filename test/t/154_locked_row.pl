# P6, P3: an owner's open transaction on a job's row holds up no other job, and
# loses no answer.
#
# A prepared transaction stands for the open one.  Could pass by accident if
# the worker waited for the lock and was only quick: so every wait of a
# millisecond is logged, and there must be none.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use HftTest;

my $emulator = start_emulator(args => [ '--seconds-per-job', '1' ]);
my $node = new_node('main', testing => 1,
	settings => {
		'hft.poll_interval' => '100ms',
		'hft.settle_time' => '1s',
		'max_prepared_transactions' => 2,
		'log_lock_waits' => 'on',
		'deadlock_timeout' => '1ms'
	});
my $model = 'gpt-4o-mini-2024-07-18';

$node->add_server('openai', provider => 'openai',
	base_url => $emulator->base_url('openai'));
$node->seed_dataset('train', 12);

sub hold
{
	my ($job, $name) = @_;

	return $node->safe_psql('postgres', qq{
		BEGIN;
		SELECT hft.cancel_job($job);
		PREPARE TRANSACTION '$name'});
}

# a job that is polled
{
	$emulator->set_clock_rate(0);
	my $held = $node->submit('train', 'openai', $model);
	ok($node->poll_until("SELECT checked_at > queued_at FROM hft.job
			WHERE id = $held"), 'a job is polled');
	hold($held, 'polled');
	$emulator->set_clock_rate(1);
	$node->safe_psql('postgres', qq{
		SELECT pg_catalog.count(hft.submit_job('train', 'openai', '$model'))
		FROM pg_catalog.generate_series(1, 20)});
	ok($node->poll_until(qq{
			SELECT pg_catalog.count(*) FROM hft.job WHERE state = 'succeeded'},
			20), 'while it is locked, twenty others succeed');
	isnt($node->safe_psql('postgres',
			"SELECT state FROM hft.job WHERE id = $held"), 'succeeded',
		'it does not: nothing could be recorded');
	$node->safe_psql('postgres', "ROLLBACK PREPARED 'polled'");
	ok($node->wait_job($held, 'succeeded'), 'set free, it goes on');
}

# a job whose create is under way
{
	my $bought = $emulator->total('job.create');

	$node->arm('send:create', 'wait');
	my $held = $node->submit('train', 'openai', $model);
	ok($node->wait_struck, 'a job is being bought');
	hold($held, 'bought');
	$node->let_go;
	ok($node->poll_until("SELECT running FROM hft.worker", 1),
		'the answer is kept');
	my $other = $node->submit('train', 'openai', $model);
	ok($node->wait_job($other, 'succeeded'),
		'while it is locked, another is bought and succeeds');
	is($node->safe_psql('postgres',
			"SELECT state FROM hft.attempt WHERE job_id = $held
			 AND kind = 'create'"), 'intended', 'its own answer waits');
	$node->safe_psql('postgres', "ROLLBACK PREPARED 'bought'");
	ok($node->wait_job($held, 'succeeded'), 'set free, the answer is recorded');
	is($emulator->total('job.create'), $bought + 2, 'each was bought once');
	is($node->safe_psql('postgres', qq{
			SELECT pg_catalog.string_agg(state, ' ') FROM hft.attempt
			WHERE job_id = $held AND kind = 'create'}), 'confirmed',
		'and nothing was in doubt');
}

unlike(slurp_file($node->logfile), qr/still waiting for/,
	'nobody waited for a lock');

done_testing();
