# K05-K15 on Bedrock: wherever a worker dies, one object of a content, one job
# of a token.  Name and request token are made before the call, so a lost
# answer is found by a GET of the name, and the same request again is the same
# job.
#
# Could pass by accident if a position were never reached: each one must have
# struck.  Could pass if nothing were ever sent: the ledger must hold exactly
# one more job and one more file per run, and no token twice.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use HftTest;

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
my $model = 'amazon.nova-micro-v1:0:128k';
my $emulator = start_emulator(args => [ '--seconds-per-job', '1' ]);
my $base = $emulator->base_url('bedrock') =~ s{/v1$}{}r;
my $node = new_node('main', testing => 1,
	settings => { 'hft.poll_interval' => '100ms', 'hft.settle_time' => '1s' });
$node->add_server('aws', provider => 'bedrock', base_url => $base,
	s3_base_url => $base =~ s/bedrock$/s3/r, region => 'us-east-1',
	bucket => 'hft-bucket', part_size_mb => 5,
	role_arn => 'arn:aws:iam::123456789012:role/hft-bedrock',
	key => "aws_access_key_id = test-key-aws\n"
	  . "aws_secret_access_key = secret-of-test-key-aws\n");
my $jobs = 0;

sub well
{
	my ($job, $name) = @_;

	ok($node->wait_job($job, 'succeeded', 60), "$name: the job ends well");
	is($emulator->total('job.create'), ++$jobs, "$name: one job was bought");
	is($emulator->total('file.create'), $jobs, "$name: one file was stored");
	is($node->safe_psql('postgres',
			"SELECT pg_catalog.count(*) FROM hft.attempt
			  WHERE job_id = $job AND kind = 'create'
			    AND state IN ('intended', 'in_doubt')"),
		'0', "$name: no attempt is left open");
	return;
}

sub crash_once
{
	my ($id, $position, $how) = @_;
	my $name = lc "${id}_$how";

	$node->seed_dataset($name, 12);
	$node->arm($position, $how eq 'kill' ? 'kill' : 'wait');
	my $job = $node->submit($name, 'aws', $model);
	ok($node->wait_struck, "$id: $position is reached");
	if ($how eq 'restart')
	{
		$node->stop('immediate');
		$node->start;
	}
	well($job, "$id after $how");
	return;
}

crash_once(@$_, 'kill') for @positions;
crash_once(@$_, 'restart') for @positions[ 0, 2, 5, 6, 9 ];

# the answer to a create is lost after the job was recorded: 500, then nothing
for my $fault (
	{ status => 500, effect => \1 }, { hangup => 'effect' },
	{ status => 502, effect => \1, body => '<html>proxy</html>' })
{
	my $name = "lost_$jobs";

	$node->seed_dataset($name, 12);
	$emulator->add_fault({ dialect => 'bedrock', operation => 'job.create' },
		$fault);
	well($node->submit($name, 'aws', $model), $name);
}

# before it was recorded: it is created again, with the same token
for my $fault (
	{ status => 500 }, { status => 429 }, { hangup => 'headers' })
{
	my $name = "early_$jobs";

	$node->seed_dataset($name, 12);
	$emulator->add_fault({ dialect => 'bedrock', operation => 'job.create' },
		$fault);
	well($node->submit($name, 'aws', $model), $name);
}
is_deeply($emulator->ledger->{duplicates}, {}, 'no token was used twice');

# a file of several parts, killed in the middle: the parts that arrived stay
$node->safe_psql('postgres', q{
	CREATE TABLE big AS SELECT i AS id, repeat(md5(i::text), 16) AS prompt,
		CASE i % 2 WHEN 0 THEN 'even' ELSE 'odd' END AS completion
	FROM generate_series(1, 20000) AS i;
	SELECT hft.create_dataset('big',
		'SELECT id, prompt, completion FROM big ORDER BY id', validation => 0)});
$emulator->settings(learner_rows => 50, s3_late_errors => 1);
my $seen = sub {
	my ($what) = @_;
	return scalar grep { ($_->{operation} // '') eq $what && $_->{status} == 200 }
	  @{ $emulator->requests(limit => 20000)->{requests} };
};
$emulator->add_fault({ dialect => 's3', operation => 's3.part', nth => 2 },
	{ hangup => 'headers' });
my $job = $node->submit('big', 'aws', $model);
ok($node->wait_job($job, 'succeeded', 120), 'parts: the job ends well');
is($emulator->total('file.create'), ++$jobs, 'parts: one object');
is($seen->('s3.begin'), 1, 'parts: begun once');
is($seen->('s3.part'), 3, 'parts: each arrived once');
is($seen->('s3.complete'), 2, 'parts: an error inside of a 200 is seen');
is($node->safe_psql('postgres', qq{
		SELECT f.sha256 FROM hft.file f JOIN hft.job j
		ON f.id = j.training_file_id WHERE j.id = $job}),
	$emulator->ledger(kind => 'file.create')->{effects}[-1]{sha256},
	'parts: the bytes are those that were measured');

# the object is there already, stored by another job's request
$node->safe_psql('postgres',
	"UPDATE hft.file SET state = 'deleted' WHERE id = (SELECT training_file_id
	 FROM hft.job WHERE id = $job)");
$job = $node->submit('big', 'aws', $model);
ok($node->wait_job($job, 'succeeded', 120), 'exists: the job ends well');
is($emulator->total('file.create'), $jobs, 'exists: nothing was overwritten');
is($emulator->total('upload.cancel'), 1, 'exists: the upload was given up');

done_testing();
