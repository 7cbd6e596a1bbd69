# A job that was cancelled before it was bought is not bought, wherever the
# worker was; and every wish to cancel comes to an end.
#
# Could pass by accident if the worker had not yet come so far: so it is held
# right before it records its intent, and the next job must still be bought.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use HftTest;

my $emulator = start_emulator(args => [ '--seconds-per-job', '1' ]);
my $node = new_node('main', testing => 1,
	settings => { 'hft.poll_interval' => '100ms', 'hft.settle_time' => '1s' });
my $model = 'gpt-4o-mini-2024-07-18';

$node->add_server('openai', provider => 'openai',
	base_url => $emulator->base_url('openai'));
$node->seed_dataset('triage', 12);

# cancelled while the worker is about to buy it
$node->arm('intend:create', 'wait');
my $job = $node->submit('triage', 'openai', $model);
ok($node->wait_struck, 'the worker is about to buy the job');
is($node->safe_psql('postgres', "SELECT hft.cancel_job($job)"),
	'cancelled', 'it is cancelled meanwhile');
$node->let_go;
my $next = $node->submit('triage', 'openai', $model);
ok($node->wait_job($next, 'succeeded'), 'the next job goes on');
is($emulator->total('job.create'), 1, 'the cancelled one was not bought');
is($node->safe_psql('postgres', "SELECT state FROM hft.job WHERE id = $job"),
	'cancelled', 'and stays cancelled');

# cancelled while the request is under way, which is then refused
$emulator->add_fault({ operation => 'job.create' },
	{ status => 402, body => '{"error":{"message":"no money"}}',
		effect => JSON::PP::false, delay => 1 });
$node->arm('send:create', 'wait');
$job = $node->submit('triage', 'openai', $model);
ok($node->wait_struck, 'the worker is about to send');
is($node->safe_psql('postgres', "SELECT hft.cancel_job($job)"),
	'creating', 'the answer must be waited for');
$node->let_go;
ok($node->wait_job($job, 'cancelled'), 'a refused job that nobody wants ends');
$emulator->clear_faults;

# an error after the row was changed is charged to the job all the same
my $bought = $emulator->total('job.create');
$node->arm('commit:create', 'error');
$next = $node->submit('triage', 'openai', $model);
ok($node->poll_until(qq{SELECT state FROM hft.job WHERE id = $next
	AND error_class = 'internal' AND failures = 1}, 'creating', 20),
	'an error at the end of a step is recorded');
ok($node->wait_job($next, 'succeeded', 30), 'and the job goes on');
is($emulator->total('job.create'), $bought + 1, 'bought once');

# a job that the platform has lost can be ended
$node->safe_psql('postgres', qq{
	UPDATE hft.job SET state = 'needs_attention', reason = 'lost',
		resume_state = 'running', remote_id = 'ftjob-lost',
		finished_at = NULL WHERE id = $job});
is($node->safe_psql('postgres', "SELECT hft.cancel_job($job)"), 'running',
	'the platform is asked to cancel what it has lost');
ok($node->poll_until("SELECT failures FROM hft.job WHERE id = $job", 1),
	'which it cannot');
$node->safe_psql('postgres', qq{
	UPDATE hft.job SET state = 'needs_attention', reason = 'lost',
		resume_state = 'running', due_at = NULL WHERE id = $job});
is($node->safe_psql('postgres', "SELECT hft.cancel_job($job)"), 'cancelled',
	'the second time its owner has the last word');

done_testing();
