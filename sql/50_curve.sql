/* hft: loss histories, and what they say */

CREATE VIEW hft.loss WITH (security_invoker) AS
SELECT m.job_id, m.step,
	max(m.value) FILTER (WHERE m.name = 'train_loss')
		AS train_loss,
	max(m.value) FILTER (WHERE m.name = 'valid_loss')
		AS valid_loss,
	max(m.value) FILTER (WHERE m.name = 'full_valid_loss')
		AS full_valid_loss,
	max(m.value) FILTER (WHERE m.name = 'train_accuracy')
		AS train_accuracy,
	max(m.value) FILTER (WHERE m.name = 'valid_accuracy')
		AS valid_accuracy,
	max(m.at) AS at
FROM hft.metric m
WHERE m.name IN ('train_loss', 'valid_loss', 'full_valid_loss',
	'train_accuracy', 'valid_accuracy')
GROUP BY m.job_id, m.step;
COMMENT ON VIEW hft.loss IS
	'Loss and accuracy by job and step, as the provider reported them';
REVOKE ALL ON hft.loss FROM PUBLIC;

/*
 * A checkpoint is measured by what the provider said of it, else by the last
 * measurement since the checkpoint before.  The loss on the whole validation
 * split counts more than one on a batch of it; a training loss never counts,
 * because by it the last checkpoint is always the best.
 */
CREATE FUNCTION hft.best_checkpoint(
	job bigint, OUT checkpoint_id text, OUT step bigint, OUT model text,
	OUT measure text, OUT value float8)
RETURNS SETOF record
LANGUAGE SQL STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
	WITH saved AS (
		SELECT c.*, coalesce(lag(c.step) OVER (ORDER BY c.step), -1) AS before
		FROM hft.checkpoint c
		WHERE c.job_id = best_checkpoint.job
	)
	SELECT s.checkpoint_id, s.step, s.model, m.measure, m.value
	FROM saved s
	LEFT JOIN LATERAL (
		SELECT n.measure, n.rank,
			coalesce(
				CASE jsonb_typeof(s.metrics -> n.measure)
					WHEN 'number' THEN (s.metrics ->> n.measure)::float8
				END,
				(SELECT x.value
				 FROM hft.metric x
				 WHERE x.job_id = s.job_id AND x.name = n.measure
					AND x.step > s.before AND x.step <= s.step
				 ORDER BY x.step DESC
				 LIMIT 1)) AS value
		FROM (VALUES ('full_valid_loss', 1), ('valid_loss', 2))
			n (measure, rank)
		) m ON m.value IS NOT NULL
	ORDER BY m.rank, m.value, s.step DESC
	LIMIT 1;
END;
COMMENT ON FUNCTION hft.best_checkpoint(bigint) IS
	'The checkpoint with the lowest validation loss; without one, the last checkpoint and a NULL measure';
REVOKE ALL ON FUNCTION hft.best_checkpoint(bigint) FROM PUBLIC;

CREATE FUNCTION hft.best_checkpoint(
	job text, OUT checkpoint_id text, OUT step bigint, OUT model text,
	OUT measure text, OUT value float8)
RETURNS SETOF record
LANGUAGE SQL STABLE PARALLEL UNSAFE ROWS 1
BEGIN ATOMIC
	SELECT b.* FROM hft.best_checkpoint(hft.job_id(job)) b;
END;
COMMENT ON FUNCTION hft.best_checkpoint(text) IS
	'The checkpoint with the lowest validation loss; without one, the last checkpoint and a NULL measure';
REVOKE ALL ON FUNCTION hft.best_checkpoint(text) FROM PUBLIC;

/*
 * Losses jump from batch to batch, so curves are judged by the means of up to
 * ten stretches of equally many measurements ("smooth").  The loss on the
 * whole validation split is a mean already and is taken as it is.
 */
CREATE FUNCTION hft.loss_alerts(
	job bigint,
	overfit_rise float8 DEFAULT 0.1,
	plateau_gain float8 DEFAULT 0.02,
	plateau_share float8 DEFAULT 0.3,
	divergence_factor float8 DEFAULT 1.5,
	OUT alert text, OUT measure text, OUT step bigint, OUT value float8,
	OUT reference_step bigint, OUT reference_value float8,
	OUT threshold float8, OUT message text)
