/*
 * hft: from 1.0.0 to 1.1.0
 *
 * What was changed in place keeps its grants; what is new is granted by
 * calling hft.grant_access() again for the roles that have it.
 */

-- ---- tokens

CREATE FUNCTION hft.load_vocabulary(name text, path text,
	pattern text DEFAULT NULL,
	OUT encoding text, OUT tokens integer, OUT licence text, OUT sha256 text)
	RETURNS record
	LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE COST 100000
	AS 'MODULE_PATHNAME', 'hft_sql_load_vocabulary';
REVOKE ALL ON FUNCTION hft.load_vocabulary(text, text, text) FROM PUBLIC;
COMMENT ON FUNCTION hft.load_vocabulary(text, text, text) IS
	'Compiles a tokenizer.json or .tiktoken file of the server into an encoding that all its databases can use';

/*
 * Shipped rows are a copy of the library's own table, which is what counts;
 * rows of an administrator are tried after them, in the order of their ids.
 */
CREATE FUNCTION hft.shipped_models(
	OUT id bigint, OUT pattern text, OUT encoding text, OUT chat text,
	OUT images text, OUT exact boolean, OUT source text)
	RETURNS SETOF record
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 100
	AS 'MODULE_PATHNAME', 'hft_sql_shipped_models';
REVOKE ALL ON FUNCTION hft.shipped_models() FROM PUBLIC;
COMMENT ON FUNCTION hft.shipped_models() IS
	'The rows of hft.model_encoding that come with this version';

CREATE TABLE hft.model_encoding (
	id			bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	pattern		text NOT NULL UNIQUE,
	encoding	text NOT NULL,
	chat		text NOT NULL DEFAULT 'none',
	images		text NOT NULL DEFAULT 'none',
	exact		boolean NOT NULL DEFAULT false,
	shipped		boolean NOT NULL DEFAULT false,
	source		text NOT NULL
);
COMMENT ON TABLE hft.model_encoding IS
	'How tokens are counted for a model: the first row whose pattern covers its name, shipped ones before yours';
REVOKE ALL ON hft.model_encoding FROM PUBLIC;
ALTER TABLE hft.model_encoding ALTER COLUMN id RESTART WITH 100001;

CREATE FUNCTION hft.guard_model_encoding() RETURNS trigger
	LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'hft_sql_guard_model_encoding';
REVOKE ALL ON FUNCTION hft.guard_model_encoding() FROM PUBLIC;
COMMENT ON FUNCTION hft.guard_model_encoding() IS
	'Keeps rows of hft.model_encoding as they are, and tells sessions of new ones';

CREATE TRIGGER guard_rows
	BEFORE INSERT OR UPDATE OR DELETE ON hft.model_encoding
	FOR EACH ROW EXECUTE FUNCTION hft.guard_model_encoding();
CREATE TRIGGER guard_truncate
	BEFORE TRUNCATE ON hft.model_encoding
	FOR EACH STATEMENT EXECUTE FUNCTION hft.guard_model_encoding();
CREATE TRIGGER tell_sessions
	AFTER INSERT OR UPDATE OR DELETE ON hft.model_encoding
	FOR EACH STATEMENT EXECUTE FUNCTION hft.guard_model_encoding();

INSERT INTO hft.model_encoding
	(id, pattern, encoding, chat, images, exact, shipped, source)
OVERRIDING SYSTEM VALUE
SELECT m.id, m.pattern, m.encoding, m.chat, m.images, m.exact, true, m.source
FROM hft.shipped_models() m;

DROP FUNCTION hft.check_dataset(text, int);
CREATE FUNCTION hft.check_dataset(dataset text, version int DEFAULT NULL,
	format text DEFAULT 'openai')
	RETURNS SETOF hft.finding
	LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'hft_sql_check_dataset';
REVOKE ALL ON FUNCTION hft.check_dataset(text, int, text) FROM PUBLIC;
COMMENT ON FUNCTION hft.check_dataset(text, int, text) IS
	'Findings of a version (the latest one), the gravest first: those that hold everywhere and those of one format; NULL: of every format';

COMMENT ON FUNCTION hft.convert(jsonb, text) IS
	'An example, in our shape or another platform''s, as a line of a platform''s training file';

