/* hft: background work, as seen and steered from SQL */

CREATE FUNCTION hft.start_worker()
RETURNS boolean
AS 'MODULE_PATHNAME', 'hft_sql_start_worker'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION hft.start_worker() IS
	'Starts background work in this database until the server restarts, for servers without shared_preload_libraries = ''hft''; true if a worker was asked for, false if one is at work';
REVOKE ALL ON FUNCTION hft.start_worker() FROM PUBLIC;

CREATE FUNCTION hft.pause()
RETURNS void
AS 'MODULE_PATHNAME', 'hft_sql_pause'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION hft.pause() IS
	'Keeps background workers out of this database until hft.resume() or a restart of the server, for CREATE DATABASE ... TEMPLATE and renaming; jobs at the providers go on';
REVOKE ALL ON FUNCTION hft.pause() FROM PUBLIC;

CREATE FUNCTION hft.resume()
RETURNS void
AS 'MODULE_PATHNAME', 'hft_sql_resume'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION hft.resume() IS 'Ends hft.pause()';
REVOKE ALL ON FUNCTION hft.resume() FROM PUBLIC;

CREATE FUNCTION hft.worker_status(
	OUT database oid,
	OUT pid int,
	OUT state text,
	OUT started_at timestamptz,
	OUT heartbeat_at timestamptz,
	OUT running int,
	OUT requests bigint,
	OUT errors bigint,
	OUT last_error text,
	OUT failures int,
	OUT next_start timestamptz)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'hft_sql_worker_status'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE ROWS 10;
COMMENT ON FUNCTION hft.worker_status() IS
	'One row per database that background workers serve: state running, starting, waiting, waiting for slot, backing off, paused or idle';
REVOKE ALL ON FUNCTION hft.worker_status() FROM PUBLIC;

CREATE VIEW hft.worker AS
	SELECT d.datname AS database, s.pid, s.state, s.started_at, s.heartbeat_at,
		s.running, s.requests, s.errors, s.last_error, s.failures,
		s.next_start
	FROM hft.worker_status() AS s
	JOIN pg_catalog.pg_database AS d ON d.oid OPERATOR(pg_catalog.=) s.database
	WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database();
COMMENT ON VIEW hft.worker IS
	'Background work in this database: pid, heartbeat, requests under way, counters and the last error';
