# Fireworks' own ways, end to end: data sets with ids made from their content,
# the platform's estimate as quote and bill, a metrics file behind a URL that
# expires and is torn while it is written, a job that falls back, import twice,
# cancelling, and what the platform refuses.
#
# Could pass by accident if the metrics file were read once: so the job falls
# back in its middle and the file is read while it grows.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use HftTest;

my $emulator = start_emulator();
$emulator->settings(seconds_per_job => 3, metrics_partial => \1,
	signed_url_seconds => 2, file_processing_polls => 2);
my $node = new_node('main',
	settings => { 'hft.poll_interval' => '100ms', 'hft.settle_time' => '1s' });
my $base = $emulator->base_url('fireworks');

$node->add_server('main', provider => 'fireworks', base_url => $base,
	account_id => 'main');
$node->seed_dataset('triage', 60);

sub job
{
	my ($job, $column) = @_;

	return $node->safe_psql('postgres',
		"SELECT $column FROM hft.job WHERE id = $job");
}

sub remote
{
	my ($job) = @_;

	return job($job, 'remote_id') =~ s{.*/}{}r;
}

# the main job, which falls back while it runs
my $job = $node->submit('triage', 'main', 'qwen3-8b', name => 'first',
	hyperparameters => '{"n_epochs": 4, "lora_r": 16}');
