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

CREATE FUNCTION hft.fits("text" text, model text, max_tokens integer)
	RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20
	AS 'MODULE_PATHNAME', 'hft_sql_fits';
REVOKE ALL ON FUNCTION hft.fits(text, text, integer) FROM PUBLIC;
COMMENT ON FUNCTION hft.fits(text, text, integer) IS
	'Whether a text has at most so many tokens; stops counting at the limit';

CREATE FUNCTION hft.truncate_tokens("text" text, max_tokens integer,
	model text)
	RETURNS text
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50
	AS 'MODULE_PATHNAME', 'hft_sql_truncate_tokens';
REVOKE ALL ON FUNCTION hft.truncate_tokens(text, integer, text) FROM PUBLIC;
COMMENT ON FUNCTION hft.truncate_tokens(text, integer, text) IS
	'Start of a text that has at most so many tokens, in whole characters';

CREATE FUNCTION hft.chunk_tokens("text" text, size integer, overlap integer,
	model text)
	RETURNS SETOF text
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000
	AS 'MODULE_PATHNAME', 'hft_sql_chunk_tokens';
REVOKE ALL ON FUNCTION hft.chunk_tokens(text, integer, integer, text)
	FROM PUBLIC;
COMMENT ON FUNCTION hft.chunk_tokens(text, integer, integer, text) IS
	'Parts of a text of at most "size" tokens, each beginning with about "overlap" tokens of the one before';
