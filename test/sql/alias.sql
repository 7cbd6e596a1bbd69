-- Names for models: promote, rollback, drop_alias, model_id, who may, at_risk.
CREATE EXTENSION hft;
CREATE ROLE hft_ann;
CREATE ROLE hft_bob;
CREATE ROLE hft_team;
GRANT hft_team TO hft_ann, hft_bob;
GRANT USAGE ON SCHEMA hft TO hft_ann, hft_bob;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA hft TO hft_ann, hft_bob;
GRANT SELECT ON ALL TABLES IN SCHEMA hft TO hft_ann, hft_bob;
CREATE SERVER openai FOREIGN DATA WRAPPER hft OPTIONS (provider 'openai');

INSERT INTO hft.job (name, owner, server, base_model, method, state,
	tuned_model, estimated_high, billed_amount, system_identifier, database)
VALUES
	('triage-1', 'hft_ann', 'openai', 'gpt-4o-mini-2024-07-18', 'sft',
	 'succeeded', 'ft:mini:1', 0.20, 0.18, 0, 0),
	('triage-2', 'hft_ann', 'openai', 'gpt-4o-mini-2024-07-18', 'sft',
	 'succeeded', 'ft:mini:2', 0.30, NULL, 0, 0),
	('triage-3', 'hft_ann', 'openai', 'in-house', 'sft', 'running',
	 NULL, NULL, NULL, 0, 0),
	('secret', 'hft_bob', 'openai', 'in-house', 'sft', 'succeeded',
	 'ft:bob:1', NULL, NULL, 0, 0);
INSERT INTO hft.model (server, model, kind, owner, job_id, base_model)
SELECT server, tuned_model, 'tuned', owner, id, base_model
FROM hft.job WHERE tuned_model IS NOT NULL ORDER BY id;
INSERT INTO hft.model (server, model, kind, owner, base_model, retires_on)
VALUES ('openai', 'ft:old', 'tuned', 'hft_ann', 'in-house', '2020-01-01'),
	('together', 'ft:mini:2', 'tuned', 'hft_bob', 'in-house', NULL),
	('elsewhere', 'ft:twice', 'tuned', 'hft_ann', NULL, NULL),
	('openai', 'ft:twice', 'tuned', 'hft_ann', NULL, NULL);

SET ROLE hft_ann;

-- by model, by job's name, by job's number
SELECT hft.promote('triage', 'ft:mini:1', 'first');
SELECT hft.promote('triage', 'triage-2', comment => 'better');
SELECT hft.promote('triage', 'ft:mini:2');
SELECT hft.promote('triage', 1);
SELECT hft.promote('triage', 'ft:twice', server => 'elsewhere');
SELECT hft.model_id('triage');

-- a rollback undoes a promotion; the next undoes the one before
SELECT hft.rollback('triage');
SELECT hft.rollback('triage', 'and again');
SELECT hft.rollback('triage');
SELECT hft.rollback('triage');
SELECT hft.promote('triage', 'triage-2');
SELECT hft.rollback('triage');
SELECT hft.rollback('triage');

-- a drop ends the name and not its history; a rollback undoes it
SELECT hft.drop_alias('triage');
SELECT hft.model_id('triage');
SELECT hft.drop_alias('triage');
SELECT hft.rollback('triage');

-- the history says what answered when, and no two ranges overlap
SELECT m.model, a.restores IS NOT NULL AS rolled_back,
	a.valid_until IS NULL AS current, a.comment,
	hft.model_id('triage', a.valid_from) = m.model AS at_its_start
FROM hft.alias a JOIN hft.model m ON m.id = a.model_id
ORDER BY a.id;
SELECT count(*) FROM hft.alias a JOIN hft.alias b
	ON a.name = b.name AND a.id < b.id
	AND tstzrange(a.valid_from, a.valid_until)
		&& tstzrange(b.valid_from, b.valid_until);
SELECT hft.model_id('triage', '2000-01-01') IS NULL AS before_the_name;

-- many changes in one transaction: the clock may stand still
BEGIN;
SELECT count(*) FROM generate_series(1, 50) i,
	LATERAL hft.promote('quick', CASE i % 2 WHEN 0 THEN 'ft:mini:1'
		ELSE 'ft:twice' END, server => 'openai') m;
COMMIT;
SELECT count(*), count(*) FILTER (WHERE valid_until IS NULL) AS current,
	count(*) FILTER (WHERE valid_from >= valid_until) AS empty
FROM hft.alias WHERE name = 'quick';

-- what cannot be named
SELECT hft.promote('triage', 'ft:mini:9');
SELECT hft.promote('triage', 'ft:twice');
SELECT hft.promote('triage', 'triage-3');
SELECT hft.promote('triage', 'secret');
SELECT hft.promote('triage', 'ft:bob:1');
SELECT hft.promote('', 'ft:mini:1');
SELECT hft.promote(NULL, 'ft:mini:1');
SELECT hft.promote('triage', NULL::text);
SELECT hft.promote('triage', 'gpt-4o', server => 'opena');
SELECT hft.promote('triage', 'gpt-4o', server => 'openai');
SELECT hft.model_id('triagee');
SELECT hft.rollback('nothing');
SELECT hft.promote('old', 'ft:old');
RESET ROLE;
GRANT USAGE ON FOREIGN SERVER openai TO hft_ann;
SET ROLE hft_ann;
SELECT hft.promote('plain', 'gpt-4o-mini-2024-07-18', server => 'openai');

-- others neither see a name nor take it over, not even after a drop
SELECT hft.drop_alias('quick');
SET ROLE hft_bob;
SELECT hft.model_id('triage');
SELECT count(*) FROM hft.current_alias;
SELECT hft.promote('triage', 'ft:bob:1');
SELECT hft.promote('quick', 'ft:bob:1');
SELECT hft.rollback('triage');
SELECT hft.drop_alias('triage');

-- names can be shared by a role that several belong to
RESET ROLE;
UPDATE hft.model SET owner = 'hft_team' WHERE model = 'ft:mini:1';
GRANT USAGE ON SCHEMA hft TO hft_team;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA hft TO hft_team;
SET ROLE hft_team;
SELECT hft.promote('shared', 'ft:mini:1');
SET ROLE hft_bob;
SELECT hft.promote('shared', 'ft:bob:1');
SELECT name, owner, model, promoted_by FROM hft.current_alias
WHERE name = 'shared';

-- days are counted from what the platform said, else from the table of days
RESET ROLE;
INSERT INTO hft.retirement (provider, model, retires_on, replacement, source)
VALUES ('openai', 'in-house', CURRENT_DATE + 30, 'in-house-2', 'memo');
INSERT INTO hft.model (server, model, kind, retires_on)
VALUES ('openai', 'in-house-3', 'base', CURRENT_DATE + 5);
UPDATE hft.model SET base_model = 'in-house-3' WHERE model = 'ft:bob:1';
SELECT hft.promote('at-home', 'ft:old');
UPDATE hft.model SET retires_on = NULL WHERE model = 'ft:old';
SET ROLE hft_ann;
SELECT alias, base_model, days_left, replacement, retrain_cost,
	retrain_cost_source
FROM hft.at_risk WHERE base_model LIKE 'in-house%' ORDER BY alias;
SELECT alias, retires_on, retrain_cost, retrain_cost_source
FROM hft.at_risk WHERE base_model LIKE 'gpt%' ORDER BY alias;

RESET ROLE;
DROP EXTENSION hft CASCADE;
DROP ROLE hft_ann, hft_bob, hft_team;
