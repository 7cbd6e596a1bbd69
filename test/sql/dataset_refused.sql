-- What no version is made of.  Each refusal must leave nothing behind, which
-- is asked at the end.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE EXTENSION hft;
RESET client_min_messages;
CREATE TABLE source (id int, q text, a text);
INSERT INTO source SELECT g, 'q' || g, 'a' || g FROM generate_series(1, 5000) g;

-- queries that are no single SELECT, or have side effects (F54)
CREATE FUNCTION define(query text) RETURNS void LANGUAGE SQL
	AS $$ SELECT hft.create_dataset('d', query) $$;
SELECT define('');
SELECT define('SELECT 1; SELECT 2');
SELECT define('DELETE FROM source RETURNING q AS "user", a AS assistant');
SELECT define('SELECT q AS "user", a AS assistant INTO x FROM source');
SELECT define('EXPLAIN SELECT 1');
SELECT define('COPY source TO STDOUT');
SELECT define('SELECT q AS "user", a AS assistant FROM source FOR UPDATE');
SELECT define('WITH d AS (DELETE FROM source RETURNING *) SELECT q AS "user", a AS assistant FROM d');
SELECT define('SELECT broken');

CREATE SEQUENCE counter;
CREATE FUNCTION write_row() RETURNS text LANGUAGE plpgsql AS
	$$ BEGIN INSERT INTO source VALUES (0, 'x', 'y'); RETURN 'x'; END $$;
CREATE FUNCTION unlock() RETURNS text LANGUAGE plpgsql AS
	$$ BEGIN SET transaction_read_only = off; RETURN write_row(); END $$;
CREATE FUNCTION change_role() RETURNS text LANGUAGE plpgsql AS
	$$ BEGIN RESET ROLE; RETURN 'x'; END $$;
