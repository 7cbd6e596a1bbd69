# R42, F64: a copy that is older than the creation of a job, and adopts it,
# finds what the original bought.
#
# Could pass by accident if the copy knew the job's remote id: so it is made
# before the worker has seen the job.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use HftTest;

my $emulator = start_emulator(args => [ '--seconds-per-job', '0.2' ]);
my $node = new_node('main', settings => {
		'hft.poll_interval' => '100ms', 'hft.settle_time' => '1s' });
my $model = 'gpt-4o-mini-2024-07-18';

$node->add_server('openai', provider => 'openai',
	base_url => $emulator->base_url('openai'));
$node->seed_dataset('train', 12);
$node->safe_psql('postgres', 'SELECT hft.pause()');
ok($node->poll_until("SELECT state FROM hft.worker", 'paused'),
	'no worker is there');
my $job = $node->submit('train', 'openai', $model);
$node->safe_psql('template1', 'CREATE DATABASE copy TEMPLATE postgres');
$node->safe_psql('postgres', 'SELECT hft.resume()');
ok($node->wait_job($job, 'succeeded'), 'the original goes on');

my $remote = $node->safe_psql('postgres',
	"SELECT remote_id FROM hft.job WHERE id = $job");
is($node->safe_psql('copy', "SELECT state FROM hft.job
		WHERE id = $job AND remote_id IS NULL"), 'pending',
	'the copy knows nothing of it');
$node->safe_psql('copy', "SELECT hft.adopt_job($job)");
ok($node->poll_until("SELECT state FROM hft.job WHERE id = $job", 'succeeded',
		60, 'copy'), 'adopted, the copy goes on');
is($node->safe_psql('copy', "SELECT remote_id FROM hft.job WHERE id = $job"),
	$remote, 'R42: with the same job of the platform');
is($emulator->total('job.create'), 1, 'F64: and nothing was bought twice');

$node->stop('fast');
$emulator->stop;
done_testing();
