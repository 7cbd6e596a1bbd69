-- What the catalogs say about rights: PUBLIC may do nothing, nobody but the
-- owner writes, and a role with access reads what row security lets through.
--
-- Could pass by accident if the queries found no objects: so their numbers
-- are held against the extension's membership first.
BEGIN;
SELECT plan(16);

CREATE TEMP VIEW member AS
	SELECT d.classid, d.objid
	FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
	WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
		AND e.extname = 'hft';
CREATE TEMP VIEW routine AS
	SELECT p.* FROM pg_proc p JOIN member m ON m.objid = p.oid
	WHERE m.classid = 'pg_proc'::regclass;
CREATE TEMP VIEW relation AS
	SELECT c.* FROM pg_class c JOIN member m ON m.objid = c.oid
	WHERE m.classid = 'pg_class'::regclass;

SELECT cmp_ok((SELECT count(*) FROM routine), '>=', 40::bigint,
	'the extension has its routines');
SELECT cmp_ok((SELECT count(*) FROM relation WHERE relkind = 'r'), '>=',
	18::bigint, 'and its tables');
SELECT is_empty(
	$$SELECT oid::regprocedure FROM pg_proc
	WHERE pronamespace = 'hft'::regnamespace
		AND oid NOT IN (SELECT oid FROM routine)$$,
	'everything callable in the schema belongs to it');

SELECT is_empty(
	$$SELECT oid::regprocedure FROM routine
	WHERE has_function_privilege('public', oid, 'EXECUTE')$$,
	'PUBLIC can execute nothing');
SELECT is_empty(
	$$SELECT oid::regclass FROM relation
	WHERE relkind IN ('r', 'v') AND has_table_privilege('public', oid,
		'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')$$,
	'PUBLIC can read and write no table');
SELECT is_empty(
	$$SELECT oid::regclass FROM relation
	WHERE CASE WHEN relkind = 'S' THEN
		has_sequence_privilege('public', oid, 'USAGE, SELECT, UPDATE') END$$,
	'PUBLIC can use no sequence');
SELECT ok(NOT has_schema_privilege('public', 'hft', 'USAGE, CREATE'),
	'PUBLIC cannot enter the schema');
SELECT ok(NOT has_foreign_data_wrapper_privilege('public', 'hft', 'USAGE'),
	'PUBLIC cannot create servers');
SELECT is_empty(
	$$SELECT oid::regprocedure FROM routine WHERE prosecdef$$,
	'no routine is SECURITY DEFINER');

-- a row that has an owner is shown by row security, also through views
SELECT is_empty(
	$$SELECT c.oid::regclass FROM relation c
	WHERE c.relkind = 'r' AND NOT c.relrowsecurity
		AND c.relname NOT IN ('price', 'retirement', 'model_encoding',
			'deployment_limit')$$,
	'every table but what is shown to all has row security');
SELECT is_empty(
	$$SELECT c.oid::regclass FROM relation c
	WHERE c.relkind = 'v' AND c.relname <> 'worker'
		AND NOT coalesce(c.reloptions::text LIKE '%security_invoker%', false)$$,
	'every view reads tables as whoever asks');

-- what grant_access gives
CREATE ROLE pgtap_hft_user;
SELECT hft.grant_access('pgtap_hft_user');
SELECT set_eq(
	$$SELECT DISTINCT proname::text FROM routine
	WHERE NOT has_function_privilege('pgtap_hft_user', oid, 'EXECUTE')
		AND NOT EXISTS (SELECT FROM pg_aggregate a
			WHERE routine.oid IN (a.aggtransfn, a.aggfinalfn, a.aggcombinefn,
				a.aggserialfn, a.aggdeserialfn))$$,
	ARRAY['fdw_validator', 'is_for_users', 'set_access', 'grant_access',
		'revoke_access', 'doctor', 'load_vocabulary', 'shipped_models',
		'guard_model_encoding', 'start_worker', 'pause', 'resume'],
	'a role with access may call all but what is for administrators');
SELECT is_empty(
	$$SELECT oid::regclass FROM relation
	WHERE relkind IN ('r', 'v')
		AND NOT has_table_privilege('pgtap_hft_user', oid, 'SELECT')$$,
	'it may read every table');
SELECT is_empty(
	$$SELECT oid::regclass FROM relation
	WHERE relkind IN ('r', 'v') AND has_table_privilege('pgtap_hft_user', oid,
		'INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')$$,
	'and write none');
SELECT ok(NOT has_schema_privilege('pgtap_hft_user', 'hft', 'CREATE'),
	'it may create nothing in the schema');

SELECT hft.revoke_access('pgtap_hft_user');
SELECT is_empty(
	$$SELECT oid FROM routine
	WHERE has_function_privilege('pgtap_hft_user', oid, 'EXECUTE')
	UNION ALL
	SELECT oid FROM relation
	WHERE relkind IN ('r', 'v')
		AND has_table_privilege('pgtap_hft_user', oid, 'SELECT')$$,
	'revoke_access takes all of it back');

SELECT * FROM finish();
ROLLBACK;
