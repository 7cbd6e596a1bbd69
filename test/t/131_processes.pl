# P1, F01, F02, F04, F05, F06, F48, F56, F60, F71: processes, DDL and patience.
#
# Could pass by accident if nothing were under way: each part makes sure that
# requests hang in the network before it looks.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use HftTest;
use PostgreSQL::Test::Utils;
use Time::HiRes qw(time);

use constant STALLED => 50;

my $emulator = start_emulator(args => [ '--seconds-per-job', '1' ]);
my $node = new_node('main', testing => 1,
	settings => {
		'hft.poll_interval' => '100ms',
		'hft.settle_time' => '1s',
		'hft.worker_idle_timeout' => '2s',
		'max_prepared_transactions' => 2
	});
my $model = 'gpt-4o-mini-2024-07-18';

$node->add_server('openai', provider => 'openai',
	base_url => $emulator->base_url('openai'));
$node->seed_dataset('train', 12);

sub seconds
{
	my ($work) = @_;
	my $start = time();

	$work->();
	return time() - $start;
}

# Let every request of an operation hang, and wait until n of them do.
sub stall
{
	my ($operation, $n) = @_;

	$emulator->add_fault({ operation => $operation, times => 0 },
		{ hangup => 'effect', how => 'stall', stall_seconds => 30 });
	return $node->poll_until(
		"SELECT running >= $n FROM hft.worker WHERE pid IS NOT NULL", 't');
}

# F48: cancelling an upload that hangs
{
	my $job;

	$emulator->add_fault({ operation => 'file.create', times => 1 },
		{ delay => 20 });
	$job = $node->submit('train', 'openai', $model);
	ok($node->poll_until("SELECT running > 0 FROM hft.worker"),
		'F48: an upload is under way');
	$node->safe_psql('postgres', "SELECT hft.cancel_job($job)");
	cmp_ok(seconds(sub { $node->wait_job($job, 'cancelled', 10) }), '<', 2,
		'F48: is cancelled at once');
	ok($node->poll_until("SELECT running = 0 FROM hft.worker"),
		'F48: and its transfer given up');
	$emulator->clear_faults;
}

# F71: a prepared submit is found by the sweep
{
	$node->safe_psql('postgres', qq{
		BEGIN;
		SELECT hft.submit_job('train', 'openai', '$model', name => 'prepared');
		PREPARE TRANSACTION 'later'});
	is($node->safe_psql('postgres', 'SELECT pg_catalog.count(*) FROM hft.job
			WHERE name = \'prepared\''), 0, 'F71: prepared, so not there');
	$node->safe_psql('postgres', "COMMIT PREPARED 'later'");
	ok($node->poll_until("SELECT state FROM hft.job WHERE name = 'prepared'",
			'succeeded', 120), 'F71: committed later, it runs');
}

# P1: nothing is open while the network is waited for
#
# Copying a database takes its time on a busy machine, so what counts is what
# the stalled transfers add to it.
{
	my $create = sub { $node->safe_psql('postgres', 'CREATE DATABASE other') };
	my $drop = sub { $node->safe_psql('postgres', 'DROP DATABASE other') };
	my %usual = (create => seconds($create), drop => seconds($drop));

	$node->safe_psql('postgres', qq{
		SELECT pg_catalog.count(hft.submit_job('train', 'openai', '$model'))
		FROM pg_catalog.generate_series(1, @{[ STALLED ]})});
	ok(stall('job.get', STALLED), 'P1: fifty polls hang');

	# A look at the tables may be caught at any moment, and is over at the
	# next; what waits with the network is seen again and again.
	my (%first, $longest);
	my $end = time() + 3;

	$longest = 0;
	while (time() < $end)
	{
		my $open = $node->safe_psql('postgres', q{
			SELECT pg_catalog.concat_ws(' ', pid, xact_start, backend_xmin)
			FROM pg_catalog.pg_stat_activity
			WHERE backend_type = 'hft worker'
			  AND (xact_start IS NOT NULL OR backend_xmin IS NOT NULL)});
		my $now = time();

		next if $open eq '';
		$first{$open} //= $now;
		$longest = $now - $first{$open} if $now - $first{$open} > $longest;
	}
	cmp_ok($longest, '<', 1,
		'P1: no transaction and no snapshot lasts while the network does');
	is($node->safe_psql('postgres',
			"SELECT running >= @{[ STALLED ]} FROM hft.worker"),
		't', 'P1: the polls hung all the while');
	cmp_ok(seconds($create), '<', $usual{create} + 1,
		'P1: CREATE DATABASE elsewhere is quick');
	cmp_ok(seconds($drop), '<', $usual{drop} + 1,
		'P1: DROP DATABASE elsewhere is quick');
}

# F02: SIGTERM is obeyed within a second, and the worker comes back
{
	my ($pid) = $node->worker_pids;

	cmp_ok(seconds(sub {
			kill 'TERM', $pid;
			$node->poll_until(qq{
				SELECT pg_catalog.count(*) = 0 FROM pg_catalog.pg_stat_activity
				WHERE pid = $pid});
		}), '<', 1, 'F02: SIGTERM is obeyed');
	ok($node->poll_until(qq{
			SELECT pg_catalog.count(*) = 1 FROM pg_catalog.pg_stat_activity
			WHERE backend_type = 'hft worker' AND pid <> $pid}),
		'F02: another worker takes over');
}

