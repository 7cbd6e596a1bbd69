/* hft: jobs under the hands of their owners */

CREATE FUNCTION hft.job_id(job text)
RETURNS bigint
AS 'MODULE_PATHNAME', 'hft_sql_job_id'
LANGUAGE C STABLE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION hft.job_id(text) IS
	'Id of the job of that name; an error when the caller sees none';
REVOKE ALL ON FUNCTION hft.job_id(text) FROM PUBLIC;

-- each of these takes a job's id or its name

CREATE FUNCTION hft.cancel_job(job bigint)
RETURNS text
AS 'MODULE_PATHNAME', 'hft_sql_cancel_job'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION hft.cancel_job(bigint) IS
	'Cancels a job at once if the platform does not have it, else asks the platform to; returns the state it is in now';
REVOKE ALL ON FUNCTION hft.cancel_job(bigint) FROM PUBLIC;

CREATE FUNCTION hft.cancel_job(job text)
RETURNS text
AS 'MODULE_PATHNAME', 'hft_sql_cancel_job'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION hft.cancel_job(text) IS 'As cancel_job(bigint), by name';
REVOKE ALL ON FUNCTION hft.cancel_job(text) FROM PUBLIC;

CREATE FUNCTION hft.pause_job(job bigint)
RETURNS text
AS 'MODULE_PATHNAME', 'hft_sql_pause_job'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION hft.pause_job(bigint) IS
	'Asks the platform to pause a job; returns the state it is in now';
REVOKE ALL ON FUNCTION hft.pause_job(bigint) FROM PUBLIC;

CREATE FUNCTION hft.pause_job(job text)
RETURNS text
AS 'MODULE_PATHNAME', 'hft_sql_pause_job'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION hft.pause_job(text) IS 'As pause_job(bigint), by name';
REVOKE ALL ON FUNCTION hft.pause_job(text) FROM PUBLIC;

CREATE FUNCTION hft.resume_job(job bigint)
RETURNS text
AS 'MODULE_PATHNAME', 'hft_sql_resume_job'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION hft.resume_job(bigint) IS
	'Asks the platform to go on with a paused job; returns the state it is in now';
REVOKE ALL ON FUNCTION hft.resume_job(bigint) FROM PUBLIC;

CREATE FUNCTION hft.resume_job(job text)
RETURNS text
AS 'MODULE_PATHNAME', 'hft_sql_resume_job'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION hft.resume_job(text) IS 'As resume_job(bigint), by name';
REVOKE ALL ON FUNCTION hft.resume_job(text) FROM PUBLIC;

CREATE FUNCTION hft.retry_job(job bigint, pay_again boolean DEFAULT false)
RETURNS bigint
AS 'MODULE_PATHNAME', 'hft_sql_retry_job'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION hft.retry_job(bigint, boolean) IS
	'Goes on with a job that needs attention, or submits a failed one anew; a job in doubt is created again only with pay_again; returns the id of the job that goes on';
REVOKE ALL ON FUNCTION hft.retry_job(bigint, boolean) FROM PUBLIC;

CREATE FUNCTION hft.retry_job(job text, pay_again boolean DEFAULT false)
RETURNS bigint
AS 'MODULE_PATHNAME', 'hft_sql_retry_job'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION hft.retry_job(text, boolean) IS
	'As retry_job(bigint, boolean), by name';
REVOKE ALL ON FUNCTION hft.retry_job(text, boolean) FROM PUBLIC;

CREATE FUNCTION hft.adopt_job(job bigint)
RETURNS void
AS 'MODULE_PATHNAME', 'hft_sql_adopt_job'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION hft.adopt_job(bigint) IS
	'Goes on with a job that a dump or a copy brought here from another database, which must not go on with it';
REVOKE ALL ON FUNCTION hft.adopt_job(bigint) FROM PUBLIC;

CREATE FUNCTION hft.adopt_job(job text)
RETURNS void
AS 'MODULE_PATHNAME', 'hft_sql_adopt_job'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION hft.adopt_job(text) IS 'As adopt_job(bigint), by name';
REVOKE ALL ON FUNCTION hft.adopt_job(text) FROM PUBLIC;

CREATE FUNCTION hft.import_jobs(server text)
RETURNS bigint
AS 'MODULE_PATHNAME', 'hft_sql_import_jobs'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION hft.import_jobs(text) IS
	'Brings the jobs that the account already has at the platform into hft.job; returns the id of the row of hft.import that tells how far it is';
REVOKE ALL ON FUNCTION hft.import_jobs(text) FROM PUBLIC;

CREATE FUNCTION hft.refresh_models(server text)
RETURNS bigint
AS 'MODULE_PATHNAME', 'hft_sql_refresh_models'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION hft.refresh_models(text) IS
	'Asks the platform about each model known there: limits and the day it is shut down; returns the id of the row of hft.import that tells how far it is';
REVOKE ALL ON FUNCTION hft.refresh_models(text) FROM PUBLIC;

CREATE PROCEDURE hft.wait_for(job bigint, timeout interval DEFAULT NULL)
AS 'MODULE_PATHNAME', 'hft_sql_wait_for'
LANGUAGE C;
COMMENT ON PROCEDURE hft.wait_for(bigint, interval) IS
	'Waits until a job succeeded; an error when it did not, or not in time';
REVOKE ALL ON PROCEDURE hft.wait_for(bigint, interval) FROM PUBLIC;

CREATE PROCEDURE hft.wait_for(job text, timeout interval DEFAULT NULL)
AS 'MODULE_PATHNAME', 'hft_sql_wait_for'
LANGUAGE C;
COMMENT ON PROCEDURE hft.wait_for(text, interval) IS
	'As wait_for(bigint, interval), by name';
REVOKE ALL ON PROCEDURE hft.wait_for(text, interval) FROM PUBLIC;
