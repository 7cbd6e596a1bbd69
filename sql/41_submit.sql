/* hft: submitting jobs, and what they would cost */

CREATE FUNCTION hft.submit_job(
	dataset text, server text, model text, name text DEFAULT NULL,
	version int DEFAULT NULL, suffix text DEFAULT NULL,
	hyperparameters jsonb DEFAULT '{}', options jsonb DEFAULT '{}',
	force boolean DEFAULT false)
RETURNS bigint
AS 'MODULE_PATHNAME', 'hft_sql_submit_job'
LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE;
COMMENT ON FUNCTION hft.submit_job(text, text, text, text, int, text, jsonb, jsonb, boolean) IS
	'Submits a fine-tuning job on COMMIT: version NULL seals what the query gives now; force submits despite findings of severity error';
REVOKE ALL ON FUNCTION hft.submit_job(text, text, text, text, int, text, jsonb, jsonb, boolean)
	FROM PUBLIC;

CREATE FUNCTION hft.explain_job(
	dataset text, server text, model text, name text DEFAULT NULL,
	version int DEFAULT NULL, suffix text DEFAULT NULL,
	hyperparameters jsonb DEFAULT '{}', options jsonb DEFAULT '{}',
	force boolean DEFAULT false)
RETURNS SETOF text
AS 'MODULE_PATHNAME', 'hft_sql_explain_job'
LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE ROWS 20;
COMMENT ON FUNCTION hft.explain_job(text, text, text, text, int, text, jsonb, jsonb, boolean) IS
	'What submit_job with the same arguments would do, what it would cost, and what stands against it';
REVOKE ALL ON FUNCTION hft.explain_job(text, text, text, text, int, text, jsonb, jsonb, boolean)
	FROM PUBLIC;
