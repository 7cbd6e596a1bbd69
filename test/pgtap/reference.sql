-- docs/reference.md names every object with its signature, every column and
-- every setting, and nothing that is not there.
--
-- Could pass by accident if the page were not read, or if a name counted that
-- stands somewhere else: signatures are compared whole, columns within the
-- section of their table.
BEGIN;
SELECT plan(9);

\set page `cat docs/reference.md`
CREATE TEMP TABLE page AS SELECT :'page'::text AS body;
SELECT cmp_ok((SELECT length(body) FROM page), '>', 10000,
	'the page is there');

-- sections "### `hft.name`" (or several names) with their texts
CREATE TEMP TABLE section AS
	SELECT split_part(s, E'\n', 1) AS title,
		substr(s, strpos(s, E'\n')) AS body
	FROM page, regexp_split_to_table(body, '(?:^|\n)##+ ') s;

-- lines of the blocks under them that are signatures, unfolded
CREATE TEMP TABLE written AS
	SELECT s.title, regexp_replace(trim(line), '\s+', ' ', 'g') AS signature
	FROM section s, regexp_matches(s.body, '\n```\n(.*?)\n```', 'g') block,
		regexp_split_to_table(block[1], '\n(?! )') line
	WHERE line LIKE 'hft.%';

CREATE TEMP TABLE declared AS
	SELECT p.proname::text AS name, format('hft.%s(%s)%s', p.proname,
		(SELECT regexp_replace(regexp_replace(regexp_replace(
			pg_get_function_arguments(p.oid), '(, |^)OUT .*$', ''),
			'\mIN ', '', 'g'),
			$re$('[^']*'|NULL)::(timestamp with time zone|double precision|[a-z]+)(\[\])?$re$,
			'\1', 'g')),
		CASE WHEN p.prokind = 'p' THEN ''
			WHEN outs.list IS NULL
				THEN ' → ' || pg_get_function_result(p.oid)
			ELSE format(' → %s(%s)',
				CASE WHEN p.proretset THEN 'SETOF ' END, outs.list)
		END) AS signature
	FROM pg_proc p
	CROSS JOIN LATERAL (
		SELECT string_agg(format('%s %s', p.proargnames[i],
			format_type(p.proallargtypes[i], NULL)), ', ' ORDER BY i) AS list
		FROM generate_subscripts(p.proargmodes, 1) i
		WHERE p.proargmodes[i] = 'o') outs
	WHERE p.pronamespace = 'hft'::regnamespace;

SELECT cmp_ok((SELECT count(*) FROM declared), '>', 60::bigint,
	'there are functions');
SELECT is_empty('SELECT signature FROM declared
	EXCEPT SELECT signature FROM written',
	'every function is on the page, with its signature');
SELECT is_empty('SELECT signature FROM written
	EXCEPT SELECT signature FROM declared',
	'every signature on the page is that of a function');
SELECT is_empty(
	$$SELECT w.signature FROM written w
	JOIN declared d ON d.signature = w.signature
	WHERE strpos(w.title, '`hft.' || d.name || '`') = 0$$,
	'each under its name');

-- tables and views: a section each, in which every column is named
CREATE TEMP VIEW attribute AS
	SELECT c.relname::text AS relation, a.attname::text AS name
	FROM pg_class c
	JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
		AND NOT a.attisdropped
	WHERE c.relnamespace = 'hft'::regnamespace AND c.relkind IN ('r', 'v');
SELECT cmp_ok((SELECT count(*) FROM attribute), '>', 200::bigint,
	'there are columns');
SELECT is_empty(
	$$SELECT relation, name FROM attribute a
	WHERE NOT EXISTS (SELECT FROM section s
		WHERE s.title = '`hft.' || a.relation || '`'
			AND strpos(s.body, '`' || a.name || '`') > 0)$$,
	'every column of every table and view is on the page');

-- settings, with defaults and contexts
LOAD 'hft';
CREATE TEMP VIEW setting AS
	SELECT format('| `%s` | %s | %s |', name,
		coalesce('`' || nullif(boot_val, '') || unit || '`',
			'`' || nullif(boot_val, '') || '`', '(empty)'), context) AS line
	FROM pg_settings WHERE name LIKE 'hft.%';
SELECT cmp_ok((SELECT count(*) FROM setting), '>', 10::bigint,
	'there are settings');
SELECT is_empty(
	$$SELECT line FROM setting, page WHERE strpos(body, line) = 0$$,
	'every setting is on the page, with default and context');

SELECT * FROM finish();
ROLLBACK;
