-- compare_providers says of each target what explain_job would say of it, with
-- the rows and tokens as that platform and model see them.
--
-- Could pass by accident if every target got the stored counts, or if prices
-- were those of the day: tokens are held against hft.count_tokens() for each
-- model, and prices are rows of this test.
BEGIN;
SELECT plan(28);
SET client_min_messages = error;

INSERT INTO hft.price (provider, model, method, unit, amount, source) VALUES
	('openai', 'gpt-4o-mini-2024-07-18', 'sft', 'train_1m_tokens', 3, 'test'),
	('openai', 'gpt-4o-2024-08-06', 'sft', 'train_1m_tokens', 25, 'test'),
	('openai', 'gpt-3.5-turbo-0125', NULL, 'train_1m_tokens', 8, 'test'),
	('together', 'openai/gpt-oss-20b', NULL, 'train_1m_tokens', 1.5, 'test'),
	('together', 'unpriced/%', NULL, 'train_1m_tokens', NULL, 'nobody knows'),
	('together', 'openai/gpt-oss-20b', NULL, 'host_hour', 2, 'test');

-- ---- the seed: 500 examples of 400 tokens

CREATE TABLE seed AS
	SELECT g AS id, 'Say ' || g AS "user", repeat('word ', 385) AS assistant
	FROM generate_series(1, 500) g;
SELECT hft.create_dataset('seed', 'SELECT * FROM seed', validation => 0);
CREATE TEMP TABLE told AS
	SELECT * FROM hft.compare_providers('seed', ARRAY[
		'openai/gpt-4o-mini-2024-07-18', 'openai/gpt-4o-2024-08-06',
		'together/openai/gpt-oss-20b', 'together/unpriced/model']);
SELECT is((SELECT array_agg(DISTINCT tokens) FROM hft.example), '{400}',
	'the examples have 400 tokens each');
SELECT results_eq(
	$$SELECT model, epochs_billed, billed_tokens_high, price_high FROM told
		WHERE provider = 'openai' ORDER BY price_high$$,
	$$VALUES ('gpt-4o-mini-2024-07-18', 3::bigint, 600000::bigint, 1.80),
		('gpt-4o-2024-08-06', 3, 600000, 15.00)$$,
	'500 examples x 400 tokens x 3 epochs: $1.80 at $3, $15.00 at $25');
SELECT results_eq(
	$$SELECT billed_tokens_low, price_low FROM told
		WHERE model = 'gpt-4o-mini-2024-07-18'$$,
	$$VALUES (595500::bigint, 1.7865)$$,
	'the low end is 3 tokens an example below');
SELECT results_eq(
	$$SELECT accepted, rejected, truncated, findings FROM told$$,
	$$SELECT 500::bigint, 0::bigint, 0::bigint, '{}'::jsonb
		FROM generate_series(1, 4)$$,
	'every target takes all rows');
SELECT results_eq(
	$$SELECT model, tokens FROM told WHERE model <> 'unpriced/model'$$,
	$$SELECT m.model, sum(hft.count_tokens(e.body::jsonb, m.model))::bigint
		FROM (SELECT model FROM told) m, hft.example e
		WHERE m.model <> 'unpriced/model'
		GROUP BY 1 ORDER BY array_position(
			(SELECT array_agg(model) FROM told), m.model)$$,
	'tokens are those of each model');
SELECT isnt((SELECT tokens FROM told WHERE model LIKE '%oss%'), 200000::bigint,
	'which differ');
SELECT results_eq(
	$$SELECT tokenizer, tokens_exact FROM told ORDER BY model$$,
	$$VALUES ('o200k_base', true), ('o200k_base', true), ('o200k_base', true),
		('o200k_base', false)$$,
	'a model whose tokenizer is unknown gets an estimate that says so');
SELECT results_eq(
	$$SELECT price_low, price_high, price_source, hosting_per_month FROM told
		WHERE model = 'unpriced/model'$$,
	$$VALUES (NULL::numeric, NULL::numeric, 'nobody knows', NULL::numeric)$$,
	'an unknown price is null, never 0');
SELECT results_eq(
	$$SELECT model, hosting_per_month FROM told WHERE model <> 'unpriced/model'
		ORDER BY model$$,
	$$VALUES ('gpt-4o-2024-08-06', 0::numeric), ('gpt-4o-mini-2024-07-18', 0),
		('openai/gpt-oss-20b', 1460)$$,
	'hosting: nothing without a deployment, else 730 hours');
INSERT INTO hft.price (provider, model, method, unit, amount, options, source)
VALUES ('together', 'unpriced/%', NULL, 'host_hour', 4, '{"size": "l"}', 'test'),
	('together', 'unpriced/%', NULL, 'host_hour', 3, '{"size": "s"}', 'test');
SELECT is((SELECT hosting_per_month FROM hft.compare_providers('seed',
		'{together/unpriced/model}')), 2190::numeric,
	'the cheapest, where it depends on the deployment''s options');
SELECT is((SELECT retires_on FROM told WHERE model = 'gpt-4o-2024-08-06'),
	'2027-01-14', 'with the day the model is shut down');
SELECT is((SELECT count(*) FROM told WHERE server IS NULL), 4::bigint,
	'none of it needed a server');

