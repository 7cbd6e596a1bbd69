/* hft: tokens */

CREATE FUNCTION hft.count_tokens("text" text, model text) RETURNS integer
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20
	AS 'MODULE_PATHNAME', 'hft_sql_count_tokens';
REVOKE ALL ON FUNCTION hft.count_tokens(text, text) FROM PUBLIC;
COMMENT ON FUNCTION hft.count_tokens(text, text) IS
	'Number of tokens of a text in the encoding of a model';

CREATE FUNCTION hft.encode("text" text, model text) RETURNS integer[]
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100
	AS 'MODULE_PATHNAME', 'hft_sql_encode';
REVOKE ALL ON FUNCTION hft.encode(text, text) FROM PUBLIC;
COMMENT ON FUNCTION hft.encode(text, text) IS
	'Token ids of a text in the encoding of a model';

CREATE FUNCTION hft.decode(ids integer[], model text) RETURNS text
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20
	AS 'MODULE_PATHNAME', 'hft_sql_decode';
REVOKE ALL ON FUNCTION hft.decode(integer[], text) FROM PUBLIC;
COMMENT ON FUNCTION hft.decode(integer[], text) IS
	'Text of token ids in the encoding of a model';

CREATE FUNCTION hft.encodings(
	OUT encoding text, OUT installed boolean, OUT tokens integer,
	OUT licence text, OUT sha256 text)
	RETURNS SETOF record
	LANGUAGE C VOLATILE STRICT PARALLEL SAFE COST 1000 ROWS 10
	AS 'MODULE_PATHNAME', 'hft_sql_encodings';
REVOKE ALL ON FUNCTION hft.encodings() FROM PUBLIC;
COMMENT ON FUNCTION hft.encodings() IS
	'Encodings, whether their vocabulary is installed, and what it is';
