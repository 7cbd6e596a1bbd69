# A model that answers only from an endpoint: deploy_model, chat, undeploy_model
# on Together's dialect, with one endpoint made, its hours on the ledger, and
# nothing left standing.
#
# Could pass by accident if chat asked the base model: so the tuned model is
# refused before it is deployed and after it is gone, the request names the
# endpoint, and the answer is one of the two that it was taught.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use HftTest;

my $emulator = start_emulator();
my $node = new_node('main', settings => { 'hft.poll_interval' => '200ms' });
$node->add_server('together', provider => 'together',
	base_url => $emulator->base_url('together'));
$node->seed_dataset('parity', 60);

my $job = $node->submit('parity', 'together', 'Qwen/Qwen3.5-2B',
	name => 'parity-1');
ok($node->wait_job($job, 'succeeded'), 'a job makes a model');

my ($code, $out, $err) = $node->psql('postgres',
	q{\set VERBOSITY verbose
	SELECT hft.chat('parity-1', 'is 4 odd or even?')});
like($err, qr/ERROR:  55000: model .* is not deployed/, 'it needs an endpoint');
is($emulator->total('chat'), 0, 'which is known before anything is asked');

is($node->safe_psql('postgres', q{
	BEGIN; SELECT hft.deploy_model('parity-1', 'never'); ROLLBACK;
	SELECT hft.deploy_model('parity-1', 'parity')}), "never\nparity",
	'deployments are asked for');
ok($node->poll_until(q{SELECT state FROM hft.deployment}, 'ready'),
	'the one that was committed stands');
is($emulator->total('deploy'), 1, 'one was made');
is($node->safe_psql('postgres', q{
	SELECT c.price_per_hour, d.endpoint IS NOT NULL
	FROM hft.deployment_cost c JOIN hft.deployment d USING (name)}),
	'5.49|t', 'with its price and name');

$node->safe_psql('postgres', q{SELECT hft.promote('oddity', 'parity-1')});
foreach my $name ('oddity', 'parity', 'parity-1', $job)
{
	like($node->safe_psql('postgres',
			"SELECT hft.chat('$name', 'parity: is 12 odd or even?')"),
		qr/^(odd|even)$/, "it answers as $name");
}
is($emulator->total('chat'), 4, 'four answers were given');
is($node->safe_psql('postgres', q{
	SELECT count(*) FROM hft.cost WHERE kind = 'inference'}), 4,
	'and are on the ledger');

$node->safe_psql('postgres', q{SELECT hft.undeploy_model('parity')});
ok($node->poll_until(q{SELECT state FROM hft.deployment}, 'gone'),
	'it goes away');
is_deeply([ grep { $_->{state} !~ /STOPPED|DELETED/ }
		@{ $emulator->control('GET', 'deployments')->{deployments} } ], [],
	'nothing is left standing');
is($node->safe_psql('postgres', q{
	SELECT amount > 0, amount < 1, hours < 1 FROM hft.deployment_cost}),
	't|t|t', 'its hours are on the ledger');
is($node->safe_psql('postgres', q{
	SELECT last_used > since, idle_amount < amount FROM hft.deployment_cost}),
	't|t', 'with the time since somebody asked it');
($code, $out, $err) = $node->psql('postgres',
	q{SELECT hft.chat('oddity', 'is 4 odd or even?')});
like($err, qr/is not deployed/, 'and it answers no more');

is($node->safe_psql('postgres', q{
	SELECT hft.deploy_model('oddity', 'parity')}), 'parity',
	'the name is free again');

done_testing();
