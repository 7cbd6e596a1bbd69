# An update from 1.0.0 gives what a new installation of this version has, to
# the last privilege and comment; rows of users stay, and work goes on.
#
# Could pass by accident if the catalogs were compared before the update, or
# the comparison saw nothing: an old one must differ, in many lines.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use File::Copy qw(copy);
use HftTest;

my $update = "$FindBin::RealBin/../update";
my $emulator = start_emulator(args => [ '--seconds-per-job', '1' ]);
my $node = new_node('main', extension => 0,
	settings => { 'hft.poll_interval' => '200ms' });
my $share = $node->safe_psql('postgres',
	"SELECT setting FROM pg_catalog.pg_config() WHERE name = 'SHAREDIR'");

copy("$update/hft--1.0.0.sql", "$share/extension/hft--1.0.0.sql")
  or die "cannot install version 1.0.0: $!";

# Lines of the catalog of a database, in an order that no locale changes.
sub catalog
{
	my ($database) = @_;
	my $query = slurp_file("$update/catalog.sql");

	return sort split /\n/, $node->safe_psql($database, $query);
}

sub difference
{
	my ($one, $other) = @_;
	my %seen = map { $_ => 1 } @$other;

	return grep { !$seen{$_} } @$one;
}

$node->safe_psql('postgres', 'CREATE DATABASE fresh');
$node->safe_psql('fresh', 'CREATE EXTENSION hft');
my @fresh = catalog('fresh');

$node->safe_psql('postgres', q{
	CREATE EXTENSION hft VERSION '1.0.0';
	INSERT INTO hft.price (provider, model, unit, amount, valid_from, source)
	VALUES ('openai', 'mine', 'train_1m_tokens', 7, '2026-01-01', 'a contract');
	CREATE VIEW spending AS SELECT month, amount FROM hft.spend;});
my %old = map { $_ => 1 } split /\n/, $node->safe_psql('postgres', q{
	SELECT pg_catalog.format('%s.%s', attrelid::regclass, attname)
	FROM pg_catalog.pg_attribute
	WHERE attrelid IN ('hft.job'::regclass, 'hft.file'::regclass)});
ok($old{'hft.job.remote_id'} && !$old{'hft.file.exclusive'},
	'1.0.0 is what it was');

$node->safe_psql('postgres', 'ALTER EXTENSION hft UPDATE');
my @updated = catalog('postgres');

cmp_ok(scalar @fresh, '>', 2000, 'there is a catalog to compare');
is(join("\n", difference(\@updated, \@fresh)), '',
	'an update leaves nothing that a new installation has not');
is(join("\n", difference(\@fresh, \@updated)), '',
	'and lacks nothing that it has');
is($node->safe_psql('postgres',
		"SELECT amount, source FROM hft.price WHERE model = 'mine'"),
	'7|a contract', 'rows of users are still there');
is($node->safe_psql('postgres', 'SELECT pg_catalog.count(*) FROM spending'),
	'0', 'and a view over ours');

$node->add_server('openai', provider => 'openai',
	base_url => $emulator->base_url('openai'));
$node->seed_dataset('after', 12);
$node->safe_psql('postgres',
	"SELECT hft.submit_job('after', 'openai', 'gpt-4o-mini-2024-07-18')");
ok($node->poll_until('SELECT state FROM hft.job', 'succeeded'),
	'a job runs after the update');

done_testing();
