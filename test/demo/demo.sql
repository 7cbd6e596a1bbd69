-- The demonstration of hft: the main job, from rows to a model that answers.
--
-- test/run/demo.py plays it.  "-- ==" opens a step and the comment below is
-- its story; "-- expect" is a pattern that the next result must match;
-- "-- watch" repeats the next statement until it finds nothing more.

-- == Connect
-- A foreign server says where to train, a user mapping with which key.
CREATE EXTENSION hft;
CREATE SERVER openai FOREIGN DATA WRAPPER hft
    OPTIONS (provider 'openai', base_url :'openai');
CREATE USER MAPPING FOR CURRENT_USER SERVER openai
    OPTIONS (key_file 'openai.key');

-- == Rows become a data set
-- PostgreSQL files each of its settings under a topic. A model shall learn to
-- tell the topic; a tenth of the rows validates, a fifth is kept for the end.
SELECT hft.create_dataset('settings', $$
    SELECT name AS id,
           name || ': ' || short_desc AS prompt,
           split_part(category, ' / ', 1) AS completion
    FROM pg_settings WHERE name !~ '[.]' $$,
    validation => 0.1, test => 0.2) AS dataset;
SELECT number AS version, rows, tokens, bytes, left(sha256::text, 18) AS sha256
FROM hft.snapshot_dataset('settings');
SELECT hft.export_jsonl('settings', 'train') LIMIT 1;

-- == Check it, and look at its tokens
-- Every rule of the platforms that a row can break is tested before you pay.
-- expect ^ *0 \|
SELECT count(f) AS findings, (SELECT count(*) FROM hft.rules()) AS rules
FROM hft.check_dataset('settings') f;
SELECT split, rows, tokens, shortest, median, p90, p99, longest
FROM hft.profile_dataset('settings');

-- == What would it cost?
-- expect ^Billed Tokens: [1-9]
SELECT hft.explain_job('settings', 'openai', 'gpt-4o-mini-2024-07-18',
    hyperparameters => '{"n_epochs": 4, "batch_size": 4}');

-- == Train
-- A job is a row. Work begins on COMMIT; a rollback costs nothing.
SELECT hft.submit_job('settings', 'openai', 'gpt-4o-mini-2024-07-18',
    name => 'settings-1',
    hyperparameters => '{"n_epochs": 4, "batch_size": 4}') AS job;

-- == Watch it learn
-- (To do this in psql, end the statement with \watch 1 instead of a semicolon.)
-- watch
SELECT rpad(p.state, 9) AS state, to_char(p.percent, '990') AS percent,
       hft.sparkline(ARRAY(
           SELECT l.train_loss FROM hft.loss l
           WHERE l.job_id = p.job_id ORDER BY l.step), 48) AS train_loss
FROM hft.progress p WHERE p.name = 'settings-1';

-- == The loss curve
CALL hft.wait_for('settings-1', '1 minute');
SELECT hft.sparkline('settings-1', 48);
SELECT hft.loss_svg('settings-1') \g (format=unaligned tuples_only=on) loss.svg
SELECT hft.report('settings-1') \g (format=unaligned tuples_only=on) report.html

-- == Ask the model
-- Applications name an alias; promote() and rollback() move it.
SELECT hft.promote('topic', 'settings-1');
-- expect Query Tuning
SELECT hft.chat('topic', 'enable_timetravel: '
    'Enables the planner''s use of time travel plans.');

-- == Is it any good?
-- On rows it never saw, against always giving the most frequent answer.
CREATE TABLE answer AS
SELECT source_key, body::jsonb #>> '{messages,1,content}' AS expected,
       hft.chat('topic', body::jsonb #>> '{messages,0,content}') AS answer
FROM hft.example WHERE split = 'test';
-- expect \| t$
WITH a AS (
    SELECT count(*) AS n, count(*) FILTER (WHERE answer = expected) AS correct,
           count(*) FILTER (WHERE expected = (
               SELECT mode() WITHIN GROUP (ORDER BY expected) FROM answer))
               AS frequent
    FROM answer)
SELECT n AS held_out, correct, round(100.0 * correct / n, 1) AS percent,
       format('%s - %s', round(100 * low::numeric, 1),
           round(100 * high::numeric, 1)) AS wilson_95,
       round(100.0 * frequent / n, 1) AS most_frequent,
       low > frequent::float8 / n AS learned
FROM a, hft.wilson(correct, n);

-- == What did it cost?
-- The bill differs because the emulator counts tokens by a rule of its own.
SELECT estimated_tokens, trained_tokens, tokens_ratio,
       round(estimated_high, 4) AS estimated, round(billed_amount, 4) AS billed
FROM hft.estimate_accuracy WHERE name = 'settings-1';
SELECT server, kind, items, tokens, round(amount, 4) AS amount FROM hft.spend;

-- == The same data set on another platform
-- With the connection in place only the names of server and model change.
-- (Together charges at least $4 for a job.)
CREATE SERVER together FOREIGN DATA WRAPPER hft
    OPTIONS (provider 'together', base_url :'together');
CREATE USER MAPPING FOR CURRENT_USER SERVER together
    OPTIONS (key_file 'together.key');
SELECT hft.submit_job('settings', 'together', 'Qwen/Qwen3.5-9B',
    name => 'settings-2',
    hyperparameters => '{"n_epochs": 4, "batch_size": 4}') AS job;
CALL hft.wait_for('settings-2', '1 minute');
SELECT hft.sparkline('settings-2', 48);
SELECT name, server, state, trained_tokens,
       round(billed_amount, 4) AS billed FROM hft.job ORDER BY id;