RETURNS SETOF record
LANGUAGE SQL STABLE PARALLEL SAFE ROWS 3
BEGIN ATOMIC
	WITH measured AS (
		SELECT m.name, m.step, m.value,
			m.value NOT IN ('NaN', 'Infinity', '-Infinity') AS finite
		FROM hft.metric m
		WHERE m.job_id = loss_alerts.job
			AND m.name IN ('train_loss', 'valid_loss', 'full_valid_loss')
	),
	smooth AS (
		SELECT s.name, max(s.step) AS step, avg(s.value) AS value,
			sum(count(*)) OVER (PARTITION BY s.name) AS measurements
		FROM (
			SELECT f.name, f.step, f.value,
				CASE f.name
					WHEN 'full_valid_loss'
						THEN row_number() OVER w
					ELSE ntile(10) OVER w
				END AS stretch
			FROM measured f
			WHERE f.finite
			WINDOW w AS (PARTITION BY f.name ORDER BY f.step)
			) s
		GROUP BY s.name, s.stretch
	),
	ends AS (					-- lowest and last point of each curve
		SELECT DISTINCT ON (s.name) s.name, s.measurements,
			count(*) OVER w AS points,
			first_value(s.step) OVER w AS low_step,
			first_value(s.value) OVER w AS low_value,
			l.step AS last_step, l.value AS last_value
		FROM smooth s
		JOIN LATERAL (
			SELECT x.step, x.value
			FROM smooth x
			WHERE x.name = s.name
			ORDER BY x.step DESC
			LIMIT 1) l ON true
		WINDOW w AS (PARTITION BY s.name ORDER BY s.value, s.step
			ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
	),
	validation AS (
		SELECT e.*,
			(SELECT t.value
			 FROM smooth t
			 WHERE t.name = 'train_loss' AND t.step <= e.low_step
			 ORDER BY t.step DESC
			 LIMIT 1) AS train_before,
			(SELECT t.last_value FROM ends t WHERE t.name = 'train_loss')
				AS train_after
		FROM ends e
		WHERE e.name IN ('valid_loss', 'full_valid_loss') AND e.points >= 2
		ORDER BY e.name			-- full_valid_loss first
		LIMIT 1
	),
	training AS (
		SELECT e.*, w.step AS window_step, w.value AS window_value
		FROM ends e
		LEFT JOIN LATERAL (
			SELECT s.step, s.value
			FROM smooth s
			WHERE s.name = e.name
				AND s.step <= e.last_step * (1 - loss_alerts.plateau_share)
			ORDER BY s.step DESC
			LIMIT 1) w ON true
		WHERE e.name = 'train_loss'
	)
	SELECT 'overfit', v.name, v.last_step, v.last_value,
		v.low_step, v.low_value, loss_alerts.overfit_rise,
		format('validation loss rose from %s at step %s to %s at step %s (+%s %%) while training loss did not: the model of step %s generalizes better',
			round(v.low_value::numeric, 4), v.low_step,
			round(v.last_value::numeric, 4), v.last_step,
			round(100 * (v.last_value / v.low_value - 1)::numeric), v.low_step)
	FROM validation v
	WHERE v.low_value > 0 AND v.low_step < v.last_step
		AND v.last_value >= v.low_value * (1 + loss_alerts.overfit_rise)
		AND (v.train_before IS NULL OR v.train_after <= v.train_before)
	UNION ALL
	SELECT 'plateau', t.name, t.last_step, t.last_value,
		t.window_step, t.window_value, loss_alerts.plateau_gain,
		format('training loss went from %s at step %s to %s at step %s (%s %%): the last steps cost money and taught little',
			round(t.window_value::numeric, 4), t.window_step,
			round(t.last_value::numeric, 4), t.last_step,
			round(100 * (t.last_value / t.window_value - 1)::numeric, 1))
	FROM training t
	WHERE t.measurements >= 20 AND t.window_value > 0
		AND t.last_value > t.window_value * (1 - loss_alerts.plateau_gain)
		AND t.last_value < t.low_value * loss_alerts.divergence_factor
	UNION ALL
	SELECT 'divergence', t.name, t.last_step, t.last_value,
		t.low_step, t.low_value, loss_alerts.divergence_factor,
		format('training loss rose from %s at step %s to %s at step %s: try a smaller learning rate',
			round(t.low_value::numeric, 4), t.low_step,
			round(t.last_value::numeric, 4), t.last_step)
	FROM training t
	WHERE t.points >= 3 AND t.low_value > 0 AND t.low_step < t.last_step
		AND t.last_value >= t.low_value * loss_alerts.divergence_factor
	UNION ALL
	SELECT 'divergence', n.name, n.step, n.value, NULL, NULL, NULL,
		format('%s is no number from step %s on: try a smaller learning rate',
			n.name, n.step)
	FROM (
		SELECT DISTINCT ON (m.name) m.name, m.step, m.value
		FROM measured m
		WHERE NOT m.finite
		ORDER BY m.name, m.step
		) n;
END;
COMMENT ON FUNCTION hft.loss_alerts(bigint, float8, float8, float8, float8) IS
	'Overfitting, plateau and divergence in the loss history of a job, each with the measurements that show it and the threshold they passed';
REVOKE ALL ON FUNCTION hft.loss_alerts(bigint, float8, float8, float8, float8)
	FROM PUBLIC;

CREATE FUNCTION hft.loss_alerts(
	job text,
	overfit_rise float8 DEFAULT 0.1,
	plateau_gain float8 DEFAULT 0.02,
	plateau_share float8 DEFAULT 0.3,
	divergence_factor float8 DEFAULT 1.5,
	OUT alert text, OUT measure text, OUT step bigint, OUT value float8,
	OUT reference_step bigint, OUT reference_value float8,
	OUT threshold float8, OUT message text)
RETURNS SETOF record
LANGUAGE SQL STABLE PARALLEL UNSAFE ROWS 3
BEGIN ATOMIC
	SELECT a.*
	FROM hft.loss_alerts(hft.job_id(job), overfit_rise, plateau_gain,
		plateau_share, divergence_factor) a;
END;
COMMENT ON FUNCTION hft.loss_alerts(text, float8, float8, float8, float8) IS
	'Overfitting, plateau and divergence in the loss history of a job, each with the measurements that show it and the threshold they passed';
REVOKE ALL ON FUNCTION hft.loss_alerts(text, float8, float8, float8, float8)
	FROM PUBLIC;
