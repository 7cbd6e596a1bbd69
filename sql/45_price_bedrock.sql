/*
 * hft: prices and days of retirement of AWS Bedrock
 *
 * The price list is public, by the thousand tokens, and differs by region;
 * these rows are of us-east-1 and us-west-2.
 */

INSERT INTO hft.price (id, provider, model, method, unit, amount, valid_from,
	options, shipped, source)
OVERRIDING SYSTEM VALUE
VALUES
	(8001, 'bedrock', '%amazon.nova-2-lite%', 'sft', 'train_1m_tokens', 3.78,
		DATE '2026-01-01', '{}', true,
		'AWS price list of 2026-08-02, us-east-1'),
	(8002, 'bedrock', '%amazon.nova-micro%', 'sft', 'train_1m_tokens', 1.00,
		DATE '2026-01-01', '{}', true,
		'AWS price list of 2026-08-02, us-east-1'),
	(8003, 'bedrock', '%amazon.nova-lite%', 'sft', 'train_1m_tokens', 2.00,
		DATE '2026-01-01', '{}', true,
		'an older price page, unconfirmed'),
	(8004, 'bedrock', '%amazon.nova-pro%', 'sft', 'train_1m_tokens', 8.00,
		DATE '2026-01-01', '{}', true,
		'an older price page, unconfirmed'),
	(8005, 'bedrock', '%meta.llama3-3-70b%', 'sft', 'train_1m_tokens', 3.30,
		DATE '2026-01-01', '{}', true,
		'AWS price list of 2026-08-02, us-west-2, rounded'),
	(8006, 'bedrock', '%', NULL, 'train_1m_tokens', NULL,
		DATE '2026-01-01', '{}', true,
		'not in the price list of 2026-08-02'),
	(8011, 'bedrock', '%amazon.nova-2-lite%', NULL, 'input_1m_tokens', 0.30,
		DATE '2026-01-01', '{}', true,
		'AWS price list of 2026-08-02: custom model, on demand'),
	(8012, 'bedrock', '%amazon.nova-2-lite%', NULL, 'output_1m_tokens', 2.50,
		DATE '2026-01-01', '{}', true,
		'AWS price list of 2026-08-02: custom model, on demand'),
	(8021, 'bedrock', '%', NULL, 'host_hour', 0, DATE '2026-01-01', '{}',
		true, 'on demand a tuned model is paid by the token'),
	(8022, 'bedrock', '%', NULL, 'host_hour', NULL, DATE '2026-01-01',
		'{"serving": "provisioned"}', true,
		'provisioned throughput: not in the price list of 2026-08-02');

INSERT INTO hft.price (id, provider, model, method, unit, amount, valid_from,
	options, shipped, source)
OVERRIDING SYSTEM VALUE
SELECT 8100 + c.place * 20 + u.units, 'bedrock', '%amazon.nova-2-lite%',
	NULL, 'host_hour', c.amount * u.units, DATE '2026-01-01',
	jsonb_strip_nulls(jsonb_build_object('serving', 'provisioned',
		'model_units', u.units, 'commitment', c.commitment)),
	true, 'AWS price list of 2026-08-02: by model unit'
FROM (VALUES (0, NULL, 60.50), (1, 'OneMonth', 55.00),
	(2, 'SixMonths', NULL::numeric)) c (place, commitment, amount)
CROSS JOIN generate_series(1, 10) u (units);

INSERT INTO hft.retirement (id, provider, model, retires_on, shipped, source)
OVERRIDING SYSTEM VALUE
VALUES
	(8001, 'bedrock', '%anthropic.claude-3-haiku-20240307%',
		DATE '2026-09-10', true, 'Bedrock model lifecycle page of 2026'),
	(8002, 'bedrock', '%amazon.titan-image-generator-v2%',
		DATE '2026-06-30', true, 'Bedrock model lifecycle page of 2026');
