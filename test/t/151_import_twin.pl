# A job whose answer was lost, and which an import adopts before it is found:
# one row, one bill, one history in the end.
#
# Could pass by accident if the search were faster than the import: so the
# search is refused until the import has made its row.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use HftTest;

my $emulator = start_emulator(args => [ '--seconds-per-job', '1' ]);
my $node = new_node('main',
	settings => { 'hft.poll_interval' => '100ms', 'hft.settle_time' => '1s' });

$node->add_server('openai', provider => 'openai',
	base_url => $emulator->base_url('openai'));
$node->seed_dataset('triage', 12);

$emulator->add_fault({ operation => 'job.create' },
	{ hangup => 'effect', how => 'reset' });
my $search = $emulator->add_fault(
	{ operation => 'job.list', query => 'metadata', times => 0 },
	{ status => 500 });
my $job = $node->submit('triage', 'openai', 'gpt-4o-mini-2024-07-18');
ok($node->poll_until("SELECT state FROM hft.attempt WHERE kind = 'create'",
		'in_doubt'), 'the answer is lost');
is($emulator->total('job.create'), 1, 'the job was bought');

my $import = $node->safe_psql('postgres', "SELECT hft.import_jobs('openai')");
ok($node->poll_until("SELECT state FROM hft.import WHERE id = $import",
		'succeeded'), 'an import sees it');
ok($node->poll_until(q{SELECT pg_catalog.count(*) FROM hft.cost c
		JOIN hft.job j ON j.id = c.job_id WHERE j.imported}, 1),
	'and books it');
$emulator->clear_faults;

ok($node->wait_job($job, 'succeeded', 30), 'then the job itself is found');
is($node->safe_psql('postgres', 'SELECT pg_catalog.count(*) FROM hft.job'), 1,
	'one row is left');
is($node->safe_psql('postgres', q{SELECT pg_catalog.count(*),
	pg_catalog.count(*) FILTER (WHERE amount IS NOT NULL) FROM hft.cost}),
	'1|1', 'with one bill');
is($node->safe_psql('postgres', qq{SELECT pg_catalog.count(*),
	pg_catalog.count(*) FILTER (WHERE job_id = $job) FROM hft.model
	WHERE kind = 'tuned'}), '1|1', 'and its model');
is($emulator->total('job.create'), 1, 'nothing was bought again');

done_testing();
