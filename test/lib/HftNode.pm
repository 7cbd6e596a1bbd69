# HftNode: a server with hft, for TAP tests
#
# A PostgreSQL::Test::Cluster that knows how hft is configured and watched.
# It runs the shipped build, or with testing => 1 the one whose crash
# positions can be armed.  Nothing here sleeps for a state: everything polls
# with a deadline, and says what it saw when the deadline passes.

package HftNode;

use strict;
use warnings;

use parent 'PostgreSQL::Test::Cluster';

use Carp;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

use constant POLL_SECONDS => 0.05;
use constant DEFAULT_TIMEOUT => 60;

# create(name, ...): a started server with hft in the database postgres
#
#     preload    in shared_preload_libraries: background work (default 1)
#     testing    the build with -DHFT_TESTING (default 0)
#     extension  CREATE EXTENSION hft (default 1)
#     start      start it (default 1); 0 leaves it for more configuration
#     init       hash for PostgreSQL::Test::Cluster->init
#     settings   hash of postgresql.conf settings
sub create
{
	my ($class, $name, %options) = @_;
	my %new;

	%options = (preload => 1, extension => 1, start => 1, %options);
	$new{install_path} = testing_install() if $options{testing};
	my $node = $class->new($name, %new);
	$node->init(%{ $options{init} || {} });
	mkdir $node->secret_directory, 0700 or croak "cannot mkdir: $!";

	my %settings = (
		'restart_after_crash' => 'on',
		'max_worker_processes' => 16,
		'hft.secret_directory' => $node->secret_directory,
		'hft.allow_http_loopback' => 'on');
	$settings{shared_preload_libraries} = 'hft' if $options{preload};
	$settings{'hft.fault_file'} = $node->fault_file if $options{testing};
	$node->set(%settings, %{ $options{settings} || {} });

	if ($options{start})
	{
		$node->start;
		$node->safe_psql('postgres', 'CREATE EXTENSION hft')
		  if $options{extension};
	}
	return $node;
}

# Where the build with the armed crash positions is installed.
sub testing_install
{
	my $root = $ENV{HFT_TESTING_ROOT}
	  or croak 'HFT_TESTING_ROOT is not set: run "make check-perl"';
	my $bindir = `$root/pg_config --bindir`;
	chomp $bindir;
	$bindir =~ s{/bin$}{} or croak "unexpected bindir of $root";
	return $bindir;
}

sub secret_directory
{
	my ($self) = @_;

	return $self->basedir . '/secrets';
}

# Set configuration parameters; they take effect at start or reload.
sub set
{
	my ($self, %settings) = @_;

	foreach my $name (sort keys %settings)
	{
		my $value = $settings{$name};
		$value =~ s/'/''/g;
		$self->append_conf('postgresql.conf', "$name = '$value'");
	}
	return;
}

# Write a key file as the rules want it: ours alone.
sub write_key
{
	my ($self, $name, $content) = @_;
	my $path = $self->secret_directory . "/$name";

	open my $file, '>', $path or croak "cannot write $path: $!";
	print $file $content;
	close $file or croak "cannot write $path: $!";
	chmod 0600, $path;
	return $path;
}

