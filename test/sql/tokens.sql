--
-- Tokens: exact counts, ids and texts, and what the functions refuse.
--
CREATE EXTENSION hft;

-- a word in several encodings
SELECT model, hft.count_tokens('antidisestablishmentarianism', model),
	   hft.encode('antidisestablishmentarianism', model)
  FROM unnest('{gpt-4,gpt-4o,ft:gpt-4o-mini-2024-07-18:org::id,Qwen/Qwen3-8B,deepseek-ai/DeepSeek-V3,open-mistral-nemo}'::text[]) model;

-- counting is the length of encoding, and decoding gives the text back
SELECT model, t, hft.count_tokens(t, model) AS n
  FROM unnest('{cl100k_base,o200k_base,qwen3,deepseek_v3,tekken}'::text[]) model,
	   unnest(ARRAY['', 'don''t', '   two   ', E'a\n\n\tb', '1234567', 'naïve 世界 😀', '<|endoftext|>']) t
 WHERE hft.count_tokens(t, model) <> cardinality(hft.encode(t, model))
	OR hft.decode(hft.encode(t, model), model) <> t;

-- special tokens are ordinary text, but can be decoded
SELECT hft.count_tokens('<|endoftext|>', 'gpt-4o') AS ordinary,
	   hft.decode('{199999}', 'gpt-4o') AS special;

-- Qwen is defined on normalization form C
SELECT hft.encode(U&'e\0301', 'qwen3') = hft.encode(U&'\00E9', 'qwen3') AS same;

-- long runs of one letter are linear
SELECT hft.count_tokens(repeat('a', 100000), 'gpt-4o') AS a,
	   hft.count_tokens(repeat(E'\n', 100000), 'gpt-4o') AS newline;

-- and one piece of the whole text can be cancelled in its middle
SET statement_timeout = '100ms';
SELECT hft.count_tokens(repeat('a', 200000000), 'gpt-4o');
RESET statement_timeout;

-- NULL
SELECT hft.count_tokens(NULL, 'gpt-4o') IS NULL AS text,
	   hft.count_tokens('x', NULL) IS NULL AS model;

-- cutting
SELECT hft.truncate_tokens('one two three four', 2, 'gpt-4o') AS two,
	   hft.truncate_tokens('one two', 9, 'gpt-4o') AS whole,
	   hft.truncate_tokens('one two', 0, 'gpt-4o') = '' AS nothing;
SELECT hft.chunk_tokens('one two three four five six', 3, 1, 'gpt-4o');
SELECT string_agg(c, '') = repeat('日本語のテキスト😀', 40) AS whole,
	   max(hft.count_tokens(c, 'gpt-4')) <= 7 AS fits
  FROM hft.chunk_tokens(repeat('日本語のテキスト😀', 40), 7, 0, 'gpt-4') c;
-- every length of a text that is cut inside characters
SELECT n, hft.truncate_tokens('😀𠀀é́👍🏽 ß', n, 'gpt-4') AS t
  FROM generate_series(0, 30) n
 WHERE hft.count_tokens(hft.truncate_tokens('😀𠀀é́👍🏽 ß', n, 'gpt-4'), 'gpt-4') > n
	OR NOT starts_with('😀𠀀é́👍🏽 ß', hft.truncate_tokens('😀𠀀é́👍🏽 ß', n, 'gpt-4'));
SELECT hft.fits('one two three', 'gpt-4o', 3) AS yes,
	   hft.fits('one two three', 'gpt-4o', 2) AS no,
	   hft.fits(repeat('one two ', 1000000), 'gpt-4o', 2) AS soon;
SELECT count(*) FROM hft.chunk_tokens('', 3, 1, 'gpt-4o');

-- where only immutable and parallel safe functions may stand
CREATE TABLE token_row (
	body	text CHECK (hft.fits(body, 'gpt-4o', 5)),
	n		integer GENERATED ALWAYS AS (hft.count_tokens(body, 'gpt-4o')) STORED
);
CREATE INDEX ON token_row (hft.count_tokens(body, 'gpt-4'));
INSERT INTO token_row VALUES ('one two three'), ('four');
SELECT * FROM token_row ORDER BY n;
\set VERBOSITY terse
INSERT INTO token_row VALUES ('one two three four five six');
\set VERBOSITY default
INSERT INTO token_row SELECT 'row ' || i FROM generate_series(1, 20000) i;
ANALYZE token_row;
SET max_parallel_workers_per_gather = 2;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
EXPLAIN (COSTS OFF) SELECT sum(hft.count_tokens(body, 'gpt-4o')) FROM token_row;
SELECT sum(hft.count_tokens(body, 'gpt-4o')) = sum(n) AS same FROM token_row;
DROP TABLE token_row;

-- refusals
SELECT hft.count_tokens('x', 'gpt4o');
SELECT hft.count_tokens('x', 'no such model at all');
SELECT hft.decode('{1,200019}', 'gpt-4o');
SELECT hft.decode('{-1}', 'gpt-4o');
SELECT hft.decode('{1,NULL}', 'gpt-4o');
SELECT hft.decode('{160}', 'gpt-4o');		-- part of a character
SELECT hft.truncate_tokens('x', -1, 'gpt-4o');
SELECT hft.chunk_tokens('x', 0, 0, 'gpt-4o');
SELECT hft.chunk_tokens('x', 3, 3, 'gpt-4o');

-- three more may be installed, whose licence does not let us ship them
SELECT encoding, tokens, licence FROM hft.encodings()
 WHERE installed AND licence !~ 'Meta|Google|publisher'
 ORDER BY encoding;

DROP EXTENSION hft;
