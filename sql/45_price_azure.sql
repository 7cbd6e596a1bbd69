/*
 * hft: prices and days of retirement of Azure OpenAI
 *
 * Its public price page shows no figures, so what training and tokens cost is
 * unknown until you enter it: INSERT INTO hft.price (provider, model, unit,
 * amount, source) VALUES ('azure', '%gpt-4.1-mini-2025-04-14%', ...).
 */

INSERT INTO hft.price (id, provider, model, method, unit, amount, valid_from,
	options, shipped, source)
OVERRIDING SYSTEM VALUE
VALUES
	(6001, 'azure', '%', NULL, 'train_1m_tokens', NULL, DATE '2026-01-01',
		'{}', true,
		'the price page shows no figures; Azure''s retail price API has them'),
	(6002, 'azure', '%', NULL, 'input_1m_tokens', NULL, DATE '2026-01-01',
		'{}', true, 'that of the base model in the same tier and region'),
	(6003, 'azure', '%', NULL, 'output_1m_tokens', NULL, DATE '2026-01-01',
		'{}', true, 'that of the base model in the same tier and region'),
	(6004, 'azure', '%o4-mini-2025-04-16%', 'rft', 'train_hour', 100.00,
		DATE '2026-01-01', '{}', true,
		'cost management page of 2026-03-19'),
	(6005, 'azure', '%', NULL, 'host_hour', 1.70, DATE '2026-01-01', '{}',
		true, 'an older text of the documentation, unconfirmed'),
	(6006, 'azure', '%', NULL, 'host_hour', 0, DATE '2026-01-01',
		'{"sku": "DeveloperTier"}', true,
		'cost management page of 2026-03-19: no fee, deleted after 24 hours'),
	(6007, 'azure', '%', NULL, 'host_hour', NULL, DATE '2026-01-01',
		'{"sku": "ProvisionedManaged"}', true,
		'billed by provisioned throughput units');

INSERT INTO hft.retirement (id, provider, model, retires_on, shipped, source)
OVERRIDING SYSTEM VALUE
SELECT 6000 + row_number() OVER (), 'azure', '%' || m.model || '%',
	m.retires_on, true,
	'retirement schedule of 2026-07-07: deployments of tuned models at least until then'
FROM (VALUES
	('gpt-4.1-2025-04-14', DATE '2027-10-14'),
	('gpt-4.1-mini-2025-04-14', DATE '2027-10-14'),
	('gpt-4.1-nano-2025-04-14', DATE '2027-10-14'),
	('gpt-4o-2024-08-06', DATE '2027-10-01'),
	('gpt-4o-mini-2024-07-18', DATE '2027-10-01'),
	('o4-mini-2025-04-16', DATE '2027-10-16')) m (model, retires_on);

INSERT INTO hft.deployment_limit (id, provider, options, idle, age, shipped,
	source)
OVERRIDING SYSTEM VALUE
VALUES
	(6001, 'azure', '{}', '15 days', NULL, true,
		'deployment page of October 2026: no call for more than 15 days'),
	(6002, 'azure', '{"sku": "DeveloperTier"}', NULL, '24 hours', true,
		'cost management page of 2026-03-19');
