-- A data set is a query; a snapshot seals its rows as a version that never
-- changes.  That the hashes are those of the lines, and not just some hashes,
-- is seen by computing them here once more with the server's own sha256().
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE EXTENSION hft;
RESET client_min_messages;

CREATE TABLE ticket (id int PRIMARY KEY, customer text, body text, category text);
INSERT INTO ticket
SELECT g, 'customer ' || g % 12, 'ticket ' || g, 'category ' || g % 3
FROM generate_series(1, 60) g;

SELECT hft.create_dataset('triage', $$
	SELECT id, customer AS group_key, 'Classify.' AS system, body AS "user",
		category AS assistant
	FROM ticket ORDER BY id $$, validation => 0.2, test => 0.1,
	comment => 'tickets') > 0 AS created;
SELECT number, method, model, rows, tokens, trained_tokens, bytes, errors,
	warnings, search_path
FROM hft.snapshot_dataset('triage');
SELECT split, rows, tokens, trained_tokens, longest, bytes
FROM hft.dataset_split ORDER BY split;

-- each line is what it should be, counted as a single example is
SELECT split, n, source_key, tokens, body FROM hft.example
WHERE n = 1 ORDER BY split;
SELECT count(*) FROM hft.example
WHERE tokens <> hft.count_tokens(body::jsonb, 'gpt-4o-mini')
	OR bytes <> octet_length(body) OR body <> hft.convert(body::jsonb);

-- the hashes, computed anew
SELECT split, s.sha256 = sha256(string_agg(convert_to(body || E'\n', 'UTF8'), ''
	ORDER BY n)) AS same
FROM hft.example e JOIN hft.dataset_split s USING (version_id, split)
GROUP BY split, s.sha256 ORDER BY split;
SELECT v.sha256 = sha256(string_agg(s.sha256, '' ORDER BY s.split)) AS same
FROM hft.dataset_version v JOIN hft.dataset_split s ON s.version_id = v.id
GROUP BY v.id;

-- the split is the documented draw, and a group stays together
SELECT count(*) AS rows, count(*) FILTER (WHERE split <> CASE
	WHEN u < 0.2 THEN 'validation' WHEN u >= 1 - 0.1::float8 THEN 'test'
	ELSE 'train' END::hft.split) AS elsewhere
FROM hft.example e JOIN ticket t ON t.id = e.source_key::int,
	LATERAL (SELECT sum(get_byte(h, i) / 256::float8 ^ (i + 1)) AS u
		FROM generate_series(0, 6) i,
			sha256('triage'::bytea || '\x00' || t.customer::bytea) h) draw;
SELECT max(splits) FROM (SELECT count(DISTINCT split) AS splits
	FROM hft.example e JOIN ticket t ON t.id = e.source_key::int
	GROUP BY customer) s;

-- the same rows are the same version; others are another, on the same side
SELECT number FROM hft.snapshot_dataset('triage');
SELECT count(*) AS examples FROM hft.example;
UPDATE ticket SET category = 'other' WHERE id = 7;
DELETE FROM ticket WHERE id = 8;
SELECT v.number, p.number AS parent
FROM hft.snapshot_dataset('triage') v
JOIN hft.dataset_version p ON p.id = v.parent_id;
SELECT change, source_key, old_split = new_split AS same_split
FROM hft.diff_dataset('triage', 1) ORDER BY 1, 2;
SELECT split, rows, tokens, median, longest, histogram
FROM hft.profile_dataset('triage', 1);

-- what was sealed can be proved, and what was changed is seen
SELECT hft.verify_dataset('triage', 1), hft.verify_dataset('triage');
UPDATE hft.example SET body = replace(body, 'ticket 9', 'Ticket 9')
WHERE source_key = '9' AND version_id = (SELECT max(id) FROM hft.dataset_version);
SELECT hft.verify_dataset('triage', 1), hft.verify_dataset('triage');

-- columns: whole conversations, tools, weights, splits of one's own
SELECT hft.create_dataset('columns', $$
	SELECT hft.messages(role, content ORDER BY turn) AS messages,
		chat AS id, CASE chat WHEN 1 THEN 'validation' END AS split,
		CASE chat WHEN 2 THEN 0 WHEN 3 THEN 0.5 END AS weight,
		CASE chat WHEN 4 THEN '[{"type":"function","function":{"name":"f"}}]'::jsonb
		END AS tools
	FROM (VALUES (1, 1, 'user', 'q1'), (1, 2, 'assistant', 'a1'),
		(2, 1, 'user', 'q2'), (2, 2, 'assistant', 'a2'),
		(3, 1, 'user', 'q3'), (3, 2, 'assistant', 'a3'),
		(4, 1, 'user', 'q4'), (4, 2, 'assistant', 'a4')) t (chat, turn, role, content)
	GROUP BY chat ORDER BY chat $$, validation => 0) > 0 AS created;
