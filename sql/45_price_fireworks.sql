/* hft: prices and days of retirement at Fireworks AI */

/*
 * Training is priced by all parameters of the base model.  Models are known
 * by their last part; those that are not here have a price that is unknown,
 * until the platform quotes it.  Full-parameter tuning costs more, how much
 * is not published.
 */
INSERT INTO hft.price (id, provider, model, method, unit, amount, valid_from,
	options, shipped, source)
OVERRIDING SYSTEM VALUE
SELECT 3000 + row_number() OVER (), 'fireworks', '%' || m.model,
	'sft', 'train_1m_tokens', t.amount, DATE '2024-01-01', t.options, true,
	'fireworks.ai/pricing, 2024 to 2026: ' || m.tier
FROM (VALUES
	('qwen3-0p6b', '<= 16B'),
	('qwen3-1p7b', '<= 16B'),
	('qwen3-4b', '<= 16B'),
	('qwen3-8b', '<= 16B'),
	('qwen3-14b', '<= 16B'),
	('qwen3p5-9b', '<= 16B'),
	('qwen3-vl-8b-instruct', '<= 16B'),
	('llama-v3p1-8b-instruct', '<= 16B'),
	('qwen3-32b', '16.1-80B'),
	('gemma-4-26b-a4b-it', '16.1-80B'),
	('gemma-4-31b-it', '16.1-80B'),
	('gpt-oss-20b', '16.1-80B'),
	('llama-v3p3-70b-instruct', '16.1-80B')) m (model, tier)
JOIN (VALUES
	('<= 16B', 0.50, '{}'::jsonb),
	('<= 16B', NULL, '{"lora_r": 0}'),
	('16.1-80B', 3.00, '{}'),
	('16.1-80B', NULL, '{"lora_r": 0}')) t (tier, amount, options)
	ON t.tier = m.tier;

INSERT INTO hft.price (id, provider, model, method, unit, amount, valid_from,
	shipped, source)
OVERRIDING SYSTEM VALUE
VALUES (3501, 'fireworks', '%', NULL, 'train_1m_tokens', NULL,
	DATE '2024-01-01', true,
	'the tier of this model is not known here: the platform quotes it');

/* GPUs of on-demand deployments: one of them for an hour. */
INSERT INTO hft.price (id, provider, model, unit, amount, valid_from,
	valid_until, options, shipped, source)
OVERRIDING SYSTEM VALUE
SELECT 3600 + row_number() OVER (), 'fireworks', '%', 'host_hour',
	g.amount, g.valid_from, g.valid_until,
	jsonb_build_object('accelerator_type', g.gpu), true, g.source
FROM (VALUES
	('NVIDIA_H100_80GB', 7.00, DATE '2026-01-01', DATE '2026-09-01',
		'Fireworks documentation of 2026, before the rise of September'),
	('NVIDIA_H200_141GB', 7.00, DATE '2026-01-01', DATE '2026-09-01',
		'Fireworks documentation of 2026, before the rise of September'),
	('NVIDIA_H100_80GB', 8.00, DATE '2026-09-01', DATE 'infinity',
		'Fireworks documentation of 2026-09-01; half as much again in a chosen region'),
	('NVIDIA_H200_141GB', 8.00, DATE '2026-09-01', DATE 'infinity',
		'Fireworks documentation of 2026-09-01; half as much again in a chosen region'),
	('NVIDIA_A100_80GB', 2.90, DATE '2025-01-01', DATE 'infinity',
		'Fireworks price list of 2025'),
	('NVIDIA_B200_180GB', 11.99, DATE '2025-01-01', DATE 'infinity',
		'Fireworks price list of 2025'),
	('AMD_MI300X_192GB', 4.99, DATE '2025-01-01', DATE 'infinity',
		'Fireworks price list of 2025')) g (gpu, amount, valid_from, valid_until,
	source);

-- those that always keep a replica stay
INSERT INTO hft.deployment_limit (id, provider, options, idle, shipped,
	source)
OVERRIDING SYSTEM VALUE
VALUES
	(3001, 'fireworks', '{}', '7 days', true,
		'Fireworks documentation of 2026: asleep and without a call'),
	(3002, 'fireworks', '{"min_replicas": 1}', NULL, true,
		'Fireworks documentation of 2026: only those that may sleep');
