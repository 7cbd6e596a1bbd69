/* hft: what everyone may see, and what a dump carries */

/*
 * Row-level security by owner: members of the owning role see its rows.
 * Reading needs SELECT, which hft.grant_access() gives; nobody but the
 * extension's owner writes.
 */
ALTER TABLE hft.dataset ENABLE ROW LEVEL SECURITY;
ALTER TABLE hft.dataset_version ENABLE ROW LEVEL SECURITY;
ALTER TABLE hft.dataset_split ENABLE ROW LEVEL SECURITY;
ALTER TABLE hft.example ENABLE ROW LEVEL SECURITY;
ALTER TABLE hft.finding ENABLE ROW LEVEL SECURITY;
ALTER TABLE hft.file ENABLE ROW LEVEL SECURITY;
ALTER TABLE hft.job ENABLE ROW LEVEL SECURITY;
ALTER TABLE hft.attempt ENABLE ROW LEVEL SECURITY;
ALTER TABLE hft.event ENABLE ROW LEVEL SECURITY;
ALTER TABLE hft.metric ENABLE ROW LEVEL SECURITY;
ALTER TABLE hft.checkpoint ENABLE ROW LEVEL SECURITY;
ALTER TABLE hft.model ENABLE ROW LEVEL SECURITY;
ALTER TABLE hft.import ENABLE ROW LEVEL SECURITY;
ALTER TABLE hft.cost ENABLE ROW LEVEL SECURITY;
ALTER TABLE hft.deployment ENABLE ROW LEVEL SECURITY;
ALTER TABLE hft.alias ENABLE ROW LEVEL SECURITY;

CREATE POLICY owner ON hft.dataset FOR SELECT
	USING (pg_catalog.pg_has_role(owner, 'MEMBER'));
CREATE POLICY owner ON hft.dataset_version FOR SELECT
	USING (pg_catalog.pg_has_role(owner, 'MEMBER'));
CREATE POLICY owner ON hft.file FOR SELECT
	USING (pg_catalog.pg_has_role(owner, 'MEMBER'));
CREATE POLICY owner ON hft.job FOR SELECT
	USING (pg_catalog.pg_has_role(owner, 'MEMBER'));
CREATE POLICY owner ON hft.import FOR SELECT
	USING (pg_catalog.pg_has_role(owner, 'MEMBER'));
CREATE POLICY owner ON hft.cost FOR SELECT
	USING (pg_catalog.pg_has_role(owner, 'MEMBER'));
CREATE POLICY owner ON hft.deployment FOR SELECT
	USING (pg_catalog.pg_has_role(owner, 'MEMBER'));
CREATE POLICY owner ON hft.alias FOR SELECT
	USING (pg_catalog.pg_has_role(owner, 'MEMBER'));
CREATE POLICY owner ON hft.model FOR SELECT
	USING (owner IS NULL OR pg_catalog.pg_has_role(owner, 'MEMBER'));
-- rows that hang on a row with an owner: visible where that row is
CREATE POLICY owner ON hft.dataset_split FOR SELECT
	USING (EXISTS (SELECT FROM hft.dataset_version v WHERE v.id = version_id));
CREATE POLICY owner ON hft.example FOR SELECT
	USING (EXISTS (SELECT FROM hft.dataset_version v WHERE v.id = version_id));
CREATE POLICY owner ON hft.finding FOR SELECT
	USING (EXISTS (SELECT FROM hft.dataset_version v WHERE v.id = version_id));
CREATE POLICY owner ON hft.attempt FOR SELECT
	USING (EXISTS (SELECT FROM hft.job j WHERE j.id = job_id)
		OR EXISTS (SELECT FROM hft.deployment d WHERE d.id = deployment_id));
CREATE POLICY owner ON hft.event FOR SELECT
	USING (EXISTS (SELECT FROM hft.job j WHERE j.id = job_id));
CREATE POLICY owner ON hft.metric FOR SELECT
	USING (EXISTS (SELECT FROM hft.job j WHERE j.id = job_id));
CREATE POLICY owner ON hft.checkpoint FOR SELECT
	USING (EXISTS (SELECT FROM hft.job j WHERE j.id = job_id));

REVOKE ALL ON ALL TABLES IN SCHEMA hft FROM PUBLIC;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA hft FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA hft FROM PUBLIC;

SELECT pg_catalog.pg_extension_config_dump('hft.dataset', '');
SELECT pg_catalog.pg_extension_config_dump('hft.dataset_version', '');
SELECT pg_catalog.pg_extension_config_dump('hft.dataset_split', '');
SELECT pg_catalog.pg_extension_config_dump('hft.example', '');
SELECT pg_catalog.pg_extension_config_dump('hft.finding', '');
SELECT pg_catalog.pg_extension_config_dump('hft.file', '');
SELECT pg_catalog.pg_extension_config_dump('hft.job', '');
SELECT pg_catalog.pg_extension_config_dump('hft.attempt', '');
SELECT pg_catalog.pg_extension_config_dump('hft.event', '');
SELECT pg_catalog.pg_extension_config_dump('hft.metric', '');
SELECT pg_catalog.pg_extension_config_dump('hft.checkpoint', '');
SELECT pg_catalog.pg_extension_config_dump('hft.model', '');
SELECT pg_catalog.pg_extension_config_dump('hft.cost', '');
SELECT pg_catalog.pg_extension_config_dump('hft.price', 'WHERE NOT shipped');
SELECT pg_catalog.pg_extension_config_dump('hft.retirement', 'WHERE NOT shipped');
SELECT pg_catalog.pg_extension_config_dump('hft.deployment_limit', 'WHERE NOT shipped');
SELECT pg_catalog.pg_extension_config_dump('hft.model_encoding', 'WHERE NOT shipped');
SELECT pg_catalog.pg_extension_config_dump('hft.deployment', '');
SELECT pg_catalog.pg_extension_config_dump('hft.alias', '');
SELECT pg_catalog.pg_extension_config_dump('hft.import', '');
SELECT pg_catalog.pg_extension_config_dump('hft.dataset_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('hft.dataset_version_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('hft.file_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('hft.job_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('hft.attempt_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('hft.model_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('hft.cost_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('hft.price_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('hft.retirement_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('hft.deployment_limit_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('hft.model_encoding_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('hft.deployment_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('hft.alias_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('hft.import_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('hft.worker_epoch', '');
SELECT pg_catalog.pg_extension_config_dump('hft.last_timeline', '');
