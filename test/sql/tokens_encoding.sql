-- Tokens in databases whose encoding is not UTF-8: converted where that can
-- be, refused where the server promises nothing.
\set SHOW_CONTEXT never
SELECT current_database() AS home \gset
CREATE DATABASE tokens_latin1 ENCODING 'LATIN1' TEMPLATE template0
	LC_COLLATE 'C' LC_CTYPE 'C';
\c tokens_latin1
SET client_encoding = 'UTF8';
CREATE EXTENSION hft;
SELECT hft.encode('Zürich é', 'gpt-4o') AS as_in_utf8,
	   hft.count_tokens('Zürich é', 'gpt-4o') AS n,
	   hft.decode(hft.encode('Zürich é', 'gpt-4o'), 'gpt-4o') AS back,
	   hft.truncate_tokens('éàüéàüéàü', 3, 'gpt-4o') AS start,
	   hft.fits('éàü', 'gpt-4o', 9) AS fits;
SELECT string_agg(c, '') = repeat('éàü ', 9) AS whole
  FROM hft.chunk_tokens(repeat('éàü ', 9), 3, 0, 'gpt-4o') c;
-- ids of what the encoding does not have
SELECT hft.decode('{28428}', 'gpt-4o');
CREATE TABLE city (name text, n integer GENERATED ALWAYS AS (hft.count_tokens(name, 'gpt-4o')) STORED);
INSERT INTO city VALUES ('Zürich'), (repeat('Zürich ', 20000));
SELECT n FROM city;
\c :home
DROP DATABASE tokens_latin1;

CREATE DATABASE tokens_ascii ENCODING 'SQL_ASCII' TEMPLATE template0
	LC_COLLATE 'C' LC_CTYPE 'C';
\c tokens_ascii
CREATE EXTENSION hft;
SELECT hft.encode('Zürich é', 'gpt-4o') AS bytes_that_are_utf8;
SELECT hft.count_tokens(E'caf\xe9', 'gpt-4o');
SELECT hft.truncate_tokens(E'caf\xe9', 1, 'gpt-4o');
\c :home
DROP DATABASE tokens_ascii;
