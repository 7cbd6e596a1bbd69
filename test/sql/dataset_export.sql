-- A training file leaves the database byte for byte, in each documented way.
-- The example holds what COPY's text format would spoil: backslashes, quotes,
-- tabs, commas.  The judge is the hash that was sealed with the split.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE EXTENSION hft;
RESET client_min_messages;
\getenv builddir PG_ABS_BUILDDIR
\set psql_file :builddir '/results/dataset_export_psql.jsonl'
\set copy_file :builddir '/results/dataset_export_copy.jsonl'
\set server_file :builddir '/results/dataset_export_server.jsonl'
\set spoilt_file :builddir '/results/dataset_export_spoilt.jsonl'

SELECT hft.create_dataset('nasty', $$
	SELECT 'line' || g || E' "quoted" back\\slash \ttab\nnewline, \\.' AS "user",
		'é😀 \N ' || repeat('long ', g % 50 * 200) AS assistant
	FROM generate_series(1, 300) g $$, validation => 0) > 0 AS created;
SELECT rows FROM hft.snapshot_dataset('nasty');
SELECT hft.export_jsonl('nasty') LIMIT 1;

CREATE FUNCTION is_exact(file text) RETURNS boolean LANGUAGE SQL AS $$
	SELECT sha256(pg_read_binary_file(file)) = sha256 FROM hft.dataset_split $$;
-- psql -At
\a \t
\o :psql_file
SELECT hft.export_jsonl('nasty');
\o
\a \t
SELECT is_exact(:'psql_file');
-- \copy with CSV that quotes nothing (it takes no variables)
\copy (SELECT hft.export_jsonl('nasty')) TO 'results/dataset_export_copy.jsonl' WITH (FORMAT csv, QUOTE e'\x01', DELIMITER e'\x02')
SELECT is_exact(:'copy_file');
-- the server writes
COPY (SELECT hft.export_jsonl('nasty')) TO :'server_file'
	WITH (FORMAT csv, QUOTE e'\x01', DELIMITER e'\x02');
SELECT is_exact(:'server_file');
-- and why plain COPY is not among them
COPY (SELECT hft.export_jsonl('nasty')) TO :'spoilt_file';
SELECT is_exact(:'spoilt_file');

-- a cursor reads as far as it wants, twice at once; rows changed meanwhile
-- are not seen
BEGIN;
DECLARE a CURSOR FOR SELECT left(hft.export_jsonl('nasty'), 50);
DECLARE b CURSOR FOR SELECT left(hft.export_jsonl('nasty', format => 'together'), 50);
FETCH 2 FROM a;
FETCH 1 FROM b;
DELETE FROM hft.example WHERE n = 3;
FETCH 1 FROM a;
FETCH 1 FROM b;
COMMIT;
SELECT count(*) FROM (SELECT hft.export_jsonl('nasty')) lines;
-- other splits are empty
SELECT hft.export_jsonl('nasty', 'test');

-- a line that a format cannot express names the example
SELECT hft.create_dataset('old', $$ SELECT
	'[{"role":"user","content":"q"},{"role":"function","content":"f"}]'::json AS messages $$,
	validation => 0) > 0 AS created;
SELECT rows FROM hft.snapshot_dataset('old');
SELECT hft.export_jsonl('old', format => 'together');
DROP FUNCTION is_exact;
DROP EXTENSION hft;