CREATE FUNCTION attempt(expression text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM hft.create_dataset('d', format(
		'SELECT (%s)::text AS "user", a AS assistant FROM source', expression));
	PERFORM hft.snapshot_dataset('d');
	RETURN 'done';
EXCEPTION WHEN OTHERS THEN
	RETURN sqlstate || ' ' || sqlerrm;
END $$;
SELECT attempt('nextval(''counter'')');
SELECT attempt('write_row()');
SELECT attempt('unlock()');
SELECT attempt('change_role()');
SELECT attempt('hft.drop_dataset(''d'')');
SELECT attempt('hft.create_dataset(''e'', ''SELECT 1 AS "user", 2 AS assistant'')');
SELECT attempt('(hft.snapshot_dataset(''d'')).number');
SELECT count(*) AS rows, (SELECT last_value FROM counter) AS counter FROM source;

-- a read-only transaction cannot take one at all
SELECT hft.create_dataset('d', 'SELECT q AS "user", a AS assistant FROM source') > 0 AS created;
BEGIN READ ONLY;
SELECT hft.snapshot_dataset('d');
ROLLBACK;

-- columns
CREATE FUNCTION redefine(query text, method text DEFAULT NULL) RETURNS void
	LANGUAGE SQL AS $$ SELECT hft.alter_dataset('d', query, method) $$;
SELECT redefine('SELECT q, a FROM source');
SELECT redefine('SELECT q AS "user" FROM source');
SELECT redefine('SELECT q AS prompt, q AS "user", a AS completion FROM source');
SELECT redefine('SELECT q AS messages, a AS assistant FROM source');
SELECT redefine('SELECT id AS messages FROM source');
SELECT redefine('SELECT q AS "user", a AS assistant, q AS weight FROM source');
SELECT redefine('SELECT q AS text FROM source');
SELECT redefine('SELECT q AS "user", a AS assistant FROM source', 'text');
SELECT redefine('SELECT q AS "user", a AS assistant FROM source', 'dpo');
SELECT redefine('SELECT q AS "user", a AS assistant FROM source', 'magic');
SELECT hft.create_dataset('e', 'SELECT 1 AS "user", 2 AS assistant', model => 'gpt-9');
SELECT hft.create_dataset('e', 'SELECT 1 AS "user", 2 AS assistant', validation => 0.5, test => 0.5);
SELECT hft.create_dataset('e', 'SELECT 1 AS "user", 2 AS assistant', validation => 'NaN');
SELECT hft.create_dataset('', 'SELECT 1 AS "user", 2 AS assistant');
SELECT hft.create_dataset(NULL, 'SELECT 1 AS "user", 2 AS assistant');
SELECT hft.create_dataset('d', 'SELECT 1 AS "user", 2 AS assistant');

-- rows that cannot become a line (F50): number and key are told
CREATE FUNCTION snapshot_of(query text) RETURNS bigint LANGUAGE SQL AS $$
	SELECT hft.alter_dataset('d', query);
	SELECT rows FROM hft.snapshot_dataset('d') $$;
SELECT snapshot_of('SELECT id, q AS "user", CASE id WHEN 17 THEN NULL ELSE a END AS assistant FROM source ORDER BY id');
SELECT snapshot_of('SELECT ''k'' AS id, NULL::jsonb AS messages');
SELECT snapshot_of('SELECT ''it''''s'' AS id, ''[{"role":]'' AS messages');
SELECT snapshot_of('SELECT repeat(''['', 70) AS messages');
SELECT snapshot_of('SELECT ''[]'' AS messages, ''{'' AS tools');
SELECT snapshot_of('SELECT ''"\ud800"''::json AS messages');
SELECT snapshot_of('SELECT q AS "user", a AS assistant, ''NaN''::float8 AS weight FROM source');
SELECT snapshot_of('SELECT q AS "user", a AS assistant, -1 AS weight FROM source');
SELECT snapshot_of('SELECT id, q AS "user", a AS assistant, ''dev'' AS split FROM source ORDER BY id');
-- these can: raw newlines between tokens, no messages, an empty text
SELECT snapshot_of(E'SELECT ''[\n{"role":\r\n"user","content":"a\\\\nb"}\n]\n''::json AS messages'
	' UNION ALL SELECT ''[]'' UNION ALL SELECT ''{}'' UNION ALL SELECT ''7''');
SELECT body FROM hft.example ORDER BY split, n;

-- no rows (F51)
SELECT snapshot_of('SELECT q AS "user", a AS assistant FROM source WHERE false');

-- the source is gone or another one (F49)
SELECT snapshot_of('SELECT q AS "user", a AS assistant FROM source') AS rows;
ALTER TABLE source RENAME COLUMN q TO question;
SELECT hft.snapshot_dataset('d');
ALTER TABLE source RENAME COLUMN question TO q;
ALTER TABLE source RENAME TO sources;
SELECT hft.snapshot_dataset('d');
ALTER TABLE sources RENAME TO source;

-- an error in the last row: nothing stays, also when it is caught (F52)
SELECT count(*) AS before FROM hft.example \gset
SELECT snapshot_of('SELECT q AS "user", (1 / (5000 - id))::text AS assistant FROM source ORDER BY id');
CREATE FUNCTION caught() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM snapshot_of('SELECT q AS "user", (1 / (5000 - id))::text AS assistant FROM source ORDER BY id');
EXCEPTION WHEN division_by_zero THEN
	RETURN 'caught, and read-only is ' || current_setting('transaction_read_only');
END $$;
SELECT caught();
SELECT count(*) = :before AS as_before FROM hft.example;
SELECT count(*) FROM hft.example e
WHERE NOT EXISTS (SELECT FROM hft.dataset_version v WHERE v.id = e.version_id);
SELECT count(*) FROM hft.finding f
WHERE NOT EXISTS (SELECT FROM hft.dataset_version v WHERE v.id = f.version_id);

-- what is not there
SELECT hft.snapshot_dataset('dd');
SELECT hft.check_dataset('d', 99);
SELECT hft.create_dataset('new', 'SELECT 1 AS "user", 2 AS assistant') > 0 AS created;
SELECT hft.check_dataset('new');
SELECT hft.check_dataset(NULL);
SELECT hft.export_jsonl('d', 'dev');
SELECT hft.export_jsonl('d', format => 'parquet');
SELECT hft.export_jsonl('d', NULL);
SELECT hft.diff_dataset('d', NULL);

-- who may: members of the owner, with the owner's rights and not their own
CREATE ROLE hft_owner;
CREATE ROLE hft_member;
CREATE ROLE hft_other;
GRANT hft_owner TO hft_member;
GRANT USAGE ON SCHEMA hft TO hft_owner, hft_other;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA hft TO hft_owner, hft_other;
GRANT SELECT ON source TO hft_owner;
CREATE TABLE secret AS SELECT 'q' AS q, 'a' AS a;
SET ROLE hft_owner;
SELECT hft.create_dataset('owned', 'SELECT q AS "user", a || current_user AS assistant FROM source ORDER BY id LIMIT 20') > 0 AS created;
SELECT hft.create_dataset('stolen', 'SELECT q AS "user", a AS assistant FROM secret') > 0 AS created;
-- whose table it is shows when it is read
SELECT hft.snapshot_dataset('stolen');
SET ROLE hft_member;
SELECT rows FROM hft.snapshot_dataset('owned');
SELECT hft.export_jsonl('owned') LIMIT 1;
SET ROLE hft_other;
SELECT hft.snapshot_dataset('owned');
SELECT hft.export_jsonl('owned');
SELECT hft.alter_dataset('owned', validation => 0);
SELECT hft.drop_dataset('owned');
INSERT INTO hft.example SELECT;
RESET ROLE;
-- a superuser's snapshot does not lend the superuser's rights
REVOKE SELECT ON source FROM hft_owner;
SELECT hft.snapshot_dataset('owned');
GRANT SELECT ON source TO hft_owner;
SELECT hft.alter_dataset('owned', owner => 'hft_other');
SELECT hft.alter_dataset('owned', owner => 'hft_member');
SET ROLE hft_member;
SELECT hft.drop_dataset('owned');
RESET ROLE;

DROP EXTENSION hft;
DROP TABLE secret;
DROP TABLE source;
DROP SEQUENCE counter;
DROP FUNCTION define, redefine, attempt, snapshot_of, caught, write_row, unlock, change_role;
REVOKE hft_owner FROM hft_member;
DROP ROLE hft_owner, hft_member, hft_other;
