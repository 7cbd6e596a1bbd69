# A submitted job goes all the way: upload, create, poll, history, model, bill.
#
# Could pass by accident if the states were written without the provider: so
# the emulator's ledger must hold exactly one file, one job, and the metrics
# in the table must be the ones the emulator reports.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use HftTest;

my $emulator = start_emulator();
my $node = new_node('main', testing => 1,
	settings => { 'hft.poll_interval' => '200ms', 'hft.settle_time' => '1s' });
$node->add_server('openai', provider => 'openai',
	base_url => $emulator->base_url('openai'));
$node->seed_dataset('triage', 40);

my $job = $node->submit('triage', 'openai', 'gpt-4o-mini-2024-07-18',
	name => 'first');
ok($node->wait_job($job, 'succeeded', 60), 'the job succeeds')
  or $node->show_log;

is($emulator->total('file.create'), 1, 'one file was sent');
is($emulator->total('job.create'), 1, 'one job was created');

is($node->safe_psql('postgres',
		"SELECT count(*) > 10 AND count(*) = count(DISTINCT (name, step))
		   FROM hft.metric WHERE job_id = $job AND name = 'train_loss'"),
	't', 'every training loss is stored once');
is($node->safe_psql('postgres',
		"SELECT count(*) FROM hft.model WHERE job_id = $job AND kind = 'tuned'"),
	1, 'the tuned model is known');
is($node->safe_psql('postgres',
		"SELECT count(*) > 0 FROM hft.checkpoint WHERE job_id = $job"),
	't', 'checkpoints are known');
is($node->safe_psql('postgres',
		"SELECT state FROM hft.attempt WHERE job_id = $job AND kind = 'create'"),
	'confirmed', 'the attempt is settled');
is($node->safe_psql('postgres',
		"SELECT trained_tokens > 0 AND billed_amount > 0 FROM hft.job WHERE id = $job"),
	't', 'the bill is there');
is($node->safe_psql('postgres',
		"SELECT bool_and(scale(amount) = min_scale(amount)) FROM hft.cost"),
	't', 'in as many digits as it needs');

done_testing();
