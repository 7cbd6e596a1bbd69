/* hft: what platforms are like, beside each other */

CREATE FUNCTION hft.providers(
	OUT name text, OUT title text, OUT methods text[], OUT format text,
	OUT min_examples int, OUT max_file_bytes bigint, OUT loss_source text,
	OUT recovery text, OUT create_is_idempotent boolean, OUT serving text,
	OUT serving_billing text, OUT weights text, OUT data_location text,
	OUT status text, OUT notice text, OUT operations text[])
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'hft_sql_providers'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 10;
COMMENT ON FUNCTION hft.providers() IS
	'Platforms beside each other, as their adapters declare them; NULL means not known';
REVOKE ALL ON FUNCTION hft.providers() FROM PUBLIC;

CREATE FUNCTION hft.provider_operations(
	OUT provider text, OUT operation text, OUT available boolean,
	OUT instead text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'hft_sql_provider_operations'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 150;
COMMENT ON FUNCTION hft.provider_operations() IS
	'What each platform can do, and what works instead of what it cannot';
REVOKE ALL ON FUNCTION hft.provider_operations() FROM PUBLIC;

CREATE FUNCTION hft.provider_options(
	OUT provider text, OUT kind text, OUT name text, OUT type text,
	OUT minimum float8, OUT maximum float8, OUT choices text[], OUT meaning text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'hft_sql_provider_options'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 150;
COMMENT ON FUNCTION hft.provider_options() IS
	'Options of servers and jobs, and hyperparameters, that each platform takes';
REVOKE ALL ON FUNCTION hft.provider_options() FROM PUBLIC;
