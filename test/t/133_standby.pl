# F65, R2, R42, F64: nothing of ours runs on a standby; promoted, it goes on;
# a copy in another database pays for nothing.
#
# Could pass by accident if the jobs were over before: they are held at the
# platform until after the promotion.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use HftTest;

my $emulator = start_emulator(args => [ '--seconds-per-job', '1' ]);
my $primary = new_node('primary', testing => 1,
	init => { allows_streaming => 1 },
	settings => { 'hft.poll_interval' => '100ms', 'hft.settle_time' => '1s' });
my $model = 'gpt-4o-mini-2024-07-18';

$primary->add_server('openai', provider => 'openai',
	base_url => $emulator->base_url('openai'));
$primary->seed_dataset('train', 12);
$emulator->set_clock_rate(0);
my $job = $primary->submit('train', 'openai', $model);
ok($primary->poll_until("SELECT remote_id IS NOT NULL FROM hft.job WHERE id = $job"),
	'a job is under way');

# a copy of the database: its rows do not act
$primary->safe_psql('postgres', 'SELECT hft.pause()');
ok($primary->poll_until(q{
		SELECT pg_catalog.count(*) = 0 FROM pg_catalog.pg_stat_activity
		WHERE backend_type = 'hft worker'}), 'pause() sends the worker away');
$primary->safe_psql('template1', 'CREATE DATABASE copy TEMPLATE postgres');
$primary->safe_psql('copy', 'SELECT hft.resume()');
ok($primary->poll_until("SELECT reason FROM hft.job WHERE id = $job", 'moved',
		30, 'copy'), 'F64: the copied job rests');
$primary->safe_psql('postgres', 'SELECT hft.resume()');

$primary->backup('base');
my $standby = HftNode->new('standby', install_path => HftNode::testing_install());
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->start;
is($standby->safe_psql('postgres', "SELECT pg_catalog.count(*) FROM hft.job"),
	1, 'F65: the tables can be read on the standby');
is($standby->safe_psql('postgres', q{
		SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity
		WHERE backend_type LIKE 'hft%'}), 0, 'F65: no process of ours is there');

$primary->wait_for_catchup($standby);
$primary->stop('immediate');
$standby->promote;
$emulator->set_clock_rate(1);
ok($standby->wait_job($job, 'succeeded', 60), 'R2: promoted, it goes on');
is($emulator->total('job.create'), 1, 'and nothing was bought twice');

done_testing();