CREATE SERVER mine FOREIGN DATA WRAPPER hft OPTIONS (provider 'openai');
SELECT results_eq(
	$$SELECT server, provider, price_high
		FROM hft.compare_providers('seed', '{mine/gpt-4o-mini-2024-07-18}')$$,
	$$VALUES ('mine', 'openai', 1.80)$$, 'a server is a target, too');
SELECT matches(
	(SELECT string_agg(line, E'\n') FROM hft.explain_job('seed', 'mine',
		'gpt-4o-mini-2024-07-18') line),
	'Epochs: 3 .*595,500 to 600,000.*Estimate: \$1.79 to \$1.80',
	'and explain_job says the same of it');
SELECT is((SELECT price_high FROM hft.compare_providers('seed',
		'{mine/gpt-4o-mini-2024-07-18}', epochs => 1)),
	0.60, 'epochs that were asked for');
SELECT is((SELECT price_high FROM hft.compare_providers('seed',
		'{mine/gpt-4o-mini-2024-07-18}', epochs => 1,
		hyperparameters => '{"n_epochs": 2}')),
	1.20, 'the platform''s own name for them wins');

-- ---- rows that platforms see differently

CREATE TABLE odd AS
	SELECT g AS id, jsonb_build_array(
		jsonb_build_object('role', 'user', 'content', 'q' || g),
		jsonb_build_object('role', 'assistant', 'content',
			CASE WHEN g = 12 THEN repeat('word ', 17000) ELSE 'a' END)) AS messages
	FROM generate_series(1, 12) g
	UNION ALL
	SELECT 13, '[{"role": "user", "content": "a"},
		{"role": "user", "content": "b"}, {"role": "assistant", "content": "c"}]'
	UNION ALL
	SELECT 14, '[{"role": "user", "content": "<|endoftext|>"},
		{"role": "assistant", "content": "c"}]';
SELECT hft.create_dataset('odd', 'SELECT * FROM odd', validation => 0);
CREATE TEMP TABLE seen AS SELECT * FROM hft.compare_providers('odd',
	'{openai/gpt-3.5-turbo-0125, together/openai/gpt-oss-20b}', epochs => 1);
SELECT results_eq(
	$$SELECT accepted, rejected, truncated, findings FROM seen$$,
	$$VALUES (13::bigint, 1::bigint, 1::bigint,
		'{"special_token": 1, "tokens_over_limit": 1}'::jsonb),
		(13, 1, 0, '{"alternation": 1}')$$,
	'each refuses and cuts its own rows, and says why');
SELECT is((SELECT tokens FROM seen WHERE provider = 'openai'),
	(SELECT sum(hft.count_tokens(body::jsonb, 'gpt-3.5-turbo-0125'))::bigint
		FROM hft.example e JOIN hft.dataset_version v ON v.id = e.version_id
		JOIN hft.dataset d ON d.id = v.dataset_id WHERE d.name = 'odd'),
	'tokens are of all rows');
SELECT is((SELECT billed_tokens_high - tokens FROM seen WHERE provider = 'openai'),
	0::bigint, 'the high end is of all rows');
SELECT cmp_ok((SELECT billed_tokens_low FROM seen WHERE provider = 'openai'),
	'<=', 16385 + 12 * 20::bigint,
	'the low end of those that are taken, cut at the limit');
SELECT is(problems, '{}', 'findings are no problem: rows can be left out')
	FROM seen WHERE provider = 'openai';

CREATE TABLE few AS SELECT 1 AS id, 'q' AS "user", 'a' AS assistant;
SELECT hft.create_dataset('few', 'SELECT * FROM few', validation => 0);
SELECT is((SELECT problems FROM hft.compare_providers('few',
		'{openai/gpt-4o-2024-08-06}')),
	'{"data set \"few\" has too few training examples"}',
	'what would refuse the job is said');

-- ---- targets that are not written out

SELECT set_eq(
	$$SELECT model FROM hft.compare_providers('few', '{openai}')$$,
	$$SELECT DISTINCT btrim(model, '%') FROM hft.price WHERE provider = 'openai'
		AND unit = 'train_1m_tokens'
		AND current_date >= valid_from AND current_date < valid_until$$,
	'a platform alone: all that has a price today');
SELECT results_eq(
	$$SELECT DISTINCT provider, server FROM hft.compare_providers('few')
		WHERE provider IN ('openai', 'together') ORDER BY 1$$,
	$$VALUES ('openai', 'mine'), ('together', NULL)$$,
	'no targets: the servers one has, and platforms beside them');

SELECT throws_ok($$SELECT * FROM hft.compare_providers('few', '{opnai/x}')$$,
	'42704', NULL, 'unknown place');
SELECT throws_ok($$SELECT * FROM hft.compare_providers('few', '{NULL}')$$,
	'22004', NULL, 'no target');
SELECT throws_ok($$SELECT * FROM hft.compare_providers('none')$$,
	'42704', NULL, 'unknown data set');
SELECT throws_ok($$SELECT * FROM hft.compare_providers('few', epochs => 0)$$,
	'22023', NULL, 'no epochs');

SELECT * FROM finish();
ROLLBACK;
