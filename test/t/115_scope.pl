# Our own statements run as the owner of schema hft, whatever the caller's
# session looks like, and leave no trace of it (F56, F58, F62, R43).
#
# The statement under test reports what it sees itself: user, search_path,
# an operator's result, a date's format and the rows of a table.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";

use HftTest;

my $node = new_node('main', preload => 0, testing => 1);

$node->safe_psql('postgres', q{
	CREATE FUNCTION test_scope(depth int) RETURNS text
	AS 'hft', 'hft_test_scope' LANGUAGE C VOLATILE STRICT;
	CREATE ROLE eve LOGIN;
	CREATE DATABASE bare;
	CREATE DATABASE planted;
	GRANT CREATE ON DATABASE planted TO eve;
});
my $owner = $node->safe_psql('postgres', 'SELECT current_user');
my $seen = "$owner pg_catalog, pg_temp %d 2026-01-02 03:04:05 0";

sub as_eve
{
	my ($sql, $database) = @_;
	my ($code, $out, $err) = $node->psql($database // 'postgres',
		'\set VERBOSITY verbose' . "\n$sql",
		extra_params => [ '-U', 'eve' ], on_error_stop => 0);

	return ($out, $err);
}

my ($out, $err) = as_eve('SELECT test_scope(1)');
is($out, sprintf($seen, 2), 'a scope is another user, for a moment');

($out) = as_eve('SELECT test_scope(7)');
is($out, sprintf($seen, 8), 'scopes nest');

# an operator of eve's, in front of ours, with every format changed
($out) = as_eve(q{
	CREATE TEMP TABLE dataset (x int);
	CREATE FUNCTION pg_temp.evil(int, int) RETURNS int
		AS 'SELECT 666' LANGUAGE sql;
	CREATE OPERATOR pg_temp.+ (FUNCTION = pg_temp.evil, LEFTARG = int,
		RIGHTARG = int);
	SET search_path = pg_temp, pg_catalog;
	SET DateStyle = 'German';
	SET row_security = on;
	SELECT public.test_scope(1);
	SELECT public.test_scope(3);
	SELECT current_user, current_setting('search_path'),
		current_setting('DateStyle'), current_setting('row_security');
});
is($out,
	sprintf("$seen\n$seen\n", 2, 4) . 'eve|pg_temp, pg_catalog|German, DMY|on',
	'F62: a hostile session is not felt inside, and is itself again after');

($out, $err) = as_eve(q{
	SELECT test_scope(-1);
	SELECT current_user, current_setting('search_path');
	BEGIN; SAVEPOINT s; SELECT test_scope(-1); ROLLBACK TO s;
	SELECT current_user, current_setting('search_path'); COMMIT;
	SELECT test_scope(1);
});
is(() = $err =~ /P0001: raised inside a scope/g, 2, 'an error inside');
is($out,
	qq{eve|"\$user", public\neve|"\$user", public\n} . sprintf($seen, 2),
	'and the session is itself again');

$out = $node->safe_psql('postgres', q{
	SELECT test_scope(1);
	DROP EXTENSION hft;
	CREATE EXTENSION hft;
	SELECT test_scope(1);
});
is($out, sprintf("$seen\n$seen", 2, 2),
	'F56: plans survive DROP and CREATE EXTENSION in the same session');

(undef, $out, $err) = $node->psql('postgres', q{
	\set VERBOSITY verbose
	SELECT test_scope(1);
	DROP EXTENSION hft;
	SELECT test_scope(1);
}, on_error_stop => 0);
like($err, qr/55000: extension "hft" is not installed in this database/,
	'F56: without the extension: a plain error');
$node->safe_psql('postgres', 'CREATE EXTENSION hft');

# ---- F58: a schema of that name is not the extension

foreach my $database (qw(bare planted))
{
	$node->safe_psql($database, q{CREATE FUNCTION test_scope(depth int)
		RETURNS text AS 'hft', 'hft_test_scope' LANGUAGE C VOLATILE STRICT});
	as_eve('CREATE SCHEMA hft; CREATE TABLE hft.dataset (x int)', $database);
	($out, $err) = as_eve('SELECT test_scope(1)', $database);
	like($err, qr/55000: extension "hft" is not installed/,
		"F58: $database: a planted schema is not used");
}

done_testing();