# add_server(name, provider => ..., ...): a foreign server with a credential
#
# The other options become those of the server, except key (the secret's
# content), role (whose mapping, default CURRENT_USER) and database.
sub add_server
{
	my ($self, $name, %options) = @_;
	my $key = delete $options{key} // "test-key-$name";
	my $role = delete $options{role} // 'CURRENT_USER';
	my $database = delete $options{database} // 'postgres';
	my $list = join ', ',
	  map { "$_ '" . ($options{$_} =~ s/'/''/gr) . "'" } sort keys %options;

	$self->write_key("$name.key", "$key\n");
	$self->safe_psql($database, qq{
		CREATE SERVER $name FOREIGN DATA WRAPPER hft OPTIONS ($list);
		CREATE USER MAPPING FOR $role SERVER $name
			OPTIONS (key_file '$name.key');
	});
	return;
}

# seed_dataset(name, rows): a data set of its own content, two answers to learn
sub seed_dataset
{
	my ($self, $name, $rows, $database) = @_;

	$self->safe_psql($database // 'postgres', qq{
		CREATE TABLE "$name" AS
		SELECT i AS id, pg_catalog.format('$name: is %s odd or even?', i) AS prompt,
			CASE i % 2 WHEN 0 THEN 'even' ELSE 'odd' END AS completion
		FROM pg_catalog.generate_series(1, $rows) AS i;
		SELECT hft.create_dataset('$name',
			'SELECT id, prompt, completion FROM "$name" ORDER BY id',
			validation => 0);
	});
	return;
}

# submit(data set, server, model, named arguments...): the new job's id
sub submit
{
	my ($self, $dataset, $server, $model, %more) = @_;
	my $database = delete $more{database} // 'postgres';
	my $arguments =
	  join '', map { ", $_ => '$more{$_}'" } sort keys %more;

	return $self->safe_psql($database,
		"SELECT hft.submit_job('$dataset', '$server', '$model'$arguments)");
}

# arm(position, action): a testing node will "kill", "exit", "error" or "wait"
# once at a position such as send:create (see src/worker/fault.h)
sub arm
{
	my ($self, $position, $action) = @_;

	open my $file, '>', $self->fault_file . '.new' or croak "cannot arm: $!";
	print $file "$position $action\n";
	close $file or croak "cannot arm: $!";
	rename $self->fault_file . '.new', $self->fault_file
	  or croak "cannot arm: $!";
	return;
}

# Has the armed position been reached, within the timeout?
sub wait_struck
{
	my ($self, $timeout) = @_;
	my $deadline = time() + ($timeout // DEFAULT_TIMEOUT);

	while (time() < $deadline)
	{
		return 1 if !-e $self->fault_file;
		sleep POLL_SECONDS;
	}
	unlink $self->fault_file;
	return 0;
}

# Let a worker that waits at an armed position go on.
sub let_go
{
	my ($self) = @_;

	open my $file, '>', $self->fault_file . '.go' or croak "cannot let go: $!";
	close $file;
	return;
}

sub fault_file
{
	my ($self) = @_;

	return $self->basedir . '/fault';
}

# poll_until(query, [expected = 't', [timeout]]): does the answer come in time?
#
# A query that fails counts as "not yet": the server may be restarting.
sub poll_until
{
	my ($self, $query, $expected, $timeout, $database) = @_;
	my $deadline = time() + ($timeout // DEFAULT_TIMEOUT);
	my ($code, $out, $err);

	$expected //= 't';
	do
	{
		# a backend that ends under psql's feet breaks its pipe: not yet
		($code, $out, $err) = eval {
			$self->psql($database // 'postgres', $query,
				on_error_die => 0, timeout => 30) };
		return 1 if defined $code && $code == 0 && $out eq $expected;
		sleep POLL_SECONDS;
	} while (time() < $deadline);

	diag "polled in vain: $query", "expected: $expected",
	  'got: ' . ($out // ''), 'errors: ' . ($err // '');
	$self->show_log;
	return 0;
}

# wait_job(job, state, [timeout]): does the job reach the state?
sub wait_job
{
	my ($self, $job, $state, $timeout) = @_;

	return 1
	  if $self->poll_until("SELECT state FROM hft.job WHERE id = $job",
		$state, $timeout);
	diag $self->safe_psql('postgres', qq{
		SELECT pg_catalog.to_jsonb(j) FROM hft.job j WHERE id = $job;
		SELECT pg_catalog.to_jsonb(a) FROM hft.attempt a
		WHERE job_id = $job ORDER BY id;
	});
	return 0;
}

# Process ids of our background processes: kind is worker or launcher.
sub worker_pids
{
	my ($self, $kind) = @_;

	$kind //= 'worker';
	return split /\n/, $self->safe_psql('postgres', qq{
		SELECT pid FROM pg_catalog.pg_stat_activity
		WHERE backend_type = 'hft $kind' ORDER BY pid
	});
}

# Send a signal (default KILL) to every worker; returns how many there were.
sub kill_worker
{
	my ($self, $signal) = @_;

	return kill $signal // 'KILL', $self->worker_pids;
}

# Resident memory of a process in bytes; 0 when it is gone.
sub resident_bytes
{
	my ($pid) = @_;

	open my $status, '<', "/proc/$pid/status" or return 0;
	my ($kilobytes) = join('', <$status>) =~ /^VmRSS:\s+(\d+) kB/m;
	return ($kilobytes // 0) * 1024;
}

# The end of the server's log, for the reader of a failed test.
sub show_log
{
	my ($self, $lines) = @_;
	my @log = split /\n/, slurp_file($self->logfile);
	my @told = grep { !/LOG:  statement: / } @log;

	$lines //= 40;
	@told = @told[ -$lines .. -1 ] if @told > $lines;
	diag "end of the server's log:", map { "  $_\n" } @told;
	return;
}

1;
