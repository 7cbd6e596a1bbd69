# import_jobs adopts what an account holds: jobs, histories, models; running
# it again changes nothing.
#
# Could pass by accident with one page: the emulator is told to give small
# ones.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use HftTest;

use constant JOBS => 7;

my $emulator = start_emulator(args => [ '--seconds-per-job', '1' ]);
my $first = new_node('first', settings => { 'hft.poll_interval' => '100ms' });
my $second = new_node('second', settings => { 'hft.poll_interval' => '100ms' });

for my $node ($first, $second)
{
	$node->add_server('openai', provider => 'openai',
		base_url => $emulator->base_url('openai'));
}
$first->seed_dataset('train', 12);
$first->safe_psql('postgres', qq{
	SELECT pg_catalog.count(hft.submit_job('train', 'openai', 'gpt-4o-mini-2024-07-18'))
	FROM pg_catalog.generate_series(1, @{[ JOBS ]})});
ok($first->poll_until("SELECT pg_catalog.count(*) FROM hft.job
		WHERE state = 'succeeded'", JOBS), 'jobs ran elsewhere');

$emulator->settings(job_page_max => 3);
for my $round (1, 2)
{
	my $import = $second->safe_psql('postgres',
		"SELECT hft.import_jobs('openai')");

	ok($second->poll_until("SELECT state FROM hft.import WHERE id = $import",
			'succeeded'), "round $round: the import ends");
	is($second->safe_psql('postgres',
			"SELECT jobs_seen, jobs_new FROM hft.import WHERE id = $import"),
		JOBS . '|' . ($round == 1 ? JOBS : 0), "round $round: seen and new");
	ok($second->poll_until("SELECT pg_catalog.count(*) FROM hft.job
			WHERE imported AND state = 'succeeded'", JOBS),
		"round $round: all are adopted");
}
my $metrics = q{
	SELECT pg_catalog.md5(pg_catalog.string_agg(
		pg_catalog.format('%s %s %s %s', remote_id, m.name, step, value), ','
		ORDER BY remote_id, m.name, step))
	FROM hft.metric m JOIN hft.job j ON j.id = m.job_id};
is($second->safe_psql('postgres', $metrics),
	$first->safe_psql('postgres', $metrics), 'with the same history');
is($second->safe_psql('postgres',
		"SELECT pg_catalog.count(*) FROM hft.model WHERE kind = 'tuned'"),
	JOBS, 'and their models');
is($second->safe_psql('postgres', q{
	SELECT pg_catalog.count(*) FROM hft.cost c JOIN hft.job j ON j.id = c.job_id
	WHERE c.at = j.finish_estimate AND c.at < j.submitted_at + interval '1 hour'
	AND c.amount > 0}),
	JOBS, 'and their bills, on the day they ended');

done_testing();
