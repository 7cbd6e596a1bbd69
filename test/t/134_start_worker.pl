# hft.start_worker(): background work without shared_preload_libraries.
#
# Could pass by accident if one look at its start were all the worker takes:
# so the second job is submitted when it has nothing left to do.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use HftTest;
use PostgreSQL::Test::Utils;

my $emulator = start_emulator(args => [ '--seconds-per-job', '0.2' ]);
my $node = new_node('unloaded', preload => 0,
	settings => { 'hft.poll_interval' => '100ms' });
my $model = 'gpt-4o-mini-2024-07-18';

$node->add_server('openai', provider => 'openai',
	base_url => $emulator->base_url('openai'));
$node->seed_dataset('train', 12);

my ($status, $job, $warning) = $node->psql('postgres',
	"SELECT hft.submit_job('train', 'openai', '$model')");
is($status, 0, 'a job can be submitted');
like($warning, qr/nothing runs hft's work/, 'with a warning that it waits');

is($node->safe_psql('postgres', 'SELECT hft.start_worker()'), 't',
	'a worker is asked for');
ok($node->wait_job($job, 'succeeded'), 'it finds the job');
is($node->safe_psql('postgres', 'SELECT hft.start_worker()'), 'f',
	'no second one is needed');
is($node->safe_psql('postgres', q{
		SELECT detail FROM hft.doctor() WHERE item = 'background'}),
	'A worker that hft.start_worker() started is there until the server restarts.',
	'the doctor tells of it');
ok($node->wait_job($node->submit('train', 'openai', $model), 'succeeded',
		20), 'it finds a job that nobody told it of');

$node->stop('fast');
$emulator->stop;
done_testing();
