/*
 * Everything that CREATE EXTENSION made, as lines of text: two installations
 * are the same when these are.  Object identities carry no OIDs.
 */
SET search_path = pg_catalog;

CREATE TEMPORARY VIEW member AS
SELECT d.classid, d.objid, i.type AS kind, i.identity
FROM pg_depend d
CROSS JOIN LATERAL pg_identify_object(d.classid, d.objid, d.objsubid) i
WHERE d.deptype = 'e' AND d.refclassid = 'pg_extension'::regclass
	AND d.refobjid = (SELECT e.oid FROM pg_extension e WHERE e.extname = 'hft');

CREATE TEMPORARY VIEW line (what, text) AS
SELECT 'member', format('%s %s', kind, identity) FROM member
UNION ALL
SELECT 'comment', format('%s %s.%s: %s', m.kind, m.identity, c.objsubid, c.description)
FROM member m
JOIN pg_description c ON (c.classoid, c.objoid) = (m.classid, m.objid)
UNION ALL
SELECT 'function', format('%s%s %s', pg_get_functiondef(p.oid), p.proacl, p.provariadic)
FROM member m JOIN pg_proc p ON m.classid = 'pg_proc'::regclass
	AND p.oid = m.objid AND p.prokind <> 'a'
UNION ALL
SELECT 'aggregate', format('%s %s', m.identity, a.*)
FROM member m JOIN pg_aggregate a ON m.classid = 'pg_proc'::regclass
	AND a.aggfnoid = m.objid
UNION ALL
SELECT 'relation', format('%s %s %s %s %s %s %s', m.identity, c.relkind, c.relacl,
	c.reloptions, c.relrowsecurity, c.relforcerowsecurity,
	CASE WHEN c.relkind = 'v' THEN pg_get_viewdef(c.oid) END)
FROM member m JOIN pg_class c ON m.classid = 'pg_class'::regclass
	AND c.oid = m.objid
UNION ALL
SELECT 'column', format('%s %s %s %s %s %s %s %s %s %s', m.identity, a.attnum, a.attname,
	format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
	a.attgenerated, a.attstorage, a.attacl, pg_get_expr(d.adbin, d.adrelid))
FROM member m JOIN pg_attribute a ON m.classid = 'pg_class'::regclass
	AND a.attrelid = m.objid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON (d.adrelid, d.adnum) = (a.attrelid, a.attnum)
UNION ALL
SELECT 'constraint', format('%s %s %s', m.identity, c.conname, pg_get_constraintdef(c.oid))
FROM member m JOIN pg_constraint c ON m.objid IN (c.conrelid, c.contypid)
UNION ALL
SELECT 'index', pg_get_indexdef(i.indexrelid)
FROM member m JOIN pg_index i ON m.classid = 'pg_class'::regclass
	AND i.indrelid = m.objid
UNION ALL
SELECT 'trigger', pg_get_triggerdef(t.oid)
FROM member m JOIN pg_trigger t ON m.classid = 'pg_class'::regclass
	AND t.tgrelid = m.objid AND NOT t.tgisinternal
UNION ALL
SELECT 'policy', format('%s %s %s %s %s', m.identity, p.polname, p.polcmd,
	pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
FROM member m JOIN pg_policy p ON p.polrelid = m.objid
UNION ALL
SELECT 'enum', format('%s %s %s', m.identity, row_number() OVER (PARTITION BY
	e.enumtypid ORDER BY e.enumsortorder), e.enumlabel)
FROM member m JOIN pg_enum e ON m.classid = 'pg_type'::regclass
	AND e.enumtypid = m.objid
UNION ALL
SELECT 'sequence', format('%s %s %s %s %s', s.seqrelid::regclass, s.seqstart,
	s.seqincrement, s.seqmin, s.seqmax)
FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid
WHERE c.relnamespace = 'hft'::regnamespace
UNION ALL
SELECT 'dumped', format('%s %s', t.r::regclass, t.c)
FROM pg_extension e
CROSS JOIN LATERAL unnest(e.extconfig, e.extcondition) t (r, c)
WHERE e.extname = 'hft'
UNION ALL
SELECT 'price', p::text FROM hft.price p WHERE p.shipped
UNION ALL
SELECT 'retirement', r::text FROM hft.retirement r WHERE r.shipped
UNION ALL
SELECT 'limit', l::text FROM hft.deployment_limit l WHERE l.shipped
UNION ALL
SELECT 'model', m::text FROM hft.model_encoding m WHERE m.shipped
UNION ALL
SELECT 'schema', format('%s', n.nspacl) FROM pg_namespace n WHERE n.nspname = 'hft';

SELECT what || ' ' || text FROM line ORDER BY 1;
