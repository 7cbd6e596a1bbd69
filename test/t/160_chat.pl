# hft.chat asks a model from the caller's backend: once, interruptibly, with
# every answer in the ledger, and without telling the key to anybody.
#
# Could pass by accident if answers or costs were made up: so what the
# emulator's ledger says was answered is compared with hft.cost throughout,
# and every refusal is checked by its SQLSTATE and by what arrived there.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use HftTest;
use Time::HiRes qw(time);

my $model = 'gpt-4o-mini-2024-07-18';
my $emulator = start_emulator();
my $node = new_node('main');
$node->add_server('openai', provider => 'openai',
	base_url => $emulator->base_url('openai'));

sub chats { return $emulator->total('chat') }

sub requests
{
	return $emulator->requests(limit => 1)->{totals}{openai}{chat} // 0;
}

# Run SQL; returns (output, error with SQLSTATE and all parts).
sub ask
{
	my ($sql, %options) = @_;
	my ($code, $out, $err) = $node->psql($options{database} // 'postgres',
		"\\set VERBOSITY verbose\n$sql", on_error_stop => 0);
	return ($out, $err);
}

# ask() must fail with this SQLSTATE after so many requests; undef: they are
# recorded only later
sub fails_like
{
	my ($sql, $sqlstate, $pattern, $sent, $name) = @_;
	my $before = requests();
	my ($out, $err) = ask($sql);
	like($err, qr/ERROR:  $sqlstate: /, "$name: $sqlstate");
	like($err, $pattern, "$name: says what");
	is(requests() - $before, $sent, "$name: $sent request(s)")
	  if defined $sent;
	return;
}

sub costs
{
	my ($what) = @_;
	return $node->safe_psql('postgres', "SELECT $what FROM hft.cost");
}

# ---- answers and what they cost

is($node->safe_psql('postgres',
		"SELECT hft.chat('$model', 'good morning', server => 'openai')"),
	'good morning', 'a base model answers');
is(costs("kind, model, input_tokens > 0, output_tokens > 0,
	amount = (input_tokens * 0.30 + output_tokens * 1.20) / 1000000"),
	"inference|$model|t|t|t", 'and its usage is booked at its price');

$node->safe_psql('postgres',
	"SELECT hft.promote('greeter', '$model', server => 'openai')");
is($node->safe_psql('postgres', q{
	SELECT d.text, d.model, d.input_tokens > 0, d.output_tokens > 0,
		d.amount > 0, d.seconds > 0, d.info ->> 'finish_reason'
	FROM hft.chat_detail('greeter', '[{"role": "system", "content": "echo"},
		{"role": "user", "content": "guten Tag, 世界"}]'::jsonb,
		options => '{"temperature": 0}') d}),
	"guten Tag, 世界|$model|t|t|t|t|stop", 'an alias answers, in detail');
is($node->safe_psql('postgres', q{
	SELECT hft.chat('greeter', NULL::text) IS NULL,
		hft.chat(NULL, 'x') IS NULL}), 't|t', 'nothing asked, nothing answered');
is($node->safe_psql('postgres', q{
	SELECT string_agg(hft.chat('greeter', 'row ' || i), ',' ORDER BY i)
	FROM generate_series(1, 5) i}),
	'row 1,row 2,row 3,row 4,row 5', 'one answer a row');
is(costs('count(*)'), chats(), 'as many rows in the ledger as answers');

$node->safe_psql('postgres',
	q{CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0});
$node->safe_psql('latin', 'CREATE EXTENSION hft');
$node->add_server('openai', provider => 'openai', database => 'latin',
	base_url => $emulator->base_url('openai'));
is($node->safe_psql('latin', qq{
	SET client_encoding = 'UTF8';
	SELECT hft.chat('$model', 'Grüße', server => 'openai')}),
	'Grüße', 'a database in LATIN1 speaks UTF-8 to the platform');
my $elsewhere = 1;				# that answer is in another ledger

# ---- what may not be asked

$node->safe_psql('postgres', q{
	CREATE ROLE poor;
	GRANT USAGE ON SCHEMA hft TO poor;
	GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA hft TO poor});
fails_like("SET ROLE poor; SELECT hft.chat('$model', 'x', server => 'openai')",
	'42501', qr/may not use foreign server "openai"/, 0, 'without USAGE');
fails_like("SET ROLE poor; SELECT hft.chat('greeter', 'x')",
	'42704', qr/alias or model "greeter" does not exist/, 0, 'an alias of others');
$node->safe_psql('postgres', 'GRANT USAGE ON FOREIGN SERVER openai TO poor');
fails_like("SET ROLE poor; SELECT hft.chat('$model', 'x', server => 'openai')",
	'42501', qr/no usable credential/, 0, 'without a user mapping');
fails_like("BEGIN READ ONLY; SELECT hft.chat('greeter', 'x')",
	'25006', qr/read-only transaction/, 0, 'where nothing can be booked');
fails_like(q{SELECT hft.chat('greeter', '[]'::jsonb)},
	'22023', qr/not empty/, 0, 'an empty conversation');
fails_like(q{SELECT hft.chat('greeter', 'x', options => '{"stream": true}')},
	'22023', qr/"stream"/, 0, 'an option that is ours');
fails_like(q{SELECT hft.chat('greeter', 'x', options => '[]')},
	'22023', qr/must be a JSON object/, 0, 'options that are none');
fails_like(q{SELECT hft.chat('greter', 'x')},
	'42704', qr/HINT:  Perhaps you meant "greeter"/, 0, 'a mistyped name');

# ---- what the platform refuses

fails_like("SELECT hft.chat('gpt-none', 'x', server => 'openai')",
	'38000', qr/DETAIL:  OpenAI answered 404 \(model_not_found\)/, 1,
	'an unknown model');
