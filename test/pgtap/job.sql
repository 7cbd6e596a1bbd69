-- The SQLSTATE of every refusal: programs act on these, not on the words.
BEGIN;
SELECT plan(42);
SET client_min_messages = error;

CREATE SERVER openai FOREIGN DATA WRAPPER hft OPTIONS (provider 'openai');
CREATE SERVER tg FOREIGN DATA WRAPPER hft OPTIONS (provider 'together');
INSERT INTO hft.dataset (name, owner, query, method, model, split_key)
SELECT name, current_user::regrole, 'SELECT 1', method, 'gpt-4o', 'k'
FROM (VALUES ('good', 'sft'), ('graded', 'rft')) d (name, method);
INSERT INTO hft.dataset_version (dataset_id, number, owner, method, model,
	query, search_path, snapshot, rows, tokens, trained_tokens, bytes, sha256,
	errors, hft_version, server_version)
SELECT d.id, v.number, d.owner, d.method, d.model, d.query, '', '1:1:',
	v.rows, 1000, 500, v.bytes, sha256(v.number::text::bytea), v.errors, '', ''
FROM hft.dataset d,
	(VALUES (1, 100, 5000, 0), (2, 9, 500, 0), (3, 100, 5000, 1),
		(4, 100, 8000000001, 0)) v (number, rows, bytes, errors);
INSERT INTO hft.dataset_split
SELECT id, 'train', rows, 1000, 500, 10, bytes, sha256 FROM hft.dataset_version;
INSERT INTO hft.finding (version_id, rule, severity, message)
SELECT id, 'r', 'error', 'm' FROM hft.dataset_version WHERE errors > 0;

CREATE FUNCTION pg_temp.refused(code char(5), args text, what text)
RETURNS text LANGUAGE SQL AS $$
	SELECT throws_ok('SELECT hft.submit_job(' || args || ')', code, NULL,
		'submit_job: ' || what)
$$;
SELECT pg_temp.refused('22004', $$NULL, 'openai', 'm'$$, 'no data set');
SELECT pg_temp.refused('22004', $$'good', NULL, 'm'$$, 'no server');
SELECT pg_temp.refused('22004', $$'good', 'openai', NULL$$, 'no model');
SELECT pg_temp.refused('42704', $$'bad', 'openai', 'm'$$, 'unknown data set');
SELECT pg_temp.refused('42704', $$'good', 'no', 'm'$$, 'unknown server');
SELECT pg_temp.refused('42704', $$'good', 'openai', 'm', version => 9$$,
	'unknown version');
SELECT pg_temp.refused('22023', $$'good', 'openai', 'm', version => 0$$,
	'impossible version');
SELECT pg_temp.refused('22023', $$'good', 'openai', '', version => 1$$,
	'empty model');
SELECT pg_temp.refused('22023', $$'good', 'openai', E'm\r\n', version => 1$$,
	'line break in the model (F76)');
SELECT pg_temp.refused('22023',
	$$'good', 'openai', 'm', version => 1, suffix => E'a\n'$$,
	'line break in the suffix (F76)');
SELECT pg_temp.refused('22023',
	$$'good', 'openai', 'm', version => 1, name => E'a\n'$$,
	'line break in the name (F76)');
SELECT pg_temp.refused('42602',
	$$'good', 'openai', 'm', version => 1, name => '7'$$,
	'a name that looks like an id');
SELECT pg_temp.refused('22023',
	$$'good', 'openai', 'm', version => 1, options => '7'$$,
	'options that are no object');
SELECT pg_temp.refused('HV00D',
	$$'good', 'openai', 'm', version => 1, options => '{"x": 7}'$$,
	'unknown option');
SELECT pg_temp.refused('HV00D',
	$$'good', 'openai', 'm', version => 1, hyperparameters => '{"x": 7}'$$,
	'unknown hyperparameter');
SELECT pg_temp.refused('22023',
	$$'good', 'openai', 'm', version => 1, hyperparameters => '{"n_epochs": 0}'$$,
	'hyperparameter out of range');
SELECT pg_temp.refused('22023', $$'good', 'openai', 'gpt-4o', version => 1$$,
	'what the platform would refuse');
