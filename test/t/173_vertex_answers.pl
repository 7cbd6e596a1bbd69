# What Vertex AI and Cloud Storage may answer: short parts, sessions that are
# gone, the wrong region, a quota, an answer that was lost, late curves, a
# failure that leaves a model, a cancel, an account full of jobs.
#
# Could pass by accident if a switch did nothing: each shows in what arrived or
# in what the job says.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use HftTest;
use HftVertex;
use JSON::PP;

my $model = 'gemini-3.1-flash-lite';
my $emulator = start_emulator(args => [ '--seconds-per-job', '1' ]);
my $node = new_node('main',
	settings => { 'hft.poll_interval' => '100ms', 'hft.settle_time' => '1s' });

# a token as it is needs no exchange
add_vertex($node, $emulator, 'vertex', key => 'test-key-main');
$node->seed_dataset('train', 12);

sub job
{
	my ($id, $columns) = @_;

	return $node->safe_psql('postgres',
		"SELECT $columns FROM hft.job WHERE id = $id");
}

sub submit
{
	my ($dataset) = @_;

	return $node->submit($dataset, 'vertex', $model);
}

# parts of which less is kept than was sent; a session that is gone
{
	$node->safe_psql('postgres', q{
		SELECT hft.create_dataset('wide', $$SELECT 'q' || i AS prompt,
			repeat('word ', 5000) || i % 2 AS completion
			FROM generate_series(1, 40) i$$, validation => 0)});
	$emulator->settings(upload_keep => 524288);
	my $job = submit('wide');
	ok($node->wait_job($job, 'succeeded', 90), 'short parts: the job succeeds');
	my @parts = grep { ($_->{status} // 0) == 308 } @{ $emulator->requests(
			operation => 'object.part', limit => 1000)->{requests} };
	ok(@parts >= 1, 'short parts: 308 was answered');
	is($node->safe_psql('postgres', qq{
			SELECT f.bytes FROM hft.job j JOIN hft.file f
			ON f.id = j.training_file_id WHERE j.id = $job}),
		(grep { $_->{id} =~ /wide/ }
			@{ $emulator->ledger(kind => 'file.create')->{effects} })[0]{bytes},
		'short parts: all bytes are there');
	$emulator->settings(upload_keep => undef);

	$node->seed_dataset('gone', 12);
	$emulator->add_fault({ operation => 'object.part', times => 1 },
		{ status => 410, body => 'Gone', type => 'text/plain' });
	$emulator->add_fault({ operation => 'object.part', times => 1, nth => 2 },
		{ status => 503, body => 'busy', type => 'text/plain' });
	$job = submit('gone');
	ok($node->wait_job($job, 'succeeded', 60),
		'a session that is gone is begun again');
	is(scalar(grep { $_->{id} =~ /gone/ }
			@{ $emulator->ledger(kind => 'file.create')->{effects} }), 1,
		'and stores one object');
	$emulator->clear_faults;
}

# the wrong region answers with a page of HTML
{
	$emulator->settings(vertex_location => 'europe-west4');
	my $before = $emulator->total('job.create');
	my $job = submit('train');
	ok($node->wait_job($job, 'failed'), 'a wrong region ends the job');
	like(job($job, 'error_hint'), qr/location/i, 'with a hint');
	is($emulator->total('job.create'), $before, 'nothing was bought');
	$emulator->settings(vertex_location => 'us-central1');
}

# one job at a time: 429, Retry-After, then it goes on
{
	$emulator->settings(concurrent_jobs => 1);
	my $first = submit('train');
	my $second = submit('train');
	ok($node->wait_job($first, 'succeeded', 60)
		  && $node->wait_job($second, 'succeeded', 60),
		'a quota of one job at a time is waited out');
	ok(scalar(grep { ($_->{status} // 0) == 429 } @{ $emulator->requests(
				operation => 'job.create', limit => 500)->{requests} }),
		'it was in force');
	$emulator->settings(concurrent_jobs => 0);
}

# a create whose answer never came is found, and bought once
{
	my $before = $emulator->total('job.create');
	$emulator->settings(list_delay => 1);
	$emulator->add_fault({ operation => 'job.create', times => 1 },
		{ hangup => 'answer', how => 'reset' });
	my $job = submit('train');
	ok($node->wait_job($job, 'succeeded', 60), 'a lost answer: it is found');
	is($emulator->total('job.create'), $before + 1, 'and bought once');
	$emulator->clear_faults;
	$emulator->settings(list_delay => 0);
}

