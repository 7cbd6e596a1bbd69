-- The extension installs into a schema of its own, and refuses a planted one.
CREATE SCHEMA hft;
CREATE EXTENSION hft;
DROP SCHEMA hft;
CREATE EXTENSION hft;
SELECT n.nspname, e.extrelocatable
FROM pg_catalog.pg_extension e
JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
WHERE e.extname = 'hft';
DROP EXTENSION hft;
SELECT pg_catalog.count(*) FROM pg_catalog.pg_namespace WHERE nspname = 'hft';
