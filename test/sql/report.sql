-- Sparklines, drawings and pages: what they are made from, who sees them, and
-- that names and messages of strangers stay text.  How they look is tried by
-- unit tests and by eye.
CREATE EXTENSION hft;

SELECT hft.sparkline(ARRAY[1, 2, 3, 4, 5, 6, 7, 8]);
SELECT '[' || hft.sparkline(ARRAY[1, NULL, 'NaN', 8]::float8[]) || ']';
SELECT hft.sparkline(array_agg(abs(50 - i)::float8 ORDER BY i), 20)
FROM generate_series(0, 100) i;
SELECT hft.sparkline(curve => '{1,5}', width => NULL),
	hft.sparkline('{}'::float8[]) = '' AS empty,
	hft.sparkline(NULL::float8[]) IS NULL AS unknown;
SELECT hft.sparkline('{{1,2},{3,4}}'::float8[]);
SELECT hft.sparkline(ARRAY[1.0], -1);

INSERT INTO hft.job (name, owner, server, base_model, method, state,
	error_message, error_hint, hyperparameters, effective, estimated_tokens,
	estimated_low, estimated_high, trained_tokens, submitted_at, running_at,
	finished_at, system_identifier, database)
VALUES ('<script>alert("name")</script>', current_user::regrole, 'openai',
	'<b>base</b>', 'sft', 'failed', '<img src=x onerror=alert(1)>',
	'</p>hint', '{"<i>key": "<i>value"}', '[1]', 1234567, 0.1, 0.25, NULL,
	'2026-01-01 00:00:00+00', '2026-01-01 00:01:00+00',
	'2026-01-01 02:03:04+00', 0, 0);
INSERT INTO hft.metric (job_id, step, name, value)
SELECT 1, s, 'train_loss', 2 * 0.9 ^ s FROM generate_series(1, 50) s;
INSERT INTO hft.metric (job_id, step, name, value)
VALUES (1, 20, 'valid_loss', 0.75), (1, 40, 'valid_loss', 0.5),
	(1, 41, 'valid_loss', 'NaN');
INSERT INTO hft.checkpoint (job_id, checkpoint_id, step, model)
VALUES (1, '<u>c1', 20, NULL), (1, 'c2', 40, 'model-40');
INSERT INTO hft.event (job_id, event_id, at, level, message)
SELECT 1, i, '2026-01-01'::timestamptz + i * interval '1 min', 'info',
	'message ' || i || ' <script>'
FROM generate_series(1, 500) i;
INSERT INTO hft.event (job_id, event_id, at, type, message)
VALUES (1, 'step', '2026-01-02', 'metrics', 'drawn, not told');

SELECT hft.sparkline(1, 30);
SELECT hft.sparkline('<script>alert("name")</script>', 10);

-- one drawing, as in the page, by number and by name
SELECT hft.loss_svg(1) = hft.loss_svg('<script>alert("name")</script>') AS same,
	hft.loss_svg(1) ~ '^<svg .*</svg>\n$' AS drawing,
	hft.loss_svg(1) LIKE '%best 0.5 at step 40%' AS best,
	(SELECT count(*) FROM regexp_matches(hft.loss_svg(1), 'class="save"', 'g'))
		AS checkpoints;
SELECT hft.report(1) = hft.report('<script>alert("name")</script>') AS same,
	hft.report(1) ~ '^<!DOCTYPE html>.*</html>\n$' AS page;
-- nothing of what strangers wrote is markup
SELECT m[1] AS tag, count(*) > 0 AS there
FROM regexp_matches(hft.report(1), '<(script|img|u>|/p>hint|i>)', 'g') m
GROUP BY 1;
-- facts that must be on the page
SELECT fact, strpos(hft.report(1), fact) > 0 AS there
FROM unnest(ARRAY['&lt;script&gt;alert(&quot;name&quot;)&lt;/script&gt;',
	'<p>&lt;img src=x onerror=alert(1)&gt;</p>', '1,234,567',
	'estimated $0.10 to $0.25', '<dt>Bill</dt><dd>unknown</dd>',
	'0.5000', 'at step 40, on a batch', 'training <b>2 h 2 min</b>',
	'waiting <b>1 min 0 s</b>', 'message 500 &lt;script&gt;', '&lt;u&gt;c1',
	'&lt;i&gt;key']) WITH ORDINALITY f (fact, i) ORDER BY i;
-- and events are bounded, without those that the drawing shows
SELECT strpos(hft.report(1), 'drawn, not told') AS drawn,
	strpos(hft.report(1), 'message 300 ') AS left_out,
	strpos(hft.report(1), 'message 301 ') > 0 AS there;

-- a job without anything
INSERT INTO hft.job (owner, server, base_model, method, system_identifier,
	database)
VALUES (current_user::regrole, 's', 'm', 'sft', 0, 0);
SELECT hft.loss_svg(2) LIKE '%No loss was reported yet.%' AS empty_drawing,
	hft.report(2) LIKE '%<h1>Job 2 %' AS page, hft.sparkline(2) IS NULL AS none;
SELECT hft.loss_svg(3);
SELECT hft.report('nothing');

-- strangers see nothing, hostile search paths change nothing
CREATE ROLE hft_stranger;
GRANT USAGE ON SCHEMA hft TO hft_stranger;
GRANT SELECT ON ALL TABLES IN SCHEMA hft TO hft_stranger;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA hft TO hft_stranger;
SET ROLE hft_stranger;
SELECT hft.report(1);
SELECT hft.loss_svg(1);
RESET ROLE;
CREATE SCHEMA trap;
CREATE FUNCTION trap.to_char(double precision, text) RETURNS text
LANGUAGE SQL RETURN 'trapped';
SET search_path = trap, pg_catalog;
SELECT hft.report(1) LIKE '%trapped%' AS trapped;
RESET search_path;

DROP SCHEMA trap CASCADE;
DROP OWNED BY hft_stranger;
DROP ROLE hft_stranger;
DROP EXTENSION hft;