CREATE FUNCTION hft.check_example(example jsonb, format text DEFAULT NULL,
	OUT rule text, OUT severity text, OUT holds_for text, OUT message text)
	RETURNS SETOF record
	LANGUAGE C IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE ROWS 5
	AS 'MODULE_PATHNAME', 'hft_sql_check_example';
REVOKE ALL ON FUNCTION hft.check_example(jsonb, text) FROM PUBLIC;
COMMENT ON FUNCTION hft.check_example(jsonb, text) IS
	'What stands against an example in a format (in any), and what writing it there would leave out';

CREATE FUNCTION hft.count_tokens_detail(example jsonb, model text,
	OUT tokens integer, OUT trained_tokens integer, OUT overhead integer,
	OUT exact boolean, OUT rule text)
	RETURNS record
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50
	AS 'MODULE_PATHNAME', 'hft_sql_count_tokens_detail';
REVOKE ALL ON FUNCTION hft.count_tokens_detail(jsonb, text) FROM PUBLIC;
COMMENT ON FUNCTION hft.count_tokens_detail(jsonb, text) IS
	'What hft.count_tokens() of an example is made of, whether it is exact, and the rule it follows';

-- ---- jobs, files, models, deployments

ALTER TABLE hft.file
	ADD COLUMN exclusive boolean NOT NULL DEFAULT false;
DROP INDEX hft.file_live;
CREATE UNIQUE INDEX file_live ON hft.file (server, owner, version_id, split, format)
	WHERE state NOT IN ('failed', 'deleted') AND NOT exclusive;
COMMENT ON TABLE hft.file IS
	'Copies of a version''s split at a provider; a live copy is used again instead of uploaded twice, unless it is exclusive';

ALTER TABLE hft.job
	ADD COLUMN moved_at timestamptz,
	ADD COLUMN stalled_at timestamptz;
ALTER TABLE hft.model
	ADD COLUMN info jsonb;
ALTER TABLE hft.deployment
	ADD COLUMN price_source text;
ALTER TABLE hft.import
	ADD COLUMN kind text NOT NULL DEFAULT 'jobs'
		CHECK (kind IN ('jobs', 'models')),
	ADD COLUMN orphans_since timestamptz,
	ADD COLUMN models_seen int NOT NULL DEFAULT 0,
	ADD COLUMN models_changed int NOT NULL DEFAULT 0;
COMMENT ON TABLE hft.import IS
	'Runs of import_jobs and refresh_models: what an account already holds, and what the platform tells of models';

CREATE SEQUENCE hft.last_timeline;
COMMENT ON SEQUENCE hft.last_timeline IS
	'Timeline on which a worker last worked in this database; on another one it looks for what may have been lost';

CREATE FUNCTION hft.refresh_models(server text)
RETURNS bigint
AS 'MODULE_PATHNAME', 'hft_sql_refresh_models'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION hft.refresh_models(text) IS
	'Asks the platform about each model known there: limits and the day it is shut down; returns the id of the row of hft.import that tells how far it is';
REVOKE ALL ON FUNCTION hft.refresh_models(text) FROM PUBLIC;

-- ---- access

CREATE OR REPLACE FUNCTION hft.is_for_users(routine name)
RETURNS boolean
LANGUAGE SQL IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT routine::text = ANY (ARRAY[
		'count_tokens', 'encode', 'decode', 'encodings', 'truncate_tokens',
		'chunk_tokens', 'fits', 'count_tokens_detail', 'message', 'messages',
		'convert', 'check_example', 'rules',
		'create_dataset', 'alter_dataset', 'drop_dataset',
		'snapshot_dataset', 'check_dataset', 'profile_dataset',
		'diff_dataset', 'verify_dataset', 'export_jsonl',
		'explain_job', 'submit_job', 'job_id', 'wait_for',
		'wait_for_deployment',
		'cancel_job', 'pause_job', 'resume_job', 'retry_job', 'adopt_job',
		'import_jobs', 'refresh_models', 'worker_status',
		'find_price', 'price_of', 'find_retirement',
		'providers', 'provider_operations', 'provider_options',
		'compare_providers',
		'best_checkpoint', 'loss_alerts', 'sparkline', 'loss_svg', 'report',
		'promote', 'rollback', 'drop_alias', 'model_id', 'chat',
		'chat_detail', 'deploy_model', 'undeploy_model',
		'wilson', 'mcnemar', 'paired_bootstrap']);
