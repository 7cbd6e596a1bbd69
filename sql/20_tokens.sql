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

CREATE FUNCTION hft.load_vocabulary(name text, path text,
	pattern text DEFAULT NULL,
	OUT encoding text, OUT tokens integer, OUT licence text, OUT sha256 text)
	RETURNS record
	LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE COST 100000
	AS 'MODULE_PATHNAME', 'hft_sql_load_vocabulary';
REVOKE ALL ON FUNCTION hft.load_vocabulary(text, text, text) FROM PUBLIC;
COMMENT ON FUNCTION hft.load_vocabulary(text, text, text) IS
	'Compiles a tokenizer.json or .tiktoken file of the server into an encoding that all its databases can use';

/*
 * Shipped rows are a copy of the library's own table, which is what counts;
 * rows of an administrator are tried after them, in the order of their ids.
 */
CREATE FUNCTION hft.shipped_models(
	OUT id bigint, OUT pattern text, OUT encoding text, OUT chat text,
	OUT images text, OUT exact boolean, OUT source text)
	RETURNS SETOF record
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 100
	AS 'MODULE_PATHNAME', 'hft_sql_shipped_models';
REVOKE ALL ON FUNCTION hft.shipped_models() FROM PUBLIC;
COMMENT ON FUNCTION hft.shipped_models() IS
	'The rows of hft.model_encoding that come with this version';

CREATE TABLE hft.model_encoding (
	id			bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	pattern		text NOT NULL UNIQUE,
	encoding	text NOT NULL,
	chat		text NOT NULL DEFAULT 'none',
	images		text NOT NULL DEFAULT 'none',
	exact		boolean NOT NULL DEFAULT false,
	shipped		boolean NOT NULL DEFAULT false,
	source		text NOT NULL
);
COMMENT ON TABLE hft.model_encoding IS
	'How tokens are counted for a model: the first row whose pattern covers its name, shipped ones before yours';
REVOKE ALL ON hft.model_encoding FROM PUBLIC;
ALTER TABLE hft.model_encoding ALTER COLUMN id RESTART WITH 100001;

CREATE FUNCTION hft.guard_model_encoding() RETURNS trigger
	LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'hft_sql_guard_model_encoding';
REVOKE ALL ON FUNCTION hft.guard_model_encoding() FROM PUBLIC;
COMMENT ON FUNCTION hft.guard_model_encoding() IS
	'Keeps rows of hft.model_encoding as they are, and tells sessions of new ones';

CREATE TRIGGER guard_rows
	BEFORE INSERT OR UPDATE OR DELETE ON hft.model_encoding
	FOR EACH ROW EXECUTE FUNCTION hft.guard_model_encoding();
CREATE TRIGGER guard_truncate
	BEFORE TRUNCATE ON hft.model_encoding
	FOR EACH STATEMENT EXECUTE FUNCTION hft.guard_model_encoding();
CREATE TRIGGER tell_sessions
	AFTER INSERT OR UPDATE OR DELETE ON hft.model_encoding
	FOR EACH STATEMENT EXECUTE FUNCTION hft.guard_model_encoding();

INSERT INTO hft.model_encoding
	(id, pattern, encoding, chat, images, exact, shipped, source)
OVERRIDING SYSTEM VALUE
SELECT m.id, m.pattern, m.encoding, m.chat, m.images, m.exact, true, m.source
FROM hft.shipped_models() m;
