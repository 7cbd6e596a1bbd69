# P8: an 800 MB training file goes up with the worker's memory flat.
#
# Could pass by accident if the file were small or never sent: the platform's
# ledger must show all its bytes.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use HftTest;
use Time::HiRes qw(sleep time);

use constant MB => 1024 * 1024;

my $emulator = start_emulator(args => [ '--seconds-per-job', '1' ]);
my $node = new_node('main', settings => {
		'hft.poll_interval' => '100ms',
		'max_wal_size' => '4GB'
	});

$node->add_server('openai', provider => 'openai',
	base_url => $emulator->base_url('openai'));
# 8,000 rows of 100 KB; the text must not compress away on its way
$node->safe_psql('postgres', q{
	CREATE TABLE big AS SELECT i AS id,
		pg_catalog.repeat(pg_catalog.md5(i::text) || ' ', 3100) AS prompt,
		(i % 2)::text AS completion
	FROM pg_catalog.generate_series(1, 8000) AS i;
	SELECT hft.create_dataset('big', 'SELECT id, prompt, completion FROM big',
		validation => 0)});
my $job = $node->submit('big', 'openai', 'gpt-4o-mini-2024-07-18',
	force => 'true');
my $bytes = $node->safe_psql('postgres', 'SELECT bytes FROM hft.dataset_split');
cmp_ok($bytes, '>', 800_000_000, "the file has $bytes bytes");

my ($start, $peak, $halfway) = (0, 0, 0);
my $deadline = time() + 300;
my $state = '';
while (time() < $deadline && $state !~ /^(succeeded|failed|needs)/)
{
	my ($code, $out) = $node->psql('postgres', q{
		SELECT pid FROM pg_catalog.pg_stat_activity
		WHERE backend_type = 'hft worker'});
	my $memory = $out ? anonymous_bytes($out) : 0;

	$start ||= $memory;
	$peak = $memory if $memory > $peak;
	$halfway ||= $node->safe_psql('postgres', q{
		SELECT pg_catalog.count(*) FROM hft.progress
		WHERE bytes_done BETWEEN 1 AND bytes_total - 1});
	$state = $node->safe_psql('postgres',
		"SELECT state FROM hft.job WHERE id = $job");
	sleep 0.05;
}
is($state, 'succeeded', 'the job succeeds')
  or diag $node->safe_psql('postgres',
	'SELECT pg_catalog.to_jsonb(j) FROM hft.job j');
cmp_ok($peak - $start, '<', 64 * MB,
	sprintf 'memory grew by %.0f MB', ($peak - $start) / MB);
ok($halfway, 'hft.progress showed it under way');
my $sent = 0;
$sent += $_->{bytes} // 0
  for grep { $_->{kind} eq 'upload.part' || $_->{kind} eq 'file.create' }
  @{ $emulator->ledger->{effects} };
cmp_ok($sent, '>=', $bytes, 'every byte arrived');

done_testing();

# Memory of its own: what it maps of shared buffers is everybody's.
sub anonymous_bytes
{
	my ($pid) = @_;

	open my $status, '<', "/proc/$pid/status" or return 0;
	my ($kilobytes) = join('', <$status>) =~ /^RssAnon:\s+(\d+) kB/m;
	return ($kilobytes // 0) * 1024;
}
