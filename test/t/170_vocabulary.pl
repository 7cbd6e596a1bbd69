# Vocabularies that are loaded: whole or not at all, once for all databases,
# also when sessions load at the same time, are cancelled, or find damage;
# and rows of hft.model_encoding in other sessions, workers and dumps.
#
# Could pass by accident if the loads did not overlap: so all of them are
# started while the lock that serializes them is held, and are seen waiting.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";

use HftTest;
use PostgreSQL::Test::Utils qw(command_ok);
use MIME::Base64 qw(encode_base64);

my $node = new_node('main', preload => 0);
my $data = $node->data_dir;
my $file = "$data/bytes.tiktoken";
my $count = q{SELECT hft.count_tokens('abab', 'bytes')};

# all bytes, and some more tokens
sub write_ranks
{
	my ($path, @tokens) = @_;
	my $n = 0;

	open my $out, '>', $path or die "$path: $!";
	printf $out "%s %d\n", encode_base64($_, ''), $n++
		for map({ chr } 0 .. 255), @tokens;
	close $out;
	return;
}

sub load
{
	my ($name) = @_;

	return "SELECT tokens FROM hft.load_vocabulary('$name', '$file', 'cl100k')";
}

$node->safe_psql('postgres', 'CREATE DATABASE other');
$node->safe_psql('other', 'CREATE EXTENSION hft');
write_ranks($file, 'ab');

# ten sessions at once
my @sessions = map { $node->background_psql('postgres') } 1 .. 10;
my $holder = $node->background_psql('other');
$holder->query_safe('BEGIN');
$holder->query_safe(load('held'));
$_->query_until(qr/start/, "\\echo start\n" . load('bytes') . ";\n")
	for @sessions;
ok($node->poll_query_until('postgres', q{SELECT count(*) = 10
	FROM pg_locks WHERE locktype = 'advisory' AND NOT granted}),
	'ten loads wait for the one before');
is($node->safe_psql('postgres', "SELECT count(*) FROM hft.encodings()
	WHERE encoding = 'bytes'"), 0, 'nothing is to be seen of them');
$holder->query_safe('COMMIT');
$holder->quit;
my @answers = map { $_->query_safe($count) } @sessions;
is(join(' ', map { /(\d+)$/ } @answers), join(' ', ('2') x 10),
	'all of them have it');
$_->quit for @sessions;
is($node->safe_psql('other', $count), 2, 'and so has another database');
opendir my $folder, "$data/hft" or die "$data/hft: $!";
is(join(' ', sort grep { !/^\./ } readdir $folder),
	'hft-bytes.vocab hft-held.vocab', 'no temporary file is left');
closedir $folder;

# what is damaged is refused, and replaced by loading again
my $installed = "$data/hft/hft-held.vocab";
open my $out, '+<', $installed or die "$installed: $!";
seek $out, 16, 0;
print $out 'x';
close $out;
my ($code, $stdout, $stderr) = $node->psql('postgres',
	q{SELECT hft.count_tokens('a', 'held')});
like($stderr, qr/vocabulary file .* is not a vocabulary, or is damaged/,
	'damage is seen');
is($node->safe_psql('postgres', load('held')), 257, 'loading again repairs');
is($node->safe_psql('postgres', q{SELECT hft.count_tokens('a', 'held')}), 1,
	'and it counts');

# rows of the administrator: a session that has looked hears of new ones, and
# workers of parallel plans follow them
my $session = $node->background_psql('postgres', on_error_stop => 0);
$session->query(q{SELECT hft.count_tokens('abab', 'acme/parrot')});
$node->safe_psql('postgres', q{INSERT INTO hft.model_encoding
	(pattern, encoding, source) VALUES ('acme/*', 'bytes', 'a test')});
is($session->query(q{SELECT hft.count_tokens('abab', 'acme/parrot')}), 2,
	'another session knows the row');
$node->safe_psql('postgres', q{DELETE FROM hft.model_encoding
	WHERE pattern = 'acme/*'});
$session->{stderr} = '';
$session->query(q{SELECT hft.count_tokens('abab', 'acme/parrot')});
like($session->{stderr}, qr/no tokenizer is known/, 'and that it is gone');
$session->quit;

$node->safe_psql('postgres', q{
	INSERT INTO hft.model_encoding (pattern, encoding, source)
		VALUES ('acme/*', 'bytes', 'a test');
	CREATE TABLE row AS SELECT 'abab ' || i AS body
		FROM generate_series(1, 50000) i;
	ANALYZE row});
my $parallel = q{SET max_parallel_workers_per_gather = 2;
	SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0;
	SET min_parallel_table_scan_size = 0; SET jit_above_cost = 0;};
my $sum = q{SELECT sum(hft.count_tokens(body, 'acme/parrot')) FROM row};
like($node->safe_psql('postgres', "$parallel EXPLAIN $sum"),
	qr/Workers Planned: 2/, 'a parallel plan');
is($node->safe_psql('postgres', "$parallel $sum"),
	$node->safe_psql('postgres',
		"SET max_parallel_workers_per_gather = 0; $sum"),
	'counts what one process counts');

# a dump holds the row, not the shipped ones, and can be restored
my $bin = $node->config_data('--bindir');
command_ok([ "$bin/pg_dump", '-f', "$data/dump.sql", '-d',
	$node->connstr('postgres') ], 'a dump');
like(slurp_file("$data/dump.sql"), qr/^\d+\tacme\/\*\tbytes\t/m,
	'has the row');
unlike(slurp_file("$data/dump.sql"), qr/\tgpt-4o\*\t/, 'and no shipped one');
$node->safe_psql('postgres', 'CREATE DATABASE copy');
command_ok([ "$bin/psql", '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f',
	"$data/dump.sql", '-d', $node->connstr('copy') ], 'is restored');
is($node->safe_psql('copy', q{SELECT hft.count_tokens('abab', 'acme/x')}), 2,
	'and applies there');

done_testing();
