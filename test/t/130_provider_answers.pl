# F25-F28, F33, F35, F36, F39, F42, F44: what a provider may answer, and what
# the job makes of it.
#
# Could pass by accident if a fault never fired: each rule must have fired as
# often as it was told.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use HftTest;
use JSON::PP;

my $emulator = start_emulator(args => [ '--seconds-per-job', '1' ]);
my $node = new_node('main', testing => 1,
	settings => { 'hft.poll_interval' => '100ms', 'hft.settle_time' => '1s' });
my $model = 'gpt-4o-mini-2024-07-18';

$node->add_server('openai', provider => 'openai',
	base_url => $emulator->base_url('openai'));
$node->seed_dataset('train', 12);

sub submit
{
	return $node->submit('train', 'openai', $model);
}

sub job
{
	my ($id, $columns) = @_;

	return $node->safe_psql('postgres',
		"SELECT $columns FROM hft.job WHERE id = $id");
}

# Misbehave so often at an operation; returns a check that it came to pass.
sub misbehave
{
	my ($operation, $times, $action) = @_;
	my $fault = $emulator->add_fault(
		{ operation => $operation, times => $times }, $action);

	return sub {
		my ($name) = @_;
		my ($rule) =
		  grep { $_->{id} eq $fault->{id} } @{ $emulator->faults->{faults} };

		is($rule->{fired}, $times, "$name: the fault fired");
		$emulator->clear_faults;
	};
}

my %error = (
	rate => { error => { message => 'slow down', type => 'requests',
			param => undef, code => 'rate_limit_exceeded' } },
	server => { error => { message => 'oops', type => 'server_error',
			param => undef, code => undef } });

# F25: Retry-After is honoured before the paid call is repeated
{
	my $fired = misbehave('job.create', 2, { status => 429,
			headers => { 'Retry-After' => '1' }, body => $error{rate} });
	my $before = $emulator->total('job.create');
	my $job = submit();

	ok($node->wait_job($job, 'succeeded'), 'F25: goes on after 429');
	is($emulator->total('job.create'), $before + 1, 'F25: one job is bought');
	is($node->safe_psql('postgres', qq{
			SELECT pg_catalog.string_agg(state, ',' ORDER BY id),
				pg_catalog.max(intended_at) - pg_catalog.min(intended_at)
					>= interval '2 s'
			FROM hft.attempt WHERE job_id = $job AND kind = 'create'}),
		'refused,refused,confirmed|t', 'F25: each refusal is on record');
	$fired->('F25');
}

# F26: 5xx on polls is waited out; 5xx on the paid call puts it in doubt
{
	my $fired = misbehave('job.get', 3, { status => 503, body => $error{server} });
	my $job = submit();

	ok($node->wait_job($job, 'succeeded'), 'F26: polls are repeated');
	$fired->('F26');
}
{
	my $before = $emulator->total('job.create');
	my $fired = misbehave('job.create', 1,
		{ effect => JSON::PP::true, status => 500, body => $error{server} });
	my $job = submit();

	ok($node->wait_job($job, 'succeeded'), 'F26: a 500 after the effect');
	is($emulator->total('job.create'), $before + 1, 'F26: bought once');
	$fired->('F26');
}
{
	my $before = $emulator->total('job.create');
	my $fired = misbehave('job.create', 1,
		{ status => 500, body => $error{server} });
	my $job = submit();

	ok($node->wait_job($job, 'needs_attention'), 'F26: a 500 without effect');
	is(job($job, 'reason, error_hint IS NOT NULL'),
		'in_doubt|t', 'F26: is parked, not repeated');
	is($emulator->total('job.create'), $before, 'F26: nothing was bought');
	$node->safe_psql('postgres', "SELECT hft.cancel_job($job)");
	ok($node->wait_job($job, 'cancelled'), 'F26: cancelled in doubt, it ends');
	$fired->('F26');
}