# curves that come at the end alone
{
	$emulator->settings(series_at_end => \1, experiment_polls => 5);
	my $job = submit('train');
	ok($node->wait_job($job, 'succeeded', 60), 'a late curve: the job succeeds');
	is($node->safe_psql('postgres', qq{
			SELECT count(*) > 0 FROM hft.metric
			WHERE job_id = $job AND name = 'train_loss'}), 't',
		'and the curve is there');
	$emulator->settings(series_at_end => \0, experiment_polls => 0);
}

# a failure that leaves a model; a data set of which nothing can be read
{
	$emulator->settings(seconds_per_job => 60);
	my $job = submit('train');
	ok($node->poll_until("SELECT remote_id IS NOT NULL FROM hft.job
		WHERE id = $job"), 'a job runs');
	my ($ident) = job($job, 'remote_id') =~ /(\d+)$/;
	$emulator->force_job($ident, status => 'partial');
	ok($node->wait_job($job, 'failed'), 'it fails after training');
	like(job($job, 'error_code, tuned_model'),
		qr{^INTERNAL\|projects/.*/models/}, 'and its model is kept');

	# cancelled, with a state between
	$job = submit('train');
	ok($node->poll_until("SELECT state FROM hft.job WHERE id = $job",
			'running', 60), 'another runs');
	$emulator->settings(cancel_polls => \1);
	$node->safe_psql('postgres', "SELECT hft.cancel_job($job)");
	ok($node->poll_until("SELECT remote_state FROM hft.job WHERE id = $job",
			'JOB_STATE_CANCELLING'), 'a cancel takes its time');
	($ident) = job($job, 'remote_id') =~ /(\d+)$/;
	$emulator->force_job($ident, status => 'JOB_STATE_CANCELLED');
	ok($node->wait_job($job, 'cancelled'), 'and ends');
	is($emulator->total('job.cancel'), 1, 'it was asked for once');
	$emulator->settings(seconds_per_job => 1, cancel_polls => \0);
	my ($code, $out, $err) =
	  $node->psql('postgres', "SELECT hft.pause_job($job)");
	like($err, qr/ERROR/, 'there is no pause');
}

# rights that are missing are the platform's words and our hint
{
	$emulator->add_fault({ operation => 'job.create', times => 1 },
		{ status => 403, body => { error => { code => 403,
				message => 'Permission denied on resource project.',
				status => 'PERMISSION_DENIED' } } });
	my $job = submit('train');
	ok($node->wait_job($job, 'failed'), 'a missing right ends the job');
	like(job($job, 'error_code, error_hint'),
		qr{^PERMISSION_DENIED\|.*roles/aiplatform\.user}, 'and says which');
	$emulator->clear_faults;
}

# an account full of jobs, adopted twice
{
	$emulator->settings(job_page_max => 3);
	my $second = new_node('second',
		settings => { 'hft.poll_interval' => '100ms' });
	add_vertex($second, $emulator, 'vertex', key => 'test-key-main');
	my @there = grep { $_->{dialect} eq 'vertex' } $emulator->jobs;

	foreach my $round (1, 2)
	{
		my $import =
		  $second->safe_psql('postgres', "SELECT hft.import_jobs('vertex')");
		ok($second->poll_until(
				"SELECT state FROM hft.import WHERE id = $import",
				'succeeded'), "import $round ends");
		is($second->safe_psql('postgres', "SELECT jobs_seen, jobs_new
				FROM hft.import WHERE id = $import"),
			@there . '|' . ($round == 1 ? @there : 0),
			"import $round: seen and new");
	}
	ok($second->poll_until(q{SELECT count(*) FROM hft.job
		WHERE finished_at IS NULL}, 0), 'all of them end');
	is($second->safe_psql('postgres', q{
		SELECT count(*) > 0 AND count(*) = count(DISTINCT (job_id, name, step))
		FROM hft.metric}), 't', 'with their histories');
	is($second->safe_psql('postgres', q{
		SELECT count(*) FROM hft.job WHERE state = 'succeeded'}),
		scalar(grep { $_->{state} eq 'JOB_STATE_SUCCEEDED' } @there),
		'and their ends');
}

done_testing();
