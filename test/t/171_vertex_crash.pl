# K05-K15 on Vertex AI: wherever a worker dies, one job is bought and one
# object is stored, although the platform has no key against repetition.
#
# Could pass by accident if a position were never reached: each must have
# struck.  Could pass if jobs were found on the first page alone: pages have
# one job.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use HftTest;
use HftVertex;

my @positions = (
	[ 'K05', 'send:upload' ],
	[ 'K06', 'feed:upload' ],
	[ 'K07', 'answer:upload' ],
	[ 'K08', 'record:upload' ],
	[ 'K09', 'record:file_status' ],
	[ 'K10', 'send:create' ],
	[ 'K11', 'answer:create' ],
	[ 'K12', 'record:create' ],
	[ 'K13', 'answer:status' ],
	[ 'K14', 'record:status' ],
	[ 'K15', 'record:history' ]);

my $emulator = start_emulator(args => [ '--seconds-per-job', '1' ]);
my $node = new_node('main', testing => 1,
	settings => { 'hft.poll_interval' => '100ms', 'hft.settle_time' => '1s' });
my $key = service_account($emulator, 'robot');
my $jobs = 0;

$emulator->settings(job_page_max => 1);
add_vertex($node, $emulator, 'vertex', key => $key);

sub crash_once
{
	my ($id, $position, $how) = @_;
	my $name = lc "${id}_$how";

	$node->seed_dataset($name, 12);
	$node->arm($position, $how eq 'kill' ? 'kill' : 'wait');
	my $job = $node->submit($name, 'vertex', 'gemini-3.1-flash-lite');
	ok($node->wait_struck, "$id: $position is reached");
	if ($how eq 'restart')
	{
		$node->stop('immediate');
		$node->start;
	}
	ok($node->wait_job($job, 'succeeded', 60),
		"$id: the job ends well after $how");
	is($emulator->total('job.create'), ++$jobs, "$id: one job was bought");
	is($emulator->total('file.create'), $jobs, "$id: one object is stored");
	is($node->safe_psql('postgres',
			"SELECT pg_catalog.count(*) FROM hft.attempt
			  WHERE job_id = $job AND kind = 'create'
			    AND state IN ('intended', 'in_doubt')"),
		'0', "$id: no attempt is left open");
	return;
}

crash_once(@$_, 'kill') for @positions;
crash_once(@$_, 'restart') for @positions[ 0, 2, 5, 6, 9 ];

# Between the token and the paid request: the first try is told that its token
# is no good, the second buys one and dies before its own request leaves.
{
	$emulator->add_fault({ operation => 'job.create', times => 1 },
		{ status => 401, body => { error => { code => 401,
				message => 'Request had invalid authentication credentials.',
				status => 'UNAUTHENTICATED' } } });
	$node->seed_dataset('between', 12);
	$node->arm('token:create', 'kill');
	my $job = $node->submit('between', 'vertex', 'gemini-3.1-flash-lite');
	ok($node->wait_struck, 'killed between token and purchase');
	ok($node->wait_job($job, 'succeeded', 60), 'the job ends well');
	is($emulator->total('job.create'), ++$jobs, 'it was bought once');
	is($node->safe_psql('postgres', qq{
			SELECT pg_catalog.string_agg(state, ',' ORDER BY id)
			FROM hft.attempt WHERE job_id = $job AND kind = 'create'}),
		'refused,not_done,confirmed', 'and each try is on record');
}
is_deeply($emulator->ledger->{duplicates}, {}, 'no token was used twice');

done_testing();
