# refresh_models takes what the platform tells of models: the day they are shut
# down, and their limits; running it again changes nothing.
#
# Could pass by accident if the days came from the shipped table: the emulator
# is asked, by the ledger of its requests, and one model is in no table.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use HftTest;

my $emulator = start_emulator(args => [ '--seconds-per-job', '1' ]);
my $node = new_node('models', settings => { 'hft.poll_interval' => '100ms' });

for my $platform (qw(openai together))
{
	$node->add_server($platform, provider => $platform,
		base_url => $emulator->base_url($platform));
}

# a model of ours, one the account cannot see, and none of the price's patterns
$node->seed_dataset('train', 12);
$node->safe_psql('postgres', q{
	SELECT hft.submit_job('train', 'openai', 'gpt-4o-mini-2024-07-18')});
ok($node->poll_until(q{SELECT state FROM hft.job}, 'succeeded'), 'a job ran');
$node->safe_psql('postgres', q{
	INSERT INTO hft.price (provider, model, method, unit, amount, source)
	VALUES ('openai', 'no-such-model', 'sft', 'train_1m_tokens', 1, 'test'),
		('openai', 'pattern%inside', 'sft', 'train_1m_tokens', 1, 'test')});

sub refresh
{
	my ($server) = @_;
	my $id = $node->safe_psql('postgres',
		"SELECT hft.refresh_models('$server')");

	ok($node->poll_until("SELECT state FROM hft.import WHERE id = $id",
			'succeeded'), "$server was asked");
	return $node->safe_psql('postgres', "
		SELECT models_seen, models_changed FROM hft.import WHERE id = $id");
}

my ($seen, $changed) = split /\|/, refresh('openai');
is($changed, $seen, 'all that is told is new');
cmp_ok($seen, '>=', 3, 'about several models');
is($node->safe_psql('postgres', q{
	SELECT kind, retires_on, info ->> 'id', checked_at IS NOT NULL
	FROM hft.model WHERE model = 'gpt-4o-mini-2024-07-18'}),
	'base|2027-01-14|gpt-4o-mini-2024-07-18|t', 'the day of a base model');
is($node->safe_psql('postgres', q{
	SELECT kind, owner IS NOT NULL, retires_on FROM hft.model
	WHERE kind = 'tuned'}),
	'tuned|t|2027-01-14', 'and of what was tuned from it, which stays ours');
is($node->safe_psql('postgres', q{
	SELECT count(*) FROM hft.model
	WHERE model IN ('no-such-model', 'pattern%inside')}),
	0, 'what the account cannot see is passed over');
is(refresh('openai'), "$seen|0", 'asked again, nothing changes');

$node->safe_psql('postgres', q{
	UPDATE hft.model SET retires_on = '2030-01-01' WHERE kind = 'base'
	AND model = 'gpt-4o-mini-2024-07-18'});
is(refresh('openai'), "$seen|1", 'what the platform says comes first');

# limits, from a platform that tells no days
my ($limits) = split /\|/, refresh('together');
cmp_ok($limits, '>=', 1, 'together tells of its models');
is($node->safe_psql('postgres', q{
	SELECT bool_and(retires_on IS NULL AND (info ->> 'max_num_epochs')::int > 0)
	FROM hft.model WHERE server = 'together'}), 't', 'what they take');

# a failure in the middle is waited for
$emulator->add_fault({ operation => 'model.get', times => 2 }, { status => 503 });
is(refresh('openai'), "$seen|0", 'errors that pass are outlived');

my ($code, $out, $err) = $node->psql('postgres',
	q{SELECT hft.refresh_models('nowhere')});
like($err, qr/server "nowhere" .* does not exist/, 'an unknown server');

done_testing();
