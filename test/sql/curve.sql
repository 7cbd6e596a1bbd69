-- Loss histories: the pivot, the best checkpoint, the alerts.  The curves are
-- made so that the right answer can be seen from the formula.
CREATE EXTENSION hft;

INSERT INTO hft.job (name, owner, server, base_model, method, state,
	system_identifier, database)
SELECT name, current_user::regrole, 'openai', 'm', 'sft', 'running', 0, 0
FROM unnest(ARRAY['good', 'overfit', 'plateau', 'diverged', 'broken', 'empty',
	'noisy']) WITH ORDINALITY n (name, i) ORDER BY i;

-- 1 good: both fall to the end
INSERT INTO hft.metric (job_id, step, name, value)
SELECT 1, s, 'train_loss', 2 * 0.97 ^ s FROM generate_series(1, 100) s;
INSERT INTO hft.metric (job_id, step, name, value)
SELECT 1, s, 'full_valid_loss', 2.1 * 0.98 ^ s
FROM generate_series(25, 100, 25) s;
INSERT INTO hft.metric (job_id, step, name, value)
VALUES (1, 25, 'train_accuracy', 0.5), (1, 25, 'learning_rate', 1e-5);
-- 2 overfit: validation turns at step 50 while training falls
INSERT INTO hft.metric (job_id, step, name, value)
SELECT 2, s, 'train_loss', 2 * 0.97 ^ s FROM generate_series(1, 100) s;
INSERT INTO hft.metric (job_id, step, name, value)
SELECT 2, s, 'full_valid_loss', 1 + abs(s - 50) / 100.0
FROM generate_series(10, 100, 10) s;
-- 3 plateau: nothing happens after step 40
INSERT INTO hft.metric (job_id, step, name, value)
SELECT 3, s, 'train_loss', 0.5 + 1.5 * greatest(0, 40 - s) / 40.0
FROM generate_series(1, 100) s;
-- 4 diverged: falls, then explodes
INSERT INTO hft.metric (job_id, step, name, value)
SELECT 4, s, 'train_loss', CASE WHEN s < 60 THEN 2 - s / 50.0 ELSE s / 20.0 END
FROM generate_series(1, 100) s;
-- 5 broken: no numbers from step 31 on
INSERT INTO hft.metric (job_id, step, name, value)
SELECT 5, s, 'train_loss', CASE WHEN s > 30 THEN 'NaN' ELSE 2 - s / 50.0 END
FROM generate_series(1, 40) s;
-- 7 noisy: jumps by a third from batch to batch, and yet falls
INSERT INTO hft.metric (job_id, step, name, value)
SELECT 7, s, n.name, 2 * 0.99 ^ s * (1 + CASE s % 3 WHEN 0 THEN 0.33
	WHEN 1 THEN -0.33 ELSE 0 END)
FROM generate_series(1, 120) s,
	unnest(ARRAY['train_loss', 'valid_loss']) n (name);

SELECT step, round(train_loss::numeric, 3) AS train_loss, valid_loss,
	round(full_valid_loss::numeric, 3) AS full_valid_loss, train_accuracy,
	valid_accuracy
FROM hft.loss WHERE job_id = 1 AND step IN (24, 25) ORDER BY step;

SELECT j.name, a.alert, a.measure, a.step, round(a.value::numeric, 3) AS value,
	a.reference_step AS rstep, round(a.reference_value::numeric, 3) AS rvalue,
	a.threshold
FROM hft.job j, hft.loss_alerts(j.id) a ORDER BY j.id, a.alert;
SELECT message FROM hft.job j, hft.loss_alerts(j.name) a ORDER BY j.id;

-- thresholds decide
SELECT count(*) FROM hft.loss_alerts('overfit', overfit_rise => 0.6);
SELECT alert FROM hft.loss_alerts('good', plateau_gain => 0.99);
SELECT count(*) FROM hft.loss_alerts('diverged', divergence_factor => 10,
	plateau_gain => -10);

-- the loss on the whole split decides, wherever it was reported
INSERT INTO hft.checkpoint (job_id, checkpoint_id, step, model, metrics)
VALUES
	(2, 'a', 30, 'm:30', '{"full_valid_loss": 1.2, "train_loss": 0.1}'),
	(2, 'b', 52, 'm:52', NULL),
	(2, 'c', 100, 'm:100', '{"full_valid_loss": null, "train_loss": 0.01}'),
	(7, 'a', 40, 'm:40', NULL), (7, 'b', 80, 'm:80', NULL),
	(3, 'a', 50, 'm:50', '{"train_loss": 0.1}'),
	(3, 'b', 100, 'm:100', '{"train_loss": 0.2}'),
	(5, 'a', 10, 'm:10', '{"valid_loss": 0.5}'),
	(5, 'b', 20, 'm:20', '{"valid_loss": 0.5}'),
	(5, 'c', 30, 'm:30', NULL);
SELECT j.name, b.checkpoint_id, b.model, b.measure,
	round(b.value::numeric, 3) AS value
FROM hft.job j, hft.best_checkpoint(j.id) b ORDER BY j.id;
SELECT checkpoint_id FROM hft.best_checkpoint('overfit');
SELECT count(*) FROM hft.best_checkpoint('empty');
SELECT * FROM hft.best_checkpoint('overfitt');

-- row-level security decides what is seen
CREATE ROLE hft_stranger;
GRANT USAGE ON SCHEMA hft TO hft_stranger;
GRANT SELECT ON ALL TABLES IN SCHEMA hft TO hft_stranger;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA hft TO hft_stranger;
SET ROLE hft_stranger;
SELECT count(*) FROM hft.loss;
SELECT count(*) FROM hft.best_checkpoint(2);
SELECT count(*) FROM hft.loss_alerts(2);
SELECT hft.job_id('overfit');
RESET ROLE;

DROP OWNED BY hft_stranger;
DROP ROLE hft_stranger;
DROP EXTENSION hft;
