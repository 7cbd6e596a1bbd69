# Azure's own ways, end to end, on both families of paths: a job with its tier
# and a training file of its own, which goes when the job is over; extra
# states; pause and resume; a deployment made with a bought token, a chat
# through it, its hours on the ledger, and nothing left standing.
#
# Could pass by accident if one family served for both: so the emulator's
# requests of each are looked at.  Could pass if a token were never needed:
# the resource manager takes no key, and one that has ended is refused.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use HftTest;

my $model = 'gpt-4.1-mini-2025-04-14';
my $emulator = start_emulator();
my $root = 'http://127.0.0.1:' . $emulator->port;
my $node = new_node('main', testing => 1,
	settings => { 'hft.poll_interval' => '100ms', 'hft.settle_time' => '1s' });
my %place = (
	provider => 'azure', base_url => "$root/azure", subscription => 'sub-1',
	resource_group => 'rg', account => 'main', login_url => "$root/entra",
	arm_url => "$root/azure-manager");
my $principal = '{"tenant_id": "tenant-1", "client_id": "test-client-main",'
  . ' "client_secret": "test-secret-main"}';

$node->add_server('azure', %place, key => 'test-key-main');
$node->add_server('dated', %place, key => 'test-key-main',
	api_version => '2024-10-21');
$node->add_server('entra', %place, key => $principal);
$node->seed_dataset('triage', 40);

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

# The requests of an operation that a dialect got.
sub asked
{
	my ($dialect, $operation) = @_;

	return grep { $_->{dialect} eq $dialect }
	  @{ $emulator->requests(operation => $operation)->{requests} };
}

# price before launch: unknown is no zero
like(query(
		"SELECT * FROM hft.explain_job('triage', 'azure', '$model')"),
	qr/^Estimate: unknown$/m, 'P10: an unknown price is shown as unknown');
query(q{INSERT INTO hft.price (provider, model, unit, amount, options, source)
	VALUES ('azure', '%gpt-4.1-mini%', 'train_1m_tokens', 4, '{}', 'mine'),
	('azure', '%gpt-4.1-mini%', 'train_1m_tokens', 2,
	 '{"training_type": "developerTier"}', 'mine')});
like(query(
		"SELECT * FROM hft.explain_job('triage', 'azure', '$model')"),
	qr/^Estimate: \$/m, 'a price of ours makes an estimate');

# both families, one after the other, with the same data
foreach my $server ('azure', 'dated')
{
	my $dialect = $server eq 'azure' ? 'azure' : 'azure_dated';
	my $job = $node->submit('triage', $server, $model, name => "on-$server",
		hyperparameters => '{"n_epochs": 2}');

	ok($node->wait_job($job, 'succeeded', 90), "$server: the job succeeds");
	is(scalar(asked($dialect, 'job.create')), 1, "$server: its own family");
	is($emulator->total('job.create', $dialect), 1, "$server: bought once");
	is(job($job, 'base_model'), $model, "$server: as asked");
	like(job($job, 'tuned_model'), qr/^\Q$model\E\.ft-[0-9a-f]{32}/,
		"$server: a model of Azure's kind");
	is(query(qq{
			SELECT count(*) > 5 AND count(*) = max(step) FROM hft.metric
			WHERE job_id = $job AND name = 'train_loss'}),
		't', "$server: every loss once");
	is(query("SELECT count(*) FROM hft.checkpoint WHERE job_id = $job"),
		2, "$server: its checkpoints");
	is(job($job, 'billed_amount > 0 AND billed_amount = trained_tokens * 4e-6'),
		't', "$server: billed by our price");
	is(query(qq{
			SELECT f.exclusive, f.state FROM hft.file f JOIN hft.job j
			ON j.training_file_id = f.id WHERE j.id = $job}),
		't|deleted', "$server: its file was its own, and is gone");
}
is($emulator->total('file.create'), 2, 'the same data was sent twice');
is($emulator->total('file.delete'), 2, 'and deleted twice');
is(query('SELECT count(DISTINCT filename) FROM hft.file'), 2,
	'under two names');

# pausing, paused, resuming
$emulator->settings(seconds_per_job => 30);
my $paused = $node->submit('triage', 'entra', $model,
	hyperparameters => '{"n_epochs": 5}',
	options => '{"training_type": "developerTier"}');
