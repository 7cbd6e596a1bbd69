/* hft: names for models over time */

-- models are found by the provider's id alone, too
CREATE INDEX model_model ON hft.model (model);

CREATE FUNCTION hft.promote(
	name text, model text, comment text DEFAULT NULL,
	server text DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'hft_sql_promote'
LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE;
COMMENT ON FUNCTION hft.promote(text, text, text, text) IS
	'Lets a name stand for a model from now on: a model''s id, or the name or number of the job that made it; with a server also a base model';
REVOKE ALL ON FUNCTION hft.promote(text, text, text, text) FROM PUBLIC;

CREATE FUNCTION hft.promote(
	name text, job bigint, comment text DEFAULT NULL)
RETURNS text
LANGUAGE SQL VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE
RETURN hft.promote(name, job::text, comment);
COMMENT ON FUNCTION hft.promote(text, bigint, text) IS
	'Lets a name stand for the model that a job made from now on';
REVOKE ALL ON FUNCTION hft.promote(text, bigint, text) FROM PUBLIC;

CREATE FUNCTION hft.rollback(name text, comment text DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'hft_sql_rollback'
LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE;
COMMENT ON FUNCTION hft.rollback(text, text) IS
	'Lets a name stand for the model it stood for before the last promotion, or before it was dropped; returns that model';
REVOKE ALL ON FUNCTION hft.rollback(text, text) FROM PUBLIC;

CREATE FUNCTION hft.drop_alias(name text)
RETURNS void
AS 'MODULE_PATHNAME', 'hft_sql_drop_alias'
LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE;
COMMENT ON FUNCTION hft.drop_alias(text) IS
	'Lets a name stand for nothing from now on; its history, and its owner, stay';
REVOKE ALL ON FUNCTION hft.drop_alias(text) FROM PUBLIC;

CREATE FUNCTION hft.model_id(name text, at timestamptz DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'hft_sql_model_id'
LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL UNSAFE;
COMMENT ON FUNCTION hft.model_id(text, timestamptz) IS
	'Id of the model that a name stands for now, or stood for then (NULL: for none)';
REVOKE ALL ON FUNCTION hft.model_id(text, timestamptz) FROM PUBLIC;

CREATE VIEW hft.current_alias WITH (security_invoker) AS
SELECT a.name, a.owner, m.server, m.model, m.base_model,
	a.valid_from AS since, a.promoted_by, a.comment
FROM hft.alias a
LEFT JOIN hft.model m ON m.id = a.model_id
WHERE a.valid_until IS NULL;
COMMENT ON VIEW hft.current_alias IS
	'What each name stands for now';
REVOKE ALL ON hft.current_alias FROM PUBLIC;
