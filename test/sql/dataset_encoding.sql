-- Databases whose encoding is not UTF-8 (R33): the line is right everywhere,
-- and text that is no UTF-8 is refused where the server promises nothing.
\set SHOW_CONTEXT never
SELECT current_database() AS home \gset
CREATE DATABASE dataset_latin1 ENCODING 'LATIN1' TEMPLATE template0
	LC_COLLATE 'C' LC_CTYPE 'C';
\c dataset_latin1
SET client_encoding = 'UTF8';
CREATE EXTENSION hft;
SELECT hft.create_dataset('caf', $$ SELECT 'Zürich'::text AS "user", 'é'::text AS assistant,
	'clé' AS id UNION ALL SELECT 'Bern', 'b', NULL $$, validation => 0) > 0 AS created;
SELECT rows FROM hft.snapshot_dataset('caf');
SELECT source_key, body, tokens FROM hft.example ORDER BY n;
SELECT hft.count_tokens('[{"role":"user","content":"Zürich"},{"role":"assistant","content":"é"}]'::jsonb,
	'gpt-4o-mini') AS tokens, hft.convert('[{"role":"user","content":"é"}]');
-- another server gives the same split, for it is drawn over UTF-8
SELECT hft.alter_dataset('caf', validation => u + 0.000001) FROM (
	SELECT sum(get_byte(h, i) / 256::float8 ^ (i + 1)) AS u FROM generate_series(0, 6) i,
	sha256('caf'::bytea || '\x00' || convert_to('Zürich', 'UTF8')) h) draw;
SELECT rows FROM hft.snapshot_dataset('caf');
SELECT split FROM hft.example WHERE source_key = 'clé' ORDER BY version_id DESC LIMIT 1;
\c :home
DROP DATABASE dataset_latin1;

CREATE DATABASE dataset_ascii ENCODING 'SQL_ASCII' TEMPLATE template0
	LC_COLLATE 'C' LC_CTYPE 'C';
\c dataset_ascii
CREATE EXTENSION hft;
SELECT hft.create_dataset('caf', $$ SELECT 'Zürich'::text AS "user", 'é'::text AS assistant $$,
	validation => 0) > 0 AS created;
SELECT rows FROM hft.snapshot_dataset('caf');
SELECT body FROM hft.example;
SELECT hft.alter_dataset('caf', $$ SELECT E'caf\xe9' AS "user", 'a' AS assistant, 7 AS id $$);
SELECT hft.snapshot_dataset('caf');
SELECT hft.alter_dataset('caf', $$ SELECT E'["caf\xe9"]' AS messages, 'k' AS id $$);
SELECT hft.snapshot_dataset('caf');
\c :home
DROP DATABASE dataset_ascii;
