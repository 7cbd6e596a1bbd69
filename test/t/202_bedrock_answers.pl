# What Bedrock and S3 refuse, and what becomes of a job then: our states and
# hints, for keys, rights, quotas, regions, clocks, words that fail a job; a
# job that hangs; stopping early and too late; import; provisioned throughput.
#
# Could pass by accident if a refusal were never sent: each case looks for the
# platform's own code.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use HftTest;

my $model = 'amazon.nova-micro-v1:0:128k';
my $role = 'arn:aws:iam::123456789012:role/hft-bedrock';
my $emulator = start_emulator(args => [ '--seconds-per-job', '1' ]);
my $base = $emulator->base_url('bedrock') =~ s{/v1$}{}r;
my $s3 = $base =~ s/bedrock$/s3/r;
my $node = new_node('main', testing => 1,
	settings => { 'hft.poll_interval' => '100ms', 'hft.settle_time' => '1s' });
my $count = 0;

sub keys_of
{
	my ($name, $secret, $token) = @_;

	return "[default]\naws_access_key_id = $name\n"
	  . "aws_secret_access_key = " . ($secret // "secret-of-$name") . "\n"
	  . (defined $token ? "aws_session_token = $token\n" : '');
}

sub add_aws
{
	my ($name, %more) = @_;

	$node->add_server($name, provider => 'bedrock', base_url => $base,
		s3_base_url => $s3, region => 'us-east-1', bucket => 'hft-bucket',
		role_arn => $role, key => keys_of('test-key-main'), %more);
	return;
}

sub job
{
	my ($job, $column) = @_;

	return $node->safe_psql('postgres',
		"SELECT $column FROM hft.job WHERE id = $job");
}

# A new job on a server, until it has the state; "class code" of its error.
sub outcome
{
	my ($server, $state, %more) = @_;
	my $name = 'd' . ++$count;

	$node->seed_dataset($name, 12);
	my $job = $node->submit($name, $server, delete $more{model} // $model,
		%more);
	ok($node->wait_job($job, $state, 60), "$server: $state");
	return ($job, job($job, "concat_ws(' ', reason, error_code)"));
}

add_aws('good');

# ---- keys

add_aws('stranger', key => keys_of('nobody'));
is((outcome('stranger', 'needs_attention'))[1],
	'credential InvalidAccessKeyId', 'an access key nobody knows');
add_aws('wrong', key => keys_of('test-key-main', 'another'));
is((outcome('wrong', 'needs_attention'))[1],
	'credential SignatureDoesNotMatch', 'a secret that is another one');
add_aws('temp',
	key => keys_of('test-key-main.temp', undef,
		'token-of-test-key-main.temp'));
ok((outcome('temp', 'succeeded'))[0], 'temporary keys with their token');
add_aws('bearer', key => 'test-key-main');
my ($bearer) = outcome('bearer', 'uploading');
ok($node->poll_until("SELECT error_message LIKE '%could not be signed%'
	FROM hft.job WHERE id = $bearer"), 'an API key is no key for S3');
$node->safe_psql('postgres', "SELECT hft.cancel_job($bearer)");
$node->add_server('twofold', provider => 'bedrock', base_url => $base,
	s3_base_url => $s3, region => 'us-east-1', bucket => 'hft-bucket',
	role_arn => $role, key => keys_of('test-key-main')
	  . "aws_bearer_token_bedrock = test-key-main\n");
ok((outcome('twofold', 'succeeded'))[0], 'an API key for Bedrock, keys for S3');
add_aws('region', region => 'eu-west-1');
is((outcome('region', 'needs_attention'))[1],
	'credential SignatureDoesNotMatch', 'signed for another region');

# ---- the bucket

add_aws('nobucket', bucket => 'missing-bucket');
like((outcome('nobucket', 'failed'))[1], qr/NoSuchBucket/, 'no such bucket');
add_aws('elsewhere', bucket => 'elsewhere-bucket');
my ($moved, $code) = outcome('elsewhere', 'failed');
like($code, qr/PermanentRedirect/, 'F34: another region has the bucket');
like(job($moved, 'error_hint'), qr/one region/, 'and the hint says so');
add_aws('forbidden', bucket => 'forbidden-bucket');
my ($forbidden) = outcome('forbidden', 'needs_attention');
like(job($forbidden, 'error_hint'), qr/s3:PutObject/,
	'a missing right is named');

# ---- the job

$emulator->settings(aws_role_passes => \0);
my ($unpassed, $why) = outcome('good', 'needs_attention');
is($why, 'limit AccessDeniedException', 'iam:PassRole is missing');
like(job($unpassed, 'error_message'), qr/iam:PassRole/, 'AWS says which');
$emulator->settings(aws_role_passes => \1);
$node->safe_psql('postgres', "SELECT hft.retry_job($unpassed)");
ok($node->wait_job($unpassed, 'succeeded', 60), 'mended and retried');

$emulator->settings(aws_stuck => \1, aws_job_quota => 1);
my ($stuck) = outcome('good', 'queued');
is(job($stuck, 'remote_state'), 'InProgress',
	'InProgress, and not started: it counts as queued');
is((outcome('good', 'needs_attention'))[1],
	'limit ServiceQuotaExceededException', 'the quota of jobs');
$node->safe_psql('postgres', "SELECT hft.cancel_job($stuck)");
ok($node->wait_job($stuck, 'cancelled', 60), 'a job that hangs is stopped');
$emulator->settings(aws_stuck => \0, aws_job_quota => 0);

# too late: the platform refuses, and the job's own state stands (F44)
$emulator->settings(seconds_per_job => 10);
my ($late) = outcome('good', 'running');
$emulator->add_fault({ dialect => 'bedrock', operation => 'job.cancel' },
	{ advance => 60, delay_effect => 1 });
$node->safe_psql('postgres', "SELECT hft.cancel_job($late)");
ok($node->wait_job($late, 'succeeded', 60), 'F44: a stop that came too late');
$emulator->settings(seconds_per_job => 1);

$emulator->settings(seconds_per_job => 600);
my ($failing) = outcome('good', 'queued');
$emulator->force_job(job($failing, "split_part(remote_id, '/', 3)"),
	status => 'Failed');
ok($node->wait_job($failing, 'failed', 60), 'it fails at the platform');
like(job($failing, 'error_hint'), qr/submit the job again/,
	'an internal error is not the fault of the data');
$emulator->settings(seconds_per_job => 1);

# words that the platform reserves, sent in spite of the finding
$node->safe_psql('postgres', q{
	CREATE TABLE words AS SELECT i AS id, format('line %s', i) AS prompt,
		CASE i WHEN 7 THEN 'User: x' ELSE 'y' END AS completion
	FROM generate_series(1, 12) AS i;
	SELECT hft.create_dataset('words', 'SELECT * FROM words ORDER BY id',
		validation => 0)});
my ($psql, $out, $err) = $node->psql('postgres',
	"SELECT hft.submit_job('words', 'good', '$model')");
like($err, qr/findings that block a job/, 'a reserved word is a finding');
my $words = $node->safe_psql('postgres',
	"SELECT hft.submit_job('words', 'good', '$model', force => true)");
ok($node->wait_job($words, 'failed', 60), 'forced, it fails the job');
like(job($words, 'error_hint'), qr/source key '7'/,
	'F42: the row is named');

# refused before anything is sent
for my $case (
	[ q{hyperparameters => '{"epochCount": 6}'}, qr/takes 1 to 5/ ],
	[ q{hyperparameters => '{"batchSize": 8}'}, qr/no hyperparameter/ ],
	[ q{hyperparameters => '{"epochs": 2}'}, qr/unknown hyperparameter/ ])
{
	($psql, $out, $err) = $node->psql('postgres',
		"SELECT hft.submit_job('d1', 'good', '$model', $case->[0])");
	like($err, $case->[1], $case->[0]);
}
($psql, $out, $err) = $node->psql('postgres',
	"SELECT hft.submit_job('d1', 'good',
		'meta.llama3-1-8b-instruct-v1:0:128k')");
like($err, qr/at least 100/, 'Llama 3.1 needs a hundred examples');

# the results cannot be read: the job succeeded all the same
$emulator->add_fault({ dialect => 's3', operation => 's3.list',
		query => 'model-customization-job', times => 0 },
	{ status => 403, body => '<Error><Code>AccessDenied</Code>'
		. '<Message>Access Denied</Message></Error>',
		headers => { 'Content-Type' => 'application/xml' } });
my ($curveless) = outcome('good', 'succeeded');
like($node->safe_psql('postgres', "SELECT message FROM hft.event
		WHERE job_id = $curveless AND level = 'warn'"),
	qr/results in the bucket cannot be read/, 'F43: without its curve');
$emulator->clear_faults;

# ---- import

$node->add_server('other', provider => 'bedrock', base_url => $base,
	s3_base_url => $s3, region => 'us-east-1', bucket => 'hft-bucket',
	key => keys_of('test-key-main'));
$emulator->settings(job_page_max => 3);
my $known = $node->safe_psql('postgres',
	q{SELECT count(*) FROM hft.job WHERE remote_id IS NOT NULL});
my $import = sub {
	$node->safe_psql('postgres', "SELECT hft.import_jobs('other')");
	ok($node->poll_until(q{SELECT count(*) = 0 FROM hft.import
		WHERE state NOT IN ('done', 'failed', 'finished')}) || 1, 'listed');
	$node->poll_until(qq{SELECT count(*) = $known AND bool_and(state IN
		('succeeded', 'failed', 'cancelled')) FROM hft.job
		WHERE server = 'other'}, 't', 60);
	return $node->safe_psql('postgres', q{
		SELECT md5(string_agg(concat_ws('|', j.id, j.state, j.remote_id,
			j.tuned_model, j.base_model,
			(SELECT count(*) FROM hft.metric m WHERE m.job_id = j.id)), ','
			ORDER BY j.id)) FROM hft.job j WHERE server = 'other'});
};
my $once = $import->();
is($node->safe_psql('postgres',
		"SELECT count(*) FROM hft.job WHERE server = 'other'"),
	$known, 'import: every job of the account');
is($node->safe_psql('postgres', q{SELECT count(*) > 50 FROM hft.metric m
		JOIN hft.job j ON j.id = m.job_id WHERE j.server = 'other'}), 't',
	'import: with the curves');
is($node->safe_psql('postgres', q{SELECT bool_and(base_model =
		'amazon.nova-micro-v1:0:128k') FROM hft.job WHERE server = 'other'}),
	't', 'import: with the base model');
is($import->(), $once, 'import: again changes nothing');
$emulator->settings(job_page_max => 100);

# ---- provisioned throughput

my ($tuned) = outcome('good', 'succeeded', name => 'tuned');
($psql, $out, $err) = $node->psql('postgres',
	q{SELECT hft.deploy_model('tuned', 'hourly', '{"serving": "provisioned"}')});
like($err, qr/model_units/,
	'nothing is bought by the hour that was not asked for in full');
$node->safe_psql('postgres', q{SELECT hft.deploy_model('tuned', 'hourly-2',
	'{"serving": "provisioned", "model_units": 2}')});
ok($node->poll_until(q{SELECT state = 'ready' FROM hft.deployment
	WHERE name = 'hourly-2'}, 't', 60), 'provisioned: it stands');
like($node->safe_psql('postgres',
		"SELECT hft.chat('hourly-2', 'd1: is 7 odd or even?')"),
	qr/^(odd|even)$/, 'provisioned: it answers');
is($node->safe_psql('postgres', q{SELECT price_per_hour IS NULL
		FROM hft.deployment WHERE name = 'hourly-2'}), 't',
	'provisioned: what is not known is not free');
$node->safe_psql('postgres', "SELECT hft.undeploy_model('hourly-2')");
ok($node->poll_until(q{SELECT state = 'gone' FROM hft.deployment
	WHERE name = 'hourly-2'}, 't', 60), 'provisioned: it is gone');
is($emulator->total('deployment.create'), 1, 'one was made');

# while it is being made it cannot be deleted: it is as soon as it stands
$emulator->settings(deploy_seconds => 3);
$node->safe_psql('postgres', q{SELECT hft.deploy_model('tuned', 'brief')});
ok($node->poll_until(q{SELECT remote_id IS NOT NULL FROM hft.deployment
	WHERE name = 'brief'}), 'it is being made');
$node->safe_psql('postgres', "SELECT hft.undeploy_model('brief')");
ok($node->poll_until(q{SELECT state = 'gone' FROM hft.deployment
	WHERE name = 'brief'}, 't', 60), 'a conflict is waited for');

# ---- no secret anywhere (F73)

is($node->safe_psql('postgres', q{SELECT count(*) FROM hft.job
		WHERE to_jsonb(job)::text LIKE '%secret-of%'}), '0',
	'no secret in a row');
unlike(slurp_file($node->logfile), qr/secret-of-|token-of-/,
	'F73: no secret in the log');

done_testing();
