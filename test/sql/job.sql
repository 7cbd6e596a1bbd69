-- Submitting, explaining and controlling jobs: what is written, what is
-- refused before anything is written, and what the refusal says.  No worker
-- runs here; states that only a worker reaches are set by hand.
CREATE EXTENSION hft;
CREATE SERVER openai FOREIGN DATA WRAPPER hft OPTIONS (provider 'openai');
CREATE SERVER tg FOREIGN DATA WRAPPER hft OPTIONS (provider 'together');

CREATE FUNCTION pg_temp.seal(name text, number int, rows bigint, bytes bigint,
	errors bigint DEFAULT 0, method text DEFAULT 'sft',
	validation bigint DEFAULT 0)
RETURNS void LANGUAGE SQL AS $$
	INSERT INTO hft.dataset (name, owner, query, method, model, split_key)
	VALUES (name, current_user::regrole, 'SELECT 1', method, 'gpt-4o', 'k')
	ON CONFLICT DO NOTHING;
	INSERT INTO hft.dataset_version (dataset_id, number, owner, method, model,
		query, search_path, snapshot, rows, tokens, trained_tokens, bytes,
		sha256, errors, warnings, hft_version, server_version, created_at)
	SELECT d.id, number, d.owner, d.method, d.model, d.query, '', '1:1:',
		rows, rows * 100, rows * 50, bytes,
		sha256(convert_to(name || number, 'UTF8')), errors, 2, '', '',
		'2026-11-22 12:00:00+00'
	FROM hft.dataset d WHERE d.name = seal.name;
	INSERT INTO hft.dataset_split
	SELECT v.id, s.split::hft.split, s.rows, s.rows * 100, s.rows * 50, 200,
		s.bytes, sha256(convert_to(name || number || s.split, 'UTF8'))
	FROM hft.dataset d JOIN hft.dataset_version v ON v.dataset_id = d.id,
		(VALUES ('train', rows, bytes),
			('validation', validation, validation * 100)) s (split, rows, bytes)
	WHERE d.name = seal.name AND v.number = seal.number AND s.rows > 0;
	INSERT INTO hft.finding (version_id, split, n, rule, severity, message)
	SELECT v.id, 'train', i, 'no_assistant', 'error', 'nothing to learn'
	FROM hft.dataset d JOIN hft.dataset_version v ON v.dataset_id = d.id,
		generate_series(1, errors) i
	WHERE d.name = seal.name AND v.number = seal.number
$$;
SELECT pg_temp.seal('triage', 1, 1000, 345678, validation => 100);
SELECT pg_temp.seal('triage', 2, 9, 3456);
SELECT pg_temp.seal('triage', 3, 1000, 345678, errors => 4);
SELECT pg_temp.seal('triage', 4, 0, 0);
SELECT pg_temp.seal('triage', 5, 1000, 9000000000);
SELECT pg_temp.seal('graded', 1, 1000, 345678, method => 'rft');

-- prices and days that do not depend on today's
INSERT INTO hft.price (provider, model, method, unit, amount, source) VALUES
	('openai', 'base-1', 'sft', 'train_1m_tokens', 3.00, 'our contract'),
	('together', 'base-1', 'sft', 'train_1m_tokens', 0.50, 'our contract');
INSERT INTO hft.retirement (provider, model, retires_on, replacement, source)
VALUES ('openai', 'base-1', '9999-12-31', 'base-2', 'test'),
	('openai', 'base-0', '2020-01-01', 'base-1', 'test');

