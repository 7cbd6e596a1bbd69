-- Intervals and tests in SQL: thin over code that unit tests hold against
-- published values; here are names, defaults, errors and declarations.
CREATE EXTENSION hft;

SELECT round(low::numeric, 4) AS low, round(high::numeric, 4) AS high
FROM hft.wilson(81, 263);
SELECT round(low::numeric, 4) AS low, round(high::numeric, 4) AS high
FROM hft.wilson(81, 263, confidence => 0.99);
SELECT round(hft.mcnemar(150, 86)::numeric, 9) AS p;
SELECT hft.mcnemar(0, 0), hft.mcnemar(5, 0);

-- the same seed, the same answer; another seed, another
SELECT a.difference, a = b AS same, a = c AS other
FROM hft.paired_bootstrap('{1,0.5,1,1,0.2}', '{0,0.5,0.1,1,0}') a,
	hft.paired_bootstrap('{1,0.5,1,1,0.2}', '{0,0.5,0.1,1,0}', seed => 1) b,
	hft.paired_bootstrap('{1,0.5,1,1,0.2}', '{0,0.5,0.1,1,0}', seed => 2) c;
SELECT difference, low, high
FROM hft.paired_bootstrap('{1,2,3}', '{0,1,2}', resamples => 50);

SELECT p.proname, p.provolatile, p.proparallel, p.proisstrict
FROM pg_proc p
WHERE p.pronamespace = 'hft'::regnamespace
	AND p.proname IN ('wilson', 'mcnemar', 'paired_bootstrap')
ORDER BY 1;

\set VERBOSITY default
SELECT hft.wilson(5, 4);
SELECT hft.wilson(0, 0);
SELECT hft.wilson(1, 2, 1.0);
SELECT hft.wilson(1, 2, 'NaN');
SELECT hft.mcnemar(-1, 4);
SELECT hft.mcnemar(9223372036854775807, 9223372036854775807);
SELECT hft.paired_bootstrap('{1,2}', '{1}');
SELECT hft.paired_bootstrap('{}', '{}');
SELECT hft.paired_bootstrap('{1,NULL}', '{1,2}');
SELECT hft.paired_bootstrap('{{1,2}}', '{{1,2}}');
SELECT hft.paired_bootstrap('{1,NaN}', '{1,2}');
SELECT hft.paired_bootstrap('{1}', '{1}', resamples => 0);

DROP EXTENSION hft;
