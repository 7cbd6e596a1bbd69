# HftCrash: jobs whose worker dies at a crash position
#
# What every platform must survive, whoever runs it: wherever a worker dies,
# the job ends as it should, one job was bought, and no attempt is left open.

package HftCrash;

use strict;
use warnings;

use Exporter 'import';
use Test::More;

our @EXPORT = (qw(@positions crash_once));

# position => where the process ends; the ids are those of the fault matrix
our @positions = (
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
my $jobs = 0;

# crash_once(node, emulator, server and model, id, position, kill or restart)
sub crash_once
{
	my ($node, $emulator, $target, $id, $position, $how) = @_;
	my ($server, $model) = @$target;
	my $name = lc "${id}_${server}_$how";

	$node->seed_dataset($name, 12);
	$node->arm($position, $how eq 'kill' ? 'kill' : 'wait');
	my $job = $node->submit($name, $server, $model);
	ok($node->wait_struck, "$id on $server: $position is reached");
	if ($how eq 'restart')
	{
		$node->stop('immediate');
		$node->start;
	}
	ok($node->wait_job($job, 'succeeded', 60),
		"$id on $server: the job ends well after $how");
	is($emulator->total('job.create'), ++$jobs,
		"$id on $server: one job was bought");
	is($node->safe_psql('postgres',
			"SELECT pg_catalog.count(*) FROM hft.attempt
			  WHERE job_id = $job AND kind = 'create'
			    AND state IN ('intended', 'in_doubt')"),
		'0', "$id on $server: no attempt is left open");
	return $job;
}

1;
