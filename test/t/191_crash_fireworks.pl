# K05-K15 on Fireworks, by kill -9 and immediate restart: one look at the
# planned name answers each doubt.
#
# Could pass by accident as 120 could; and by creating twice, of which the
# platform would make one: so the requests are counted where the answer was
# seen, and a data set is filled once.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use HftCrash;
use HftTest;

my $emulator = start_emulator(args => [ '--seconds-per-job', '1' ]);
my $node = new_node('main', testing => 1,
	settings => { 'hft.poll_interval' => '100ms', 'hft.settle_time' => '1s' });
my $target = [ 'main', 'qwen3-8b' ];

$node->add_server('main', provider => 'fireworks', account_id => 'main',
	base_url => $emulator->base_url('fireworks'));
crash_once($node, $emulator, $target, @$_, 'kill') for @positions;
crash_once($node, $emulator, $target, @$_, 'restart')
  for @positions[ 0, 2, 5, 6, 9 ];
is_deeply($emulator->ledger->{duplicates}, {}, 'no token was used twice');

# the answer to the creation is lost: it is found, and not asked for again
$node->seed_dataset('lost', 12);
my $asked = $emulator->requests(operation => 'job.create')->{totals}{fireworks}
  {'job.create'};
$emulator->add_fault({ operation => 'job.create' },
	{ hangup => 'effect', how => 'reset' });
my $lost = $node->submit('lost', 'main', 'qwen3-8b');
ok($node->wait_job($lost, 'succeeded', 60), 'F39: a lost answer');
is($emulator->requests(operation => 'job.create')->{totals}{fireworks}
	  {'job.create'}, $asked + 1, 'F39: one request');

# F41: the data set is deleted at the platform, and its id stays taken
$node->seed_dataset('gone', 12);
my $first = $node->submit('gone', 'main', 'qwen3-8b');
ok($node->wait_job($first, 'succeeded', 60), 'F41: a file is there');
my $id = $node->safe_psql('postgres', qq{
	SELECT f.remote_id FROM hft.file f
	JOIN hft.job j ON f.id = j.training_file_id WHERE j.id = $first});
my $client = HTTP::Tiny->new(proxy => undef);
my $answer = $client->delete('http://127.0.0.1:' . $emulator->port
	  . "/fireworks/v1/$id", { headers => {
		authorization => 'Bearer test-key-main' } });
is($answer->{status}, 200, 'F41: it is deleted');
my $second = $node->submit('gone', 'main', 'qwen3-8b');
ok($node->wait_job($second, 'succeeded', 60), 'F41: it is sent again');
like($node->safe_psql('postgres', qq{
		SELECT f.remote_id FROM hft.file f
		JOIN hft.job j ON f.id = j.training_file_id WHERE j.id = $second}),
	qr/^\Q$id\E-2$/, 'F41: under the next id');

done_testing();
