# F27, R37: a key file that is replaced, or written to behind the back of its
# times, is used by the very next request.
#
# Could pass by accident if the key were read for each request anyway: the
# worker keeps a key that has been lying there for a while, so it lies there
# for a while first.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use HftTest;
use Time::HiRes qw(sleep time);

my $emulator = start_emulator(args => [ '--seconds-per-job', '1' ]);
my $node = new_node('main', settings => { 'hft.poll_interval' => '100ms' });

$node->add_server('openai', provider => 'openai',
	base_url => $emulator->base_url('openai'));
$node->seed_dataset('train', 12);
$emulator->set_clock_rate(0);
my $job = $node->submit('train', 'openai', 'gpt-4o-mini-2024-07-18');
my $file = $node->secret_directory . '/openai.key';

sub requests_so_far
{
	my $totals = $emulator->requests(limit => 1)->{totals}{openai};
	my $sum = 0;

	$sum += $_ for values %$totals;
	return $sum;
}

# The key lies there long enough to be kept, and is in use.
sub settle_key
{
	sleep 0.1 while time() - (stat $file)[10] < 4;
	return $node->poll_until(
		"SELECT checked_at > pg_catalog.now() - interval '1 second'
		 FROM hft.job WHERE id = $job AND state <> 'needs_attention'");
}

# How many requests were accepted from the change until the job rested?
sub accepted_after
{
	my ($change) = @_;

	$change->();
	my $before = requests_so_far();
	$node->poll_until("SELECT reason FROM hft.job WHERE id = $job",
		'credential') or return 'all';
	my $count = requests_so_far() - $before;

	return 0 if $count <= 0;
	return scalar grep { $_->{status} == 200 }
	  @{ $emulator->requests(limit => $count)->{requests} };
}

ok(settle_key(), 'a job is polled with a key of some age');
cmp_ok(accepted_after(sub { $node->write_key('openai.key.new', "sk-wrong\n");
			rename "$file.new", $file or die "cannot rename: $!" }),
	'<=', 1, 'F27: a replaced key is used at once');

$node->write_key('openai.key', "test-key-openai\n");
ok(settle_key(), 'F27: and a good one again');
my @times = (stat $file)[ 8, 9 ];
cmp_ok(accepted_after(sub {
			open my $out, '+<', $file or die "cannot open: $!";
			print $out "sick-key-openai\n";
			close $out;
			utime @times, $file }),
	'<=', 1, 'F27: so is one that was written over, with its old times');

$node->write_key('openai.key', "test-key-openai\n");
ok(settle_key(), 'F27: and a good one again');
cmp_ok(accepted_after(sub {
			$node->safe_psql('postgres', q{
				ALTER USER MAPPING FOR CURRENT_USER SERVER openai
				OPTIONS (SET key_file 'other.key')}) }),
	'<=', 1, 'F27: so is a mapping to a file that is not there');

done_testing();
