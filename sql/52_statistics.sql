/* hft: intervals and tests for evaluations */

CREATE FUNCTION hft.wilson(
	successes bigint, n bigint, confidence float8 DEFAULT 0.95,
	OUT low float8, OUT high float8)
RETURNS record
AS 'MODULE_PATHNAME', 'hft_sql_wilson'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION hft.wilson(bigint, bigint, float8) IS
	'Wilson''s score interval of a proportion';
REVOKE ALL ON FUNCTION hft.wilson(bigint, bigint, float8) FROM PUBLIC;

CREATE FUNCTION hft.mcnemar(b bigint, c bigint)
RETURNS float8
AS 'MODULE_PATHNAME', 'hft_sql_mcnemar'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION hft.mcnemar(bigint, bigint) IS
	'Two-sided p-value of McNemar''s exact test: b answers only the one model had right, c only the other';
REVOKE ALL ON FUNCTION hft.mcnemar(bigint, bigint) FROM PUBLIC;

CREATE FUNCTION hft.paired_bootstrap(
	a float8[], b float8[], confidence float8 DEFAULT 0.95,
	resamples int DEFAULT 10000, seed bigint DEFAULT 1,
	OUT difference float8, OUT low float8, OUT high float8,
	OUT p_value float8)
RETURNS record
AS 'MODULE_PATHNAME', 'hft_sql_paired_bootstrap'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION hft.paired_bootstrap(float8[], float8[], float8, int, bigint) IS
	'Mean of a minus b over pairs of scores, its bootstrap interval and two-sided p-value; the same seed gives the same answer';
REVOKE ALL ON FUNCTION hft.paired_bootstrap(float8[], float8[], float8, int, bigint)
	FROM PUBLIC;
