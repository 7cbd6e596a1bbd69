-- Which price applies, and that unknown is never free.
CREATE EXTENSION hft;

-- shipped rows: OpenAI by dated name, also for what was tuned from it
SELECT unit, hft.price_of('openai', 'gpt-4o-mini-2024-07-18', 'sft', unit, '2026-06-01')
FROM unnest(ARRAY['train_1m_tokens', 'input_1m_tokens', 'cached_1m_tokens',
	'output_1m_tokens', 'host_hour']) unit;
SELECT hft.price_of('openai', 'ft:gpt-4o-mini-2024-07-18:acme::x1', 'sft',
	'train_1m_tokens', '2026-06-01') AS trained_further,
	hft.price_of('openai', 'ft:gpt-4.1-mini-2025-04-14:acme::x1', NULL,
	'output_1m_tokens', '2026-06-01') AS answers;
SELECT hft.price_of('openai', 'o4-mini-2025-04-16', 'sft', 'train_1m_tokens',
	'2026-06-01') AS not_tunable_so,
	hft.price_of('openai', 'o4-mini-2025-04-16', 'rft', 'train_hour',
	'2026-06-01') AS an_hour,
	hft.price_of('openai', 'davinci-002', 'dpo', 'train_1m_tokens',
	'2026-06-01') AS no_dpo;

-- each within its time: before the source, and after the shut-down, unknown
SELECT at, hft.price_of('openai', 'gpt-4.1-nano-2025-04-14', 'sft',
	'train_1m_tokens', at)
FROM unnest(ARRAY['2026-03-23 23:59:59+00', '2026-03-24 00:00:00+00',
	'2026-10-22 23:59:59+00', '2026-10-23 00:00:00+00']::timestamptz[]) at;
SELECT hft.price_of('openai', 'gpt-4o-2024-08-06', 'sft', 'train_1m_tokens',
	'2027-01-10') AS no_training_after_the_closing,
	hft.price_of('openai', 'gpt-4o-2024-08-06', NULL, 'input_1m_tokens',
	'2027-01-10') AS answers_until_shut_down;

-- Together by tier, method and kind of training
SELECT model, method, options->>'training_type' AS training_type,
	hft.price_of('together', model, method, 'train_1m_tokens', '2026-06-01', options)
FROM (VALUES ('Qwen/Qwen3.5-9B'), ('Qwen/Qwen3.5-27B'),
	('meta-llama/Llama-3.3-70B-Instruct-Reference')) m (model),
	(VALUES ('sft'), ('dpo'), ('text')) t (method),
	(VALUES ('{}'::jsonb), ('{"training_type": "full", "n_epochs": 3}')) o (options)
ORDER BY 1, 2, 3 NULLS FIRST;
-- a larger model: known to be unknown, with the reason
SELECT amount, source FROM hft.find_price('together', 'moonshotai/Kimi-K2.6',
	'sft', 'train_1m_tokens', '2026-06-01');
SELECT amount FROM hft.find_price('together', 'moonshotai/Kimi-K2.6',
	'sft', 'train_minimum', '2026-06-01');
SELECT hft.price_of('nobody', 'm', 'sft', 'train_1m_tokens') AS unknown;

-- rows of yours come first, the more specific ones before the others
INSERT INTO hft.price (provider, model, method, unit, amount, source) VALUES
	('openai', '%', NULL, 'train_1m_tokens', 9, 'ours');
SELECT hft.price_of('openai', 'gpt-4o-2024-08-06', 'sft', 'train_1m_tokens');
INSERT INTO hft.price (provider, model, method, unit, amount, source) VALUES
	('openai', 'gpt-4o-%', NULL, 'train_1m_tokens', 8, 'ours');
SELECT hft.price_of('openai', 'gpt-4o-2024-08-06', 'sft', 'train_1m_tokens');
INSERT INTO hft.price (provider, model, method, unit, amount, source) VALUES
	('openai', 'gpt-4o-%', 'sft', 'train_1m_tokens', 7, 'ours');
SELECT hft.price_of('openai', 'gpt-4o-2024-08-06', 'sft', 'train_1m_tokens');
INSERT INTO hft.price (provider, model, method, unit, amount, options, source)
VALUES ('openai', 'gpt-4o-%', 'sft', 'train_1m_tokens', 6, '{"seed": 1}', 'ours');
SELECT hft.price_of('openai', 'gpt-4o-2024-08-06', 'sft', 'train_1m_tokens',
	options => '{"seed": 1}') AS fits,
	hft.price_of('openai', 'gpt-4o-2024-08-06', 'sft', 'train_1m_tokens',
	options => '{"seed": 2}') AS does_not;
