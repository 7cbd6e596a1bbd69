/* hft: curves and reports to look at */

CREATE FUNCTION hft.sparkline(curve float8[], width int DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'hft_sql_sparkline'
LANGUAGE C IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE;
COMMENT ON FUNCTION hft.sparkline(float8[], int) IS
	'A curve as one line of text, a character per value or, with more values than width, per stretch of them; NULL and NaN leave gaps';
REVOKE ALL ON FUNCTION hft.sparkline(float8[], int) FROM PUBLIC;

CREATE FUNCTION hft.sparkline(job bigint, width int DEFAULT 60)
RETURNS text
LANGUAGE SQL STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT string_agg(
		format('%s  %s  %s -> %s', rpad(c.label, 10),
			rpad(hft.sparkline(c.points, width), width),
			round(c.points[1]::numeric, 4),
			round(c.points[cardinality(c.points)]::numeric, 4)),
		E'\n' ORDER BY c.rank)
	FROM (
		SELECT n.label, n.rank, array_agg(m.value ORDER BY m.step) AS points
		FROM hft.metric m
		JOIN (VALUES ('train_loss', 'train', 1), ('valid_loss', 'valid', 2),
				('full_valid_loss', 'full valid', 3)) n (name, label, rank)
			ON n.name = m.name
		WHERE m.job_id = sparkline.job
			AND m.value NOT IN ('NaN', 'Infinity', '-Infinity')
		GROUP BY n.label, n.rank
		) c;
END;
COMMENT ON FUNCTION hft.sparkline(bigint, int) IS
	'Losses of a job, a line each: the curve, its first and its last value';
REVOKE ALL ON FUNCTION hft.sparkline(bigint, int) FROM PUBLIC;

CREATE FUNCTION hft.sparkline(job text, width int DEFAULT 60)
RETURNS text
LANGUAGE SQL STABLE PARALLEL UNSAFE
RETURN hft.sparkline(hft.job_id(job), width);
COMMENT ON FUNCTION hft.sparkline(text, int) IS
	'Losses of a job, a line each: the curve, its first and its last value';
REVOKE ALL ON FUNCTION hft.sparkline(text, int) FROM PUBLIC;

/*
 * These read as the caller, so that row-level security decides; the settings
 * make sure that the operators and formats they use are the server's.
 */
CREATE FUNCTION hft.loss_svg(job bigint)
RETURNS text
AS 'MODULE_PATHNAME', 'hft_sql_loss_svg'
LANGUAGE C STABLE STRICT PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET DateStyle = 'ISO';
COMMENT ON FUNCTION hft.loss_svg(bigint) IS
	'The loss history of a job as a self-contained SVG drawing';
REVOKE ALL ON FUNCTION hft.loss_svg(bigint) FROM PUBLIC;

CREATE FUNCTION hft.loss_svg(job text)
RETURNS text
LANGUAGE SQL STABLE STRICT PARALLEL UNSAFE
RETURN hft.loss_svg(hft.job_id(job));
COMMENT ON FUNCTION hft.loss_svg(text) IS
	'The loss history of a job as a self-contained SVG drawing';
REVOKE ALL ON FUNCTION hft.loss_svg(text) FROM PUBLIC;

CREATE FUNCTION hft.report(job bigint)
RETURNS text
AS 'MODULE_PATHNAME', 'hft_sql_report'
LANGUAGE C STABLE STRICT PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET DateStyle = 'ISO';
COMMENT ON FUNCTION hft.report(bigint) IS
	'Everything that is known about a job as a self-contained HTML page';
REVOKE ALL ON FUNCTION hft.report(bigint) FROM PUBLIC;

CREATE FUNCTION hft.report(job text)
RETURNS text
LANGUAGE SQL STABLE STRICT PARALLEL UNSAFE
RETURN hft.report(hft.job_id(job));
COMMENT ON FUNCTION hft.report(text) IS
	'Everything that is known about a job as a self-contained HTML page';
REVOKE ALL ON FUNCTION hft.report(text) FROM PUBLIC;
