-- An example in any platform's shape becomes a line of any other's, and what
-- that would leave out is a finding.
--
-- Could pass by accident if convert gave back what it got: the shapes differ.
BEGIN;
SELECT plan(13);

CREATE TEMP TABLE line (shape text, body jsonb);
INSERT INTO line VALUES
	('openai', '{"messages": [{"role": "system", "content": "s"},
		{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}'),
	('gemini', '{"systemInstruction": {"role": "system", "parts": [{"text": "s"}]},
		"contents": [{"role": "user", "parts": [{"text": "q"}]},
		{"role": "model", "parts": [{"text": "a"}]}]}'),
	('converse', '{"schemaVersion": "bedrock-conversation-2024",
		"system": [{"text": "s"}],
		"messages": [{"role": "user", "content": [{"text": "q"}]},
		{"role": "assistant", "content": [{"text": "a"}]}]}'),
	('anthropic', '{"system": "s", "messages": [{"role": "user", "content": "q"},
		{"role": "assistant", "content": "a"}]}'),
	('row', '{"id": 7, "system": "s", "user": "q", "assistant": "a"}');
SELECT results_eq(
	$$SELECT shape, hft.convert(body) FROM line ORDER BY 1$$,
	$$SELECT shape, '{"messages":[{"role":"system","content":"s"},'
		'{"role":"user","content":"q"},{"role":"assistant","content":"a"}]}'
		FROM line ORDER BY 1$$,
	'every shape is read as the same example');
SELECT is((SELECT count(DISTINCT hft.count_tokens(body, 'gpt-4o')) FROM line),
	1::bigint, 'and counted as it');
SELECT is_empty($$SELECT shape FROM line, hft.check_example(body)
		WHERE holds_for IS DISTINCT FROM 'bedrock_prompt'$$,
	'nothing stands against it where instructions have a place');
SELECT is(hft.convert('{"prompt": "q", "completion": "a"}', 'together'),
	'{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"a"}]}',
	'a pair');
SELECT is(hft.convert('{"input": "t"}'), '{"text":"t"}', 'plain text');

-- by format, and by platform
SELECT is((SELECT count(DISTINCT hft.convert(l.body, p.format))
		FROM line l, hft.providers() p WHERE p.name = 'together'), 1::bigint,
	'a format by its name');
SELECT results_eq(
	$$SELECT name, hft.convert(body, name) FROM line, hft.providers()
		WHERE shape = 'openai' ORDER BY 1$$,
	$$SELECT name, hft.convert(body, format) FROM line, hft.providers()
		WHERE shape = 'openai' ORDER BY 1$$,
	'a platform''s name stands for its format');

-- what would be lost is told, for the format that loses it
SELECT results_eq(
	$$SELECT rule, severity, message FROM hft.check_example(
		'{"messages": [{"role": "user", "content": "q", "name": "n"},
			{"role": "assistant", "content": "a"}]}', 'together')$$,
	$$SELECT 'key_dropped', 'warning', message FROM hft.check_example(
		'{"messages": [{"role": "user", "content": "q", "name": "n"},
			{"role": "assistant", "content": "a"}]}') WHERE rule = 'key_dropped'$$,
	'a key that a platform has no place for');
SELECT is_empty(
	$$SELECT * FROM hft.check_example(
		'{"messages": [{"role": "user", "content": "q", "name": "n"},
			{"role": "assistant", "content": "a"}]}', 'openai')$$,
	'is no finding where there is one');
SELECT results_eq(
	$$SELECT rule FROM hft.check_example(
		'{"contents": [{"role": "user", "parts": [{"text": "q"},
			{"fileData": {"mimeType": "audio/mp3", "fileUri": "gs://b/a"}}]},
			{"role": "model", "parts": [{"text": "a"}]}],
			"generationConfig": {}}', 'openai') ORDER BY 1$$,
	$$VALUES ('content_part'), ('top_key_unrecognized')$$,
	'nothing of another platform''s line is left out in silence');
SELECT is_empty($$SELECT * FROM hft.check_example(NULL)$$, 'nothing of nothing');

SELECT throws_ok($$SELECT hft.convert('{}', 'parquet')$$, '22023', NULL,
	'unknown format');
SELECT is((SELECT rule FROM hft.check_example('7', 'openai')), 'messages_missing',
	'no example');

SELECT * FROM finish();
ROLLBACK;