-- a newer price of the same thing needs no end of the older one
INSERT INTO hft.price (provider, model, method, unit, amount, valid_from, source)
VALUES ('openai', 'gpt-4o-%', 'sft', 'train_1m_tokens', 5, '2026-11-01', 'ours');
SELECT hft.price_of('openai', 'gpt-4o-2024-08-06', 'sft', 'train_1m_tokens',
	'2026-10-31') AS october,
	hft.price_of('openai', 'gpt-4o-2024-08-06', 'sft', 'train_1m_tokens',
	'2026-11-02') AS november;

-- yours are dumped, shipped ones are not, and their ids cannot collide
SELECT bool_and(shipped = (id <= 100000)) AS apart,
	count(*) FILTER (WHERE shipped) > 100 AS shipped FROM hft.price;
INSERT INTO hft.price (provider, model, unit, amount, source)
VALUES ('openai', '%', 'train_1m_token', 1, 'a mistyped unit');
INSERT INTO hft.price (provider, model, unit, amount, source, valid_from, valid_until)
VALUES ('openai', '%', 'host_hour', 1, 'never valid', '2026-01-02', '2026-01-02');

-- retirement
SELECT retires_on FROM hft.find_retirement('openai', 'gpt-4o-mini-2024-07-18');
SELECT retires_on FROM hft.find_retirement('openai', 'ft:davinci-002:acme::x');
SELECT count(*) AS unknown FROM hft.find_retirement('openai', 'gpt-9');
INSERT INTO hft.retirement (provider, model, retires_on, source)
VALUES ('openai', '%gpt-4o-mini%', '2030-01-01', 'they told us');
SELECT retires_on FROM hft.find_retirement('openai', 'gpt-4o-mini-2024-07-18');

-- spending: sums of what is priced, and how much is not
INSERT INTO hft.cost (at, owner, server, kind, quantity, unit, amount, source)
VALUES ('2026-10-31 23:30:00-07', 'pg_monitor', 's', 'training', 1000000, 'tokens', 3.00, 'provider'),
	('2026-11-02 00:00:00+00', 'pg_monitor', 's', 'training', 500000, 'tokens', NULL, 'unknown'),
	('2026-11-03 00:00:00+00', 'pg_monitor', 's', 'training', NULL, 'tokens', 1.25, 'provider'),
	('2026-11-03 00:00:00+00', 'pg_monitor', 's', 'hosting', 2.5, 'hours', 9.975, 'price:1');
-- hosting is idle on days without an answer of that model
INSERT INTO hft.cost (at, owner, server, kind, model, quantity, unit, amount, source)
VALUES ('2026-11-04 23:59:59+00', 'pg_monitor', 's', 'hosting', 'm', 24, 'hours', 7, 'provider'),
	('2026-11-04 00:00:00+00', 'pg_monitor', 's', 'inference', 'm', 9, 'tokens', NULL, 'unknown'),
	('2026-11-05 23:59:59+00', 'pg_monitor', 's', 'hosting', 'm', 24, 'hours', 8, 'provider'),
	('2026-11-05 12:00:00+00', 'pg_monitor', 's', 'evaluation', 'n', 9, 'tokens', NULL, 'unknown'),
	('2026-11-06 00:00:00+00', 'pg_monitor', 's', 'inference', 'm', 9, 'tokens', NULL, 'unknown');
SELECT month AT TIME ZONE 'UTC' AS month, server, owner, kind, items, amount,
	idle_amount, unpriced, tokens, hours
FROM hft.spend ORDER BY 1, 4;

-- how good the estimates were
INSERT INTO hft.job (owner, server, base_model, method, system_identifier,
	database, estimated_tokens, estimated_low, estimated_high, trained_tokens,
	billed_amount)
VALUES ('pg_monitor', 's', 'm', 'sft', 1, 1, 300000, 0.87, 0.90, 294000, 0.882),
	('pg_monitor', 's', 'm', 'sft', 1, 1, NULL, NULL, NULL, 294000, NULL),
	('pg_monitor', 's', 'm', 'sft', 1, 1, 300000, 0.87, 0.90, NULL, NULL);
SELECT estimated_tokens, trained_tokens, tokens_ratio, estimated_high,
	billed_amount, amount_ratio
FROM hft.estimate_accuracy ORDER BY job_id;

DROP EXTENSION hft CASCADE;
