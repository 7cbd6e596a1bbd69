/* hft: prices, days of retirement, and the views over money */

/*
 * The one place that knows which price applies: the most specific pattern
 * valid on that day (UTC), rows of yours before shipped ones.
 */
CREATE FUNCTION hft.find_price(
	provider text, model text, method text, unit text,
	at timestamptz DEFAULT pg_catalog.now(), options jsonb DEFAULT '{}')
RETURNS SETOF hft.price
LANGUAGE SQL STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
	SELECT p.*
	FROM hft.price p
	WHERE p.provider = find_price.provider
		AND p.unit = find_price.unit
		AND find_price.model LIKE p.model
		AND (p.method IS NULL OR p.method = find_price.method)
		AND find_price.options @> p.options
		AND (find_price.at AT TIME ZONE 'UTC')::date >= p.valid_from
		AND (find_price.at AT TIME ZONE 'UTC')::date < p.valid_until
	ORDER BY p.shipped, length(replace(p.model, '%', '')) DESC,
		p.method NULLS LAST, p.options = '{}', p.valid_from DESC, p.id DESC
	LIMIT 1;
END;
COMMENT ON FUNCTION hft.find_price(text, text, text, text, timestamptz, jsonb) IS
	'The row of hft.price that applies to a model on a day, or no row';
REVOKE ALL ON FUNCTION hft.find_price(text, text, text, text, timestamptz, jsonb)
	FROM PUBLIC;

CREATE FUNCTION hft.price_of(
	provider text, model text, method text, unit text,
	at timestamptz DEFAULT pg_catalog.now(), options jsonb DEFAULT '{}')
RETURNS numeric
LANGUAGE SQL STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT p.amount
	FROM hft.find_price(provider, model, method, unit, at, options) p;
END;
COMMENT ON FUNCTION hft.price_of(text, text, text, text, timestamptz, jsonb) IS
	'Price in USD of a unit of a model on a day; NULL means unknown, not free';
REVOKE ALL ON FUNCTION hft.price_of(text, text, text, text, timestamptz, jsonb)
	FROM PUBLIC;

CREATE TABLE hft.retirement (
	id			bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	provider	text NOT NULL,
	model		text NOT NULL,		-- LIKE pattern over base model names
	retires_on	date NOT NULL,
	replacement	text,
	shipped		boolean NOT NULL DEFAULT false,
	source		text NOT NULL
);
COMMENT ON TABLE hft.retirement IS
	'Days on which platforms shut base models, and what was tuned from them, down; rows of yours before shipped ones';
REVOKE ALL ON hft.retirement FROM PUBLIC;

CREATE FUNCTION hft.find_retirement(provider text, model text)
RETURNS SETOF hft.retirement
LANGUAGE SQL STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
	SELECT r.*
	FROM hft.retirement r
	WHERE r.provider = find_retirement.provider
		AND find_retirement.model LIKE r.model
	ORDER BY r.shipped, length(replace(r.model, '%', '')) DESC, r.id DESC
	LIMIT 1;
END;
COMMENT ON FUNCTION hft.find_retirement(text, text) IS
	'The row of hft.retirement that applies to a model, or no row';
REVOKE ALL ON FUNCTION hft.find_retirement(text, text) FROM PUBLIC;

/*
 * Platforms that take deployments down by themselves: unused for so long, or
 * at an age, whichever the row names.
 */
CREATE TABLE hft.deployment_limit (
	id			bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	provider	text NOT NULL,
	options		jsonb NOT NULL DEFAULT '{}',	-- deployment options it applies to
	idle		interval,
	age			interval,
	shipped		boolean NOT NULL DEFAULT false,
	source		text NOT NULL
);
COMMENT ON TABLE hft.deployment_limit IS
	'When platforms delete deployments that are not used, or at an age; the most specific options apply, rows of yours before shipped ones';
REVOKE ALL ON hft.deployment_limit FROM PUBLIC;

/*
 * What the fact sheets give.  Ids below 100,000 are shipped rows, so that a
 * dump of yours never collides with the rows of a newer version.  A pattern
 * begins with % because further training of "ft:MODEL:..." costs the same.
 */
ALTER TABLE hft.price ALTER COLUMN id RESTART WITH 100001;
ALTER TABLE hft.retirement ALTER COLUMN id RESTART WITH 100001;
ALTER TABLE hft.deployment_limit ALTER COLUMN id RESTART WITH 100001;

INSERT INTO hft.price (id, provider, model, method, unit, amount, valid_from,
	valid_until, shipped, source)
