# Access tokens: bought once for many, renewed before they end, dropped when
# they are refused, never shown; an exchange that fails leaves nothing bought.
#
# Could pass by accident if nothing needed a token: each is counted by who
# issued it.  Could pass if the token were nowhere to be seen because nobody
# looked: the log and every table are searched for what was issued.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use HftTest;
use HftVertex;
use JSON::PP;

my $model = 'gemini-3.1-flash-lite';
my $emulator = start_emulator(args => [ '--seconds-per-job', '1' ]);
my $node = new_node('main', testing => 1,
	settings => { 'hft.poll_interval' => '100ms', 'hft.settle_time' => '1s',
		'log_min_messages' => 'info' });
my $key = service_account($emulator, 'robot');

add_vertex($node, $emulator, 'vertex', key => $key);
$node->seed_dataset('train', 12);

sub job
{
	my ($id, $columns) = @_;

	return $node->safe_psql('postgres',
		"SELECT $columns FROM hft.job WHERE id = $id");
}

# Does the count of tokens grow by just so many while the code runs?
sub tokens_bought
{
	my ($code) = @_;
	my $before = $emulator->total('token');

	$code->();
	return $emulator->total('token') - $before;
}

# many that start together buy one
{
	my $slow = $emulator->add_fault({ operation => 'token', times => 1 },
		{ delay => 1 });
	is(tokens_bought(sub {
				$node->safe_psql('postgres', qq{
					SELECT count(hft.submit_job('train', 'vertex', '$model'))
					FROM pg_catalog.generate_series(1, 20)});
				ok($node->poll_until(q{SELECT count(*) FROM hft.job
					WHERE state = 'succeeded'}, 20), 'twenty jobs succeed');
			}), 1, 'twenty jobs bought one token');
	$emulator->clear_faults;
}

