--
-- Models: which encoding and rules apply, rows of one's own, what examples
-- count, and vocabularies that are loaded.
--
CREATE EXTENSION hft;

-- the catalog is a copy of the library's table
SELECT count(*) > 60 AS many, bool_and(shipped) AS shipped,
	   count(*) = (SELECT count(*) FROM hft.shipped_models()) AS all
  FROM hft.model_encoding;
SELECT * FROM hft.shipped_models()
EXCEPT
SELECT id, pattern, encoding, chat, images, exact, source
  FROM hft.model_encoding WHERE shipped;

-- every shipped name is found by itself, and says where it is from
SELECT pattern FROM hft.model_encoding WHERE length(source) < 10;

-- a name of one's own
SELECT hft.count_tokens('don''t', 'acme/parrot-9b');
INSERT INTO hft.model_encoding (pattern, encoding, chat, exact, source)
	VALUES ('acme/parrot*', 'cl100k_base', 'llama3', true, 'its card');
INSERT INTO hft.model_encoding (pattern, encoding, source)
	VALUES ('*parrot-9b', 'o200k_base', 'never asked for acme''s');
SELECT hft.encode('antidisestablishmentarianism', 'acme/parrot-9b') =
	   hft.encode('antidisestablishmentarianism', 'gpt-4') AS first_row,
	   hft.encode('antidisestablishmentarianism', 'Other/Parrot-9B') =
	   hft.encode('antidisestablishmentarianism', 'gpt-4o') AS second_row,
	   hft.count_tokens('x', 'ft:acme/parrot:org::id') AS tuned;
SELECT * FROM hft.count_tokens_detail('[{"role":"user","content":" hi "}]', 'acme/parrot-9b');

-- is there as soon as it is committed, and gone with a rollback
BEGIN;
INSERT INTO hft.model_encoding (pattern, encoding, source)
	VALUES ('acme/wren', 'cl100k_base', 'its card');
SELECT hft.count_tokens('x', 'acme/wren');
ROLLBACK;
SELECT hft.count_tokens('x', 'acme/wren');
DELETE FROM hft.model_encoding WHERE pattern = 'acme/parrot*';
SELECT hft.encode('antidisestablishmentarianism', 'acme/parrot-9b') =
	   hft.encode('antidisestablishmentarianism', 'gpt-4o') AS now_the_second;

-- a plan that was made before a change follows it
PREPARE counts AS SELECT hft.count_tokens(t, 'acme/finch')
  FROM (VALUES ('antidisestablishmentarianism')) v (t);
INSERT INTO hft.model_encoding (pattern, encoding, source)
	VALUES ('acme/finch', 'cl100k_base', 'its card');
EXECUTE counts;
DEALLOCATE counts;

-- what is refused
\set VERBOSITY terse
INSERT INTO hft.model_encoding (pattern, encoding, source) VALUES ('gpt-4o-mini-acme*', 'cl100k_base', 'x');
INSERT INTO hft.model_encoding (pattern, encoding, source) VALUES ('Acme', 'cl100k_base', 'x');
INSERT INTO hft.model_encoding (pattern, encoding, source) VALUES ('*', 'cl100k_base', 'x');
INSERT INTO hft.model_encoding (pattern, encoding, source) VALUES ('acme', '../x', 'x');
INSERT INTO hft.model_encoding (pattern, encoding, chat, source) VALUES ('acme', 'cl100k_base', 'polly', 'x');
INSERT INTO hft.model_encoding (pattern, encoding, images, source) VALUES ('acme', 'cl100k_base', 'polly', 'x');
INSERT INTO hft.model_encoding (pattern, encoding, source, shipped) VALUES ('acme', 'cl100k_base', 'x', true);
UPDATE hft.model_encoding SET encoding = 'cl100k_base' WHERE pattern = 'gpt-4o*';
UPDATE hft.model_encoding SET encoding = 'cl100k_base' WHERE pattern = '*parrot-9b';
DELETE FROM hft.model_encoding WHERE shipped;
TRUNCATE hft.model_encoding;
\set VERBOSITY default
UPDATE hft.model_encoding SET source = 'the card of the model' WHERE pattern = '*parrot-9b';

-- examples: contents, what the format adds, what is trained
SELECT model, d.*
  FROM unnest('{gpt-4o,gpt-4,openai/gpt-oss-20b,Qwen/Qwen3-8B,deepseek-ai/DeepSeek-V3,open-mistral-nemo,amazon.nova-lite-v1:0,claude-3-haiku}'::text[]) model,
	   hft.count_tokens_detail('[{"role":"system","content":"Be brief."},{"role":"user","content":"Hello"},{"role":"assistant","content":"Hi there"}]', model) d;
