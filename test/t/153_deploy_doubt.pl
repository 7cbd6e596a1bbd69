# A deployment whose answer was lost is taken down when its owner does not
# want it any more, and is not called gone before.  One 404 does not end the
# watch over what stands.  In a copy of the database none is stood up (R42).
#
# Could pass by accident if nothing had been stood up: the emulator's ledger
# must hold the deployment.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use HftTest;

my $emulator = start_emulator(args => [ '--seconds-per-job', '1' ]);
my $node = new_node('main',
	settings => { 'hft.poll_interval' => '100ms', 'hft.settle_time' => '1s' });

$node->add_server('together', provider => 'together',
	base_url => $emulator->base_url('together'));
$node->seed_dataset('parity', 30);
my $job = $node->submit('parity', 'together', 'Qwen/Qwen3.5-2B',
	name => 'parity-1');
ok($node->wait_job($job, 'succeeded'), 'a job makes a model');

sub standing
{
	return [ grep { $_->{state} !~ /STOPPED|DELETED/ }
		  @{ $emulator->control('GET', 'deployments')->{deployments} } ];
}

# the answer is lost, and the wish changed meanwhile
$emulator->add_fault({ operation => 'deploy' },
	{ hangup => 'effect', how => 'reset' });
$node->safe_psql('postgres', q{SELECT hft.deploy_model('parity-1', 'lost')});
ok($node->poll_until(q{SELECT pg_catalog.count(*) FROM hft.attempt
	WHERE kind = 'deploy' AND state = 'in_doubt'}, 1), 'the answer is lost');
is(scalar @{ standing() }, 1, 'something stands');
$node->safe_psql('postgres', q{SELECT hft.undeploy_model('lost')});
ok($node->poll_until(q{SELECT state FROM hft.deployment WHERE name = 'lost'},
	'gone', 30), 'it goes away');
is_deeply(standing(), [], 'nothing is left standing');

# R42: as a restored dump would have it
$node->safe_psql('postgres', q{
	BEGIN;
	SELECT hft.deploy_model('parity-1', 'copied');
	UPDATE hft.deployment SET system_identifier = 1 WHERE name = 'copied';
	COMMIT});
ok($node->poll_until(
	q{SELECT state FROM hft.deployment WHERE name = 'copied'},
	'needs_attention', 20), 'a copy does not deploy');
is($emulator->total('deploy'), 1, 'nothing was stood up');
$node->safe_psql('postgres', q{SELECT hft.undeploy_model('copied')});
ok($node->poll_until(
	q{SELECT state FROM hft.deployment WHERE name = 'copied'}, 'gone', 20),
	'and can be ended');

# F29
$node->safe_psql('postgres', q{SELECT hft.deploy_model('parity-1', 'kept')});
ok($node->poll_until(q{SELECT state FROM hft.deployment WHERE name = 'kept'},
	'ready', 30), 'one stands');
my $fault = $emulator->add_fault({ method => 'GET', path => '/deployments/' },
	{ status => 404, body => '{"error":{"message":"not found"}}' });
$node->safe_psql('postgres', q{
	UPDATE hft.deployment SET due_at = pg_catalog.now() WHERE name = 'kept';
	SELECT hft.import_jobs('together')});
ok($node->poll_until(q{SELECT checked_at > ready_at AND failures = 0
	AND state = 'ready' FROM hft.deployment WHERE name = 'kept'}, 't', 20),
	'one 404 does not end the watch');
is($emulator->faults->{faults}[-1]{fired}, 1, 'which was given');

done_testing();
