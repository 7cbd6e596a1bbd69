# F41: a file that was deleted at the platform after it had been accepted is
# sent again by the next job that needs it.  F43: a history that cannot be had
# does not keep a job from its end.
#
# Could pass by accident if every job sent its own file: so a job in between
# must use the first one's.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use HftTest;
use HTTP::Tiny;

my $emulator = start_emulator(args => [ '--seconds-per-job', '1' ]);
my $node = new_node('main', settings => {
	'hft.poll_interval' => '100ms', 'hft.settle_time' => '1s',
	'hft.retry_limit' => 2 });
my $model = 'gpt-4o-mini-2024-07-18';

$node->add_server('openai', provider => 'openai',
	base_url => $emulator->base_url('openai'));
$node->seed_dataset('triage', 12);

for my $round (1, 2)
{
	ok($node->wait_job($node->submit('triage', 'openai', $model),
			'succeeded'), "job $round succeeds");
	is($emulator->total('file.create'), 1, "job $round: one file is sent");
}

my $file = $node->safe_psql('postgres', 'SELECT remote_id FROM hft.file');
my $answer = HTTP::Tiny->new->request('DELETE',
	$emulator->base_url('openai') . "/files/$file",
	{ headers => { Authorization => 'Bearer test-key-openai' } });
is($answer->{status}, 200, 'somebody deletes the file');

ok($node->wait_job($node->submit('triage', 'openai', $model), 'succeeded'),
	'the next job succeeds');
is($emulator->total('file.create'), 2, 'the file was sent again');
is($node->safe_psql('postgres', q{
	SELECT pg_catalog.string_agg(state, ' ' ORDER BY id) FROM hft.file}),
	'deleted ready', 'and the old row says what became of it');

# F43
$emulator->add_fault({ operation => 'job.events', times => 0 },
	{ status => 400, body => '{"error":{"message":"no events today"}}' });
my $job = $node->submit('triage', 'openai', $model);
ok($node->wait_job($job, 'succeeded', 30), 'a job without history ends');
is($node->safe_psql('postgres', qq{SELECT pg_catalog.count(*)
	FROM hft.event WHERE job_id = $job AND message LIKE '%no events today%'}),
	1, 'with a note that says why');
is($node->safe_psql('postgres',
		"SELECT billed_amount > 0 FROM hft.job WHERE id = $job"),
	't', 'and its bill');

done_testing();
