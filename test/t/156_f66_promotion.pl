# F66: a standby that is promoted without the newest records buys nothing
# twice, and tells of what it does not know.
#
# Could pass by accident if the records had arrived: the standby must have
# neither the attempt of the first job nor the row of the second.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use HftTest;

my $emulator = start_emulator(args => [ '--seconds-per-job', '1' ]);
my $primary = new_node('primary', testing => 1,
	init => { allows_streaming => 1 },
	settings => { 'hft.poll_interval' => '100ms', 'hft.settle_time' => '2s' });
my $model = 'gpt-4o-mini-2024-07-18';

$primary->add_server('openai', provider => 'openai',
	base_url => $emulator->base_url('openai'));
$primary->seed_dataset('train', 12);
$primary->backup('base');
my $standby = HftNode->new('standby',
	install_path => HftNode::testing_install());
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->start;

# from here on nothing arrives at the standby
$primary->arm('intend:create', 'wait');
my $lost = $primary->submit('train', 'openai', $model);
ok($primary->wait_struck, 'a job is about to be bought');
$primary->wait_for_catchup($standby);
$standby->set(primary_conninfo => '');
$standby->reload;
ok($standby->poll_until(
		'SELECT pg_catalog.count(*) = 0 FROM pg_catalog.pg_stat_wal_receiver'),
	'the standby is cut off');

$primary->let_go;
ok($primary->wait_job($lost, 'succeeded'), 'the primary buys it');
my $orphan = $primary->submit('train', 'openai', $model);
ok($primary->wait_job($orphan, 'succeeded'), 'and another one');
my $orphan_id = $primary->safe_psql('postgres',
	"SELECT remote_id FROM hft.job WHERE id = $orphan");
is($standby->safe_psql('postgres', q{
		SELECT pg_catalog.concat_ws(' ', pg_catalog.count(*),
			pg_catalog.min(state), (SELECT pg_catalog.count(*) FROM hft.attempt
			WHERE kind = 'create')) FROM hft.job}),
	'1 creating 0', 'the standby knows nothing of that');

$primary->stop('immediate');
$standby->promote;
ok($standby->wait_job($lost, 'succeeded'), 'F66: promoted, the job goes on');
is($emulator->total('job.create'), 2, 'F66: it was found and not bought again');
is($standby->safe_psql('postgres',
		"SELECT state FROM hft.attempt WHERE job_id = $lost
		 AND kind = 'create'"), 'confirmed', 'F66: by its token');
ok($standby->poll_until(q{
		SELECT pg_catalog.count(*) FROM hft.import
		WHERE orphans_since IS NOT NULL AND state = 'succeeded'}, 1),
	'F66: the account was listed');
is($standby->safe_psql('postgres',
		'SELECT jobs_new FROM hft.import'), 1, 'F66: one job has no row');
like($standby->safe_psql('postgres', 'SELECT error_message FROM hft.import'),
	qr/no row here knows: \Q$orphan_id\E$/, 'F66: which is told');

# once is enough
$standby->restart;
my $later = $standby->submit('train', 'openai', $model);
ok($standby->wait_job($later, 'succeeded'), 'a new job runs');
is($standby->safe_psql('postgres', 'SELECT pg_catalog.count(*) FROM hft.import'),
	1, 'F66: nothing is searched on the same timeline again');

done_testing();
