# What Azure does besides: a full store, slow files, no metrics in events, words
# for states, a tier that a resource does not have, busy accounts, deployments
# that fail, are lost on the way, or are deleted because nobody used them.
#
# Could pass by accident if a switch did nothing: each check looks at what only
# that switch brings about, and the ledger counts what was made.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use HftTest;

my $model = 'gpt-4o-mini-2024-07-18';
my $emulator = start_emulator(args => [ '--seconds-per-job', '1' ]);
my $root = 'http://127.0.0.1:' . $emulator->port;
my $node = new_node('main', testing => 1,
	settings => { 'hft.poll_interval' => '100ms', 'hft.settle_time' => '1s' });
$node->add_server('azure', provider => 'azure', base_url => "$root/azure",
	subscription => 'sub-1', resource_group => 'rg', account => 'main',
	login_url => "$root/entra", arm_url => "$root/azure-manager",
	key => '{"tenant": "t", "appId": "test-client-main",'
	  . ' "password": "test-secret-main"}');
$node->seed_dataset('triage', 20);

sub query
{
	my ($sql) = @_;

	return $node->safe_psql('postgres', $sql);
}

sub job
{
	my ($job, $column) = @_;

	return query("SELECT $column FROM hft.job WHERE id = $job");
}

sub submit
{
	my (%more) = @_;

	return $node->submit('triage', 'azure', $model, %more);
}