# F05: the launcher dies; the worker stays and no second one appears
{
	my ($launcher) = $node->worker_pids('launcher');
	my ($worker) = $node->worker_pids;

	kill 'TERM', $launcher;
	ok($node->poll_until(qq{
			SELECT pg_catalog.count(*) = 1 FROM pg_catalog.pg_stat_activity
			WHERE backend_type = 'hft launcher' AND pid <> $launcher}),
		'F05: the launcher comes back');
	is_deeply([ $node->worker_pids ], [$worker], 'F05: with the same worker');
}

# F56: DROP EXTENSION is not held up; creating it again works
{
	ok($node->poll_until("SELECT running > 0 FROM hft.worker"),
		'F56: polls hang');
	cmp_ok(seconds(sub {
			$node->safe_psql('postgres', 'DROP EXTENSION hft CASCADE') }),
		'<', 2, 'F56: DROP EXTENSION returns promptly');
	ok($node->poll_until(q{
			SELECT pg_catalog.count(*) = 0 FROM pg_catalog.pg_stat_activity
			WHERE backend_type = 'hft worker'}), 'F56: the worker goes');
	$emulator->clear_faults;
	$node->safe_psql('postgres', 'DROP TABLE train; CREATE EXTENSION hft');
	# the launcher's sweep passes databases by that do not have hft
	ok($node->poll_until(q{SELECT pid IS NOT NULL FROM hft.worker}),
		'R12: creating the extension calls for a worker');
	$node->add_server('openai', provider => 'openai',
		base_url => $emulator->base_url('openai'));
	$node->seed_dataset('train', 12);
	ok($node->wait_job($node->submit('train', 'openai', $model), 'succeeded'),
		'F56: created again, it works');
}

# F60: a database with a busy worker can be dropped
{
	$node->safe_psql('postgres', 'CREATE DATABASE doomed');
	$node->safe_psql('doomed', 'CREATE EXTENSION hft');
	$node->add_server('openai', provider => 'openai', database => 'doomed',
		base_url => $emulator->base_url('openai'));
	$node->seed_dataset('train', 12, 'doomed');
	$emulator->add_fault({ operation => 'job.get', times => 0 },
		{ hangup => 'effect', how => 'stall', stall_seconds => 30 });
	$node->submit('train', 'openai', $model, database => 'doomed');
	ok($node->poll_until(q{
			SELECT pg_catalog.bool_or(running > 0) FROM hft.worker_status() s
			JOIN pg_catalog.pg_database d ON d.oid = s.database
			WHERE d.datname = 'doomed'}), 'F60: its worker is busy');
	cmp_ok(seconds(sub { $node->safe_psql('postgres', 'DROP DATABASE doomed') }),
		'<', 5, 'F60: DROP DATABASE succeeds');
	# its slot is kept for the case of a rollback, and then given up
	ok($node->poll_until(q{
			SELECT pg_catalog.count(*) = 0 FROM hft.worker_status() s
			LEFT JOIN pg_catalog.pg_database d ON d.oid = s.database
			WHERE d.oid IS NULL}), 'F60: its slot is free again');
	unlike(slurp_file($node->logfile), qr/FATAL: .*database \d+ does not/,
		'F60: no worker was started in vain');
	$emulator->clear_faults;
}

# hft.databases keeps workers out, also those that are there
{
	$node->set('hft.databases' => 'another');
	$node->reload;
	ok($node->poll_until('SELECT pg_catalog.count(*) = 0 FROM hft.worker'),
		'hft.databases: the worker goes');
	my $job = $node->submit('train', 'openai', $model);

	# the launcher has seen the wish when it has given its slot up
	ok($node->poll_until('SELECT pg_catalog.count(*) = 0 FROM hft.worker'),
		'hft.databases: a submit calls for none');
	is($node->safe_psql('postgres',
			"SELECT state FROM hft.job WHERE id = $job"),
		'pending', 'hft.databases: the job waits');
	like($node->safe_psql('postgres', q{SELECT detail FROM hft.doctor()
			WHERE item = 'background' AND status = 'error'}),
		qr/hft.databases does not name/, 'hft.databases: the doctor says so');
	$node->set('hft.databases' => 'another, postgres');
	$node->reload;
	ok($node->wait_job($job, 'succeeded'), 'hft.databases: and goes on');
}

# F04: a fast stop does not wait for the network
{
	$node->submit('train', 'openai', $model);
	ok(stall('job.get', 1), 'F04: a poll hangs');
	cmp_ok(seconds(sub { $node->stop('fast') }), '<', 5,
		'F04: the server stops');
	$emulator->clear_faults;
}

# F06: no worker slot is free
{
	# one for logical replication's launcher, one for ours
	$node->set('max_worker_processes' => 2);
	$node->start;
	ok($node->poll_until(q{
			SELECT state FROM hft.worker_status() s
			JOIN pg_catalog.pg_database d ON d.oid = s.database
			WHERE d.datname = 'postgres'}, 'waiting for slot'),
		'F06: the view says what is missing');
	is(scalar(() = slurp_file($node->logfile) =~
			/no free slot for a background worker/g), 1,
		'F06: and the log, once');
	$node->stop;
	$node->set('max_worker_processes' => 16);
	$node->start;
	ok($node->poll_until(q{
			SELECT pg_catalog.count(*) = 0 FROM hft.job
			WHERE state NOT IN ('succeeded', 'cancelled')}),
		'F01: after all that, every job ends well');
}

done_testing();