-- what submit_job would do
CREATE FUNCTION pg_temp.explain(VARIADIC args text[]) RETURNS SETOF text
LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY EXECUTE format(
		'SELECT regexp_replace(line, ''in \d+ days'', ''in N days'')
		 FROM hft.explain_job(%s) line', array_to_string(args, ', '));
END $$;
SELECT pg_temp.explain('''triage''', '''openai''', '''base-1''', 'version => 1');
SELECT pg_temp.explain('''triage''', '''tg''', '''base-1''', 'version => 1',
	'hyperparameters => ''{"n_epochs": 3}''');
-- an unknown price is unknown, and every problem is listed
SELECT pg_temp.explain('''triage''', '''openai''', '''gpt-4o''', 'version => 2',
	'hyperparameters => ''{"n_epoch": 3}''', 'suffix => E''a\nb''');
SELECT pg_temp.explain('''triage''', '''openai''', '''base-0''', 'version => 3',
	'force => true');
SELECT count(*) AS jobs_after_explain FROM hft.job;

-- submit: a row for the job, one for each file, and a warning without worker
SELECT hft.submit_job('triage', 'openai', 'base-1', name => 'first',
	version => 1, suffix => 'hft',
	hyperparameters => '{"n_epochs": 2, "batch_size": "auto"}',
	options => '{"seed": 42}');
SET client_min_messages = error;
SELECT name, owner = current_user::regrole AS mine, server, dataset,
	base_model, method, suffix, hyperparameters, options, forced, state,
	estimated_tokens, estimated_low, estimated_high,
	due_at = submitted_at AS due, database =
		(SELECT oid FROM pg_database WHERE datname = current_database()) AS here,
	system_identifier =
		(SELECT system_identifier FROM pg_control_system()) AS this_cluster
FROM hft.job \gx
SELECT f.split, f.format, f.filename, f.rows, f.state FROM hft.file f
ORDER BY f.id;

-- a live copy of the file is used again; a failed one is not
SELECT hft.submit_job('triage', 'openai', 'base-1', version => 1) > 0 AS ok;
SELECT count(*) AS files FROM hft.file;
UPDATE hft.file SET state = 'failed' WHERE split = 'train';
SELECT hft.submit_job('triage', 'openai', 'base-1', version => 1) > 0 AS ok;
SELECT split, state FROM hft.file ORDER BY id;
SELECT hft.submit_job('triage', 'tg', 'base-1', version => 1) > 0 AS ok;
SELECT server, format, count(*) FROM hft.file GROUP BY 1, 2 ORDER BY 1, 2;

-- a rollback, also of a subtransaction, leaves neither job nor file (F72)
BEGIN;
SAVEPOINT s;
SELECT hft.submit_job('triage', 'tg', 'base-1', name => 'gone', version => 3,
	force => true) > 0 AS ok;
ROLLBACK TO s;
COMMIT;
SELECT count(*) AS gone FROM hft.job WHERE name = 'gone';
SELECT count(*) AS of_version_3 FROM hft.file f
JOIN hft.dataset_version v ON v.id = f.version_id WHERE v.number = 3;

-- a prepared transaction keeps the job until it is decided about (F71)
BEGIN;
SELECT hft.submit_job('triage', 'openai', 'base-1', name => 'prepared',
	version => 1) > 0 AS ok;
PREPARE TRANSACTION 'hft_one';
BEGIN;
SELECT hft.submit_job('triage', 'openai', 'base-1', name => 'dropped',
	version => 1) > 0 AS ok;
PREPARE TRANSACTION 'hft_two';
SELECT count(*) AS not_yet FROM hft.job WHERE name IN ('prepared', 'dropped');
COMMIT PREPARED 'hft_one';
ROLLBACK PREPARED 'hft_two';
SELECT name, state FROM hft.job WHERE name IN ('prepared', 'dropped');

-- a read-only transaction submits nothing
BEGIN READ ONLY;
SELECT hft.submit_job('triage', 'openai', 'base-1', version => 1);
ROLLBACK;

-- many in one statement (F72)
SELECT count(hft.submit_job('triage', 'openai', 'base-1', version => 1)) AS jobs
FROM generate_series(1, 500);

-- what does not exist: the closest name
SELECT hft.submit_job('triag', 'openai', 'base-1', version => 1);
SELECT hft.submit_job('zzzzzzzzzz', 'openai', 'base-1', version => 1);
SELECT hft.submit_job('triage', 'opena', 'base-1', version => 1);
SELECT hft.submit_job('triage', 'openai', 'base-1', version => 77);
SELECT hft.submit_job('triage', 'openai', 'base-1', version => 0);
SELECT hft.submit_job(NULL, 'openai', 'base-1');
SELECT hft.submit_job('triage', NULL, 'base-1');
SELECT hft.submit_job('triage', 'openai', NULL);
SELECT hft.submit_job('triage', 'openai', 'base-1', version => 1,
	options => '[1]');

-- names
SELECT hft.submit_job('triage', 'openai', 'base-1', name => 'first', version => 1);
SELECT hft.submit_job('triage', 'openai', 'base-1', name => '42', version => 1);
SELECT hft.submit_job('triage', 'openai', 'base-1', name => '', version => 1);

-- line breaks end in no header, URL or metadata (F76)
SELECT hft.submit_job('triage', 'openai', E'base-1\r\nX: y', version => 1);
SELECT hft.submit_job('triage', 'openai', 'base-1', suffix => E'a\nb', version => 1);
SELECT hft.submit_job('triage', 'openai', 'base-1', name => E'a\rb', version => 1);

-- options: by the platform's table
SELECT hft.submit_job('triage', 'openai', 'base-1', version => 1,
	hyperparameters => '{"n_epoch": 3}');
SELECT hft.submit_job('triage', 'openai', 'base-1', version => 1,
	hyperparameters => '{"n_epochs": 51}');
SELECT hft.submit_job('triage', 'openai', 'base-1', version => 1,
	hyperparameters => '{"n_epochs": 2.5}');
SELECT hft.submit_job('triage', 'openai', 'base-1', version => 1,
	hyperparameters => '{"n_epochs": "many"}');
SELECT hft.submit_job('triage', 'openai', 'base-1', version => 1,
	options => '{"sed": 1}');
SELECT hft.submit_job('triage', 'tg', 'base-1', version => 1,
	hyperparameters => '{"learning_rate_multiplier": 2}');
-- and what only its adapter knows
SELECT hft.submit_job('triage', 'openai', 'gpt-4o-mini', version => 1);
SELECT hft.submit_job('triage', 'openai', 'base-1', version => 1,
	suffix => repeat('x', 65));
SELECT hft.submit_job('graded', 'openai', 'base-1', version => 1);

-- too few, none, too large: refused with the numbers (F51)
SELECT hft.submit_job('triage', 'openai', 'base-1', version => 2);
SELECT hft.submit_job('triage', 'tg', 'base-1', version => 4);
SELECT hft.submit_job('triage', 'openai', 'base-1', version => 5);

-- findings block unless forced, which is kept
SELECT hft.submit_job('triage', 'openai', 'base-1', version => 3);
SELECT hft.submit_job('triage', 'openai', 'base-1', name => 'forced',
	version => 3, force => true) > 0 AS ok;
SELECT forced FROM hft.job WHERE name = 'forced';

-- a model that is gone by our table: a warning, the platform decides
SET client_min_messages = warning;
SELECT hft.submit_job('triage', 'openai', 'base-0', version => 1) > 0 AS ok;
SET client_min_messages = error;

-- no version named: what the query gives now; the same rows, the same version
CREATE TABLE question (n int, subject text, area text);
INSERT INTO question
SELECT n, 'Question number ' || n, CASE n % 2 WHEN 0 THEN 'even' ELSE 'odd' END
FROM generate_series(1, 20) n;
SELECT hft.create_dataset('parity', 'SELECT n::text AS id, subject AS "user",
	area AS assistant FROM question ORDER BY n', validation => 0) > 0 AS ok;
SELECT hft.submit_job('parity', 'openai', 'base-1') > 0 AS ok;
SELECT hft.submit_job('parity', 'openai', 'base-1') > 0 AS ok;
UPDATE question SET area = 'prime' WHERE n IN (2, 3, 5, 7, 11, 13, 17, 19);
SELECT hft.submit_job('parity', 'openai', 'base-1') > 0 AS ok;
SELECT hft.submit_job('parity', 'tg', 'base-1') > 0 AS ok;
SELECT v.number, j.server, count(*) AS jobs, count(DISTINCT f.id) AS files,
	bool_and(f.bytes = v.bytes) AS bytes_known
FROM hft.job j JOIN hft.dataset_version v ON v.id = j.version_id
JOIN hft.file f ON f.id = j.training_file_id
WHERE j.dataset = 'parity' GROUP BY 1, 2 ORDER BY 1, 2;
DROP TABLE question;

-- privileges: nothing before grant_access, USAGE is the right to spend
CREATE ROLE regress_hft_job;
SET ROLE regress_hft_job;
SELECT hft.submit_job('triage', 'openai', 'base-1', version => 1);
RESET ROLE;
SELECT hft.grant_access('regress_hft_job');
SET ROLE regress_hft_job;
SELECT hft.submit_job('triage', 'openai', 'base-1', version => 1);
SELECT hft.cancel_job(1);
SELECT hft.job_id('first');
SELECT count(*) AS visible FROM hft.job;
UPDATE hft.job SET state = 'pending';
INSERT INTO hft.cost (owner, server, kind, quantity, unit, source)
VALUES ('regress_hft_job', 'openai', 'training', 1, 'tokens', 'provider');
SELECT hft.import_jobs('openai');
RESET ROLE;
UPDATE hft.dataset SET owner = 'regress_hft_job' WHERE name = 'triage';
SET ROLE regress_hft_job;
SELECT hft.submit_job('triage', 'openai', 'base-1', version => 1);
SELECT pg_temp.explain('''triage''', '''openai''', '''base-1''', 'version => 1')
OFFSET 17;
RESET ROLE;
GRANT USAGE ON FOREIGN SERVER openai TO regress_hft_job;
SET ROLE regress_hft_job;
SELECT hft.submit_job('triage', 'openai', 'base-1', name => 'theirs',
	version => 1) > 0 AS ok;
SELECT name, owner FROM hft.job;
SELECT hft.cancel_job('theirs');
RESET ROLE;
SELECT hft.revoke_access('regress_hft_job');
SET ROLE regress_hft_job;
SELECT count(*) FROM hft.job;
RESET ROLE;

-- cancelling: at once what the platform does not have
SELECT hft.cancel_job('frist');
SELECT hft.cancel_job('first');
SET client_min_messages = notice;
SELECT hft.cancel_job('first');
SET client_min_messages = error;
SELECT state, due_at, finished_at IS NOT NULL AS finished FROM hft.job
WHERE name = 'first';
SELECT message FROM hft.event WHERE job_id = hft.job_id('first');
SELECT hft.cancel_job(999999);

-- what the platform has or may have is its decision (F44)
UPDATE hft.job SET state = 'running', remote_id = 'ftjob-1', name = 'live',
	due_at = NULL
WHERE id = 2;
SELECT hft.cancel_job('live');
SELECT state, wanted, due_at IS NOT NULL AS due FROM hft.job WHERE id = 2;
UPDATE hft.job SET state = 'succeeded' WHERE id = 2;
SELECT hft.cancel_job('live');

-- pausing and resuming, where the platform can
UPDATE hft.job SET state = 'running', wanted = NULL WHERE id = 2;
SELECT hft.pause_job('live');
SELECT state, wanted FROM hft.job WHERE id = 2;
SELECT hft.resume_job('live');
SELECT state, wanted FROM hft.job WHERE id = 2;
SELECT hft.resume_job('live');
UPDATE hft.job SET state = 'paused' WHERE id = 2;
SET client_min_messages = notice;
SELECT hft.pause_job(2);
SELECT hft.resume_job(2);
SET client_min_messages = error;
SELECT state, wanted FROM hft.job WHERE id = 2;
SELECT hft.pause_job('forced');
UPDATE hft.job SET server = 'tg' WHERE id = 3;
SELECT hft.pause_job(3);
SELECT hft.resume_job(3);

-- a job in doubt is looked for again, and paid again only when told so
UPDATE hft.job SET state = 'needs_attention', reason = 'in_doubt', name = 'doubt',
	resume_state = 'creating', error_message = 'lost', server = 'openai'
WHERE id = 3;
INSERT INTO hft.attempt (job_id, kind, token, request_digest, epoch, state, looks)
SELECT id, 'create', token, '\x00', 1, 'in_doubt', 2 FROM hft.job WHERE id = 3;
SET client_min_messages = notice;
SELECT hft.retry_job('doubt');
SET client_min_messages = error;
SELECT j.state, j.reason, j.error_message, a.state, a.looks
FROM hft.job j JOIN hft.attempt a ON a.job_id = j.id;
UPDATE hft.job SET state = 'needs_attention', reason = 'in_doubt' WHERE id = 3;
SELECT hft.retry_job('doubt', pay_again => true);
SELECT j.state, a.state, a.error_message, a.settled_at IS NOT NULL AS settled
FROM hft.job j JOIN hft.attempt a ON a.job_id = j.id;
-- cancelling it: asked for once more, then the owner's responsibility
UPDATE hft.job SET state = 'needs_attention', reason = 'in_doubt' WHERE id = 3;
UPDATE hft.attempt SET state = 'in_doubt';
SELECT hft.cancel_job('doubt');
SELECT state, wanted FROM hft.job WHERE id = 3;
UPDATE hft.job SET state = 'needs_attention', reason = 'in_doubt' WHERE id = 3;
SET client_min_messages = warning;
SELECT hft.cancel_job('doubt');
SET client_min_messages = error;

-- other reasons: on from where it stopped
UPDATE hft.job SET state = 'needs_attention', reason = 'limit',
	resume_state = 'uploading', failures = 20, sqlstate = '53400'
WHERE id = 2;
SELECT hft.retry_job(2, pay_again => true);
SELECT hft.retry_job(2);
SELECT state, reason, failures, sqlstate FROM hft.job WHERE id = 2;
SELECT hft.retry_job(2);

-- a failed job gets a successor, which takes its name
UPDATE hft.job SET state = 'failed' WHERE id = 2;
SELECT hft.retry_job('live') > 2 AS successor;
SELECT state, base_model, id > 2 AS successor FROM hft.job WHERE name = 'live';
SELECT name FROM hft.job WHERE id = 2;
UPDATE hft.job SET state = 'failed', version_id = NULL, successor_id = NULL
WHERE id = 2;
SELECT hft.retry_job(2);

-- in a copy of the database nothing goes on by itself (R42)
UPDATE hft.job SET state = 'needs_attention', reason = 'moved', name = 'moved',
	resume_state = 'creating', system_identifier = 1 WHERE id = 4;
SELECT hft.retry_job('moved');
SELECT hft.adopt_job('moved');
SELECT state, reason FROM hft.job WHERE id = 4;
SELECT hft.adopt_job('moved');

-- importing is a row that the worker takes up
SELECT hft.import_jobs('openai') > 0 AS ok;
SELECT server, state, due_at IS NOT NULL AS due FROM hft.import;
SELECT hft.import_jobs('opnai');

-- waiting: ends with success, with an error for anything else, or in time
UPDATE hft.job SET state = 'succeeded' WHERE name = 'moved';
CALL hft.wait_for('moved');
CALL hft.wait_for('first', '1 minute');
UPDATE hft.job SET state = 'failed', error_message = 'it was refused',
	error_hint = 'Ask them.', name = 'waits' WHERE id = 10;
CALL hft.wait_for(10);
UPDATE hft.job SET state = 'needs_attention' WHERE id = 10;
CALL hft.wait_for('waits', '1 minute');
UPDATE hft.job SET state = 'running', steps_done = 3, steps_total = 10 WHERE id = 10;
CALL hft.wait_for('waits', '30 milliseconds');
CALL hft.wait_for(999999);
CALL hft.wait_for(NULL::bigint);
BEGIN;
CALL hft.wait_for(10, '1 minute');
ROLLBACK;
SET statement_timeout = '50ms';
CALL hft.wait_for(10, '1 minute');
RESET statement_timeout;

-- progress shows live jobs; a wish that waits is seen
SELECT state, rows_total, bytes_total, steps_done, steps_total, percent
FROM hft.progress WHERE job_id = 10;

DROP EXTENSION hft CASCADE;
DROP ROLE regress_hft_job;
