-- The SQLSTATEs of the validator, and what doctor says about connections.
BEGIN;
SELECT plan(15);
SET client_min_messages = error;

CREATE FUNCTION pg_temp.server_is(code char(5), options text, what text)
RETURNS text LANGUAGE SQL AS $$
	SELECT throws_ok('CREATE SERVER x FOREIGN DATA WRAPPER hft OPTIONS ('
		|| options || ')', code, NULL, 'server: ' || what)
$$;
SELECT throws_ok($$CREATE SERVER x FOREIGN DATA WRAPPER hft$$, 'HV00J', NULL,
	'server: no provider');
SELECT pg_temp.server_is('42704', $$provider 'none'$$, 'unknown provider');
SELECT pg_temp.server_is('HV00J', $$provider 'openai_compatible'$$,
	'no base_url where there is no default');
SELECT pg_temp.server_is('HV00D', $$provider 'openai', x '1'$$,
	'unknown option');
SELECT pg_temp.server_is('HV00D', $$provider 'openai', api_key '1'$$, 'a secret');
SELECT pg_temp.server_is('HV00D',
	$$provider 'openai', project 'sk-0123456789abcdef0123456789abcdef'$$,
	'a value that looks like a secret');
SELECT pg_temp.server_is('22023', $$provider 'openai', base_url 'x'$$,
	'no URL');

CREATE SERVER s FOREIGN DATA WRAPPER hft OPTIONS (provider 'openai');
CREATE FUNCTION pg_temp.mapping_is(code char(5), options text, what text)
RETURNS text LANGUAGE SQL AS $$
	SELECT throws_ok('CREATE USER MAPPING FOR PUBLIC SERVER s OPTIONS ('
		|| options || ')', code, NULL, 'mapping: ' || what)
$$;
SELECT throws_ok($$CREATE USER MAPPING FOR PUBLIC SERVER s$$, 'HV00J', NULL,
	'mapping: no key');
SELECT pg_temp.mapping_is('HV00J', $$api_key 'x', key_file 'x'$$, 'two keys');
SELECT pg_temp.mapping_is('HV00D', $$x '1'$$, 'unknown option');
SELECT pg_temp.mapping_is('22023', $$key_file 'a/b'$$, 'a path');

SELECT is((SELECT status FROM hft.doctor() WHERE item = 'server s'), 'warning',
	'doctor: a server without mapping');
CREATE USER MAPPING FOR PUBLIC SERVER s OPTIONS (key_file 'absent.key');
SELECT is((SELECT status FROM hft.doctor()
		WHERE item = 'server s, mapping for PUBLIC'), 'error',
	'doctor: a key file that is not there');
ALTER USER MAPPING FOR PUBLIC SERVER s
	OPTIONS (DROP key_file, ADD api_key 'k');
SELECT is((SELECT status FROM hft.doctor()
		WHERE item = 'server s, mapping for PUBLIC'), 'ok',
	'doctor: a key');
SELECT is((SELECT status FROM hft.doctor() WHERE item = 'version'), 'ok',
	'doctor: library and SQL agree');

SELECT * FROM finish();
ROLLBACK;