SELECT rows, trained_tokens < tokens AS some_trained
FROM hft.snapshot_dataset('columns');
SELECT split, source_key, e.trained_tokens, body FROM hft.example e
JOIN hft.dataset_version v ON v.id = version_id AND v.rows = 4
ORDER BY source_key;
SELECT split, n, source_key, rule, severity, format, message
FROM hft.check_dataset('columns');
SELECT split, n, rule, severity, format
FROM hft.check_dataset('columns', format => 'vertex');
SELECT DISTINCT format FROM hft.check_dataset('columns', format => NULL)
ORDER BY format;
SELECT hft.check_dataset('columns', format => 'gemni');

-- plain text
SELECT hft.create_dataset('plain', 'SELECT body AS text FROM ticket',
	method => 'text', validation => 0, model => 'o200k_base') > 0 AS created;
SELECT rows, tokens = trained_tokens AS all_trained
FROM hft.snapshot_dataset('plain');
SELECT hft.export_jsonl('plain') LIMIT 1;

-- findings: all at once, each with its row
SELECT hft.create_dataset('sloppy', $$
	SELECT * FROM (VALUES
		('k1', '[{"role":"user","content":"q"},{"role":"bot","content":7}]'),
		('k2', '[{"role":"user","content":"q"},{"role":"assistant","content":"<|endoftext|>"}]'),
		('k3', '[{"role":"user","content":"q"},{"role":"assistant","content":"<|endoftext|>"}]'))
		t (id, messages) $$, validation => 0) > 0 AS created;
SELECT errors, warnings FROM hft.snapshot_dataset('sloppy');
SELECT split, n, source_key, rule, severity, format, message
FROM hft.check_dataset('sloppy');
-- every rule that is found is in the table of rules
SELECT count(*) FROM hft.finding f
WHERE NOT EXISTS (SELECT FROM hft.rules() r WHERE (r.rule, r.severity,
	coalesce(r.format, '')) = (f.rule, f.severity, coalesce(f.format, '')));

-- validation data that is trained on
SELECT hft.create_dataset('leak', $$
	SELECT 'k' || g AS id, 'same' AS "user", 'a' AS assistant,
		(ARRAY['validation', 'train', 'test'])[g] AS split
	FROM generate_series(1, 3) g ORDER BY g $$) > 0 AS created;
SELECT warnings FROM hft.snapshot_dataset('leak');
SELECT split, n, rule, message FROM hft.check_dataset('leak')
WHERE rule LIKE 'validation%';

-- changing and dropping
SELECT hft.alter_dataset('leak', new_name => 'leaks', model => 'gpt-3.5-turbo');
SELECT name, model, method, validation FROM hft.dataset WHERE name = 'leaks';
-- another tokenizer is another version, although the lines are the same
SELECT number, model FROM hft.snapshot_dataset('leaks');
SELECT hft.alter_dataset('leaks', new_name => 'plain');
SELECT hft.drop_dataset('leaks');
SELECT hft.drop_dataset('leak');
SELECT count(*) FROM hft.example WHERE body LIKE '%same%';

-- one example in the hand
SELECT hft.message('user', 'hi'), hft.message('tool', '1', tool_call_id => 'c'),
	hft.message('assistant', NULL, tool_calls => '[]', weight => 0);
SELECT hft.message('user', NULL);
SELECT hft.message(NULL, 'x');
SELECT hft.messages('user', x) OVER (ORDER BY x) FROM (VALUES ('a'), ('b')) t (x);
SELECT hft.messages('assistant', NULL, NULL, '[1]', NULL);
SELECT hft.messages('user', 'x') WHERE false;
SELECT hft.convert('{"messages":[{"content":"é","role":"developer","name":"n"}]}', f)
FROM unnest(ARRAY['openai', 'together']) f;
SELECT hft.convert('[{"role":"function","content":"x"}]', 'together');
SELECT hft.convert('[]', 'parquet');
DROP EXTENSION hft;
DROP TABLE ticket;