# renewed before it ends: no request is ever refused
{
	$emulator->settings(token_seconds => 4, seconds_per_job => 8);
	$node->restart;
	my $bought = tokens_bought(sub {
			my $job = $node->submit('train', 'vertex', $model);
			ok($node->wait_job($job, 'succeeded', 60),
				'a job outlives its tokens');
		});
	ok($bought >= 3, "they were renewed ($bought)");
	is(scalar(grep { ($_->{status} // 0) == 401 }
			@{ $emulator->requests(limit => 2000)->{requests} }), 0,
		'and none was used when it was over');
	$emulator->settings(token_seconds => 3600, seconds_per_job => 1);
	$node->restart;
}

# a 401 to a token that was good: a new one, once
{
	my $job = $node->submit('train', 'vertex', $model);
	ok($node->wait_job($job, 'succeeded'), 'a token is there');
	is(tokens_bought(sub {
				$emulator->add_fault(
					{ operation => 'job.create', times => 1 },
					{ status => 401, body => { error => { code => 401,
							message => 'invalid authentication credentials',
							status => 'UNAUTHENTICATED' } } });
				$job = $node->submit('train', 'vertex', $model);
				ok($node->wait_job($job, 'succeeded'), 'a 401 passes');
			}), 1, 'by one new token');
	is($node->safe_psql('postgres', qq{
			SELECT pg_catalog.string_agg(state, ',' ORDER BY id)
			FROM hft.attempt WHERE job_id = $job AND kind = 'create'}),
		'refused,confirmed', 'the refused try is on record');
	$emulator->clear_faults;
}

# a 401 to the new one, too: the credential is at fault
{
	my $before = $emulator->total('job.create');
	$emulator->add_fault({ operation => 'job.create', times => 2 },
		{ status => 401, body => { error => { code => 401,
				message => 'invalid authentication credentials',
				status => 'UNAUTHENTICATED' } } });
	my $job;
	is(tokens_bought(sub {
				$job = $node->submit('train', 'vertex', $model);
				ok($node->wait_job($job, 'needs_attention'), 'it is parked');
			}), 1, 'after one new token');
	is(job($job, 'reason'), 'credential', 'because of the credential');
	is($emulator->total('job.create'), $before, 'nothing was bought');
	$emulator->clear_faults;
	$key = service_account($emulator, 'robot');
	$node->write_key('vertex.key', $key);
	$node->set('hft.clock_shift' => 3600);
	$node->reload;
	ok($node->wait_job($job, 'succeeded', 60), 'a new key lets it go on');
}

# an exchange that fails: passing, and for good
{
	$node->restart;
	$emulator->add_fault({ operation => 'token', times => 2 },
		{ status => 503, body => { error => 'internal_failure' } });
	my $job = $node->submit('train', 'vertex', $model);
	ok($node->wait_job($job, 'succeeded', 60), 'a token service that is down is waited for');
	$emulator->clear_faults;

	$node->restart;
	$emulator->add_fault({ operation => 'token', times => 1 },
		{ hangup => 'headers' });
	$job = $node->submit('train', 'vertex', $model);
	ok($node->wait_job($job, 'succeeded', 60), 'and one that hangs up');
	is($node->safe_psql('postgres', qq{
			SELECT count(*) FROM hft.attempt
			WHERE job_id = $job AND state = 'in_doubt'}), '0',
		'which leaves nothing in doubt');
	$emulator->clear_faults;

	$node->restart;
	$emulator->add_fault({ operation => 'token', times => 0 },
		{ status => 400, body => { error => 'invalid_grant',
				error_description => 'Invalid JWT Signature.' } });
	$job = $node->submit('train', 'vertex', $model);
	ok($node->wait_job($job, 'needs_attention'), 'a key that is refused parks');
	is(job($job, 'reason, error_code, error_message'),
		'credential|invalid_grant|Invalid JWT Signature.', 'and says why');
	$emulator->clear_faults;
}

# F34: a key does not choose where it is sent
{
	my $file = decode_json(service_account($emulator, 'strayed',
			token_uri => 'https://evil.example/token'));

	$node->write_key('vertex.key', encode_json($file));
	my $before = $emulator->total('token');
	my $job = $node->submit('train', 'vertex', $model);
	ok($node->wait_job($job, 'needs_attention'), 'F34: it is not sent');
	like(job($job, 'error_message'), qr/token_uri/, 'F34: and the job says why');
	is($emulator->total('token'), $before, 'F34: no token was asked for');
	$file->{token_uri} = vertex_url() . '/token';
	$file->{private_key} = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
	$node->write_key('vertex.key', encode_json($file));
	$node->safe_psql('postgres', "SELECT hft.retry_job($job)");
	ok($node->poll_until("SELECT error_message LIKE '%RSA%' FROM hft.job
		WHERE id = $job AND state = 'needs_attention'"),
		'a key that is none is named');
	$node->safe_psql('postgres', "SELECT hft.cancel_job($job)");
}

sub vertex_url
{
	return 'http://127.0.0.1:' . $emulator->port . '/vertex';
}

# the machine's own account, only where a superuser allows it
{
	$node->write_key('vertex.key', "metadata\n");
	$emulator->settings(metadata_account => 'machine');
	my $job = $node->submit('train', 'vertex', $model);
	ok($node->wait_job($job, 'needs_attention'), 'metadata: not by default');
	like(job($job, 'error_hint'), qr/metadata_url|key/, 'metadata: with a hint');
	$node->safe_psql('postgres', "SELECT hft.cancel_job($job)");
	$node->safe_psql('postgres', "ALTER SERVER vertex OPTIONS
		(ADD metadata_url '" . vertex_url() . "')");
	$node->restart;
	$job = $node->submit('train', 'vertex', $model);
	ok($node->wait_job($job, 'succeeded'), 'metadata: where it is allowed');
}

# chat buys its own, in the caller's session
{
	$node->write_key('vertex.key', $key);
	my $tuned = $node->safe_psql('postgres', q{
		SELECT tuned_model FROM hft.job WHERE tuned_model IS NOT NULL
		ORDER BY id LIMIT 1});
	is(tokens_bought(sub {
				$node->safe_psql('postgres', qq{
					SELECT hft.chat('gemini-2.5-flash', 'hello',
						server => 'vertex');
					SELECT hft.chat('gemini-2.5-flash', 'again',
						server => 'vertex')});
			}), 1, 'chat: one token for a session');
	$emulator->add_fault({ operation => 'token' },
		{ status => 400, body => { error => 'invalid_grant',
				error_description => 'account not found' } });
	my ($code, $out, $err) = $node->psql('postgres',
		"SELECT hft.chat('gemini-2.5-flash', 'hello', server => 'vertex')");
	like($err, qr/invalid_grant.*account not found/s,
		'chat: a refused key is told');
	is($node->safe_psql('postgres', q{
			SELECT count(*) FROM hft.cost
			WHERE kind = 'inference' AND amount IS NULL AND quantity IS NULL}),
		'0', 'chat: and books nothing');
	$emulator->clear_faults;
}

# nothing of it is in the log or in a table
{
	my $dump = join "\n", map {
		$node->safe_psql('postgres', "SELECT t::text FROM hft.\"$_\" t")
	} split /\n/, $node->safe_psql('postgres',
		"SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = 'hft'");
	like($dump, qr/emulated-bucket/, 'the tables were read');
	my $log = slurp_file($node->logfile);

	foreach my $text ([ 'tables', $dump ], [ 'log', $log ])
	{
		unlike($text->[1], qr/ya29\.|PRIVATE KEY|eyJ[A-Za-z0-9]{20}/,
			"F73: no token, key or assertion in the $text->[0]");
	}
}

done_testing();
