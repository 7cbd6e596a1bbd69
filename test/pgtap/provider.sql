-- The landscape is what the adapters declare, and says nothing it does not know.
--
-- Could pass by accident if no rows came back: the platforms that this
-- extension began with are named.
BEGIN;
SELECT plan(11);

SELECT set_has('SELECT name FROM hft.providers()',
	$$VALUES ('openai'), ('openai_compatible'), ('together')$$,
	'the platforms are there');
SELECT is((SELECT count(*) FROM hft.providers()),
	(SELECT count(DISTINCT name) FROM hft.providers()), 'each once');
SELECT results_eq(
	$$SELECT title, methods, format, min_examples, max_file_bytes
		FROM hft.providers() WHERE name IN ('openai', 'together') ORDER BY 1$$,
	$$VALUES ('OpenAI', '{sft,dpo}'::text[], 'openai', 10, 8000000000),
		('Together AI', '{sft,dpo,text}', 'together', 1, 53687091200)$$,
	'figures are the adapters''');
SELECT matches(status, '2027-01-06', 'OpenAI is shown as closing')
	FROM hft.providers() WHERE name = 'openai';
SELECT matches(notice, '2027-01-06', 'and says so in a sentence')
	FROM hft.providers() WHERE name = 'openai';
SELECT is(serving_billing, NULL, 'what is not known is null')
	FROM hft.providers() WHERE name = 'openai_compatible';

SELECT results_eq(
	$$SELECT name, op FROM hft.providers(), unnest(operations) op ORDER BY 1, 2$$,
	$$SELECT provider, operation FROM hft.provider_operations()
		WHERE available ORDER BY 1, 2$$,
	'both functions tell of the same operations');
SELECT is_empty(
	$$SELECT * FROM hft.provider_operations()
		WHERE available = (instead IS NOT NULL)$$,
	'what is missing, and only that, says what works instead');
SELECT is((SELECT count(DISTINCT operation) * (SELECT count(*) FROM hft.providers())
		FROM hft.provider_operations()),
	(SELECT count(*) FROM hft.provider_operations()),
	'every operation is told of every platform');

SELECT results_eq(
	$$SELECT kind, type, minimum, maximum, choices FROM hft.provider_options()
		WHERE provider = 'together' AND name IN
			('base_url', 'batch_size', 'learning_rate', 'seed', 'training_type')
		ORDER BY name$$,
	$$VALUES ('server', 'url', NULL::float8, NULL::float8, NULL::text[]),
		('hyperparameter', 'integer or auto', 1, 4096, '{max}'),
		('hyperparameter', 'number', 0, 1, NULL),
		('job', 'integer', 0, 2147483647, NULL),
		('hyperparameter', 'text', NULL, NULL, '{lora,full}')$$,
	'options have their types and bounds');
SELECT is_empty(
	$$SELECT provider, name FROM hft.provider_options() GROUP BY provider, kind, name
		HAVING count(*) > 1 OR bool_or(meaning IS NULL)$$,
	'each option once, with its meaning');

SELECT * FROM finish();
ROLLBACK;