$node->write_key('openai.key', "sk-wrong-key-0123456789abcdef\n");
$emulator->add_fault({ operation => 'chat' },
	{ status => 401, body => { error => {
		message => 'Incorrect API key provided: $BEARER', code => 'invalid_api_key',
		type => 'invalid_request_error', param => undef } }, echo_bearer => \1 });
fails_like("SELECT hft.chat('greeter', 'x')", '42501', qr/answered 401/, 1,
	'F73: a refused key');
unlike((ask("SELECT hft.chat('greeter', 'x')"))[1], qr/0123456789abcdef/,
	'F73: that the platform repeats is not repeated');
unlike(slurp_file($node->logfile), qr/0123456789abcdef/,
	'F73: nor is it in the log');
$emulator->clear_faults;
$node->write_key('openai.key', "test-key-openai\n");

$emulator->add_fault({ operation => 'chat' },
	{ status => 200, generate => 'html' });
fails_like("SELECT hft.chat('greeter', 'x')", '08P01', qr/DETAIL/, 1,
	'F33: a stranger answers');
$emulator->clear_faults;

# ---- again only with proof

$emulator->add_fault({ operation => 'chat' },
	{ status => 429, headers => { 'Retry-After' => '1' },
		body => { error => { message => 'slow down', type => 'requests',
			param => undef, code => 'rate_limit_exceeded' } } });
my $before = requests();
is($node->safe_psql('postgres', "SELECT hft.chat('greeter', 'patience')"),
	'patience', 'F25: a rate limit passes');
is(requests() - $before, 2, 'F25: with the second request');

$emulator->add_fault({ operation => 'chat', times => 0 },
	{ status => 429, headers => { 'Retry-After' => '3000' },
		body => { error => { message => 'slow down', type => 'requests',
			param => undef, code => 'rate_limit_exceeded' } } });
fails_like("SELECT hft.chat('greeter', 'x')", '53000',
	qr/HINT:.*3000 s/, 1, 'F25: a wait longer than hft.chat_timeout');
$emulator->clear_faults;

my $unknown = costs('count(*) FILTER (WHERE amount IS NULL)');
is($unknown, costs('count(*) FILTER (WHERE quantity IS NULL)'),
	'nothing is unknown that was counted');
$before = chats();
$emulator->add_fault({ operation => 'chat' }, { hangup => 'effect' });
fails_like("SELECT hft.chat('greeter', 'lost')", '08006', qr/DETAIL/, 1,
	'F18: an answer that was lost');
is(chats() - $before, 1, 'F18: was given once');
$before = chats();
$emulator->add_fault({ operation => 'chat' },
	{ status => 500, effect => \1, body => 'oops' });
fails_like("SELECT hft.chat('greeter', 'lost')", '08006|08P01', qr/DETAIL/, 1,
	'F26: an error after the answer was made');
is(chats() - $before, 1, 'F26: is not tried again');
is(costs('count(*) FILTER (WHERE amount IS NULL)') - $unknown, 2,
	'both are booked, as unknown');
is(costs('count(*)'), chats() - $elsewhere + 1,
	'the ledger has every answer, and what the stranger may have given');

my $port = PostgreSQL::Test::Cluster::get_free_port();
$node->safe_psql('postgres', qq{
	CREATE SERVER nobody FOREIGN DATA WRAPPER hft OPTIONS (provider 'openai',
		base_url 'http://127.0.0.1:$port/v1');
	CREATE USER MAPPING FOR CURRENT_USER SERVER nobody
		OPTIONS (key_file 'openai.key')});
fails_like("SET hft.chat_timeout = '2s';
	SELECT hft.chat('m', 'x', server => 'nobody')", '08001', qr/DETAIL/, 0,
	'F15: nobody listens');
is(costs("count(*) FILTER (WHERE server = 'nobody')"), 0,
	'F15: what never left costs nothing');

# ---- waiting can be ended

$emulator->add_fault({ operation => 'chat', times => 0 }, { delay => 30 });
my $start = time();
fails_like("SET hft.chat_timeout = '700ms'; SELECT hft.chat('greeter', 'x')",
	'08006', qr/hft.chat_timeout/, undef, 'a slow answer');
cmp_ok(time() - $start, '<', 4, 'ends with hft.chat_timeout');
$start = time();
fails_like("SET statement_timeout = '500ms'; SELECT hft.chat('greeter', 'x')",
	'57014', qr/statement timeout/, undef, 'a statement that is cancelled');
cmp_ok(time() - $start, '<', 4, 'ends within a moment');

$emulator->clear_faults;

# ---- a rollback takes no money back

my $booked = costs('count(*)');
$before = chats();
ask("BEGIN; SELECT hft.chat('greeter', 'rolled back'); ROLLBACK;");
is(costs('count(*)') - $booked, 1, 'a rolled back answer is booked');
ask("BEGIN;
	SELECT hft.chat('greeter', 'kept');
	SAVEPOINT a; SELECT hft.chat('greeter', 'undone'); ROLLBACK TO a;
	SAVEPOINT b; SELECT hft.chat('greeter', 'kept'); RELEASE b;
	COMMIT;
	BEGIN; SAVEPOINT c; SELECT hft.chat('greeter', 'undone'); RELEASE c;
	ROLLBACK;
	SELECT hft.chat('greeter', 'kept');");
ask("BEGIN; SELECT hft.chat('greeter', 'undone'); SELECT 1/0; COMMIT;");
is(chats() - $before, 7, 'seven answers were given');
is(costs('count(*)') - $booked, 7, 'each is booked, and once');
is(costs('count(*) FILTER (WHERE amount IS NULL)') - $unknown, 4,
	'with its amount');

done_testing();
