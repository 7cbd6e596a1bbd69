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

CREATE FUNCTION hft.compare_providers(
	dataset text, targets text[] DEFAULT NULL, version int DEFAULT NULL,
	epochs int DEFAULT NULL, hyperparameters jsonb DEFAULT '{}',
	options jsonb DEFAULT '{}',
	OUT server text, OUT provider text, OUT model text,
	OUT accepted bigint, OUT rejected bigint, OUT truncated bigint,
	OUT findings jsonb, OUT tokens bigint, OUT tokenizer text,
	OUT tokens_exact boolean, OUT epochs_billed bigint,
	OUT billed_tokens_low bigint, OUT billed_tokens_high bigint,
	OUT price_low numeric, OUT price_high numeric, OUT price_source text,
	OUT hosting_per_month numeric, OUT retires_on date, OUT problems text[],
	OUT notice text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'hft_sql_compare_providers'
LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE ROWS 50;
COMMENT ON FUNCTION hft.compare_providers(text, text[], int, int, jsonb, jsonb) IS
	'A data set at platforms and models beside each other: rows they would take, tokens as they count, and what training and hosting would cost; NULL means unknown, never free';
REVOKE ALL ON FUNCTION hft.compare_providers(text, text[], int, int, jsonb, jsonb)
	FROM PUBLIC;
