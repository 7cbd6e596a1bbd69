# Together's own ways, end to end: bytes go to a signed address without our
# key, a job that the platform restarts under another id is followed, NaN among
# the metrics hurts nobody, the bill is the platform's, a tuned model answers
# on an endpoint that costs by the hour and leaves nothing standing.
#
# Could pass by accident if the restart came before the job was known or after
# it ended: so the job is held queued until its id was stored, and the stored
# id must change.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use HftTest;

my $model = 'Qwen/Qwen3.5-9B';
my $emulator = start_emulator();
$emulator->settings(metrics_nan => \1, events_uppercase => \1,
	seconds_per_job => 3);
my $node = new_node('main', testing => 1,
	settings => { 'hft.poll_interval' => '100ms', 'hft.settle_time' => '1s' });
$node->add_server('together', provider => 'together',
	base_url => $emulator->base_url('together'));
$node->seed_dataset('triage', 40);

sub job
{
	my ($job, $column) = @_;

	return $node->safe_psql('postgres',
		"SELECT $column FROM hft.job WHERE id = $job");
}

# a job that is restarted under another id
my $job = $node->submit('triage', 'together', $model, name => 'first',
	hyperparameters => '{"n_epochs": 2}');
ok($node->poll_until("SELECT remote_id LIKE 'ft-%' AND state <> 'creating'
	FROM hft.job WHERE id = $job"), 'the job is at the platform');
my $old = job($job, 'remote_id');
$emulator->force_job($old, restart => \1);
ok($node->wait_job($job, 'succeeded', 90), 'restarted: the job succeeds');
isnt(job($job, 'remote_id'), $old, 'restarted: under another id');
is($emulator->total('job.create'), 1, 'restarted: bought once');

# the file
my ($put) = grep { $_->{method} eq 'PUT' }
  @{ $emulator->requests(listener => 'storage')->{requests} };
ok($put, 'the bytes went to the storage');
ok(!$put->{bearer}, 'F34: without our key');
is($emulator->total('file.create'), 1, 'one file was stored');

# what came back
is($node->safe_psql('postgres', qq{
		SELECT count(*) > 5 AND count(*) = count(DISTINCT step) AND
			count(*) = max(step)
		FROM hft.metric WHERE job_id = $job AND name = 'train_loss'}),
	't', 'every training loss once, in spite of NaN');
is($node->safe_psql('postgres', qq{
		SELECT count(*) > 0 AND bool_and(type = lower(type))
		FROM hft.event WHERE job_id = $job}),
	't', 'events, whatever their spelling');
is(job($job, 'billed_amount = 4'), 't', 'the bill is what the platform says');
is(job($job, 'quoted_amount = 4'), 't', 'as it had quoted before');

# the tuned model answers on an endpoint of its own
$node->safe_psql('postgres',
	"SELECT hft.deploy_model('first', 'desk')");
ok($node->poll_until(
		"SELECT state = 'ready' FROM hft.deployment WHERE name = 'desk'",
		't', 60), 'the endpoint is ready');
is($node->safe_psql('postgres',
		"SELECT price_per_hour = 5.49 FROM hft.deployment WHERE name = 'desk'"),
	't', 'its price is known');
like($node->safe_psql('postgres',
		"SELECT hft.chat('desk', 'triage: is 7 odd or even?')"),
	qr/^(odd|even)$/, 'it answers what it learned');
$node->safe_psql('postgres', "SELECT hft.undeploy_model('desk')");
ok($node->poll_until(
		"SELECT state = 'gone' FROM hft.deployment WHERE name = 'desk'",
		't', 60), 'it is taken down');
is_deeply($emulator->control('GET', 'deployments')->{deployments}, [],
	'nothing stands');
is($emulator->total('deploy'), 1, 'one deployment was made');
is($node->safe_psql('postgres',
		"SELECT pg_catalog.count(*) FROM hft.cost
		 WHERE kind = 'hosting' AND amount > 0 AND quantity > 0"),
	1, 'its hours are booked');

is($node->safe_psql('postgres', q{
		SELECT pg_catalog.count(*) FROM hft.attempt WHERE settled_at IS NULL}),
	0, 'no attempt is left open');

done_testing();
