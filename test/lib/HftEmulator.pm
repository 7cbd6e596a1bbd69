# HftEmulator: the providers' emulator, started and steered by a TAP test
#
# The emulator listens on loopback on a port of its own choice and ends with
# the test (it watches our process).  The test decides how it misbehaves and
# asks its ledger what was really done.  docs/emulator.md lists the words of
# rules, settings and effects.

package HftEmulator;

use strict;
use warnings;

use Carp;
use File::Basename qw(dirname);
use HTTP::Tiny;
use JSON::PP;
use PostgreSQL::Test::Utils;
use Time::HiRes qw(sleep time);

use constant START_SECONDS => 30;

my $json = JSON::PP->new->utf8->canonical->allow_nonref;
my $started = 0;

# start(args => [...]): a running emulator
sub start
{
	my ($class, %options) = @_;
	my $script = dirname(__FILE__) . '/../emulator/emulator.py';
	my $number = ++$started;
	my $base = "$PostgreSQL::Test::Utils::tmp_check/emulator_$$\_$number";
	my $parent = $$;

	my $pid = fork() // croak "cannot fork: $!";
	if ($pid == 0)
	{
		open STDIN, '<', '/dev/null';
		open STDOUT, '>', "$base.log";
		open STDERR, '>&', \*STDOUT;
		exec 'python3', $script, '--port', '0', '--port-file', "$base.json",
		  '--parent-pid', $parent, @{ $options{args} || [] };
		die "cannot run python3: $!";
	}
	my $self = bless {
		pid => $pid,
		owner => $$,
		log => "$base.log",
		client => HTTP::Tiny->new(timeout => 30, proxy => undef),
	}, $class;
	$self->{ports} = $self->wait_ports("$base.json");
	return $self;
}

# The emulator writes its ports into a file once it can be talked to.
sub wait_ports
{
	my ($self, $file) = @_;
	my $deadline = time() + START_SECONDS;

	until (-s $file)
	{
		croak 'the emulator did not start: ' . slurp_file($self->{log})
		  if time() > $deadline || waitpid($self->{pid}, 1) != 0;
		sleep 0.05;
	}
	return $json->decode(slurp_file($file));
}

sub port
{
	my ($self) = @_;

	return $self->{ports}{port};
}

# Where a dialect (openai, together, compat) is spoken.
sub base_url
{
	my ($self, $dialect) = @_;

	return 'http://127.0.0.1:' . $self->port . "/$dialect/v1";
}

# One call of the control endpoint; croaks when it is refused.
sub control
{
	my ($self, $method, $what, $body) = @_;
	my %request;

	$request{content} = $json->encode($body) if defined $body;
	$request{headers} = { 'content-type' => 'application/json' };
	my $answer = $self->{client}->request($method,
		'http://127.0.0.1:' . $self->port . "/_control/$what", \%request);
	croak "control $method $what: $answer->{status} $answer->{content}"
	  unless $answer->{success};
	return length $answer->{content} ? $json->decode($answer->{content}) : {};
}

# add_fault(\%match, \%action): misbehave from now on; see faults.py
sub add_fault
{
	my ($self, $match, $action) = @_;

	return $self->control('POST', 'faults',
		{ match => $match, action => $action });
}

sub faults
{
	my ($self) = @_;

	return $self->control('GET', 'faults');
}

sub clear_faults
{
	my ($self) = @_;

	return $self->control('DELETE', 'faults');
}

# Everything that was really done, in order: {totals, effects, duplicates};
# filtered by dialect, kind, since => sequence number.
sub ledger
{
	my ($self, %filter) = @_;

	return $self->control('GET', 'ledger' . query(%filter));
}

# How many effects of a kind (file, job, chat, ...) there are.
sub total
{
	my ($self, $kind, $dialect) = @_;
	my %filter = (effects => 'no');

	$filter{dialect} = $dialect if defined $dialect;
	return $self->ledger(%filter)->{totals}{$kind} // 0;
}

# What arrived, secrets masked; filtered by limit, listener, operation.
sub requests
{
	my ($self, %filter) = @_;

	return $self->control('GET', 'requests' . query(%filter));
}

# The providers' own view of their jobs.
sub jobs
{
	my ($self) = @_;

	return @{ $self->control('GET', 'jobs')->{jobs} };
}

# Force a job into a state: a hash of wishes, as the dialect knows them.
sub force_job
{
	my ($self, $remote_id, %wishes) = @_;

	return $self->control('POST', "jobs/$remote_id", \%wishes);
}

# Let the providers' time jump, or run faster than ours.
sub advance
{
	my ($self, $seconds) = @_;

	return $self->control('POST', 'clock', { advance => $seconds });
}

sub set_clock_rate
{
	my ($self, $rate) = @_;

	return $self->control('POST', 'clock', { rate => $rate });
}

sub settings
{
	my ($self, %settings) = @_;

	return $self->control('POST', 'settings', \%settings);
}

sub query
{
	my (%filter) = @_;

	return %filter ? '?' . HTTP::Tiny->new->www_form_urlencode(\%filter) : '';
}

# Forget everything: faults, ledger, accounts.
sub reset
{
	my ($self) = @_;

	return $self->control('POST', 'reset');
}

sub stop
{
	my ($self) = @_;
	my $status = $?;

	if ($self->{pid} && $self->{owner} == $$)
	{
		kill 'TERM', $self->{pid};
		waitpid $self->{pid}, 0;
		delete $self->{pid};
	}
	$? = $status;
	return;
}

sub DESTROY
{
	my ($self) = @_;

	$self->stop;
	return;
}

1;