ok($node->poll_until("SELECT count(*) > 3 FROM hft.metric
	WHERE job_id = $job AND name = 'train_loss'"), 'losses come while it runs');
$emulator->force_job(remote($job), requeue => \1);
ok($node->wait_job($job, 'succeeded', 90), 'F36: it falls back and succeeds');
like(job($job, 'remote_id'),
	qr{^accounts/main/supervisedFineTuningJobs/hft-[0-9a-f]{32}$},
	'under the id that was planned');
is($emulator->total('job.create'), 1, 'bought once');
is($node->safe_psql('postgres', qq{
		SELECT count(*) > 5 AND count(*) = count(DISTINCT step) AND
			count(*) = max(step)
		FROM hft.metric WHERE job_id = $job AND name = 'train_loss'}),
	't', 'every training loss once');
is(job($job, 'billed_amount = quoted_amount AND quoted_amount > 0'), 't',
	'the estimate is quote and bill');
is($node->safe_psql('postgres', 'SELECT source FROM hft.cost'), 'provider',
	'as the platform told it');
like(job($job, 'tuned_model'),
	qr{^accounts/main/models/[a-z][a-z0-9-]*-[0-9a-f]{16}$}, 'its model');
is(job($job, "effective->>'loraRank'"), '16', 'as it was asked for');
ok((grep { $_->{listener} eq 'storage' && !$_->{bearer} }
		@{ $emulator->requests(limit => 1000)->{requests} }),
	'the metrics file is read');
ok(!(grep { $_->{listener} eq 'storage' && $_->{bearer} }
		@{ $emulator->requests(limit => 1000)->{requests} }),
	'P5: without our key');

# the same rows again: nothing is sent twice
my $files = $emulator->total('file.create');
my $again = $node->submit('triage', 'main', 'qwen3-8b');
ok($node->wait_job($again, 'succeeded', 60), 'the same data trains again');
is($emulator->total('file.create'), $files, 'without being sent again');

# import, twice
my $other = new_node('other', settings => { 'hft.poll_interval' => '100ms' });
$other->add_server('main', provider => 'fireworks', base_url => $base,
	account_id => 'main');
$emulator->settings(job_page_max => 1, foreign_dpo_jobs => 2);
for my $round (1, 2)
{
	my $import = $other->safe_psql('postgres',
		"SELECT hft.import_jobs('main')");

	ok($other->poll_until("SELECT state FROM hft.import WHERE id = $import",
			'succeeded'), "round $round: the import ends");
	is($other->safe_psql('postgres',
			"SELECT jobs_seen, jobs_new FROM hft.import WHERE id = $import"),
		$round == 1 ? '4|4' : '4|0', "round $round: seen and new");
	ok($other->poll_until("SELECT pg_catalog.count(*) FROM hft.job
			WHERE imported AND state = 'succeeded'", 4),
		"round $round: all are adopted");
}
is($other->safe_psql('postgres', q{
		SELECT string_agg(DISTINCT m.name, ' ' ORDER BY m.name)
		FROM hft.metric m JOIN hft.job j ON j.id = m.job_id
		WHERE j.remote_id LIKE '%/dpoJobs/%'}),
	'train/dpo_loss train/margin', 'preference jobs keep their own names');
is($other->safe_psql('postgres', q{
		SELECT count(*) FROM hft.model WHERE kind = 'tuned'}), '4',
	'with their models');

# cancel
$emulator->settings(seconds_per_job => 600);
$node->seed_dataset('slow', 12);
my $slow = $node->submit('slow', 'main', 'qwen3-8b', name => 'slow');
ok($node->poll_until("SELECT remote_id IS NOT NULL FROM hft.job
	WHERE id = $slow"), 'a slow job is there');
$node->safe_psql('postgres', "SELECT hft.cancel_job('slow')");
ok($node->wait_job($slow, 'cancelled'), 'and cancelled');
is(job($slow, 'billed_amount IS NULL'), 't',
	'P10: what was cut short has an unknown bill');

# paused by the platform, resumed by us
my $paused = $node->submit('slow', 'main', 'qwen3-8b', name => 'paused');
ok($node->poll_until("SELECT remote_id IS NOT NULL AND state IN
	('queued', 'running') FROM hft.job WHERE id = $paused"), 'one more');
$emulator->force_job(remote($paused), status => 'JOB_STATE_PAUSED');
ok($node->wait_job($paused, 'paused'), 'the platform pauses it');
$node->safe_psql('postgres', "SELECT hft.resume_job('paused')");
ok($node->poll_until("SELECT state IN ('queued', 'running') FROM hft.job
	WHERE id = $paused"), 'it is resumed');
$emulator->force_job(remote($paused), status => 'JOB_STATE_EARLY_STOPPED');
ok($node->wait_job($paused, 'succeeded'), 'stopped early is a success');

# failures and refusals
my $failed = $node->submit('slow', 'main', 'qwen3-8b', name => 'failed');
ok($node->poll_until("SELECT remote_id IS NOT NULL FROM hft.job
	WHERE id = $failed"), 'one to fail');
$emulator->force_job(remote($failed), status => 'JOB_STATE_FAILED',
	code => 'INTERNAL', message => '');
ok($node->wait_job($failed, 'failed'), 'it fails');
is(job($failed, q{error_code || ' ' || (error_hint LIKE '%deprecated%')}),
	'INTERNAL true', 'with a hint at what may be behind it');

$node->seed_dataset('poor', 12);
$emulator->settings(account_suspended => 'CREDIT_DEPLETED');
my $parked = $node->submit('poor', 'main', 'qwen3-8b', name => 'parked');
ok($node->wait_job($parked, 'needs_attention'), 'F28: suspended: parked');
is(job($parked, 'reason'), 'limit', 'F28: for its limit');
$emulator->settings(account_suspended => undef, seconds_per_job => 1);
$node->safe_psql('postgres', "SELECT hft.retry_job('parked')");
ok($node->wait_job($parked, 'succeeded', 60), 'F28: and goes on');

my ($code, $out, $err) = $node->psql('postgres', q{
	SELECT hft.submit_job('triage', 'main', 'qwen3-8b',
		hyperparameters => '{"max_context_length": 1000}')});
like($err, qr/multiple of 16/, 'refused before anything is sent');
$node->safe_psql('postgres',
	'ALTER SERVER main OPTIONS (SET account_id $$wrong$$)' =~ s/\$\$/'/gr);
my $wrong = $node->submit('poor', 'main', 'qwen3-14b', name => 'wrong');
ok($node->wait_job($wrong, 'needs_attention'), 'F27: the wrong account');
is(job($wrong, 'reason'), 'credential', 'F27: rests');
$node->safe_psql('postgres',
	q{ALTER SERVER main OPTIONS (SET account_id 'main')});
$node->safe_psql('postgres', "SELECT hft.retry_job('wrong')");
ok($node->wait_job($wrong, 'succeeded', 90),
	'F27: and goes on when the server is set right');

is($node->safe_psql('postgres', q{
		SELECT pg_catalog.count(*) FROM hft.attempt WHERE settled_at IS NULL}),
	0, 'no attempt is left open');

done_testing();
