# HftWire: a server that does with each connection what the test wants
#
#     my $wire = HftWire->start(sub {
#         my ($wire, $socket, $number) = @_;
#         my $request = $wire->read_request($socket);
#         print $socket "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
#     });
#     ... "http://127.0.0.1:" . $wire->port ...
#     is(scalar $wire->seen, 1);
#
# For what an honest HTTP server cannot be told to do; everything else is the
# emulator's.  Each connection is served by a process of its own, so a
# stalled one holds up nobody.

package HftWire;

use strict;
use warnings;

use Carp;
use IO::Socket::INET;
use POSIX ();
use PostgreSQL::Test::Utils;
use Socket qw(SOL_SOCKET SO_LINGER);

my $started = 0;

# start(handler, listen => backlog): a running server
sub start
{
	my ($class, $handler, %options) = @_;
	my $number = ++$started;
	my $listener = IO::Socket::INET->new(
		LocalAddr => '127.0.0.1',
		LocalPort => 0,
		Listen => $options{listen} // 64,
		ReuseAddr => 1) or croak "cannot listen: $!";
	my $self = bless {
		owner => $$,
		port => $listener->sockport,
		seen => "$PostgreSQL::Test::Utils::tmp_check/wire_$$\_$number",
	}, $class;

	$self->{pid} = fork() // croak "cannot fork: $!";
	if ($self->{pid} == 0)
	{
		setpgrp;
		# the handlers of newer majors would stop our owner's nodes
		$SIG{$_} = 'DEFAULT' foreach qw(TERM INT);
		$self->serve($listener, $handler);
	}
	close $listener;
	return $self;
}

sub serve
{
	my ($self, $listener, $handler) = @_;
	my $count = 0;

	local $SIG{CHLD} = 'IGNORE';
	local $SIG{PIPE} = 'IGNORE';
	while (my $socket = $listener->accept)
	{
		my $number = ++$count;
		my $pid = fork() // croak "cannot fork: $!";

		if ($pid == 0)
		{
			close $listener;
			$socket->autoflush(1);
			eval { $handler->($self, $socket, $number) };
			close $socket;
			POSIX::_exit(0);
		}
		close $socket;
	}
	POSIX::_exit(0);
}

sub port
{
	my ($self) = @_;

	return $self->{port};
}

sub url
{
	my ($self, $path) = @_;

	return "http://127.0.0.1:$self->{port}" . ($path // '/');
}

# One request, head and body as they came; undef when the peer closed first.
# It is remembered, so that the test can count.
sub read_request
{
	my ($self, $socket) = @_;
	my $text = '';

	while ($text !~ /\r\n\r\n/)
	{
		read_more($socket, \$text) or return undef;
	}
	my ($head) = $text =~ /^(.*?\r\n\r\n)/s;
	my $size = $head =~ /^Content-Length: *(\d+)/mi ? $1 : 0;
	while (length($text) < length($head) + $size)
	{
		read_more($socket, \$text) or last;
	}
	$self->remember($head);
	return $text;
}

# Append what there is to read; false at the end.  A signal is no end.
sub read_more
{
	my ($socket, $text) = @_;
	my $length;

	do
	{
		$length = sysread($socket, $$text, 65536, length $$text);
	} while (!defined $length && $!{EINTR});
	return $length;
}

sub remember
{
	my ($self, $head) = @_;

	open my $file, '>>', $self->{seen} or croak "cannot write: $!";
	syswrite $file, ($head =~ s/\r\n/\t/gr) . "\n";
	close $file;
	return;
}

# Heads of all requests so far, one string each with tabs for line ends.
sub seen
{
	my ($self) = @_;

	my @heads = -e $self->{seen} ? split /\n/, slurp_file($self->{seen}) : ();
	return @heads;
}

# End a connection with RST instead of FIN.
sub reset_connection
{
	my ($self, $socket) = @_;

	setsockopt $socket, SOL_SOCKET, SO_LINGER, pack('ii', 1, 0);
	close $socket;
	return;
}

# Say nothing until the peer goes away.
sub stall
{
	my ($self, $socket) = @_;

	1 while sysread $socket, my $ignored, 65536;
	return;
}

sub DESTROY
{
	my ($self) = @_;
	my $status = $?;

	if ($self->{pid} && $self->{owner} == $$)
	{
		kill 'TERM', -$self->{pid}, $self->{pid};
		waitpid $self->{pid}, 0;
	}
	$? = $status;
	return;
}

1;