sub deployment
{
	my ($name, $condition, $what) = @_;

	return ok($node->poll_until(
			"SELECT $condition FROM hft.deployment WHERE name = '$name'
			 ORDER BY id DESC LIMIT 1", 't', 60), $what)
	  or diag query("SELECT to_jsonb(d) FROM hft.deployment d
		WHERE name = '$name'");
}

# a resource without room parks the job, with what to do
$emulator->settings(file_quota => 0);
my $job = submit(name => 'first');
ok($node->wait_job($job, 'needs_attention', 30), 'F28: the store is full');
is(job($job, 'reason'), 'limit', 'which is a limit');
like(job($job, 'error_hint'), qr/100 files, 1 GB/, 'with what to do');
$emulator->settings(file_quota => 100, file_processing_polls => 4,
	event_metrics => \0);
query("SELECT hft.retry_job($job)");
ok($node->wait_job($job, 'succeeded', 60), 'with room it goes on');
is(query(qq{SELECT count(*) > 5 AND count(*) = max(step) FROM hft.metric
	WHERE job_id = $job AND name = 'train_loss'}), 't',
	'F43: without metrics in events the result file is read');
is(query(qq{SELECT count(*) > 0 FROM hft.metric
	WHERE job_id = $job AND name = 'train_accuracy'}), 't',
	'under the names that all platforms share');
my @looks = grep { $_->{status} == 200 }
  @{ $emulator->requests(operation => 'file.get')->{requests} };
cmp_ok(scalar @looks, '>', 4, 'the file was read at leisure');
$emulator->settings(file_processing_polls => 0, event_metrics => \1);

$emulator->settings(job_quota => 1);
$job = submit();
ok($node->wait_job($job, 'needs_attention', 30), 'F28: 100 jobs are enough');
is(job($job, 'reason'), 'limit', 'which is a limit, too');
$emulator->settings(job_quota => 100);
query("SELECT hft.retry_job($job)");
ok($node->wait_job($job, 'succeeded', 60), 'after one was deleted it goes on');
is($emulator->total('job.create'), 2, 'and was bought once');

# a tier that the resource does not have
$job = submit(options => '{"training_type": "nonsense"}');
ok($node->wait_job($job, 'failed', 30), 'a wrong tier is refused');
like(job($job, 'error_hint'), qr/training_type/, 'with what to set');

# words for states
$emulator->settings(seconds_per_job => 60);
$job = submit();
ok($node->poll_until("SELECT remote_id IS NOT NULL AND state = 'queued'
	FROM hft.job WHERE id = $job"), 'a long job waits');
my $remote = job($job, 'remote_id');
for my $pair ([ created => 'queued' ], [ pending => 'queued' ],
	[ pausing => 'running' ], [ paused => 'paused' ],
	[ resuming => 'running' ], [ thinking => 'running' ])
{
	my ($word, $state) = @$pair;

	$emulator->force_job($remote, status => $word);
	ok($node->poll_until("SELECT state, remote_state FROM hft.job
		WHERE id = $job", "$state|$word", 30), "F35: $word is $state");
}
$emulator->force_job($remote, status => undef);
query("SELECT hft.cancel_job($job)");
ok($node->wait_job($job, 'cancelled', 30), 'it is cancelled');
$emulator->settings(seconds_per_job => 1);

# the answer to a deployment is lost: found by its name
$emulator->add_fault({ operation => 'deploy' },
	{ hangup => 'effect', how => 'reset' });
query("SELECT hft.deploy_model('first', 'desk')");
deployment('desk', "state = 'ready'", 'R28: a lost deployment is found');
is($emulator->total('deploy'), 1, 'and was made once');

# another change of the account is under way
my $fault = $emulator->add_fault({ operation => 'deploy' }, { status => 409,
	body => '{"error":{"code":"RequestConflict","message":"busy"}}',
	headers => { 'retry-after' => '1' } });
query("SELECT hft.deploy_model('first', 'second', '{\"sku\":"
	. "\"DeveloperTier\"}')");
deployment('second', "state = 'ready'", 'a busy account is waited for');
is($emulator->faults->{faults}[-1]{fired}, 1, 'which it was');

# what ends by itself
is(query("SELECT deployment, risk, days_left FROM hft.at_risk
	WHERE deployment IS NOT NULL ORDER BY deployment"),
	"desk|idle|14\nsecond|age|0", 'what the platform will delete, and when');
is(query("SELECT price_per_hour FROM hft.deployment WHERE name = 'second'"),
	'0', 'the developer tier is free');
query("UPDATE hft.deployment SET ready_at = ready_at - interval '10 days'
	WHERE name = 'desk'");
is(query("SELECT days_left FROM hft.at_risk WHERE deployment = 'desk'"), 4,
	'idle days are counted');
like(query("SELECT hft.chat('desk', 'triage: is 4 odd or even?')"),
	qr/^(odd|even)$/, 'it is asked');
is(query("SELECT days_left FROM hft.at_risk WHERE deployment = 'desk'"), 14,
	'so it has time again');
query("SELECT hft.promote('triage', 'first')");
is(query("SELECT alias, days_left > 100 FROM hft.at_risk
	WHERE risk = 'retirement'"), 'triage|t', 'models are listed beside');

$emulator->advance(16 * 86400);
query("UPDATE hft.deployment SET due_at = pg_catalog.now()
	WHERE state = 'ready'; SELECT hft.import_jobs('azure')");
for my $name ('desk', 'second')
{
	deployment($name, "state = 'gone' AND error_hint LIKE '%15 days%'",
		"F29: $name was deleted there, which is told");
}
query("SELECT hft.deploy_model('triage', 'desk')");
deployment('desk', "state = 'ready'", 'the model is deployed anew');

# one that fails says so, and leaves nothing
$emulator->settings(deploy_fails => \1);
query("SELECT hft.deploy_model('first', 'broken')");
deployment('broken', "state = 'needs_attention'", 'a deployment fails');
$emulator->settings(deploy_fails => \0);
query("SELECT hft.undeploy_model('broken'), hft.undeploy_model('desk')");
deployment($_, "state = 'gone'", "$_ is taken down") for 'broken', 'desk';
is_deeply($emulator->control('GET', 'deployments')->{deployments}, [],
	'nothing stands');

# a principal that is not accepted any more parks the job
$emulator->control('POST', 'keys', { revoke => 'test-secret-main' });
$emulator->advance(7200);
$job = submit();
ok($node->wait_job($job, 'needs_attention', 60), 'F27: no token is sold');
is(job($job, 'reason'), 'credential', 'which is the credential');
unlike(job($job, 'error_message'), qr/test-secret/, 'F73: not shown');

done_testing();