END;

-- ---- prices and limits

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
ALTER TABLE hft.deployment_limit ALTER COLUMN id RESTART WITH 100001;

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

/* hft: prices and days of retirement of Google Vertex AI */

/*
 * No API of the platform tells prices; these are copies of its pricing page.
 * Tuned models up to Gemini 2.5 answer at the base model's price, later ones
 * at one and a half times that.
 */
INSERT INTO hft.price (id, provider, model, method, unit, amount, valid_from,
	shipped, source)
OVERRIDING SYSTEM VALUE
SELECT 4000 + row_number() OVER (), 'vertex', m.model || '%', m.method,
	'train_1m_tokens', m.amount, DATE '2026-01-01', true,
	'copies of cloud.google.com pricing made by others during 2026'
FROM (VALUES
	('gemini-3.5-flash', 'sft', 10.00),
	('gemini-3.5-flash-lite', 'sft', NULL),
	('gemini-3.1-flash-lite', 'sft', 3.00),
	('gemini-2.5-pro', 'sft', 25.00),
	('gemini-2.5-flash', 'sft', 5.00),
	('gemini-2.5-flash', 'dpo', 5.00),
	('gemini-2.5-flash-lite', 'sft', 1.50),
	('gemini-2.5-flash-lite', 'dpo', NULL)) m (model, method, amount);

/* Days before which a model is not retired: it may live longer. */
INSERT INTO hft.retirement (id, provider, model, retires_on, replacement,
	shipped, source)
OVERRIDING SYSTEM VALUE
VALUES
	(4001, 'vertex', 'gemini-2.5-%', DATE '2026-10-16', 'gemini-3.5-flash',
		true, 'Google model lifecycle page as of 2026-09-25: not before this day'),
	(4002, 'vertex', 'gemini-3.1-flash-lite%', DATE '2027-05-07', NULL,
		true, 'Google model lifecycle page as of 2026-09-25: not before this day'),
	(4003, 'vertex', 'gemini-2.0-%', DATE '2026-02-28', 'gemini-3.5-flash',
		true, 'Google model lifecycle page as of 2026-09-25: February 2026');

CREATE OR REPLACE VIEW hft.spend WITH (security_invoker) AS
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

-- ---- platforms

CREATE FUNCTION hft.providers(
	OUT name text, OUT title text, OUT methods text[], OUT format text,
	OUT min_examples int, OUT max_file_bytes bigint, OUT loss_source text,
	OUT recovery text, OUT create_is_idempotent boolean, OUT serving text,
	OUT serving_billing text, OUT weights text, OUT data_location text,
	OUT status text, OUT notice text, OUT operations text[])
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'hft_sql_providers'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 10;
COMMENT ON FUNCTION hft.providers() IS
	'Platforms beside each other, as their adapters declare them; NULL means not known';
REVOKE ALL ON FUNCTION hft.providers() FROM PUBLIC;