SELECT pg_temp.refused('0A000', $$'graded', 'openai', 'm', version => 1$$,
	'a method the platform lacks');
SELECT pg_temp.refused('22023', $$'good', 'openai', 'm', version => 2$$,
	'too few rows (F51)');
SELECT pg_temp.refused('54000', $$'good', 'openai', 'm', version => 4$$,
	'too large a file (F51)');
SELECT pg_temp.refused('55000', $$'good', 'openai', 'm', version => 3$$,
	'findings');
SELECT lives_ok(
	$$SELECT hft.submit_job('good', 'openai', 'm', name => 'j', version => 1)$$,
	'submit_job');
SELECT pg_temp.refused('42710', $$'good', 'openai', 'm', version => 1, name => 'j'$$,
	'a name that is taken');
SELECT is((SELECT count(*) FROM hft.job), 1::bigint,
	'what was refused left no job');
SELECT is((SELECT count(*) FROM hft.file), 1::bigint, 'and no file');

SELECT throws_ok($$SELECT hft.cancel_job(0)$$, '42704', NULL,
	'cancel_job: unknown id');
SELECT throws_ok($$SELECT hft.cancel_job('k')$$, '42704', NULL,
	'cancel_job: unknown name');
SELECT throws_ok($$SELECT hft.pause_job('j')$$, '55000', NULL,
	'pause_job: not at the platform');
SELECT throws_ok($$SELECT hft.resume_job('j')$$, '55000', NULL,
	'resume_job: not paused');
SELECT throws_ok($$SELECT hft.retry_job('j')$$, '55000', NULL,
	'retry_job: nothing to retry');
SELECT throws_ok($$SELECT hft.adopt_job('j')$$, '55000', NULL,
	'adopt_job: submitted here');
SELECT throws_ok($$CALL hft.wait_for('j')$$, '25001', NULL,
	'wait_for: in a transaction block');
UPDATE hft.job SET server = 'tg';
SELECT throws_ok($$SELECT hft.pause_job('j')$$, '0A000', NULL,
	'pause_job: the platform cannot');
UPDATE hft.job SET state = 'needs_attention', reason = 'limit';
SELECT throws_ok($$SELECT hft.retry_job('j', pay_again => true)$$, '22023',
	NULL, 'retry_job: pay_again without doubt');
UPDATE hft.job SET state = 'succeeded';
SELECT throws_ok($$SELECT hft.cancel_job('j')$$, '55000', NULL,
	'cancel_job: over');

SELECT id AS job FROM hft.job \gset
CREATE ROLE pgtap_hft_stranger;
SELECT hft.grant_access('pgtap_hft_stranger');
SET LOCAL ROLE pgtap_hft_stranger;
SELECT throws_ok($$SELECT hft.submit_job('good', 'openai', 'm', version => 1)$$,
	'42501', NULL, 'submit_job: somebody else''s data set');
SELECT throws_ok('SELECT hft.cancel_job(' || :job || ')', '42501', NULL, 'cancel_job: somebody else''s job');
SELECT throws_ok($$SELECT hft.import_jobs('openai')$$, '42501', NULL,
	'import_jobs: no USAGE');
SELECT throws_ok($$SELECT hft.doctor()$$, '42501', NULL, 'doctor');
RESET ROLE;
UPDATE hft.dataset SET owner = 'pgtap_hft_stranger';
SET LOCAL ROLE pgtap_hft_stranger;
SELECT throws_ok($$SELECT hft.submit_job('good', 'openai', 'm', version => 1)$$,
	'42501', NULL, 'submit_job: no USAGE');
RESET ROLE;

-- a second call after a lost answer must not pay again
UPDATE hft.dataset SET owner = current_user::regrole;
UPDATE hft.job SET state = 'failed', server = 'openai';
SELECT cmp_ok(hft.retry_job(:job), '>', :job::bigint,
	'retry_job: a failed job gets a successor');
SELECT throws_ok('SELECT hft.retry_job(' || :job || ')', '55000', NULL,
	'retry_job: but only one');

SELECT * FROM finish();
ROLLBACK;
