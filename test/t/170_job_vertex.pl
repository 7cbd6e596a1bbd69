# Vertex AI's own ways, end to end: a service account's key buys one token,
# the file goes up resumably, the job is found, its curve comes out of
# TensorBoard, each checkpoint answers by an endpoint of its own, and taking
# one down leaves nothing.
#
# Could pass by accident if curves were short: one has more points than the
# platform returns unasked; if tokens were bought for every request: they are
# counted; if the session's address were given our token: that is an effect.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use HftTest;
use HftVertex;

my $model = 'gemini-3.1-flash-lite';
my $emulator = start_emulator();
my $node = new_node('main', settings => { 'hft.poll_interval' => '100ms' });

$emulator->settings(experiment_polls => 2);
add_vertex($node, $emulator, 'vertex',
	key => service_account($emulator, 'robot'));
$node->safe_psql('postgres', q{
	CREATE TABLE task AS
	SELECT i AS id, 'Answer in a word.' AS system,
		pg_catalog.format('is %s odd or even?', i) AS "user",
		CASE i % 2 WHEN 0 THEN 'even' ELSE 'odd' END AS assistant
	FROM pg_catalog.generate_series(1, 80) AS i;
	SELECT hft.create_dataset('parity', 'SELECT * FROM task ORDER BY id',
		validation => 0.25)});

sub job
{
	my ($job, $column) = @_;

	return $node->safe_psql('postgres',
		"SELECT $column FROM hft.job WHERE id = $job");
}

like($node->safe_psql('postgres',
		"SELECT pg_catalog.string_agg(line, ' ')
		 FROM hft.explain_job('parity', 'vertex', '$model') AS line"),
	qr/Price: \$3\.00/, 'the price is shown before');

my $job = $node->submit('parity', 'vertex', $model, name => 'parity-1',
	suffix => 'parity', hyperparameters => '{"n_epochs": 4, "adapter_size": 8}');
ok($node->wait_job($job, 'succeeded', 90), 'the job succeeds');

# what was bought, and for what
is($emulator->total('job.create'), 1, 'one job was bought');
is($emulator->total('file.create'), 2, 'two files are in the bucket');
is($emulator->total('token'), 1, 'one token was enough');
is($emulator->total('session.token'), 0,
	'it did not go to the address that authorises itself');
my ($created) = @{ $emulator->ledger(kind => 'job.create')->{effects} };
is($created->{epochs}, '4', 'the number of epochs was sent, as a string');
is($created->{token}, job($job, 'token'), 'with our mark');
like(job($job, 'remote_id'), qr{^projects/\d+/locations/us-central1/tuningJobs/\d+$},
	'the job is known by its full name');
is(job($job, "effective->>'adapter_size'"), '8',
	'the platform says what it chose');

# the bill
my ($bill) = @{ $emulator->ledger(kind => 'bill')->{effects} };
is(job($job, 'trained_tokens'), $bill->{tokens}, 'the tokens of the bill');
is(job($job, "billed_amount = round($bill->{amount}, 6) OR
	pg_catalog.abs(billed_amount - $bill->{amount}) < 0.000001"), 't',
	'and its amount, from hft.price');

# the curve
my ($remote) = $emulator->jobs;
my $steps = $remote->{total_steps};
is($node->safe_psql('postgres', qq{
	SELECT name, count(*), count(DISTINCT step), max(step)
	FROM hft.metric WHERE job_id = $job AND name IN ('train_loss', 'valid_loss')
	GROUP BY name ORDER BY name}),
	"train_loss|$steps|$steps|$steps\nvalid_loss|4|4|$steps",
	'the loss curve is whole');

# checkpoints and chat
is($node->safe_psql('postgres', qq{
	SELECT count(*), count(DISTINCT model), max(step)
	FROM hft.checkpoint WHERE job_id = $job}), "4|4|$steps",
	'each epoch left a checkpoint with an endpoint');
like($node->safe_psql('postgres',
		q{SELECT hft.chat('parity-1', 'is 12 odd or even?')}),
	qr/^(odd|even)$/, 'the tuned model answers');
my $checkpoint = $node->safe_psql('postgres',
	"SELECT model FROM hft.checkpoint WHERE job_id = $job
	 ORDER BY step LIMIT 1");
like($node->safe_psql('postgres', qq{
		SELECT hft.chat('$checkpoint',
			'[{"role": "system", "content": "Answer in a word."},
			  {"role": "user", "content": "is 3 odd or even?"}]'::jsonb,
			options => '{"temperature": 0, "max_tokens": 5}')}),
	qr/^(odd|even)$/, 'and so does a checkpoint');
is($node->safe_psql('postgres', q{
	SELECT count(*), bool_and(quantity > 0) FROM hft.cost
	WHERE kind = 'inference'}), '2|t', 'both answers are on the ledger');

# a longer curve than is returned unasked
$node->safe_psql('postgres', q{
	SELECT hft.create_dataset('long', $$SELECT 'q' || i AS prompt,
		'a' || i % 3 AS completion FROM generate_series(1, 80) i$$,
		validation => 0)});
$job = $node->submit('long', 'vertex', $model,
	hyperparameters => '{"n_epochs": 120}',
	options => '{"all_checkpoints": false}');
ok($node->wait_job($job, 'succeeded', 120), 'a long job succeeds');
is($node->safe_psql('postgres', qq{
	SELECT count(*), max(step) FROM hft.metric
	WHERE job_id = $job AND name = 'train_loss'}), '1200|1200',
	'all of its points are there');
is($node->safe_psql('postgres',
		"SELECT count(*) FROM hft.checkpoint WHERE job_id = $job"), '0',
	'and no checkpoints, which were not wanted');

# deploy -> chat -> undeploy
$node->safe_psql('postgres', q{SELECT hft.deploy_model('parity-1', 'desk')});
ok($node->poll_until(q{SELECT state FROM hft.deployment}, 'ready'),
	'the endpoint stands already');
is($node->safe_psql('postgres',
		q{SELECT price_per_hour = 0 FROM hft.deployment}), 't',
	'and costs nothing by the hour');
like($node->safe_psql('postgres',
		q{SELECT hft.chat('desk', 'is 7 odd or even?')}), qr/^(odd|even)$/,
	'it answers by its name');
$node->safe_psql('postgres', q{SELECT hft.undeploy_model('desk')});
ok($node->poll_until(q{SELECT state FROM hft.deployment}, 'gone'),
	'it is taken down');
is($emulator->total('undeploy') . $emulator->total('endpoint.delete'), '11',
	'the model went off the endpoint, and the endpoint went');
my ($code, $out, $err) = $node->psql('postgres',
	q{SELECT hft.chat('parity-1', 'is 7 odd or even?')});
like($err, qr/ERROR/, 'it answers no more');

is($node->safe_psql('postgres', q{
		SELECT pg_catalog.count(*) FROM hft.attempt WHERE settled_at IS NULL}),
	0, 'no attempt is left open');

done_testing();
