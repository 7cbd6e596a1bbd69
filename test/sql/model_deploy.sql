-- deploy_model and undeploy_model write wishes for the worker: what is known
-- to be wrong is refused at once, and what has run up can be read.
CREATE EXTENSION hft;
CREATE ROLE hft_ann;
CREATE ROLE hft_bob;
GRANT USAGE ON SCHEMA hft TO hft_ann, hft_bob;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA hft TO hft_ann, hft_bob;
GRANT SELECT ON ALL TABLES IN SCHEMA hft TO hft_ann, hft_bob;
CREATE SERVER together FOREIGN DATA WRAPPER hft OPTIONS (provider 'together');
CREATE SERVER openai FOREIGN DATA WRAPPER hft OPTIONS (provider 'openai');
INSERT INTO hft.job (name, owner, server, base_model, method, state,
	tuned_model, system_identifier, database)
VALUES ('triage', 'hft_ann', 'together', 'Qwen/Qwen3-8B', 'sft', 'succeeded',
	'acme/triage-1', 0, 0);
INSERT INTO hft.model (server, model, kind, owner, job_id, base_model)
VALUES ('together', 'acme/triage-1', 'tuned', 'hft_ann', 1, 'Qwen/Qwen3-8B'),
	('openai', 'ft:x', 'tuned', 'hft_ann', NULL, NULL);

SET ROLE hft_ann;
SELECT hft.deploy_model('triage', 'triage-live');
RESET ROLE;
GRANT USAGE ON FOREIGN SERVER together, openai TO hft_ann;
SET client_min_messages = error;	-- no background work here
SET ROLE hft_ann;
SELECT hft.deploy_model('triage', 'triage-live', '{"max_replicas": 2}');
SELECT hft.deploy_model('triage', 'triage-live');
SELECT hft.deploy_model('triage', 'Triage!');
SELECT hft.deploy_model('triage', 'other', '{"max_replicaz": 2}');
SELECT hft.deploy_model('triagge', 'other');
SELECT hft.deploy_model('ft:x', 'other');
SELECT hft.deploy_model('triage', NULL);
SET client_min_messages = warning;
SELECT hft.deploy_model('acme/triage-1', 'second');
SELECT name, owner, server, model, job_id, options, state, wanted,
	due_at IS NOT NULL AS due
FROM hft.deployment ORDER BY id;

-- asking needs an endpoint
SELECT hft.chat('triage', 'hello');
RESET ROLE;
UPDATE hft.deployment SET state = 'gone' WHERE name = 'second';
UPDATE hft.deployment SET state = 'deploying' WHERE name = 'triage-live';
SET ROLE hft_ann;
SELECT hft.chat('triage', 'hello');

-- ending: once, by whoever owns it
SET ROLE hft_bob;
SELECT hft.undeploy_model('triage-live');
SET ROLE hft_ann;
SELECT hft.undeploy_model('triage-life');
SELECT hft.undeploy_model('second');
SELECT hft.undeploy_model('triage-live');
SELECT hft.undeploy_model('triage-live');
SELECT name, wanted, revision FROM hft.deployment ORDER BY id;

-- what has run up: booked and not yet booked; unknown stays unknown
RESET ROLE;
UPDATE hft.deployment SET price_per_hour = 4, ready_at = now() - interval '3 h',
	booked_until = now() - interval '1 h'
WHERE name = 'triage-live';
INSERT INTO hft.cost (owner, server, deployment_id, kind, quantity, unit,
	amount, source)
VALUES ('hft_ann', 'together', 1, 'hosting', 2, 'hours', 8.50, 'provider');
INSERT INTO hft.deployment (name, owner, server, model, state, ready_at)
VALUES ('unpriced', 'hft_ann', 'together', 'm', 'ready', now() - interval '1 h');
INSERT INTO hft.deployment (name, owner, server, model, price_per_hour)
VALUES ('not-yet', 'hft_ann', 'together', 'm', 5);
INSERT INTO hft.deployment (name, owner, server, model, state, price_per_hour,
	ready_at, gone_at)
VALUES ('over', 'hft_ann', 'together', 'm', 'gone', 6, now() - interval '5 h',
	now() - interval '4 h 30 min');
-- idle since the last answer, or since it stands
INSERT INTO hft.cost (at, owner, server, kind, model, quantity, unit, source)
SELECT now() - ago::interval, 'hft_ann', 'together', 'inference', model, 9,
	'tokens', 'unknown'
FROM (VALUES ('15 min', 'm'), ('4 h 45 min', 'm'), ('6 h', 'm'),
	('1 min', 'another')) a (ago, model);
SET ROLE hft_ann;
SELECT name, state, price_per_hour, hours, amount,
	last_used IS NOT NULL AS used, idle_hours, idle_amount
FROM hft.deployment_cost WHERE name <> 'second' ORDER BY name;
SET ROLE hft_bob;
SELECT count(*) FROM hft.deployment_cost;

RESET ROLE;
DROP EXTENSION hft CASCADE;
DROP ROLE hft_ann, hft_bob;
