/* hft: prices and days of retirement of Google Vertex AI */

/*
 * No API of the platform tells prices; these are copies of its pricing page.
 * Tuned models up to Gemini 2.5 answer at the base model's price, later ones
 * at one and a half times that.
 */
INSERT INTO hft.price (id, provider, model, method, unit, amount, valid_from,
	shipped, source)
OVERRIDING SYSTEM VALUE
SELECT 4000 + row_number() OVER (), 'vertex', m.model || '%', m.method,
	'train_1m_tokens', m.amount, DATE '2026-01-01', true,
	'copies of cloud.google.com pricing made by others during 2026'
FROM (VALUES
	('gemini-3.5-flash', 'sft', 10.00),
	('gemini-3.5-flash-lite', 'sft', NULL),
	('gemini-3.1-flash-lite', 'sft', 3.00),
	('gemini-2.5-pro', 'sft', 25.00),
	('gemini-2.5-flash', 'sft', 5.00),
	('gemini-2.5-flash', 'dpo', 5.00),
	('gemini-2.5-flash-lite', 'sft', 1.50),
	('gemini-2.5-flash-lite', 'dpo', NULL)) m (model, method, amount);

/* Days before which a model is not retired: it may live longer. */
INSERT INTO hft.retirement (id, provider, model, retires_on, replacement,
	shipped, source)
OVERRIDING SYSTEM VALUE
VALUES
	(4001, 'vertex', 'gemini-2.5-%', DATE '2026-10-16', 'gemini-3.5-flash',
		true, 'Google model lifecycle page as of 2026-09-25: not before this day'),
	(4002, 'vertex', 'gemini-3.1-flash-lite%', DATE '2027-05-07', NULL,
		true, 'Google model lifecycle page as of 2026-09-25: not before this day'),
	(4003, 'vertex', 'gemini-2.0-%', DATE '2026-02-28', 'gemini-3.5-flash',
		true, 'Google model lifecycle page as of 2026-09-25: February 2026');