# F27: a revoked key parks the jobs; a new one lets them go on
{
	my $job;

	$emulator->control('POST', 'keys', { revoke => 'test-key-openai' });
	$job = submit();
	ok($node->wait_job($job, 'needs_attention'), 'F27: parked');
	is(job($job, 'reason'), 'credential', 'F27: because of the credential');
	is(scalar(() = slurp_file($node->logfile) =~ /rejected the credential/g),
		1, 'F27: one line in the log');

	# a look at a key that is still the old one, long before its time
	my $before = job($job, 'revision');
	$node->set('hft.clock_shift' => 3600);
	$node->reload;
	ok($node->poll_until("SELECT revision > $before FROM hft.job WHERE id = $job"),
		'F27: the key is looked at again');
	is(job($job, 'state, reason, error_message IS NOT NULL'),
		'needs_attention|credential|t', 'F27: and why it rests stays told');
	$node->write_key('openai.key', "test-key-openai.rotated\n");
	ok($node->wait_job($job, 'succeeded', 90), 'F27: goes on by itself');
	$emulator->control('POST', 'keys', { restore => 'test-key-openai' });
}

# F28: quota is for people to solve
{
	my $fired = misbehave('job.create', 1, { status => 429,
			body => { error => { message => 'You exceeded your quota',
					type => 'insufficient_quota', param => undef,
					code => 'insufficient_quota' } } });
	my $job = submit();

	ok($node->wait_job($job, 'needs_attention'), 'F28: parked');
	is(job($job, 'reason'), 'limit', 'F28: because of a limit');
	$fired->('F28');
}

# F33: a stranger's HTML is not an answer
{
	my $fired = misbehave('job.get', 2, { generate => 'html', status => 200 });
	my $job = submit();

	ok($node->wait_job($job, 'succeeded'), 'F33: HTML is waited out');
	$fired->('F33');
}

# F35: an unknown state is shown and polled on
{
	my $job = submit();

	ok($node->poll_until("SELECT remote_id IS NOT NULL FROM hft.job WHERE id = $job"),
		'F35: created');
	my $remote = job($job, 'remote_id');
	$emulator->force_job($remote, status => 'daydreaming');
	ok($node->poll_until("SELECT remote_state FROM hft.job WHERE id = $job",
			'daydreaming'), 'F35: the word is shown');
	like(job($job, 'state'), qr/^(queued|running)$/, 'F35: and not the end');
	$emulator->force_job($remote, status => undef);
	ok($node->wait_job($job, 'succeeded'), 'F35: goes on');

	# F36: a terminal state stays
	$emulator->force_job($remote, status => 'running');
	my ($code, $out, $problem) =
	  $node->psql('postgres', "SELECT hft.retry_job($job)");
	like($problem, qr/cannot be retried/, 'F36: not even by hand');
	is(job($job, 'state'), 'succeeded', 'F36: the end is the end');
	$emulator->force_job($remote, status => undef);
}

# F39: created, but our answer was lost
{
	my $before = $emulator->total('job.create');
	my $fired = misbehave('job.create', 1, { hangup => 'effect' });
	my $job = submit();

	ok($node->wait_job($job, 'succeeded'), 'F39: adopted by its token');
	is($emulator->total('job.create'), $before + 1, 'F39: bought once');
	$fired->('F39');
}

# F42: the provider refuses a line; we name the row
{
	my $job = submit();

	ok($node->poll_until("SELECT remote_id IS NOT NULL FROM hft.job WHERE id = $job"),
		'F42: created');
	$emulator->force_job(job($job, 'remote_id'), status => 'failed',
		code => 'invalid_training_file', param => 'training_file',
		message => 'Invalid file format. Example 7 is missing a key.');
	ok($node->wait_job($job, 'failed'), 'F42: the job failed');
	like(job($job, "error_code || ': ' || error_hint"),
		qr/invalid_training_file: .*line 7.*source key '7'/i,
		'F42: and says which row');
}

# F44: a cancel that comes too late
{
	my $job = submit();

	ok($node->poll_until("SELECT state FROM hft.job WHERE id = $job", 'running'),
		'F44: running');
	$emulator->advance(60);
	$node->safe_psql('postgres', "SELECT hft.cancel_job($job)");
	ok($node->poll_until(qq{
			SELECT state IN ('succeeded', 'cancelled') FROM hft.job
			WHERE id = $job}), 'F44: ends');
	is(job($job, 'state'), job($job, 'remote_state'),
		'F44: as the provider says');
	is(job($job, 'state'), 'succeeded', 'F44: which is that it was too late');
}

done_testing();