CREATE FUNCTION hft.provider_operations(
	OUT provider text, OUT operation text, OUT available boolean,
	OUT instead text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'hft_sql_provider_operations'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 150;
COMMENT ON FUNCTION hft.provider_operations() IS
	'What each platform can do, and what works instead of what it cannot';
REVOKE ALL ON FUNCTION hft.provider_operations() FROM PUBLIC;

CREATE FUNCTION hft.provider_options(
	OUT provider text, OUT kind text, OUT name text, OUT type text,
	OUT minimum float8, OUT maximum float8, OUT choices text[], OUT meaning text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'hft_sql_provider_options'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 150;
COMMENT ON FUNCTION hft.provider_options() IS
	'Options of servers and jobs, and hyperparameters, that each platform takes';
REVOKE ALL ON FUNCTION hft.provider_options() FROM PUBLIC;

CREATE FUNCTION hft.compare_providers(
	dataset text, targets text[] DEFAULT NULL, version int DEFAULT NULL,
	epochs int DEFAULT NULL, hyperparameters jsonb DEFAULT '{}',
	options jsonb DEFAULT '{}',
	OUT server text, OUT provider text, OUT model text,
	OUT accepted bigint, OUT rejected bigint, OUT truncated bigint,
	OUT findings jsonb, OUT tokens bigint, OUT tokenizer text,
	OUT tokens_exact boolean, OUT epochs_billed bigint,
	OUT billed_tokens_low bigint, OUT billed_tokens_high bigint,
	OUT price_low numeric, OUT price_high numeric, OUT price_source text,
	OUT hosting_per_month numeric, OUT retires_on date, OUT problems text[],
	OUT notice text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'hft_sql_compare_providers'
LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE ROWS 50;
COMMENT ON FUNCTION hft.compare_providers(text, text[], int, int, jsonb, jsonb) IS
	'A data set at platforms and models beside each other: rows they would take, tokens as they count, and what training and hosting would cost; NULL means unknown, never free';
REVOKE ALL ON FUNCTION hft.compare_providers(text, text[], int, int, jsonb, jsonb)
	FROM PUBLIC;

-- ---- deployments and risks

CREATE PROCEDURE hft.wait_for_deployment(
	name text, timeout interval DEFAULT NULL)
AS 'MODULE_PATHNAME', 'hft_sql_wait_for_deployment'
LANGUAGE C;
COMMENT ON PROCEDURE hft.wait_for_deployment(text, interval) IS
	'Waits until a deployment is ready; an error when it will not be, or not in time';
REVOKE ALL ON PROCEDURE hft.wait_for_deployment(text, interval) FROM PUBLIC;

-- when a model was last asked
CREATE INDEX cost_asked ON hft.cost (server, model, at)
	WHERE kind IN ('inference', 'evaluation');

CREATE OR REPLACE VIEW hft.deployment_cost WITH (security_invoker) AS
SELECT d.name, d.owner, d.server, d.model, d.state,
	trim_scale(d.price_per_hour) AS price_per_hour,
	d.ready_at AS since, d.gone_at AS until,
	round(h.hours::numeric, 2) AS hours,
	CASE WHEN NOT b.unknown THEN
		round(b.amount + CASE WHEN h.unbooked > 0
			THEN h.unbooked::numeric * d.price_per_hour ELSE 0 END, 4)
	END AS amount,
	u.last_used,
	round(h.idle::numeric, 2) AS idle_hours,
	round(h.idle::numeric * d.price_per_hour, 4) AS idle_amount
FROM hft.deployment d
CROSS JOIN LATERAL (
	SELECT coalesce(sum(c.amount), 0) AS amount,
		coalesce(bool_or(c.amount IS NULL), false) AS unknown
	FROM hft.cost c
	WHERE c.deployment_id = d.id AND c.kind = 'hosting') b
CROSS JOIN LATERAL (
	SELECT max(c.at) AS last_used
	FROM hft.cost c
	WHERE c.server = d.server AND c.model = d.model
		AND c.kind IN ('inference', 'evaluation')
		AND c.at >= d.ready_at
		AND c.at <= coalesce(d.gone_at, 'infinity')) u
CROSS JOIN LATERAL (
	SELECT coalesce(extract(epoch FROM
			coalesce(d.gone_at, now()) - d.ready_at) / 3600, 0) AS hours,
		coalesce(extract(epoch FROM coalesce(d.gone_at, now())
			- coalesce(d.booked_until, d.ready_at)) / 3600, 0) AS unbooked,
		extract(epoch FROM coalesce(d.gone_at, now())
			- coalesce(u.last_used, d.ready_at)) / 3600 AS idle) h;
COMMENT ON VIEW hft.deployment_cost IS
	'What each deployment costs by the hour and has cost so far, when it was last asked and what it cost since; NULL: unknown, never free';

CREATE OR REPLACE VIEW hft.at_risk WITH (security_invoker) AS
SELECT a.name AS alias, a.server, a.model, a.base_model, d.retires_on,
	d.retires_on - CURRENT_DATE AS days_left,
	r.replacement,
	COALESCE(j.billed_amount, j.estimated_high) AS retrain_cost,
	CASE
		WHEN j.billed_amount IS NOT NULL THEN 'bill'
		WHEN j.estimated_high IS NOT NULL THEN 'estimate'
	END AS retrain_cost_source,
	'retirement'::text AS risk, NULL::text AS deployment,
	m.job_id, NULL::timestamptz AS since, NULL::text AS detail
FROM hft.current_alias a
JOIN hft.model m ON m.server = a.server
	AND m.model = a.model
LEFT JOIN hft.model b ON b.server = m.server
	AND b.model = m.base_model
	AND b.kind = 'base'
LEFT JOIN hft.job j ON j.id = m.job_id
LEFT JOIN LATERAL (
	SELECT o.option_value AS provider
	FROM pg_foreign_server s
	CROSS JOIN LATERAL pg_options_to_table(s.srvoptions) o
	WHERE s.srvname = a.server
		AND o.option_name = 'provider'
	) p ON true
LEFT JOIN LATERAL hft.find_retirement(p.provider,
	COALESCE(m.base_model, m.model)) r ON true
CROSS JOIN LATERAL (VALUES (
	COALESCE(LEAST(m.retires_on, b.retires_on), r.retires_on)))
	d (retires_on)
WHERE d.retires_on IS NOT NULL
UNION ALL
SELECT a.name, d.server, d.model, m.base_model, NULL,
	floor(extract(epoch FROM e.ends_at - now()) / 86400)::int,
	NULL, NULL, NULL, e.risk, d.name,
	d.job_id, NULL, NULL
FROM hft.deployment d
JOIN hft.deployment_cost u ON u.name = d.name
	AND u.since = d.ready_at
CROSS JOIN LATERAL (
	SELECT o.option_value AS provider
	FROM pg_foreign_server s
	CROSS JOIN LATERAL pg_options_to_table(s.srvoptions) o
	WHERE s.srvname = d.server
		AND o.option_name = 'provider'
	) p
CROSS JOIN LATERAL (
	SELECT l.idle, l.age
	FROM hft.deployment_limit l
	WHERE l.provider = p.provider
		AND d.options @> l.options
	ORDER BY l.shipped, l.options = '{}', l.id DESC
	LIMIT 1) l
CROSS JOIN LATERAL (VALUES
	('idle', COALESCE(u.last_used, d.ready_at) + l.idle),
	('age', d.ready_at + l.age)) e (risk, ends_at)
LEFT JOIN hft.model m ON m.server = d.server
	AND m.model = d.model
LEFT JOIN hft.current_alias a ON a.server = d.server
	AND a.model = d.model
WHERE d.state = 'ready'
	AND e.ends_at IS NOT NULL
UNION ALL
SELECT NULL, j.server, NULL, j.base_model, NULL, NULL, NULL,
	COALESCE(j.quoted_amount, j.estimated_high),
	CASE
		WHEN j.quoted_amount IS NOT NULL THEN 'quote'
		WHEN j.estimated_high IS NOT NULL THEN 'estimate'
	END,
	'stall', NULL, j.id, j.moved_at, v.message
FROM hft.job j
LEFT JOIN LATERAL (
	SELECT n.message
	FROM hft.event n
	WHERE n.job_id = j.id AND n.type = 'hft' AND n.level = 'warn'
		AND n.at >= j.stalled_at
	ORDER BY n.at
	LIMIT 1
	) v ON true
WHERE j.stalled_at IS NOT NULL
	AND j.state IN ('queued', 'running');
COMMENT ON VIEW hft.at_risk IS
	'What will stop to answer by itself, and in how many days: names whose model is retired, with what replaces the base model and what training again would cost; deployments that their platform deletes when idle, or at an age; and live jobs without progress, since when';

-- ---- privileges, and what a dump carries

REVOKE ALL ON ALL TABLES IN SCHEMA hft FROM PUBLIC;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA hft FROM PUBLIC;

SELECT pg_catalog.pg_extension_config_dump('hft.deployment_limit', 'WHERE NOT shipped');
SELECT pg_catalog.pg_extension_config_dump('hft.model_encoding', 'WHERE NOT shipped');
SELECT pg_catalog.pg_extension_config_dump('hft.deployment_limit_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('hft.model_encoding_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('hft.last_timeline', '');