OVERRIDING SYSTEM VALUE
SELECT row_number() OVER (), 'openai', '%' || m.model || '%', u.method, u.unit,
	u.amount, DATE '2026-03-24',
	CASE WHEN u.method IS NULL THEN m.ends
		ELSE least(m.ends, DATE '2027-01-06') END,
	true, 'OpenAI model pages as of 2026-03-24'
FROM (VALUES
	('gpt-4.1-2025-04-14', 25.00, 3.00, 0.75, 12.00, DATE '2027-01-14'),
	('gpt-4.1-mini-2025-04-14', 5.00, 0.80, 0.20, 3.20, DATE '2027-01-14'),
	('gpt-4.1-nano-2025-04-14', 1.50, 0.20, 0.05, 0.80, DATE '2026-10-23'),
	('gpt-4o-2024-08-06', 25.00, 3.75, 1.875, 15.00, DATE '2027-01-14'),
	('gpt-4o-mini-2024-07-18', 3.00, 0.30, 0.15, 1.20, DATE '2027-01-14'),
	('o4-mini-2025-04-16', NULL, 4.00, 1.00, 16.00, DATE '2026-10-23'),
	('gpt-3.5-turbo', 8.00, 3.00, NULL, 6.00, DATE '2026-10-23'),
	('davinci-002', 6.00, 12.00, NULL, 12.00, DATE '2026-10-23'),
	('babbage-002', 0.40, 1.60, NULL, 1.60, DATE '2026-10-23')
	) m (model, train, input, cached, output, ends)
CROSS JOIN LATERAL (VALUES
	('sft', 'train_1m_tokens', m.train),
	('dpo', 'train_1m_tokens', m.train),
	(NULL, 'input_1m_tokens', m.input),
	(NULL, 'cached_1m_tokens', m.cached),
	(NULL, 'output_1m_tokens', m.output)) u (method, unit, amount)
WHERE u.amount IS NOT NULL
	AND (u.method IS DISTINCT FROM 'dpo' OR m.model LIKE 'gpt-4%');

INSERT INTO hft.price (id, provider, model, method, unit, amount, valid_from,
	valid_until, shipped, source)
OVERRIDING SYSTEM VALUE
VALUES (901, 'openai', '%o4-mini-2025-04-16%', 'rft', 'train_hour', 100.00,
	DATE '2026-03-24', DATE '2026-10-23', true,
	'OpenAI help centre on reinforcement fine-tuning as of 2026-03-24');

INSERT INTO hft.retirement (id, provider, model, retires_on, shipped, source)
OVERRIDING SYSTEM VALUE
SELECT row_number() OVER (), 'openai', '%' || m.model || '%', m.retires_on,
	true, 'OpenAI deprecations page as of 2026-10-14'
FROM (VALUES
	('gpt-4.1-2025-04-14', DATE '2027-01-14'),
	('gpt-4.1-mini-2025-04-14', DATE '2027-01-14'),
	('gpt-4.1-nano-2025-04-14', DATE '2026-10-23'),
	('gpt-4o-2024-08-06', DATE '2027-01-14'),
	('gpt-4o-mini-2024-07-18', DATE '2027-01-14'),
	('o4-mini-2025-04-16', DATE '2026-10-23'),
	('gpt-3.5-turbo', DATE '2026-10-23'),
	('davinci-002', DATE '2026-10-23'),
	('babbage-002', DATE '2026-10-23')) m (model, retires_on);

/*
 * Together prices by the number of all parameters, so models are mapped to
 * its tiers.  Larger models have rates of their own, known only to the
 * platform's quote, which the worker asks for before it creates a job.
 */
INSERT INTO hft.price (id, provider, model, method, unit, amount, valid_from,
	options, shipped, source)
OVERRIDING SYSTEM VALUE
SELECT 1000 + row_number() OVER (), 'together', m.model, t.method,
	'train_1m_tokens', t.amount, DATE '2026-01-01', t.options, true,
	'copies of together.ai/pricing, early to July 2026: ' || m.tier
FROM (VALUES
	('Qwen/Qwen3.5-9B%', '<= 16B'),
	('Qwen/Qwen3.5-4B%', '<= 16B'),
	('Qwen/Qwen3.5-2B%', '<= 16B'),
	('Qwen/Qwen3.5-0.8B%', '<= 16B'),
	('meta-llama/Meta-Llama-3.1-8B%', '<= 16B'),
	('Qwen/Qwen3.5-27B%', '17-69B'),
	('Qwen/Qwen3.6-27B%', '17-69B'),
	('Qwen/Qwen3.5-35B-A3B%', '17-69B'),
	('Qwen/Qwen3.6-35B-A3B%', '17-69B'),
	('nvidia/Nemotron-3-Nano-Omni-30B%', '17-69B'),
	('openai/gpt-oss-20b%', '17-69B'),
	('google/gemma-4-31B%', '17-69B'),
	('google/gemma-4-26B%', '17-69B'),
	('mistralai/Mixtral-8x7B%', '17-69B'),
	('meta-llama/Llama-3.3-70B%', '70-100B')) m (model, tier)
