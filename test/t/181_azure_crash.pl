# K05-K16 on Azure, after kill -9 of the worker and after an immediate restart:
# every paid effect happens exactly once although no listing can be searched
# for a mark of ours, on the dated API not even one by one.  Every position
# runs on the dated family, whose jobs carry nothing but their file; those
# around the creation on both.
#
# Could pass by accident if a search by file took any job: two jobs train on
# the same rows, and when the answer to the second is lost, the first must not
# be adopted for it.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use HftCrash;
use HftTest;

my $model = 'gpt-4.1-mini-2025-04-14';
my $emulator = start_emulator(args => [ '--seconds-per-job', '1' ]);
my $node = new_node('main', testing => 1,
	settings => { 'hft.poll_interval' => '100ms', 'hft.settle_time' => '1s' });
my $root = 'http://127.0.0.1:' . $emulator->port . '/azure';

$node->add_server('azure', provider => 'azure', base_url => $root,
	key => 'test-key-main');
$node->add_server('dated', provider => 'azure', base_url => $root,
	key => 'test-key-main', api_version => '2025-04-01-preview');

crash_once($node, $emulator, [ 'dated', $model ], @$_, 'kill')
  for @positions, [ 'K16', 'record:delete_file' ];
crash_once($node, $emulator, [ 'dated', $model ], @$_, 'restart')
  for @positions[ 2, 5, 6 ];
crash_once($node, $emulator, [ 'azure', $model ], @$_, 'kill')
  for @positions[ 5, 6, 7 ];
is_deeply($emulator->ledger->{duplicates}, {}, 'no token was used twice');
is($emulator->total('file.delete'), $emulator->total('job.create'),
	'K16: every job deleted its file, once');

# R28: the same rows, and a lost answer
$emulator->settings(job_page_max => 2);
my $created = $emulator->total('job.create');
$node->seed_dataset('same', 12);
my $first = $node->submit('same', 'dated', $model);
ok($node->wait_job($first, 'succeeded', 60), 'a first job on some rows');
$emulator->add_fault({ operation => 'job.create' },
	{ hangup => 'effect', how => 'reset' });
my $second = $node->submit('same', 'dated', $model);
ok($node->poll_until("SELECT looks > 0 OR state = 'confirmed'
	FROM hft.attempt WHERE job_id = $second AND kind = 'create'"),
	'K11: the answer to the second is lost');
ok($node->wait_job($second, 'succeeded', 60),
	'it is found by its file, behind pages of others');
is($emulator->total('job.create'), $created + 2, 'and was bought once');
is($node->safe_psql('postgres', "SELECT count(DISTINCT remote_id)
	FROM hft.job WHERE id IN ($first, $second)"), 2,
	'R28: the first was not taken for it');

is($node->safe_psql('postgres', "SELECT count(*) FROM hft.file
	WHERE exclusive AND state <> 'deleted'"), 0, 'no file is left over');

done_testing();
