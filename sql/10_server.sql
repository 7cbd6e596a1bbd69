/* hft: connections as SQL/MED objects */

CREATE FUNCTION hft.fdw_validator(options text[], catalog oid)
RETURNS void
AS 'MODULE_PATHNAME', 'hft_sql_fdw_validator'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION hft.fdw_validator(text[], oid) IS
	'Checks the options of servers and user mappings of the wrapper hft';
REVOKE ALL ON FUNCTION hft.fdw_validator(text[], oid) FROM PUBLIC;

CREATE FOREIGN DATA WRAPPER hft
	NO HANDLER
	VALIDATOR hft.fdw_validator;
COMMENT ON FOREIGN DATA WRAPPER hft IS
	'Platforms that fine-tune models; a server names one, a user mapping holds the credential, USAGE is the right to spend there';