JOIN (VALUES
	('<= 16B', 'sft', 0.48, '{}'::jsonb),
	('<= 16B', 'text', 0.48, '{}'),
	('<= 16B', 'dpo', 1.20, '{}'),
	('<= 16B', 'sft', 0.54, '{"training_type": "full"}'),
	('<= 16B', 'text', 0.54, '{"training_type": "full"}'),
	('<= 16B', 'dpo', 1.35, '{"training_type": "full"}'),
	('17-69B', 'sft', 1.50, '{}'),
	('17-69B', 'text', 1.50, '{}'),
	('17-69B', 'dpo', 3.75, '{}'),
	('17-69B', 'sft', 1.65, '{"training_type": "full"}'),
	('17-69B', 'text', 1.65, '{"training_type": "full"}'),
	('17-69B', 'dpo', 4.12, '{"training_type": "full"}'),
	('70-100B', 'sft', 2.90, '{}'),
	('70-100B', 'text', 2.90, '{}'),
	('70-100B', 'dpo', 7.25, '{}'),
	('70-100B', 'sft', 3.20, '{"training_type": "full"}'),
	('70-100B', 'text', 3.20, '{"training_type": "full"}'),
	('70-100B', 'dpo', 8.00, '{"training_type": "full"}'))
	t (tier, method, amount, options) ON t.tier = m.tier;

INSERT INTO hft.price (id, provider, model, method, unit, amount, valid_from,
	shipped, source)
OVERRIDING SYSTEM VALUE
VALUES
	(1901, 'together', '%', NULL, 'train_1m_tokens', NULL,
		DATE '2026-01-01', true,
		'larger models have rates of their own: the platform quotes them'),
	(1902, 'together', '%', NULL, 'train_minimum', 4.00,
		DATE '2026-01-01', true,
		'Together pricing page of 2026; older pages have none, some models are exempt');

/*
 * Hosting is booked by day, so idle money is that of days on which nobody
 * asked the model.
 */
CREATE VIEW hft.spend WITH (security_invoker) AS
	SELECT date_trunc('month', c.at, 'UTC') AS month, c.server, c.owner,
		c.kind, count(*) AS items,
		sum(c.amount) AS amount,
		count(*) FILTER (WHERE c.amount IS NULL) AS unpriced,
		sum(c.quantity) FILTER (WHERE c.unit = 'tokens') AS tokens,
		sum(c.quantity) FILTER (WHERE c.unit = 'hours') AS hours,
		sum(c.amount) FILTER (WHERE c.kind = 'hosting' AND NOT EXISTS (
			SELECT FROM hft.cost a
			WHERE a.kind IN ('inference', 'evaluation')
				AND a.server = c.server AND a.model = c.model
				AND a.at >= date_trunc('day', c.at, 'UTC')
				AND a.at < date_trunc('day', c.at, 'UTC') + '1 day'::interval))
			AS idle_amount
	FROM hft.cost c
	GROUP BY 1, 2, 3, 4;
COMMENT ON VIEW hft.spend IS
	'Money in USD per month (UTC), server, owner and kind; unpriced counts items whose price is unknown and which the sum lacks; idle_amount is hosting on days without an answer';
REVOKE ALL ON hft.spend FROM PUBLIC;

CREATE VIEW hft.estimate_accuracy WITH (security_invoker) AS
	SELECT j.id AS job_id, j.name, j.server, j.base_model,
		j.estimated_tokens, j.trained_tokens,
		round(j.trained_tokens::numeric / nullif(j.estimated_tokens, 0), 4)
			AS tokens_ratio,
		j.estimated_low, j.estimated_high, j.quoted_amount, j.billed_amount,
		round(j.billed_amount / nullif(j.estimated_high, 0), 4)
			AS amount_ratio
	FROM hft.job j
	WHERE j.trained_tokens IS NOT NULL OR j.billed_amount IS NOT NULL;
COMMENT ON VIEW hft.estimate_accuracy IS
	'For each billed job what was estimated and what was billed; ratios are billed by estimated';
REVOKE ALL ON hft.estimate_accuracy FROM PUBLIC;
