# A job that hangs at the platform, or whose progress goes backwards, is told
# once: an event of level warn and a row of hft.at_risk; both end when it goes
# on.  With a deadline it is cancelled.
#
# Could pass by accident if every slow job were told: so the first job runs
# slower than the patience, with progress, and nothing is said of it.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use HftTest;

my $emulator = start_emulator();
my $node = new_node('main', settings => { 'hft.poll_interval' => '100ms',
	'hft.settle_time' => '1s', 'hft.stall_patience' => '3s' });

$node->add_server('main', provider => 'fireworks', account_id => 'main',
	base_url => $emulator->base_url('fireworks'));
$node->seed_dataset('rows', 60);

sub warnings_of
{
	my ($job) = @_;

	return $node->safe_psql('postgres', qq{SELECT count(*) FROM hft.event
		WHERE job_id = $job AND level = 'warn' AND message LIKE 'no progress%'});
}

# slow, and never still
$emulator->settings(seconds_per_job => 8);
my $slow = $node->submit('rows', 'main', 'qwen3-8b', name => 'slow',
	hyperparameters => '{"n_epochs": 4}');
ok($node->wait_job($slow, 'succeeded', 60), 'a slow job ends');
is(warnings_of($slow), '0', 'nothing is said about it');

# still: the platform's time stops
$emulator->settings(seconds_per_job => 20);
my $job = $node->submit('rows', 'main', 'qwen3-8b', name => 'still');
ok($node->wait_job($job, 'running', 60), 'a job runs');
$emulator->set_clock_rate(0);
ok($node->poll_until(q{SELECT count(*) FROM hft.at_risk
	WHERE risk = 'stall'}, 1, 30), 'a job that hangs is at risk');
is($node->safe_psql('postgres', q{
		SELECT server, base_model, since < now(),
			detail LIKE 'no progress for % says "JOB_STATE_RUNNING"%'
		FROM hft.at_risk}),
	"main|qwen3-8b|t|t", 'with what is known of it');
is($node->safe_psql('postgres', "SELECT job_id FROM hft.at_risk"), $job,
	'and which it is');
$emulator->force_job($node->safe_psql('postgres',
		"SELECT remote_id FROM hft.job WHERE id = $job") =~ s{.*/}{}r,
	requeue => \1);
ok($node->wait_job($job, 'queued', 30), 'it falls back');
is(warnings_of($job), '1', 'it is told once, also when it falls back');
$emulator->set_clock_rate(1);
$emulator->advance(30);
ok($node->wait_job($job, 'succeeded', 60), 'it goes on, and ends');
is($node->safe_psql('postgres', qq{SELECT count(*) FROM hft.event
	WHERE job_id = $job AND message = 'the job goes on'}), '1',
	'which is told, too');
is($node->safe_psql('postgres', 'SELECT count(*) FROM hft.at_risk'), '0',
	'nothing is at risk any more');

# a deadline
my ($code, $out, $err) = $node->psql('postgres', q{
	SELECT hft.submit_job('rows', 'main', 'qwen3-8b',
		options => '{"deadline_minutes": 0}')});
like($err, qr/deadline_minutes/, 'a deadline is at least a minute');
$emulator->settings(seconds_per_job => 600);
my $late = $node->submit('rows', 'main', 'qwen3-8b', name => 'late',
	options => '{"deadline_minutes": 2}');
ok($node->wait_job($late, 'queued', 30), 'a job with a deadline');
is($node->safe_psql('postgres', "SELECT wanted IS NULL FROM hft.job
	WHERE id = $late"), 't', 'which has not come');
$node->safe_psql('postgres', "UPDATE hft.job
	SET queued_at = queued_at - interval '3 minutes' WHERE id = $late");
ok($node->wait_job($late, 'cancelled', 30), 'it is cancelled when it has');
is($emulator->total('job.cancel'), 1, 'at the platform');
is($node->safe_psql('postgres', qq{SELECT count(*) FROM hft.event
	WHERE job_id = $late AND message LIKE '%deadline_minutes%'}), '1',
	'and told why');

done_testing();