SELECT tokens, trained_tokens FROM hft.count_tokens_detail('[{"role":"user","content":"a"},{"role":"assistant","content":"one two","weight":0},{"role":"user","content":"b"},{"role":"assistant","content":"three four five","weight":1}]', 'gpt-4o');
SELECT hft.count_tokens('{"text":"one two"}'::jsonb, 'gpt-4o') AS text,
	   hft.count_tokens('{"messages":[]}'::jsonb, 'gpt-4o') AS nothing;
SELECT hft.count_tokens('{"preferred_output":[]}'::jsonb, 'gpt-4o');

-- images: a PNG of 2048 x 4096, a GIF of 1024 x 1024, one that is elsewhere
CREATE TEMP TABLE image AS
SELECT name, detail, jsonb_build_array(jsonb_build_object('role', 'user', 'content',
		jsonb_build_array(jsonb_build_object('type', 'image_url', 'image_url',
			jsonb_strip_nulls(jsonb_build_object('url', url, 'detail', detail)))))) AS example
  FROM (VALUES
	('png', 'data:image/png;base64,' || encode('\x89504e470d0a1a0a0000000d494844520000080000001000'::bytea, 'base64')),
	('gif', 'data:image/gif;base64,' || encode('\x47494638396100040004'::bytea, 'base64')),
	('url', 'https://example.org/a.png')) i (name, url),
	unnest('{low,high,NULL}'::text[]) detail;
SELECT name, detail,
	   (SELECT tokens - 7 FROM hft.count_tokens_detail(example, 'gpt-4o')) AS "4o",
	   (SELECT exact FROM hft.count_tokens_detail(example, 'gpt-4o')) AS exact,
	   (SELECT tokens - 7 FROM hft.count_tokens_detail(example, 'gpt-4o-mini')) AS "4o-mini",
	   (SELECT tokens - 7 FROM hft.count_tokens_detail(example, 'gpt-4.1-mini')) AS "4.1-mini",
	   (SELECT exact FROM hft.count_tokens_detail(example, 'gpt-4.1-mini')) AS mini_exact
  FROM image ORDER BY name, detail;
DROP TABLE image;

-- a vocabulary that is loaded: all bytes, and two pairs
SELECT current_setting('data_directory') || '/hft_regress.tiktoken' AS file,
	   current_setting('data_directory') || '/hft_regress_broken.tiktoken' AS broken \gset
CREATE TEMP TABLE rank AS
SELECT i AS rank, encode(set_byte('\x00', 0, i), 'base64') AS token FROM generate_series(0, 255) i
UNION ALL VALUES (256, encode('ab', 'base64')), (257, encode('abc', 'base64'));
COPY (SELECT token || ' ' || rank FROM rank ORDER BY rank) TO :'file';
COPY (SELECT token || ' ' || nullif(rank, 77) FROM rank ORDER BY rank) TO :'broken';
SELECT encoding, tokens, licence FROM hft.load_vocabulary('regress_bytes', :'file', 'cl100k');
SELECT hft.encode('abcab don''t', 'regress_bytes'),
	   hft.decode(hft.encode('é😀', 'regress_bytes'), 'regress_bytes');
SELECT encoding, tokens FROM hft.encodings() WHERE encoding LIKE 'regress%';
-- again is nothing, another under that name is an error
SELECT tokens FROM hft.load_vocabulary('regress_bytes', :'file', 'cl100k');
\set VERBOSITY sqlstate
COPY (SELECT token || ' ' || rank FROM rank WHERE rank < 257 ORDER BY rank) TO :'file';
SELECT tokens FROM hft.load_vocabulary('regress_bytes', :'file', 'cl100k');
SELECT hft.load_vocabulary('regress_broken', :'broken', 'cl100k');
SELECT hft.load_vocabulary('regress_broken', :'file');
SELECT hft.load_vocabulary('regress_broken', :'file', 'polly');
SELECT hft.load_vocabulary('llama3_1', :'file');
SELECT hft.load_vocabulary('qwen3', :'file');
SELECT hft.load_vocabulary('gpt-4o', :'file');
SELECT hft.load_vocabulary('../x', :'file');
SELECT hft.load_vocabulary('regress_broken', '/nonexistent');
SELECT hft.load_vocabulary('regress_broken', '/');
SELECT hft.load_vocabulary(NULL, '/');
\set VERBOSITY default
CREATE ROLE regress_loader;
GRANT USAGE ON SCHEMA hft TO regress_loader;
GRANT EXECUTE ON FUNCTION hft.load_vocabulary TO regress_loader;
SET ROLE regress_loader;
SELECT hft.load_vocabulary('regress_bytes', '/etc/passwd', 'cl100k');
RESET ROLE;
DROP OWNED BY regress_loader;
DROP ROLE regress_loader;

DROP EXTENSION hft;
