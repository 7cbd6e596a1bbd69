# Deployments at Fireworks: the model merged, several adapters on one GPU,
# sleeping and waking, the price of what stands, and nothing left standing,
# also when the answer that made it was lost.
#
# Could pass by accident if chat asked the base model: the tuned ones give one
# of two words that they were taught.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use HftTest;

my $emulator = start_emulator(args => [ '--seconds-per-job', '1' ]);
my $node = new_node('main',
	settings => { 'hft.poll_interval' => '100ms', 'hft.settle_time' => '1s' });
my $gpu = '"accelerator_type": "NVIDIA_H100_80GB", "min_replicas": 1';

$node->add_server('main', provider => 'fireworks', account_id => 'main',
	base_url => $emulator->base_url('fireworks'));
$node->seed_dataset('parity', 60);
foreach my $name ('one', 'two')
{
	my $job = $node->submit('parity', 'main', 'qwen3-8b', name => $name,
		hyperparameters => $name eq 'one' ? '{"n_epochs": 2}' : '{}');
	ok($node->wait_job($job, 'succeeded', 60), "a job makes model $name");
}

sub standing
{
	return [ grep { $_->{state} !~ /DELET/ }
		  @{ $emulator->control('GET', 'deployments')->{deployments} } ];
}

sub deployment
{
	my ($name, $column) = @_;

	return $node->safe_psql('postgres', "SELECT $column FROM hft.deployment
		WHERE name = '$name' ORDER BY id DESC LIMIT 1");
}

sub chat
{
	my ($name) = @_;

	return $node->safe_psql('postgres',
		"SELECT hft.chat('$name', 'parity: is 12 odd or even?')");
}

# merged
my ($code, $out, $err) = $node->psql('postgres',
	q{SELECT hft.deploy_model('one', 'live')});
like($err, qr/accelerator_type/, 'the GPU must be named');
$emulator->settings(deploy_seconds => 3);
$node->safe_psql('postgres', qq{SELECT hft.deploy_model('one', 'live', '{$gpu}')});
($code, $out, $err) = $node->psql('postgres',
	q{\set VERBOSITY verbose
	SELECT hft.chat('live', 'hello')});
like($err, qr/55000: deployment "live" is starting.*wait_for_deployment/s,
	'a deployment that is starting is called so');
$node->safe_psql('postgres', q{CALL hft.wait_for_deployment('live', '60 s')});
is(deployment('live', q{state || ' ' || price_per_hour || ' ' ||
	(price_source LIKE 'price:%') || ' ' || (endpoint = remote_id)}),
	'ready 8.00 true true', 'it stands, at the price of its GPU');
like(chat($_), qr/^(odd|even)$/, "it answers as $_") for ('one', 'live');
$node->safe_psql('postgres', q{SELECT hft.undeploy_model('live')});
ok($node->poll_until(
	q{SELECT state FROM hft.deployment WHERE name = 'live'}, 'gone'),
	'it goes away');
is_deeply(standing(), [], 'nothing is left standing');
($code, $out, $err) = $node->psql('postgres',
	q{CALL hft.wait_for_deployment('live')});
like($err, qr/is not going to be ready/, 'what is gone is not waited for');
($code, $out, $err) = $node->psql('postgres',
	q{BEGIN; CALL hft.wait_for_deployment('live'); COMMIT});
like($err, qr/transaction block/, 'nor inside a transaction');
$emulator->settings(deploy_seconds => 1);

# two adapters on one deployment
$node->safe_psql('postgres', qq{
	SELECT hft.deploy_model('one', 'shared', '{"adapters": true, $gpu}')});
$node->safe_psql('postgres', q{CALL hft.wait_for_deployment('shared', '60 s')});
$node->safe_psql('postgres', q{
	SELECT hft.deploy_model('two', 'guest',
		pg_catalog.jsonb_build_object('deployment', remote_id))
	FROM hft.deployment WHERE name = 'shared' AND state = 'ready'});
$node->safe_psql('postgres', q{CALL hft.wait_for_deployment('guest', '60 s')});
is($emulator->total('adapter.load'), 2, 'two adapters are loaded');
is(scalar @{ standing() }, 1, 'on one deployment');
is(deployment('guest', 'price_per_hour = 0'), 't', 'the guest pays nothing');
like(deployment('guest', 'endpoint'),
	qr{^accounts/main/models/\S+#accounts/main/deployments/\S+$},
	'a name that no other adapter has');
like(chat($_), qr/^(odd|even)$/, "$_ answers") for ('one', 'two');
$node->safe_psql('postgres', q{SELECT hft.undeploy_model('shared')});
ok($node->poll_until(q{SELECT error_message LIKE 'Other models%'
	FROM hft.deployment WHERE name = 'shared'}), 'the host waits for its guest');
like(chat('two'), qr/^(odd|even)$/, 'who goes on answering');
$node->safe_psql('postgres', q{SELECT hft.undeploy_model('guest')});
ok($node->poll_until(q{SELECT count(*) FROM hft.deployment
	WHERE state = 'gone'}, 3, 90), 'both are gone');
is($emulator->total('adapter.unload'), 2, 'adapters are unloaded');
is_deeply(standing(), [], 'nothing is left standing');

# asleep: free, and woken by a call
$node->safe_psql('postgres', q{SELECT hft.deploy_model('one', 'lazy',
	'{"accelerator_type": "NVIDIA_H100_80GB", "scale_to_zero": "300s"}')});
$node->safe_psql('postgres', q{CALL hft.wait_for_deployment('lazy', '60 s')});
$emulator->advance(4000);
$node->safe_psql('postgres', q{UPDATE hft.deployment
	SET due_at = pg_catalog.now() WHERE name = 'lazy'});
$node->restart;
ok($node->poll_until(q{SELECT price_per_hour = 0 FROM hft.deployment
	WHERE name = 'lazy'}), 'asleep it costs nothing');
like(chat('lazy'), qr/^(odd|even)$/, 'a call wakes it, and is answered');
ok($emulator->requests(operation => 'chat')->{requests}[-2]{status} == 503,
	'after 503');
is($node->safe_psql('postgres', q{SELECT count(*) FROM hft.cost
	WHERE kind = 'inference' AND quantity IS NULL}), '0',
	'which is no bill in doubt');
$node->safe_psql('postgres', q{SELECT hft.undeploy_model('lazy')});
ok($node->poll_until(
	q{SELECT state FROM hft.deployment WHERE name = 'lazy'}, 'gone'), 'gone');

# the answer is lost, and the wish changes meanwhile
$emulator->add_fault({ operation => 'deploy' },
	{ hangup => 'effect', how => 'reset' });
$node->safe_psql('postgres', qq{SELECT hft.deploy_model('one', 'lost', '{$gpu}')});
ok($node->poll_until(q{SELECT count(*) FROM hft.attempt
	WHERE kind = 'deploy' AND state = 'in_doubt'}, 1), 'the answer is lost');
is(scalar @{ standing() }, 1, 'something stands');
$node->safe_psql('postgres', q{SELECT hft.undeploy_model('lost')});
ok($node->poll_until(q{SELECT state FROM hft.deployment WHERE name = 'lost'},
	'gone', 30), 'it is found and goes away');
is_deeply(standing(), [], 'nothing is left standing');

done_testing();
