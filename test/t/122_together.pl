# Together from end to end: signed upload without the key, restarted jobs,
# losses from /metrics, a deployment that answers and is taken down again.
#
# Could pass by accident if the key went to the storage host, too, or if a
# deployment stood on: the storage's requests must carry no key, and at the
# end the ledger must show the deployment deleted and its hours booked.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use HftTest;
use JSON::PP;

my $emulator = start_emulator(args => [ '--seconds-per-job', '3' ]);
my $node = new_node('main', testing => 1,
	settings => { 'hft.poll_interval' => '100ms', 'hft.settle_time' => '1s' });
my $model = 'Qwen/Qwen3.5-9B';

$node->add_server('together', provider => 'together',
	base_url => $emulator->base_url('together'));
$node->seed_dataset('train', 40);

sub value
{
	my ($query) = @_;

	return $node->safe_psql('postgres', $query);
}

my $job = $node->submit('train', 'together', $model, name => 'first');
ok($node->poll_until("SELECT remote_id IS NOT NULL FROM hft.job WHERE id = $job"),
	'the job is created');

# the platform restarts it under another id
my $first_id = value("SELECT remote_id FROM hft.job WHERE id = $job");
$emulator->force_job($first_id, restart => JSON::PP::true());
ok($node->wait_job($job, 'succeeded'), 'the job succeeds');
isnt(value("SELECT remote_id FROM hft.job WHERE id = $job"), $first_id,
	'under its new id');

is(scalar(grep { $_->{bearer} } @{ $emulator->requests(listener => 'storage')->{requests} }),
	0, 'the key never went to the storage host');
is(value(qq{
		SELECT pg_catalog.count(*) >= 5
			AND pg_catalog.count(*) = pg_catalog.count(DISTINCT (name, step))
		FROM hft.metric WHERE job_id = $job AND name = 'train_loss'}),
	't', 'losses came, none twice');
is(value("SELECT quoted_amount IS NOT NULL OR estimated_high IS NOT NULL
		FROM hft.job WHERE id = $job"), 't', 'a price was known before');
is(value("SELECT pg_catalog.count(*) FROM hft.cost
		WHERE job_id = $job AND kind = 'training' AND amount > 0"),
	1, 'the bill is booked once');

# without a deployment nothing answers
my ($code, $out, $problem) = $node->psql('postgres',
	"SELECT hft.chat('first', 'train: is 4 odd or even?')");
isnt($code, 0, 'no answer before the model is deployed');
note $problem;

value("SELECT hft.deploy_model('first', 'stand')");
ok($node->poll_until("SELECT state FROM hft.deployment WHERE name = 'stand'",
		'ready'), 'it is deployed')
  or diag value("SELECT pg_catalog.to_jsonb(d) FROM hft.deployment d");
is(value("SELECT price_per_hour > 0 FROM hft.deployment WHERE name = 'stand'"),
	't', 'with its price');
like(value("SELECT hft.chat('first', 'train: is 4 odd or even?')"),
	qr/^(even|odd)$/, 'and answers');

value("SELECT hft.undeploy_model('stand')");
ok($node->poll_until("SELECT state FROM hft.deployment WHERE name = 'stand'",
		'gone'), 'it is taken down')
  or diag value("SELECT pg_catalog.to_jsonb(d) FROM hft.deployment d");
is($emulator->total('deploy'), 1, 'one deployment was bought');
is($emulator->total('deploy.delete'), 1, 'and deleted');
is(value("SELECT pg_catalog.count(*) FROM hft.cost
		WHERE kind = 'hosting' AND amount > 0 AND quantity > 0"),
	1, 'its hours are booked');

done_testing();