ok($node->poll_until("SELECT state = 'running' AND steps_done > 0
	FROM hft.job WHERE id = $paused"), 'a job runs, on a token');
query("SELECT hft.pause_job($paused)");
ok($node->poll_until("SELECT remote_state FROM hft.job WHERE id = $paused",
	'pausing'), 'it is pausing');
ok($node->wait_job($paused, 'paused', 30), 'it is paused');
query("SELECT hft.resume_job($paused)");
ok($node->wait_job($paused, 'running', 30), 'it goes on');
query("SELECT hft.cancel_job($paused)");
ok($node->wait_job($paused, 'cancelled', 30), 'and is cancelled');
$emulator->settings(seconds_per_job => 2);
is(job($paused, 'billed_amount = trained_tokens * 2e-6'), 't',
	'which cost what was done, in its tier');
my @creates = asked('azure', 'job.create');
is(scalar(grep { $_->{bearer} } @creates), 1, 'one was signed with a token');

# a key alone deploys nothing, and that is said
query("SELECT hft.deploy_model('on-azure', 'by-key')");
ok($node->poll_until("SELECT state IN ('failed', 'needs_attention')
	FROM hft.deployment WHERE name = 'by-key'", 't', 60),
	'a key cannot deploy');
like(query("SELECT error_message FROM hft.deployment
	WHERE name = 'by-key'"), qr/service principal/, 'which it says');

# with a principal: import what the account has, then deploy it
query("SELECT hft.import_jobs('entra')");
ok($node->poll_until("SELECT count(*) FROM hft.job
	WHERE server = 'entra' AND imported AND state = 'succeeded'", 2, 60),
	'the jobs of the account become rows');
my $before = query('SELECT count(*) FROM hft.job');
query("SELECT hft.import_jobs('entra')");
ok($node->poll_until("SELECT count(*) FROM hft.import
	WHERE state = 'succeeded' AND jobs_new = 0", 1, 30),
	'a second time nothing is new');
is(query('SELECT count(*) FROM hft.job'), $before, 'and no row is');

my $tuned = query("SELECT tuned_model FROM hft.job WHERE name = 'on-azure'");
query("SELECT hft.deploy_model('$tuned', 'desk', '{\"capacity\": 50}',
	'entra')");
ok($node->poll_until(
	"SELECT state = 'ready' FROM hft.deployment WHERE name = 'desk'", 't',
	60), 'a deployment stands');
is(query("SELECT price_per_hour, price_source LIKE 'price:%'
	FROM hft.deployment WHERE name = 'desk'"), '1.70|t',
	'its price is that of the list');
like(query("SELECT hft.chat('desk', 'triage: is 7 odd or even?')"),
	qr/^(odd|even)$/, 'it answers what it learned');
is($emulator->total('deploy'), 1, 'it was stood up once');

# every token ends, on either plane
$emulator->advance(7200);
like(query("SELECT hft.chat('desk', 'triage: is 8 odd or even?')"),
	qr/^(odd|even)$/, 'F27: an ended token is bought anew for a chat');
query("UPDATE hft.deployment SET due_at = pg_catalog.now()
	WHERE name = 'desk'; SELECT hft.import_jobs('entra')");
ok($node->poll_until("SELECT checked_at > ready_at AND failures = 0
	AND state = 'ready' AND error_message IS NULL
	FROM hft.deployment WHERE name = 'desk'", 't', 30),
	'F27: and for the resource manager');

query("SELECT hft.undeploy_model('desk')");
ok($node->poll_until(
	"SELECT state = 'gone' FROM hft.deployment WHERE name = 'desk'", 't',
	60), 'it is taken down');
is_deeply($emulator->control('GET', 'deployments')->{deployments}, [],
	'nothing stands');
is(query("SELECT count(*) FROM hft.cost c JOIN hft.deployment d
	ON d.id = c.deployment_id WHERE d.name = 'desk' AND c.kind = 'hosting'
	AND c.amount > 0 AND c.source LIKE 'price:%'"), 1,
	'its hours are booked');

# no secret of a principal is anywhere
my $log = slurp_file($node->logfile);
unlike($log, qr/test-secret-main|entra\.[A-Za-z0-9]{40}/,
	'F73: neither secret nor token is in the log');

done_testing();
